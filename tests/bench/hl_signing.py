"""Signing an order beside the official SDK, with coincurve and as pip installs it, in one run.

    uv pip install -e '.[dev]'
    python -m tests.bench.hl_signing [--rounds 9] [--batches 7]

Everybody signs the same orders, a limit order with a client order id each, and the signatures are compared before
anything is timed. Processor time is compared, so that others on the machine matter less. The bars are set against
signing a ready action; the ratio from numbers to the body of a request stands beside it, and so does what the elliptic
curve takes alone, which nobody gets below. The 99th percentile is that of single signatures.

Exit code 0: both bars are met, 1: one is not, 2: the SDK is not installed.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version

from coincurve import PrivateKey
from rich.console import Console
from rich.table import Table

from agentic_hl.wire.actions import GTC, Grouping, OrderLine, PlaceOrders
from agentic_hl.wire.envelope import sign_l1_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import Rounding, price_text, size_text
from tests.bench.order_samples import ASSET, SECRET, SampleOrder, sample_order
from tests.bench.paired import Pair, Timing, judged, machine, timed_in_turn
from tests.bench.workers import Worker, hired

COINCURVE_BAR, INSTALLED_BAR = 10.0, 120.0
INSTALL = "uv pip install -e '.[dev]'"
CHECKED = 200
_OURS, _THEIRS_FAST, _THEIRS_PLAIN = 200, 40, 4
_SPREAD_OURS, _SPREAD_FAST, _SPREAD_PLAIN = 5_000, 1_000, 200
_SIZE_DECIMALS = 5
_WITH = ("-m", "tests.bench.sdk_signer")
_HIDE = "import sys; sys.modules['coincurve'] = None; from tests.bench import sdk_signer; sdk_signer.main()"
_WITHOUT = ("-c", _HIDE)
_BACKENDS = ("CoinCurveECCBackend", "NativeECCBackend")

_signer = Signer.from_hex(SECRET)


PAIRS = (
    Pair("a ready order, the SDK with coincurve", "sign: ours", "sign: SDK with coincurve", COINCURVE_BAR),
    Pair("a ready order, the SDK as installed by pip", "sign: ours", "sign: SDK as installed", INSTALLED_BAR),
    Pair("from numbers to the body, the SDK with coincurve", "send: ours", "send: SDK with coincurve"),
    Pair("from numbers to the body, the SDK as installed by pip", "send: ours", "send: SDK as installed"),
    Pair("share of the curve in ours", "sign: ours", "the curve alone"),
)


def action_of(order: SampleOrder) -> PlaceOrders:
    """Write the action of an order from its numbers."""
    line = OrderLine(
        asset=ASSET,
        is_buy=True,
        limit_price=price_text(Decimal(order.price), _SIZE_DECIMALS, Rounding.EXACT),
        size=size_text(Decimal(order.size), _SIZE_DECIMALS, Rounding.EXACT),
        reduce_only=False,
        terms=GTC,
        cloid=order.cloid,
    )
    return PlaceOrders(orders=(line,), grouping=Grouping.NONE)


class Ours:
    """Our signer; every order is signed once, as it would be."""

    def __init__(self) -> None:
        self._next = 0

    def sign(self) -> float:
        """Sign ready actions and return the microseconds of each."""
        ready = [(action_of(order), order.nonce) for order in self._take(_OURS)]
        sign, network = _signer.sign_l1, Network.MAINNET
        began = time.thread_time()
        for action, nonce in ready:
            sign(action, nonce=nonce, network=network)
        return (time.thread_time() - began) / _OURS * 1e6

    def send(self) -> float:
        """Write bodies of requests from numbers and return the microseconds of each."""
        orders = self._take(_OURS)
        began = time.thread_time()
        for order in orders:
            sign_l1_request(_signer, action_of(order), nonce=order.nonce, network=Network.MAINNET)
        return (time.thread_time() - began) / _OURS * 1e6

    def spread(self) -> list[float]:
        """Return the microseconds of every single signature of many."""
        took = []
        for order in self._take(_SPREAD_OURS):
            action, nonce = action_of(order), order.nonce
            began = time.thread_time_ns()
            _signer.sign_l1(action, nonce=nonce, network=Network.MAINNET)
            took.append((time.thread_time_ns() - began) / 1000)
        return took

    def _take(self, count: int) -> Sequence[SampleOrder]:
        self._next += count
        return [sample_order(number) for number in range(self._next - count, self._next)]


def the_curve_alone() -> float:
    """Sign digests with coincurve and nothing around it, and return the microseconds of each."""
    key = PrivateKey(bytes.fromhex(SECRET.removeprefix("0x")))
    digests = [number.to_bytes(32, "big") for number in range(1, _OURS + 1)]
    began = time.thread_time()
    for digest in digests:
        key.sign_recoverable(digest, hasher=None)
    return (time.thread_time() - began) / _OURS * 1e6


def check(*sdks: Worker) -> None:
    """Compare signatures of everybody.

    Raises:
        AssertionError: some differ, so that there is nothing to compare.
    """
    orders = [sample_order(number) for number in range(CHECKED)]
    made = [_signer.sign_l1(action_of(order), nonce=order.nonce, network=Network.MAINNET) for order in orders]
    ours = [list(signature.numbers) for signature in made]
    for sdk in sdks:
        theirs = sdk.ask("check", CHECKED)
        if theirs != ours:
            place = next(place for place, pair in enumerate(zip(ours, theirs, strict=True)) if pair[0] != pair[1])
            message = f"signature {place} differs: ours {ours[place]}, the SDK's {theirs[place]}"
            raise AssertionError(message)


def subjects(ours: Ours, fast: Worker, plain: Worker) -> dict[str, Callable[[], float]]:
    """Return everybody's batches."""
    return {
        "sign: ours": ours.sign,
        "sign: SDK with coincurve": lambda: float(fast.ask("sign", _THEIRS_FAST)),
        "sign: SDK as installed": lambda: float(plain.ask("sign", _THEIRS_PLAIN)),
        "send: ours": ours.send,
        "send: SDK with coincurve": lambda: float(fast.ask("send", _THEIRS_FAST)),
        "send: SDK as installed": lambda: float(plain.ask("send", _THEIRS_PLAIN)),
        "the curve alone": the_curve_alone,
    }


def report(timings: Mapping[str, Timing], spreads: Mapping[str, Sequence[float]], console: Console) -> bool:
    """Print what was measured, and tell whether every bar is met."""
    table = Table(title="microseconds of processor time per order")
    for heading in ("subject", "least", "median", "rounds from", "to", "p99 of single ones"):
        table.add_column(heading, justify="left" if heading == "subject" else "right")
    for name, timing in timings.items():
        row = (timing.least, timing.median, min(timing.rounds), max(timing.rounds))
        spread = spreads.get(name)
        high = "" if spread is None else f"{statistics.quantiles(spread, n=100)[98]:,.1f}"
        table.add_row(name, *(f"{one:,.1f}" for one in row), high)
    console.print(table)
    return judged(PAIRS, timings, console)


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=7)
    options = parser.parse_args()
    console = Console(width=120)
    try:
        found = version("hyperliquid-python-sdk")
    except PackageNotFoundError as missing:
        console.print(f"{missing.name} is not installed, so there is nothing to compare with: {INSTALL}", markup=False)
        return 2
    console.print(machine())
    console.print(f"hyperliquid-python-sdk {found}, coincurve {version('coincurve')}")
    with ExitStack() as stack:
        fast, plain = (stack.enter_context(hired(*command)) for command in (_WITH, _WITHOUT))
        backends = (fast.hear(), plain.hear())
        if backends != _BACKENDS:
            message = f"the SDK signs by {backends}, and {_BACKENDS} were to be compared"
            raise AssertionError(message)
        check(fast, plain)
        ours = Ours()
        timings = timed_in_turn(subjects(ours, fast, plain), rounds=options.rounds, batches=options.batches)
        spreads = {
            "sign: ours": ours.spread(),
            "sign: SDK with coincurve": fast.ask("spread", _SPREAD_FAST),
            "sign: SDK as installed": plain.ask("spread", _SPREAD_PLAIN),
        }
    return 0 if report(timings, spreads, console) else 1


if __name__ == "__main__":
    sys.exit(main())
