"""What a turn wishes, when a chat model decides: the question, the thought, and what comes of it."""

from collections.abc import Generator

import msgspec

from agentic_core.chat.run_skill import run_skill
from agentic_core.chat.showing.leash import outside_leash
from agentic_core.chat.thought import Answer, NotAsked, Question, Unusable
from agentic_core.domain.account import AccountView
from agentic_core.domain.chat import LastTurn, ThoughtStep
from agentic_core.domain.decision import ProposedAction, Usage
from agentic_core.domain.ids import decision_of
from agentic_core.domain.market import MarketView
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import TradingState
from agentic_core.ports.chat_tools import ToolContext
from agentic_core.risk.envelope import allowed
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.last_turn import unusable_reason
from agentic_core.runtime.mandate import ByChatModel, Mandate

__all__ = ["Wish", "ask", "question_of"]


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the decider wants, with what it cost to ask."""

    action: ProposedAction | None
    usage: Usage = Usage()
    text: str = ""
    unusable: str | None = None
    """Why there is no usable answer, as it is recorded; None where there is one."""
    off_leash: str | None = None
    """Why the skill's leash does not let the action pass; None where it does."""
    context_hash: str | None = None
    steps: tuple[ThoughtStep, ...] = ()


def question_of(  # noqa: PLR0913 - everything that a chat model is shown
    mandate: Mandate,
    decider: ByChatModel,
    digest: str,
    market: MarketView,
    account: AccountView,
    state: TradingState,
    *,
    mark: Instant,
    last: LastTurn | None,
) -> Question:
    """Return the question of a turn; the rules of a hybrid skill have said what they wish."""
    signal = decider.thinking.signal
    context = ToolContext(
        deployment=mandate.deployment,
        as_of=market.as_of,
        market=market,
        account=account.freeze(),
        symbols=mandate.symbols,
    )
    return Question(
        decision=decision_of(digest),
        mark=mark,
        context=context,
        limits=mandate.limits,
        envelope=allowed(account, market, mandate.limits, state),
        last=last,
        signal=None if signal is None else signal(market, account),
    )


def ask(decider: ByChatModel, question: Question) -> Generator[Effect, EffectReply, Wish | NotAsked]:
    """Ask, and return what is wished; NotAsked where the first call was not paid for."""
    thought = yield from run_skill(decider.thinking, question)
    match thought:
        case NotAsked():
            return thought
        case Unusable(cause=cause, detail=detail):
            return Wish(
                action=None,
                usage=thought.usage,
                text=f"{cause}: {detail}",
                unusable=unusable_reason(cause),
                context_hash=thought.context_hash or None,
                steps=thought.steps,
            )
        case Answer(action=action):
            return Wish(
                action=action,
                off_leash=None if action is None else outside_leash(decider.thinking, question, action),
                usage=thought.usage,
                text=thought.text,
                context_hash=thought.context_hash or None,
                steps=thought.steps,
            )
