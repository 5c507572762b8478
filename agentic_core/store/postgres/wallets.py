"""Agent wallets."""

import msgspec

from agentic_core.domain.ids import UserId
from agentic_core.domain.times import Instant
from agentic_core.ports.wallet import ExpiryWarning, WalletGone
from agentic_core.ports.wallet_store import (
    AgentWalletRecord,
    MasterWallet,
    MasterWalletId,
    PendingWallet,
    RevocationPlane,
)
from agentic_core.store import sentences
from agentic_core.store.postgres.codec import encode
from agentic_core.store.postgres.connection import Database, Session, Values
from agentic_core.store.wallets import check_pairing, made_active, master_id, plane_column

__all__ = ["PostgresWallets"]

_NOTES = {"lease_revoked_at": "wallet_lease_revoked", "key_destroyed_at": "wallet_key_destroyed"}


class _AddressRow(msgspec.Struct):
    address: str


class PostgresWallets:
    """Agent wallets of every network."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pair(self, user: UserId, address: str, *, sig_hash: str, at: Instant) -> MasterWallet:
        """Note that an account is a user's; again makes the proof the newer one.

        Raises:
            Conflict: it is another user's.
            UsageError: the address or the hash is none.
        """
        check_pairing(address, sig_hash)
        values = {"id": master_id(address), "user": user, "address": address, "sig_hash": sig_hash, "at": at}
        async with self._database.transaction() as session:
            await session.run("ensure_user", values)
            await session.run("add_master", values)
            paired = await session.row("prove_master", MasterWallet, values)
            if paired is None:
                raise sentences.conflict(sentences.MASTER_TAKEN)
            return paired

    async def masters(self, user: UserId) -> tuple[MasterWallet, ...]:
        """Return a user's accounts, oldest first."""
        return await self._database.rows("masters_of_user", MasterWallet, {"user": user})

    async def stage(self, pending: PendingWallet) -> None:
        """Keep a wallet before its owner is asked to sign.

        Raises:
            NotFound: there is no such account.
            Conflict: the address or its key was kept before.
        """
        values = {
            "address": pending.wallet.address,
            "key": pending.vault_key_id,
            "master": pending.master_id,
            "network": pending.challenge.network,
            "name": pending.wallet.name,
            "nonce": pending.challenge.nonce,
            "challenge": encode(pending.challenge),
            "at": pending.created_at,
        }
        if await self._database.row("stage_wallet", _AddressRow, values) is None:
            raise sentences.conflict(sentences.WALLET_KEPT)

    async def pending(self, address: str) -> PendingWallet | None:
        """Return a wallet that waits for its approval."""
        return await self._database.row("pending_wallet", PendingWallet, {"address": address})

    async def waiting(self, network: str) -> tuple[PendingWallet, ...]:
        """Return all that wait for their approval, oldest first."""
        return await self._database.rows("waiting_wallets", PendingWallet, {"network": network})

    async def discard(self, address: str) -> None:
        """Forget a wallet that waits; nothing where there is none."""
        await self._database.run("take_pending_wallet", {"address": address})

    async def activate(self, address: str, *, valid_until: Instant, at: Instant) -> AgentWalletRecord:
        """Make a waiting wallet the one that trades under its name; the one before it has been replaced.

        Raises:
            NotFound: no such wallet was ever kept.
        """
        async with self._database.transaction() as session:
            pending = await session.row("take_pending_wallet", PendingWallet, {"address": address})
            if pending is None:
                return await _load(session, address)
            made = made_active(pending, valid_until=valid_until, at=at)
            values: Values = {
                "id": made.id,
                "master": made.master_id,
                "network": made.network,
                "address": address,
                "name": made.name,
                "key": made.vault_key_id,
                "valid_until": valid_until,
                "at": at,
            }
            for name in ("lock_master", "replace_holder", "add_wallet"):
                await session.run(name, values)
            return made

    async def find(self, address: str) -> AgentWalletRecord | None:
        """Return a wallet that trades or has traded."""
        return await self._database.row("find_wallet", AgentWalletRecord, {"address": address})

    async def holder(self, master: MasterWalletId, network: str, name: str) -> AgentWalletRecord | None:
        """Return the wallet that trades under a name."""
        values = {"master": master, "network": network, "name": name}
        return await self._database.row("holder_of_name", AgentWalletRecord, values)

    async def watched(self, network: str) -> tuple[AgentWalletRecord, ...]:
        """Return the wallets that the venue was not seen to have dropped, revoked ones included, oldest first."""
        return await self._database.rows("watched_wallets", AgentWalletRecord, {"network": network})

    async def revoke(self, address: str, *, at: Instant) -> AgentWalletRecord:
        """Let no runner have a wallet any more; one that ended before keeps its end.

        Raises:
            NotFound: there is no such wallet.
        """
        return await self._changed("revoke_wallet", address, at)

    async def reached(self, address: str, plane: RevocationPlane, *, at: Instant) -> AgentWalletRecord:
        """Note that the lease or the key of a wallet is gone; the first time stays.

        Raises:
            NotFound: there is no such wallet.
            UsageError: the plane is neither of the two.
        """
        return await self._changed(_NOTES[plane_column(plane)], address, at)

    async def end(self, address: str, gone: WalletGone, *, at: Instant) -> bool:
        """Note what two agreeing reads of the venue showed; tell whether that was news.

        Raises:
            NotFound: there is no such wallet.
        """
        values = {"address": address, "how": gone.how, "replaced_by": gone.replaced_by, "at": at}
        return await self._is_news("end_wallet", values)

    async def warned(self, address: str, warning: ExpiryWarning) -> bool:
        """Note a warning; tell whether nobody gave it, or a nearer one, before.

        Raises:
            NotFound: there is no such wallet.
        """
        return await self._is_news("warn_wallet", {"address": address, "warning": int(warning)})

    async def _changed(self, name: str, address: str, at: Instant) -> AgentWalletRecord:
        async with self._database.transaction() as session:
            await session.run(name, {"address": address, "at": at})
            return await _load(session, address)

    async def _is_news(self, name: str, values: Values) -> bool:
        async with self._database.transaction() as session:
            is_news = await session.row(name, _AddressRow, values) is not None
            if not is_news:
                await _load(session, str(values["address"]))
            return is_news


async def _load(session: Session, address: str) -> AgentWalletRecord:
    found = await session.row("find_wallet", AgentWalletRecord, {"address": address})
    if found is None:
        raise sentences.no_wallet(address)
    return found
