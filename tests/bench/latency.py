"""How long calls take, by the clock on the wall, because somebody waits for them."""

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.paired import Timing

__all__ = ["Bar", "Latency", "show_latencies", "waited_in_turn"]

Call = Callable[[], Awaitable[object]]


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """What a latency may be at most, in milliseconds; None is for information."""

    p50_ms: float | None = None
    p99_ms: float | None = None

    def is_met(self, latency: "Latency") -> bool:
        """Tell whether it is."""
        pairs = ((self.p50_ms, latency.quantile(50)), (self.p99_ms, latency.quantile(99)))
        return all(most is None or found / 1_000 <= most for most, found in pairs)

    def __str__(self) -> str:
        """Write what is asked."""
        asked = [f"p{q} ≤ {most:g} ms" for q, most in ((50, self.p50_ms), (99, self.p99_ms)) if most is not None]
        return ", ".join(asked) or "for information"


class Latency(msgspec.Struct, frozen=True):
    """One subject, in microseconds per call, by rounds."""

    rounds: tuple[tuple[float, ...], ...]

    def quantile(self, percent: int) -> float:
        """Return what so many in a hundred calls did not exceed."""
        calls = sorted(call for one in self.rounds for call in one)
        return calls[min(len(calls) - 1, len(calls) * percent // 100)]

    def timing(self) -> Timing:
        """Return it as what `paired.compared` takes; a round counts with its median."""
        medians = tuple(statistics.median(one) for one in self.rounds)
        least = min(min(one) for one in self.rounds)
        return Timing(least=least, median=statistics.median(medians), rounds=medians)


async def waited_in_turn(
    subjects: Mapping[str, tuple[Call, int]], *, rounds: int, warm_up: int = 6
) -> dict[str, Latency]:
    """Call each subject so many times a round, one subject after the other, and return how long each call took.

    Args:
        subjects: what to call and how often in a round.
        rounds: how often it is each one's turn; every other round goes backwards.
        warm_up: calls of each that do not count; after five a server plans a prepared statement for good.
    """
    for call, _ in subjects.values():
        for _ in range(warm_up):
            await call()
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in subjects}
    for number in range(rounds):
        for name in list(subjects)[:: 1 if number % 2 == 0 else -1]:
            call, times = subjects[name]
            found[name].append(tuple([await _timed(call) for _ in range(times)]))
    return {name: Latency(tuple(by_round)) for name, by_round in found.items()}


async def _timed(call: Call) -> float:
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1e6


def show_latencies(
    title: str, found: Mapping[str, Latency], console: Console, bars: Mapping[str, Bar] | None = None
) -> bool:
    """Print what was found in milliseconds, and tell whether every bar is met."""
    table = Table(title=title)
    for heading in ("what", "calls", "p50 ms", "p99 ms", "most ms", "bar"):
        table.add_column(heading, justify="left" if heading in {"what", "bar"} else "right")
    met = True
    for name, latency in found.items():
        bar = (bars or {}).get(name, Bar())
        passed = bar.is_met(latency)
        met = met and passed
        numbers = (f"{latency.quantile(percent) / 1_000:.3f}" for percent in (50, 99, 100))
        calls = str(sum(len(one) for one in latency.rounds))
        table.add_row(name, calls, *numbers, f"{bar}{'' if passed else ': NOT MET'}")
    console.print(table)
    return met
