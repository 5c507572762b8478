"""When silence, a burn or the venue's own word proves that an order is dead, at the exact boundaries; and late news."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import Instant, IntentState
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    OrderRefused,
    OrderSeen,
    OrderStatus,
)
from agentic_core.execution.findings import Finding
from agentic_core.execution.intent import Contradiction, Learned, learn
from agentic_core.execution.life import RULES, ResolutionRules, begin
from tests.support.intents import DEADLINE, LOST, MADE, SEARCH, SENT, absence, contradicted, fresh, made, size, told

D = Decimal
STATES = IntentState
FIRST = DEADLINE + 1
"""The earliest read that can count."""


def test_times_of_the_protocol_are_the_defaults() -> None:
    """Ten seconds to expiry, five of margin, two between reads, three to send, a minute to search back."""
    assert (RULES.expiry_ms, RULES.margin_ms, RULES.absence_gap_ms) == (10_000, 5_000, 2_000)
    assert (RULES.send_left_ms, RULES.search_back_ms, RULES.observe_every_ms) == (3_000, 60_000, 1_000)
    assert RULES.expires_at(MADE) == 1_010_000


# ── two reads of absence ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("story", [(), (SENT,), (SENT, LOST), (SENT, LOST, BurnBegan(), BurnUnproven())])
def test_absent_twice_after_the_deadline_two_seconds_apart_is_dead(story: tuple[Evidence, ...]) -> None:
    """The first possible reads prove it, whatever was tried before."""
    once = fresh(*story, absence(FIRST))
    assert (once.state, once.absent_at) == (fresh(*story).state, FIRST)
    twice = told(once, absence(FIRST + 2_000))
    assert (twice.state, twice.ended_by, twice.filled) == (STATES.DEAD, Finding.OUTLIVED, D(0))


def test_absent_twice_one_millisecond_less_than_two_seconds_apart_is_unknown() -> None:
    """The first read stays the one to measure from."""
    life = fresh(SENT, LOST, absence(FIRST), absence(FIRST + 1_999))
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, FIRST)
    assert told(life, absence(FIRST + 2_000)).state is STATES.DEAD


@pytest.mark.parametrize("read_at", [MADE, MADE + 10_000, DEADLINE - 1, DEADLINE])
def test_absence_up_to_the_deadline_says_nothing(read_at: int) -> None:
    """Venue time has to be past the expiry and its margin, not at it."""
    life = fresh(SENT, LOST)
    assert told(life, absence(read_at)) == life
    assert told(life, *[absence(read_at)] * 9, absence(read_at + 1)).state is STATES.UNKNOWN


def test_absence_at_the_deadline_does_not_count_as_the_first_read() -> None:
    """A read one millisecond too early does not help a later one."""
    life = fresh(SENT, LOST, absence(DEADLINE), absence(DEADLINE + 2_000))
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, DEADLINE + 2_000)


@pytest.mark.parametrize(("since", "state"), [(SEARCH, "dead"), (SEARCH - 1, "dead"), (SEARCH + 1, "unknown")])
def test_absence_needs_a_search_from_a_minute_before_the_intent(since: int, state: str) -> None:
    """A search that begins one millisecond late may have missed a fill."""
    life = fresh(SENT, LOST, absence(FIRST, since=since), absence(FIRST + 2_000, since=since))
    assert life.state.value == state


def test_repeated_read_of_absence_is_one_read() -> None:
    """A duplicate is no second look."""
    life = fresh(SENT, LOST, *[absence(FIRST)] * 5)
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, FIRST)


def test_reads_of_absence_in_reverse_order_measure_from_the_earlier_one() -> None:
    """What arrives late is still the earlier read, and never proves anything by itself."""
    life = fresh(SENT, LOST, absence(FIRST + 2_000), absence(FIRST))
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, FIRST)
    assert told(life, absence(FIRST + 2_000)).state is STATES.DEAD


def test_fill_between_two_reads_of_absence_voids_the_first() -> None:
    """A read that missed it was too old to prove anything."""
    life = fresh(SENT, LOST, absence(FIRST), FillSeen(filled=size("1")))
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, None)
    assert told(life, absence(FIRST + 2_000)) == life  # its search found nothing of the known fill
    once = told(life, absence(FIRST + 2_001, filled="1"))
    assert (once.state, once.absent_at) == (STATES.UNKNOWN, FIRST + 2_001)
    twice = told(once, absence(FIRST + 4_001, filled="1"))
    assert (twice.state, twice.filled, twice.ended_by) == (STATES.PARTIAL, D(1), Finding.OUTLIVED_PART)


def test_news_between_two_reads_of_absence_that_say_nothing_keep_the_first() -> None:
    """A lost answer or a burn that met a used nonce takes nothing back."""
    life = fresh(SENT, LOST, absence(FIRST), LOST, BurnBegan(), BurnUnproven(cause="used"))
    assert (life.state, life.absent_at) == (STATES.UNKNOWN, FIRST)
    assert told(life, absence(FIRST + 2_000)).state is STATES.DEAD


@pytest.mark.parametrize(
    "late", [OrderSeen(status=OrderStatus.CANCELED, filled=size("1")), AnsweredFilled(filled=size("1"))]
)
def test_venues_own_word_after_a_proven_end_is_no_news(late: Evidence) -> None:
    """The order ended with what had executed; the venue says the same."""
    known = fresh(SENT, LOST, FillSeen(filled=size("1")))
    ended = told(known, absence(FIRST, filled="1"), absence(FIRST + 2_000, filled="1"))
    assert ended.state is STATES.PARTIAL
    assert told(ended, late) == ended


def test_absence_whose_search_finds_a_new_fill_is_a_sighting() -> None:
    """The order is not known any more, but it executed."""
    assert fresh(SENT, LOST, absence(MADE, filled="2")).state is STATES.FILLED
    life = fresh(SENT, LOST, absence(FIRST), absence(FIRST + 2_000, filled="1"))
    assert (life.state, life.filled, life.absent_at) == (STATES.UNKNOWN, D(1), None)


def test_absence_of_a_resting_order_says_nothing() -> None:
    """It was seen, so only the venue can say that it ended."""
    life = fresh(SENT, AnsweredResting(), style="gtc")
    assert told(life, absence(FIRST), absence(FIRST + 2_000)) == life


def test_absence_of_an_order_that_never_expires_says_nothing() -> None:
    """Without a deadline it may land at any time."""
    for_ever = begin(replace(made(), expires_at=None))
    assert told(for_ever, SENT, LOST, absence(DEADLINE * 9), absence(DEADLINE * 10)).state is STATES.UNKNOWN


def test_other_rules_move_the_deadline_and_the_gap() -> None:
    """The margin is what was measured at the venue, so it is not fixed."""
    rules = ResolutionRules(margin_ms=1, absence_gap_ms=10, search_back_ms=5)
    life = fresh(SENT, LOST)
    for read_at, state in ((1_010_001, "unknown"), (1_010_002, "unknown"), (1_010_011, "unknown"), (1_010_012, "dead")):
        learned = learn(life, absence(read_at, since=MADE - 5), rules)
        assert isinstance(learned, Learned)
        life = learned.life
        assert life.state.value == state


# ── burns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("story", [(), (SENT,), (SENT, LOST)])
def test_first_burn_acknowledged_is_dead(story: tuple[Evidence, ...]) -> None:
    """The nonce is gone, so the order can never use it."""
    life = fresh(*story, BurnBegan(), BurnAcknowledged())
    assert (life.state, life.ended_by, life.burns) == (STATES.DEAD, Finding.BURNED, 1)


def test_second_burn_acknowledged_is_unknown() -> None:
    """Nobody can tell which of the two was acknowledged, or what the first one met."""
    life = fresh(SENT, LOST, BurnBegan(), BurnUnproven(cause="lost"), BurnBegan(), BurnAcknowledged())
    assert (life.state, life.burns) == (STATES.UNKNOWN, 2)


def test_burn_acknowledged_that_nobody_began_says_nothing() -> None:
    """Every burn is written down before it leaves."""
    assert fresh(SENT, LOST, BurnAcknowledged()).state is STATES.UNKNOWN


@pytest.mark.parametrize("cause", ["used", "too low", "lost"])
def test_burn_answered_used_says_nothing(cause: str) -> None:
    """The nonce may have been used by the order itself."""
    life = fresh(SENT, LOST, BurnBegan())
    assert told(life, BurnUnproven(cause=cause)) == life
    assert told(life, BurnUnproven(cause=cause), absence(MADE)).state is STATES.UNKNOWN


# ── news after the end ───────────────────────────────────────────────────────────────────────────────────────────────

DEATHS: dict[str, tuple[Evidence, ...]] = {
    "burned": (SENT, LOST, BurnBegan(), BurnAcknowledged()),
    "outlived": (SENT, LOST, absence(FIRST), absence(FIRST + 2_000)),
    "refused": (SENT, OrderRefused(reason="no")),
    "canceled": (SENT, OrderSeen(status=OrderStatus.CANCELED)),
    "rejected": (SENT, OrderSeen(status=OrderStatus.REJECTED)),
}


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize(
    ("lie", "state", "filled"),
    [
        (FillSeen(filled=size("2")), "filled", "2"),
        (AnsweredFilled(filled=size("2")), "filled", "2"),
        (OrderSeen(status=OrderStatus.FILLED), "filled", "2"),
        (AnsweredFilled(filled=size("1")), "partial", "1"),
        (OrderSeen(status=OrderStatus.CANCELED, filled=size("1")), "partial", "1"),
        (OrderSeen(status=OrderStatus.RESTING, filled=size("1")), "resting", "1"),
        (AnsweredResting(filled=size("1")), "resting", "1"),
        (FillsBooked(filled=size("2")), "booked", "2"),
        (absence(FIRST + 9_000, filled="2"), "filled", "2"),
    ],
)
def test_fill_after_a_death_contradicts_it_and_counts(death: str, lie: Evidence, state: str, filled: str) -> None:
    """The venue was wrong or we were: the fill is believed and people are told."""
    dead = fresh(*DEATHS[death])
    found = contradicted(dead, lie)
    assert (found.before, found.now.state.value, found.now.filled) == (dead, state, D(filled))


@pytest.mark.parametrize(("death", "state"), [("burned", "unknown"), ("outlived", "unknown"), ("refused", "unknown")])
def test_fill_of_a_part_after_our_proof_of_death_opens_the_question_again(death: str, state: str) -> None:
    """If the proof was wrong, the rest may execute as well; after the venue's own end it may not."""
    assert contradicted(fresh(*DEATHS[death]), FillSeen(filled=size("1"))).now.state.value == state
    ended = contradicted(fresh(*DEATHS["canceled"]), FillSeen(filled=size("1"))).now
    assert (ended.state, ended.filled, ended.ended_by) == (STATES.PARTIAL, D(1), Finding.ENDED_PART)


@pytest.mark.parametrize("sight", [AnsweredResting(), OrderSeen(status=OrderStatus.RESTING)])
def test_order_seen_alive_contradicts_our_proofs_and_is_old_news_after_the_venues_own(sight: Evidence) -> None:
    """What the venue ended may still be reported from before its end."""
    for death in ("burned", "outlived", "refused"):
        assert contradicted(fresh(*DEATHS[death]), sight).now.state is STATES.RESTING
    for death in ("canceled", "rejected"):
        assert told(fresh(*DEATHS[death]), sight) == fresh(*DEATHS[death])
    full = fresh(SENT, FillSeen(filled=size("2")), style="gtc")
    assert told(full, sight) == full


def test_more_than_was_ordered_contradicts_everything() -> None:
    """It counts in full."""
    for story in ((), (SENT,), (SENT, FillSeen(filled=size("2")))):
        found = contradicted(fresh(*story), FillSeen(filled=size("2.5")))
        assert (found.finding, found.now.state, found.now.filled) == (Finding.OVERFILLED, STATES.FILLED, D("2.5"))
        assert told(found.now, FillSeen(filled=size("2.5"))) == found.now


def test_contradiction_reads_as_one_line_that_says_what_was_and_what_is() -> None:
    """People see the order, both beliefs and what came between."""
    dead = contradicted(fresh(*DEATHS["burned"]), FillSeen(filled=size("1")))
    assert dead.detail == (
        "0x000000000000000000000000000000c1 was dead (by burned) with 0 filled; "
        "then came executing by FillSeen: it is unknown with 1 filled"
    )
    alive = learn(fresh(SENT), FillSeen(filled=size("3")))
    assert isinstance(alive, Contradiction)
    assert "was sent with 0 filled; then came overfilled" in alive.detail


def test_contradiction_of_our_proof_forgets_what_had_ended_it() -> None:
    """A revived order has not ended, and old reads of absence do not end it again."""
    found = contradicted(fresh(*DEATHS["outlived"]), FillSeen(filled=size("1")))
    assert (found.now.ended_by, found.now.absent_at) == (None, None)
    assert told(found.now, absence(FIRST + 2_000, filled="1")).absent_at == Instant(FIRST + 2_000)
