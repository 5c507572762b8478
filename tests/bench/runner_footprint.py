"""What a runner costs: from its start to the tick loop, memory, processor time while it waits and per turn, lateness.

    python -m tests.bench.runner_footprint --symbols 20 --idle-s 120 --growth-s 600 --write

First the shipped host is started some times on an account of the simulated venue, with pauses in which the weight of
the address comes back, and watched while it has nothing to do but to come to its marks. Then a runner that orders
something at every mark runs on a clock that is so many times faster, and its memory is looked at after each mark: a
line through the second half says how much 10,000 marks add, whatever was bound to be filled first.

Exit code 0: the bars are met, 1: one is not.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import msgspec
from rich.console import Console
from rich.table import Table

from agentic_core.runtime.timings import TIMINGS
from agentic_core.system import SystemClock, install_decimal_traps
from tests.bench.paired import machine
from tests.bench.runner_figures import Figure, figure_rows, write_figures
from tests.bench.runner_place import READY, RunnerPlace, footprint, runner_place
from tests.bench.scratch_database import scratch_database
from tests.drills.runner import RunnerSetup
from tests.drills.seeding import Seeded
from tests.drills.stage import Runner

START_S_BAR = 3.0
RSS_MB_BAR = 250.0
IDLE_PCT_BAR = 3.0
LATE_MS_BAR = 1_000
GROWTH_MB_BAR = 1.0

_TICKS = 10_000
_REFILL_S = 60
_STEP_MS = 1_000
_FAST_STEP_MS = 30_000
_READY_S = 120
_LOOK_S = 0.25
_FEW = 20
"""Fewer looks make no line."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the shipped host."""

    ready_s: float
    """From the start of the process."""
    weight: int
    rss_mb: float


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A runner that was left alone for a while."""

    rss_mb: float
    idle_pct: float
    """Of a core."""
    late_ms: tuple[int, ...]
    """By how much each turn began after its mark."""
    took_ms: tuple[int, ...]


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A runner on a faster clock."""

    ticks: int
    sent: int
    mb_per_10k: float
    rss_mb: tuple[float, float]
    """In the middle and at the end."""
    cpu_ms_per_tick: float


async def start(place: RunnerPlace, seeded: Seeded) -> tuple[Runner, Start]:
    """Start the host and wait until it enters its tick loop."""
    began_ms, began = SystemClock().boottime_ms(), time.monotonic()
    runner = await place.start(seeded)
    await runner.says("runner_started", READY, within_s=_READY_S)
    ready_s = time.monotonic() - began
    weight, _ = place.weight(began_ms, SystemClock().boottime_ms())
    return runner, Start(ready_s=ready_s, weight=weight, rss_mb=footprint(runner.pid).rss_mb)


async def watch(runner: Runner, idle_s: float) -> Watched:
    """Leave a runner alone, and look at what it did."""
    before, first = footprint(runner.pid), len(runner.lines)
    await anyio.sleep(idle_s)
    after = footprint(runner.pid)
    ticks = [line for line in runner.lines[first:] if line["event"] == "tick_finished"]
    return Watched(
        rss_mb=after.rss_mb,
        idle_pct=100 * (after.cpu_s - before.cpu_s) / idle_s,
        late_ms=tuple(line["late_ms"] for line in ticks),
        took_ms=tuple(line["duration_ms"] for line in ticks),
    )


async def starts_and_idleness(dsn: str, folder: Path, options: argparse.Namespace) -> tuple[list[Start], Watched]:
    """Start the host some times, and watch it the last time."""
    async with runner_place(dsn, folder, symbols=options.symbols, step_ms=_STEP_MS) as place:
        deployment = await place.seed()
        found: list[Start] = []
        while True:
            runner, one = await start(place, deployment)
            found.append(one)
            if len(found) == options.starts:
                return found, await watch(runner, options.idle_s)
            runner.terminate()
            await runner.gone()
            await anyio.sleep(_REFILL_S)


async def growth(dsn: str, folder: Path, options: argparse.Namespace) -> Growth:
    """Let a runner that orders at every mark run on a faster clock."""
    async with runner_place(
        dsn, folder, symbols=options.growth_symbols, factor=options.factor, step_ms=_FAST_STEP_MS
    ) as place:
        seeded = await place.seed(orders_per_day=1_000)
        setup = RunnerSetup(pace=place.pace, timings=TIMINGS, is_restless=True)
        runner = await place.start(seeded, ("tests.drills.runner", msgspec.json.encode(setup).decode()))
        await runner.says("runner_started", READY, within_s=_READY_S)
        before, began = footprint(runner.pid), time.monotonic()
        seen: list[tuple[int, float]] = []
        while time.monotonic() - began < options.growth_s:
            await anyio.sleep(_LOOK_S)
            ticks = len(runner.said("tick_finished"))
            if ticks > (seen[-1][0] if seen else 0):
                seen.append((ticks, footprint(runner.pid).rss_mb))
        after = footprint(runner.pid)
        half = seen[len(seen) // 2 :]
        assert len(half) >= _FEW, f"only {len(seen)} marks: {runner}"
        line = statistics.linear_regression([ticks for ticks, _ in half], [rss_mb for _, rss_mb in half])
        return Growth(
            ticks=seen[-1][0],
            sent=len(runner.said("order_placed")),
            mb_per_10k=line.slope * _TICKS,
            rss_mb=(half[0][1], half[-1][1]),
            cpu_ms_per_tick=1_000 * (after.cpu_s - before.cpu_s) / seen[-1][0],
        )


def figures_of_starts(starts: list[Start], watched: Watched, symbols: int) -> list[Figure]:
    """Return what was found of the shipped host, with what is asked."""
    worst, rss = max(each.ready_s for each in starts), max(watched.rss_mb, *(each.rss_mb for each in starts))
    late, took = sorted(watched.late_ms), sorted(watched.took_ms)
    each = ", ".join(f"{one.ready_s:.2f} s" for one in starts)
    p99 = late[min(len(late) - 1, len(late) * 99 // 100)] if late else 0
    return [
        Figure(
            what=f"start of the process to the tick loop, {symbols} symbols, {len(starts)} starts",
            found=each,
            bar=f"≤ {START_S_BAR:g} s",
            is_met=worst <= START_S_BAR,
        ),
        Figure(what="weight of a start at the venue", found=", ".join(str(one.weight) for one in starts)),
        Figure(
            what=f"resident memory, {symbols} symbols",
            found=f"{starts[0].rss_mb:.0f} MB at the start, {rss:.0f} MB at most",
            bar=f"≤ {RSS_MB_BAR:g} MB",
            is_met=rss <= RSS_MB_BAR,
        ),
        Figure(
            what=f"processor time while it waits, with a mark every minute and {symbols} symbols streamed every second",
            found=f"{watched.idle_pct:.1f} % of a core",
            bar=f"goal < {IDLE_PCT_BAR:g} %",
            is_met=watched.idle_pct < IDLE_PCT_BAR,
        ),
        Figure(
            what=f"begin of a turn after its mark, {len(late)} marks",
            found=f"p50 {statistics.median(late):.0f} ms, p99 {p99} ms" if late else "no mark came",
            bar=f"p99 ≤ {LATE_MS_BAR} ms",
            is_met=bool(late) and p99 <= LATE_MS_BAR,
        ),
        Figure(what="a turn, from its begin to its end", found=", ".join(f"{ms} ms" for ms in took[:_FEW])),
    ]


def figures_of_growth(found: Growth, options: argparse.Namespace) -> list[Figure]:
    """Return what was found on the faster clock, with what is asked."""
    return [
        Figure(
            what=f"growth per 10,000 marks, from {found.ticks} at {options.factor} times the speed, {found.sent} sent",
            found=f"{found.mb_per_10k:.1f} MB (second half: {found.rss_mb[0]:.1f} MB to {found.rss_mb[1]:.1f} MB)",
            bar=f"< {GROWTH_MB_BAR:g} MB",
            is_met=found.mb_per_10k < GROWTH_MB_BAR,
        ),
        Figure(
            what="processor time per mark of a minute, with the orders and everything between the marks",
            found=f"{found.cpu_ms_per_tick:.0f} ms",
        ),
    ]


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--idle-s", type=float, default=120)
    parser.add_argument("--growth-s", type=float, default=600, help="0 leaves it out")
    parser.add_argument("--growth-symbols", type=int, default=2)
    parser.add_argument("--factor", type=int, default=20)
    parser.add_argument("--write", action="store_true", help="into docs/reference/runner-figures.md")
    options = parser.parse_args()
    install_decimal_traps()
    console = Console(width=140)
    console.print(machine())
    with TemporaryDirectory(prefix="agentic-bench-") as folder, scratch_database() as dsn:
        home = Path(folder)
        figures = figures_of_starts(*anyio.run(starts_and_idleness, dsn, home, options), options.symbols)
    if options.growth_s:
        with TemporaryDirectory(prefix="agentic-bench-") as folder, scratch_database() as dsn:
            figures += figures_of_growth(anyio.run(growth, dsn, Path(folder), options), options)
    table = Table("what", "found", "bar", title="what a runner costs")
    for each in figures:
        table.add_row(each.what, each.found, each.bar if each.is_met else f"{each.bar}: NOT MET")
    console.print(table)
    if options.write:
        write_figures("footprint", figure_rows(figures))
    return 0 if all(each.is_met for each in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
