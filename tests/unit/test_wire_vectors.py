"""Every recorded signing vector, byte for byte, and whether the check of such files notices what differs."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from agentic_core.errors import InputError
from agentic_hl.wire.actions import L1Action, SingleL1Action, UsdSend, Withdraw
from agentic_hl.wire.hashing import action_hash
from agentic_hl.wire.network import Network
from agentic_hl.wire.packing import pack
from agentic_hl.wire.signing import Signature, Signer
from agentic_hl.wire.units import WireError, scaled
from agentic_hl.wire.vectors import check_vectors
from tests.support.signing_vectors import VECTORS_FILE, alterations, as_file, vectors_of

_NETWORKS = {"mainnet": Network.MAINNET, "testnet": Network.TESTNET}
_NO_ACTION_OF_OURS = {"dummy"}


def _named(*kinds: str) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in vectors_of(*kinds)]


def _action(vector: dict[str, Any]) -> L1Action | dict[str, Any]:
    action: dict[str, Any] = vector["input"]["action"]
    if action["type"] in _NO_ACTION_OF_OURS:
        return action
    typed: L1Action = msgspec.convert(action, SingleL1Action)
    return typed


@pytest.mark.parametrize("vector", _named("l1", "l1_hash_only"))
def test_action_packs_to_the_recorded_bytes(vector: dict[str, Any]) -> None:
    """The typed action, and the map it was read from, give the same MessagePack."""
    packed = pack(_action(vector)).hex()
    assert "0x" + packed == vector["msgpack_hex"]
    assert pack(vector["input"]["action"]).hex() == packed


@pytest.mark.parametrize("vector", _named("l1"))
def test_action_is_hashed_and_signed_as_recorded(vector: dict[str, Any]) -> None:
    """Hash and both networks' signatures, compared as numbers, because the SDK does not pad them."""
    given, action, signer = vector["input"], _action(vector), Signer.from_hex(vector["private_key"])
    nonce, vault, expires = given["nonce"], given["vault_address"], given["expires_after"]
    assert signer.address == vector["signer_address"].lower()
    hashed = action_hash(action, nonce=nonce, vault=vault, expires_after=expires)
    assert "0x" + hashed.hex() == vector["action_hash"]
    for name, network in _NETWORKS.items():
        signature = signer.sign_l1(action, nonce=nonce, network=network, vault=vault, expires_after=expires)
        assert signature.numbers == msgspec.convert(vector["expected"][name], Signature).numbers
        assert (len(signature.r), len(signature.s)) == (66, 66)


def test_vault_and_expiry_are_hashed_as_recorded() -> None:
    """Neither, the one, the other and both give the four recorded hashes; the marker of the expiry is a zero byte."""
    (vector,) = [vector for vector in vectors_of("l1_hash_only") if "base" in vector["expected"]]
    given, action = vector["input"], _action(vector)
    nonce, vault, expires = given["nonce"], given["vault_address"], given["expires_after"]
    hashes = {
        "base": action_hash(action, nonce=nonce),
        "withVault": action_hash(action, nonce=nonce, vault=vault),
        "withExpires": action_hash(action, nonce=nonce, expires_after=expires),
        "withBoth": action_hash(action, nonce=nonce, vault=vault, expires_after=expires),
    }
    assert {name: "0x" + digest.hex() for name, digest in hashes.items()} == vector["expected"]


def test_phantom_connection_is_the_one_of_production() -> None:
    """The order that the venue's own tests hash."""
    (vector,) = [vector for vector in vectors_of("l1_hash_only") if "connectionId" in vector["expected"]]
    hashed = action_hash(_action(vector), nonce=1677777606040)
    assert "0x" + hashed.hex() == "0x0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908"
    assert (Network.MAINNET.source, Network.TESTNET.source) == ("a", "b")


def test_transfers_are_signed_by_the_user_as_recorded() -> None:
    """Dollars sent and withdrawn, by two programs, on both networks."""
    for vector in vectors_of("user_signed"):
        given = vector["input"]
        message = given.get("message") or given["message_before_sign"]
        network = Network.MAINNET if given["is_mainnet"] else Network.TESTNET
        kind = Withdraw if "withdraw" in vector["name"] else UsdSend
        action = kind(
            network=network, destination=message["destination"], amount=message["amount"], nonce=message["time"]
        )
        signature = Signer.from_hex(vector["private_key"]).sign_user(action, network)
        assert signature.numbers == msgspec.convert(vector["expected"], Signature).numbers


def test_numbers_are_scaled_as_recorded() -> None:
    """Exact multiples of 10^-8 become whole numbers, and what is finer is refused."""
    (vector,) = vectors_of("float_to_int_1e8")
    for case in vector["cases"]:
        number = Decimal(str(case["input"]))
        if "raises" in case:
            with pytest.raises(WireError, match="more than 8 decimals"):
                scaled(number, 8)
        else:
            assert scaled(number, 8) == case["expected"]


def test_every_given_vector_holds() -> None:
    """All seventeen, without a difference."""
    outcomes = check_vectors(VECTORS_FILE.read_bytes())
    assert [outcome.name for outcome in outcomes if outcome.differences] == []
    assert len(outcomes) == 17


@pytest.mark.parametrize("vector", _named())
def test_check_notices_every_altered_value(vector: dict[str, Any]) -> None:
    """Whatever one value of a vector is altered, the vector no longer holds.

    But for what takes no part: the coin beside an asset's number, why a number has to be refused, and another number
    that has to be refused as well.
    """
    unnoticed = [
        place
        for place, altered in alterations(vector)
        if not check_vectors(as_file(altered))[0].differences
        and not place.endswith(("sdk_order_request/coin", "/raises", "cases/3/input"))
    ]
    assert unnoticed == []


@pytest.mark.parametrize("vector", _named())
def test_vector_that_expects_nothing_does_not_hold(vector: dict[str, Any]) -> None:
    """A file whose expectations were lost or misspelt is not one where all is well."""
    emptied = {key: vector[key] for key in vector if key not in {"msgpack_hex", "action_hash"}}
    emptied |= {"expected": {}, "cases": []}
    assert check_vectors(as_file(emptied))[0].differences != ()


def test_vector_of_an_unknown_kind_does_not_hold() -> None:
    """It is said which kinds there are, and the others are checked all the same."""
    strange, known = {"name": "new", "kind": "l2"}, vectors_of("l1")[0]
    first, second = check_vectors(as_file(strange, known))
    (difference,) = first.differences
    assert (difference.what, difference.computed) == ("kind", "l2")
    assert "l1_hash_only" in difference.expected
    assert second.differences == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff\xfe", b'{"vectors": [1]}', b'{"vectors": [{"kind": "l1"}]}', b'{"vectors": 1}'],
)
def test_what_is_no_file_of_vectors_is_refused(content: bytes) -> None:
    """It is the person's mistake, and said so."""
    with pytest.raises(InputError, match="not a file of vectors"):
        check_vectors(content)
