"""Keccak-256 as Ethereum uses it, which is not the SHA3-256 of the standard library."""

from sha3 import keccak_256

__all__ = ["keccak256"]


def keccak256(content: bytes) -> bytes:
    """Hash bytes into 32."""
    digest: bytes = keccak_256(content).digest()
    return digest
