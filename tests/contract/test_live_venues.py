"""Every live venue: its time, its marks, its account and what it tells, with real money and on paper alike."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from agentic_core.domain import Fence
from agentic_core.domain.account_events import AccountEvent, AccountTold, ModeTold, StreamTold
from agentic_core.ports.live_venue import LiveVenue, VenueWish
from agentic_core.runtime.orders import AccountBook
from tests.support.markets import BTC
from tests.support.session_place import Room, play

PORTS = ("agentic_core.ports.live_venue.LiveMarket", "agentic_core.ports.live_venue.LiveVenue")

Story = Callable[[Room, LiveVenue], Awaitable[None]]


@pytest.fixture(params=[False, True], ids=["hyperliquid", "paper"])
def on_paper(request: pytest.FixtureRequest) -> bool:
    """Return whether the account is one on paper."""
    return bool(request.param)


def at_venue(story: Story, *, on_paper: bool) -> None:
    """Play a story at an open venue."""

    async def in_room(room: Room) -> None:
        account = room.mandate.account
        lease = await room.store.leases.acquire(account, "me", 86_400_000)
        assert lease is not None
        wish = VenueWish(
            deployment=room.deployment,
            fence=Fence(account=account, epoch=lease.epoch),
            symbols=(BTC,),
            limits=room.mandate.limits,
            memory=AccountBook.of(None),
            since=room.deployment.created_at,
        )
        async with room.venues("me")(wish) as venue:
            await story(room, venue)

    play(in_room, on_paper=on_paper)


def test_time_goes_on_and_never_back(*, on_paper: bool) -> None:
    """Whatever our own clock is set to; what the account is read at is never later."""

    async def story(room: Room, venue: LiveVenue) -> None:
        before = venue.now()
        room.world.clock.step(-60_000)
        await room.world.clock.sleep(2)
        assert before + 2_000 <= venue.now() <= before + 2_500
        assert (await venue.broker.account()).as_of <= venue.now()

    at_venue(story, on_paper=on_paper)


def test_marks_are_new_while_they_are_watched_and_never_ahead(*, on_paper: bool) -> None:
    """Also where our clock is ahead of the venue's; of what nobody told there is none."""

    async def story(room: Room, venue: LiveVenue) -> None:
        room.world.clock.step(1_500)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(venue.watch, (BTC,))
            await room.world.clock.sleep(5)
            room.price("101")
            await room.world.clock.sleep(5)
            mark = venue.newest_mark(BTC)
            tasks.cancel_scope.cancel()
        assert mark is not None
        assert mark.price == 101
        assert venue.now() - 5_000 <= mark.as_of <= venue.now()

    at_venue(story, on_paper=on_paper)


def test_what_is_opened_is_clear_to_trade(*, on_paper: bool) -> None:
    """The account can be read every way, and the instruments are those of the market."""

    async def story(_room: Room, venue: LiveVenue) -> None:
        account = await venue.broker.account()
        assert account.equity == 10_000
        assert not account.positions
        assert (await venue.reads.orders()).orders == ()
        assert await venue.reads.mode() == venue.mode
        assert venue.instruments.keys() == (await venue.market.instruments()).keys()
        assert set(venue.leverage_to_set) <= {BTC}
        assert (venue.signer is None) == (not venue.leverage_to_set)
        assert venue.funding_source
        assert (await venue.prices.fresh(BTC)).mark == 100
        assert await venue.books.book(BTC) is not None

    at_venue(story, on_paper=on_paper)


def test_following_tells_the_mode_and_the_account_and_that_all_is_whole(*, on_paper: bool) -> None:
    """Soon, and without anything having happened."""

    async def story(room: Room, venue: LiveVenue) -> None:
        told: list[AccountEvent] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(venue.follow, (BTC,), told.append)
            await room.world.clock.sleep(20)
            tasks.cancel_scope.cancel()
        assert {event.mode for event in told if isinstance(event, ModeTold)} == {venue.mode}
        assert next(event.is_whole for event in told if isinstance(event, StreamTold))
        accounts = [event.account for event in told if isinstance(event, AccountTold)]
        assert accounts[-1].equity == 10_000
        assert room.complaints == []

    at_venue(story, on_paper=on_paper)
