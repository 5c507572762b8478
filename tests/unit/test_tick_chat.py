"""One turn decided by a chat model: money is held before it is asked, and what it says is taken for nothing more."""

from decimal import Decimal

import pytest

from agentic_core.chat import said
from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved
from agentic_core.chat.showing.reply_schema import reply_schema_json
from agentic_core.domain import (
    Executed,
    Instant,
    Noop,
    NoopResult,
    RejectedResult,
    Side,
    TickId,
    TradingState,
    Usage,
    Usd,
)
from agentic_core.domain.chat import CallId, ChatPurpose, LastTurn, UnusableCause
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage
from agentic_core.risk.envelope import allowed
from agentic_core.runtime import Skipped, Turned, tick
from agentic_core.runtime.tick import TickGenerator, TickOutcome
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand, held
from tests.support.thinking import CANARY, failed, scripted, unreadable
from tests.support.turns import DEPLOYMENT, LIMITS, World, filled, mandate, open_of

D = Decimal
BOUND = Usd(D("0.05"))
PAID = CallUsage(prompt_tokens=900, completion_tokens=40, cost_usd=Usd(D("0.02")))
COST = Usage(prompt_tokens=900, completion_tokens=40, cost_usd=Usd(D("0.02")))
WISH = open_of(Side.BUY, "0.01")
BUY = said(WISH, "It will rise.", usage=PAID)
NOTHING = said(None, "I would rather wait.", usage=PAID)
TOO_MUCH = said(open_of(Side.BUY, "9"), "All in!", usage=PAID)
CALL = CallId(deployment=DEPLOYMENT, decision=TickId(deployment=DEPLOYMENT, mark=AT).decision, step=0)


def turn_of(bound: Usd | None = BOUND, *, hold: str = "0", last: LastTurn | None = None) -> TickGenerator:
    """Begin a turn that a chat model decides."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(BTC, hold))
    decider = scripted(bound=bound)
    return tick(mandate(decider), market, account, TradingState.ACTIVE, mark=AT, record_holds=False, last=last)


def seen_again(hold: str = "0") -> AccountByHand:
    """Return the account as it is looked at after the answer."""
    account = AccountByHand(MarketByHand({BTC: "50000"}))
    account.hold(held(BTC, hold))
    return account


def played(reply: CallOutcome, world: World | None = None) -> tuple[World, TickOutcome]:
    """Play a turn in which the chat model says this, and nothing moves meanwhile."""
    used = world or World(filled, reply=reply, account=seen_again())
    return used, used.play(turn_of())


def test_chat_reserves_the_bound_before_it_asks() -> None:
    """The most the question can cost is held first."""
    world, _ = played(NOTHING)
    assert world.names == ["Reserve", "Ask", "Record"]
    assert world.of(Reserve) == [Reserve(call=CALL, purpose=ChatPurpose.LOOK, bound=BOUND)]
    assert [asked.call for asked in world.of(Ask)] == [CALL]


def test_chat_request_begins_with_the_text_of_the_skill_and_shows_the_mark_and_the_caps() -> None:
    """What stays the same comes first, the turn after it."""
    world, _ = played(NOTHING)
    system, user = world.of(Ask)[0].request.messages
    assert system.content == f"Decide. {CANARY}"
    assert "50000" in user.content
    assert CANARY not in user.content


def test_chat_request_asks_for_what_would_be_approved() -> None:
    """The schema of the reply is that of the very snapshot: with nothing held, both sides up to the same caps."""
    world, _ = played(NOTHING)
    schema = world.of(Ask)[0].request.reply_schema
    account = seen_again()
    assert schema == reply_schema_json(allowed(account, account.market, LIMITS, TradingState.ACTIVE))


def test_chat_is_told_what_became_of_the_turn_before() -> None:
    """Its kind and the rule that refused it, so that the same is not proposed again."""
    last = LastTurn(at=Instant(AT - 60_000), kind="open", symbol=BTC, result="rejected", rule="R5_POSITION_CAP")
    world = World(reply=NOTHING)
    world.play(turn_of(last=last))
    assert "R5_POSITION_CAP" in world.of(Ask)[0].request.messages[1].content


def test_chat_that_holds_something_asks_for_a_position() -> None:
    """Its money comes out of the share that is kept for that."""
    world = World(reply=NOTHING)
    world.play(turn_of(hold="0.01"))
    assert [one.purpose for one in world.of(Reserve)] == [ChatPurpose.POSITION]


def test_chat_whose_money_is_refused_skips_the_turn_without_asking() -> None:
    """Nothing is asked, decided or recorded as a decision; the reason names the guard."""
    world = World(reservation=Refused(reason="cost_guard: 1.04 USD would be committed this month, the cap is 1"))
    outcome = world.play(turn_of())
    assert outcome == Skipped(reason="cost_guard: 1.04 USD would be committed this month, the cap is 1")
    assert world.names == ["Reserve"]


def test_chat_of_unknown_cost_asks_for_a_reservation_of_the_unknown() -> None:
    """What nobody knows is passed on as None; it is never zero."""
    world = World(reservation=Refused(reason="cost_guard: the cost of the call is unknown"))
    outcome = world.play(turn_of(None))
    assert world.effects == [Reserve(call=CALL, purpose=ChatPurpose.LOOK, bound=None)]
    assert outcome == Skipped(reason="cost_guard: the cost of the call is unknown")


def test_chat_action_takes_the_way_of_every_action() -> None:
    """Risk engine, durable intent, one send; the decision carries who said it, in which words, at what cost."""
    world, outcome = played(BUY)
    assert world.names == ["Reserve", "Ask", "Look", "Persist", "Send", "Record"]
    assert isinstance(outcome, Turned)
    assert isinstance(outcome.result, Executed)
    decision = outcome.decision
    assert (decision.decided_by, decision.final_text) == ("chat:scripted", "It will rise.")
    assert (decision.proposed_action, decision.usage) == (WISH, COST)


def test_chat_action_beyond_the_caps_is_denied() -> None:
    """A language model cannot talk its way past a cap."""
    world, outcome = played(TOO_MUCH)
    assert world.names == ["Reserve", "Ask", "Record"]
    assert isinstance(outcome, Turned)
    assert isinstance(outcome.result, RejectedResult)
    assert outcome.result.rule == "R5_POSITION_CAP"


def test_chat_that_wants_nothing_is_recorded_even_where_holds_are_not() -> None:
    """It was asked and paid, so its answer is kept."""
    _, outcome = played(NOTHING)
    assert isinstance(outcome, Turned)
    assert outcome.decision.verdict == Noop(reason="nothing_proposed")
    assert outcome.result == NoopResult(reason="nothing_proposed")
    assert (outcome.decision.final_text, outcome.decision.usage) == ("I would rather wait.", COST)


@pytest.mark.parametrize("hold", ["0", "0.01"])
def test_chat_reply_that_cannot_be_used_is_an_outcome_of_its_own(hold: str) -> None:
    """It is no order and no hold: the verdict says unusable and why, and it has cost its bound."""
    world = World(reply=unreadable(None))
    outcome = world.play(turn_of(hold=hold))
    assert world.names == ["Reserve", "Ask", "Record"]
    assert isinstance(outcome, Turned)
    assert outcome.decision.verdict == Noop(reason="unusable_reply: malformed")
    assert outcome.result == NoopResult(reason="unusable_reply: malformed")
    assert outcome.unusable is UnusableCause.MALFORMED
    assert outcome.decision.proposed_action is None
    assert outcome.decision.final_text.startswith("malformed: ")
    assert outcome.decision.usage == Usage(prompt_tokens=900, cost_usd=BOUND)


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (CallFailure.REFUSED, UnusableCause.REFUSED),
        (CallFailure.TRUNCATED, UnusableCause.TRUNCATED),
        (CallFailure.NO_CREDIT, UnusableCause.NOT_ALLOWED),
        (CallFailure.OVERLOADED, UnusableCause.UNAVAILABLE),
    ],
)
def test_chat_call_that_failed_is_recorded_with_its_cause(failure: CallFailure, cause: UnusableCause) -> None:
    """None of them is taken for a wish to do nothing."""
    _, outcome = played(failed(failure, cost=Usd(D("0.01"))))
    assert isinstance(outcome, Turned)
    assert outcome.unusable is cause
    assert outcome.decision.usage.cost_usd == D("0.01")


def test_chat_decision_carries_its_first_request_and_its_calls() -> None:
    """By these it is found on its tape."""
    _, outcome = played(NOTHING)
    assert isinstance(outcome, Turned)
    assert outcome.decision.context_hash == "0" * 64
    assert [(step.step, step.outcome, step.cost_usd) for step in outcome.decision.steps] == [
        (0, "completed", D("0.02"))
    ]
    assert outcome.unusable is None


@pytest.mark.parametrize("reply", [None, BUY, Usd(D("0.05")), True], ids=["none", "answer", "money", "true"])
def test_chat_given_a_wrong_reply_to_reserve_does_not_ask(reply: object) -> None:
    """Only a reservation lets a question through."""
    world = World(reply=BUY)
    with pytest.raises(UsageError, match="was expected"):
        world.play(turn_of(), instead={0: reply})
    assert world.names == ["Reserve"]


@pytest.mark.parametrize(
    "reply", [None, Reserved(), "buy!", BUY, WISH], ids=["none", "reserved", "text", "bare", "act"]
)
def test_chat_given_a_wrong_reply_to_ask_decides_nothing(reply: object) -> None:
    """What is no outcome of a call cannot become an action."""
    world = World()
    with pytest.raises(UsageError, match="was expected"):
        world.play(turn_of(), instead={1: reply})
    assert world.names == ["Reserve", "Ask"]


def test_chat_that_is_broken_off_asks_nothing_more() -> None:
    """Its cause says so, and what its call may have cost counts."""
    world = World()
    lost = Asked(outcome=failed(CallFailure.TIMED_OUT), cost_usd=BOUND, is_broken_off=True)
    outcome = world.play(turn_of(), instead={1: lost})
    assert world.names == ["Reserve", "Ask", "Record"]
    assert isinstance(outcome, Turned)
    assert (outcome.unusable, outcome.decision.usage.cost_usd) == (UnusableCause.BROKEN_OFF, BOUND)
