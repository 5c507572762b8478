"""One turn decided by a chat model: money is held before it is asked, and what it says is taken for nothing more."""

from decimal import Decimal

import pytest

from agentic_core.chat import ScriptedChatModel
from agentic_core.domain import (
    Executed,
    Noop,
    NoopResult,
    RejectedResult,
    Side,
    TickId,
    TradingState,
    Usage,
    Usd,
)
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import Answer, Reply, Unusable
from agentic_core.runtime import ByChatModel, Skipped, Turned, tick
from agentic_core.runtime.effects import Ask, Refused, Reserve, Reserved
from agentic_core.runtime.tick import TickGenerator, TickOutcome
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand, held
from tests.support.turns import DEPLOYMENT, LIMITS, World, filled, mandate, open_of

D = Decimal
BOUND = Usd(D("0.05"))
COST = Usage(prompt_tokens=900, completion_tokens=40, cost_usd=Usd(D("0.02")))
BUY = Answer(action=open_of(Side.BUY, "0.01"), text="It will rise.", usage=COST)
NOTHING = Answer(action=None, text="I would rather wait.", usage=COST)
TOO_MUCH = Answer(action=open_of(Side.BUY, "9"), text="All in!", usage=COST)
BROKEN = Unusable(cause="the reply was no JSON", usage=Usage(prompt_tokens=900, cost_usd=None))


def turn_of(bound: Usd | None = BOUND, *, hold: str = "0") -> TickGenerator:
    """Begin a turn that a chat model decides."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    account.hold(held(BTC, hold))
    decider = ByChatModel(chat_model=ScriptedChatModel([], bound=bound), payload='{"thesis":"up"}', lookback=12)
    return tick(mandate(decider), market, account, TradingState.ACTIVE, mark=AT, record_holds=False)


def seen_again(hold: str = "0") -> AccountByHand:
    """Return the account as it is looked at after the answer."""
    account = AccountByHand(MarketByHand({BTC: "50000"}))
    account.hold(held(BTC, hold))
    return account


def played(reply: Reply, world: World | None = None) -> tuple[World, TickOutcome]:
    """Play a turn in which the chat model says this, and nothing moves meanwhile."""
    used = world or World(filled, reply=reply, account=seen_again())
    return used, used.play(turn_of())


def test_chat_reserves_the_bound_before_it_asks() -> None:
    """The most the question can cost is held first."""
    world, _ = played(NOTHING)
    assert world.names == ["Reserve", "Ask", "Record"]
    assert world.of(Reserve) == [Reserve(bound=BOUND)]


def test_chat_question_shows_the_skill_the_market_the_account_and_the_caps() -> None:
    """The question carries the trace id of its turn and copies of what was seen."""
    world, _ = played(NOTHING)
    question = world.of(Ask)[0].question
    assert question.trace_id == TickId(deployment=DEPLOYMENT, mark=AT).trace
    assert question.skill_payload == '{"thesis":"up"}'
    assert question.limits == LIMITS
    assert (question.account.equity, question.account.positions) == (D(10_000), {})
    assert [(mark.symbol, mark.price) for mark in question.market.marks] == [(BTC, D(50_000))]


def test_chat_question_shows_what_would_be_approved() -> None:
    """The envelope is that of the very snapshot: with nothing held, both sides up to the same caps."""
    world, _ = played(NOTHING)
    envelope = world.of(Ask)[0].question.envelope
    assert [(room.symbol, room.side, room.size_max) for room in envelope.opens] == [
        (BTC, Side.BUY, D("0.2")),
        (BTC, Side.SELL, D("0.2")),
    ]


def test_chat_whose_money_is_refused_skips_the_turn_without_asking() -> None:
    """Nothing is asked, decided or recorded as a decision; the reason names the guard."""
    world = World(reservation=Refused(reason="1.04 USD would be committed this month, the cap is 1"))
    outcome = world.play(turn_of())
    assert outcome == Skipped(reason="cost_guard: 1.04 USD would be committed this month, the cap is 1")
    assert world.names == ["Reserve"]


def test_chat_of_unknown_cost_asks_for_a_reservation_of_the_unknown() -> None:
    """What nobody knows is passed on as None; it is never zero."""
    world = World(reservation=Refused(reason="the cost of the call is unknown"))
    outcome = world.play(turn_of(None))
    assert world.effects == [Reserve(bound=None)]
    assert outcome == Skipped(reason="cost_guard: the cost of the call is unknown")


def test_chat_action_takes_the_way_of_every_action() -> None:
    """Risk engine, durable intent, one send; the decision carries who said it, in which words, at what cost."""
    world, outcome = played(BUY)
    assert world.names == ["Reserve", "Ask", "Look", "Persist", "Send", "Record"]
    assert isinstance(outcome, Turned)
    assert isinstance(outcome.result, Executed)
    decision = outcome.decision
    assert (decision.decided_by, decision.final_text) == ("chat:scripted", "It will rise.")
    assert (decision.proposed_action, decision.usage) == (BUY.action, COST)


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
    """It is no order and no hold: the verdict says unusable, the words are the cause, the cost stays unknown."""
    world = World(reply=BROKEN)
    outcome = world.play(turn_of(hold=hold))
    assert world.names == ["Reserve", "Ask", "Record"]
    assert isinstance(outcome, Turned)
    assert outcome.decision.verdict == Noop(reason="unusable_reply")
    assert outcome.result == NoopResult(reason="unusable_reply")
    assert outcome.decision.proposed_action is None
    assert outcome.decision.final_text == "the reply was no JSON"
    assert outcome.decision.usage.cost_usd is None


@pytest.mark.parametrize("reply", [None, BUY, Usd(D("0.05")), True], ids=["none", "answer", "money", "true"])
def test_chat_given_a_wrong_reply_to_reserve_does_not_ask(reply: object) -> None:
    """Only a reservation lets a question through."""
    world = World(reply=BUY)
    with pytest.raises(UsageError, match="Reserved was expected"):
        world.play(turn_of(), instead={0: reply})
    assert world.names == ["Reserve"]


@pytest.mark.parametrize("reply", [None, Reserved(), "buy!", BUY.action], ids=["none", "reserved", "text", "action"])
def test_chat_given_a_wrong_reply_to_ask_decides_nothing(reply: object) -> None:
    """What is neither an answer nor unusable cannot become an action."""
    world = World()
    with pytest.raises(UsageError, match="Answer was expected"):
        world.play(turn_of(), instead={1: reply})
    assert world.names == ["Reserve", "Ask"]
