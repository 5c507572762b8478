"""What the paper broker rejects, in the venue's words; a rejected order executes nothing and counts all the same."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import Accepted, IntentKind, OrderIntent, Rejected, Side, Symbol, TimeInForce
from tests.support.markets import BTC, Paper, book_of, order, prepared

D = Decimal
pytestmark = pytest.mark.anyio

NO_MATCH = "Order could not immediately match against any resting orders. asset=BTC"
TOO_SMALL = "Order must have minimum value of $10. asset=BTC"
NO_MARGIN = "Insufficient margin to place order. asset=BTC"
WOULD_INCREASE = "Reduce only order would increase position. asset=BTC"


async def reason(paper: Paper, intent: OrderIntent) -> str:
    """Send an order that is rejected, and return why; nothing may have changed but the count of orders."""
    cash, held, orders = paper.ledger.cash, dict(paper.ledger.positions), paper.ledger.day.orders
    outcome = await paper.broker.send(prepared(intent))
    assert isinstance(outcome, Rejected), outcome
    assert (paper.ledger.cash, dict(paper.ledger.positions)) == (cash, held)
    assert paper.ledger.day.orders == orders + 1
    return outcome.reason


async def holding(size: str) -> Paper:
    """Return an account that holds a signed size of BTC bought or sold at 100."""
    paper = Paper()
    side = Side.BUY if D(size) > 0 else Side.SELL
    opened = await paper.broker.send(prepared(order(1_000, side, size.lstrip("-"), str(100 + side.sign))))
    assert isinstance(opened, Accepted)
    return paper


@pytest.mark.parametrize(
    ("side", "limit"), [(Side.BUY, "99.9"), (Side.SELL, "100.1")], ids=["buy-too-low", "sell-too-high"]
)
async def test_paper_order_beyond_its_limit_is_rejected(side: Side, limit: str) -> None:
    """No fill is ever worse than the limit."""
    assert await reason(Paper(), order(0, side, "2", limit)) == NO_MATCH


async def test_paper_order_whose_slippage_crosses_its_limit_is_rejected() -> None:
    """The price after slippage and rounding decides: 100 and 15 bps are 100.15, taken as 100.2."""
    assert await reason(Paper(slippage_bps="15"), order(0, Side.BUY, "2", "100.1")) == NO_MATCH
    assert isinstance(await Paper(slippage_bps="15").broker.send(prepared(order(0, Side.BUY, "2", "100.2"))), Accepted)


@pytest.mark.parametrize("side", list(Side))
async def test_paper_open_of_less_than_ten_dollars_is_rejected(side: Side) -> None:
    """Ten dollars at the fill price pass, one step less does not."""
    limit = str(100 + side.sign)
    assert await reason(Paper(), order(0, side, "0.09999", limit)) == TOO_SMALL
    assert isinstance(await Paper().broker.send(prepared(order(0, side, "0.1", limit))), Accepted)


@pytest.mark.parametrize("reduce_only", [True, False])
async def test_paper_close_of_a_whole_position_under_ten_dollars_passes(*, reduce_only: bool) -> None:
    """The only exemption from the minimum is an order that closes everything."""
    paper = await holding("0.1")
    paper.set("50")
    outcome = await paper.broker.send(prepared(order(0, Side.SELL, "0.1", "49", reduce_only=reduce_only)))
    assert isinstance(outcome, Accepted), outcome
    assert dict(paper.ledger.positions) == {}


@pytest.mark.parametrize("reduce_only", [True, False])
async def test_paper_close_of_a_part_under_ten_dollars_is_rejected(*, reduce_only: bool) -> None:
    """A partial close of 9.99 dollars would leave dust."""
    paper = await holding("1")
    assert await reason(paper, order(0, Side.SELL, "0.0999", "99", reduce_only=reduce_only)) == TOO_SMALL


@pytest.mark.parametrize(
    ("held", "side"), [("2", Side.BUY), ("-2", Side.SELL)], ids=["buying-more-of-a-long", "selling-more-of-a-short"]
)
async def test_paper_reduce_only_order_that_would_grow_the_position_is_rejected(held: str, side: Side) -> None:
    """Reduce-only may shrink and never grow."""
    paper = await holding(held)
    assert await reason(paper, order(0, side, "1", str(100 + side.sign), reduce_only=True)) == WOULD_INCREASE


@pytest.mark.parametrize("side", list(Side))
async def test_paper_reduce_only_order_on_a_flat_symbol_is_rejected(side: Side) -> None:
    """There is nothing to reduce."""
    assert await reason(Paper(), order(0, side, "1", str(100 + side.sign), reduce_only=True)) == WOULD_INCREASE


async def test_paper_open_up_to_the_margin_passes_and_one_step_more_is_rejected() -> None:
    """10,000 dollars at ten times carry 1,000 units at 100; without fees that is exactly all of it."""
    assert isinstance(await Paper().broker.send(prepared(order(0, Side.BUY, "1000", "101"))), Accepted)
    assert await reason(Paper(), order(0, Side.BUY, "1000.00001", "101")) == NO_MARGIN


async def test_paper_open_leaves_room_for_its_fee() -> None:
    """A fee of 0.1 % on 100,000 is 100 dollars of margin that are not there; 990 units leave just enough."""
    fits = order(0, Side.BUY, "990.09900", "101")  # margin 9,900.99 and fee 99.0099 of 10,000
    over = order(0, Side.BUY, "990.09901", "101")
    assert isinstance(await Paper(taker_rate="0.001").broker.send(prepared(fits)), Accepted)
    assert await reason(Paper(taker_rate="0.001"), over) == NO_MARGIN


async def test_paper_margin_uses_the_instruments_own_leverage_where_that_is_lower() -> None:
    """An account at 50 times still gets only the 40 times of BTC."""
    assert isinstance(await Paper(leverage=50).broker.send(prepared(order(0, Side.BUY, "4000", "101"))), Accepted)
    assert await reason(Paper(leverage=50), order(0, Side.BUY, "4000.00001", "101")) == NO_MARGIN


async def test_paper_close_needs_no_margin() -> None:
    """An account that has lost nearly everything can still get out."""
    paper = await holding("1000")
    paper.set("90.5")
    outcome = await paper.broker.send(prepared(order(0, Side.SELL, "1000", "90", reduce_only=True)))
    assert isinstance(outcome, Accepted), outcome


@pytest.mark.parametrize(
    ("size", "limit", "text"),
    [
        ("0.000015", "101", "Order has invalid size. asset=BTC"),
        ("0", "101", "Order has zero size. asset=BTC"),
        ("-1", "101", "Order has invalid size. asset=BTC"),
        ("2", "101.55", "Price must be divisible by tick size. asset=BTC"),
        ("2", "0", "Order has invalid price. asset=BTC"),
        ("2", "-1", "Order has invalid price. asset=BTC"),
    ],
    ids=["half-a-step", "zero", "negative", "price-between-steps", "price-of-zero", "negative-price"],
)
async def test_paper_open_off_the_venues_steps_is_rejected(size: str, limit: str, text: str) -> None:
    """What the venue would not take is not simulated either."""
    assert await reason(Paper(), order(0, Side.BUY, size, limit)) == text


@pytest.mark.parametrize(("size", "word"), [("0", "zero"), ("-1", "invalid"), ("0.000015", "invalid")])
async def test_paper_reduce_only_order_of_nothing_is_rejected(size: str, word: str) -> None:
    """Zero and less, and half a step, execute nothing."""
    paper = await holding("2")
    assert await reason(paper, order(0, Side.SELL, size, "99", reduce_only=True)) == f"Order has {word} size. asset=BTC"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (IntentKind.CANCEL, "Order was never placed, already canceled, or filled. asset=BTC"),
        (IntentKind.LEVERAGE, "Invalid leverage value. asset=BTC"),
    ],
)
async def test_paper_action_without_its_object_is_rejected_and_counts_as_no_order(kind: IntentKind, text: str) -> None:
    """A cancel names what it cancels and a leverage how much."""
    paper = Paper()
    intent = msgspec.structs.replace(order(0, Side.BUY, "2", "101"), kind=kind)
    assert await paper.broker.send(prepared(intent)) == Rejected(cloid=intent.cloid, reason=text)
    assert paper.ledger.day.orders == 0


async def test_paper_stop_without_a_trigger_is_rejected() -> None:
    """It would never fire."""
    intent = msgspec.structs.replace(order(0, Side.BUY, "2", "101"), kind=IntentKind.STOP)
    assert (await reason(Paper(), intent)).startswith(f"paper broker: {intent.cloid} is no stop; it needs a trigger")


async def test_paper_post_only_order_that_would_match_is_rejected() -> None:
    """It may only make a price, never take one."""
    intent = msgspec.structs.replace(order(0, Side.BUY, "2", "101"), time_in_force=TimeInForce.POST_ONLY)
    text = "Post only order would have immediately matched, bbo was 100@100. asset=BTC"
    assert await reason(Paper(), intent) == text


async def test_paper_order_without_book_mark_or_listing_is_rejected() -> None:
    """Nothing executes at a price nobody knows, and the text says what to do."""
    no_book, no_mark = Paper(), Paper()
    del no_book.books.books[BTC]
    del no_mark.market.marks[BTC]
    doge = Symbol("DOGE")
    unlisted = Paper()
    unlisted.set("100", symbol=doge)
    for paper, symbol in ((no_book, BTC), (no_mark, BTC), (unlisted, doge)):
        text = await reason(paper, order(0, Side.BUY, "2", "101", symbol=symbol))
        assert text.startswith(f"paper broker: no mark price for {symbol}; fetch its candles")


async def test_paper_order_against_an_empty_book_is_rejected() -> None:
    """A price without size fills nothing."""
    paper = Paper()
    paper.books.books[BTC] = book_of(BTC, bids={}, asks={"100": "0"})
    assert await reason(paper, order(0, Side.BUY, "2", "101")) == NO_MATCH
