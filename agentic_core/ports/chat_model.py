"""What proposes actions from a prompt; untrusted."""

from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.decision import ProposedAction, Usage
from agentic_core.domain.envelope import Envelope
from agentic_core.domain.ids import TraceId
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.market import MarketSnapshot
from agentic_core.domain.money import Usd

__all__ = ["Answer", "ChatModel", "Question", "Reply", "Unusable"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a chat model is shown."""

    trace_id: TraceId
    skill_payload: str
    market: MarketSnapshot
    account: AccountSnapshot
    limits: RiskLimits
    envelope: Envelope
    """What would be approved now; a reply outside it is refused."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A usable reply: an action, or a deliberate wish to do nothing."""

    action: ProposedAction | None
    text: str
    usage: Usage


class Unusable(msgspec.Struct, frozen=True, kw_only=True):
    """A reply that cannot be used; it never becomes an order and is never taken for a hold."""

    cause: str
    usage: Usage


Reply: TypeAlias = Answer | Unusable


class ChatModel(Protocol):
    """One configured language model."""

    @property
    def model_id(self) -> str:
        """The provider's name for it."""

    def bound(self, question: Question) -> Usd | None:
        """Return the most this question can cost, or None when unknown."""

    async def ask(self, question: Question) -> Reply:
        """Ask once; a failed call is an Unusable reply, never an exception."""
