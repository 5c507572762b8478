"""Let two processes fight on a database of their own until so many takeovers came about, and judge it."""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import anyio
import msgspec

from agentic_core.store.postgres.migrator import migrate
from agentic_core.system import SystemClock, install_decimal_traps
from tests.support.embedded_postgres import embedded
from tests.takeovers.playing import Fought, fight

__all__ = ["main"]


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    seed: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 where anything went wrong."""
    options = _parsed(arguments)
    install_decimal_traps()
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="agentic-takeovers-") as name:
        home = Path(name)
        home.chmod(0o711)
        with embedded(home / "database", shared_home=home) as server:
            began = clock.boottime_ms()
            fought = anyio.run(_fight, server.dsn, options)
            _tell(fought, clock.boottime_ms() - began)
    return 1 if fought.faults else 0


async def _fight(dsn: str, options: _Options) -> Fought:
    await migrate(dsn)
    return await fight(dsn, options.count, options.seed)


def _parsed(arguments: Sequence[str] | None) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m tests.takeovers", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many takeovers from one that is stopped (300)")
    parser.add_argument("--seed", type=int, default=1, help="of what is done to the processes, and when (1)")
    return msgspec.convert(vars(parser.parse_args(arguments)), _Options)


def _tell(fought: Fought, spent_ms: int) -> None:
    _say(f"{fought.takeovers} takeovers from a stopped holder, {fought.epochs} epochs, {spent_ms:,} ms")
    _say(f"rounds: {_counted(fought.rounds)}")
    _say(f"rows stored: {_counted(fought.rows)}; {fought.records:,} records in the journal")
    _say(f"refused to one who took itself for the holder: {_counted(fought.caught)}")
    _say(f"refused afterwards: {_counted(fought.refused)}")
    _say(f"{len(fought.faults)} faults")
    for fault in fought.faults:
        _say(f"  {fault}")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items())) or "nothing"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
