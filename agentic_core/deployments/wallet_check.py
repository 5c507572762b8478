"""Looking at the agent wallets from time to time: which the venue dropped, which end soon, which trade for others."""

from typing import assert_never

import msgspec

from agentic_core.deployments.wallet_services import end_of
from agentic_core.domain.times import MINUTE_MS, Instant, show
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.wallet import (
    AgentWalletDesk,
    ExpiryWarning,
    Gone,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
    expiry_warning,
)
from agentic_core.ports.wallet_store import AgentWalletRecord, WalletStore

__all__ = ["SIGNED_AT_LAST_MS", "WalletLook", "check_wallets"]

SIGNED_AT_LAST_MS = 20 * MINUTE_MS
"""How long the owner of a revoked wallet has to sign, which is longer than a challenge lasts; then somebody is told."""

_LOUD = frozenset({ExpiryWarning.DAYS_1, ExpiryWarning.EXPIRED})


class WalletLook(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet as it was kept, and what the venue said of it."""

    wallet: AgentWalletRecord
    state: WalletState


async def check_wallets(
    desk: AgentWalletDesk, store: WalletStore, *, network: str, now: Instant, say: Say
) -> tuple[WalletLook, ...]:
    """Look at every wallet that the venue was not seen to have dropped, revoked ones included, and return what it says.

    A wallet is written to be revoked only where it is gone by two agreeing reads. Each warning of an end is said once,
    also where the venue cannot be read; what needs a person is said each time.

    Args:
        desk: of the network.
        store: where the wallets are kept.
        network: whose wallets are looked at; at another one all of them would seem gone.
        now: venue time.
        say: where lines for people go.
    """
    looks = []
    for wallet in await store.watched(network):
        state = await desk.state(wallet.wallet)
        look = WalletLook(wallet=wallet, state=state)
        await _judge(look, store, now, say)
        looks.append(look)
    return tuple(looks)


async def _judge(look: WalletLook, store: WalletStore, now: Instant, say: Say) -> None:
    wallet = look.wallet
    match look.state:
        case WalletGone():
            await _gone(wallet, look.state, store, now, say)
        case WalletForeign(owner=owner):
            _tell(say, wallet, f"trades for {owner}; look at it")
        case WalletListed() if wallet.revoked_at is not None:
            if now - wallet.revoked_at >= SIGNED_AT_LAST_MS:
                _tell(say, wallet, "was revoked here and may still trade at the venue; its owner has to sign")
        case WalletListed():
            await _warn(wallet, end_of(wallet.wallet, look.state), store, now, say)
        case WalletUnknown():
            if wallet.revoked_at is None:
                await _warn(wallet, wallet.valid_until, store, now, say)
        case _:
            assert_never(look.state)


async def _gone(wallet: AgentWalletRecord, gone: WalletGone, store: WalletStore, now: Instant, say: Say) -> None:
    if not await store.end(wallet.address, gone, at=now):
        return
    if wallet.revoked_at is None and gone.how is Gone.EXPIRED:
        await _warn(wallet, min(wallet.valid_until, now), store, now, say)
        return
    by = "" if gone.replaced_by is None else f" by {gone.replaced_by}"
    message = f"the venue lets agent wallet {wallet.address} trade for {wallet.master} no longer: {gone.how}{by}"
    level = LogLevel.ERROR if wallet.revoked_at is None else LogLevel.INFO
    say(LogEvent.WALLET_REVOKED, message, level=level, wallet=wallet.address, how=gone.how, by="venue")


async def _warn(wallet: AgentWalletRecord, until: Instant | None, store: WalletStore, now: Instant, say: Say) -> None:
    warning = expiry_warning(until, now, wallet.expiry_told)
    if warning is None or until is None or not await store.warned(wallet.address, warning):
        return
    when = "expired" if warning is ExpiryWarning.EXPIRED else f"expires within {warning.value} day(s)"
    message = f"agent wallet {wallet.address} of {wallet.master} {when}, at {show(until)}; its owner approves a new one"
    level = LogLevel.ERROR if warning in _LOUD else LogLevel.WARN
    say(LogEvent.WALLET_EXPIRING, message, level=level, wallet=wallet.address, days_left=warning.value)


def _tell(say: Say, wallet: AgentWalletRecord, what: str) -> None:
    message = f"agent wallet {wallet.address} of {wallet.master} {what}"
    say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.ERROR, wallet=wallet.address)
