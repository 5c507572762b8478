"""The vault of processes that hold the root keys, and the opener of a runner, which holds only its deployment's."""

from collections.abc import Callable

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.errors import KeyUnavailable, UsageError
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.secrets import KeyScope, Rotation, SealedKey, SecretStore
from agentic_core.ports.wallet import WalletKey
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store.vault.envelope import opened, sealed
from agentic_core.store.vault.key_ring import KeyRing, WrappingKeys
from agentic_core.store.vault.rewrapping import Rewrapping

__all__ = ["AddressOf", "LeasedKeyOpener", "SealingKeyVault"]

AddressOf = Callable[[bytes], str]
"""Returns the address that a private key belongs to, lower-case."""


class SealingKeyVault:
    """Seals keys under a ring of root keys, of which the newest is used and all open."""

    def __init__(self, store: SecretStore, ring: KeyRing, entropy: Entropy, address_of: AddressOf) -> None:
        self._store = store
        self._ring = ring
        self._entropy = entropy
        self._address_of = address_of
        self._rewrapping = Rewrapping(store, ring, entropy)

    async def keep(self, key: WalletKey, scope: KeyScope) -> VaultKeyId:
        """Seal a key and keep it for good before returning.

        Raises:
            UsageError: the key does not belong to its address, or the scope is none.
            StoreError: it is not kept, and must not be approved.
        """
        if self._address_of(key.reveal()) != key.address:
            raise UsageError(f"the key of {key!r} belongs to another address; it was not kept")
        under = self._ring.wrapping_keys(scope.deployment)
        made = sealed(key, scope, under, self._entropy)
        _opened_wallet(made, under, self._address_of)  # what does not open again must not be approved
        return await self._store.create(made)

    async def rebind(self, key: VaultKeyId, deployment: DeploymentId) -> None:
        """Seal a key anew for a deployment; the one before can open it no longer.

        Raises:
            NotFound: there is no such key.
            KeyUnavailable: it does not open under the root keys at hand.
            UsageError: the deployment does not have its wallet, or the one before still runs.
        """
        await self._rewrapping.rebind(key, deployment)

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""
        await self._store.destroy(key)

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one, oldest first."""
        return await self._store.orphans(older_than_ms=older_than_ms)

    async def rotate(self) -> Rotation:
        """Seal every key anew that is not under the newest root key; again goes on where it was broken off."""
        return await self._rewrapping.rotate()


class LeasedKeyOpener:
    """Opens the key of the deployment whose wrapping keys it holds."""

    def __init__(self, store: SecretStore, under: WrappingKeys, address_of: AddressOf) -> None:
        """Take the store, the wrapping keys of one deployment, and what tells the address of a key.

        Raises:
            UsageError: the wrapping keys are no deployment's.
        """
        if under.deployment is None:
            raise UsageError(f"{under!r} opens the key of no deployment; a runner is given the keys of its own")
        self._store = store
        self._deployment = under.deployment
        self._under = under
        self._address_of = address_of

    async def open(self, fence: Fence, holder: str) -> WalletKey:
        """Return the key to sign with, while the lease is held.

        Raises:
            Fenced: the fence is not the live lease of this deployment, or is another holder's.
            KeyUnavailable: there is no key to be had, or it is not what was sealed for this deployment.
        """
        kept = await self._store.open(self._deployment, fence, holder)
        if kept.scope.deployment != self._deployment:
            raise KeyUnavailable(f"the key of {kept.address} is sealed for {kept.scope.deployment}; rebind it")
        return _opened_wallet(kept, self._under, self._address_of)


def _opened_wallet(kept: SealedKey, under: WrappingKeys, address_of: AddressOf) -> WalletKey:
    key = opened(kept, under)
    if address_of(key.reveal()) != kept.address:
        raise KeyUnavailable(f"what is sealed for {kept.address} is the key of another address; do not use either")
    return key
