"""What a chat model is asked in one turn, and what comes of it."""

from typing import TypeAlias

import msgspec

from agentic_core.domain.chat import LastTurn, ThoughtStep, UnusableCause
from agentic_core.domain.decision import ProposedAction, Usage
from agentic_core.domain.envelope import Envelope
from agentic_core.domain.ids import DecisionId
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.times import Instant
from agentic_core.ports.chat_tools import ToolContext

__all__ = ["Answer", "NotAsked", "Question", "Thought", "Unusable"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a turn can show to a chat model."""

    decision: DecisionId
    mark: Instant
    """Names the turn."""
    context: ToolContext
    """The market and the account, as the turn sees them."""
    limits: RiskLimits
    envelope: Envelope
    """What would be approved now; the risk engine decides about every answer all the same."""
    last: LastTurn | None = None
    signal: ProposedAction | None = None
    """What the rules of a hybrid skill wish at this mark."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A usable answer: an action, or a deliberate wish to do nothing."""

    action: ProposedAction | None
    text: str
    """Prose of the chat model, for people; it is recorded and shown to no chat model again."""
    usage: Usage
    """Sums over all calls; the cost as it was settled."""
    context_hash: str
    """SHA-256 of the first request, hex."""
    steps: tuple[ThoughtStep, ...]


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """Something was asked and nothing usable came of it; it never becomes an order and is never taken for a hold."""

    cause: UnusableCause
    detail: str
    usage: Usage
    context_hash: str
    steps: tuple[ThoughtStep, ...]


class NotAsked(msgspec.Struct, frozen=True, kw_only=True):
    """The first call was not paid for, so nobody was asked."""

    reason: str


Thought: TypeAlias = Answer | Unusable | NotAsked
