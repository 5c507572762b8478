"""What every chat model promises; the shipped double is the first to be judged."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agentic_core.chat import ScriptedChatModel
from agentic_core.domain import ActionKind, ProposedAction, RiskLimits, Side, TraceId, TradingState, Usage, Usd
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import Answer, ChatModel, Question, Reply, Unusable
from agentic_core.risk.envelope import allowed
from tests.support.markets import BTC, AccountByHand, MarketByHand
from tests.support.risk_scenes import Scene

PORTS = ("agentic_core.ports.chat_model.ChatModel",)
pytestmark = pytest.mark.anyio

OPEN = ProposedAction(kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size_usd=Usd(Decimal(100)), reason="rising")
WISH = Answer(action=OPEN, text="I would buy.", usage=Usage(prompt_tokens=900, completion_tokens=40))
HOLD = Answer(action=None, text="I would wait.", usage=Usage(prompt_tokens=900, completion_tokens=10))
BROKEN = Unusable(cause="the reply was no JSON", usage=Usage(prompt_tokens=900, completion_tokens=5))
SCRIPT: tuple[Reply, ...] = (WISH, BROKEN, HOLD)
CENT = Usd(Decimal("0.01"))


def scripted() -> ChatModel:
    """Return the double with one reply of each kind."""
    return ScriptedChatModel(SCRIPT, bound=CENT)


CHAT_MODELS: dict[str, Callable[[], ChatModel]] = {"scripted": scripted}
"""Every implementation, set up to be asked three times at least."""


@pytest.fixture(params=sorted(CHAT_MODELS))
def chat_model(request: pytest.FixtureRequest) -> ChatModel:
    """Give each chat model in turn."""
    return CHAT_MODELS[request.param]()


def question(number: int = 0) -> Question:
    """Return a question about a market at 50,000 and an account of 10,000 dollars."""
    market = MarketByHand({BTC: "50000"})
    account = AccountByHand(market)
    limits: RiskLimits = Scene().limits
    return Question(
        trace_id=TraceId(f"{number:032x}"),
        skill_payload="{}",
        market=market.freeze(0),
        account=account.freeze(),
        limits=limits,
        envelope=allowed(account, market, limits, TradingState.ACTIVE),
    )


async def test_chat_model_has_one_name(chat_model: ChatModel) -> None:
    """Decisions are recorded under it, so it does not change with what is asked."""
    before = chat_model.model_id
    await chat_model.ask(question())
    assert chat_model.model_id == before != ""


async def test_chat_model_replies_with_a_value_every_time(chat_model: ChatModel) -> None:
    """An answer or an unusable reply, never an exception."""
    for number in range(3):
        assert isinstance(await chat_model.ask(question(number)), Answer | Unusable)


async def test_chat_model_never_costs_more_than_its_bound(chat_model: ChatModel) -> None:
    """What was reserved covers what is charged, as far as both are known."""
    for number in range(3):
        bound = chat_model.bound(question(number))
        cost = (await chat_model.ask(question(number))).usage.cost_usd
        assert bound is None or cost is None or 0 <= cost <= bound


async def test_chat_model_bound_asks_nothing(chat_model: ChatModel) -> None:
    """What a question can cost is known before it is asked, and the same every time."""
    assert chat_model.bound(question()) == chat_model.bound(question())
    assert isinstance(await chat_model.ask(question()), Answer | Unusable)


async def test_scripted_chat_model_follows_its_script_and_keeps_the_questions() -> None:
    """Replies come in order, whatever is asked."""
    chat_model = ScriptedChatModel(SCRIPT, bound=CENT)
    assert [await chat_model.ask(question(number)) for number in range(3)] == list(SCRIPT)
    assert chat_model.questions_asked == 3
    assert chat_model.questions == (question(0), question(1), question(2))


async def test_scripted_chat_model_at_its_end_is_a_usage_error() -> None:
    """A test that asks once too often hears about it, and the question does not count."""
    chat_model = ScriptedChatModel([HOLD], bound=CENT)
    await chat_model.ask(question())
    with pytest.raises(UsageError, match="the script of 1 replies is used up"):
        await chat_model.ask(question())
    assert chat_model.questions_asked == 1


@pytest.mark.parametrize("bound", [None, CENT])
async def test_scripted_chat_model_has_the_bound_it_was_given(bound: Usd | None) -> None:
    """None is unknown, which no budget lets pass."""
    assert ScriptedChatModel([], bound=bound).bound(question()) == bound
