"""Checking files of signing vectors: recorded inputs, and the bytes, hashes and signatures they have to give.

Each vector has a `name` and a `kind`; what else it holds depends on the kind. Signatures are compared as numbers,
because not every program pads them.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import TypeVar, get_args

import msgspec

from agentic_core.errors import InputError
from agentic_hl.wire.actions import (
    SIGNATURE_CHAIN_ID,
    OrderLine,
    OrderTerms,
    PlaceOrders,
    SingleL1Action,
    UserAction,
    UserSignedAction,
    multi_sig_part,
)
from agentic_hl.wire.addresses import ZERO_ADDRESS
from agentic_hl.wire.digests import PRIMARY_TYPE_PREFIX, typed_digest, user_digest
from agentic_hl.wire.hashing import action_hash
from agentic_hl.wire.network import Network
from agentic_hl.wire.packing import pack
from agentic_hl.wire.signing import Signature, Signer
from agentic_hl.wire.units import WireError, canonical, scaled
from agentic_hl.wire.vector_format import (
    HashInput,
    HashVector,
    MultiSignedVector,
    OrderRequest,
    ScalingVector,
    SignedVector,
    TypedStruct,
    UserSignedVector,
    VectorFile,
    VectorHead,
)

__all__ = ["Difference", "VectorOutcome", "check_vectors"]

_Kind = TypeVar("_Kind")

_HASHED_DECIMALS = 8
_L1_TYPES = {kind.__struct_config__.tag for kind in get_args(SingleL1Action)}
_USER_TYPES: Mapping[str, type[UserSignedAction]] = {
    PRIMARY_TYPE_PREFIX + kind.primary_type: kind for kind in get_args(UserAction)
}
_CHAIN_KEYS = {"type", "signatureChainId", "hyperliquidChain"}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as the vector says."""

    what: str
    expected: str
    computed: str


class VectorOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one vector; without differences it holds."""

    name: str
    kind: str
    differences: tuple[Difference, ...]


def check_vectors(content: bytes) -> tuple[VectorOutcome, ...]:
    """Check every vector of a file's content.

    Raises:
        InputError: it is not JSON with a list `vectors` of objects that have a name and a kind.
    """
    try:
        vectors = msgspec.json.decode(content, type=VectorFile).vectors
        heads = [msgspec.json.decode(vector, type=VectorHead) for vector in vectors]
    except msgspec.MsgspecError as exc:
        message = f"not a file of vectors: {exc}"
        raise InputError(message) from exc
    return tuple(
        VectorOutcome(name=head.name, kind=head.kind, differences=tuple(_differences(head.kind, vector)))
        for head, vector in zip(heads, vectors, strict=True)
    )


def _differences(kind: str, vector: msgspec.Raw) -> Iterator[Difference]:
    check = _CHECKS.get(kind)
    if check is None:
        yield Difference(what="kind", expected=f"one of {', '.join(sorted(_CHECKS))}", computed=kind)
        return
    try:
        yield from check(vector)
    except (msgspec.MsgspecError, WireError) as exc:
        yield Difference(what="the vector itself", expected="to be usable", computed=str(exc))


def _read(vector: msgspec.Raw, kind: type[_Kind]) -> _Kind:
    return msgspec.json.Decoder(kind, float_hook=Decimal).decode(vector)


def _check_hash_only(vector: msgspec.Raw) -> Iterator[Difference]:
    read = _read(vector, HashVector)
    given, expected = read.input, read.expected
    vault, expires = given.vault_address, given.expires_after
    yield from _check_bytes(given, read.msgpack_hex)
    if (phantom := expected.phantom_mainnet) is not None:
        yield from _check_text("source", phantom.source, Network.MAINNET.source)
        computed = action_hash(given.action, nonce=given.nonce, vault=vault, expires_after=expires)
        yield from _compared("connectionId of the message", phantom.connection_id, computed)
    for what, digest, used_vault, used_expires in (
        ("connectionId", expected.connection_id, vault, expires),
        ("base", expected.base, None, None),
        ("withVault", expected.with_vault, vault, None),
        ("withExpires", expected.with_expires, None, expires),
        ("withBoth", expected.with_both, vault, expires),
    ):
        if digest is not None:
            computed = action_hash(given.action, nonce=given.nonce, vault=used_vault, expires_after=used_expires)
            yield from _compared(what, digest, computed)


def _check_signed(vector: msgspec.Raw) -> Iterator[Difference]:
    read = _read(vector, SignedVector)
    given, signer = read.input, Signer.from_hex(read.private_key)
    vault, expires = given.vault_address, given.expires_after
    yield from _check_bytes(given, read.msgpack_hex)
    yield from _check_signer(signer, read.signer_address)
    if read.action_hash is not None:
        computed = action_hash(given.action, nonce=given.nonce, vault=vault, expires_after=expires)
        yield from _compared("action_hash", read.action_hash, computed)
    for network, signature in ((Network.MAINNET, read.expected.mainnet), (Network.TESTNET, read.expected.testnet)):
        if signature is not None:
            ours = signer.sign_l1(given.action, nonce=given.nonce, network=network, vault=vault, expires_after=expires)
            yield from _check_signature(f"{network} signature", signature, ours)


def _check_scaling(vector: msgspec.Raw) -> Iterator[Difference]:
    for case in _read(vector, ScalingVector).cases:
        try:
            computed = str(scaled(case.input, _HASHED_DECIMALS))
        except WireError:
            computed = "refused"
        expected = "refused" if case.expected is None else str(case.expected)
        if computed != expected:
            yield Difference(what=f"{case.input} in 10^-8", expected=expected, computed=computed)


def _check_user_signed(vector: msgspec.Raw) -> Iterator[Difference]:
    read = _read(vector, UserSignedVector)
    signer = Signer.from_hex(read.private_key)
    yield from _check_signer(signer, read.signer_address)
    network = Network.MAINNET if read.input.is_mainnet else Network.TESTNET
    message = {"signatureChainId": SIGNATURE_CHAIN_ID, **(read.input.message or read.input.message_before_sign or {})}
    yield from _check_text("hyperliquidChain", str(message.setdefault("hyperliquidChain", str(network))), network)
    named = None if read.eip712 is None else read.eip712.primary_type
    ours = [signer.sign_digest(user_digest(action)) for action in _read_user_actions(message, named)]
    if read.eip712 is not None:
        ours.append(signer.sign_digest(_typed(read.eip712, message)))
        yield from _check_typed(read.eip712, message)
    # Without types the message may be that of several actions; then one of them has to give the signature.
    agreeing = [signature.numbers == read.expected.numbers for signature in ours]
    if not (all(agreeing) if read.eip712 else any(agreeing)) or not ours:
        computed = " or ".join(sorted({_shown(signature) for signature in ours})) or "no action has these fields"
        yield Difference(what="signature", expected=_shown(read.expected), computed=computed)


def _read_user_actions(message: Mapping[str, object], named: str | None) -> list[UserSignedAction]:
    found = []
    for name, kind in _USER_TYPES.items():
        keys = {key for _, key in kind.fields}
        if name == named or (named is None and keys == message.keys() - _CHAIN_KEYS):
            found.append(msgspec.convert({**message, "type": kind.__struct_config__.tag}, type=kind))
    return found


def _typed(typed: TypedStruct, message: Mapping[str, object]) -> bytes:
    fields = [(field.type, field.name) for field in typed.types.get(typed.primary_type, [])]
    chain_id, domain = typed.domain.get("chainId"), typed.domain.get("name")
    if not isinstance(chain_id, int) or not isinstance(domain, str):
        text = "the domain of typed data needs a name and a chainId"
        raise WireError(text)
    return typed_digest(typed.primary_type, fields, message, chain_id=chain_id, domain=domain)


def _check_typed(typed: TypedStruct, message: Mapping[str, object]) -> Iterator[Difference]:
    yield from _check_text("version of the domain", str(typed.domain.get("version")), "1")
    yield from _check_text("contract of the domain", str(typed.domain.get("verifyingContract")), ZERO_ADDRESS)
    if typed.message is not None and typed.message != message:
        yield Difference(what="message", expected=str(typed.message), computed=str(message))


def _check_multi_signed(vector: msgspec.Raw) -> Iterator[Difference]:
    read = _read(vector, MultiSignedVector)
    signer, wrapper = Signer.from_hex(read.private_key), read.expected.wrapper_action
    network = Network.MAINNET if read.input.is_mainnet else Network.TESTNET
    nonce, payload = read.input.nonce, wrapper.payload
    yield from _check_text("multiSigUser", read.input.account, payload.account)
    yield from _check_text("signatureChainId", read.input.signature_chain_id, wrapper.signature_chain_id)
    yield from _compared("action", "0x" + pack(read.input.action).hex(), pack(payload.action))
    if isinstance(payload.action, UserSignedAction):
        pair = (payload.account, payload.outer_signer)
        inner = signer.sign_user(payload.action, network, multi_sig=pair)
    else:
        part = multi_sig_part(payload.account, payload.outer_signer, payload.action)
        inner = signer.sign_l1(part, nonce=nonce, network=network)
    for number, theirs in enumerate(wrapper.signatures, start=1):
        yield from _check_signature(f"inner signature {number}", Signature(theirs.r, theirs.s, theirs.v), inner)
    outer = signer.sign_multi_sig(wrapper, nonce=nonce, network=network)
    yield from _check_signature("outer signature", read.expected.outer_signature, outer)


def _check_bytes(given: HashInput, expected: str | None) -> Iterator[Difference]:
    action, packed = given.action, pack(given.action)
    if expected is not None:
        yield from _compared("msgpack", expected, packed)
    if action.get("type") in _L1_TYPES:
        typed: SingleL1Action = msgspec.convert(action, type=SingleL1Action)
        yield from _compared("msgpack of the typed action", "0x" + packed.hex(), pack(typed))
        if isinstance(typed, PlaceOrders) and given.sdk_order_request is not None:
            asset = typed.orders[0].asset if given.asset is None else given.asset
            yield from _check_order(typed.orders[0], asset, given.sdk_order_request)


def _check_order(order: OrderLine, asset: int, request: OrderRequest) -> Iterator[Difference]:
    terms = {
        kind: {key: canonical(Decimal(str(value))) if key == "triggerPx" else value for key, value in inner.items()}
        for kind, inner in request.order_type.items()
    }
    made = OrderLine(
        asset=asset,
        is_buy=request.is_buy,
        limit_price=canonical(request.limit_px),
        size=canonical(request.sz),
        reduce_only=request.reduce_only,
        terms=msgspec.convert(terms, type=OrderTerms),
        cloid=request.cloid,
    )
    if made != order:
        yield Difference(what="order made from its request", expected=str(order), computed=str(made))


def _check_text(what: str, expected: str, computed: str) -> Iterator[Difference]:
    if expected != computed:
        yield Difference(what=what, expected=expected, computed=computed)


def _check_signer(signer: Signer, expected: str | None) -> Iterator[Difference]:
    if expected is not None and expected.lower() != signer.address:
        yield Difference(what="signer", expected=expected, computed=signer.address)


def _check_signature(what: str, expected: Signature, computed: Signature) -> Iterator[Difference]:
    if expected.numbers != computed.numbers:
        yield Difference(what=what, expected=_shown(expected), computed=_shown(computed))


def _compared(what: str, expected: str, computed: bytes) -> Iterator[Difference]:
    text = "0x" + computed.hex()
    if expected.lower() != text:
        yield Difference(what=what, expected=expected, computed=text)


def _shown(signature: Signature) -> str:
    return f"r {signature.r} s {signature.s} v {signature.v}"


_CHECKS: Mapping[str, Callable[[msgspec.Raw], Iterator[Difference]]] = {
    "float_to_int_1e8": _check_scaling,
    "l1": _check_signed,
    "l1_hash_only": _check_hash_only,
    "multi_sig_l1": _check_multi_signed,
    "user_signed": _check_user_signed,
}
