"""Let callers race for the same money on a database of their own, round after round, and judge each."""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import anyio
import msgspec

from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.migrator import migrate
from agentic_core.system import SystemClock, install_decimal_traps
from tests.costs.race import judged, race
from tests.support.embedded_postgres import embedded
from tests.support.store_under_test import in_postgres

__all__ = ["main"]

_ROUNDS_MAX = 90_000


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    rounds: int
    seed: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _parsed(arguments)
    install_decimal_traps()
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="agentic-costs-") as name:
        home = Path(name)
        home.chmod(0o711)
        with embedded(home / "database", shared_home=home) as server:
            began = clock.boottime_ms()
            calls, what = anyio.run(_race, server.dsn, options)
            spent_ms = clock.boottime_ms() - began
    counted = ", ".join(f"{count:,} {name}" for name, count in sorted(what.items()))
    sys.stdout.write(f"{options.rounds:,} rounds, {calls:,} calls asked for, {spent_ms:,} ms: {counted}\n")
    sys.stdout.write("no cap was passed, and every sum is that of its calls\n")
    return 0


async def _race(dsn: str, options: _Options) -> tuple[int, Counter[str]]:
    await migrate(dsn)
    judged(dsn)
    calls, what = 0, Counter[str]()
    async with open_store(dsn) as store:
        await in_postgres(store, dsn)
        for number in range(options.rounds):
            played = await race(store, dsn, number, options.seed)
            calls, what = calls + played.calls, what + played.what
    return calls, what


def _parsed(arguments: Sequence[str] | None) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m tests.costs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10_000, help=f"at most {_ROUNDS_MAX} (10,000)")
    parser.add_argument("--seed", type=int, default=1, help="of who asks for what, and when (1)")
    options = msgspec.convert(vars(parser.parse_args(arguments)), _Options)
    if not 0 < options.rounds <= _ROUNDS_MAX:
        parser.error(f"--rounds must be from 1 to {_ROUNDS_MAX}")
    return options
