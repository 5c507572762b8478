"""One action made, packed, hashed and signed by the official SDK and by us, on both networks."""

import json
from collections.abc import Mapping, Sequence

import msgpack
import msgspec
from hyperliquid.utils.signing import action_hash as sdk_action_hash

from agentic_hl.wire.actions import UserSignedAction
from agentic_hl.wire.envelope import request_body, sign_l1_request
from agentic_hl.wire.hashing import action_hash
from agentic_hl.wire.network import Network
from agentic_hl.wire.packing import pack
from agentic_hl.wire.signing import Signature, Signer
from tests.differential.cases import Case, Ours
from tests.differential.desk import Sent, desk, wallet
from tests.differential.draws import Draws

__all__ = ["Differs", "Terms", "compare", "drawn_terms", "same"]

_WALLETS = 64
_PADDED = 66


class Differs(Exception):
    """We do not make of an action what the SDK makes of it."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Under which an action is signed."""

    wallet: int
    vault: str | None
    expires_after: int | None
    nonce: int
    """For the hash alone; what is signed has the nonce of the SDK's clock."""


def drawn_terms(draws: Draws) -> Terms:
    """Draw a key, perhaps an account to act for, and perhaps an expiry."""
    return Terms(
        wallet=draws.between(1, _WALLETS),
        vault=draws.address() if draws.flag() else None,
        expires_after=draws.count() if draws.flag() else None,
        nonce=draws.count(),
    )


def compare(kind: str, case: Case, terms: Terms) -> None:
    """Compare an action on both networks.

    Raises:
        Differs: bytes, hash, signature or body are not the SDK's.
    """
    for network in Network:
        theirs = desk(network)
        theirs.wallet = wallet(terms.wallet)
        theirs.vault_address = terms.vault
        theirs.set_expires_after(terms.expires_after)
        sent = theirs.sent(case.asked(theirs))
        ours, signer = case.made(sent), Signer(bytes(theirs.wallet.key))
        if isinstance(ours, UserSignedAction):
            _compare_signed_by_user(kind, sent, ours, signer)
        else:
            _compare_l1(kind, sent, ours, signer, terms if case.takes_vault else _without_vault(terms))


def _compare_l1(kind: str, sent: Sent, ours: Ours, signer: Signer, terms: Terms) -> None:
    assert not isinstance(ours, UserSignedAction)
    vault, expires = terms.vault, terms.expires_after
    same(kind, "bytes", msgpack.packb(sent.action), pack(ours))
    theirs = sdk_action_hash(sent.action, vault, terms.nonce, expires)
    same(kind, "hash", theirs, action_hash(ours, nonce=terms.nonce, vault=vault, expires_after=expires))
    body = sign_l1_request(signer, ours, nonce=sent.nonce, network=sent.network, vault=vault, expires_after=expires)
    _compare_body(kind, sent, json.loads(body), vault, expires)


def _compare_signed_by_user(kind: str, sent: Sent, ours: UserSignedAction, signer: Signer) -> None:
    signature = signer.sign_user(ours, sent.network)  # type: ignore[arg-type]  # each is one of the union
    body = json.loads(request_body(ours, signature, nonce=sent.nonce))
    _compare_body(kind, sent, body, None, None)


def _compare_body(
    kind: str, sent: Sent, body: Mapping[str, object], vault: str | None, expires_after: int | None
) -> None:
    signature = msgspec.convert(body["signature"], Signature)
    theirs = msgspec.convert(sent.signature, Signature)
    same(kind, "signature", theirs.numbers, signature.numbers)
    same(kind, "length of r and s", [_PADDED, _PADDED], [len(signature.r), len(signature.s)])
    same(kind, "action", _plain(sent.action), _plain(body["action"]))
    rest = [sent.nonce, vault, expires_after]
    same(kind, "nonce, vault and expiry", rest, [body["nonce"], body["vaultAddress"], body["expiresAfter"]])


def _plain(value: object) -> object:
    # As JSON, whose keys have no order; the case of an address and a name that is empty are not signed.
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if (key, inner) != ("agentName", "")}
    if isinstance(value, str):
        return value.lower() if value.startswith("0x") else value
    return [_plain(inner) for inner in value] if isinstance(value, Sequence) else value


def same(kind: str, what: str, theirs: object, ours: object) -> None:
    """Hold what we made against what the SDK made.

    Raises:
        Differs: they are not equal.
    """
    if theirs != ours:
        message = f"{kind}: the SDK's {what}\n  {theirs!r}\nand ours\n  {ours!r}"
        raise Differs(message)


def _without_vault(terms: Terms) -> Terms:
    return msgspec.structs.replace(terms, vault=None)
