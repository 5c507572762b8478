"""Keys of agent wallets that are sealed before they leave the process: who keeps them, who opens them, and under what.

The database never sees a key, and no text, error or log holds one. Who may open what is decided twice: the database
hands a sealed key only to whoever may have it, and it opens only under the wrapping key of the deployment it is for.
"""

from typing import Protocol

import msgspec

from agentic_core.domain.ids import DeploymentId, UserId
from agentic_core.domain.order import Fence
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import VaultKeyId

__all__ = ["KeyOpener", "KeyScope", "KeyVault", "Rotation", "SealedKey", "SecretStore"]


class KeyScope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is and what it is for; a sealed key opens within its scope only."""

    tenant: UserId
    network: str
    deployment: DeploymentId | None = None
    """Who may open it to sign; None until there is one."""


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept."""

    scope: KeyScope
    address: str
    """The wallet's, lower-case."""
    envelope: str
    """`v1`, the id of the root key, the wrapped key of its own, and the sealed key, with dots in between."""


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the keys that were under another root key than the newest."""

    rewrapped: int
    failures: dict[VaultKeyId, str]
    """Those that stayed as they were, and why."""


class SecretStore(Protocol):
    """Sealed keys in the database; it can open none of them, and every method is one transaction."""

    async def create(self, sealed: SealedKey) -> VaultKeyId:
        """Keep a sealed key for good before returning.

        Raises:
            UsageError: the envelope or the scope is none.
            Conflict: a key of this address and scope is kept already.
        """

    async def sealed(self, key: VaultKeyId) -> SealedKey | None:
        """Return a key as it is kept, or None where there is none; that it was asked for is noted."""

    async def replace(self, key: VaultKeyId, before: SealedKey, after: SealedKey) -> bool:
        """Put the same key, sealed anew, in the place of what was read; False where somebody else was first.

        Raises:
            UsageError: it is not the same key, its deployment does not have the wallet, or the one that has it now
                still runs.
        """

    async def open(self, deployment: DeploymentId, fence: Fence, holder: str) -> SealedKey:
        """Return the sealed key of a deployment to whoever holds the lease of its account; that is noted.

        Raises:
            Fenced: that is not the live lease of this deployment.
            KeyUnavailable: the deployment has no wallet, or its key was revoked, destroyed, or is for another one.
        """

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one, oldest first."""

    async def not_under(self, kek_id: str) -> tuple[VaultKeyId, ...]:
        """Return the keys that are not under this root key, oldest first."""


class KeyVault(Protocol):
    """Seals keys and seals them anew; for processes that hold the root keys."""

    async def keep(self, key: WalletKey, scope: KeyScope) -> VaultKeyId:
        """Seal a key and keep it for good before returning.

        Raises:
            UsageError: the key does not belong to its address, or the scope is none.
            StoreError: it is not kept, and must not be approved.
        """

    async def rebind(self, key: VaultKeyId, deployment: DeploymentId) -> None:
        """Seal a key anew for a deployment; the one before can open it no longer.

        Raises:
            NotFound: there is no such key.
            KeyUnavailable: it does not open under the root keys at hand.
            UsageError: the deployment does not have its wallet, or the one before still runs.
        """

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one, oldest first."""

    async def rotate(self) -> Rotation:
        """Seal every key anew that is not under the newest root key; again goes on where it was broken off."""


class KeyOpener(Protocol):
    """Opens the key of one deployment; for its runner, which holds no root key."""

    async def open(self, fence: Fence, holder: str) -> WalletKey:
        """Return the key to sign with, while the lease is held.

        Raises:
            Fenced: the fence is not the live lease of this deployment, or is another holder's.
            KeyUnavailable: there is no key to be had, or it is not what was sealed for this deployment.
        """
