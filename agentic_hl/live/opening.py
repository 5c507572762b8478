"""Opens an account at the live venue: transports, budgets, boot checks."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from agentic_core.domain.ids import Symbol
from agentic_core.errors import ConfigError
from agentic_core.ports.live_venue import LiveVenue, OpenVenue, VenueWish
from agentic_hl.account import FollowedAccount, HyperliquidReads
from agentic_hl.broker import LeverageWanted, OpeningTerms, open_broker
from agentic_hl.live.hyperliquid import Hyperliquid, OpenedAccount
from agentic_hl.live.links import Machine, VenueAddress
from agentic_hl.live.market import HyperliquidMarket, reach, read_market
from agentic_hl.wire.addresses import Address, address_of
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import WireError

__all__ = ["SignerOf", "hyperliquid_venues", "open_hyperliquid"]

SignerOf: TypeAlias = Callable[[VenueWish], Awaitable[Signer]]
"""Brings the key of the agent wallet that signs for a deployment under a lease."""


def hyperliquid_venues(
    address: VenueAddress, machine: Machine, signer_of: SignerOf, *, complain: Callable[[str], None] = lambda _: None
) -> OpenVenue:
    """Return what opens accounts at the venue.

    Args:
        address: where the venue is.
        machine: what the process stands on.
        signer_of: brings the key that signs; what it raises is raised by whoever opens.
        complain: told what else is not as it should be, in words; must not wait.
    """

    @asynccontextmanager
    async def opened(wish: VenueWish) -> AsyncIterator[LiveVenue]:
        async with open_hyperliquid(address, machine, wish, await signer_of(wish), complain=complain) as venue:
            yield venue

    return opened


@asynccontextmanager
async def open_hyperliquid(
    address: VenueAddress,
    machine: Machine,
    wish: VenueWish,
    signer: Signer,
    *,
    complain: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[Hyperliquid]:
    """Yield an account that is clear to trade.

    Args:
        address: where the venue is.
        machine: what the process stands on.
        wish: for whom it is opened; the account's address stands behind the colon of its key.
        signer: the agent wallet's key.
        complain: told what else is not as it should be, in words; must not wait.

    Raises:
        ConfigError: live trading is not switched on, or something refuses; all of it is listed.
        VenueUnavailable: the venue does not answer.
    """
    account = _address_in(wish)
    async with machine.open_ways(address) as ways:
        access = reach(ways, machine)
        market = await read_market(access, ways, machine, complain)
        terms = OpeningTerms(
            key=wish.fence.account, address=account, network=address.network, leverage=_leverage(wish, market)
        )
        opened = await open_broker(terms, signer, access, wish.memory, machine.environment)
        for warning in opened.warnings:
            complain(warning.message)
        followed = FollowedAccount(address=account, mode=opened.mode, since=wish.since)

        def unreadable(found: Unreadable) -> None:
            complain(f"the venue's {found.what} makes no sense: {found.cause}")

        reads = HyperliquidReads(access.rest, followed, complain=unreadable, venue_time=access.venue_clock.heard)
        yield Hyperliquid(
            market,
            OpenedAccount(
                opened=opened,
                leverage=terms.leverage,
                followed=followed,
                reads=reads,
                memory=wish.memory,
                signer=signer.address,
            ),
        )


def _address_in(wish: VenueWish) -> Address:
    key = wish.fence.account
    try:
        return address_of(key.partition(":")[2])
    except WireError as exc:
        message = f"the account {key} of deployment {wish.deployment.id} cannot be traded here: {exc}"
        raise ConfigError(message) from exc


def _leverage(wish: VenueWish, market: HyperliquidMarket) -> dict[Symbol, LeverageWanted]:
    # What is not listed keeps what the limits say: the checks refuse it with their own words.
    wanted = {}
    for symbol in sorted(wish.limits.symbols_allowed):
        listed = market.instruments.get(symbol)
        most = wish.limits.leverage_max
        wanted[symbol] = LeverageWanted(value=most if listed is None else min(most, listed.leverage_max))
    return wanted
