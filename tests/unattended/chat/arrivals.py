"""What came to the provider, and what it made of it."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from agentic_core.domain.chat import CallId
from tests.unattended.chat.answers import Wire

__all__ = ["Arrival", "Served", "What"]


class What(StrEnum):
    """What an answer amounts to for whoever reads it as it is meant."""

    ACTION = "action"
    NOTHING = "nothing"
    """A deliberate wish to do nothing."""
    TOOLS = "tools"
    UNUSABLE = "unusable"
    """Anything else: no answer, half of one, or one that nobody may guess at."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider deals with one request."""

    plan: str
    """A word for the story."""
    what: What = What.UNUSABLE
    wire: Wire | None = None
    """None is that nothing ever comes."""
    delay_ms: int = 0
    action: dict[str, object] | None = None
    """The one that is wished for."""
    is_outside: bool = False
    """Whether it lies outside what the request allows."""
    charged: Decimal = Decimal(0)
    """What the request costs, whoever is told."""
    is_told: bool = False
    """Whether the answer says so."""


class Arrival(msgspec.Struct, kw_only=True):
    """One request for an answer, as it arrived."""

    at: int
    process: int
    call: CallId
    question: bytes
    body: bytes
    offered: tuple[str, ...]
    """Names of the tools in the request."""
    was_held: bool
    """Whether money was held for it in the database at that moment."""
    served: Served
    over: int | None = None
    """When nobody waited for it any more."""
    was_handed_over: bool = False
    """Whether a living process got what came of it."""
