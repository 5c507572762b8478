"""Addresses of accounts: 20 bytes, written in lower case wherever they are hashed as text."""

import re
from typing import NewType

from agentic_hl.wire.keccak import keccak256
from agentic_hl.wire.units import WireError

__all__ = ["ZERO_ADDRESS", "Address", "address_bytes", "address_of", "address_of_public_key", "checksummed"]

Address = NewType("Address", str)
"""`0x` and 40 lower-case hex digits."""

ZERO_ADDRESS = Address("0x" + "0" * 40)

_SHOWN_MAX = 44

_is_address = re.compile(r"0[xX][0-9a-fA-F]{40}", re.ASCII).fullmatch


def address_of(text: str) -> Address:
    """Read an address in any case.

    Raises:
        WireError: it is none.

    >>> address_of("0x14791697260E4c9A71f18484C9f997B308e59325")
    '0x14791697260e4c9a71f18484c9f997b308e59325'
    """
    if _is_address(text) is None:
        # A private key is longer, and easily taken for one: what may be a key is not repeated.
        named = repr(text) if len(text) <= _SHOWN_MAX else f"a text of {len(text)} characters"
        message = f"{named} is not an address; write 0x and 40 hex digits"
        raise WireError(message)
    return Address(text.lower())


def address_bytes(address: str) -> bytes:
    """Return the 20 bytes of an address.

    Raises:
        WireError: it is none.
    """
    return bytes.fromhex(address_of(address)[2:])


def address_of_public_key(key: bytes) -> Address:
    """Return the address of a public key: 65 bytes, uncompressed."""
    return Address("0x" + keccak256(key[1:])[-20:].hex())


def checksummed(address: str) -> str:
    """Write an address in the mixed case that wallets show and check (EIP-55).

    >>> checksummed("0x14791697260e4c9a71f18484c9f997b308e59325")
    '0x14791697260E4c9A71f18484C9f997B308e59325'
    """
    digits = address_of(address)[2:]
    marks = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks[:40], strict=True)
    )
