"""What a tick asks of the outside world, as values.

`tick` yields one of these and is resumed with the reply named beside it. The same tick therefore runs against a real
database and a venue, or against memory inside a backtest; only the interpreter of the effects differs. A turn that a
chat model decides yields the effects of its thought besides, which stand in `chat.effects`.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from agentic_core.chat.effects import Ask, ThoughtEffect, ThoughtReply
from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.decision import Decision, Denied, EngineResult
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import Mark
from agentic_core.domain.order import OrderIntent, PreparedIntent, SendOutcome

__all__ = [
    "Abandon",
    "Effect",
    "EffectReply",
    "Forgo",
    "Look",
    "Persist",
    "Quote",
    "Record",
    "Send",
]


class Forgo(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Settle a call that was reserved and is not waited for; whoever plays a turn asks it. Reply: Asked, broken off.

    A call that may have left counts as all that was held for it, one that has a cost already keeps it.
    """

    ask: Ask
    cause: str


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


Effect: TypeAlias = ThoughtEffect | Forgo | Look | Quote | Persist | Send | Abandon | Record
EffectReply: TypeAlias = (
    ThoughtReply | AccountSnapshot | tuple[PreparedIntent, ...] | SendOutcome | Denied | Mark | None
)
