"""What is really signed: 32-byte digests of typed data (EIP-712).

An L1 action is signed as a phantom message that holds only its hash and the network; a user-signed action is signed
field by field, so that a wallet can show it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import msgspec

from agentic_hl.wire.actions.base import UserSignedAction
from agentic_hl.wire.addresses import ZERO_ADDRESS, address_bytes
from agentic_hl.wire.keccak import keccak256
from agentic_hl.wire.network import Network
from agentic_hl.wire.units import WireError

__all__ = [
    "L1_PREFIXES",
    "PRIMARY_TYPE_PREFIX",
    "domain_separator",
    "l1_digest",
    "multi_sig_digest",
    "signed_fields",
    "signed_values",
    "typed_digest",
    "typed_json",
    "user_digest",
]

PRIMARY_TYPE_PREFIX = "HyperliquidTransaction:"

_CHAIN_FIELD = ("string", "hyperliquidChain")
_MULTI_SIG_FIELDS = (("address", "payloadMultiSigUser"), ("address", "outerSigner"))
_MULTI_SIG_OUTER = (_CHAIN_FIELD, ("bytes32", "multiSigActionHash"), ("uint64", "nonce"))
_DOMAIN_FIELDS = (
    ("string", "name"),
    ("string", "version"),
    ("uint256", "chainId"),
    ("address", "verifyingContract"),
)
_L1_DOMAIN = "Exchange"
_L1_CHAIN_ID = 1337
_USER_DOMAIN = "HyperliquidSignTransaction"
_BITS = {"uint64": 64, "uint256": 256}
_WORD = 32


def l1_digest(connection: bytes, network: Network) -> bytes:
    """Return the digest to sign of an L1 action with this hash."""
    head, agent_wallet = L1_PREFIXES[network]
    return keccak256(head + keccak256(agent_wallet + connection))


def user_digest(action: UserSignedAction, *, multi_sig: tuple[str, str] | None = None) -> bytes:
    """Return the digest to sign of a user-signed action.

    `multi_sig` are the account that needs several signatures and the key that hands the action in, where this is one
    of those signatures.

    Raises:
        WireError: a field does not fit its type.
    """
    fields, values = signed_fields(action), signed_values(action)
    if multi_sig is not None:
        fields = (_CHAIN_FIELD, *_MULTI_SIG_FIELDS, *fields[1:])
        values |= dict(zip(("payloadMultiSigUser", "outerSigner"), multi_sig, strict=True))
    chain_id = _chain_id(action.signature_chain_id)
    return typed_digest(PRIMARY_TYPE_PREFIX + action.primary_type, fields, values, chain_id=chain_id)


def multi_sig_digest(action_hash: bytes, *, nonce: int, network: Network, signature_chain_id: str) -> bytes:
    """Return the digest that whoever hands in a multi-signature signs; the hash is of the action without its type."""
    values = {"hyperliquidChain": str(network), "multiSigActionHash": action_hash, "nonce": nonce}
    name = PRIMARY_TYPE_PREFIX + "SendMultiSig"
    return typed_digest(name, _MULTI_SIG_OUTER, values, chain_id=_chain_id(signature_chain_id))


def signed_fields(action: UserSignedAction) -> tuple[tuple[str, str], ...]:
    """Return type and key of what is signed, in order."""
    return (_CHAIN_FIELD, *action.fields)


def signed_values(action: UserSignedAction) -> dict[str, object]:
    """Return what is signed, by its key; text that the action leaves out is empty."""
    written = msgspec.to_builtins(action)
    return {key: written.get(key, "") for _, key in signed_fields(action)}


def typed_json(action: UserSignedAction) -> bytes:
    """Write a user-signed action as the JSON that wallets take for `eth_signTypedData_v4`."""
    name = PRIMARY_TYPE_PREFIX + action.primary_type
    types = {"EIP712Domain": _as_rows(_DOMAIN_FIELDS), name: _as_rows(signed_fields(action))}
    domain = {
        "name": _USER_DOMAIN,
        "version": "1",
        "chainId": _chain_id(action.signature_chain_id),
        "verifyingContract": ZERO_ADDRESS,
    }
    whole = {"types": types, "domain": domain, "primaryType": name, "message": signed_values(action)}
    return msgspec.json.encode(whole)


def typed_digest(
    name: str,
    fields: Sequence[tuple[str, str]],
    values: Mapping[str, object],
    *,
    chain_id: int,
    domain: str = _USER_DOMAIN,
) -> bytes:
    """Return the digest of a flat struct under a domain of the venue; values without a field are not signed.

    Raises:
        WireError: a value is missing or does not fit its type.
    """
    words = b"".join(_encoded(kind, key, values) for kind, key in fields)
    return keccak256(b"\x19\x01" + domain_separator(domain, chain_id) + keccak256(_type_hash(name, fields) + words))


@cache
def domain_separator(domain: str, chain_id: int) -> bytes:
    """Return what keeps signatures of one domain and chain apart from all others."""
    values = {"name": domain, "version": "1", "chainId": chain_id, "verifyingContract": ZERO_ADDRESS}
    words = b"".join(_encoded(kind, key, values) for kind, key in _DOMAIN_FIELDS)
    return keccak256(_type_hash("EIP712Domain", _DOMAIN_FIELDS) + words)


def _type_hash(name: str, fields: Sequence[tuple[str, str]]) -> bytes:
    members = ",".join(f"{kind} {key}" for kind, key in fields)
    return keccak256(f"{name}({members})".encode())


def _encoded(kind: str, key: str, values: Mapping[str, object]) -> bytes:
    encode = _ENCODERS.get(kind)
    if encode is None:
        message = f"{key}: the type {kind} is not signed by this venue; known are {', '.join(sorted(_ENCODERS))}"
        raise WireError(message)
    try:
        return encode(kind, values[key])
    except (KeyError, TypeError, ValueError, OverflowError) as exc:
        message = f"{key}: {values.get(key)!r} is no {kind}"
        raise WireError(message) from exc


def _text(_kind: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    return keccak256(value.encode())


def _address(_kind: str, value: object) -> bytes:
    return bytes(_WORD - 20) + address_bytes(str(value))


def _flag(_kind: str, value: object) -> bytes:
    if not isinstance(value, bool):
        raise TypeError
    return value.to_bytes(_WORD, "big")


def _number(kind: str, value: object) -> bytes:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return bytes(_WORD - _BITS[kind] // 8) + value.to_bytes(_BITS[kind] // 8, "big")


def _word(_kind: str, value: object) -> bytes:
    content = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
    if not isinstance(content, bytes) or len(content) != _WORD:
        raise TypeError
    return content


_ENCODERS: dict[str, Callable[[str, object], bytes]] = {
    "string": _text,
    "address": _address,
    "bool": _flag,
    "uint64": _number,
    "uint256": _number,
    "bytes32": _word,
}


def _as_rows(fields: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": key, "type": kind} for kind, key in fields]


def _chain_id(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError as exc:
        message = f"signature chain id {text!r} must be a hexadecimal number such as 0x66eee"
        raise WireError(message) from exc


def _l1_prefix(network: Network) -> tuple[bytes, bytes]:
    agent_wallet = (("string", "source"), ("bytes32", "connectionId"))
    head = b"\x19\x01" + domain_separator(_L1_DOMAIN, _L1_CHAIN_ID)
    return head, _type_hash("Agent", agent_wallet) + keccak256(network.source.encode())


L1_PREFIXES: Mapping[Network, tuple[bytes, bytes]] = {network: _l1_prefix(network) for network in Network}
"""What stands before the two hashes of an L1 signature: the domain's, and that of the phantom message."""
