"""What is told of an account may come in any order, again, in any pieces, and over stores that fail."""

from collections.abc import Sequence

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_core.domain import ClientOrderId, FillKind, Instant
from agentic_core.domain.account_events import FillTold
from agentic_core.domain.trading import HaltReason
from agentic_core.errors import StoreError
from agentic_core.execution.drift import Aligned, Believed, Drifted, Observed, Weight, find_drift, sizes_of
from agentic_core.ports.account_reads import OrdersRead
from tests.support.intents import size
from tests.support.markets import BTC, ETH, held
from tests.support.watched_room import SINCE, WatchedRoom, execution, stranger

OURS = "ours"
SYMBOLS = (BTC, ETH)

_numbers = st.integers(1, 8)
_events = st.lists(st.tuples(st.sampled_from((OURS, "hand", "program", "venue", "old")), _numbers), max_size=25)
_breaks = st.lists(st.sampled_from(("", "", "intents.record_fills", "intents.fills", "intents.find")), max_size=6)
_cuts = st.lists(st.integers(0, 25), max_size=4)


def _told(whose: str, number: int, name: ClientOrderId) -> FillTold:
    match whose:
        case "ours":
            return execution(number, name)
        case "hand":
            return execution(10 + number)
        case "program":
            return execution(20 + number, stranger(number))
        case "venue":
            return execution(30 + number, kind=FillKind.LIQUIDATION)
        case _:
            return execution(40 + number, at=SINCE - number)


async def _deliver(
    told: Sequence[tuple[str, int]], breaks: Sequence[str], cuts: Sequence[int]
) -> tuple[WatchedRoom, list[WatchedRoom]]:
    room = await WatchedRoom.open()
    life = await room.prepare()
    rooms, broken = [room], list(breaks)
    for position, (whose, number) in enumerate(told):
        if position in cuts:  # the process dies here, and what waited in its queue with it
            rooms.append(room := rooms[0].restarted())
            room.desk.lives[life.cloid] = life
        room.watch.heard(_told(whose, number, life.cloid))
        room.breaking.broken = broken.pop() if broken else ""
        try:
            await room.watch.drain()
        except StoreError:
            room.breaking.broken = ""
            await room.watch.drain()
        room.breaking.broken = ""
    return room, rooms


@settings(max_examples=150)
@given(_events, _breaks, _cuts)
def test_ledger_holds_each_execution_once_however_it_was_told(
    told: list[tuple[str, int]], breaks: list[str], cuts: list[int]
) -> None:
    """Repeated, in any order, over failing stores and restarts; alarms come once for each name and liquidation."""
    room, rooms = anyio.run(_deliver, told, breaks, cuts)
    expected = {
        f"ETH:{offset + number}:{offset + number}"
        for whose, number in told
        for offset in [{OURS: 0, "hand": 10, "program": 20, "venue": 30}.get(whose, -1)]
        if offset >= 0
    }
    booked = anyio.run(room.booked)
    assert sorted(fill.fill_id for fill in booked) == sorted(expected)
    halts = [halt for one in rooms for halt in one.halts]
    seconds = [detail for reason, detail in halts if reason is HaltReason.SECOND_WRITER]
    assert len(seconds) == len({number for whose, number in told if whose == "program"})
    liquidated = {number for whose, number in told if whose == "venue"}
    # One that the store refused after its halt halts once more, and never less than once.
    assert len(liquidated) <= sum(reason is HaltReason.LIQUIDATION for reason, _ in halts) <= len(told)
    said = [line.facts["fill_id"] for one in rooms for line in one.said if "fill_id" in line.facts]
    assert sorted(map(str, said)) == sorted(name for name in expected if int(name.split(":")[1]) > 10)


_sizes = st.dictionaries(st.sampled_from(SYMBOLS), st.integers(-3, 3).map(str))


@given(_sizes, _sizes, st.frozensets(st.sampled_from(SYMBOLS)), st.dictionaries(st.sampled_from(SYMBOLS), _numbers))
def test_size_counts_as_drift_exactly_where_the_reading_is_newer_and_all_is_quiet(
    believed: dict[str, str], shown: dict[str, str], moving: frozenset[str], applied: dict[str, int]
) -> None:
    """Whatever else differs: each symbol is judged by itself."""
    read_at = 5
    drift = find_drift(
        Believed(
            sizes={symbol: size(believed[symbol]) for symbol in SYMBOLS if symbol in believed},
            lives={},
            moving=frozenset(symbol for symbol in SYMBOLS if symbol in moving),
            applied_at={symbol: Instant(applied[symbol]) for symbol in SYMBOLS if symbol in applied},
        ),
        Observed(
            as_of=Instant(read_at),
            positions={symbol: held(symbol, shown[symbol]) for symbol in SYMBOLS if symbol in shown},
            orders=OrdersRead(read_at=Instant(read_at), orders=()),
        ),
    )
    differing = {symbol for symbol in SYMBOLS if int(believed.get(symbol, "0")) != int(shown.get(symbol, "0"))}
    counting = {symbol for symbol in differing if symbol not in moving and applied.get(symbol, 0) < read_at}
    fields = drift.fields if isinstance(drift, Drifted) else ()
    assert {each.symbol for each in fields} == counting
    assert {each.symbol for each in drift.open} == differing - counting
    assert isinstance(drift, Aligned) is (not counting)
    assert all(each.weight is not Weight.COUNTS for each in drift.open)


@given(st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(1, 99)), max_size=12))
def test_sizes_are_the_sum_of_all_executions(sold: list[tuple[str, int]]) -> None:
    """By symbol, whatever the order."""
    fills = [
        execution(number, symbol=symbol, units=str(units)).fill
        for number, (name, units) in enumerate(sold)
        for symbol in SYMBOLS
        if symbol == name
    ]
    expected = {name: -sum(units for other, units in sold if other == name) for name, _ in sold}
    assert {str(symbol): int(held) for symbol, held in sizes_of(fills).items()} == expected
