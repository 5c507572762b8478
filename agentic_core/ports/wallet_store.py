"""What is kept of agent wallets: who pairs them, which wait for a signature, which trade, and how each of them ended.

Keys are not here, only what the vault calls them. An address stands for one key and is taken once, ever.
"""

from enum import StrEnum
from typing import NewType, Protocol

import msgspec

from agentic_core.domain.ids import UserId
from agentic_core.domain.times import Instant
from agentic_core.ports.wallet import ApprovedWallet, ExpiryWarning, WalletChallenge, WalletGone

__all__ = [
    "AgentWalletId",
    "AgentWalletRecord",
    "MasterWallet",
    "MasterWalletId",
    "PendingWallet",
    "RevocationPlane",
    "VaultKeyId",
    "WalletEnd",
    "WalletStore",
]

MasterWalletId = NewType("MasterWalletId", str)
AgentWalletId = NewType("AgentWalletId", str)
VaultKeyId = NewType("VaultKeyId", str)
"""A UUID that the vault gave out for a key."""


class MasterWallet(msgspec.Struct, frozen=True, kw_only=True):
    """An account whose owner showed that it is theirs."""

    id: MasterWalletId
    user_id: UserId
    address: str
    """Lower-case, and one user's only."""
    verified_at: Instant
    pairing_sig_hash: str
    """SHA-256 of the signature that showed it, hex."""
    created_at: Instant


class PendingWallet(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet whose key is in the vault and whose owner is asked to sign."""

    master_id: MasterWalletId
    vault_key_id: VaultKeyId
    challenge: WalletChallenge
    created_at: Instant

    @property
    def wallet(self) -> ApprovedWallet:
        """The wallet as it is to be approved."""
        return self.challenge.wallet


class WalletEnd(StrEnum):
    """What was known first of why a wallet may trade no longer."""

    REVOKED = "revoked"
    """By us, for its owner."""
    EXPIRED = "expired"
    REPLACED = "replaced"
    NOT_LISTED = "not_listed"
    """The venue dropped it, or its owner did so there."""


class RevocationPlane(StrEnum):
    """What keeps a revoked wallet from trading; each helps where the others fail."""

    RECORD = "record"
    """No runner is given it any more."""
    LEASE = "lease"
    """Nothing is sent by whoever held the trading lease."""
    KEY = "key"
    """Nothing can be signed."""
    VENUE = "venue"
    """Nothing that is signed is taken."""


class AgentWalletRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet that its owner approved and that the venue was seen to list."""

    id: AgentWalletId
    master_id: MasterWalletId
    master: str
    network: str
    address: str
    name: str
    vault_key_id: VaultKeyId
    valid_until: Instant
    approved_at: Instant
    expiry_told: ExpiryWarning | None = None
    """The last warning that was given."""
    revoked_at: Instant | None = None
    """When we were told, or first saw, that it may trade no longer."""
    ended_by: WalletEnd | None = None
    replaced_by: str | None = None
    lease_revoked_at: Instant | None = None
    key_destroyed_at: Instant | None = None
    gone_at: Instant | None = None
    """When the venue was seen to let it trade no longer; until then it is looked at."""

    @property
    def wallet(self) -> ApprovedWallet:
        """The wallet as the venue is asked about it."""
        return ApprovedWallet(master=self.master, address=self.address, name=self.name, valid_until=self.valid_until)


class WalletStore(Protocol):
    """Agent wallets in the database; every method is one transaction, and addresses are lower-case."""

    async def pair(self, user: UserId, address: str, *, sig_hash: str, at: Instant) -> MasterWallet:
        """Note that an account is a user's, who becomes one by it; again makes the proof the newer one.

        Raises:
            Conflict: it is another user's.
            UsageError: the address or the hash is none.
        """

    async def masters(self, user: UserId) -> tuple[MasterWallet, ...]:
        """Return a user's accounts, oldest first."""

    async def stage(self, pending: PendingWallet) -> None:
        """Keep a wallet before its owner is asked to sign.

        Raises:
            NotFound: there is no such account.
            Conflict: the address or its key was kept before.
        """

    async def pending(self, address: str) -> PendingWallet | None:
        """Return a wallet that waits for its approval."""

    async def waiting(self, network: str) -> tuple[PendingWallet, ...]:
        """Return all that wait for their approval, oldest first."""

    async def discard(self, address: str) -> None:
        """Forget a wallet that waits; nothing where there is none."""

    async def activate(self, address: str, *, valid_until: Instant, at: Instant) -> AgentWalletRecord:
        """Make a waiting wallet the one that trades under its name; the one before it has been replaced.

        For a wallet that was made so before, nothing changes.

        Raises:
            NotFound: no such wallet was ever kept.
        """

    async def find(self, address: str) -> AgentWalletRecord | None:
        """Return a wallet that trades or has traded."""

    async def holder(self, master: MasterWalletId, network: str, name: str) -> AgentWalletRecord | None:
        """Return the wallet that trades under a name."""

    async def watched(self, network: str) -> tuple[AgentWalletRecord, ...]:
        """Return the wallets that the venue was not seen to have dropped, revoked ones included, oldest first."""

    async def revoke(self, address: str, *, at: Instant) -> AgentWalletRecord:
        """Let no runner have a wallet any more; one that ended before keeps its end.

        Raises:
            NotFound: there is no such wallet.
        """

    async def reached(self, address: str, plane: RevocationPlane, *, at: Instant) -> AgentWalletRecord:
        """Note that the lease or the key of a wallet is gone; the first time stays.

        Raises:
            NotFound: there is no such wallet.
            UsageError: the plane is neither of the two.
        """

    async def end(self, address: str, gone: WalletGone, *, at: Instant) -> bool:
        """Note what two agreeing reads of the venue showed; tell whether that was news.

        Raises:
            NotFound: there is no such wallet.
        """

    async def warned(self, address: str, warning: ExpiryWarning) -> bool:
        """Note a warning; tell whether nobody gave it, or a nearer one, before.

        Raises:
            NotFound: there is no such wallet.
        """
