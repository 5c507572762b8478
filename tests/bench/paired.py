"""Times subjects in turn, a short batch of each at a time, so that a busy moment of the machine hits all of them."""

import gc
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

__all__ = ["Pair", "Ratio", "Timing", "compared", "judged", "machine", "shown_bar", "timed_in_turn"]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """One subject, in microseconds of processor time per check."""

    least: float
    """Of the fastest batch."""
    median: float
    """Over the rounds, each of which counts with the median of its batches."""
    rounds: tuple[float, ...]


class Pair(msgspec.Struct, frozen=True):
    """Two subjects that are compared, and how many times faster ours has to be; None is for information."""

    title: str
    ours: str
    theirs: str
    bar: float | None = None


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """How many times faster one subject is than another, from rounds measured side by side."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        """Write the median with its spread."""
        return f"{self.median:.2f} ({self.least:.2f}..{self.most:.2f})"


def timed_in_turn(
    subjects: Mapping[str, Callable[[], float]], *, rounds: int, batches: int, warm_up: int = 3
) -> dict[str, Timing]:
    """Run rounds of batches, with the garbage collector off for everyone and its work done between the rounds.

    Args:
        subjects: each runs one batch, checks its outcome, and returns the microseconds per check.
        rounds: how often a ratio is taken.
        batches: how many batches of every subject make a round.
        warm_up: batches of every subject that do not count.
    """
    for subject in subjects.values():
        for _ in range(warm_up):
            subject()
    found: dict[str, list[list[float]]] = {name: [] for name in subjects}
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for number in range(rounds):
            gc.collect()
            for name in subjects:
                found[name].append([])
            for batch in range(batches):
                # Every other batch runs backwards, so that nobody always follows the same neighbour.
                order = list(subjects) if (number + batch) % 2 == 0 else list(subjects)[::-1]
                for name in order:
                    found[name][-1].append(subjects[name]())
    finally:
        if was_enabled:
            gc.enable()
    return {name: _timing(batched) for name, batched in found.items()}


def compared(slower: Timing, faster: Timing) -> Ratio:
    """Return how many times faster the second one is, round by round."""
    ratios = [theirs / ours for theirs, ours in zip(slower.rounds, faster.rounds, strict=True)]
    return Ratio(median=statistics.median(ratios), least=min(ratios), most=max(ratios))


def machine() -> str:
    """Name what this runs on."""
    cores = f"{len(os.sched_getaffinity(0))} cores" if hasattr(os, "sched_getaffinity") else f"{os.cpu_count()} cores"
    load = f"load {os.getloadavg()[0]:.2f}"
    return f"Python {platform.python_version()}, {platform.platform(terse=True)}, {platform.machine()}, {cores}, {load}"


def _timing(batched: Sequence[Sequence[float]]) -> Timing:
    rounds = tuple(statistics.median(batch) for batch in batched)
    return Timing(least=min(min(batch) for batch in batched), median=statistics.median(rounds), rounds=rounds)


def judged(pairs: Sequence[Pair], timings: Mapping[str, Timing], console: Console) -> bool:
    """Print how many times faster ours is, and tell whether every bar is met."""
    table = Table(title="how many times faster ours is: median of the rounds (least..most)")
    for heading in ("what", "ratio", "bar"):
        table.add_column(heading)
    met = True
    for pair in pairs:
        ratio = compared(timings[pair.theirs], timings[pair.ours])
        passed = pair.bar is None or ratio.median >= pair.bar
        met = met and passed
        table.add_row(pair.title, str(ratio), shown_bar(pair.bar, passed=passed))
    console.print(table)
    return met


def shown_bar(bar: float | None, *, passed: bool) -> str:
    """Write a bar and whether it is met."""
    return "for information" if bar is None else f"{bar:g}: {'met' if passed else 'NOT MET'}"
