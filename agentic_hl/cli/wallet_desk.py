"""Who asks the venue that the environment names about agent wallets."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from agentic_hl.cli.place import configured_place
from agentic_hl.cli.services import Services
from agentic_hl.rest import HyperliquidRest, IpBudget, MemoryBudgets, weight_bucket
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.wallet import HyperliquidWallets

__all__ = ["open_desk"]


@asynccontextmanager
async def open_desk(services: Services) -> AsyncGenerator[tuple[HyperliquidWallets, str]]:
    """Yield the desk and the network it is of, as it is stored with wallets; the venue is not asked anything yet.

    Raises:
        ConfigError: the environment names no venue that can be read.
    """
    place, clock = configured_place(services.environment), services.clock
    async with HttpxTransport(place.rest_url) as http:
        budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("jobs"))
        rest = HyperliquidRest(http, clock, services.entropy, budget)
        yield HyperliquidWallets(rest, clock, services.entropy, place.network), str(place.network)
