"""Answers that little of is used: the retired all-in-one state, and questions about standing."""

import msgspec

from agentic_hl.wire.messages.account import ClearinghouseState
from agentic_hl.wire.messages.orders import WireOrder
from agentic_hl.wire.messages.reading import Millis

__all__ = ["LegacyState", "LegalCheck", "LiquidatableUser"]


class LegacyState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """What of `webData2` an account's owner needs; the channel is on its way out, so nothing relies on it.

    Its lists of everything the venue lists are stepped over: they have questions of their own.
    """

    clearinghouse_state: ClearinghouseState
    open_orders: tuple[WireOrder, ...]
    server_time: Millis
    user: str
    agent_wallet: str | None = msgspec.field(default=None, name="agentAddress")
    agent_wallet_valid_until: int | None = msgspec.field(default=None, name="agentValidUntil")


class LegalCheck(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Whether the venue lets an address trade from here."""

    user_allowed: bool
    accepted_terms: bool = False
    restrictions: str = "n"


class LiquidatableUser(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account that may be liquidated."""

    user: str
