"""What approving, revoking and checking agent wallets need from outside."""

from collections.abc import Awaitable, Callable

import msgspec

from agentic_core.domain.times import Instant
from agentic_core.logevents import Say
from agentic_core.ports.secrets import KeyScope
from agentic_core.ports.wallet import AgentWalletDesk, ApprovedWallet, WalletKey, WalletListed
from agentic_core.ports.wallet_store import AgentWalletRecord, VaultKeyId, WalletStore

__all__ = ["WalletServices", "attempt", "end_of"]


class WalletServices(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's desk of one network, the store, the vault, and who knows of leases."""

    desk: AgentWalletDesk
    store: WalletStore
    seal: Callable[[WalletKey, KeyScope], Awaitable[VaultKeyId]]
    """Keeps a key for good before it returns; `KeyVault.keep` is one."""
    destroy: Callable[[VaultKeyId], Awaitable[None]]
    """Makes a key unreadable; again does nothing."""
    revoke_lease: Callable[[AgentWalletRecord], Awaitable[None]]
    """Takes whoever trades with a wallet the lease; again does nothing."""
    why_in_use: Callable[[AgentWalletRecord], Awaitable[str | None]]
    """Says why a wallet may not lose its name now: its lease is held, or an intent that it signed has not ended."""
    now: Callable[[], Instant]
    """Venue time."""
    say: Say


async def attempt(work: Callable[[], Awaitable[object]]) -> str | None:
    """Do something that must not keep other things from being done; return why it failed."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - whatever it is, the other ways to stop a wallet have to be tried
        return f"{type(error).__name__}: {error}"
    return None


def end_of(wallet: ApprovedWallet, listed: WalletListed) -> Instant | None:
    """Return when a wallet ends: as the venue lists it, else as its owner signed it."""
    return wallet.valid_until if listed.valid_until is None else listed.valid_until
