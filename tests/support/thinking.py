"""Chat models that decide in tests: how they think, and what they say."""

from collections.abc import Iterable

from agentic_core.chat import ScriptedChatModel
from agentic_core.chat.effects import Asked
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Usd
from agentic_core.domain.money import ZERO
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage, ChatModel, Completion, Failed
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime import ByChatModel
from agentic_core.skills.sections import Leash

__all__ = ["CANARY", "answered", "chat_decider", "failed", "scripted", "thinking_by", "unreadable"]

CANARY = "kestrel-4471-lantern"


def thinking_by(  # noqa: PLR0913 - what tests vary
    chat_model: ChatModel,
    *,
    lookback: int = 2,
    tools: Toolbox | None = None,
    signal: RulePolicy | None = None,
    leash: Leash = Leash.BALANCED,
    repairs_max: int = 0,
    attempts_max: int = 1,
) -> Thinking:
    """Return how a skill thinks that asks once and takes what it gets."""
    return Thinking(
        chat_model=chat_model,
        model_id="vendor/name",
        system=f"Decide. {CANARY}",
        canary=CANARY,
        tools=tools or Toolbox(),
        lookback=lookback,
        leash=leash,
        signal=signal,
        repairs_max=repairs_max,
        attempts_max=attempts_max,
    )


def chat_decider(chat_model: ChatModel, *, lookback: int = 2) -> ByChatModel:
    """Return the decider of a skill that asks once and takes what it gets."""
    return ByChatModel(thinking=thinking_by(chat_model, lookback=lookback))


def scripted(outcomes: Iterable[CallOutcome] = (), *, bound: Usd | None) -> ByChatModel:
    """Return a decider whose chat model says what was written down."""
    return chat_decider(ScriptedChatModel(outcomes, bound=bound))


def answered(outcome: CallOutcome, *, bound: Usd | None = None, is_broken_off: bool = False) -> Asked:
    """Return the reply to a question: the outcome at the cost it says, else at its bound."""
    cost = outcome.usage.cost_usd
    if cost is None:
        cost = bound if bound is not None else Usd(ZERO)
    return Asked(outcome=outcome, cost_usd=cost, is_broken_off=is_broken_off)


def unreadable(cost: Usd | None) -> Completion:
    """Return an answer that holds no JSON."""
    return Completion(
        text="no JSON",
        usage=CallUsage(prompt_tokens=900, cost_usd=cost),
        request_hash="1" * 64,
        model_id="scripted",
    )


def failed(failure: CallFailure, *, cost: Usd | None = None, never_left: bool = False) -> Failed:
    """Return a call without an answer."""
    return Failed(
        failure=failure,
        detail="by hand",
        usage=CallUsage(cost_usd=cost),
        request_hash="2" * 64,
        never_left=never_left,
    )
