"""Hashes and signatures: what was signed, and by whom.

Sources: fact sheet 1.1, 1.2 and 2.1; EIP-712. The signer is never named, only recovered.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import msgspec
import sha3
from coincurve import PublicKey

__all__ = [
    "Network",
    "Signature",
    "TypedFields",
    "action_hash",
    "keccak",
    "l1_digest",
    "recover",
    "typed_digest",
    "user_digest",
]

TypedFields: TypeAlias = tuple[tuple[str, str], ...]
"""(type, name) of each field of a typed structure, in order."""

_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_FIRST_V = 27
_WORD = 32
_ADDRESS = 20
_CHAIN: TypedFields = (("string", "hyperliquidChain"),)
_DOMAIN: TypedFields = (
    ("string", "name"),
    ("string", "version"),
    ("uint256", "chainId"),
    ("address", "verifyingContract"),
)
_NOWHERE = "0x" + "00" * _ADDRESS
_L1_CHAIN = 1337


class Network(StrEnum):
    """Which network a signature is for."""

    MAINNET = "Mainnet"
    TESTNET = "Testnet"

    @property
    def source(self) -> str:
        """The letter that stands for it in signatures of trading actions."""
        return "a" if self is Network.MAINNET else "b"


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature as sent; `r` and `s` may lack leading zeros."""

    r: str
    s: str
    v: int

    def __post_init__(self) -> None:
        """Refuse what is no number, and write the numbers without leading zeros."""
        for name, text in (("r", self.r), ("s", self.s)):
            if _HEX.fullmatch(text) is None:
                raise ValueError(f"`{name}` is no hexadecimal number of at most 32 bytes")
            msgspec.structs.force_setattr(self, name, hex(int(text, 16)))


def keccak(message: bytes) -> bytes:
    """Hash with Keccak-256."""
    digest: bytes = sha3.keccak_256(message).digest()
    return digest


def action_hash(packed: bytes, *, nonce: int, vault: str | None = None, expires_after: int | None = None) -> bytes:
    """Hash a packed action with what surrounds it."""
    vault_part = b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault[2:])
    expiry_part = b"" if expires_after is None else b"\x00" + expires_after.to_bytes(8, "big")
    return keccak(packed + nonce.to_bytes(8, "big") + vault_part + expiry_part)


def l1_digest(connection_id: bytes, network: Network) -> bytes:
    """Return what a trading key signs."""
    fields: TypedFields = (("string", "source"), ("bytes32", "connectionId"))
    message = {"source": network.source, "connectionId": connection_id}
    return typed_digest("Exchange", _L1_CHAIN, _struct_hash("Agent", fields, message))


def user_digest(primary: str, fields: TypedFields, message: Mapping[str, object]) -> bytes:
    """Return what a master's key signs; `fields` come after the network's name, `message` may hold more.

    Raises:
        ValueError: the chain's id is no hexadecimal number.
    """
    chain_id = int(str(message["signatureChainId"]), 16)
    struct_hash = _struct_hash(f"HyperliquidTransaction:{primary}", _CHAIN + fields, message)
    return typed_digest("HyperliquidSignTransaction", chain_id, struct_hash)


def typed_digest(domain_name: str, chain_id: int, struct_hash: bytes) -> bytes:
    """Bind the hash of a structure to its domain, by EIP-712."""
    return keccak(b"\x19\x01" + _domain_separator(domain_name, chain_id) + struct_hash)


def recover(digest: bytes, signature: Signature) -> str | None:
    """Return the lower-case address that signed, or None where nobody can have."""
    r, s, recovery = int(signature.r, 16), int(signature.s, 16), signature.v - _FIRST_V
    if not (0 < r < _ORDER and 0 < s < _ORDER and recovery in {0, 1}):
        return None
    compact = r.to_bytes(_WORD, "big") + s.to_bytes(_WORD, "big") + bytes([recovery])
    try:
        key = PublicKey.from_signature_and_message(compact, digest, hasher=None)
    except ValueError:
        return None
    return "0x" + keccak(key.format(compressed=False)[1:])[-_ADDRESS:].hex()


@lru_cache(maxsize=64)
def _domain_separator(name: str, chain_id: int) -> bytes:
    message = {"name": name, "version": "1", "chainId": chain_id, "verifyingContract": _NOWHERE}
    return _struct_hash("EIP712Domain", _DOMAIN, message)


def _struct_hash(name: str, fields: TypedFields, message: Mapping[str, object]) -> bytes:
    words = [_word(kind, message[field]) for kind, field in fields]
    return keccak(_type_hash(name, fields) + b"".join(words))


@lru_cache(maxsize=64)
def _type_hash(name: str, fields: TypedFields) -> bytes:
    members = ",".join(f"{kind} {field}" for kind, field in fields)
    return keccak(f"{name}({members})".encode())


def _word(kind: str, value: object) -> bytes:
    match kind, value:
        case "string", str(text):
            return keccak(text.encode())
        case "address", str(text):
            return bytes(_WORD - _ADDRESS) + bytes.fromhex(text[2:])
        case "bytes32", bytes(word):
            return word
        case (("bool" | "uint64" | "uint256"), int(number)):
            return int(number).to_bytes(_WORD, "big")
        case _:
            raise ValueError(f"{value!r} is no {kind}")
