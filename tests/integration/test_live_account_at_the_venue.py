"""One live account: what it takes over before it runs, what goes on while it runs, and how it ends."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import anyio
import pytest

from agentic_core.domain import Accepted, Denied, IntentState
from agentic_core.domain.trading import Restriction
from agentic_core.errors import Fenced, StoreUnavailable, VenueUnavailable
from agentic_core.execution.drift import Aligned, Drifted
from agentic_core.logevents import LogEvent
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.simulated_venue import CutLink
from agentic_hl.venue.fault_values import ErrorAfterCommit, ErrorInstead
from tests.support.account_hand import books_of
from tests.support.breaking_stores import BreakingStore
from tests.support.exits_place import KEY, ExitPlace, play
from tests.support.live_place import LivePlace
from tests.support.markets import BTC, ETH

D = Decimal
TERMINAL_MS_MAX = 20_000


def play_before(story: Callable[[ExitPlace], Awaitable[None]]) -> None:
    """Play a story whose first process does nothing by itself."""
    play(story, watches=False, follows=False)


async def started(joined: LivePlace) -> int:
    """Start, and return how long it took."""
    began = joined.place.world.clock.now()
    await joined.account.start()
    return joined.place.world.clock.now() - began


def test_start_of_a_new_account_is_one_look() -> None:
    """Nothing to take over: it is compared, and says so."""

    async def story(place: ExitPlace) -> None:
        joined = await LivePlace.join(place)
        found = await joined.account.start()
        assert isinstance(found.drift, Aligned)
        assert joined.account.restrictions == frozenset()
        (line,) = place.lines(LogEvent.RECONCILED)
        assert (line.facts["positions"], line.facts["equity_usd"]) == (0, "10000")

    play_before(story)


def test_start_resolves_what_an_earlier_process_left_unknown() -> None:
    """Its entry executed and the answer was lost; the successor knows it before it is ready, and books it once."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorAfterCommit(of="order"))
        entry = await place.enter("2")
        assert entry.is_unresolved
        joined = await LivePlace.join(place)
        assert await started(joined) <= TERMINAL_MS_MAX
        assert joined.account.orders.unresolved == 0
        assert joined.account.orders.lives[entry.cloid].state is IntentState.BOOKED
        assert [fill.size for fill in await place.store.intents.fills(KEY)] == [D(2)]

    play_before(story)


def test_start_proves_an_order_dead_that_never_arrived() -> None:
    """It was written down and nothing of it left, or it was lost on its way: both can never execute after."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorInstead(of="order"))
        lost = await place.enter("2")
        unsent = await place.prepare("1")
        assert lost.is_unresolved
        joined = await LivePlace.join(place)
        assert await started(joined) <= TERMINAL_MS_MAX
        lives = joined.account.orders.lives
        assert {lives[cloid].state for cloid in (unsent.intent.cloid, lost.cloid)} == {IntentState.DEAD}
        await place.pass_time(30)
        assert (place.held(), place.orders()) == (D(0), [])

    play_before(story)


def test_start_does_not_wait_for_what_nobody_can_resolve() -> None:
    """A venue that tells nothing of orders leaves them open and opens forbidden; positions are protected meanwhile."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorInstead(of="order"))
        lost = await place.enter("2")
        joined = await LivePlace.join(place)
        place.go_wrong(ErrorInstead(of="orderStatus", count=1_000), ErrorInstead(of="noop", count=1_000))
        assert await started(joined) <= TERMINAL_MS_MAX
        orders = joined.account.orders
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(joined.account.run)
            place.take("1", "101", symbol=ETH)
            await place.pass_time(10)
            assert (orders.lives[lost.cloid].is_unresolved, orders.may_open()) == (True, False)
            assert place.stops(ETH) == [D(98)]
            tasks.cancel_scope.cancel()

    play_before(story)


def test_start_that_cannot_read_the_account_raises() -> None:
    """Nothing is clear, so nothing runs."""

    async def story(place: ExitPlace) -> None:
        joined = await LivePlace.join(place)
        place.sim.inject(CutLink(for_ms=300_000))
        with pytest.raises(VenueUnavailable):
            await joined.account.start()

    play_before(story)


def test_start_that_another_process_overtook_raises() -> None:
    """The lease went on while it waited."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorAfterCommit(of="order"))
        await place.enter("2")
        joined = await LivePlace.join(place)
        await LivePlace.join(place, link="third")
        with pytest.raises(Fenced):
            await joined.account.start()

    play_before(story)


def test_difference_at_the_start_restricts_until_it_is_believed() -> None:
    """What was bought before the account was ours to answer for is in no ledger: the next check has adopted it."""

    async def story(place: ExitPlace) -> None:
        place.take("3", "101")
        await place.pass_time(5)
        place.began = place.world.clock.now()
        joined = await LivePlace.join(place)
        found = await joined.account.start()
        assert isinstance(found.drift, Drifted)
        assert [line.facts["field"] for line in place.lines(LogEvent.STATE_DRIFT)] == ["BTC.size"]
        assert joined.account.restrictions == {Restriction.DRIFTED}
        orders = joined.account.orders
        denied = await orders.submit(await place.prepare("1", desk=orders))
        assert isinstance(denied, Denied)
        assert denied.rule == "R3_HALTED"
        await joined.account.guard.check()
        assert joined.account.restrictions == frozenset()
        assert isinstance(await orders.submit(await place.prepare("1", desk=orders)), Accepted)

    play_before(story)


def test_running_account_protects_and_follows() -> None:
    """A position that the owner opens gets its stop, and what a stop executed is booked."""

    async def story(place: ExitPlace) -> None:
        joined = await LivePlace.join(place)
        await joined.account.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(joined.account.run)
            place.take("2", "101")
            await place.pass_time(5)
            assert place.stops() == [D(98)]
            place.quote("97.9")
            await place.pass_time(20)
            assert place.held() == 0
            assert joined.account.orders.unresolved == 0
            tasks.cancel_scope.cancel()

    play_before(story)


def test_leverage_is_set_through_the_account() -> None:
    """Between its start and its first order."""

    async def story(place: ExitPlace) -> None:
        joined = await LivePlace.join(place)
        await joined.account.start()
        assert await joined.account.set_leverages({BTC: SymbolLeverage(leverage=7, isolated=False)}) == {}
        assert books_of(place.sim.venue.engine).leverages[0].value == 7

    play_before(story)


def test_failure_of_one_part_is_raised_alone_and_ends_the_others() -> None:
    """The database went away under a new stop: no group of errors, and nothing goes on behind it."""

    async def story(place: ExitPlace) -> None:
        breaking = BreakingStore(place.store)
        joined = await LivePlace.join(place, breaking.as_store().intents)
        await joined.account.start()
        breaking.broken = "intents.prepare"
        place.take("2", "101")
        with pytest.raises(StoreUnavailable):
            await joined.account.run()
        before = len(place.said)
        await place.pass_time(120)
        assert len(place.said) == before
        assert place.stops() == []

    play_before(story)


def test_account_that_lost_its_lease_ends() -> None:
    """Its next write is refused, and it never sends anything again."""

    async def story(place: ExitPlace) -> None:
        joined = await LivePlace.join(place)
        await joined.account.start()
        await LivePlace.join(place, link="third")
        place.take("2", "101")
        with pytest.raises(Fenced):
            await joined.account.run()
        assert place.stops() == []

    play_before(story)
