"""What can be read of the account of every live venue, on paper as with real money, after it has traded."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import FillKind, Instant, Liquidity, Price, Side, Symbol, Trigger, TriggerKind
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.account_reads import AccountReads, RestingOrder, SymbolLeverage
from tests.support.markets import BTC
from tests.support.session_place import LIMITS, MANDATE, MIDNIGHT, Room, SessionPlace, play

PORTS = ("agentic_core.ports.account_reads.AccountReads",)

D = Decimal
LEVERAGE = 3
BEFORE_AN_HOUR = Instant(MIDNIGHT - 80_000)
EVER = Instant(0)

Story = Callable[[SessionPlace, AccountReads], Awaitable[None]]


@pytest.fixture(params=[False, True], ids=["hyperliquid", "paper"])
def on_paper(request: pytest.FixtureRequest) -> bool:
    """Return whether the account is one on paper."""
    return bool(request.param)


def trading(story: Story, *, on_paper: bool, start: Instant = MIDNIGHT) -> None:
    """Play a story in a session that has been there for a minute."""

    async def in_room(room: Room) -> None:
        async with room.running() as place:
            await room.world.clock.sleep(61)
            await story(place, place.live.live.exits.ports.reads)

    mandate = replace(MANDATE, limits=replace(LIMITS, leverage_max=LEVERAGE))
    play(in_room, on_paper=on_paper, start=start, mandate=mandate)


def test_reads_of_an_untouched_account_show_what_was_brought_alone(*, on_paper: bool) -> None:
    """No order, no execution, no funding; the money that it began with."""

    async def story(_place: SessionPlace, reads: AccountReads) -> None:
        assert (await reads.orders()).orders == ()
        assert (await reads.fills(EVER)).fills == ()
        assert await reads.funding(EVER) == ()
        assert [moved.amount for moved in await reads.transfers(EVER)] == [D(10_000)]
        assert await reads.transfers(Instant(MIDNIGHT + 1_000)) == ()

    trading(story, on_paper=on_paper)


def test_reads_show_a_stop_as_it_rests(*, on_paper: bool) -> None:
    """With its terms and every unit it covers; once nothing is held it rests no more."""

    async def story(place: SessionPlace, reads: AccountReads) -> None:
        await place.buys()
        shown = await place.stop()
        assert shown == RestingOrder(
            venue_order_id=shown.venue_order_id,
            cloid=shown.cloid,
            symbol=BTC,
            side=Side.SELL,
            size=shown.size,
            limit_price=Price(D("87.3")),
            reduce_only=True,
            trigger=Trigger(kind=TriggerKind.STOP, price=Price(D(97)), position_sized=True),
            placed_at=shown.placed_at,
        )
        (held,) = (await place.session.account()).positions.values()
        lives = place.live.live.orders.lives
        assert (shown.cloid in lives, bool(shown.venue_order_id), held.size) == (True, True, D(10))
        assert MIDNIGHT + 60_000 < shown.placed_at <= (await reads.orders()).read_at <= await reads.now()
        await place.session.flatten("command:1")
        assert (await reads.orders()).orders == ()

    trading(story, on_paper=on_paper)


def test_reads_show_each_execution_once_and_as_it_was(*, on_paper: bool) -> None:
    """Ours by their ids, oldest first, with fees and what was realised; from the very instant that was asked for."""

    async def story(place: SessionPlace, reads: AccountReads) -> None:
        await place.buys()
        await place.stop()
        place.room.price("99")
        await place.session.flatten("command:1")
        await place.room.world.clock.sleep(2)
        read = await reads.fills(EVER)
        bought, sold = read.fills
        assert [(one.side, one.size, one.symbol) for one in read.fills] == [
            (Side.BUY, D(10), BTC),
            (Side.SELL, D(10), BTC),
        ]
        assert {one.kind for one in read.fills} == {FillKind.ORDER}
        assert {one.liquidity for one in read.fills} == {Liquidity.TAKER}
        assert [one.fee / (one.size * one.price) for one in read.fills] == [D("0.00045")] * 2
        assert (bought.closed_pnl, sold.closed_pnl) == (D(0), (sold.price - bought.price) * 10)
        assert (read.searched.since, read.searched.read_at <= await reads.now()) == (EVER, True)
        assert (await reads.fills(sold.time)).fills == (sold,)
        assert (await reads.fills(Instant(sold.time + 1))).fills == ()
        stored = await place.room.store.intents.fills(place.fence.account)
        assert {one.fill_id for one in stored} == {one.fill_id for one in read.fills}

    trading(story, on_paper=on_paper)


def test_reads_show_the_funding_of_every_hour(*, on_paper: bool) -> None:
    """Soon after it, for what was held then; with it, what was brought and what was gained is what the account has."""

    async def story(place: SessionPlace, reads: AccountReads) -> None:
        await place.buys()
        await place.room.world.clock.sleep(145)
        (paid,) = await reads.funding(EVER)
        assert (paid.symbol, paid.time, paid.size) == (BTC, MIDNIGHT, D(10))
        assert paid.amount == -paid.size * 100 * paid.rate < 0
        assert await reads.funding(MIDNIGHT) == (paid,)
        assert await reads.funding(Instant(MIDNIGHT + 1)) == ()
        assert paid in await place.room.store.ledger.entries(place.fence.account, MIDNIGHT)
        place.room.price("101.3")
        await place.session.flatten("command:1")
        moved = sum(one.amount for one in await reads.transfers(EVER))
        gained = sum(one.closed_pnl - one.fee for one in (await reads.fills(EVER)).fills)
        assert gained > 0
        assert (await place.session.account()).equity == moved + gained + paid.amount

    trading(story, on_paper=on_paper, start=BEFORE_AN_HOUR)


def test_reads_tell_what_a_symbol_is_set_to(*, on_paper: bool) -> None:
    """Before an open and after everything is closed again; of what nobody lists nothing is told as if it were set."""

    async def story(place: SessionPlace, reads: AccountReads) -> None:
        await place.buys()
        assert await reads.leverage(BTC) == SymbolLeverage(leverage=LEVERAGE, isolated=False)
        await place.session.flatten("command:1")
        assert await reads.leverage(BTC) == SymbolLeverage(leverage=LEVERAGE, isolated=False)
        assert await reads.mode() == await reads.mode() != ""
        with pytest.raises(VenueUnavailable):
            await reads.leverage(Symbol("NOBODYS"))

    trading(story, on_paper=on_paper)
