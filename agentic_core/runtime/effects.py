"""What a tick asks of the outside world, as values.

`tick` yields one of these and is resumed with the reply named beside it. The same tick therefore runs against a real
database and a venue, or against memory inside a backtest; only the interpreter of the effects differs.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.decision import Decision, Denied, EngineResult
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Mark
from agentic_core.domain.money import Usd
from agentic_core.domain.order import OrderIntent, PreparedIntent, SendOutcome
from agentic_core.ports.chat_model import Answer, Question, Unusable

__all__ = [
    "Abandon",
    "Ask",
    "Effect",
    "EffectReply",
    "Look",
    "Persist",
    "Quote",
    "Record",
    "Refused",
    "Reserve",
    "Reserved",
    "Send",
]


class Reserve(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Hold money for a chat model call. Reply: Reserved or Refused."""

    bound: Usd | None
    """The most the call can cost; None is unknown and never counts as zero."""


class Reserved(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The money is held."""


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """There is not enough left, or the cost is unknown."""

    reason: str


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Ask the chat model. Reply: Answer or Unusable; the interpreter settles the cost."""

    question: Question


class Look(msgspec.Struct, frozen=True, gc=False):
    """Read the account again, after a decider took its time. Reply: AccountSnapshot, or None where it is unreadable."""


class Persist(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Make a decision and its intents durable in one fenced transaction. Reply: tuple of PreparedIntent."""

    decision: Decision
    intents: Sequence[OrderIntent]


class Quote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Find a price to close at, though the mark is missing or old. Reply: a Mark, or None where nothing has a price."""

    symbol: Symbol


class Send(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Send a durable intent through the guarded broker. Reply: a SendOutcome or Denied, settled in the store."""

    prepared: PreparedIntent


class Abandon(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Settle a durable intent that will never be sent. Reply: None."""

    prepared: PreparedIntent
    cause: str


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Write the decision with its result. Reply: None."""

    decision: Decision
    result: EngineResult


Effect: TypeAlias = Reserve | Ask | Look | Quote | Persist | Send | Abandon | Record
EffectReply: TypeAlias = (
    Reserved
    | Refused
    | Answer
    | Unusable
    | AccountSnapshot
    | tuple[PreparedIntent, ...]
    | SendOutcome
    | Denied
    | Mark
    | None
)
