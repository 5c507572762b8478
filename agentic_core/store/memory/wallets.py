"""Agent wallets in memory."""

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
    VaultKeyId,
    WalletEnd,
)
from agentic_core.store import sentences
from agentic_core.store.wallets import check_pairing, made_active, master_id, plane_column

__all__ = ["MemoryWallets"]


class MemoryWallets:
    """Agent wallets of every network."""

    def __init__(self) -> None:
        self._masters: dict[str, MasterWallet] = {}
        self._pending: dict[str, PendingWallet] = {}
        self._wallets: dict[str, AgentWalletRecord] = {}

    def by_id(self, wallet: str | None) -> AgentWalletRecord | None:
        """Return a wallet that trades or has traded."""
        return next((known for known in self._wallets.values() if known.id == wallet), None)

    def has_key(self, key: VaultKeyId) -> bool:
        """Tell whether a key is one of a wallet, or of one that waits."""
        kept = (known.vault_key_id for known in self._wallets.values())
        waiting = (known.vault_key_id for known in self._pending.values())
        return key in (*kept, *waiting)

    async def pair(self, user: UserId, address: str, *, sig_hash: str, at: Instant) -> MasterWallet:
        """Note that an account is a user's; again makes the proof the newer one.

        Raises:
            Conflict: it is another user's.
            UsageError: the address or the hash is none.
        """
        check_pairing(address, sig_hash)
        known = self._masters.get(address)
        if known is not None and known.user_id != user:
            raise sentences.conflict(sentences.MASTER_TAKEN)
        self._masters[address] = MasterWallet(
            id=master_id(address),
            user_id=user,
            address=address,
            verified_at=at,
            pairing_sig_hash=sig_hash,
            created_at=at if known is None else known.created_at,
        )
        return self._masters[address]

    async def masters(self, user: UserId) -> tuple[MasterWallet, ...]:
        """Return a user's accounts, oldest first."""
        own = [master for master in self._masters.values() if master.user_id == user]
        return tuple(sorted(own, key=lambda master: (master.created_at, master.address)))

    async def stage(self, pending: PendingWallet) -> None:
        """Keep a wallet before its owner is asked to sign.

        Raises:
            NotFound: there is no such account.
            Conflict: the address or its key was kept before.
        """
        address, key = pending.wallet.address, pending.vault_key_id
        if any(address == known.address or key == known.vault_key_id for known in self._wallets.values()):
            raise sentences.conflict(sentences.WALLET_KEPT)
        if address in self._pending:
            raise sentences.conflict(sentences.PENDING_KEPT)
        if any(key == known.vault_key_id for known in self._pending.values()):
            raise sentences.conflict(sentences.PENDING_KEY_KEPT)
        if all(master.id != pending.master_id for master in self._masters.values()):
            raise sentences.no_master(pending.master_id)
        self._pending[address] = pending

    async def pending(self, address: str) -> PendingWallet | None:
        """Return a wallet that waits for its approval."""
        return self._pending.get(address)

    async def waiting(self, network: str) -> tuple[PendingWallet, ...]:
        """Return all that wait for their approval, oldest first."""
        found = [pending for pending in self._pending.values() if pending.challenge.network == network]
        return tuple(sorted(found, key=lambda pending: (pending.created_at, pending.wallet.address)))

    async def discard(self, address: str) -> None:
        """Forget a wallet that waits; nothing where there is none."""
        self._pending.pop(address, None)

    async def activate(self, address: str, *, valid_until: Instant, at: Instant) -> AgentWalletRecord:
        """Make a waiting wallet the one that trades under its name; the one before it has been replaced.

        Raises:
            NotFound: no such wallet was ever kept.
        """
        pending = self._pending.pop(address, None)
        if pending is None:
            return self._load(address)
        made = made_active(pending, valid_until=valid_until, at=at)
        before = await self.holder(made.master_id, made.network, made.name)
        if before is not None:
            self._change(before.address, revoked_at=at, ended_by=WalletEnd.REPLACED, replaced_by=address)
        self._wallets[address] = made
        return made

    async def find(self, address: str) -> AgentWalletRecord | None:
        """Return a wallet that trades or has traded."""
        return self._wallets.get(address)

    async def holder(self, master: MasterWalletId, network: str, name: str) -> AgentWalletRecord | None:
        """Return the wallet that trades under a name."""
        slot = (master, network, name)
        active = (wallet for wallet in self._wallets.values() if wallet.revoked_at is None)
        return next((one for one in active if (one.master_id, one.network, one.name) == slot), None)

    async def watched(self, network: str) -> tuple[AgentWalletRecord, ...]:
        """Return the wallets that the venue was not seen to have dropped, revoked ones included, oldest first."""
        found = [one for one in self._wallets.values() if one.network == network and one.gone_at is None]
        return tuple(sorted(found, key=lambda one: (one.approved_at, one.address)))

    async def revoke(self, address: str, *, at: Instant) -> AgentWalletRecord:
        """Let no runner have a wallet any more; one that ended before keeps its end.

        Raises:
            NotFound: there is no such wallet.
        """
        known = self._load(address)
        if known.revoked_at is not None:
            return known
        return self._change(address, revoked_at=at, ended_by=WalletEnd.REVOKED)

    async def reached(self, address: str, plane: RevocationPlane, *, at: Instant) -> AgentWalletRecord:
        """Note that the lease or the key of a wallet is gone; the first time stays.

        Raises:
            NotFound: there is no such wallet.
            UsageError: the plane is neither of the two.
        """
        column = plane_column(plane)
        known = self._load(address)
        return known if getattr(known, column) is not None else self._change(address, **{column: at})

    async def end(self, address: str, gone: WalletGone, *, at: Instant) -> bool:
        """Note what two agreeing reads of the venue showed; tell whether that was news.

        Raises:
            NotFound: there is no such wallet.
        """
        known = self._load(address)
        if known.gone_at is not None:
            return False
        self._change(
            address,
            gone_at=at,
            revoked_at=at if known.revoked_at is None else known.revoked_at,
            ended_by=known.ended_by or WalletEnd(gone.how.value),
            replaced_by=known.replaced_by or gone.replaced_by,
        )
        return True

    async def warned(self, address: str, warning: ExpiryWarning) -> bool:
        """Note a warning; tell whether nobody gave it, or a nearer one, before.

        Raises:
            NotFound: there is no such wallet.
        """
        told = self._load(address).expiry_told
        if told is not None and told <= warning:
            return False
        self._change(address, expiry_told=warning)
        return True

    def user_of(self, wallet_id: str) -> UserId | None:
        """Return whose wallet it is, or None where there is no such wallet."""
        master = next((one.master_id for one in self._wallets.values() if one.id == wallet_id), None)
        return next((one.user_id for one in self._masters.values() if one.id == master), None)

    def _load(self, address: str) -> AgentWalletRecord:
        known = self._wallets.get(address)
        if known is None:
            raise sentences.no_wallet(address)
        return known

    def _change(self, address: str, **changes: object) -> AgentWalletRecord:
        self._wallets[address] = msgspec.structs.replace(self._wallets[address], **changes)
        return self._wallets[address]
