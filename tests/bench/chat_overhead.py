"""What a call of a chat model costs besides the chat model, beside the official SDKs, in one run.

    uv pip install -e '.[dev]' && uv pip install --group bench
    python -m tests.bench.chat_overhead [--rounds 7] [--batches 5]

A stub answers every request with the same 900 bytes from a process of its own; each caller has a process and one
connection of its own and asks the same thing: two messages, twelve tools, 15 KB. Ours is the whole way of a call, from
a request of ours to the outcome with its cost. The overhead is what a call takes more than a raw socket that sends and
reads the same bytes.

Exit code 0: both bars are met, 1: one is not, 2: an SDK is not installed.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.paired import Timing, machine, timed_in_turn
from tests.bench.workers import Worker, hired

__all__ = ["main"]

_CALLS = {"socket": 60, "ours": 60, "openai": 30, "openrouter": 6}
_BARS = {"openrouter": 20.0, "openai": 2.5}
_INSTALL = "uv pip install -e '.[dev]' && uv pip install --group bench"


class _Overhead(msgspec.Struct, frozen=True):
    median: float
    least: float
    most: float


class _Bench:
    def __init__(self, callers: Mapping[str, Worker]) -> None:
        self._callers = callers
        self.costs: dict[str, list[float]] = {name: [] for name in callers}

    def batch(self, name: str) -> Callable[[], float]:
        def run() -> float:
            took, cost = self._callers[name].ask(_CALLS[name])
            self.costs[name].append(cost)
            return float(statistics.median(took))

        return run


def main() -> int:
    """Measure, print, and tell by the exit code whether the bars are met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=5)
    arguments = parser.parse_args()
    try:
        installed = {name: version(name) for name in ("httpx", *_BARS)}
    except PackageNotFoundError as exc:
        sys.stderr.write(f"{exc.name} is not installed; run: {_INSTALL}\n")
        return 2
    with ExitStack() as stack:
        stub = stack.enter_context(hired("-m", "tests.bench.chat_stub"))
        port = str(stub.hear())
        callers = {name: stack.enter_context(hired("-m", "tests.bench.chat_caller", name, port)) for name in _CALLS}
        for name, caller in callers.items():
            if not caller.hear():
                raise AssertionError(f"{name} did not read what the stub answered")
        bench = _Bench(callers)
        timings = timed_in_turn(
            {name: bench.batch(name) for name in callers}, rounds=arguments.rounds, batches=arguments.batches
        )
    return 0 if _report(timings, bench, installed) else 1


def _report(timings: Mapping[str, Timing], bench: _Bench, installed: Mapping[str, str]) -> bool:
    console = Console(highlight=False)
    console.print(machine())
    console.print(", ".join(f"{name} {release}" for name, release in installed.items()))
    table = Table(title="a call: microseconds", box=None)
    for title in ("caller", "median", "overhead", "its processor time"):
        table.add_column(title, justify="left" if title == "caller" else "right")
    floor = timings["socket"]
    for name, timing in timings.items():
        over = timing.median - floor.median
        table.add_row(name, f"{timing.median:,.0f}", f"{over:,.0f}", f"{statistics.median(bench.costs[name]):,.0f}")
    console.print(table)
    verdicts = [_judge(name, bar, timings, console) for name, bar in _BARS.items()]
    return all(verdicts)


def _judge(name: str, bar: float, timings: Mapping[str, Timing], console: Console) -> bool:
    ratio = _ratio(timings, name)
    whole = timings[name].median / timings["ours"].median
    verdict = "met" if ratio.median >= bar else "NOT met"
    console.print(
        f"overhead of {name} over ours: {ratio.median:.1f} × ({ratio.least:.1f}..{ratio.most:.1f}), "
        f"bar {bar:g} ×: {verdict}; whole calls {whole:.1f} ×"
    )
    return ratio.median >= bar


def _ratio(timings: Mapping[str, Timing], name: str) -> _Overhead:
    rounds = zip(timings["socket"].rounds, timings["ours"].rounds, timings[name].rounds, strict=True)
    ratios = [(theirs - floor) / (ours - floor) for floor, ours, theirs in rounds]
    return _Overhead(statistics.median(ratios), min(ratios), max(ratios))


if __name__ == "__main__":
    sys.exit(main())
