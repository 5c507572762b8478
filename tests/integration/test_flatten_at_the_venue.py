"""The way to flat at the venue: whoever opened what is held, and never called flat before it is."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agentic_core.domain import ClientOrderId, IntentState, TradingState
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import CutLink
from agentic_hl.venue.fault_values import ErrorAfterCommit, ErrorInstead, Halted, LaggedReads
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC, ETH

D = Decimal
_STRANGER = ClientOrderId("0x" + "7" * 32)


def is_flat(place: ExitPlace) -> bool:
    """Tell whether the venue's books hold nothing and let nothing execute."""
    return not place.held() and not place.held(ETH) and not place.orders()


def rest_by_hand(place: ExitPlace, cloid: ClientOrderId | None) -> None:
    """Let the owner bid far below the market, by a program that names its orders or without a name."""
    place.by_hand(place.hand.order("1", "90", cloid=cloid, rests=True, now=place.world.clock.now()))


def when_sold(place: ExitPlace, act: Callable[[], None]) -> None:
    """Do something at the moment at which BTC is held no longer."""
    done: list[bool] = []

    def hear(_: object) -> None:
        if not place.held() and not done:
            done.append(True)
            place.world.after(0, act)

    place.sim.venue.listen(hear)


def test_account_with_a_bit_of_everything_is_taken_to_flat() -> None:
    """Two positions, one of them nobody's of ours; an entry and its stop that wait; an order of another program."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        place.take("-3", "99", symbol=ETH)
        await place.pass_time(4)
        bid = await place.enter("1", price="99.5")
        rest_by_hand(place, _STRANGER)
        assert (len(place.orders()), bid.state) == (4, IntentState.RESTING)
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert (report.is_flat, report.left) == (True, ())
        assert {close.symbol: close.closed for close in report.closes} == {BTC: D(2), ETH: D(3)}
        assert place.exits_said() == [LogEvent.FLATTEN_STARTED, LogEvent.FLATTENED]
        assert place.pages == []
        assert all(life.is_terminal for life in place.desk.lives.values())

    play(story)


def test_flat_account_is_called_flat_by_two_reads_some_time_apart() -> None:
    """Two for the positions and two once the stops are gone, each pair two seconds apart."""

    async def story(place: ExitPlace) -> None:
        report = await place.exits.flatten("test")
        assert report.is_flat
        assert report.ended_at - report.begun_at >= 4_000
        assert (report.closes, place.placed()) == ((), [])

    play(story)


def test_stops_stay_until_the_position_is_gone() -> None:
    """A position that cannot be closed keeps what protects it."""

    async def story(place: ExitPlace) -> None:
        await place.enter("2")
        await place.pass_time(4)
        place.quote("100", bids=[])
        report = await place.exits.flatten("test")
        assert (place.held(), place.stops()) == (D(2), [D(98)])
        assert not report.is_flat
        assert report.left[0] == "a position of 2 BTC"
        assert any("BTC is not closed: the widest collar matched too little" in reason for reason in report.left)
        assert place.lines(LogEvent.FLATTENED) == []
        assert len(place.lines(LogEvent.HUMAN_NEEDED)) == len(place.pages) == 2
        assert place.pages[-1].startswith("the account is not flat (test): a position of 2 BTC; ")

    play(story)


def test_symbols_are_closed_without_waiting_for_each_other() -> None:
    """One that nobody buys keeps no other from being closed at once."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.take("2", "101", symbol=ETH)
        place.quote("100", bids=[])
        closed_at: list[int] = []
        began = place.world.clock.now()
        place.world.after(3_000, lambda: closed_at.append(0) if place.held(ETH) else closed_at.append(1))
        report = await place.exits.flatten("test")
        assert closed_at == [1]
        assert (place.held(), place.held(ETH)) == (D(2), D(0))
        assert {close.symbol: close.is_flat for close in report.closes} == {BTC: False, ETH: True}
        assert place.world.clock.now() - began <= 60_000

    play(story, watches=False)


def test_order_without_a_name_is_cancelled_too() -> None:
    """The owner placed it by hand, so only the venue's number tells which it is."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        rest_by_hand(place, None)
        assert len(place.orders()) == 1
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert (report.is_flat, place.pages) == (True, [])

    play(story)


def test_trigger_that_somebody_else_placed_goes_with_the_position() -> None:
    """The venue ends what has nothing left to reduce."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.by_hand(place.hand.stop("-1", "95", now=place.world.clock.now()))
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert report.is_flat

    play(story)


@pytest.mark.parametrize("held", ["2", None])
@pytest.mark.parametrize("cloid", [None, _STRANGER])
@pytest.mark.parametrize("reduces", [True, False])
def test_trigger_of_somebody_else_is_cancelled(held: str | None, cloid: str | None, *, reduces: bool) -> None:
    """With a position or without, named or not, reducing or not: nothing waits that could execute later."""

    async def story(place: ExitPlace) -> None:
        if held is not None:
            place.take(held, "101")
        place.place_trigger(reduces=reduces, cloid=cloid)
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert (report.is_flat, place.pages) == (True, [])
        place.quote("94")
        await place.pass_time(5)
        assert is_flat(place)

    play(story)


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_market_that_nobody_buys_keeps_no_order_elsewhere_alive(lost: int) -> None:
    """Cancels got lost: they are sent again though a human was called for the position, and nobody is called twice."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        await place.enter("1", symbol=ETH, price="99.5")
        place.quote("100", bids=[])
        place.go_wrong(ErrorInstead(of="cancelByCloid", count=lost))
        report = await place.exits.flatten("test")
        assert (place.held(), place.orders()) == (D(2), [])
        assert report.left == (
            "a position of 2 BTC",
            "BTC is not closed: the widest collar matched too little; 0 units are closed",
        )
        assert len(place.pages) == 2

    play(story, watches=False)


def test_entry_of_unknown_fate_is_resolved_and_what_it_bought_is_closed() -> None:
    """Its answer was lost, so nobody knew that it had executed."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorAfterCommit(of="order"))
        entry = await place.enter("2")
        assert (place.held(), entry.is_unresolved, place.desk.unresolved) == (D(2), True, 1)
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert report.is_flat
        assert place.desk.unresolved == 0

    play(story, watches=False)


def test_halted_trading_and_a_halted_skill_do_not_end_a_flatten() -> None:
    """The latch holds back opens; closes pass, and a halt of the venue is sat out."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=30_000))
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert (report.is_flat, place.pages) == (True, [])

    play(story, Shape(state=TradingState.HALTED))


def test_venue_that_dies_midway_is_not_called_flat() -> None:
    """The close was taken, and after it nobody answers: what is left is not known, though it is nothing."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        when_sold(place, lambda: place.go_wrong(ErrorInstead(count=1_000_000)))
        began = place.world.clock.now()
        report = await place.exits.flatten("test")
        assert not report.is_flat
        assert any("could not be read" in reason for reason in report.left)
        assert place.lines(LogEvent.FLATTENED) == []
        assert place.pages
        assert place.world.clock.now() - began <= 400_000

    play(story)


def test_venue_that_dies_for_a_minute_is_waited_for() -> None:
    """The report tells what is so after it came back."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        when_sold(place, lambda: place.sim.inject(CutLink(for_ms=60_000)))
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert report.is_flat

    play(story)


def test_reads_that_lag_are_no_proof() -> None:
    """What is read shows five seconds ago: flat is not said before it was read of a time at which it was so."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        await place.pass_time(6)
        place.go_wrong(LaggedReads(by_ms=5_000))
        report = await place.exits.flatten("test")
        assert is_flat(place)
        assert report.is_flat

    play(story)
