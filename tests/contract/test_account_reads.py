"""What everybody promises who reads an account: all of it, whoever caused it, as the venue's own books have it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, FillKind, Instant, Liquidity, Price, Side, Size, Symbol, TriggerKind
from agentic_core.domain import Trigger as CoreTrigger
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import AccountReads, RestingOrder, SymbolLeverage
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft, Unclear
from agentic_hl.venue.terms import Grouping, Mode, OrderRequest, Tif
from tests.support.account_desk import COINS, DESKS, OTHER, OWNER, AccountDesk, trigger
from tests.support.markets import AT, BTC, ETH

PORTS = ("agentic_core.ports.account_reads.AccountReads",)
pytestmark = pytest.mark.anyio

D = Decimal
CLOID = ClientOrderId("0x" + "0" * 31 + "7")


@pytest.fixture(params=sorted(DESKS))
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[AccountDesk]:
    """Yield an account that is read in each way in turn."""
    async with DESKS[request.param]() as made:
        yield made


async def test_account_reads_tell_the_venues_time(desk: AccountDesk) -> None:
    """It is the present, and later when it is asked for later."""
    first = await desk.reads.now()
    desk.pass_time(5_000)
    assert AT < first <= AT + 1_000
    assert first + 5_000 <= await desk.reads.now() <= desk.now


async def test_account_reads_of_a_new_account_show_nothing(desk: AccountDesk) -> None:
    """No order, no execution, no funding, and no money but what was brought."""
    assert (await desk.reads.orders()).orders == ()
    assert (await desk.reads.fills(AT)).fills == ()
    assert await desk.reads.funding(AT) == ()
    assert [moved.amount for moved in await desk.reads.transfers(AT)] == [D(10_000)]


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_account_reads_show_an_order_as_it_rests(desk: AccountDesk) -> None:
    """With the sender's id, the venue's number, and every term."""
    desk.place("-2.5", "101.5", cloid=CLOID)
    (booked,) = desk.resting
    (shown,) = (await desk.reads.orders()).orders
    assert shown == RestingOrder(
        venue_order_id=str(booked.oid),
        cloid=CLOID,
        symbol=BTC,
        side=Side.SELL,
        size=Size(D("2.5")),
        limit_price=Price(D("101.5")),
        reduce_only=False,
        trigger=None,
        placed_at=AT,
    )


async def test_account_reads_show_orders_of_everybody_who_trades_the_account_and_of_nobody_else(
    desk: AccountDesk,
) -> None:
    """An order without an id, one of a market nobody asked for, and none of another account."""
    desk.place("1", "99")
    desk.place("7", "9.5", coin="ETH", cloid=CLOID)
    desk.place("3", "98", by=OTHER)
    shown = (await desk.reads.orders()).orders
    assert {(each.symbol, each.cloid, each.size) for each in shown} == {(BTC, None, D(1)), (ETH, CLOID, D(7))}
    assert {each.venue_order_id for each in shown} == {str(booked.oid) for booked in desk.resting}


async def test_account_reads_show_the_units_that_are_left(desk: AccountDesk) -> None:
    """What executed of an order rests no more."""
    desk.house("BTC", bids={}, asks={})
    desk.place("-5", "100.5")
    desk.place("2", "100.5", by=OTHER, tif=Tif.IOC)
    (shown,) = (await desk.reads.orders()).orders
    assert shown.size == D(3)


@pytest.mark.parametrize(
    ("held", "price", "kind", "expected"),
    [
        ("2", "95", "sl", TriggerKind.STOP),
        ("2", "105", "tp", TriggerKind.TAKE_PROFIT),
        ("-2", "105", "sl", TriggerKind.STOP),
        ("-2", "95", "tp", TriggerKind.TAKE_PROFIT),
    ],
)
@pytest.mark.parametrize("position_sized", [False, True])
async def test_account_reads_show_triggers(
    desk: AccountDesk, held: str, price: str, kind: str, expected: TriggerKind, position_sized: bool
) -> None:
    """When one fires, what it protects from, and whether it covers the whole position."""
    desk.place(held, "100", tif=Tif.IOC)
    grouping = Grouping.POSITION_TPSL if position_sized else Grouping.NONE
    worst = "90" if held == "2" else "110"
    desk.place(str(-D(held)), worst, exit_at=trigger(price, kind=kind), grouping=grouping, cloid=CLOID)
    (shown,) = (await desk.reads.orders()).orders
    assert shown.trigger == CoreTrigger(kind=expected, price=Price(D(price)), position_sized=position_sized)
    assert (shown.reduce_only, shown.cloid, shown.limit_price) == (True, CLOID, D(worst))
    assert shown.side is (Side.SELL if held == "2" else Side.BUY)


async def test_account_reads_show_no_order_that_ended(desk: AccountDesk) -> None:
    """Filled, cancelled, never resting, or an exit whose entry is still waited for: none of them rests."""
    desk.house("BTC", bids={}, asks={"100": D(9)})
    desk.place("2", "99")
    desk.place("-2", "99", by=OTHER, tif=Tif.IOC)
    desk.place("1", "98")
    desk.venue.engine.cancel(OWNER.address, [(COINS["BTC"], desk.resting[0].oid)])
    desk.place("1", "100", tif=Tif.IOC)
    entry = OrderRequest(asset=0, is_buy=True, limit_px=D(97), sz=D(1), reduce_only=False, tif=Tif.GTC)
    exit_ = OrderRequest(
        asset=0, is_buy=False, limit_px=D(80), sz=D(1), reduce_only=True, tif=None, trigger=trigger("90")
    )
    desk.place_all([entry, exit_], Grouping.NORMAL_TPSL)
    (shown,) = (await desk.reads.orders()).orders
    assert (shown.limit_price, shown.trigger) == (D(97), None)


async def test_account_reads_of_orders_claim_no_later_time_than_they_know(desk: AccountDesk) -> None:
    """An order placed while they are read may be missing, so the time they state lies before it."""
    placed: list[Instant] = []

    def place() -> None:
        placed.append(desk.now)
        desk.place("1", "99")

    desk.meanwhile = dict.fromkeys(("frontendOpenOrders", "openOrders"), place)
    before = desk.now
    read = await desk.reads.orders()
    assert before <= read.read_at < placed[0]


# ── executions ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_account_reads_show_an_execution_as_it_was(desk: AccountDesk) -> None:
    """Both sides of the market, with their fees, and what a close realised before them."""
    desk.place("2", "100", tif=Tif.IOC, cloid=CLOID)
    desk.pass_time(1_000)
    desk.house("BTC", bids={}, asks={})
    desk.place("-2", "110")
    desk.place("2", "110", by=OTHER, tif=Tif.IOC)
    bought, sold = (await desk.reads.fills(AT)).fills
    assert (bought.cloid, bought.symbol, bought.side, bought.size, bought.price) == (CLOID, BTC, Side.BUY, D(2), D(100))
    assert (bought.liquidity, bought.closed_pnl, bought.time) == (Liquidity.TAKER, D(0), AT)
    assert (sold.cloid, sold.side, sold.size, sold.price) == (None, Side.SELL, D(2), D(110))
    assert (sold.liquidity, sold.closed_pnl, sold.time) == (Liquidity.MAKER, D(20), AT + 1_000)
    assert [each.fee for each in (bought, sold)] == [booked.fee for booked in desk.books.fills]
    assert [each.kind for each in (bought, sold)] == [FillKind.ORDER, FillKind.EXTERNAL]


async def test_account_reads_of_executions_begin_where_they_are_asked_to(desk: AccountDesk) -> None:
    """With what happened in that very instant; and they say over which time they searched."""
    for size in ("1", "2", "3"):
        desk.place(size, "100", tif=Tif.IOC)
        desk.pass_time(1_000)
    read = await desk.reads.fills(Instant(AT + 1_000))
    assert [each.size for each in read.fills] == [D(2), D(3)]
    assert read.searched.since == AT + 1_000
    assert (await desk.reads.fills(Instant(AT + 2_001))).fills == ()


async def test_account_reads_of_executions_claim_no_later_time_than_they_know(desk: AccountDesk) -> None:
    """One that happens while they are read may be missing, so the time they state lies before it."""
    desk.meanwhile = {"userFillsByTime": lambda: desk.place("1", "100", tif=Tif.IOC)}
    before = desk.now
    read = await desk.reads.fills(AT)
    (booked,) = desk.books.fills
    assert before <= read.searched.read_at < booked.time


async def test_account_reads_show_every_execution_once_however_many(desk: AccountDesk) -> None:
    """More than any answer holds, many of them in the very millisecond where one answer ends and the next begins."""
    levels = {str(100 + D(step) / 100): D(1) for step in range(300)}
    for _ in range(7):
        desk.house("BTC", bids={"100": D(300)}, asks=levels)
        desk.place("300", "110", tif=Tif.IOC)
        desk.pass_time(1)
        desk.place("-300", "90", tif=Tif.IOC)
        desk.pass_time(1)
    shown = (await desk.reads.fills(AT)).fills
    assert len(shown) > 2_000
    assert len({each.fill_id for each in shown}) == len(shown) == len(desk.books.fills)
    assert [each.time for each in shown] == sorted(booked.time for booked in desk.books.fills)
    assert sum(each.signed_size for each in shown) == 0
    assert sum(each.fee for each in shown) == sum(booked.fee for booked in desk.books.fills)


async def test_account_reads_show_executions_that_nobody_ordered(desk: AccountDesk) -> None:
    """A liquidation closes what is held, and is none of the orders of anybody."""
    desk.place("900", "100", tif=Tif.IOC, cloid=CLOID)
    desk.place("900", "90", by=OTHER)
    desk.quote("BTC", "90")
    desk.pass_time(60_000)
    shown = (await desk.reads.fills(AT)).fills
    assert shown[0].kind is FillKind.ORDER
    assert {(each.kind, each.cloid) for each in shown[1:]} == {(FillKind.LIQUIDATION, None)}
    assert sum(each.signed_size for each in shown) == 0
    assert [moved.kind for moved in await desk.reads.transfers(AT)] == ["deposit"]
    assert desk.unreadable == []


async def test_account_reads_show_the_other_side_of_somebodys_liquidation_as_an_execution_like_any(
    desk: AccountDesk,
) -> None:
    """It is the account's own order that executed."""
    desk.house("BTC", bids={}, asks={"100": D(90_000)})
    desk.place("90000", "100", by=OTHER, tif=Tif.IOC)
    desk.place("2", "90", cloid=CLOID)
    desk.quote("BTC", "90")
    (shown,) = (await desk.reads.fills(AT)).fills
    assert desk.others.fills[-1].liquidated_user == OTHER.address
    assert (shown.kind, shown.cloid, shown.size) == (FillKind.ORDER, CLOID, D(2))


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_account_reads_tell_what_a_flat_symbol_is_set_to(desk: AccountDesk) -> None:
    """Each symbol has its own setting, from the beginning, and a position is not needed to see it."""
    desk.set_leverage("ETH", 4, isolated=True)
    assert await desk.reads.leverage(BTC) == SymbolLeverage(leverage=10, isolated=False)
    assert await desk.reads.leverage(ETH) == SymbolLeverage(leverage=4, isolated=True)
    desk.set_leverage("BTC", 3)
    assert await desk.reads.leverage(BTC) == SymbolLeverage(leverage=3, isolated=False)


async def test_account_reads_tell_how_the_money_is_kept(desk: AccountDesk) -> None:
    """In the venue's words, and what it is now."""
    assert await desk.reads.mode() == str(desk.books.mode)
    desk.set_mode(Mode.DISABLED)
    assert await desk.reads.mode() == "disabled"


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────────────

QUESTIONS: dict[str, Callable[[AccountReads], Awaitable[object]]] = {
    "fills": lambda reads: reads.fills(AT),
    "funding": lambda reads: reads.funding(AT),
    "leverage": lambda reads: reads.leverage(BTC),
    "mode": lambda reads: reads.mode(),
    "now": lambda reads: reads.now(),
    "orders": lambda reads: reads.orders(),
    "transfers": lambda reads: reads.transfers(AT),
}
ANSWERS: dict[str, HttpOutcome] = {
    "an error page": Answered(status=502, body=b"<html>bad gateway</html>", content_type="text/html"),
    "another answer": Answered(status=200, body=b'{"unheard": "of"}', content_type="application/json"),
    "no connection": NeverLeft(cause="refused"),
    "silence": Unclear(cause="timeout after 5 s"),
}


@pytest.mark.parametrize("question", sorted(QUESTIONS))
@pytest.mark.parametrize("answer", sorted(ANSWERS))
async def test_account_reads_never_take_a_failure_for_an_empty_account(question: str, answer: str) -> None:
    """Whatever comes back in place of an answer, it is said that there is none."""
    desk = AccountDesk()
    desk.instead = ANSWERS[answer]
    with pytest.raises(VenueUnavailable):
        await QUESTIONS[question](desk.reads)


async def test_account_reads_of_an_unknown_symbol_are_refused(desk: AccountDesk) -> None:
    """Nobody has set what does not exist."""
    with pytest.raises(VenueUnavailable):
        await desk.reads.leverage(Symbol("NOBODYS"))
