"""What streams, lists and reads of the simulated venue leave out or tell late, and what is made of it."""

from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, IntentState
from agentic_core.domain.account_events import LiquidationTold, StreamTold
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.drift import Aligned, Drifted, Weight
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import CutLink, LagReads
from agentic_hl.venue.fault_values import FramesMissing, SilentChannel
from tests.support.account_hand import OWNER, books_of
from tests.support.account_place import AccountPlace, play

STRANGER = ClientOrderId("0x" + "5" * 32)
DAY = 86_400_000


def test_liquidation_during_an_outage_halts_afterwards() -> None:
    """The venue does not repeat its notice; the ledger of money and the list of fills tell of it."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.order("4", "47000", now=place.now))
        await place.pass_time(1)
        place.venue.inject(CutLink(for_ms=20_000, link="runner"))
        place.move("44000")
        await place.world.clock.sleep(60)
        assert set(place.reasons()) == {HaltReason.LIQUIDATION}
        assert len(place.judge.of(LiquidationTold)) == 1
        assert await place.ledger() == place.books()

    play(story)


def test_outage_halts_nothing_and_what_it_hid_is_booked() -> None:
    """Orders of ours and by hand execute meanwhile; the stream says that it was away."""

    async def story(place: AccountPlace) -> None:
        cloid = await place.rest()
        place.venue.inject(CutLink(for_ms=15_000, link="runner"))
        place.move("45000")
        await place.by_hand(place.hand.order("0.01", "47000", now=place.now))
        await place.world.clock.sleep(5)
        assert (await place.ledger(), place.life(cloid).state) == ({}, IntentState.RESTING)
        await place.world.clock.sleep(60)
        assert await place.ledger() == place.books() != {}
        assert place.life(cloid).filled == Decimal("0.0026")
        assert [each.is_whole for each in place.judge.of(StreamTold)] == [True, False, True]
        assert [len(place.lines(event)) for event in (LogEvent.STREAM_LOST, LogEvent.STREAM_RESTORED)] == [1, 1]
        assert place.halts == []

    play(story)


def test_end_of_a_resting_order_during_an_outage_is_told_after_it() -> None:
    """The venue never repeats it: what rests no longer is asked about."""

    async def story(place: AccountPlace) -> None:
        cloid = await place.rest()
        place.venue.inject(CutLink(for_ms=15_000, link="runner"))
        (order,) = place.venue.venue.engine.orders_of(OWNER.address)
        await place.by_hand(place.hand.cancel(order.oid, now=place.now))
        await place.world.clock.sleep(60)
        assert place.life(cloid).state is IntentState.DEAD
        assert place.halts == []

    play(story)


def test_execution_that_no_stream_told_is_found_by_the_guard() -> None:
    """Of ours to the desk, of others to the ledger, and then there is no drift."""

    async def story(place: AccountPlace) -> None:
        cloid = await place.rest()
        for channel in ("userFills", "user", "orderUpdates", "userEvents"):
            place.venue.spoil(SilentChannel(channel=channel))
        place.move("45000")
        await place.by_hand(place.hand.order("0.01", "47000", now=place.now))
        await place.world.clock.sleep(10)
        assert await place.ledger() == {}
        found = await place.guard.check()
        assert found.drift == Aligned()
        assert await place.ledger() == place.books() != {}
        assert place.life(cloid).filled == Decimal("0.0026")
        assert place.lines(LogEvent.STATE_DRIFT) == []

    play(story)


def test_reading_from_before_the_last_execution_never_wins() -> None:
    """The venue's reads lag by a minute: what the stream booked stays, and nothing is called drift."""

    async def story(place: AccountPlace) -> None:
        await place.world.clock.sleep(120)
        place.venue.inject(LagReads(by_ms=60_000))
        await place.by_hand(place.hand.order("0.05", "47000", now=place.now))
        await place.world.clock.sleep(2)
        ledger = await place.ledger()
        assert ledger == place.books() != {}
        found = await place.guard.check()
        assert isinstance(found.drift, Aligned)
        assert [(each.field, each.observed, each.weight) for each in found.drift.open] == [
            ("BTC.size", "0", Weight.TOO_OLD)
        ]
        assert (await place.ledger(), place.lines(LogEvent.STATE_DRIFT)) == (ledger, [])
        place.venue.inject(LagReads(by_ms=0))
        assert (await place.guard.check()).drift == Aligned()

    play(story)


def test_position_without_any_execution_is_said_field_by_field_and_believed() -> None:
    """Something moved the position that no list of fills holds."""

    async def story(place: AccountPlace) -> None:
        await place.by_hand(place.hand.order("0.05", "47000", now=place.now))
        await place.pass_time(2)
        books_of(place.venue.venue.engine).positions[0].szi += Decimal("0.02")
        found = await place.guard.check()
        assert isinstance(found.drift, Drifted)
        (line,) = place.lines(LogEvent.STATE_DRIFT)
        assert line.facts == {"field": "BTC.size", "believed": "0.05", "observed": "0.07"}
        verdicts = [place.guard.is_drifted]
        assert (await place.guard.check()).drift == Aligned()
        assert [*verdicts, place.guard.is_drifted] == [True, False]

    play(story)


@pytest.mark.parametrize("channel", ["userFills", "userEvents"])
def test_execution_is_told_as_long_as_one_of_two_channels_tells_it(channel: str) -> None:
    """Now and then a frame of fills is missing."""

    async def story(place: AccountPlace) -> None:
        place.venue.spoil(FramesMissing(channel=channel))
        await place.by_hand(place.hand.order("0.05", "47000", now=place.now))
        await place.world.clock.sleep(2)
        assert await place.ledger() == place.books() != {}

    play(story)
