"""What executes orders on one account of one venue: facts and transport, no policy."""

from typing import Protocol, TypeAlias

import msgspec

from agentic_core.domain.account import AccountView
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import Size
from agentic_core.domain.order import IntentState, PreparedIntent, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import BrokerKind

__all__ = ["Absent", "Broker", "BrokerCapabilities", "Burned", "Known", "NotBurned", "Observation", "Searched"]


class BrokerCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a broker can do."""

    kind: BrokerKind
    rests_stops: bool
    """Whether a protective stop can rest at the venue."""
    burns_nonces: bool
    """Whether an unsent or lost order can be made impossible."""


class Searched(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Over which time the fills of an order were searched."""

    since: Instant
    """Venue time of the start."""
    read_at: Instant
    """Venue time before any of the reads began: what happened later may be missing."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The venue knows the order."""

    cloid: ClientOrderId
    state: IntentState
    fills: tuple[Fill, ...]
    """Those listed by now; there may be more."""
    searched: Searched
    total: Size | None = None
    """All units executed so far as the venue counts them; None where only the fills tell."""
    seen_at: Instant | None = None
    """Venue time since which it has been in this state; None where the venue does not tell."""


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says it does not know the order: no proof of anything by itself."""

    cloid: ClientOrderId
    searched: Searched
    fills: tuple[Fill, ...] = ()
    """Fills of it that are listed all the same: it knew the order once."""


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
        """Send one durable intent, once; sending the same one again returns the first outcome and executes nothing.

        Only one of which provably nothing left is sent again.
        """

    async def observe(self, prepared: PreparedIntent) -> Observation:
        """Ask the venue what became of an order, and for its fills since a while before it was prepared.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """

    async def burn(self, prepared: PreparedIntent) -> Burned | NotBurned:
        """Make an order that may not have arrived impossible."""

    async def account(self) -> AccountView:
        """Return the account as the venue sees it now.

        Raises:
            VenueUnavailable: the venue does not answer, or with something that makes no sense.
        """
