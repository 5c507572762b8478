"""An order's way to the venue and back, and the messages it causes, beside the official SDK, in one run.

    uv pip install -e '.[dev]'
    python -m tests.bench.hl_round_trip [--rounds 7] [--batches 3]

The simulated venue runs in a process of its own on this machine, and everybody trades there from another one, in turn,
an account each: immediate orders that fill, ours from an intent to its outcome by the broker as it is shipped, the
SDK's by `Exchange.order` from numbers to its dicts, both over connections that stay open. What an order takes includes
the venue's own part, which is the same for all and written down. The SDK signs with coincurve, and as pip installs it.
The SDK's answer does not say what was executed at which price for which fee; the rows with fills include the question
that does.

Messages are those by which the venue tells of an order and of its fill, each alone as they come. Ours are followed by
connection and account feed into values of the domain, once each whatever is repeated; the SDK's by its websocket client
into numbers.

Exit code 0: both bars are met, 1: one is not, 2: the SDK is not installed.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version

from rich.console import Console
from rich.table import Table

from tests.bench.paired import Pair, Timing, judged, machine, timed_in_turn
from tests.bench.trading_place import FOLLOWED
from tests.bench.workers import Worker, hired

INSTALL = "uv pip install -e '.[dev]'"
_INSTALLED_BAR = 1.5
OURS, FAST, PLAIN = "ours", "SDK with coincurve", "SDK as installed"
_FILLS = ", with fills"
_BACKENDS = ("CoinCurveECCBackend", "NativeECCBackend")
_ORDERS = {OURS: 40, FAST: 40, PLAIN: 10, OURS + _FILLS: 20, FAST + _FILLS: 20}
_ORDERS_FOLLOWED = 100
_WARM_UP = 2
_HIDE = "import sys; sys.modules['coincurve'] = None; "
_SDK = "from tests.bench import sdk_trader; sdk_trader.main()"

TRIPS = (
    Pair("round trip, the SDK as installed by pip", OURS, PLAIN, _INSTALLED_BAR),
    Pair("round trip, the SDK with coincurve", OURS, FAST),
    Pair("round trip until the fills are known, the SDK with coincurve", OURS + _FILLS, FAST + _FILLS),
)
COSTS = (
    Pair("processor time, the SDK as installed by pip", OURS, PLAIN, _INSTALLED_BAR),
    Pair("processor time, the SDK with coincurve", OURS, FAST),
    Pair("processor time with fills, the SDK with coincurve", OURS + _FILLS, FAST + _FILLS),
)
MESSAGES = (Pair("processor time of a message", OURS, FAST),)


class Bench:
    """A venue and everybody who trades there."""

    def __init__(self, url: str, venue: Worker, ours: Worker, sdks: Mapping[str, Worker]) -> None:
        self.url = url
        self._venue, self._ours, self._sdks = venue, ours, sdks
        self.singles: dict[str, list[float]] = defaultdict(list)
        """Microseconds of every round trip."""
        self.costs: dict[str, list[float]] = defaultdict(list)
        """Microseconds of processor time of an order, of each batch."""
        self.venue_costs: dict[str, list[float]] = defaultdict(list)
        """The venue's."""

    def trips(self, name: str) -> float:
        """Send a batch of orders and return the median of their round trips, in microseconds."""
        who, _, with_fills = name.partition(_FILLS[0])
        count = _ORDERS[name]
        before = self._venue.ask("cpu")
        if who == OURS:
            took, cost = self._ours.ask("ours", count, bool(with_fills))
        else:
            took, cost = self._sdks[who].ask(count, bool(with_fills))
        self.venue_costs[name].append((self._venue.ask("cpu") - before) / count * 1e6)
        self.singles[name] += took
        self.costs[name].append(cost)
        return float(statistics.median(took))

    def messages(self, reader: Worker, trader: str) -> float:
        """Follow a batch of orders and return the microseconds of processor time of a message."""
        reader.ask(_ORDERS_FOLLOWED * len(FOLLOWED))
        self._ours.ask(trader, _ORDERS_FOLLOWED, False)  # noqa: FBT003 - its shape: without fills
        took, units = reader.hear()
        if units != "0.100":
            message = f"{trader} read that {units} were executed, and it was 0.100"
            raise AssertionError(message)
        return float(took)


@contextmanager
def opened() -> Iterator[Bench]:
    """Start everybody."""
    with ExitStack() as stack:

        def hire(*arguments: str) -> Worker:
            return stack.enter_context(hired(*arguments))

        venue = hire("-m", "tests.bench.trading_venue")
        url = f"http://127.0.0.1:{venue.hear()}"
        sdks = {FAST: hire("-c", _SDK, url, "sdk"), PLAIN: hire("-c", _HIDE + _SDK, url, "sdk as installed")}
        backends = tuple(sdk.hear() for sdk in sdks.values())
        if backends != _BACKENDS:
            message = f"the SDK signs by {backends}, and {_BACKENDS} were to be compared"
            raise AssertionError(message)
        yield Bench(url, venue, hire("-m", "tests.bench.order_sender", url), sdks)


def trips_in_turn(bench: Bench, rounds: int, batches: int) -> tuple[Mapping[str, Timing], Mapping[str, Timing]]:
    """Return what round trips took, and what they cost the sender."""
    subjects: dict[str, Callable[[], float]] = {}
    for name in _ORDERS:

        def batch(name: str = name) -> float:
            return bench.trips(name)

        subjects[name] = batch
    timings = timed_in_turn(subjects, rounds=rounds, batches=batches, warm_up=_WARM_UP)
    return timings, {name: _timing(bench.costs[name][_WARM_UP:], batches) for name in _ORDERS}


def _timing(batched: Sequence[float], batches: int) -> Timing:
    rounds = [statistics.median(batched[start : start + batches]) for start in range(0, len(batched), batches)]
    return Timing(least=min(batched), median=statistics.median(rounds), rounds=tuple(rounds))


def messages_in_turn(bench: Bench, rounds: int, batches: int) -> Mapping[str, Timing]:
    """Return what the messages cost who follows them."""
    with ExitStack() as stack:  # who follows an account hears every order of it, so nobody does before
        ours, theirs = (
            stack.enter_context(hired("-m", f"tests.bench.{reader}", bench.url, trader))
            for reader, trader in (("account_reader", "ours"), ("sdk_follower", "sdk"))
        )
        subjects = {OURS: lambda: bench.messages(ours, "ours"), FAST: lambda: bench.messages(theirs, "sdk")}
        return timed_in_turn(subjects, rounds=rounds, batches=batches, warm_up=_WARM_UP)


def report_trips(bench: Bench, timings: Mapping[str, Timing], costs: Mapping[str, Timing], console: Console) -> bool:
    """Print what orders took and cost, and tell whether their bars are met."""
    table = Table(title="an order: microseconds")
    table.add_column("subject")
    for heading in ("median", "rounds from", "to", "p99", "orders", "its processor time", "the venue's"):
        table.add_column(heading, justify="right")
    for name, timing in timings.items():
        singles = bench.singles[name][_WARM_UP * _ORDERS[name] :]
        high = statistics.quantiles(singles, n=100)[98]
        venue = statistics.median(bench.venue_costs[name][_WARM_UP:])
        row = (timing.median, min(timing.rounds), max(timing.rounds), high, len(singles), costs[name].median, venue)
        table.add_row(name, *(f"{one:,.0f}" for one in row))
    console.print(table)
    trips_met = judged(TRIPS, timings, console)
    return judged(COSTS, costs, console) and trips_met


def report_messages(timings: Mapping[str, Timing], console: Console) -> bool:
    """Print what messages cost."""
    table = Table(title="a message of an order or a fill: microseconds of processor time")
    for heading in ("subject", "least", "median", "rounds from", "to"):
        table.add_column(heading, justify="left" if heading == "subject" else "right")
    for name, timing in timings.items():
        row = (timing.least, timing.median, min(timing.rounds), max(timing.rounds))
        table.add_row(name, *(f"{one:,.1f}" for one in row))
    console.print(table)
    return judged(MESSAGES, timings, console)


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=130)
    try:
        found = {name: version(name) for name in ("hyperliquid-python-sdk", "coincurve", "httpx", "requests")}
    except PackageNotFoundError as missing:
        console.print(f"{missing.name} is not installed, so there is nothing to compare with: {INSTALL}", markup=False)
        return 2
    console.print(machine())
    console.print(", ".join(f"{name} {number}" for name, number in found.items()))
    with opened() as bench:
        timings, costs = trips_in_turn(bench, options.rounds, options.batches)
        messages = messages_in_turn(bench, options.rounds, options.batches)
    met = report_trips(bench, timings, costs, console)
    return 0 if report_messages(messages, console) and met else 1


if __name__ == "__main__":
    sys.exit(main())
