"""Kill and restart real runners over a real database and a served venue, and compare what all of them say."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import anyio
import msgspec

from agentic_core.store.postgres.migrator import migrate
from agentic_core.system import SystemClock, install_decimal_traps
from tests.drills.cuts import cuts
from tests.drills.cycles import play
from tests.drills.ending import evidence_of, flat_at_last
from tests.drills.judging import Evidence, order_rows
from tests.drills.report import Figures, figures_of, lines_of
from tests.drills.scenes import Seen, frozen, handed_over, killed_while_killing
from tests.drills.seeding import seed_mainnet
from tests.drills.stage import on_stage
from tests.support.embedded_postgres import embedded

__all__ = ["Judged", "drill", "main"]

_READY_MS = 60_000
_TERMINAL_MS = 20_000
_A_QUARTER = 4


class _Trouble(StrEnum):
    KILLS = "kills"
    FROZEN = "frozen"
    HANDOVER = "handover"
    KILL_COMMAND = "kill-command"


_AFTER_MS = (None, 200, 400, 800, 1_600, 3_200, 30_000)
"""When a runner is frozen, by turns: with an order on its way, or so long after a mark."""


_OF_A_KILL = ("flatten_started", "stop_cancelled", "flattened")
"""Events of a kill command, after each of which by turns the process is killed."""


class _Options(msgspec.Struct, frozen=True, kw_only=True):
    trouble: _Trouble
    cycles: int
    factor: int
    seed: int
    default_timings: bool

    @property
    def speed(self) -> int:
        return 1 if self.default_timings else self.factor


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a drill."""

    figures: Figures
    faults: tuple[str, ...]
    evidence: Evidence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 where anything is not as it has to be."""
    options = _parsed(arguments)
    install_decimal_traps()
    clock = SystemClock()
    began = clock.boottime_ms()
    _say(f"seed {options.seed}, {options.speed} times faster than life")
    faults = _kills(options) if options.trouble is _Trouble.KILLS else _scenes(options)
    _say(f"{len(faults)} faults, {clock.boottime_ms() - began:,} ms")
    for fault in faults:
        _say(f"  {fault}")
    return 1 if faults else 0


def _kills(options: _Options) -> list[str]:
    with _database() as (dsn, home):
        judged = anyio.run(_drill, dsn, home, options)
    for line in lines_of(judged.figures):
        _say(line)
    slow = _too_slow(judged.figures) if options.default_timings else []
    return [*judged.faults, *_too_few(judged.figures), *slow]


def _scenes(options: _Options) -> list[str]:
    faults = []
    for number in range(options.cycles):
        with _database() as (dsn, home):
            seen = anyio.run(_scene, dsn, home, options, number)
        _say(f"{options.trouble} {number}: {seen.ms:,} ms, {len(seen.faults)} faults")
        faults += seen.faults
    return faults


@contextmanager
def _database() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="agentic-drills-") as name:
        home = Path(name)
        home.chmod(0o711)
        with embedded(home / "database", shared_home=home) as server:
            anyio.run(migrate, server.dsn)
            yield server.dsn, home


async def drill(dsn: str, folder: Path, *, cycles: int, factor: int, seed: int) -> Judged:
    """Play so many cycles on a migrated database, and judge them."""
    async with on_stage(dsn, folder, factor=factor, seed=seed) as stage:
        seeded = await seed_mainnet(stage.store, dsn, stage.clock.now())
        played = await play(stage, seeded, dsn, cuts(seed, cycles, factor=factor))
        evidence = await evidence_of(stage, seeded)
    figures = figures_of(played, evidence.requests, order_rows(dsn, seeded.account))
    return Judged(figures=figures, faults=played.faults, evidence=evidence)


async def _drill(dsn: str, home: Path, options: _Options) -> Judged:
    return await drill(dsn, home, cycles=options.cycles, factor=options.speed, seed=options.seed)


async def _scene(dsn: str, home: Path, options: _Options, number: int) -> Seen:
    async with on_stage(dsn, home, factor=options.speed, seed=options.seed + number) as stage:
        seeded = await seed_mainnet(stage.store, dsn, stage.clock.now())
        match options.trouble:
            case _Trouble.FROZEN:
                return await frozen(stage, seeded, dsn, after_ms=_AFTER_MS[number % len(_AFTER_MS)])
            case _Trouble.HANDOVER:
                seen, second = await handed_over(stage, seeded, dsn)
                return Seen(faults=[*seen.faults, *await flat_at_last(stage, seeded, dsn, second)], ms=seen.ms)
            case _:
                event = _OF_A_KILL[number % len(_OF_A_KILL)]
                return await killed_while_killing(stage, seeded, dsn, when=lambda runner: bool(runner.said(event)))


def _too_few(figures: Figures) -> list[str]:
    return [
        *([f"only {figures.orders} orders in {figures.cycles} cycles"] if figures.orders < figures.cycles else ()),
        *([f"only {figures.unresolved} orders left open"] if figures.unresolved * _A_QUARTER < figures.cycles else ()),
    ]


def _too_slow(figures: Figures) -> list[str]:
    return [
        *(f"{ms:,} ms from kill to ready" for ms in figures.takeovers_ms if ms > _READY_MS),
        *(f"{ms:,} ms from takeover to the end of an order" for ms in figures.settled_ms if ms > _TERMINAL_MS),
    ]


def _parsed(arguments: Sequence[str] | None) -> _Options:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    troubles = [str(trouble) for trouble in _Trouble]
    parser.add_argument("--trouble", choices=troubles, default="kills", help="what is done to the runners (kills)")
    parser.add_argument("--cycles", type=int, default=200, help="how often it is done (200)")
    parser.add_argument("--factor", type=int, default=10, help="how many times faster than life (10)")
    parser.add_argument("--default-timings", action="store_true", help="at the speed of life, and with its deadlines")
    parser.add_argument("--seed", type=int, default=1, help="of prices, instants and troubles (1)")
    return msgspec.convert(vars(parser.parse_args(arguments)), _Options)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
