"""The desk of exits: one symbol never keeps another from being looked after, and what ends a runner passes through."""

from collections.abc import Callable
from decimal import Decimal

import anyio
import pytest
from msgspec.structs import replace

from agentic_core.domain import Bps, Decision, RiskLimits, Symbol, TradingState
from agentic_core.errors import Fenced, JournalBroken, StoreUnavailable, UsageError
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import CutLink
from agentic_core.runtime.exits import ExitDesk, ExitRules, ExitTurn, stop_planner
from agentic_hl.venue.fault_values import ErrorInstead, Halted, PostOnly
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC, ETH

D = Decimal
HALTED = Shape(state=TradingState.HALTED)


def limited(place: ExitPlace, symbol: Symbol, stop_bps: int) -> Callable[[Symbol], RiskLimits]:
    """Return limits that are odd for one symbol."""
    odd = replace(place.limits, stop_bps=Bps(stop_bps))
    return lambda each: odd if each == symbol else place.limits


def test_symbol_whose_stop_has_no_price_keeps_no_other_from_being_protected() -> None:
    """A distance of 100 % is none: a human hears of it once a minute, and the other has its stop."""

    async def story(place: ExitPlace) -> None:
        exits = ExitDesk(place.ports, replace(place.terms, limits=limited(place, BTC, 10_000)))
        place.take("2", "101")
        place.take("2", "101", symbol=ETH)
        again_at = await exits.look()
        assert (place.stops(), place.stops(ETH)) == ([], [D(98)])
        assert len(place.pages) == 1
        assert place.pages[0].startswith("the stops of BTC cannot be kept: a protective stop 10000 bps from the entry")
        assert again_at - place.world.clock.boottime_ms() <= 5_000

    play(story, watches=False)


def test_symbol_that_cannot_be_written_down_keeps_no_other_from_being_closed() -> None:
    """Somebody's rules refuse the decision of one close; the flatten closes the rest and says what is left."""

    async def story(place: ExitPlace) -> None:
        def decide(turn: ExitTurn) -> Decision:
            if any(order.symbol == BTC for order in turn.plan):
                message = "no decision today"
                raise UsageError(message)
            return place.ports.decide(turn)

        place.take("2", "101")
        place.take("2", "101", symbol=ETH)
        exits = ExitDesk(replace(place.ports, decide=decide), place.terms)
        report = await exits.flatten("test")
        assert (place.held(), place.held(ETH)) == (D(2), D(0))
        assert report.left[0] == "a position of 2 BTC"
        assert "BTC is not closed: no decision today" in report.left

    play(story, HALTED, watches=False)


@pytest.mark.parametrize("error", [Fenced, JournalBroken, StoreUnavailable])
def test_end_of_the_runner_passes_through_once_the_others_were_looked_after(error: type[Exception]) -> None:
    """The lease, the database or the copy of the journal is gone: whoever runs the desk has to know."""

    async def story(place: ExitPlace) -> None:
        def decide(turn: ExitTurn) -> Decision:
            if any(order.symbol == BTC for order in turn.plan):
                message = "gone"
                raise error(message)
            return place.ports.decide(turn)

        exits = ExitDesk(replace(place.ports, decide=decide), place.terms)
        place.take("2", "101")
        place.take("2", "101", symbol=ETH)
        with pytest.raises(error):
            await exits.flatten("test")
        assert (place.held(), place.held(ETH)) == (D(2), D(0))
        with pytest.raises(error):
            await exits.close(BTC, cause="test")

    play(story, HALTED, watches=False)


def test_run_ends_with_the_error_of_a_look_alone() -> None:
    """No group of errors."""

    async def story(place: ExitPlace) -> None:
        def decide(_: ExitTurn) -> Decision:
            message = "gone"
            raise Fenced(message)

        exits = ExitDesk(replace(place.ports, decide=decide), place.terms)
        place.take("2", "101")
        with pytest.raises(Fenced, match="gone"):
            await exits.run()

    play(story, watches=False)


def test_broker_that_rests_no_stops_has_positions_without() -> None:
    """Nothing is placed, nothing planned and nothing closed; closes work as ever."""

    async def story(place: ExitPlace) -> None:
        terms = replace(place.terms, rests_stops=False)
        exits = ExitDesk(place.ports, terms)
        entry = await place.enter("2")
        assert stop_planner(terms, lambda _: None)(entry.intent) is None
        now = place.world.clock.boottime_ms()
        assert await exits.look() == now + terms.rules.rest_ms
        assert place.stops() == []
        assert (await exits.close(BTC, cause="test")).is_flat

    play(story, Shape(plans_stops=False), watches=False)


def test_wake_lets_run_look_at_once() -> None:
    """A look is due in a minute, and the entry that filled cannot wait for it."""

    async def story(place: ExitPlace) -> None:
        exits = ExitDesk(place.ports, replace(place.terms, rules=ExitRules(retry_ms=60_000)))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exits.run)
            await place.pass_time(5)
            await place.enter("2")
            await place.pass_time(1)
            assert place.stops() == []
            exits.wake()
            await place.pass_time(2)
            assert place.stops() == [D(98)]
            tasks.cancel_scope.cancel()

    play(story, watches=False)


def test_time_without_a_stop_is_not_measured_by_a_clock_that_can_be_set() -> None:
    """Somebody sets this machine's clock back and forth by an hour; the position is closed six seconds after all."""

    async def story(place: ExitPlace) -> None:
        clock = place.world.clock_ahead(0)
        exits = ExitDesk(replace(place.ports, clock=clock), place.terms)
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=12_000))
        began = clock.boottime_ms()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exits.run)
            for step in (-3_600_000, 3_600_000, 3_600_000, -3_600_000, 7_200_000):
                await place.pass_time(1)
                clock.step(step)
            assert place.lines(LogEvent.POSITION_NAKED) == []
            while not place.lines(LogEvent.POSITION_NAKED):
                await place.pass_time(0.1)
                assert clock.boottime_ms() - began <= 10_000
            tasks.cancel_scope.cancel()

    play(story, watches=False)


def test_account_that_cannot_be_read_stops_no_time() -> None:
    """What was read before still holds: once the venue answers again, the naked position is closed, not kept."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=20_000))
        await place.pass_time(2)
        place.go_wrong(ErrorInstead(of="clearinghouseState", count=200))
        await place.pass_time(8)
        assert len(place.lines(LogEvent.POSITION_NAKED)) == 1

    play(story)


def test_start_without_a_venue_waits_for_it() -> None:
    """Nothing is known, so nothing is sent; the position is protected once the link is back."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.sim.inject(CutLink(for_ms=30_000))
        exits = ExitDesk(place.ports, place.terms)
        await exits.look()
        assert not place.desk.lives
        await place.pass_time(35)
        await exits.look()
        assert place.stops() == [D(98)]

    play(story, watches=False)


def test_post_only_order_is_taken_back_when_a_human_is_called() -> None:
    """The phase does not end: after two minutes nothing of ours rests, and nothing executes later."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.quote("100", bids=[("99.8", "50")], asks=[("100.2", "50")])
        place.go_wrong(PostOnly())
        report = await place.exits.close(BTC, cause="test")
        assert report.paged is not None
        assert place.orders() == []
        place.quote("101")
        await place.pass_time(60)
        assert (place.held(), len(place.pages)) == (D(2), 1)

    play(story, HALTED, watches=False)


def test_every_order_of_an_exit_has_a_decision_and_a_name_of_its_own() -> None:
    """Who decided stands in the ledger like for any other order."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(3)
        await place.exits.close(BTC, cause="told_to")
        await place.pass_time(10)
        lives = list(place.desk.lives.values())
        closes = [life for life in lives if life.intent.reduce_only and life.intent.trigger is None]
        assert len({life.prepared.decision for life in closes}) == len(closes) >= 1
        assert len({life.cloid for life in lives}) == len(lives)

    play(story)
