"""Opens an account at the live venue: transports, budgets, boot checks."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from agentic_core.domain.times import Instant
from agentic_core.ports.account_memory import AccountMemory
from agentic_hl.account import FollowedAccount, HyperliquidReads
from agentic_hl.broker import OpeningTerms, VenueAccess, VenueClock, open_broker
from agentic_hl.live.hyperliquid import Hyperliquid, Machine, VenueAddress
from agentic_hl.market.live import LiveMarketData
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.market.queries import UrgentQueries
from agentic_hl.rest import HyperliquidRest, IpBudget, weight_bucket
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.stream.websockets_transport import WebsocketsTransport
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.signing import Signer

__all__ = ["open_hyperliquid"]


@asynccontextmanager
async def open_hyperliquid(  # noqa: PLR0913 - what an account at a venue is made of
    venue: VenueAddress,
    terms: OpeningTerms,
    signer: Signer,
    machine: Machine,
    memory: AccountMemory,
    *,
    since: Instant,
    complain: Callable[[Unreadable], None],
) -> AsyncIterator[Hyperliquid]:
    """Yield an account that is clear to trade.

    Args:
        venue: where it is.
        terms: what is traded, and how.
        signer: the agent wallet's key.
        machine: what the process stands on.
        memory: what the venue does not remember of the account.
        since: from when on the account is ours to answer for.
        complain: told what of the venue's answers makes no sense; must not wait.

    Raises:
        ConfigError: live trading is not switched on, or something refuses; all of it is listed.
        VenueUnavailable: the venue does not answer.
    """
    clock = machine.clock
    async with HttpxTransport(venue.rest_url) as http:
        rest = HyperliquidRest(
            http, clock, machine.entropy, IpBudget(machine.budgets, clock, weight_bucket(machine.address))
        )
        metas, venue_clock = MetaCache(rest, clock), VenueClock(rest, clock)
        access = VenueAccess(rest=rest, metas=metas, clock=clock, venue_clock=venue_clock)
        opened = await open_broker(terms, signer, access, memory, machine.environment)
        account = FollowedAccount(address=terms.address, mode=opened.mode, since=since)
        market = LiveMarketData(rest, clock, cache=metas, urgent=UrgentQueries(rest))
        yield Hyperliquid(
            opened,
            HyperliquidReads(rest, account, complain=complain, venue_time=venue_clock.heard),
            market,
            await market.instruments(),
            venue_clock,
            account=account,
            rest=rest,
            stream=WebsocketsTransport(venue.stream_url),
            machine=machine,
        )
