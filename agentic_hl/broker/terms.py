"""What a broker is made of: the account, the way to the venue, and how long things take."""

import msgspec

from agentic_core.domain.ids import AccountKey
from agentic_core.ports.clock import Clock
from agentic_hl.broker.venue_clock import VenueClock
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.network import Network

__all__ = ["BrokerTimes", "TradedAccount", "VenueAccess"]


class TradedAccount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account that is traded."""

    key: AccountKey
    """What the intents of this account name it."""
    address: Address
    network: Network
    mode: str
    """As the boot checks read it."""


class VenueAccess(msgspec.Struct, frozen=True, kw_only=True):
    """The way to the venue."""

    rest: HyperliquidRest
    metas: MetaCache
    clock: Clock
    venue_clock: VenueClock


class BrokerTimes(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How long things take, in milliseconds."""

    call_ms: int = 5_000
    """For sending or burning, the look for fills included."""
    question_ms: int = 10_000
    """For each question."""
    fills_ms: int = 1_500
    """How long sending waits for fills that are not listed yet; the look costs weight, and streams tell them too."""
    fills_every_ms: int = 250
    """Before the second look for them; each further pause is twice as long."""
    search_back_ms: int = 60_000
    """How long before an order was prepared the search for its fills starts."""
    margin_ms: int = 5_000
    """How much what the venue shows may lag behind what it did."""
