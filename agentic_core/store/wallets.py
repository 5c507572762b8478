"""What both stores make of agent wallets and refuse about them before they write."""

import re

from agentic_core.domain.ids import derived_uuid
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.ports.wallet_store import (
    AgentWalletId,
    AgentWalletRecord,
    MasterWalletId,
    PendingWallet,
    RevocationPlane,
)

__all__ = ["check_pairing", "made_active", "master_id", "plane_column"]

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COLUMNS = {RevocationPlane.LEASE: "lease_revoked_at", RevocationPlane.KEY: "key_destroyed_at"}


def check_pairing(address: str, sig_hash: str) -> None:
    """Refuse an account or a proof that is none.

    Raises:
        UsageError: the address is not written as `0x` and 40 lower-case hex digits, or the hash not as 64.
    """
    if _ADDRESS.fullmatch(address) is None:
        raise UsageError(f"{address!r} is no address as the store keeps them; write 0x and 40 lower-case hex digits")
    if _SHA256.fullmatch(sig_hash) is None:
        raise UsageError("the proof of a pairing is the SHA-256 of its signature in 64 lower-case hex digits")


def master_id(address: str) -> MasterWalletId:
    """Return the id of an account."""
    return MasterWalletId(derived_uuid("master_wallet", address))


def made_active(pending: PendingWallet, *, valid_until: Instant, at: Instant) -> AgentWalletRecord:
    """Return the wallet that a waiting one becomes once the venue lists it."""
    wallet = pending.wallet
    return AgentWalletRecord(
        id=AgentWalletId(derived_uuid("agent_wallet", wallet.address)),
        master_id=pending.master_id,
        master=wallet.master,
        network=pending.challenge.network,
        address=wallet.address,
        name=wallet.name,
        vault_key_id=pending.vault_key_id,
        valid_until=valid_until,
        approved_at=at,
    )


def plane_column(plane: RevocationPlane) -> str:
    """Return where it is written that a plane was reached.

    Raises:
        UsageError: it is not written by itself.
    """
    if plane not in _COLUMNS:
        raise UsageError(f"only the lease and the key are noted by themselves, not the {plane}")
    return _COLUMNS[plane]
