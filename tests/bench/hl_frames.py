"""Reading the venue's frames beside the official SDK's websocket client and beside orjson, in one run.

    uv pip install -e '.[dev]' --group bench
    python -m tests.bench.hl_frames [--rounds 7] [--batches 3]

Over a socket of this machine: the SDK's client as `Info` starts it, our whole connection with its session, and our link
and reader alone, because no session subscribes to the retired webData2. Each is a process of its own, and what counts
is its processor time from the socket until somebody has looked at the numbers, which have to be the same. The bars are
set against frames that come as fast as they are read, which is what a client can do; a frame that comes alone first
wakes a sleeping process, which costs everybody the same and stands beside it.

Without a socket: bytes to typed values beside `orjson.loads`, which leaves dicts, and beside orjson with what makes the
same values of them. The bar is set against the long frame of an account's whole state, of which we step over what
nobody reads. Where every string of a frame is wanted, making the strings is most of the work and the same for both, so
those ratios are small; all of them stand beside it.

Exit code 0: every bar is met, 1: one is not, 2: the SDK or orjson is not installed.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from agentic_hl.wire.messages.channels import MidsFrame
from agentic_hl.wire.messages.frames import read_frame
from tests.bench.frame_samples import MIDS_READ, SOCKET_FRAMES, read_frames
from tests.bench.paired import Pair, Timing, compared, judged, machine, shown_bar, timed_in_turn
from tests.bench.workers import Worker, hired

STATE_BAR, MIDS_BAR, DECODE_BAR = 100.0, 25.0, 3.0
DECODE_JUDGED = "webData2"
INSTALL = "uv pip install -e '.[dev]' --group bench"
CONNECTION, LINK, SDK = "connection", "link", "sdk"
_SUBSCRIPTIONS = {CONNECTION: 3, LINK: 0, SDK: 3}
_ALONE_US = 1_000
_DECODED_BYTES = 300_000
_DECODED_MAX = 500


class Flow(NamedTuple):
    """How many of a frame make a batch, of ours and of the SDK's."""

    channel: str
    ours: int
    theirs: int


_FLOWS = (Flow("webData2", 80, 3), Flow("allDexsAssetCtxs", 80, 3), Flow("allMids", 800, 60))


def _kilobytes(channel: str) -> str:
    return f"{channel}, {len(SOCKET_FRAMES[channel]) / 1000:.0f} kB"


SOCKET_PAIRS = (
    Pair(f"{_kilobytes('webData2')}, link and reader", "link webData2", "sdk webData2", STATE_BAR),
    Pair(f"{_kilobytes('allMids')}, whole connection", "connection allMids", "sdk allMids", MIDS_BAR),
    Pair(
        f"{_kilobytes('allDexsAssetCtxs')}, whole connection; the SDK drops it",
        "connection allDexsAssetCtxs",
        "sdk allDexsAssetCtxs",
    ),
    Pair(f"{_kilobytes('allMids')}, link and reader", "link allMids", "sdk allMids"),
    Pair("webData2, each alone", "link webData2, alone", "sdk webData2, alone"),
    Pair("allMids, each alone, whole connection", "connection allMids, alone", "sdk allMids, alone"),
)


class Bench:
    """A server and the clients that it sends to."""

    def __init__(self, server: Worker, clients: Mapping[str, Worker]) -> None:
        self._server, self._clients = server, clients
        self._said: dict[str, str] = {}

    def batch(self, client: str, flow: Flow, pause_us: int) -> float:
        """Send a batch to a client and return the microseconds of processor time of each frame."""
        count = flow.theirs if client == SDK else flow.ours
        self._clients[client].ask(count)
        self._server.ask(client, _SUBSCRIPTIONS[client], flow.channel, count, pause_us)
        took, said = self._clients[client].hear()
        if said and self._said.setdefault(flow.channel, said) != said:
            message = f"{client} read {said!r} in {flow.channel}, and another client {self._said[flow.channel]!r}"
            raise AssertionError(message)
        return float(took)


def socket_timings(rounds: int, batches: int) -> dict[str, Timing]:
    """Measure everything that comes over a socket."""
    with ExitStack() as stack:
        server = stack.enter_context(hired("-m", "tests.bench.frame_server"))
        host = f"127.0.0.1:{server.hear()}"
        clients = {
            way: stack.enter_context(hired("-m", "tests.bench.frame_reader", way, f"ws://{host}/{way}/ws"))
            for way in (CONNECTION, LINK)
        }
        clients[SDK] = stack.enter_context(hired("-m", "tests.bench.sdk_reader", f"http://{host}/{SDK}"))
        bench = Bench(server, clients)
        return timed_in_turn(_socket_subjects(bench), rounds=rounds, batches=batches, warm_up=1)


def _socket_subjects(bench: Bench) -> dict[str, Callable[[], float]]:
    wanted = dict.fromkeys(name for pair in SOCKET_PAIRS for name in (pair.ours, pair.theirs))
    subjects: dict[str, Callable[[], float]] = {}
    for name in wanted:
        words, _, alone = name.partition(", ")
        client, channel = words.split()
        flow = next(flow for flow in _FLOWS if flow.channel == channel)

        def batch(client: str = client, flow: Flow = flow, pause_us: int = _ALONE_US if alone else 0) -> float:
            return bench.batch(client, flow, pause_us)

        subjects[name] = batch
    return subjects


def read_as_wanted(raw: bytes) -> object:
    """Read a frame as whoever trades does: of hundreds of mids only a few are looked at."""
    frame = read_frame(raw)
    return frame.payload.prices(MIDS_READ) if isinstance(frame, MidsFrame) else frame


def typed_by_way_of(loads: Callable[[bytes], Any], raw: bytes) -> Callable[[bytes], object]:
    """Return a reader of frames like this one that makes the same values by way of dicts."""
    kind = type(read_frame(raw))

    def read_mids(raw: bytes) -> object:
        mids = loads(raw)["data"]["mids"]
        return {coin: Decimal(mids[coin]) for coin in MIDS_READ}

    return read_mids if kind is MidsFrame else lambda raw: msgspec.convert(loads(raw), kind)


def decode_timings(loads: Callable[[bytes], Any], rounds: int, batches: int) -> dict[str, Timing]:
    """Measure decoding, after seeing that everybody makes the same values."""
    subjects: dict[str, Callable[[], float]] = {}
    for name, raw in read_frames().items():
        ways = {"ours": read_as_wanted, "orjson": loads, "orjson, typed": typed_by_way_of(loads, raw)}
        if ways["ours"](raw) != ways["orjson, typed"](raw):
            message = f"{name}: what was read differs"
            raise AssertionError(message)
        subjects |= {f"{way}: {name}": _decoding(read, raw) for way, read in ways.items()}
    return timed_in_turn(subjects, rounds=rounds, batches=batches)


def _decoding(read: Callable[[bytes], object], raw: bytes) -> Callable[[], float]:
    count = max(1, min(_DECODED_MAX, _DECODED_BYTES // len(raw)))

    def batch() -> float:
        began = time.thread_time()
        for _ in range(count):
            read(raw)
        return (time.thread_time() - began) / count * 1e6

    return batch


def report_sockets(timings: Mapping[str, Timing], console: Console) -> bool:
    """Print what came over a socket, and tell whether its bars are met."""
    table = _table("microseconds of processor time per frame, socket to numbers", "subject", "least", "median", "from")
    table.add_column("to", justify="right")
    for name, timing in timings.items():
        row = (timing.least, timing.median, min(timing.rounds), max(timing.rounds))
        table.add_row(name, *(f"{one:,.1f}" for one in row))
    console.print(table)
    return judged(SOCKET_PAIRS, timings, console)


def report_decoding(timings: Mapping[str, Timing], console: Console) -> bool:
    """Print what decoding took, and tell whether its bars are met."""
    table = _table("decoding: microseconds, and how many times faster ours is", "frame", "bytes", "ours")
    for heading in ("beside orjson.loads", "beside orjson and the same values", "bar"):
        table.add_column(heading)
    met = True
    for name, raw in read_frames().items():
        ours = timings[f"ours: {name}"]
        bare, typed = (compared(timings[f"{way}: {name}"], ours) for way in ("orjson", "orjson, typed"))
        bar = DECODE_BAR if name == DECODE_JUDGED else None
        passed = bar is None or bare.median >= bar
        met = met and passed
        table.add_row(name, f"{len(raw):,}", f"{ours.median:.2f}", str(bare), str(typed), shown_bar(bar, passed=passed))
    console.print(table)
    return met


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=130)
    try:
        found = {name: version(name) for name in ("hyperliquid-python-sdk", "orjson", "websockets", "msgspec")}
        loads = import_module("orjson").loads
    except PackageNotFoundError as missing:
        console.print(f"{missing.name} is not installed, so there is nothing to compare with: {INSTALL}", markup=False)
        return 2
    console.print(machine())
    console.print(", ".join(f"{name} {number}" for name, number in found.items()))
    met = report_sockets(socket_timings(options.rounds, options.batches), console)
    return 0 if report_decoding(decode_timings(loads, options.rounds, options.batches), console) and met else 1


if __name__ == "__main__":
    sys.exit(main())
