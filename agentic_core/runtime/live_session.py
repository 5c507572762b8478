"""Opens sessions at a live venue, real or on paper: what is remembered is read first, then the account is opened."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias

from agentic_core.domain.fill import FillKind
from agentic_core.domain.times import MINUTE_MS, Instant
from agentic_core.logevents import LogEvent
from agentic_core.ports.live_venue import OpenVenue, VenueWish
from agentic_core.runtime.day_keeping import DayKeeper
from agentic_core.runtime.session import OpenSession, Session, SessionContext
from agentic_core.runtime.venue_session import KnownBefore, LiveRules, VenueSession
from agentic_core.runtime.wallet_watch import WalletWatch

__all__ = ["LookAtWallets", "live_sessions"]

LookAtWallets: TypeAlias = Callable[[SessionContext, Instant], Awaitable[None]]
"""Has the venue asked about the agent wallets at an instant of its time, and notes what it says."""


def live_sessions(
    open_venue: OpenVenue, *, rules: LiveRules | None = None, look_at_wallet: LookAtWallets | None = None
) -> OpenSession:
    """Return what opens sessions at a venue.

    Args:
        open_venue: opens the account.
        rules: how often things are looked at, and how much is kept.
        look_at_wallet: has the venue asked about the wallet that signs; None where somebody else does.
    """
    kept = rules or LiveRules()

    @asynccontextmanager
    async def opened(context: SessionContext) -> AsyncIterator[Session]:
        store, account = context.store, context.fence.account
        remembered = await store.days.newest(account)
        days = DayKeeper(store, context.fence, context.deployment.id, remembered, context.clock.now)
        wish = VenueWish(
            deployment=context.deployment,
            fence=context.fence,
            symbols=context.mandate.symbols,
            limits=context.mandate.limits,
            memory=days,
            since=context.deployment.created_at,
        )
        async with open_venue(wish) as venue:
            ask = None if look_at_wallet is None else partial(look_at_wallet, context)
            wallet = WalletWatch(venue.signer, store.wallets, venue_now=venue.now, say=context.diary.say, ask_venue=ask)
            await wallet.look()
            session = VenueSession(context, venue, days, wallet, kept, await _known(context))
            by = "nothing is signed" if venue.signer is None else f"signed by {venue.signer}"
            message = f"{context.deployment.broker_kind} account {account} is open: mode {venue.mode}, {by}"
            context.diary.say(LogEvent.BROKER_STARTED, message, mode=venue.mode, signer=venue.signer)
            yield session

    return opened


async def _known(context: SessionContext) -> KnownBefore:
    # A liquidation halts before its fills are recorded; so once they are, somebody has heard of it.
    fills = await context.store.intents.fills(context.fence.account)
    liquidated = max((fill.time for fill in fills if fill.kind is FillKind.LIQUIDATION), default=None)
    return KnownBefore(
        liquidated_until=context.deployment.created_at if liquidated is None else Instant(liquidated + MINUTE_MS)
    )
