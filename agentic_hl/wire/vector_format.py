"""The format of files of signing vectors, one value for each kind of vector."""

from decimal import Decimal
from typing import Annotated

import msgspec

from agentic_hl.wire.actions import MultiSig
from agentic_hl.wire.signing import Signature

__all__ = [
    "HashInput",
    "HashVector",
    "Hashes",
    "MultiSignedExpected",
    "MultiSignedInput",
    "MultiSignedVector",
    "OrderRequest",
    "PhantomMessage",
    "ScalingCase",
    "ScalingVector",
    "Signatures",
    "SignedVector",
    "TypedField",
    "TypedStruct",
    "UserSignedInput",
    "UserSignedVector",
    "VectorFile",
    "VectorHead",
]


class VectorFile(msgspec.Struct, frozen=True):
    """A whole file; each vector is read by its kind."""

    vectors: list[msgspec.Raw]


class VectorHead(msgspec.Struct, frozen=True):
    """What every vector has."""

    name: str
    kind: str


class OrderRequest(msgspec.Struct, frozen=True):
    """An order as the official SDK takes it, before its numbers are written as text."""

    is_buy: bool
    sz: Decimal
    limit_px: Decimal
    reduce_only: bool
    order_type: dict[str, dict[str, object]]
    cloid: str | None = None


class HashInput(msgspec.Struct, frozen=True):
    """What an L1 action is hashed with; its keys are in the order in which they are packed."""

    action: dict[str, object]
    nonce: int
    vault_address: str | None = None
    expires_after: int | None = None
    sdk_order_request: OrderRequest | None = None
    """What the first order of the action was made from."""
    asset: int | None = None
    """The asset of that order."""


class PhantomMessage(msgspec.Struct, frozen=True, rename={"connection_id": "connectionId"}):
    """What is signed in place of an action."""

    source: str
    connection_id: str


class Hashes(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Hashes of an action: with what the input gives, with neither vault nor expiry, or with some of them."""

    connection_id: str | None = None
    phantom_mainnet: PhantomMessage | None = msgspec.field(name="phantom_agent_mainnet", default=None)
    base: str | None = None
    with_vault: str | None = None
    with_expires: str | None = None
    with_both: str | None = None

    def __post_init__(self) -> None:
        """Refuse to hold where nothing is expected."""
        _check_any(self)


class HashVector(msgspec.Struct, frozen=True):
    """Kind `l1_hash_only`."""

    input: HashInput
    expected: Hashes
    msgpack_hex: str | None = None


class Signatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Signatures of an L1 action on either network."""

    mainnet: Signature | None = None
    testnet: Signature | None = None

    def __post_init__(self) -> None:
        """Refuse to hold where nothing is expected."""
        _check_any(self)


class SignedVector(msgspec.Struct, frozen=True):
    """Kind `l1`."""

    private_key: str
    input: HashInput
    expected: Signatures
    signer_address: str | None = None
    msgpack_hex: str | None = None
    action_hash: str | None = None


class ScalingCase(msgspec.Struct, frozen=True):
    """A number and how many 10^-8 it is; without an expected count it has to be refused."""

    input: Decimal
    expected: int | None = None


class ScalingVector(msgspec.Struct, frozen=True):
    """Kind `float_to_int_1e8`."""

    cases: Annotated[list[ScalingCase], msgspec.Meta(min_length=1)]


class UserSignedInput(msgspec.Struct, frozen=True):
    """The fields that are signed, under either of two names."""

    is_mainnet: bool
    message: dict[str, object] | None = None
    message_before_sign: dict[str, object] | None = None


class TypedField(msgspec.Struct, frozen=True):
    """One member of a typed struct."""

    name: str
    type: str


class TypedStruct(msgspec.Struct, frozen=True, rename={"primary_type": "primaryType"}):
    """Typed data, spelled out."""

    primary_type: str
    types: dict[str, list[TypedField]]
    domain: dict[str, str | int]
    message: dict[str, object] | None = None


class UserSignedVector(msgspec.Struct, frozen=True):
    """Kind `user_signed`."""

    private_key: str
    input: UserSignedInput
    expected: Signature
    signer_address: str | None = None
    eip712: TypedStruct | None = None


class MultiSignedInput(
    msgspec.Struct, frozen=True, rename={"account": "multiSigUser", "signature_chain_id": "signatureChainId"}
):
    """What is signed several times, and when and where it is handed in."""

    account: str
    signature_chain_id: str
    nonce: int
    action: dict[str, object]
    is_mainnet: bool


class MultiSignedExpected(msgspec.Struct, frozen=True):
    """The action with its inner signatures, and the signature of whoever hands it in."""

    wrapper_action: MultiSig
    outer_signature: Signature


class MultiSignedVector(msgspec.Struct, frozen=True):
    """Kind `multi_sig_l1`; the same key made every signature."""

    private_key: str
    input: MultiSignedInput
    expected: MultiSignedExpected


def _check_any(expected: Hashes | Signatures) -> None:
    if all(value is None for value in msgspec.structs.astuple(expected)):
        message = f"nothing to compare is expected; give one of {', '.join(expected.__struct_encode_fields__)}"
        raise ValueError(message)
