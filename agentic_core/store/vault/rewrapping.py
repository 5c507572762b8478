"""Sealing kept keys anew, for another deployment or under a newer root key; no key is looked at."""

from collections.abc import Callable

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import Conflict, KeyUnavailable, NotFound, UsageError
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.secrets import KeyScope, Rotation, SealedKey, SecretStore
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store.sealed_keys import ENVELOPE
from agentic_core.store.vault.envelope import opened, rewrapped
from agentic_core.store.vault.key_ring import KeyRing

__all__ = ["Rewrapping"]

_RACES_LOST_MAX = 5


class Rewrapping:
    """What needs the root keys and nothing that knows about keys."""

    def __init__(self, store: SecretStore, ring: KeyRing, entropy: Entropy) -> None:
        self._store = store
        self._ring = ring
        self._entropy = entropy

    async def rebind(self, key: VaultKeyId, deployment: DeploymentId) -> None:
        """Seal a key anew for a deployment; the one before can open it no longer.

        Raises:
            NotFound: there is no such key.
            KeyUnavailable: it does not open under the root keys at hand.
            UsageError: the deployment does not have its wallet, or the one before still runs.
        """
        await self._rewrap(key, lambda scope: msgspec.structs.replace(scope, deployment=deployment))

    async def rotate(self) -> Rotation:
        """Seal every key anew that is not under the newest root key; again goes on where it was broken off."""
        count, failures = 0, dict[VaultKeyId, str]()
        for key in await self._store.not_under(self._ring.newest):
            try:
                await self._rewrap(key, lambda scope: scope)
            except NotFound:
                continue  # destroyed meanwhile
            except (KeyUnavailable, UsageError, Conflict) as error:
                failures[key] = str(error)
            else:
                count += 1
        return Rotation(rewrapped=count, failures=failures)

    async def _rewrap(self, key: VaultKeyId, move: Callable[[KeyScope], KeyScope]) -> None:
        for _ in range(_RACES_LOST_MAX):
            kept = await self._store.sealed(key)
            if kept is None:
                raise NotFound(f"the vault has no key {key!r}; it was destroyed, or never kept")
            scope = move(kept.scope)
            if scope == kept.scope and self._is_newest(kept):
                return
            under, newly_under = (self._ring.wrapping_keys(one.deployment) for one in (kept.scope, scope))
            made = rewrapped(kept, under, scope, newly_under, self._entropy)
            opened(made, newly_under)  # what does not open again would be lost
            if await self._store.replace(key, kept, made):
                return
        raise Conflict(f"key {key!r} was sealed anew by others {_RACES_LOST_MAX} times in a row; try again")

    def _is_newest(self, kept: SealedKey) -> bool:
        found = ENVELOPE.fullmatch(kept.envelope)
        return found is not None and found[1] == self._ring.newest
