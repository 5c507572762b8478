"""The venue's messages as values of the core: exact, and refused where they contradict themselves."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, Instant, Interval, Side, Symbol
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.fill import FillKind, Liquidity
from agentic_core.domain.market import MarkSource
from agentic_hl.wire import conversions
from agentic_hl.wire.messages import answers
from agentic_hl.wire.messages.account import WirePosition
from agentic_hl.wire.messages.fills import FillLiquidation, FundingDelta, WireFill
from agentic_hl.wire.messages.market import BestQuote, WireBook, WireCandle, WireLevel
from agentic_hl.wire.messages.orders import WireOrder
from agentic_hl.wire.messages.reading import Reader, Unreadable
from tests.support.wire_answers import ANSWER_EXAMPLES, AT, CANDLE, CLOID, FILL, FUNDING, MASTER, OPEN_ORDER, encoded

D = Decimal
NOW = Instant(AT + 1)


def made_fill(**changed: object) -> WireFill:
    """Read a fill with some fields changed."""
    found = Reader(WireFill, "fill").read(encoded({**FILL, **changed}))
    assert not isinstance(found, Unreadable), found
    return found


def made_candle(**changed: object) -> WireCandle:
    """Read a candle with some fields changed."""
    found = Reader(WireCandle, "candle").read(encoded({**CANDLE, **changed}))
    assert not isinstance(found, Unreadable), found
    return found


def made_position(place: int) -> WirePosition:
    """Read one of the two positions of the example."""
    found = answers.CLEARINGHOUSE_STATE.read(encoded(ANSWER_EXAMPLES["clearinghouseState"][0]))
    assert not isinstance(found, Unreadable), found
    return found.positions[place]


def level(px: str, sz: str = "1") -> WireLevel:
    """Make a level."""
    return WireLevel(px=px, sz=sz, n=1)


def made_book(bids: tuple[str, ...], asks: tuple[str, ...]) -> WireBook:
    """Make a book of prices."""
    return WireBook(coin="BTC", time=AT, levels=(tuple(map(level, bids)), tuple(map(level, asks))))


def test_fill_becomes_an_execution() -> None:
    """A maker's rebate stays negative, and the client order id is told."""
    fill = conversions.fill_of(made_fill())
    assert not isinstance(fill, Unreadable)
    assert (fill.fill_id, fill.cloid, fill.symbol) == ("ETH:118906512037719:77738309", CLOID, "ETH")
    assert (fill.side, fill.size, fill.price, fill.fee) == (Side.SELL, D("0.5"), D("2296.4"), D("-0.02"))
    assert (fill.liquidity, fill.time, fill.closed_pnl) == (Liquidity.MAKER, AT, D("0.0"))
    assert (fill.kind, fill.signed_size) == (FillKind.ORDER, D("-0.5"))


STRANGER = FillLiquidation(mark_px="1", method="market", liquidated_user="0x" + "ee" * 20)
OURS = FillLiquidation(mark_px="1", method="backstop", liquidated_user=MASTER.upper().replace("X", "x"))


@pytest.mark.parametrize(
    ("fill", "kind"),
    [
        (made_fill(), FillKind.ORDER),
        (made_fill(cloid=None), FillKind.EXTERNAL),
        (made_fill(dir="Auto-Deleveraging"), FillKind.ADL),
        (made_fill(dir="Liquidated Cross Short", cloid=None), FillKind.LIQUIDATION),
        (replace(made_fill(), liquidation=STRANGER), FillKind.ORDER),
        (replace(made_fill(cloid=None), liquidation=OURS), FillKind.LIQUIDATION),
        (made_fill(dir="Settlement", cloid=None), FillKind.EXTERNAL),
    ],
)
def test_fill_tells_whose_order_it_was(fill: WireFill, kind: FillKind) -> None:
    """Taking the other side of a liquidation is an execution of ours like any other."""
    found = conversions.fill_of(fill, user=MASTER)
    assert not isinstance(found, Unreadable)
    assert found.kind is kind


@pytest.mark.parametrize(
    "changed",
    [
        {"side": "X"},
        {"px": "0"},
        {"px": "-1"},
        {"sz": "0.0"},
        {"px": "1e3"},
        {"fee": "NaN"},
        {"closedPnl": ""},
        {"feeToken": "HYPE"},
    ],
)
def test_fill_that_makes_no_sense_is_unreadable(changed: dict[str, object]) -> None:
    """A fee in another coin would be booked as dollars; one such fill spoils its list."""
    assert isinstance(conversions.fill_of(made_fill(**changed)), Unreadable)
    assert isinstance(conversions.fills_of((made_fill(), made_fill(**changed))), Unreadable)


def test_fee_of_nothing_in_another_coin_is_no_fee() -> None:
    """It costs nothing, whatever it is counted in."""
    fill = conversions.fill_of(made_fill(fee="0.0", feeToken="HYPE"))
    assert not isinstance(fill, Unreadable)
    assert fill.fee == 0


def test_fill_without_its_client_order_id_takes_the_one_that_is_known() -> None:
    """Older fills do not carry it."""
    fill = conversions.fill_of(made_fill(cloid=None), cloid=ClientOrderId(CLOID))
    assert not isinstance(fill, Unreadable)
    assert (fill.cloid, fill.kind) == (CLOID, FillKind.ORDER)


def test_candle_becomes_a_candle() -> None:
    """It has closed once its last millisecond is over."""
    candle = made_candle()
    found = conversions.candle_of(candle)
    assert not isinstance(found, Unreadable)
    assert (found.open_time, found.open, found.close) == (AT, D("77500.0"), D("77562.0"))
    assert [conversions.is_closed(candle, Instant(AT + later)) for later in (0, 59_999, 60_000)] == [False, False, True]


@pytest.mark.parametrize(
    "changed", [{"h": "77499.5"}, {"l": "77500.5"}, {"l": "0"}, {"v": "-1"}, {"o": "?"}, {"c": "99999"}]
)
def test_candle_that_contradicts_itself_is_unreadable(changed: dict[str, object]) -> None:
    """Its high below its open, its low above it, a price of nothing."""
    assert isinstance(conversions.candle_of(made_candle(**changed)), Unreadable)
    assert isinstance(conversions.candles_of([made_candle(), made_candle(**changed)]), Unreadable)


def test_book_becomes_a_book_and_may_be_empty() -> None:
    """Best first on both sides."""
    book = conversions.book_of(made_book(("99", "98"), ("101.5", "102")))
    assert not isinstance(book, Unreadable)
    assert [found.price for found in (*book.bids, *book.asks)] == [99, 98, D("101.5"), 102]
    assert not isinstance(conversions.book_of(made_book((), ())), Unreadable)


@pytest.mark.parametrize(
    ("bids", "asks"),
    [(("100",), ("100",)), (("101",), ("100",)), (("98", "99"), ()), ((), ("102", "101")), (("0",), ()), (("x",), ())],
)
def test_book_that_is_crossed_or_out_of_order_is_unreadable(bids: tuple[str, ...], asks: tuple[str, ...]) -> None:
    """Nothing would be bought by it."""
    assert isinstance(conversions.book_of(made_book(bids, asks)), Unreadable)


def test_quote_is_a_book_of_one_level_or_none_a_side() -> None:
    """A crossed one is refused."""
    quote = conversions.quote_of(BestQuote(coin="BTC", time=AT, bbo=(level("99"), None)))
    assert not isinstance(quote, Unreadable)
    assert ([bid.price for bid in quote.bids], quote.asks, quote.as_of) == ([D(99)], (), AT)
    assert isinstance(conversions.quote_of(BestQuote(coin="BTC", time=AT, bbo=(level("99"), level("99")))), Unreadable)


def test_marks_are_matched_by_index_and_delisted_ones_left_out() -> None:
    """A context too few means that the listings are old; nothing is matched then."""
    pair = answers.META_AND_CONTEXTS.read(encoded(ANSWER_EXAMPLES["metaAndAssetCtxs"][0]))
    assert not isinstance(pair, Unreadable)
    marks = conversions.marks_of(pair.meta, pair.contexts, NOW)
    assert not isinstance(marks, Unreadable)
    assert set(marks) == {"BTC", "kPEPE"}
    mark = marks[Symbol("BTC")]
    assert (mark.price, mark.as_of, mark.source) == (D(77562), NOW, MarkSource.VENUE)
    assert isinstance(conversions.marks_of(pair.meta, pair.contexts[:2], NOW), Unreadable)


def test_position_costs_its_size_times_entry() -> None:
    """A closed one that lingers is flat."""
    held, closed = (conversions.position_of(made_position(place)) for place in (0, 1))
    assert not isinstance(held, Unreadable)
    assert not isinstance(closed, Unreadable)
    assert (held.size, held.entry_cost) == (D("-0.00645"), D("500.0685"))
    assert (closed.size, closed.entry_cost) == (D(0), D(0))
    assert isinstance(conversions.position_of(replace(made_position(0), entry_px=None)), Unreadable)


def test_funding_takes_its_time_from_wherever_it_stands() -> None:
    """Inside in streams, beside it in answers; without any it is unreadable."""
    delta = Reader(FundingDelta, "funding").read(encoded(FUNDING))
    assert not isinstance(delta, Unreadable)
    beside = conversions.funding_of(delta, NOW)
    inside = conversions.funding_of(replace(delta, time=AT))
    assert not isinstance(beside, Unreadable)
    assert not isinstance(inside, Unreadable)
    assert (beside.time, beside.amount, beside.size, beside.rate) == (NOW, D("-3.625312"), D("0.5"), D("0.0000125"))
    assert inside.time == AT
    assert isinstance(conversions.funding_of(delta), Unreadable)


def test_resting_order_becomes_what_may_still_execute() -> None:
    """What remains of it, not what was asked for; one that is nobody's of ours is refused."""
    order = Reader(WireOrder, "order").read(encoded(OPEN_ORDER))
    assert not isinstance(order, Unreadable)
    open_intent = conversions.open_intent_of(order)
    assert not isinstance(open_intent, Unreadable)
    assert (open_intent.cloid, open_intent.side, open_intent.size) == (CLOID, Side.BUY, D("0.4"))
    assert (open_intent.limit_price, open_intent.reduce_only) == (D(32165), True)
    assert isinstance(conversions.open_intent_of(replace(order, cloid=None)), Unreadable)


def test_fees_are_taken_without_the_discount() -> None:
    """So that a cost is never understated."""
    fees = answers.USER_FEES.read(encoded(ANSWER_EXAMPLES["userFees"][0]))
    assert not isinstance(fees, Unreadable)
    assert conversions.fees_of(fees) == FeeSchedule(taker_rate=D("0.00045"), maker_rate=D("-0.00001"))


def test_words_of_the_venue_that_are_not_ours_are_none() -> None:
    """Intervals without a fixed length, and sides nobody knows."""
    assert [conversions.interval_of(text) for text in ("1m", "12h", "3d", "1w", "1M", "")] == [
        Interval.M1, Interval.H12, None, None, None, None,
    ]  # fmt: skip
    assert [conversions.side_of(text) for text in ("B", "A", "b", "")] == [Side.BUY, Side.SELL, None, None]
