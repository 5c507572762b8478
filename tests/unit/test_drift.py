"""What we believe beside what the venue shows: which fields differ, and which of the differences count."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    ZERO,
    ClientOrderId,
    Fill,
    Instant,
    IntentKind,
    IntentState,
    Liquidity,
    Position,
    Price,
    Side,
    Size,
    Symbol,
    Trigger,
    TriggerKind,
    Usd,
)
from agentic_core.execution.drift import (
    Aligned,
    Believed,
    Difference,
    Drift,
    Drifted,
    Observed,
    Weight,
    find_drift,
    newest_times,
    persisting,
    sizes_of,
    under_way,
)
from agentic_core.execution.evidence import AnsweredFilled, AnsweredResting, BurnBegan, FillsBooked, OrderSeen
from agentic_core.execution.evidence import OrderStatus as Status
from agentic_core.execution.life import Life, begin
from agentic_core.ports.account_reads import OrdersRead, RestingOrder
from tests.support.intents import LOST, SENT, fresh, made, size, told
from tests.support.markets import BTC, ETH, held

NAME = made().intent.cloid
OTHER = ClientOrderId("0x000000000000000000000000000000c2")
READ = Instant(1_500_000)
RESTING = fresh(SENT, AnsweredResting(), style="gtc")


def listed(units: str = "2", *, cloid: ClientOrderId | None = NAME, reduce_only: bool = False) -> RestingOrder:
    """Return an order as the venue lists it."""
    return RestingOrder(
        venue_order_id="7",
        cloid=cloid,
        symbol=BTC,
        side=Side.BUY,
        size=size(units),
        limit_price=Price(Decimal(100)),
        reduce_only=reduce_only,
        trigger=None,
        placed_at=Instant(1_000_000),
    )


def look(
    sizes: Mapping[Symbol, str],
    shown: Mapping[Symbol, str],
    *,
    lives: tuple[Life, ...] = (),
    orders: tuple[RestingOrder, ...] = (),
    moving: tuple[Symbol, ...] = (),
    applied_at: Mapping[Symbol, int] | None = None,
) -> Drift:
    """Compare sizes believed with sizes shown, and lives with orders."""
    believed = Believed(
        sizes={symbol: size(units) for symbol, units in sizes.items()},
        lives={life.cloid: life for life in lives},
        moving=frozenset(moving),
        applied_at={symbol: Instant(at) for symbol, at in (applied_at or {}).items()},
    )
    positions = {symbol: held(symbol, units) for symbol, units in shown.items()}
    return find_drift(
        believed, Observed(as_of=READ, positions=positions, orders=OrdersRead(read_at=READ, orders=orders))
    )


def words(drift: Drift) -> list[tuple[str, str, str]]:
    """Return the fields that count, as text."""
    fields = drift.fields if isinstance(drift, Drifted) else ()
    return [(each.field, each.believed, each.observed) for each in fields]


@pytest.mark.parametrize(
    ("sizes", "shown", "fields"),
    [
        ({}, {}, []),
        ({BTC: "2"}, {BTC: "2"}, []),
        ({BTC: "2.0"}, {BTC: "2.000"}, []),
        ({BTC: "0"}, {}, []),
        ({}, {BTC: "0"}, []),
        ({BTC: "2"}, {}, [("BTC.size", "2", "0")]),
        ({}, {BTC: "-0.5"}, [("BTC.size", "0", "-0.5")]),
        ({BTC: "2"}, {BTC: "-2"}, [("BTC.size", "2", "-2")]),
        ({ETH: "1", BTC: "2"}, {BTC: "3"}, [("BTC.size", "2", "3"), ("ETH.size", "1", "0")]),
    ],
)
def test_sizes_are_compared_symbol_by_symbol(
    sizes: Mapping[Symbol, str], shown: Mapping[Symbol, str], fields: list[tuple[str, str, str]]
) -> None:
    """Signed, and flat is nothing; the fields come in the order of their names."""
    assert words(look(sizes, shown)) == fields


@pytest.mark.parametrize(
    ("life", "orders", "fields"),
    [
        (RESTING, (listed(),), []),
        (RESTING, (), [(f"order.{NAME}.state", "resting", "absent")]),
        (RESTING, (listed(cloid=OTHER),), [(f"order.{NAME}.state", "resting", "absent")]),
        (RESTING, (listed(cloid=None),), [(f"order.{NAME}.state", "resting", "absent")]),
        (RESTING, (listed("1.5"),), [(f"order.{NAME}.left", "2", "1.5")]),
        (told(RESTING, AnsweredResting(filled=size("0.5"))), (listed("1.5"),), []),
        (fresh(SENT, LOST), (), []),
        (fresh(SENT, AnsweredFilled(filled=size("2"))), (), []),
        (fresh(SENT, AnsweredFilled(filled=size("2"))), (listed(),), [(f"order.{NAME}.state", "filled", "resting")]),
        (begin(made("gtc", kind=IntentKind.CANCEL)), (listed(),), []),
    ],
    ids=["both", "gone", "another", "nameless", "smaller", "part", "unknown", "over", "revenant", "cancel"],
)
def test_orders_of_ours_are_compared_with_the_list(
    life: Life, orders: tuple[RestingOrder, ...], fields: list[tuple[str, str, str]]
) -> None:
    """What rests has to be there with what is left of it, and nothing that ended."""
    assert words(look({}, {}, lives=(life,), orders=orders)) == fields


def test_size_of_a_reduce_only_order_is_not_compared() -> None:
    """The venue clips it to the position."""
    life = fresh(SENT, AnsweredResting(), style="trim")
    assert words(look({}, {}, lives=(life,), orders=(listed("0.25", reduce_only=True),))) == []


def test_order_without_a_name_of_ours_is_no_drift() -> None:
    """Whose it is, is asked elsewhere."""
    assert look({}, {}, orders=(listed(cloid=OTHER), listed(cloid=None))) == Aligned()


@pytest.mark.parametrize(
    ("applied_at", "weight"),
    [
        (None, Weight.COUNTS),
        (READ - 1, Weight.COUNTS),
        (READ, Weight.TOO_OLD),
        (READ + 1, Weight.TOO_OLD),
    ],
)
def test_reading_wins_only_where_it_is_newer_than_all_that_was_applied(applied_at: int | None, weight: Weight) -> None:
    """To the millisecond; what was applied in one symbol says nothing about another."""
    drift = look(
        {BTC: "2", ETH: "1"},
        {},
        lives=(RESTING,),
        applied_at={} if applied_at is None else {BTC: applied_at},
    )
    weights = {each.field: each.weight for each in (*_fields(drift), *drift.open)}
    assert weights == {"BTC.size": weight, "ETH.size": Weight.COUNTS, f"order.{NAME}.state": weight}


def test_nothing_counts_while_something_is_under_way_in_the_symbol() -> None:
    """However new the reading: the order may be in it and not yet in our books."""
    drift = look({BTC: "2", ETH: "1"}, {}, lives=(RESTING,), moving=(BTC,), applied_at={BTC: READ + 5})
    assert [each.field for each in _fields(drift)] == ["ETH.size"]
    assert [(each.field, each.weight) for each in drift.open] == [
        ("BTC.size", Weight.UNDER_WAY),
        (f"order.{NAME}.state", Weight.UNDER_WAY),
    ]


def _fields(drift: Drift) -> tuple[Difference, ...]:
    return drift.fields if isinstance(drift, Drifted) else ()


def test_look_that_cannot_be_judged_is_aligned_with_open_fields() -> None:
    """It is no drift, and no clean bill either."""
    drift = look({BTC: "2"}, {}, moving=(BTC,))
    assert isinstance(drift, Aligned)
    assert [each.field for each in drift.open] == ["BTC.size"]


def _difference(field: str, observed: str) -> Difference:
    return Difference(field=field, symbol=BTC, believed="2", observed=observed)


@pytest.mark.parametrize(
    ("first", "second", "agreed"),
    [
        (Drifted(fields=(_difference("a", "0"),)), Drifted(fields=(_difference("a", "0"),)), ["a"]),
        (Drifted(fields=(_difference("a", "0"),)), Drifted(fields=(_difference("a", "1"),)), []),
        (Drifted(fields=(_difference("b", "0"),)), Drifted(fields=(_difference("a", "0"),)), []),
        (Aligned(), Drifted(fields=(_difference("a", "0"),)), []),
        (Aligned(open=(_difference("a", "0"),)), Drifted(fields=(_difference("a", "0"),)), []),
        (Drifted(fields=(_difference("a", "0"),)), Aligned(), []),
    ],
    ids=["same", "other-value", "other-field", "new", "undecided-before", "gone"],
)
def test_difference_has_to_be_seen_twice_alike(first: Drift, second: Drift, agreed: list[str]) -> None:
    """A list may lag behind a position for a moment; what only the second look shows stays open."""
    found = persisting(first, second)
    assert [each.field for each in _fields(found)] == agreed
    later = (*_fields(second), *second.open)
    assert {each.field for each in (*_fields(found), *found.open)} == {each.field for each in later}


SOLD = Fill(
    fill_id="1",
    cloid=None,
    symbol=BTC,
    side=Side.SELL,
    size=Size(Decimal("0.5")),
    price=Price(Decimal(100)),
    fee=Usd(ZERO),
    liquidity=Liquidity.TAKER,
    time=Instant(50),
    closed_pnl=Usd(ZERO),
)


def test_fills_are_folded_into_signed_sizes() -> None:
    """A symbol that ended flat is still there; the newest time is the largest, in whatever order they come."""
    fills = (
        replace(SOLD, time=Instant(90)),
        SOLD,
        replace(SOLD, side=Side.BUY, size=Size(Decimal(1)), time=Instant(70)),
        replace(SOLD, symbol=ETH, side=Side.BUY),
    )
    assert sizes_of(fills) == {BTC: 0, ETH: Decimal("0.5")}
    assert newest_times(fills) == {BTC: 90, ETH: 50}
    assert (sizes_of(()), newest_times(())) == ({}, {})


FILLED = fresh(SENT, AnsweredFilled(filled=size("2")))
STOP = Trigger(kind=TriggerKind.STOP, price=Price(Decimal(90)))


@pytest.mark.parametrize(
    ("life", "may_differ"),
    [
        (fresh(), False),
        (fresh(BurnBegan()), False),
        (fresh(SENT), True),
        (fresh(SENT, LOST), True),
        (RESTING, False),
        (told(RESTING, AnsweredResting(filled=size("0.5"))), True),
        (FILLED, True),
        (told(FILLED, FillsBooked(filled=size("2"))), False),
        (fresh(SENT, OrderSeen(status=Status.FILLED), style="trim"), True),
        (fresh(SENT, LOST, style="stop"), True),
        (fresh(SENT, OrderSeen(status=Status.CANCELED), style="gtc"), False),
        (told(begin(made(kind=IntentKind.CANCEL, units="0")), SENT, LOST), False),
        (told(begin(made(kind=IntentKind.LEVERAGE, units="0")), SENT, LOST), False),
    ],
    ids=[
        *("unsent", "burnt", "sent", "lost", "rests", "rests-part"),
        *("filled", "booked", "uncounted", "stop", "canceled", "cancel", "leverage"),
    ],
)
def test_order_is_under_way_while_position_and_ledger_may_differ(life: Life, may_differ: bool) -> None:
    """It was sent and nobody knows, or it executed more than is booked; cancels and leverage move no units."""
    assert under_way([life]) == (frozenset({BTC}) if may_differ else frozenset())


def test_stop_that_rests_moves_nothing() -> None:
    """A trigger waits for its price; its size is the venue's to clip."""
    stop = told(begin(made("stop", trigger=STOP)), SENT, AnsweredResting())
    assert stop.state is IntentState.RESTING
    assert under_way([stop]) == frozenset()
    assert look({}, {}, lives=(stop,), orders=(listed("9", reduce_only=True),)) == Aligned()


def test_position_at_no_size_is_flat() -> None:
    """Positions of size zero linger in the account."""
    flat = Position.flat(ETH)
    nothing = OrdersRead(read_at=READ, orders=())
    believed = Believed(sizes={ETH: Size(ZERO)}, lives={})
    assert find_drift(believed, Observed(as_of=READ, positions={ETH: flat}, orders=nothing)) == Aligned()
