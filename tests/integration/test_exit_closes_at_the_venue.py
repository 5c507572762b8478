"""A close climbs its ladder at the venue, and every rung is reached by what the venue really answers."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from agentic_core.domain import Side, Size, TradingState
from agentic_core.logevents import LogEvent
from agentic_core.runtime.exits import CloseReport
from agentic_hl.venue.fault_values import (
    AnswerLost,
    ErrorAfterCommit,
    ErrorInstead,
    Fault,
    Halted,
    LaggedReads,
    OverBudget,
    PostOnly,
    TooManyRequests,
)
from agentic_hl.venue.terms import Tif
from tests.support.exits_place import ExitPlace, Shape, play
from tests.support.markets import BTC

D = Decimal
Story = Callable[[ExitPlace], Awaitable[None]]


async def closed(place: ExitPlace, units: str | None = None) -> CloseReport:
    """Close so many units, or all of it."""
    return await place.exits.close(BTC, wanted=None if units is None else Size(D(units)), cause="test")


def limits_of(place: ExitPlace) -> list[Decimal]:
    """Return the limit prices of the reducing orders that the venue took or refused, oldest first."""
    return [order.limit_px for order in place.placed() if order.reduce_only]


def play_alone(story: Story, shape: Shape | None = None) -> None:
    """Play a story in which nobody keeps stops, and trading is halted, as it is when a close is called for."""
    play(story, shape or Shape(state=TradingState.HALTED), watches=False)


@pytest.mark.parametrize(("size", "limit", "price"), [("2", "99", "101"), ("-2", "101", "99")])
def test_close_is_one_immediate_order_within_the_collar(size: str, limit: str, price: str) -> None:
    """It is priced 1 % beyond the mark, reduces, and holds exactly what is held."""

    async def story(place: ExitPlace) -> None:
        place.take(size, price)
        report = await closed(place)
        assert report == CloseReport(symbol=BTC, closed=Size(D(2)), held=Size(D(0)))
        _, order = place.placed()
        assert (order.orig_sz, order.limit_px, order.tif, order.reduce_only) == (D(2), D(limit), Tif.IOC, True)
        assert place.held() == 0
        assert place.lines(LogEvent.HUMAN_NEEDED) == []

    play_alone(story)


@pytest.mark.parametrize(
    ("held", "wanted", "left"),
    [
        ("2", "0.5", "1.5"),
        # Leaves 5 dollars, which nobody could close alone: all of it goes.
        ("2", "1.95", "0"),
        # Worth 1 dollar: the venue takes no order below 10, so 10 dollars at the limit of 99 it is.
        ("2", "0.01", "1.89898"),
        # Dust as a whole may be closed.
        ("0.05", None, "0"),
        ("0.05", "0.01", "0"),
        ("0.15", "0.1", "0"),
        ("2", "3", "0"),
    ],
)
def test_close_of_a_part_keeps_to_the_venues_minimum(held: str, wanted: str | None, left: str) -> None:
    """Neither the order nor what it leaves is too small."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        if D(held) < 2:
            place.take(str(D(held) - 2), "99")
        report = await closed(place, wanted)
        assert place.held() == report.held == D(left)
        assert report.paged is None
        assert report.closed == D(held) - D(left)

    play_alone(story)


def test_close_in_a_thin_book_widens_its_collar() -> None:
    """One unit is bid within 1 %, another within 2 %, the last within 4 %."""

    async def story(place: ExitPlace) -> None:
        place.take("3", "101")
        place.quote("100", bids=[("99.5", "1"), ("98.5", "1"), ("97", "1")])
        report = await closed(place)
        assert (report.closed, report.held, report.paged) == (D(3), D(0), None)
        assert limits_of(place) == [D(99), D(98), D(96)]

    play_alone(story)


@pytest.mark.parametrize(
    ("size", "price", "limits"),
    [("2", "101", ["99", "98", "96", "92"]), ("-2", "99", ["101", "102", "104", "108"])],
)
def test_close_without_any_liquidity_calls_a_human(size: str, price: str, limits: list[str]) -> None:
    """Four collars are tried, nothing matches, and it says so."""

    async def story(place: ExitPlace) -> None:
        place.take(size, price)
        place.quote("100", bids=[], asks=[])
        report = await closed(place)
        assert (report.closed, report.held) == (D(0), D(size))
        assert report.paged == "BTC is not closed: the widest collar matched too little; 0 units are closed"
        assert limits_of(place) == [D(limit) for limit in limits]
        assert place.pages == [report.paged]
        assert [line.facts["symbol"] for line in place.lines(LogEvent.HUMAN_NEEDED)] == ["BTC"]

    play_alone(story)


def test_post_only_phase_is_sat_out_at_the_top_of_the_book() -> None:
    """An order that only makes rests at the best ask, is priced anew every few seconds, and the close ends after."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.quote("100", bids=[("99.8", "50")], asks=[("100.2", "50")])
        place.go_wrong(PostOnly(for_ms=22_000))
        report = await closed(place)
        assert (report.closed, report.held, report.paged) == (D(2), D(0), None)
        made = [order for order in place.placed() if order.tif is Tif.ALO and order.status != "rejected"]
        assert len(made) >= 3
        assert {order.limit_px for order in made} == {D(100)}  # the mark, nearer than the best ask
        assert all(order.status == "canceled" for order in made)
        ended = place.placed()[-1]
        assert (ended.tif, ended.status) == (Tif.IOC, "filled")

    play_alone(story)


def test_order_that_rested_through_the_phase_may_fill() -> None:
    """Somebody buys at its price: nothing more is sent, and what it executed counts."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.quote("100", bids=[("99.8", "50")], asks=[("100.2", "50")])
        place.go_wrong(PostOnly())
        place.world.after(3_000, lambda: place.quote("100.3"))
        report = await closed(place)
        assert (report.closed, report.held, report.paged) == (D(2), D(0), None)
        assert [order.status for order in place.placed() if order.tif is Tif.ALO] == ["filled"]

    play_alone(story)


def test_halted_venue_is_asked_again_until_it_trades() -> None:
    """No collar is widened and no human called for a halt of 20 seconds."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=20_000))
        report = await closed(place)
        assert (report.closed, report.held, report.paged) == (D(2), D(0), None)
        assert set(limits_of(place)) == {D(99)}

    play_alone(story)


def test_halt_without_an_end_calls_a_human_within_the_deadline() -> None:
    """Two minutes are the longest that anybody waits for a word."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted())
        began = place.world.clock.now()
        report = await closed(place)
        assert place.world.clock.now() - began <= 125_000
        assert (report.held, place.held(), len(place.pages)) == (D(2), D(2), 1)

    play_alone(story)


@pytest.mark.parametrize(
    "fault",
    [
        AnswerLost(of="order"),
        ErrorAfterCommit(of="order"),
        ErrorInstead(of="order"),
        TooManyRequests(of="order"),
        OverBudget(),
        AnswerLost(of="order", count=3),
        ErrorInstead(of="order", count=3),
        LaggedReads(by_ms=3_000),
    ],
    ids=lambda fault: f"{type(fault).__name__}-{getattr(fault, 'count', 1)}",
)
@pytest.mark.parametrize("wanted", [None, "0.5"])
def test_unclear_answers_close_neither_too_much_nor_too_little(fault: Fault, wanted: str | None) -> None:
    """A part of a position is closed exactly once, whatever became of the requests."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        await place.pass_time(5)
        place.go_wrong(fault)
        report = await closed(place, wanted)
        left = D(0) if wanted is None else D("1.5")
        assert place.held() == left
        assert (report.closed, report.paged) == (2 - left, None)

    play_alone(story)


def test_position_closed_by_somebody_else_meanwhile_is_closed() -> None:
    """The venue refuses the reducing order, because there is nothing left to reduce."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(Halted(for_ms=5_000))
        place.world.after(5_000, lambda: place.take("-2", "99"))
        report = await closed(place)
        assert (report.held, report.paged, place.held()) == (D(0), None, D(0))

    play_alone(story)


def test_flat_symbol_sends_nothing() -> None:
    """That there is nothing to close is read, not remembered."""

    async def story(place: ExitPlace) -> None:
        report = await closed(place)
        assert report == CloseReport(symbol=BTC, held=Size(D(0)))
        assert place.placed() == []

    play_alone(story)


def test_venue_that_does_not_answer_at_all_calls_a_human() -> None:
    """Nobody knows what is held, and the report says that."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        place.go_wrong(ErrorInstead(count=1_000_000))
        began = place.world.clock.now()
        report = await closed(place)
        assert place.world.clock.now() - began <= 140_000
        assert (report.held, len(place.pages)) == (None, 1)
        assert "nobody knows what is left" in report.detail

    play_alone(story)


@pytest.mark.parametrize("side", list(Side))
def test_position_that_turned_around_meanwhile_is_closed_too(side: Side) -> None:
    """Somebody sold three of two: the one that is short now is bought back."""

    async def story(place: ExitPlace) -> None:
        place.take(f"{2 * side.sign}", "101" if side is Side.BUY else "99")
        place.go_wrong(Halted(for_ms=5_000))
        place.world.after(5_000, lambda: place.take(f"{-3 * side.sign}", "99" if side is Side.BUY else "101"))
        report = await closed(place)
        assert (report.held, report.paged, place.held()) == (D(0), None, D(0))

    play_alone(story)
