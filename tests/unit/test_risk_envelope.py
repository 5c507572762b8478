"""What may be proposed at one snapshot: rooms, what may be closed, and what is shut and why."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    ActionKind,
    Approved,
    Bps,
    Closable,
    Closed,
    DayCounters,
    Envelope,
    Price,
    ProposedAction,
    RiskLimits,
    Room,
    Side,
    Size,
    Symbol,
    TradingState,
    Usd,
)
from agentic_core.risk import process
from agentic_core.risk.envelope import allowed
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held
from tests.support.open_facts import LIMITS

D = Decimal
BOTH = msgspec.structs.replace(LIMITS, symbols_allowed=frozenset({BTC, ETH}))
ACTIVE = TradingState.ACTIVE


class Desk:
    """BTC at 50,000 and ETH at 2,500 with 10,000 dollars; a fifth of them long in ETH."""

    def __init__(self, limits: RiskLimits = BOTH) -> None:
        self.limits = limits
        self.market = MarketByHand({BTC: "50000", ETH: "2500"})
        self.account = AccountByHand(self.market)
        self.account.hold(held(ETH, "0.8"))

    def envelope(self, state: TradingState = ACTIVE) -> Envelope:
        """Return what may be proposed."""
        return allowed(self.account, self.market, self.limits, state)

    def shut(self, state: TradingState = ACTIVE) -> list[tuple[str, str, str]]:
        """Return what is shut."""
        return [(one.symbol, one.side, one.rule) for one in self.envelope(state).shut]

    def approves(self, action: ProposedAction) -> bool:
        """Tell whether the engine lets the whole action pass."""
        verdict = process(action, self.account, self.market, self.limits, ACTIVE)
        return isinstance(verdict, Approved) and verdict.withheld is None


def room(symbol: Symbol, side: Side, sizes: tuple[str, str], step: str, mark: str, worst: str) -> Room:
    """Return a room."""
    return Room(
        symbol=symbol,
        side=side,
        size_min=Size(D(sizes[0])),
        size_max=Size(D(sizes[1])),
        size_step=D(step),
        mark=Price(D(mark)),
        limit_price_worst=Price(D(worst)),
    )


def test_envelope_holds_a_room_for_each_side_of_each_symbol_in_their_order() -> None:
    """In ETH a buy adds to what is held, and a sell closes it first and may then be as large as any."""
    assert Desk().envelope() == Envelope(
        as_of=AT,
        state=ACTIVE,
        opens=(
            room(BTC, Side.BUY, ("0.00020", "0.10000"), "0.00001", "50000", "50500"),
            room(BTC, Side.SELL, ("0.00020", "0.10000"), "0.00001", "50000", "49500"),
            room(ETH, Side.BUY, ("0.0040", "1.2000"), "0.0001", "2500", "2525"),
            room(ETH, Side.SELL, ("0.0040", "2.0000"), "0.0001", "2500", "2475"),
        ),
        closes=(Closable(symbol=ETH, size=Size(D("0.8"))),),
        shut=(),
        orders_left=10,
    )


@pytest.mark.parametrize("place", range(4))
def test_envelope_ends_of_a_room_pass_and_one_step_more_does_not(place: int) -> None:
    """By size and by dollars, without a limit price, at the worst one, and beyond it."""
    desk = Desk()
    inside = desk.envelope().opens[place]
    base = ProposedAction(kind=ActionKind.OPEN, symbol=inside.symbol, side=inside.side)
    step, further = inside.size_step, inside.side.sign * D("0.1")
    almost = (inside.size_max + step) * inside.mark - D("0.000001")
    least, most = (msgspec.structs.replace(base, size=size) for size in (inside.size_min, inside.size_max))
    assert desk.approves(least)
    assert desk.approves(most)
    assert desk.approves(msgspec.structs.replace(base, size_usd=Usd(almost)))
    assert desk.approves(msgspec.structs.replace(most, limit_price=inside.limit_price_worst))
    assert not desk.approves(msgspec.structs.replace(base, size=Size(inside.size_min - step)))
    assert not desk.approves(msgspec.structs.replace(base, size=Size(inside.size_max + step)))
    assert not desk.approves(msgspec.structs.replace(most, limit_price=Price(inside.limit_price_worst + further)))


def test_envelope_of_a_halt_is_reduce_only() -> None:
    """Everything is shut by the state; what is held may still be closed."""
    desk = Desk()
    envelope = desk.envelope(TradingState.HALTED)
    assert envelope.reduce_only
    assert envelope.closes == (Closable(symbol=ETH, size=Size(D("0.8"))),)
    assert {one.rule for one in envelope.shut} == {"R3_HALTED"}
    assert not desk.envelope().reduce_only


def test_envelope_names_the_rule_that_refuses_the_least_order() -> None:
    """At the cap only the side that closes first has room; a symbol without a mark has none at all."""
    desk = Desk()
    desk.account.hold(held(BTC, "0.1"))
    del desk.market.marks[ETH]
    assert desk.shut() == [
        ("BTC", "buy", "R5_POSITION_CAP"),
        ("ETH", "buy", "R4_NO_MARK"),
        ("ETH", "sell", "R4_NO_MARK"),
    ]


def test_envelope_without_orders_for_two_legs_shuts_the_opposite_side() -> None:
    """One order is left, and a sell of what is held long takes two."""
    desk = Desk()
    desk.account.day = DayCounters(day=0, baseline=Usd(D(10_000)), orders=9)
    assert desk.envelope().orders_left == 1
    assert desk.shut() == [("ETH", "sell", "R7_ORDERS_PER_DAY")]


@pytest.mark.parametrize(("minute", "left"), [(AT // 60_000, 2), (AT // 60_000 - 1, 10)])
def test_envelope_orders_left_are_those_of_the_day_or_of_this_minute(minute: int, left: int) -> None:
    """Whichever are fewer; a minute that is over does not count."""
    desk = Desk()
    desk.account.day = DayCounters(day=0, baseline=Usd(D(10_000)), minute=minute, minute_orders=8)
    assert desk.envelope().orders_left == left


def test_envelope_orders_left_are_never_below_zero() -> None:
    """Closing orders count, and are not refused."""
    desk = Desk()
    desk.account.day = DayCounters(day=0, baseline=Usd(D(10_000)), orders=14)
    assert desk.envelope().orders_left == 0


def test_envelope_looks_only_at_the_symbols_asked_for() -> None:
    """One that may not be opened is shut, and every position may be closed."""
    desk = Desk(LIMITS)
    envelope = allowed(desk.account, desk.market, LIMITS, ACTIVE, [ETH])
    assert (envelope.opens, len(envelope.closes)) == ((), 1)
    assert envelope.shut == tuple(Closed(symbol=ETH, side=side, rule="R2_SYMBOL_NOT_ALLOWED") for side in Side)


def test_envelope_is_in_the_order_of_the_symbols_names() -> None:
    """However they are asked for."""
    desk = Desk()
    envelope = allowed(desk.account, desk.market, BOTH, ACTIVE, [ETH, BTC])
    assert [one.symbol for one in envelope.opens] == [BTC, BTC, ETH, ETH]


def test_envelope_of_a_symbol_the_venue_does_not_list_is_shut() -> None:
    """Nothing can be computed for it."""
    desk = Desk(LIMITS)
    del desk.market.listed[BTC]
    assert desk.shut() == [("BTC", "buy", "R2_UNKNOWN_INSTRUMENT"), ("BTC", "sell", "R2_UNKNOWN_INSTRUMENT")]


def test_envelope_without_a_price_in_the_collar_is_shut() -> None:
    """At 9.87 prices go by ten cents, and nine hundredths of a per cent reach none."""
    desk = Desk(msgspec.structs.replace(LIMITS, collar_bps=Bps(9)))
    desk.market.set(BTC, "9.87")
    assert desk.shut() == [("BTC", "buy", "R9_PRICE_STEP"), ("BTC", "sell", "R9_PRICE_STEP")]
