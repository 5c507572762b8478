"""Sealed keys in the vault schema, reached through functions that decide who may have them."""

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.order import Fence
from agentic_core.ports.secrets import SealedKey
from agentic_core.ports.wallet_store import VaultKeyId
from agentic_core.store import sentences
from agentic_core.store.postgres.connection import Database
from agentic_core.store.sealed_keys import name_of, refused, sealed_as

__all__ = ["PostgresSecrets"]


class _KeyRow(msgspec.Struct):
    key: VaultKeyId


class _SealedRow(msgspec.Struct):
    name: str
    envelope: str


class _ReplacedRow(msgspec.Struct):
    was_replaced: bool


class _OpenedRow(msgspec.Struct):
    is_live: bool
    cause: str | None
    name: str | None
    envelope: str | None


class PostgresSecrets:
    """Sealed keys of every wallet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, sealed: SealedKey) -> VaultKeyId:
        """Keep a sealed key for good before returning.

        Raises:
            UsageError: the envelope or the scope is none.
            Conflict: a key of this address and scope is kept already.
        """
        values = {"envelope": sealed.envelope, "name": name_of(sealed)}
        (kept,) = await self._database.rows("keep_sealed_key", _KeyRow, values)
        return kept.key

    async def sealed(self, key: VaultKeyId) -> SealedKey | None:
        """Return a key as it is kept, or None where there is none; that it was asked for is noted."""
        found = await self._database.row("sealed_key", _SealedRow, {"key": key})
        return None if found is None else sealed_as(found.name, found.envelope)

    async def replace(self, key: VaultKeyId, before: SealedKey, after: SealedKey) -> bool:
        """Put the same key, sealed anew, in the place of what was read; False where somebody else was first.

        Raises:
            UsageError: it is not the same key, its deployment does not have the wallet, or the one that has it now
                still runs.
        """
        values = {"key": key, "before": before.envelope, "after": after.envelope, "name": name_of(after)}
        (answer,) = await self._database.rows("replace_sealed_key", _ReplacedRow, values)
        return answer.was_replaced

    async def open(self, deployment: DeploymentId, fence: Fence, holder: str) -> SealedKey:
        """Return the sealed key of a deployment to whoever holds the lease of its account; that is noted.

        Raises:
            Fenced: that is not the live lease of this deployment.
            KeyUnavailable: the deployment has no wallet, or its key was revoked, destroyed, or is for another one.
        """
        values = {"epoch": fence.epoch, "holder": holder, "deployment": deployment, "account": fence.account}
        answer = await self._database.row("open_sealed_key", _OpenedRow, values)
        if answer is None or not answer.is_live:
            raise sentences.fenced(fence.account, fence.epoch)
        if answer.name is None or answer.envelope is None:
            raise refused(deployment, answer.cause or "the database does not say why")
        return sealed_as(answer.name, answer.envelope)

    async def destroy(self, key: VaultKeyId) -> None:
        """Make a key unreadable; again does nothing."""
        await self._database.run("destroy_sealed_key", {"key": key})

    async def orphans(self, *, older_than_ms: int) -> tuple[VaultKeyId, ...]:
        """Return the keys that neither wait for an approval nor have one, oldest first."""
        found = await self._database.rows("orphan_keys", _KeyRow, {"older_than": older_than_ms})
        return tuple(row.key for row in found)

    async def not_under(self, kek_id: str) -> tuple[VaultKeyId, ...]:
        """Return the keys that are not under this root key, oldest first."""
        found = await self._database.rows("keys_not_under", _KeyRow, {"kek": kek_id})
        return tuple(row.key for row in found)
