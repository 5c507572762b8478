"""What the venue shows to everybody, opened once and kept new."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, NoReturn

import anyio
from msgspec.structs import replace

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Mark
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.live_venue import LiveMarket, OpenMarket
from agentic_hl.account import Feed, Listeners
from agentic_hl.broker import VenueAccess, VenueClock
from agentic_hl.live.links import Machine, VenueAddress, Ways
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.market_feed import MarketFeed
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.rest import HyperliquidRest, IpBudget, weight_bucket
from agentic_hl.stream import Complaint, Connection, LinkAllowance, StreamEvent, link_bucket

__all__ = ["HyperliquidMarket", "hyperliquid_markets", "reach", "read_market"]

_CANDLES_KEPT: Final = 50
"""Whoever looks at candles keeps what it needs; here only the newest are asked for again."""
_SYNC_EVERY_S: Final = 600.0


class HyperliquidMarket:
    """A `LiveMarket` over the venue's questions and streams."""

    def __init__(
        self,
        access: VenueAccess,
        ways: Ways,
        machine: Machine,
        feed: LiveMarketData,
        instruments: Mapping[Symbol, Instrument],
        *,
        complain: Callable[[str], None],
    ) -> None:
        """Take the parts; made by `read_market`."""
        self.access: Final = access
        self.ways: Final = ways
        self.machine: Final = machine
        self.complain: Final = complain
        self._feed: Final = feed
        self._instruments: Final = instruments

    @property
    def market(self) -> LiveMarketData:
        """Candles, marks and funding."""
        return self._feed

    @property
    def books(self) -> LiveMarketData:
        """What an order would execute against."""
        return self._feed

    @property
    def prices(self) -> LiveMarketData:
        """Prices that are asked for when they are wanted."""
        return self._feed

    @property
    def instruments(self) -> Mapping[Symbol, Instrument]:
        """Everything that is listed."""
        return self._instruments

    @property
    def funding_source(self) -> str:
        """Where funding rates come from, in words."""
        return "the hourly rates that Hyperliquid publishes"

    def now(self) -> Instant:
        """Return the venue's time, as far as its answers prove it."""
        return self.access.venue_clock.now()

    def newest_mark(self, symbol: Symbol) -> Mark | None:
        """Return the newest mark that was heard or read, in the venue's time; None where none was."""
        known = self._feed.known_mark(symbol)
        if known is None:
            return None
        mark, at = known
        age_ms = max(0, self.machine.clock.boottime_ms() - at)
        return replace(mark, as_of=Instant(self.now() - age_ms))

    async def watch(self, symbols: Sequence[Symbol]) -> NoReturn:
        """Keep marks and books of these symbols new, until cancelled."""
        await self.listen(MarketFeed(self._feed, self.machine.clock, symbols, tell=self.hear))

    async def listen(self, *feeds: Feed) -> NoReturn:
        """Keep one connection for some feeds, and the venue's time right, until cancelled."""
        clock = self.machine.clock
        listeners = Listeners(*feeds)
        allowance = LinkAllowance(self.machine.budgets, clock, link_bucket(self.machine.address))
        connection = Connection(self.ways.stream, clock, self.machine.entropy, allowance, listeners)
        listeners.subscribe(connection)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._keep_time)
            await connection.run()
        raise VenueUnavailable("the stream of the venue ended by itself; open it again")

    def hear(self, event: StreamEvent) -> None:
        """Pass on what a stream complains of."""
        if isinstance(event, Complaint):
            self.complain(event.text)

    async def _keep_time(self) -> None:
        while True:
            await self.machine.clock.sleep(_SYNC_EVERY_S)
            try:
                await self.access.venue_clock.sync()
            except VenueUnavailable as exc:
                self.complain(f"the venue's time could not be read: {exc}")


def reach(ways: Ways, machine: Machine) -> VenueAccess:
    """Return the way to the venue, within what this address may ask for."""
    clock = machine.clock
    budget = IpBudget(machine.budgets, clock, weight_bucket(machine.address))
    rest = HyperliquidRest(ways.http, clock, machine.entropy, budget)
    return VenueAccess(rest=rest, metas=MetaCache(rest, clock), clock=clock, venue_clock=VenueClock(rest, clock))


async def read_market(
    access: VenueAccess, ways: Ways, machine: Machine, complain: Callable[[str], None]
) -> HyperliquidMarket:
    """Read what everything stands on: the venue's time and its listings.

    Raises:
        VenueUnavailable: the venue does not answer.
    """
    await access.venue_clock.sync()
    feed = LiveMarketData(
        access.rest,
        machine.clock,
        cache=access.metas,
        urgent=UrgentQueries(access.rest),
        candles_kept=_CANDLES_KEPT,
    )
    return HyperliquidMarket(access, ways, machine, feed, await feed.instruments(), complain=complain)


def hyperliquid_markets(
    address: VenueAddress, machine: Machine, *, complain: Callable[[str], None] = lambda _: None
) -> OpenMarket:
    """Return what opens the venue's market, without an account and without a key.

    Args:
        address: where the venue is.
        machine: what the process stands on.
        complain: told what of the venue's words makes no sense; must not wait.
    """

    @asynccontextmanager
    async def opened() -> AsyncIterator[LiveMarket]:
        async with machine.open_ways(address) as ways:
            yield await read_market(reach(ways, machine), ways, machine, complain)

    return opened
