"""The hash of an L1 action: what stands in place of the action in what is signed."""

from agentic_hl.wire.addresses import address_bytes
from agentic_hl.wire.keccak import keccak256
from agentic_hl.wire.packing import Packable, pack
from agentic_hl.wire.units import WireError

__all__ = ["action_hash"]

_U64_MAX = 2**64 - 1


def action_hash(action: Packable, *, nonce: int, vault: str | None = None, expires_after: int | None = None) -> bytes:
    """Hash an action with its nonce and, where given, the address it acts for and the millisecond it expires at.

    Raises:
        WireError: the nonce or the expiry is not an unsigned 64-bit integer, or the vault is not an address.
    """
    try:
        content = pack(action) + nonce.to_bytes(8, "big")
        content += b"\x00" if vault is None else b"\x01" + address_bytes(vault)
        if expires_after is not None:
            content += b"\x00" + expires_after.to_bytes(8, "big")
    except OverflowError as exc:
        message = f"nonce {nonce} and expiry {expires_after} must be milliseconds between 0 and {_U64_MAX}"
        raise WireError(message) from exc
    return keccak256(content)
