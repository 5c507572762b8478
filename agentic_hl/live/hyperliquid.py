"""What is there once an account at the venue is open."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from agentic_core.domain.account_events import AccountEvent
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.times import Instant
from agentic_core.ports.account_memory import AccountMemory
from agentic_core.ports.budgets import BudgetLedger
from agentic_core.ports.clock import Clock
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.environment import Environment
from agentic_hl.account import AccountFeed, FollowedAccount, HyperliquidReads, Listeners
from agentic_hl.broker import OpenedBroker, VenueClock
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.market_feed import MarketFeed
from agentic_hl.rest import HyperliquidRest
from agentic_hl.stream import Connection, LinkAllowance, StreamEvent, StreamTransport, link_bucket
from agentic_hl.wire.network import Network

__all__ = ["Hyperliquid", "Machine", "VenueAddress"]


class VenueAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a venue is, and for which network it is signed."""

    network: Network
    rest_url: str
    stream_url: str

    @classmethod
    def of(cls, network: Network) -> "VenueAddress":
        """Return the venue's own address of a network."""
        return cls(network=network, rest_url=network.rest_url, stream_url=network.stream_url)


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What the process stands on."""

    clock: Clock
    entropy: Entropy
    environment: Environment
    budgets: BudgetLedger
    """Shared by every process behind the same address of the internet."""
    address: str = "here"
    """How these processes name that address."""


class Hyperliquid:
    """A broker that may trade, and every other way of knowing about its account."""

    def __init__(  # noqa: PLR0913 - one part each
        self,
        opened: OpenedBroker,
        reads: HyperliquidReads,
        market: LiveMarketData,
        instruments: Mapping[Symbol, Instrument],
        venue_clock: VenueClock,
        *,
        account: FollowedAccount,
        rest: HyperliquidRest,
        stream: StreamTransport,
        machine: Machine,
    ) -> None:
        """Take the parts; made by `open_hyperliquid`."""
        self.opened: Final = opened
        """The broker, and what is left to do before its first order."""
        self.reads: Final = reads
        self.market: Final = market
        """Marks, books, candles and fresh prices."""
        self.instruments: Final = instruments
        self.venue_clock: Final = venue_clock
        self._account: Final = account
        self._rest: Final = rest
        self._stream: Final = stream
        self._machine: Final = machine

    @property
    def now(self) -> Callable[[], Instant]:
        """The venue's time."""
        return self.venue_clock.now

    def follow(
        self,
        symbols: Sequence[Symbol],
        memory: AccountMemory,
        *,
        tell: Callable[[AccountEvent], None],
        tell_stream: Callable[[StreamEvent], None],
    ) -> Connection:
        """Return a stream of the account and of some markets; whoever follows it has to `run` it.

        Args:
            symbols: whose marks and books are wanted.
            memory: what the venue does not remember of the account.
            tell: hears what happens to the account; must not wait.
            tell_stream: hears what the stream says of itself; must not wait.
        """
        clock = self._machine.clock
        account = AccountFeed(
            self._rest, self._account, memory, self.venue_clock.now, tell=tell, tell_stream=tell_stream
        )
        # What the stream says of itself is told once, by the feed of the account.
        market = MarketFeed(self.market, clock, symbols, tell=lambda _: None)
        listeners = Listeners(account, market)
        allowance = LinkAllowance(self._machine.budgets, clock, link_bucket(self._machine.address))
        connection = Connection(self._stream, clock, self._machine.entropy, allowance, listeners)
        listeners.subscribe(connection)
        return connection
