"""What a broker's answers are evidence of, and orders that the venue may clip or let grow."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    Accepted,
    ClientOrderId,
    Fill,
    Instant,
    IntentKind,
    IntentState,
    Liquidity,
    Price,
    Rejected,
    Side,
    Symbol,
    Unresolved,
    Usd,
)
from agentic_core.execution.answers import BrokerReply, evidence_of
from agentic_core.execution.evidence import (
    AbsenceRead,
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    HttpRefused,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
    RequestRefused,
    Unclear,
    Withdrawn,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import begin
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned, Searched
from tests.support.intents import DEADLINE, MADE, SENT, absence, every_evidence, fresh, made, searched, size, told

D = Decimal
STATES = IntentState
CLOID = ClientOrderId("0x000000000000000000000000000000c1")
RANGE = Searched(since=Instant(5), read_at=Instant(9))
SEEN = Instant(7)


def fills(*units: str) -> tuple[Fill, ...]:
    """Return fills of these sizes."""
    return tuple(
        Fill(
            fill_id=f"fill-{number}",
            cloid=CLOID,
            symbol=Symbol("BTC"),
            side=Side.BUY,
            size=size(each),
            price=Price(D(100)),
            fee=Usd(D(0)),
            liquidity=Liquidity.TAKER,
            time=Instant(1),
            closed_pnl=Usd(D(0)),
        )
        for number, each in enumerate(units)
    )


SHOWN: list[tuple[IntentState, tuple[str, ...], Evidence]] = [
    (STATES.FILLED, ("0.5", "1.5"), OrderSeen(status=OrderStatus.FILLED, filled=size("2"))),
    (STATES.FILLED, (), OrderSeen(status=OrderStatus.FILLED)),
    (STATES.PARTIAL, ("0.5", "0.25"), OrderSeen(status=OrderStatus.CANCELED, filled=size("0.75"))),
    (STATES.DEAD, (), OrderSeen(status=OrderStatus.CANCELED)),
    (STATES.DEAD, ("1",), OrderSeen(status=OrderStatus.CANCELED, filled=size("1"))),
    (STATES.REJECTED, (), OrderSeen(status=OrderStatus.REJECTED)),
    (STATES.RESTING, (), AnsweredResting()),
    (STATES.RESTING, ("1",), AnsweredResting(filled=size("1"))),
    *((state, ("1",), FillSeen(filled=size("1"))) for state in (STATES.SENT, STATES.UNKNOWN, STATES.BOOKED)),
    (STATES.PARTIAL, (), Unclear(cause="the broker calls the order partial and names no fill")),
    (STATES.SENT, (), Unclear(cause="the broker calls the order sent and names no fill")),
    (STATES.UNKNOWN, (), Unclear(cause="the broker calls the order unknown and names no fill")),
    (STATES.BOOKED, (), Unclear(cause="the broker calls the order booked and names no fill")),
]


@pytest.mark.parametrize(("state", "units", "evidence"), SHOWN)
def test_state_that_a_broker_names_is_evidence_of_what_the_venue_shows(
    state: IntentState, units: tuple[str, ...], evidence: Evidence
) -> None:
    """Taken at once or found later, the same state and fills say the same; without both, nothing is clear."""
    accepted = Accepted(cloid=CLOID, state=state, fills=fills(*units), venue_order_id="1")
    assert evidence_of(accepted) == evidence
    assert evidence_of(Known(cloid=CLOID, state=state, fills=fills(*units), searched=RANGE)) == evidence


@pytest.mark.parametrize(
    ("accepted", "evidence"),
    [
        (Accepted(cloid=CLOID, state=STATES.FILLED, fills=(), venue_order_id="1", total=size("2")), "2"),
        (
            Accepted(cloid=CLOID, state=STATES.PARTIAL, fills=fills("0.5"), venue_order_id="1", total=size("0.75")),
            "0.75",
        ),
        (Accepted(cloid=CLOID, state=STATES.FILLED, fills=(), venue_order_id="", total=size("0")), "0"),
    ],
)
def test_total_of_an_answer_that_ended_is_all_that_executed(accepted: Accepted, evidence: str) -> None:
    """However many fills are listed by then; of an action without size it is nothing."""
    assert evidence_of(accepted) == AnsweredFilled(filled=size(evidence))


def test_total_of_an_order_that_rests_counts_where_it_is_ahead_of_the_fills() -> None:
    """The larger of both has executed."""
    resting = Accepted(cloid=CLOID, state=STATES.RESTING, fills=fills("0.5"), venue_order_id="1", total=size("0.75"))
    assert evidence_of(resting) == AnsweredResting(filled=size("0.75"))
    late = Known(cloid=CLOID, state=STATES.FILLED, fills=fills("0.5"), searched=RANGE, total=size("0.25"), seen_at=SEEN)
    assert evidence_of(late) == OrderSeen(status=OrderStatus.FILLED, filled=size("0.5"), seen_at=SEEN)


def test_absence_is_evidence_over_the_range_that_was_searched() -> None:
    """With the units that the search found all the same."""
    absent = Absent(cloid=CLOID, searched=RANGE, fills=fills("0.5"))
    assert evidence_of(absent) == AbsenceRead(read_at=RANGE.read_at, searched_from=RANGE.since, filled=size("0.5"))


def test_failure_before_the_first_byte_names_the_send_it_was() -> None:
    """The second send that never left says nothing about the first."""
    unresolved = Unresolved(cloid=CLOID, cause="no route", left=False)
    assert evidence_of(unresolved, send=2) == NeverLeft(send=2, cause="no route")


@pytest.mark.parametrize(
    ("reply", "evidence"),
    [
        (Rejected(cloid=CLOID, reason="too small"), OrderRefused(reason="too small")),
        (Unresolved(cloid=CLOID, cause="503"), Unclear(cause="503")),
        (Burned(), BurnAcknowledged()),
        (NotBurned(cause="used"), BurnUnproven(cause="used")),
    ],
)
def test_other_answers_of_a_broker_are_the_evidence_of_the_same_name(reply: BrokerReply, evidence: Evidence) -> None:
    """Words are kept for people."""
    assert evidence_of(reply) == evidence


# ── how evidence is stored ───────────────────────────────────────────────────────────────────────────────────────────

STORED: dict[str, Evidence] = {
    '{"evidence":"never_left","send":1,"cause":""}': NeverLeft(send=1),
    '{"evidence":"withdrawn","epoch":7,"cause":""}': Withdrawn(epoch=7),
    '{"evidence":"order_refused","reason":"no","only_send":true}': OrderRefused(reason="no"),
    '{"evidence":"request_refused","reason":"no","catalogued":false,"only_send":true}': RequestRefused(
        reason="no", catalogued=False
    ),
    '{"evidence":"http_refused","status":422,"venue_shaped":true,"reason":"","only_send":true}': HttpRefused(
        status=422, venue_shaped=True
    ),
    '{"evidence":"burn_unproven","cause":""}': BurnUnproven(),
    '{"evidence":"answered_resting","filled":"0"}': AnsweredResting(),
    '{"evidence":"absence_read","read_at":2,"searched_from":1,"filled":"0"}': AbsenceRead(
        read_at=Instant(2), searched_from=Instant(1)
    ),
    '{"evidence":"fills_booked","filled":"1","read_at":null,"searched_from":null}': FillsBooked(filled=size("1")),
    **{
        f'{{"evidence":"order_seen","status":"{word}","filled":"0","seen_at":null}}': OrderSeen(status=status)
        for word, status in zip(("resting", "filled", "canceled", "rejected"), OrderStatus, strict=True)
    },
}


@pytest.mark.parametrize("text", STORED)
def test_evidence_is_stored_by_its_name_with_plain_defaults(text: str) -> None:
    """A row that was written once has to be read for ever; nothing is assumed to have executed or to be a copy."""
    assert msgspec.json.encode(STORED[text]).decode() == text
    assert msgspec.json.decode(text, type=Evidence) == STORED[text]


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        (
            '{"evidence":"order_seen","status":"filled","filled":"1"}',
            OrderSeen(status=OrderStatus.FILLED, filled=size("1")),
        ),
        ('{"evidence":"fills_booked","filled":"1"}', FillsBooked(filled=size("1"))),
    ],
)
def test_evidence_stored_before_times_were_kept_is_read_without_them(text: str, evidence: Evidence) -> None:
    """Nothing is assumed about when it was read."""
    assert msgspec.json.decode(text, type=Evidence) == evidence


def test_every_evidence_comes_back_from_its_row() -> None:
    """Each kind has a name of its own."""
    for evidence in every_evidence():
        assert msgspec.json.decode(msgspec.json.encode(evidence), type=Evidence) == evidence


# ── orders whose size is not the last word ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("style", ["close", "trim", "stop", "cover"])
def test_reduce_only_order_seen_filled_executed_at_least_what_is_listed(style: str) -> None:
    """The venue clips it to the position and fills what is left of it, so the word does not stand for its size."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.FILLED, filled=size("0.5")), style=style)
    assert (life.state, life.filled, life.uncounted) == (STATES.FILLED, D("0.5"), True)
    assert (life.ended_by, life.ended_at_venue) == (Finding.CALLED_FILLED, True)
    assert told(life, FillsBooked(filled=size("0.5"))).state is STATES.FILLED


@pytest.mark.parametrize("style", ["close", "trim", "stop"])
def test_reduce_only_order_seen_filled_with_its_whole_size_is_filled(style: str) -> None:
    """No more can have executed."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.FILLED, filled=size("2")), style=style)
    assert (life.state, life.uncounted, life.ended_by) == (STATES.FILLED, False, Finding.EXECUTED_ALL)
    assert told(life, FillsBooked(filled=size("2"))).state is STATES.BOOKED


def test_order_that_is_never_clipped_and_seen_filled_executed_its_whole_size() -> None:
    """The number beside the word may name only the fills that are listed already."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.FILLED, filled=size("0.5")))
    assert (life.state, life.filled) == (STATES.FILLED, D(2))
    assert told(life, FillSeen(filled=size("2"))) == life


def test_stop_that_covers_the_position_may_execute_more_than_its_own_size() -> None:
    """It is as large as the position when it fires; fills alone never tell that it has ended."""
    life = fresh(SENT, AnsweredResting(), FillSeen(filled=size("2")), style="cover")
    assert (life.state, life.filled) == (STATES.RESTING, D(2))
    more = told(life, FillSeen(filled=size("5")))
    assert (more.state, more.filled) == (STATES.RESTING, D(5))
    ended = told(more, OrderSeen(status=OrderStatus.FILLED, filled=size("5"), seen_at=MADE))
    assert (ended.state, ended.filled, ended.ended_by) == (STATES.FILLED, D(5), Finding.CALLED_FILLED)
    once = told(ended, searched(MADE + 5_001, size("5")))
    assert (once.state, once.uncounted) == (STATES.FILLED, True)
    assert told(once, searched(MADE + 7_001, size("5"))).state is STATES.BOOKED


def test_stop_that_covers_the_position_and_is_canceled_with_its_own_size_filled_is_partial() -> None:
    """Its own size is no measure of what it had to do."""
    life = fresh(SENT, OrderSeen(status=OrderStatus.CANCELED, filled=size("2")), style="cover")
    assert life.state is STATES.PARTIAL


def test_stop_of_its_own_size_that_executes_more_contradicts() -> None:
    """Only a stop sized like the position may grow."""
    learned = learn(fresh(SENT, AnsweredResting(), style="stop"), FillSeen(filled=size("5")))
    assert isinstance(learned, Contradiction)
    assert learned.finding is Finding.OVERFILLED


def test_immediate_order_answered_with_nothing_filled_is_dead() -> None:
    """It ended at once and executed nothing."""
    life = fresh(SENT, AnsweredFilled(filled=size("0")))
    assert (life.state, life.ended_by) == (STATES.DEAD, Finding.ENDED_EMPTY)


def test_books_that_hold_a_fill_are_a_sighting_of_it() -> None:
    """The ledger may know of it before anybody told the intent."""
    half = fresh(SENT, FillsBooked(filled=size("1")), style="gtc")
    assert (half.state, half.filled, half.booked) == (STATES.RESTING, D(1), D(1))
    immediate = fresh(SENT, FillsBooked(filled=size("1")))
    assert (immediate.state, immediate.filled, immediate.booked) == (STATES.SENT, D(1), D(1))


def test_books_behind_the_fills_book_nothing_yet() -> None:
    """The ledger has to hold all of them; old news of the ledger does not shrink it."""
    life = fresh(SENT, FillSeen(filled=size("2")), FillsBooked(filled=size("1")), FillsBooked(filled=size("0.5")))
    assert (life.state, life.booked) == (STATES.FILLED, D(1))


# ── actions without size ─────────────────────────────────────────────────────────────────────────────────────────────


def test_action_without_size_that_was_thought_dead_and_was_done_contradicts() -> None:
    """No fill can ever show it, so the venue's plain word counts."""
    cancel = begin(made(units="0", kind=IntentKind.CANCEL))
    dead = told(cancel, SENT, absence(DEADLINE + 1), absence(DEADLINE + 2_001))
    learned = learn(dead, AnsweredFilled(filled=size("0")))
    assert isinstance(learned, Contradiction)
    assert learned.now.state is STATES.FILLED
    done = told(cancel, SENT, AnsweredFilled(filled=size("0")))
    assert told(done, AnsweredFilled(filled=size("0")), OrderSeen(status=OrderStatus.CANCELED)) == done


def test_action_without_size_that_was_burned_stays_dead_when_listed_as_canceled() -> None:
    """Both say that it was not done."""
    cancel = begin(made(units="0", kind=IntentKind.CANCEL))
    dead = told(cancel, SENT, BurnBegan(), BurnAcknowledged())
    assert told(dead, OrderSeen(status=OrderStatus.CANCELED)) == dead
