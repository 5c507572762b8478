"""What executes orders on one account of one venue: facts and transport, no policy."""

from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import IntentState, PreparedIntent, SendOutcome
from agentic_core.domain.trading import BrokerKind

__all__ = ["Absent", "Broker", "BrokerCapabilities", "Burned", "Known", "NotBurned", "Observation"]


class BrokerCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker can do."""

    kind: BrokerKind
    rests_stops: bool
    """Whether a protective stop can rest at the venue."""
    burns_nonces: bool
    """Whether an unsent or lost order can be made impossible."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The venue knows the order."""

    cloid: ClientOrderId
    state: IntentState
    fills: tuple[Fill, ...]


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says it does not know the order: no proof of anything by itself."""

    cloid: ClientOrderId


Observation: TypeAlias = Known | Absent


class Burned(msgspec.Struct, frozen=True, kw_only=True):
    """The order can never execute any more."""


class NotBurned(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing was learned."""

    cause: str


class Broker(Protocol):
    """One account of one venue."""

    @property
    def capabilities(self) -> BrokerCapabilities:
        """What this broker can do."""

    async def send(self, prepared: PreparedIntent) -> SendOutcome:
        """Send one durable intent, once; sending the same one again returns the first outcome and executes nothing."""

    async def observe(self, cloid: ClientOrderId) -> Observation:
        """Ask the venue what became of an order."""

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make an order that may not have arrived impossible."""

    async def account(self) -> AccountView:
        """Return the account as the venue sees it now."""
