"""From approved legs to order intents."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    DeploymentId,
    Instant,
    IntentKind,
    Mark,
    MarkSource,
    PlannedOrder,
    Price,
    Side,
    Size,
    Symbol,
    TickId,
    TimeInForce,
    client_order_id,
    paper_account,
)
from agentic_core.errors import UsageError
from agentic_core.execution import limit_price, plan_intents
from tests.support.markets import AT, BTC, ETH, LISTED, MarketByHand

D = Decimal
TURN = TickId(deployment=DeploymentId("d1"), mark=Instant(60_000)).digest()
ACCOUNT = paper_account(DeploymentId("d1"))


def leg(side: Side, size: str, *, symbol: Symbol = BTC, reduce_only: bool = False) -> PlannedOrder:
    """Return a planned order."""
    return PlannedOrder(symbol=symbol, side=side, size=Size(D(size)), reduce_only=reduce_only)


def test_plan_of_a_flip_makes_two_orders_in_order() -> None:
    """Sizes, sides and reduce-only stay as planned; each leg has its own id and the collar's limit."""
    market = MarketByHand({BTC: "46377.5"})
    flip = [leg(Side.SELL, "0.03", reduce_only=True), leg(Side.SELL, "0.01")]
    closing, opening = plan_intents(flip, ACCOUNT, TURN, market, 100)
    assert (closing.side, closing.size, closing.reduce_only) == (Side.SELL, D("0.03"), True)
    assert (opening.side, opening.size, opening.reduce_only) == (Side.SELL, D("0.01"), False)
    assert (closing.limit_price, opening.limit_price) == (D(45_914), D(45_914))
    assert (closing.leg, opening.leg) == (0, 1)
    assert closing.cloid == client_order_id(ACCOUNT, TURN, leg=0, attempt=0)
    assert opening.cloid == client_order_id(ACCOUNT, TURN, leg=1, attempt=0)


def test_plan_makes_immediate_or_cancel_orders() -> None:
    """Nothing rests at the venue that nobody watches."""
    (intent,) = plan_intents([leg(Side.BUY, "0.01")], ACCOUNT, TURN, MarketByHand({BTC: "50000"}), 100)
    assert (intent.kind, intent.time_in_force, intent.attempt) == (IntentKind.ORDER, TimeInForce.IOC, 0)


def test_plan_of_a_stale_mark_still_prices_a_close() -> None:
    """The planner does not judge the age of a mark."""
    market = MarketByHand()
    market.set(BTC, "50000", age_ms=3_600_000)
    (intent,) = plan_intents([leg(Side.SELL, "0.01", reduce_only=True)], ACCOUNT, TURN, market, 100)
    assert intent.limit_price == D(49_500)


def test_plan_of_an_unlisted_symbol_prices_with_cautious_rules() -> None:
    """A position in a delisted contract can still be closed: two decimals are legal for it."""
    gone = Symbol("GONE")
    market = MarketByHand({gone: "1.23456"})
    (intent,) = plan_intents([leg(Side.SELL, "5", symbol=gone, reduce_only=True)], ACCOUNT, TURN, market, 100)
    assert intent.limit_price == D("1.23")


def test_plan_without_a_mark_is_a_usage_error() -> None:
    """An order cannot be priced from nothing."""
    with pytest.raises(UsageError, match="BTC has no mark"):
        plan_intents([leg(Side.BUY, "0.01")], ACCOUNT, TURN, MarketByHand(), 100)


def test_fetched_price_comes_before_the_mark() -> None:
    """A close whose mark is old is priced from what was fetched for it; other symbols keep their marks."""
    market = MarketByHand({BTC: "50000", ETH: "3000"})
    fetched = Mark(symbol=BTC, price=Price(D(40_000)), as_of=AT, source=MarkSource.BOOK)
    legs = [leg(Side.SELL, "0.01", reduce_only=True), leg(Side.BUY, "1", symbol=ETH)]
    closing, opening = plan_intents(legs, ACCOUNT, TURN, market, 100, {BTC: fetched})
    assert (closing.limit_price, opening.limit_price) == (D(39_600), D(3_030))
    (alone,) = plan_intents(legs[:1], ACCOUNT, TURN, MarketByHand(), 100, {BTC: fetched})
    assert alone.limit_price == D(39_600)


def test_limit_of_the_plan_stands_as_it_was_approved() -> None:
    """The collar prices only what has no price of its own."""
    approved = replace(leg(Side.BUY, "0.01"), limit_price=Price(D("49123.5")), position_before=Size(D("-0.5")))
    (intent,) = plan_intents([approved], ACCOUNT, TURN, MarketByHand({BTC: "50000"}), 100)
    assert (intent.limit_price, intent.position_before) == (D("49123.5"), D("-0.5"))


def test_limit_price_stays_inside_the_collar() -> None:
    """A buy is rounded down and a sale up, to five significant figures."""
    rules = LISTED[BTC]
    assert limit_price(rules, Side.BUY, D("1234.567"), 0) == D("1234.5")
    assert limit_price(rules, Side.SELL, D("1234.567"), 0) == D("1234.6")
    assert limit_price(rules, Side.BUY, D("1000.06"), 50) == D(1_005)
    assert limit_price(rules, Side.SELL, D("1000.06"), 50) == D("995.1")


def test_plan_prices_by_the_rules_of_the_instrument() -> None:
    """BTC has five decimals of size, which leaves one for its price."""
    (intent,) = plan_intents([leg(Side.BUY, "0.01")], ACCOUNT, TURN, MarketByHand({BTC: "123.456"}), 0)
    assert intent.limit_price == D("123.4")


def test_plan_of_nothing_is_nothing() -> None:
    """No legs make no orders."""
    assert plan_intents([], ACCOUNT, TURN, MarketByHand(), 100) == ()
