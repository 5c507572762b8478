"""Keccak-256 as Ethereum uses it, which is not the SHA3-256 of the standard library.

The fast implementation is compiled code of its own; where it cannot be imported, the one that comes with the keystore
library gives the same digests four times as slowly.
"""

from collections.abc import Callable

from Crypto.Hash import keccak

try:
    from sha3 import keccak_256 as _native
except ImportError:
    _native = None

__all__ = ["KECCAK_IS_NATIVE", "keccak256", "portable_keccak256"]

KECCAK_IS_NATIVE = _native is not None
"""Whether the fast implementation is there."""


def portable_keccak256(content: bytes) -> bytes:
    """Hash bytes into 32 with the slower implementation."""
    return keccak.new(digest_bits=256, data=content).digest()


def _native_keccak256(content: bytes) -> bytes:
    digest: bytes = _native(content).digest()
    return digest


keccak256: Callable[[bytes], bytes] = portable_keccak256 if _native is None else _native_keccak256
"""Hash bytes into 32 with the faster implementation there is."""
