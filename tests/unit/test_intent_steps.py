"""What a runner does next about an intent, and what intents forbid meanwhile."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import Instant, IntentKind, OpenIntent
from agentic_core.execution.evidence import (
    AnsweredFilled,
    AnsweredResting,
    BurnAcknowledged,
    BurnBegan,
    BurnUnproven,
    Evidence,
    FillsBooked,
    FillSeen,
    NeverLeft,
    OrderRefused,
    OrderSeen,
    OrderStatus,
)
from agentic_core.execution.life import RULES, Life, begin
from agentic_core.execution.resolution import (
    Book,
    Burn,
    Done,
    Observe,
    Send,
    Step,
    WaitUntil,
    Watch,
    blocks_opens,
    next_step,
    worst_case,
)
from tests.support.intents import DEADLINE, EPOCH, EXPIRES, LOST, MADE, SENT, absence, fresh, made, size, told

D = Decimal
LAST_SEND = EXPIRES - 3_000
FIRST = DEADLINE + 1
UNLEFT = NeverLeft(send=1)


def step(life: Life, now: int, *, epoch: int = EPOCH, can_burn: bool = True) -> Step:
    """Return what comes next."""
    return next_step(life, Instant(now), RULES, epoch=epoch, can_burn=can_burn)


def look(now: int) -> Observe:
    """Return a look that may be repeated a second later."""
    return Observe(again_at=Instant(now + 1_000))


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("story", [(), (SENT, UNLEFT)])
@pytest.mark.parametrize("now", [MADE, LAST_SEND])
def test_prepared_intent_is_sent_while_three_seconds_are_left(story: tuple[Evidence, ...], now: int) -> None:
    """At exactly three seconds it may still leave, also after a failure before the first byte."""
    assert step(fresh(*story), now) == Send()


@pytest.mark.parametrize("story", [(), (SENT, UNLEFT)])
def test_prepared_intent_one_millisecond_late_is_never_sent(story: tuple[Evidence, ...]) -> None:
    """It is burned, or outlived where nothing can be burned."""
    assert step(fresh(*story), LAST_SEND + 1) == Burn()
    assert step(fresh(*story), LAST_SEND + 1, can_burn=False) == look(LAST_SEND + 1)


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
def test_intent_of_another_epoch_is_burned_and_never_sent(epoch: int) -> None:
    """Its sender may have it on the way."""
    assert step(fresh(), MADE, epoch=epoch) == Burn()
    assert step(fresh(), MADE, epoch=epoch, can_burn=False) == look(MADE)


def test_burned_intent_is_never_sent() -> None:
    """Its nonce may be gone."""
    assert step(fresh(BurnBegan()), MADE) == look(MADE)


def test_intent_without_expiry_is_sent_at_any_time() -> None:
    """Where the venue knows no deadline nothing can be too late."""
    assert step(begin(replace(made(), expires_at=None)), DEADLINE * 9) == Send()


# ── resolving ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_own_send_is_awaited_and_not_burned() -> None:
    """Its answer is under way."""
    assert step(fresh(SENT), MADE) == look(MADE)
    assert step(fresh(SENT), MADE, epoch=EPOCH + 1) == Burn()


@pytest.mark.parametrize("now", [MADE, EXPIRES, DEADLINE])
def test_unknown_order_is_burned_once_up_to_its_deadline(now: int) -> None:
    """After the first burn only looking helps, whatever it was answered with."""
    life = fresh(SENT, LOST)
    assert step(life, now) == Burn()
    assert step(life, now, can_burn=False) == look(now)
    assert step(told(life, BurnBegan()), now) == look(now)
    assert step(told(life, BurnBegan(), BurnUnproven(cause="used")), now) == look(now)


def test_unknown_order_past_its_deadline_is_looked_for_and_not_burned() -> None:
    """Two reads of absence are proof enough."""
    life = fresh(SENT, LOST)
    assert step(life, FIRST) == look(FIRST)
    once = told(life, absence(FIRST))
    assert step(once, FIRST) == WaitUntil(at=Instant(FIRST + 2_000))
    assert step(once, FIRST + 1_999) == WaitUntil(at=Instant(FIRST + 2_000))
    assert step(once, FIRST + 2_000) == look(FIRST + 2_000)


def test_order_that_executed_in_part_is_not_burned() -> None:
    """It has used its nonce."""
    life = fresh(SENT, LOST, FillSeen(filled=size("1")))
    assert step(life, MADE) == look(MADE)
    assert step(life, MADE, epoch=EPOCH + 1) == look(MADE)


def test_unknown_order_without_expiry_is_burned_or_looked_for_for_ever() -> None:
    """No time comes at which its absence proves anything."""
    life = told(begin(replace(made(), expires_at=None)), SENT, LOST)
    assert step(life, DEADLINE * 9) == Burn()
    assert step(told(life, BurnBegan()), DEADLINE * 9) == look(DEADLINE * 9)


@pytest.mark.parametrize("epoch", [EPOCH, EPOCH + 1])
def test_order_at_the_venue_is_watched_and_what_ended_is_booked_or_done(epoch: int) -> None:
    """A resting order is adopted by whoever comes; nothing executed means nothing to book."""
    story: dict[Evidence, Step] = {
        AnsweredResting(): Watch(),
        AnsweredFilled(filled=size("2")): Book(),
        OrderSeen(status=OrderStatus.CANCELED, filled=size("1")): Book(),
        OrderRefused(reason="no"): Done(),
        OrderSeen(status=OrderStatus.CANCELED): Done(),
    }
    for evidence, expected in story.items():
        assert step(fresh(SENT, evidence), MADE, epoch=epoch) == expected
    booked = fresh(SENT, FillSeen(filled=size("2")), FillsBooked(filled=size("2")))
    assert step(booked, MADE, epoch=epoch) == Done()


def test_only_what_was_burned_first_is_done_at_once() -> None:
    """From the takeover of an unsent intent to its proven end it takes one burn."""
    life = fresh()
    assert step(life, MADE, epoch=EPOCH + 1) == Burn()
    assert step(told(life, BurnBegan(), BurnAcknowledged()), MADE, epoch=EPOCH + 1) == Done()


# ── what is forbidden meanwhile ──────────────────────────────────────────────────────────────────────────────────────

UNRESOLVED: list[tuple[Evidence, ...]] = [(), (SENT,), (SENT, LOST), (SENT, LOST, FillSeen(filled=size("1")))]
SETTLED: list[tuple[Evidence, ...]] = [
    (SENT, AnsweredResting()),
    (SENT, AnsweredFilled(filled=size("2"))),
    (SENT, OrderRefused(reason="no")),
    (BurnBegan(), BurnAcknowledged()),
]


@pytest.mark.parametrize("style", ["ioc", "gtc", "close", "stop", "cover"])
@pytest.mark.parametrize("story", UNRESOLVED[:3])
def test_unresolved_order_of_any_kind_blocks_opens(story: tuple[Evidence, ...], style: str) -> None:
    """One is enough, also among settled ones."""
    settled = fresh(*SETTLED[0])
    assert blocks_opens([settled, fresh(*story, style=style), settled])


def test_immediate_order_that_executed_in_part_blocks_opens_until_its_end() -> None:
    """A fill says that it landed, not that it is over."""
    assert blocks_opens([fresh(*UNRESOLVED[3])])


@pytest.mark.parametrize("story", SETTLED)
def test_settled_order_blocks_nothing(story: tuple[Evidence, ...]) -> None:
    """What rests is known, and what ended is over."""
    assert not blocks_opens([fresh(*story)])


def test_nothing_blocks_where_nothing_is() -> None:
    """No intents, no block."""
    assert (blocks_opens([]), worst_case([])) == (False, ())


@pytest.mark.parametrize(
    ("kind", "blocks", "counts"),
    [
        (IntentKind.ORDER, True, True),
        (IntentKind.STOP, True, True),
        (IntentKind.LEVERAGE, True, False),
        (IntentKind.CANCEL, False, False),
        (IntentKind.NOOP, False, False),
    ],
)
def test_kind_of_an_unknown_action_decides_what_it_forbids(kind: IntentKind, *, blocks: bool, counts: bool) -> None:
    """A lost cancel or burn leaves the order it was about to count; a lost change of leverage changes the margin."""
    life = told(begin(made(kind=kind)), SENT, LOST)
    assert (blocks_opens([life]), bool(worst_case([life]))) == (blocks, counts)


@pytest.mark.parametrize(
    ("story", "units"),
    [
        ((), "2"),
        ((SENT, LOST), "2"),
        ((SENT, LOST, FillSeen(filled=size("0.5"))), "2"),
        ((SENT, LOST, FillSeen(filled=size("0.5")), FillsBooked(filled=size("0.5"))), "1.5"),
        ((SENT, AnsweredResting()), "2"),
        ((SENT, AnsweredFilled(filled=size("2"))), "2"),
        ((SENT, AnsweredFilled(filled=size("2")), FillsBooked(filled=size("0.5"))), "1.5"),
        ((SENT, AnsweredFilled(filled=size("0.5"))), "0.5"),
    ],
)
def test_worst_case_of_an_order_is_all_that_may_execute_and_is_not_in_the_books(
    story: tuple[Evidence, ...], units: str
) -> None:
    """Every unit counts, in the position or here."""
    life, order = fresh(*story), made().intent
    assert worst_case([life]) == (
        OpenIntent(
            cloid=order.cloid,
            symbol=order.symbol,
            side=order.side,
            size=size(units),
            limit_price=order.limit_price,
            reduce_only=False,
            resting=AnsweredResting() in story,
        ),
    )


@pytest.mark.parametrize(
    "story",
    [
        (SENT, OrderRefused(reason="no")),
        (BurnBegan(), BurnAcknowledged()),
        (SENT, AnsweredFilled(filled=size("2")), FillsBooked(filled=size("2"))),
        (SENT, AnsweredFilled(filled=size("0.5")), FillsBooked(filled=size("0.5"))),
    ],
)
def test_worst_case_of_what_is_over_and_booked_is_nothing(story: tuple[Evidence, ...]) -> None:
    """It is in the position, or never happened."""
    assert worst_case([fresh(*story)]) == ()


def test_worst_case_keeps_the_order_of_the_intents_and_their_own_size() -> None:
    """Also of a stop that covers more than it was ordered for: what is known to have executed counts."""
    cover = fresh(SENT, FillSeen(filled=size("5")), style="cover")
    lives = [fresh(), fresh(SENT, OrderRefused(reason="no")), cover]
    assert [(each.size, each.reduce_only, each.resting) for each in worst_case(lives)] == [
        (D(2), False, False),
        (D(5), True, True),
    ]
