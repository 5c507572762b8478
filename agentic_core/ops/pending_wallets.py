"""Forgets wallets that nobody approved, once the venue has said that it does not know them, and destroys their keys."""

from typing import Final, Protocol, assert_never

import msgspec

from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_core.errors import AgenticError, InputError, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ops.outcomes import JobFigures
from agentic_core.ports.clock import Clock
from agentic_core.ports.wallet import (
    AgentWalletDesk,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
)
from agentic_core.ports.wallet_store import PendingWallet, VaultKeyId, WalletStore

__all__ = ["ABANDONED_MS", "ORPHANED_MS", "KeysAtRest", "PendingWallets"]

ABANDONED_MS: Final = 10 * MINUTE_MS
"""After this nobody signs a challenge any more."""

ORPHANED_MS: Final = HOUR_MS
"""A key is kept before its wallet is, so a fresh one without a wallet may be one that is being made."""


class KeysAtRest(Protocol):
    """Sealed keys as far as they are destroyed; a `SecretStore` is one."""

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one."""


class _Counted(msgspec.Struct):
    deleted: int = 0
    alarms: int = 0
    unclear: int = 0


class PendingWallets:
    """The wallets of one network that wait for an approval nobody gives."""

    def __init__(
        self, desk: AgentWalletDesk, wallets: WalletStore, secrets: KeysAtRest, clock: Clock, say: Say, *, network: str
    ) -> None:
        """Take who asks the venue, what is kept, and which network that is about."""
        self._desk = desk
        self._wallets = wallets
        self._secrets = secrets
        self._clock = clock
        self._say = say
        self._network = network

    async def collect(self) -> JobFigures:
        """Forget what has waited too long, and return the figures.

        `deleted` wallets are gone with their keys; of `alarms` a person was told, because the venue lists one of them;
        the venue said nothing clear of the `unclear` ones, which stay; `orphans` were keys without a wallet.

        Raises:
            StoreUnavailable: the database was lost; the next time goes on.
        """
        counted = _Counted()
        for pending in await self._wallets.waiting(self._network):
            if self._clock.now() - pending.created_at > ABANDONED_MS:
                await self._judge(pending, counted)
        orphans = [await self._destroy(key) for key in await self._secrets.orphans(older_than_ms=ORPHANED_MS)]
        return {
            "deleted": counted.deleted,
            "alarms": counted.alarms,
            "unclear": counted.unclear,
            "orphans": sum(orphans),
        }

    async def _judge(self, pending: PendingWallet, counted: _Counted) -> None:
        match await self._state(pending):
            case WalletGone():
                counted.deleted += await self._forget(pending)
            case WalletListed(name=name):
                counted.alarms += 1
                self._alarm(pending, f"is listed by the venue as {name!r}, though its approval was never concluded")
            case WalletForeign(owner=owner):
                counted.alarms += 1
                self._alarm(pending, f"trades for {owner}")
            case WalletUnknown():
                counted.unclear += 1
            case never:
                assert_never(never)

    async def _state(self, pending: PendingWallet) -> WalletState:
        try:
            return await self._desk.state(pending.wallet)
        except InputError as error:  # of this one only
            return WalletUnknown(cause=str(error))

    async def _forget(self, pending: PendingWallet) -> bool:
        # The key first: a wallet without a key is looked at again, a key without a wallet is only found as an orphan.
        if not await self._destroy(pending.vault_key_id):
            return False
        await self._wallets.discard(pending.wallet.address)
        return True

    async def _destroy(self, key: VaultKeyId) -> bool:
        try:
            await self._secrets.destroy(key)
        except StoreUnavailable:
            raise
        except AgenticError as error:  # of this one only
            message = f"the sealed key {key}, which nobody approved, could not be destroyed: {error}"
            self._say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.WARN, key=key)
            return False
        return True

    def _alarm(self, pending: PendingWallet, what: str) -> None:
        wallet = pending.wallet
        message = f"agent wallet {wallet.address} of {wallet.master} {what}; its key is kept, look at it"
        self._say(LogEvent.HUMAN_NEEDED, message, level=LogLevel.ERROR, wallet=wallet.address)
