"""Sealed keys in memory; they are sealed here as well."""

from collections.abc import Callable

from agentic_core.domain.deployment_states import OCCUPYING_STATUSES
from agentic_core.domain.ids import DeploymentId, derived_uuid
from agentic_core.domain.order import Fence
from agentic_core.domain.records import DeploymentRecord
from agentic_core.domain.times import Instant
from agentic_core.errors import NotFound, UsageError
from agentic_core.ports.secrets import SealedKey
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store import sentences
from agentic_core.store.memory.deployments import MemoryDeployments
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.wallets import MemoryWallets
from agentic_core.store.sealed_keys import ENVELOPE, name_of, refused

__all__ = ["MemorySecrets"]


class MemorySecrets:
    """Sealed keys of every wallet."""

    def __init__(
        self,
        now: Callable[[], Instant],
        leases: MemoryLeases,
        deployments: MemoryDeployments,
        wallets: MemoryWallets,
    ) -> None:
        self._now = now
        self._leases = leases
        self._deployments = deployments
        self._wallets = wallets
        self._kept: dict[VaultKeyId, SealedKey] = {}
        self._kept_at: dict[VaultKeyId, Instant] = {}
        self._opened: dict[tuple[DeploymentId, int], str] = {}
        # Who was handed a key in an epoch.

    async def create(self, sealed: SealedKey) -> VaultKeyId:
        """Keep a sealed key for good before returning.

        Raises:
            UsageError: the envelope or the scope is none.
            Conflict: a key of this address and scope is kept already.
        """
        name = name_of(sealed)
        if any(name == name_of(other) for other in self._kept.values()):
            raise sentences.conflict(sentences.SEALED_BEFORE)
        key = VaultKeyId(derived_uuid("sealed key", name, str(len(self._kept_at))))
        self._kept[key] = sealed
        self._kept_at[key] = self._now()
        return key

    async def sealed(self, key: VaultKeyId) -> SealedKey | None:
        """Return a key as it is kept, or None where there is none."""
        return self._kept.get(key)

    async def replace(self, key: VaultKeyId, before: SealedKey, after: SealedKey) -> bool:
        """Put the same key, sealed anew, in the place of what was read; False where somebody else was first.

        Raises:
            UsageError: it is not the same key, its deployment does not have the wallet, or the one that has it now
                still runs.
        """
        name_of(after)
        kept = self._kept.get(key)
        if kept is None or kept.envelope != before.envelope:
            return False
        if _inner(after) != _inner(kept) or _owner(after) != _owner(kept):
            raise UsageError(f"what is to replace the sealed key of {kept.address} is not the same key sealed anew")
        if after.scope.deployment != kept.scope.deployment:
            await self._check_may_move(key, kept.scope.deployment, after.scope.deployment)
        self._kept[key] = after
        return True

    async def open(self, deployment: DeploymentId, fence: Fence, holder: str) -> SealedKey:
        """Return the sealed key of a deployment to whoever holds the lease of its account; that is noted.

        Raises:
            Fenced: that is not the live lease of this deployment.
            KeyUnavailable: the deployment has no wallet, or its key was revoked, destroyed, or is for another one.
        """
        lease, row = await self._leases.read(fence.account), await self._find(deployment)
        if (
            lease is None
            or row is None
            or not lease.is_live
            or (lease.epoch, lease.holder, lease.deployment) != (fence.epoch, holder, deployment)
        ):
            raise sentences.fenced(fence.account, fence.epoch)
        found = self._of_wallet(row)
        if not isinstance(found, SealedKey):
            raise refused(deployment, found)
        if self._opened.setdefault((deployment, fence.epoch), holder) != holder:
            raise refused(deployment, "opened_by_another")
        return found

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""
        self._kept.pop(key, None)

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one, oldest first."""
        until = self._now() - older_than_ms
        found = [key for key in self._kept if self._kept_at[key] <= until and not self._wallets.has_key(key)]
        return tuple(sorted(found, key=lambda key: (self._kept_at[key], key)))

    async def not_under(self, kek_id: str) -> tuple[VaultKeyId, ...]:
        """Return the keys that are not under this root key, oldest first."""
        found = [key for key, kept in self._kept.items() if kept.envelope.split(".")[1] != kek_id]
        return tuple(sorted(found, key=lambda key: (self._kept_at[key], key)))

    def _of_wallet(self, deployment: DeploymentRecord) -> SealedKey | str:
        wallet = self._wallets.by_id(deployment.hyperliquid_agent_id)
        if wallet is None:
            return "no_wallet"
        if wallet.revoked_at is not None:
            return "revoked"
        kept = self._kept.get(wallet.vault_key_id)
        if kept is None:
            return "destroyed"
        if (kept.scope.tenant, kept.scope.network, kept.address) != (
            deployment.user_id,
            wallet.network,
            wallet.address,
        ):
            return "another_key"
        return kept if kept.scope.deployment == deployment.id else "bound_elsewhere"

    async def _check_may_move(self, key: VaultKeyId, before: DeploymentId | None, after: DeploymentId | None) -> None:
        target, holder = await self._find(after), await self._find(before)
        wallet = None if target is None else self._wallets.by_id(target.hyperliquid_agent_id)
        if after is not None and (wallet is None or wallet.vault_key_id != key):
            raise UsageError(f"deployment {after} does not have the wallet of this key")
        if holder is not None and holder.status in OCCUPYING_STATUSES:
            raise UsageError(f"deployment {before} still has the wallet of this key; stop it first")

    async def _find(self, deployment: DeploymentId | None) -> DeploymentRecord | None:
        try:
            return None if deployment is None else await self._deployments.load(deployment)
        except NotFound:
            return None


def _inner(sealed: SealedKey) -> str:
    found = ENVELOPE.fullmatch(sealed.envelope)
    return "" if found is None else found[3]


def _owner(sealed: SealedKey) -> tuple[str, str, str]:
    return sealed.scope.tenant, sealed.scope.network, sealed.address
