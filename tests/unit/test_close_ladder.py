"""What a close does next: one order at a time, wider collars, post-only while it must, and a human in the end."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, Instant, Instrument, Price, Side, Size, Symbol, TimeInForce
from agentic_core.errors import IllegalTransition
from agentic_core.execution.close_ladder import (
    AwaitOutcome,
    Closed,
    CloseLadder,
    CloseRules,
    LookAgain,
    PageHuman,
    PlaceClose,
    RecallOrder,
    next_close_step,
    placed,
    take_close_outcome,
)
from agentic_core.execution.close_moves import CLOSE_MOVES, CloseState
from agentic_core.execution.close_moves import CloseOutcome as Outcome
from agentic_core.execution.close_pricing import CloseView

D = Decimal
ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)
START = CloseLadder(side=Side.SELL, wanted=None, collar_bps=100, begun_at=Instant(0))
"""Sells all of a long, first at most one percent below the mark."""
ONE, NONE = Size(D(1)), Size(D(0))
C = ClientOrderId("c")


def view(at: int = 0, held: str = "1", mark: str = "2000") -> CloseView:
    """Return a read of the symbol."""
    price = D(mark)
    return CloseView(
        instrument=ETH,
        read_at=Instant(at),
        mark=Price(price),
        bid=Price(price - 1),
        ask=Price(price + 1),
        held=Size(D(held)),
    )


def order(ladder: CloseLadder, at: int = 0, held: str = "1", mark: str = "2000") -> PlaceClose:
    """Return the order that the ladder places now."""
    step = next_close_step(ladder, view(at, held, mark), Instant(at))
    assert isinstance(step, PlaceClose), step
    return step


def out(ladder: CloseLadder = START, at: int = 0) -> CloseLadder:
    """Return the ladder with its next order on its way."""
    return placed(ladder, order(ladder, at), C, Instant(at))


def told(ladder: CloseLadder, *outcomes: Outcome, executed: Size = NONE, at: int = 0) -> CloseLadder:
    """Return the ladder after one more order for each outcome."""
    for outcome in outcomes:
        ladder = take_close_outcome(out(ladder, at), C, outcome, executed, Instant(at))
    return ladder


def test_first_order_takes_the_whole_position_inside_the_collar() -> None:
    """An immediate order for all of it, one percent beyond the close's own mark."""
    assert order(START) == PlaceClose(
        side=Side.SELL, size=ONE, limit_price=Price(D(1_980)), time_in_force=TimeInForce.IOC, attempt=0
    )
    short = order(replace(START, side=Side.BUY), held="-1")
    assert (short.side, short.size, short.limit_price) == ("buy", D(1), D(2_020))


@pytest.mark.parametrize("outcome", [Outcome.UNMATCHED, Outcome.PARTLY_FILLED])
def test_collars_widen_to_their_bound_and_then_page(outcome: Outcome) -> None:
    """One, two, four and eight percent, and then a human."""
    prices, ladder = [], START
    for _ in range(4):
        prices.append(order(ladder).limit_price)
        ladder = told(ladder, outcome)
    assert prices == [1_980, 1_960, 1_920, 1_840]
    page = PageHuman(detail="the widest collar matched too little; 0 units are closed", live=None)
    assert next_close_step(ladder, view(), Instant(0)) == page
    assert ladder.state is CloseState.PAGED
    assert order(replace(START, collar_bps=600, rung=1)).limit_price == 1_800


def test_partly_filled_order_leaves_the_rest_to_the_next() -> None:
    """What executed is counted, and the next order takes what the position still is."""
    ladder = told(START, Outcome.PARTLY_FILLED, executed=Size(D("0.4")))
    assert ladder.closed == D("0.4")
    assert order(ladder, held="0.6").size == D("0.6")


@pytest.mark.parametrize("outcome", [Outcome.FILLED, Outcome.NO_POSITION])
def test_close_ends_when_nothing_is_left(outcome: Outcome) -> None:
    """A whole fill ends it, and so does an order that found nothing to reduce."""
    ladder = told(START, outcome)
    assert next_close_step(ladder, None, Instant(10**9)) == Closed()
    with pytest.raises(IllegalTransition, match="c cannot be placed: the close is closed and no order is out"):
        placed(ladder, order(START), C, Instant(0))


@pytest.mark.parametrize("held", ["0", "-1"])
def test_close_ends_when_the_position_is_gone_or_turned(held: str) -> None:
    """A position that somebody else closed or turned around is none that this side can close."""
    assert next_close_step(START, view(held=held), Instant(0)) == Closed()


def test_unresolved_order_keeps_the_next_one_back() -> None:
    """While nobody knows what became of an order, no other is sent; in the end a human learns its name."""
    ladder = take_close_outcome(out(), C, Outcome.UNRESOLVED, NONE, Instant(5_000))
    assert next_close_step(ladder, view(119_999), Instant(119_999)) == AwaitOutcome(cloid=C, until=Instant(120_000))
    with pytest.raises(IllegalTransition, match="the close is taking and c is out"):
        placed(ladder, order(START), ClientOrderId("d"), Instant(5_000))
    page = PageHuman(detail="it took longer than 120000 ms; 0 units are closed", live=C)
    assert next_close_step(ladder, view(120_000), Instant(120_000)) == page
    late = take_close_outcome(ladder, C, Outcome.FILLED, ONE, Instant(130_000))
    assert next_close_step(late, None, Instant(130_000)) == Closed()


def test_post_only_phase_pegs_to_the_book_and_probes_for_its_end() -> None:
    """A resting order is taken back after five seconds, and an immediate one finds out whether the phase is over."""
    ladder = told(START, Outcome.POST_ONLY_PHASE)
    pegged = order(ladder)
    assert (pegged.time_in_force, pegged.limit_price, pegged.attempt) == (TimeInForce.POST_ONLY, D(2_000), 1)
    ladder = take_close_outcome(out(ladder), C, Outcome.RESTS, NONE, Instant(100))
    assert next_close_step(ladder, None, Instant(4_999)) == AwaitOutcome(cloid=C, until=Instant(5_000))
    assert next_close_step(ladder, None, Instant(5_000)) == RecallOrder(cloid=C)
    ladder = take_close_outcome(ladder, C, Outcome.UNRESOLVED, NONE, Instant(5_100))
    assert next_close_step(ladder, None, Instant(5_200)) == RecallOrder(cloid=C)
    ladder = take_close_outcome(ladder, C, Outcome.UNMATCHED, NONE, Instant(5_300))
    assert (order(ladder, 5_300).time_in_force, order(ladder, 5_300).limit_price) == (TimeInForce.IOC, D(1_980))


def test_halted_venue_is_asked_again_until_the_deadline() -> None:
    """A halt costs no rung and no refusal; the next view has to be a second younger."""
    ladder = told(START, Outcome.TRADING_HALTED)
    assert next_close_step(ladder, view(999), Instant(999)) == LookAgain(at=Instant(1_000))
    assert order(ladder, 1_000).limit_price == 1_980
    assert (ladder.refusals, ladder.rung) == (0, 0)


def test_refusals_are_counted_and_page() -> None:
    """The fifth refusal is the last."""
    ladder = START
    for number in range(5):
        assert ladder.state is CloseState.TAKING
        ladder = told(ladder, Outcome.REFUSED, at=number * 1_000)
    page = PageHuman(detail="the venue refused 5 orders; 0 units are closed", live=None)
    assert next_close_step(ladder, view(5_000), Instant(5_000)) == page


def test_orders_are_counted_and_page() -> None:
    """However the venue answers, it gets so many orders at most."""
    ladder = told(replace(START, rules=CloseRules(orders_max=2)), Outcome.POST_ONLY_PHASE, Outcome.UNMATCHED)
    page = PageHuman(detail="2 orders were not enough; 0 units are closed", live=None)
    assert next_close_step(ladder, view(), Instant(0)) == page


def test_last_order_is_followed_to_its_end() -> None:
    """The bound of orders does not abandon the one that is out."""
    ladder = out(replace(START, rules=CloseRules(orders_max=1)))
    ladder = take_close_outcome(ladder, C, Outcome.UNRESOLVED, NONE, Instant(1))
    assert next_close_step(ladder, None, Instant(2)) == AwaitOutcome(cloid=C, until=Instant(120_000))


@pytest.mark.parametrize(("read_at", "now", "usable"), [(0, 2_000, True), (0, 2_001, False), (-1, 0, False)])
def test_close_needs_its_own_young_view(read_at: int, now: int, *, usable: bool) -> None:
    """A view older than two seconds or than the close itself is read again."""
    step = next_close_step(START, view(read_at), Instant(now))
    assert step == LookAgain(at=Instant(now)) or usable
    assert isinstance(step, PlaceClose) is usable
    assert next_close_step(START, None, Instant(now)) == LookAgain(at=Instant(now))


@pytest.mark.parametrize(
    ("wanted", "held", "size"),
    [
        # At 1,980 the least that is worth ten dollars is 0.0051.
        ("0.5", "1", "0.5"),
        ("0.001", "1", "0.0051"),
        ("0.9949", "1", "0.9949"),
        ("0.995", "1", "1"),
        ("0.001", "0.008", "0.008"),
        ("2", "0.0001", "0.0001"),
        ("0.12345", "1", "0.1234"),
    ],
)
def test_partial_close_leaves_nothing_or_ten_dollars(wanted: str, held: str, size: str) -> None:
    """Orders and what they leave are worth ten dollars each; closing everything is exempt."""
    assert order(replace(START, wanted=Size(D(wanted))), held=held).size == D(size)


def test_partial_close_ends_when_its_rest_is_too_small_to_send() -> None:
    """A rest below ten dollars stays, unless the position itself is that small."""
    ladder = told(replace(START, wanted=Size(D("0.5"))), Outcome.PARTLY_FILLED, executed=Size(D("0.496")))
    assert next_close_step(ladder, view(held="0.504"), Instant(0)) == Closed()
    assert order(ladder, held="0.008").size == D("0.008")
    assert next_close_step(replace(ladder, closed=Size(D("0.5"))), view(held="0.5"), Instant(0)) == Closed()


def test_news_is_counted_once_and_never_beyond_the_order() -> None:
    """Executions are totals: older and excessive ones change nothing, and neither does another order's news."""
    ladder = take_close_outcome(out(), C, Outcome.RESTS, Size(D("0.3")), Instant(0))
    ladder = take_close_outcome(ladder, C, Outcome.RESTS, Size(D("0.2")), Instant(0))
    assert ladder.closed == D("0.3")
    assert take_close_outcome(ladder, ClientOrderId("d"), Outcome.FILLED, ONE, Instant(0)) == ladder
    ladder = take_close_outcome(ladder, C, Outcome.FILLED, Size(D(9)), Instant(0))
    assert ladder.closed == 1
    assert take_close_outcome(ladder, C, Outcome.REFUSED, NONE, Instant(0)) == ladder


def test_close_moves_cover_every_state_with_every_outcome() -> None:
    """The table is complete; only two outcomes leave an order out, and only whole ends close."""
    assert set(CLOSE_MOVES) == {(state, outcome) for state in CloseState for outcome in Outcome}
    assert {outcome for (_, outcome), move in CLOSE_MOVES.items() if not move.ends} == {
        Outcome.RESTS,
        Outcome.UNRESOLVED,
    }
    closing = {cell[1] for cell, move in CLOSE_MOVES.items() if move.to == "closed" and cell[0] != "closed"}
    assert closing == {Outcome.FILLED, Outcome.NO_POSITION}


@pytest.mark.parametrize(
    ("outcome", "to", "pauses"),
    [
        (Outcome.PARTLY_FILLED, "taking", False),
        (Outcome.UNMATCHED, "taking", False),
        (Outcome.WOULD_MATCH, "taking", True),
        (Outcome.POST_ONLY_PHASE, "pegging", True),
        (Outcome.TRADING_HALTED, "pegging", True),
        (Outcome.REFUSED, "pegging", True),
    ],
)
def test_pegged_order_that_ended_costs_no_rung(outcome: Outcome, to: str, *, pauses: bool) -> None:
    """Whatever ends a post-only order, the collar stays as wide as it was."""
    move = CLOSE_MOVES[CloseState.PEGGING, outcome]
    assert (move.to, move.pauses, move.widens) == (to, pauses, False)


def test_immediate_order_called_post_only_is_a_counted_refusal() -> None:
    """An answer that no immediate order can get is treated like any other refusal."""
    move = CLOSE_MOVES[CloseState.TAKING, Outcome.WOULD_MATCH]
    assert (move.to, move.counts, move.pauses) == ("taking", True, True)
