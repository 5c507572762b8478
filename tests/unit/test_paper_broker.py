"""What the paper broker executes, and that it executes it once."""

from decimal import Decimal

import anyio
import anyio.lowlevel
import pytest

from agentic_core.brokers import PaperBroker
from agentic_core.domain import (
    ZERO,
    Accepted,
    Book,
    FeeSchedule,
    Fill,
    FillKind,
    Instant,
    IntentState,
    Liquidity,
    OrderIntent,
    Rejected,
    SendOutcome,
    Side,
    Symbol,
)
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned, Searched
from tests.support.markets import AT, BTC, ETH, LISTED, Paper, book_of, order, prepared

D = Decimal
pytestmark = pytest.mark.anyio


async def accepted(paper: Paper, intent: OrderIntent) -> Accepted:
    """Send an order that the broker takes."""
    outcome = await paper.broker.send(prepared(intent))
    assert isinstance(outcome, Accepted), outcome
    return outcome


async def test_paper_open_fills_at_the_book_with_fee_and_slippage() -> None:
    """A buy at 100 with 10 bps pays 100.1 and 0.045 % of that, at the time of the mark."""
    paper = Paper(taker_rate="0.00045", slippage_bps="10")
    intent = order(0, Side.BUY, "2", "101")
    outcome = await accepted(paper, intent)
    (fill,) = outcome.fills
    assert fill == Fill(
        fill_id=f"{intent.cloid}:0",
        cloid=intent.cloid,
        symbol=BTC,
        side=Side.BUY,
        size=intent.size,
        price=fill.price,
        fee=fill.fee,
        liquidity=Liquidity.TAKER,
        time=AT,
        closed_pnl=fill.closed_pnl,
        kind=FillKind.ORDER,
    )
    assert (fill.price, fill.fee, fill.closed_pnl) == (D("100.1"), D("0.090090"), ZERO)
    assert (outcome.state, outcome.filled_size) == (IntentState.FILLED, D(2))
    assert paper.ledger.cash == D("9799.70991")
    assert paper.ledger.equity == D("9999.70991")


async def test_paper_send_repeated_returns_the_first_outcome_and_executes_nothing() -> None:
    """The same client order id is the same order, whatever the market does in between."""
    paper = Paper()
    intent = order(0, Side.BUY, "2", "101")
    first = await accepted(paper, intent)
    paper.set("50")
    assert await paper.broker.send(prepared(intent)) == first
    assert paper.ledger.position(BTC).size == D(2)
    assert paper.ledger.day.orders == 1


class SlowBooks:
    """Books that take a while to arrive, as over a network."""

    async def book(self, symbol: Symbol) -> Book | None:
        """Return one price after the others had their turn."""
        await anyio.lowlevel.checkpoint()
        return book_of(symbol, bids={"100": "1000"}, asks={"100": "1000"})


def over_a_network(paper: Paper) -> PaperBroker:
    """Return a broker on the same ledger whose books arrive late."""
    fees = FeeSchedule(taker_rate=D(0), maker_rate=D(0))
    return PaperBroker(ledger=paper.ledger, books=SlowBooks(), instruments=LISTED, fees=fees, slippage_bps=D(0))


async def test_paper_send_of_one_order_by_two_tasks_at_once_executes_it_once() -> None:
    """Both wait for the book, only the first one fills, and both are told the same."""
    paper = Paper()
    broker = over_a_network(paper)
    intent = prepared(order(0, Side.BUY, "2", "101"))
    outcomes: list[SendOutcome] = []

    async def send() -> None:
        outcomes.append(await broker.send(intent))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        tasks.start_soon(send)
    assert outcomes[0] == outcomes[1]
    assert paper.ledger.position(BTC).size == D(2)
    assert paper.ledger.day.orders == 1


async def test_paper_burn_while_the_order_waits_for_its_book_wins() -> None:
    """What was said to be impossible does not happen afterwards."""
    paper = Paper()
    broker = over_a_network(paper)
    intent = prepared(order(0, Side.BUY, "2", "101"))
    outcomes: list[SendOutcome] = []

    async def send() -> None:
        outcomes.append(await broker.send(intent))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await anyio.lowlevel.checkpoint()
        assert await broker.burn(intent) == Burned()
    assert isinstance(outcomes[0], Rejected)
    assert dict(paper.ledger.positions) == {}


async def test_paper_order_against_a_shallow_book_fills_in_part() -> None:
    """Each level is a fill of its own; what the book does not hold is cancelled, and the state says partial."""
    paper = Paper()
    paper.books.books[BTC] = book_of(BTC, bids={}, asks={"100": "0.5", "100.5": "0.25", "102": "9"})
    intent = order(0, Side.BUY, "2", "101")
    outcome = await accepted(paper, intent)
    assert [(fill.fill_id, fill.size, fill.price) for fill in outcome.fills] == [
        (f"{intent.cloid}:0", D("0.5"), D(100)),
        (f"{intent.cloid}:1", D("0.25"), D("100.5")),
    ]
    assert (outcome.state, outcome.filled_size) == (IntentState.PARTIAL, D("0.75"))
    assert paper.ledger.position(BTC).size == D("0.75")
    assert paper.ledger.cash == D("9924.875")


async def test_paper_close_realises_profit_before_fees() -> None:
    """Bought at 100 and sold at 110: ten dollars a unit, the fee apart."""
    paper = Paper(taker_rate="0.001")
    await accepted(paper, order(0, Side.BUY, "2", "101"))
    paper.set("110")
    outcome = await accepted(paper, order(1, Side.SELL, "2", "109", reduce_only=True))
    assert (outcome.fills[0].closed_pnl, outcome.fills[0].fee) == (D(20), D("0.22"))
    assert dict(paper.ledger.positions) == {}
    assert paper.ledger.cash == paper.ledger.equity == D("10019.58")


@pytest.mark.parametrize(("side", "closing"), [(Side.BUY, Side.SELL), (Side.SELL, Side.BUY)])
async def test_paper_reduce_only_order_larger_than_the_position_closes_it_and_no_more(
    side: Side, closing: Side
) -> None:
    """The venue shrinks it to the position; it never flips."""
    paper = Paper()
    await accepted(paper, order(0, side, "2", str(100 + side.sign)))
    outcome = await accepted(paper, order(1, closing, "5", str(100 + closing.sign), reduce_only=True))
    assert outcome.filled_size == D(2)
    assert dict(paper.ledger.positions) == {}


async def test_paper_open_in_the_other_direction_flips_in_one_fill() -> None:
    """Without reduce-only the rest of the order opens the other way."""
    paper = Paper()
    await accepted(paper, order(0, Side.BUY, "2", "101"))
    outcome = await accepted(paper, order(1, Side.SELL, "5", "99"))
    assert outcome.filled_size == D(5)
    assert (paper.ledger.position(BTC).size, paper.ledger.position(BTC).entry_cost) == (D(-3), D(300))


async def test_paper_orders_of_two_symbols_keep_apart() -> None:
    """Cash is shared, positions are not."""
    paper = Paper()
    await accepted(paper, order(0, Side.BUY, "2", "101"))
    await accepted(paper, order(1, Side.SELL, "3", "99", symbol=ETH))
    assert {symbol: held.size for symbol, held in paper.ledger.positions.items()} == {BTC: D(2), ETH: D(-3)}
    assert paper.ledger.cash == D(10_100)


async def test_paper_observe_tells_what_became_of_an_order() -> None:
    """An executed order is known with its fills, a rejected one without, and a strange one is absent."""
    paper = Paper()
    done, refused, strange = (order(number, Side.BUY, "2", limit) for number, limit in enumerate(("101", "99", "101")))
    outcome = await accepted(paper, done)
    await paper.broker.send(prepared(refused))
    searched = Searched(since=Instant(0), read_at=AT)
    known = Known(cloid=done.cloid, state=IntentState.FILLED, fills=outcome.fills, searched=searched)
    assert await paper.broker.observe(prepared(done)) == known
    known = Known(cloid=refused.cloid, state=IntentState.REJECTED, fills=(), searched=searched)
    assert await paper.broker.observe(prepared(refused)) == known
    assert await paper.broker.observe(prepared(strange)) == Absent(cloid=strange.cloid, searched=searched)


async def test_paper_burn_of_an_executed_order_proves_nothing() -> None:
    """What has happened cannot be made impossible."""
    paper = Paper()
    intent = order(0, Side.BUY, "2", "101")
    await accepted(paper, intent)
    assert isinstance(await paper.broker.burn(prepared(intent)), NotBurned)
    assert paper.ledger.position(BTC).size == D(2)


async def test_paper_order_burned_before_it_was_sent_never_executes() -> None:
    """Sending it afterwards is rejected, and counts as no order of the day."""
    paper = Paper()
    intent = order(0, Side.BUY, "2", "101")
    assert await paper.broker.burn(prepared(intent)) == Burned()
    assert isinstance(await paper.broker.send(prepared(intent)), Rejected)
    assert dict(paper.ledger.positions) == {}
    assert paper.ledger.day.orders == 0


@pytest.mark.parametrize(("side", "mark", "pnl"), [(Side.BUY, "60", "-80"), (Side.SELL, "150", "-100")])
async def test_paper_liquidation_closes_at_the_mark_with_the_taker_fee(side: Side, mark: str, pnl: str) -> None:
    """It is nobody's order, and changes position and cash all the same."""
    paper = Paper(taker_rate="0.001")
    await accepted(paper, order(0, side, "2", str(100 + side.sign)))
    paper.market.set(BTC, mark)
    fill = paper.broker.liquidate(paper.ledger.position(BTC), D(mark))
    assert (fill.kind, fill.cloid, fill.side) == (FillKind.LIQUIDATION, None, side.opposite)
    assert (fill.price, fill.size, fill.closed_pnl) == (D(mark), D(2), D(pnl))
    assert fill.fee == D(mark) * 2 / 1000
    assert dict(paper.ledger.positions) == {}
    assert paper.ledger.cash == D(10_000) - D("0.2") + D(pnl) - fill.fee
