"""Facts about one order: their order and number make no difference, and a lie after a death is always noticed."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import IntentState
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    Unclear,
)
from agentic_core.execution.intent import Contradiction, Learned, learn
from agentic_core.execution.life import Life
from agentic_core.execution.resolution import blocks_opens, worst_case
from tests.support.examples import thorough
from tests.support.intent_scripts import play
from tests.support.intents import DEADLINE, LOST, SEARCH, SENT, absence, contradicted, fresh, size, told

STORIES: tuple[tuple[Evidence, ...], ...] = ((), (SENT,), (SENT, LOST))
scripts = st.binary(min_size=21, max_size=61)


class Told(NamedTuple):
    """What truthfully happened to an order, in two tellings."""

    before: Life
    once: list[Evidence]
    again: list[Evidence]
    """The same in another order, and some of it more than once."""


def seen(status: OrderStatus, units: int) -> Evidence:
    """Return a sighting."""
    return OrderSeen(status=status, filled=size(str(units)))


def facts_of(style: str, units: int, amounts: list[int], *, ends: bool) -> list[Evidence]:
    """List everything that can be seen of an order that executed these amounts, one after the other.

    One that only reduces may have been all that was there to close; then the venue calls it filled.
    """
    totals = [min(sum(amounts[:count]), units) for count in range(len(amounts) + 1)]
    filled, rests = totals[-1], style in {"gtc", "trim"}
    whole = filled == units or (style in {"close", "trim"} and filled > 0 and ends)
    facts: list[Evidence] = [FillSeen(filled=size(str(total))) for total in totals[1:]]
    facts += [FillsBooked(filled=size(str(total))) for total in totals[1:]]
    if rests:
        facts += [seen(OrderStatus.RESTING, total) for total in totals if not (whole and total == filled)]
        facts += [AnsweredFilled(filled=size(str(totals[1])))] if totals[1:] else [AnsweredResting()]
    else:
        facts += [AnsweredFilled(filled=size(str(filled)))]
    if whole:
        facts += [seen(OrderStatus.FILLED, listed) for listed in (0, totals[1], filled)]
    elif ends or not rests:
        facts += [seen(OrderStatus.CANCELED, filled)]
    return facts


def tell(script: bytes) -> Told:
    """Tell of an order of up to three units, as the bytes choose."""
    order, executions, chosen, places = script[0], script[1], script[2:8], script[8:]
    style, units = ("ioc", "gtc", "close", "trim")[executions // 16 % 4], order // 2 % 3 + 1
    amounts = [1 + executions // 4 % 2, 1, 1 + executions // 8 % 2][: executions % 4]
    facts = facts_of(style, units, amounts, ends=order // 8 % 2 > 0)
    once = [facts[each % len(facts)] for each in chosen]
    told_again = [*once, *once[: order // 16 % 4]]
    order_again = sorted(range(len(told_again)), key=lambda place: (places[place], place))
    before = fresh(*STORIES[order // 64 % 3], style=style, units=str(units))
    return Told(before, once, [told_again[place] for place in order_again])


tellings = st.binary(min_size=17, max_size=17).map(tell)


@thorough
@given(tellings)
def test_facts_in_any_order_and_number_say_the_same(order: Told) -> None:
    """What is positively known depends on what was told, not on when or how often."""
    once, again = told(order.before, *order.once), told(order.before, *order.again)
    assert (once.state, once.filled) == (again.state, again.filled)
    assert blocks_opens([once]) == blocks_opens([again])
    assert [each.size for each in worst_case([once])] == [each.size for each in worst_case([again])]
    assert [learn(once, fact) for fact in order.once] == [Learned(life=once, news=False)] * len(order.once)


@thorough
@given(scripts, st.integers(1, 3), st.integers(0, 5))
def test_more_fills_than_an_ended_order_had_always_contradict(script: bytes, more: int, way: int) -> None:
    """Whatever ended it and however the venue shows them, once its total is known; the units count from then on."""
    life = play(script).life
    if not life.is_terminal or life.uncounted:
        return
    units = size(str(life.filled + more))
    lies: tuple[Evidence, ...] = (
        FillSeen(filled=units),
        AnsweredFilled(filled=units),
        AnsweredResting(filled=units),
        *(OrderSeen(status=status, filled=units) for status in (OrderStatus.FILLED, OrderStatus.CANCELED)),
        AbsenceRead(read_at=DEADLINE, searched_from=SEARCH, filled=units),
    )
    found = contradicted(life, lies[way])
    assert found.before == life
    assert found.now.filled >= units
    assert sum(each.size for each in worst_case([found.now])) >= more


@thorough
@given(scripts)
def test_order_seen_alive_contradicts_every_proof_of_death_of_our_own(script: bytes) -> None:
    """After the venue's own word that it ended, the same sighting is old news."""
    life = play(script).life
    if not life.is_terminal:
        return
    alive = AnsweredResting(filled=life.filled) if script[0] % 2 else seen(OrderStatus.RESTING, int(life.filled))
    learned = learn(life, alive)
    if life.ended_by in {"withdrawn", "refused", "burned", "outlived", "outlived_part"}:
        assert isinstance(learned, Contradiction)
        assert learned.now.state is IntentState.RESTING
    else:
        assert learned == Learned(life=life, news=False)


@thorough
@given(scripts, st.integers(0, 8))
def test_order_that_executed_is_never_called_dead(script: bytes, way: int) -> None:
    """Not by any answer, burn or silence, however it lies."""
    life = play(script).life
    denials: tuple[Evidence, ...] = (
        OrderRefused(reason="no"),
        RequestRefused(reason="expired", catalogued=True),
        HttpRefused(status=422, venue_shaped=True),
        BurnAcknowledged(),
        BurnUnproven(cause="used"),
        Unclear(cause="reset"),
        absence(DEADLINE * 2, filled="0"),
        seen(OrderStatus.CANCELED, 0),
        seen(OrderStatus.REJECTED, 0),
    )
    if life.filled:
        learned = learn(life, denials[way])
        now = learned.life if isinstance(learned, Learned) else learned.now
        assert now.state not in {IntentState.DEAD, IntentState.REJECTED}
        assert now.filled == life.filled
