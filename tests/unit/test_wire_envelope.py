"""Requests as they are sent, what has to agree in them, digests that wallets show, and what requests cost."""

import json

import msgspec
import pytest
from Crypto.Hash import keccak
from eth_account import Account
from eth_account.messages import encode_typed_data

from agentic_hl.wire.actions import (
    GTC,
    Cancel,
    CancelLine,
    CreateSubAccount,
    EvmUserModify,
    Grouping,
    L1Action,
    MultiSig,
    MultiSigPayload,
    Noop,
    OrderLine,
    PlaceOrders,
    SetReferrer,
    SubAccountTransfer,
    UpdateLeverage,
    UsdSend,
    VaultTransfer,
)
from agentic_hl.wire.addresses import address_of, checksummed
from agentic_hl.wire.approval import approve_agent_wallet
from agentic_hl.wire.digests import l1_digest, typed_json, user_digest
from agentic_hl.wire.envelope import request_body, sign_l1_request, sign_user_request
from agentic_hl.wire.hashing import action_hash
from agentic_hl.wire.keccak import keccak256
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signature, Signer, recovered_address
from agentic_hl.wire.units import WireError
from agentic_hl.wire.weights import (
    ADDRESS_LIMITS,
    IP_WEIGHT_PER_MINUTE,
    action_ip_weight,
    address_cost,
    items_weight,
    query_weight,
)

_HEX = "0x0123456789012345678901234567890123456789012345678901234567890123"
_SIGNER = Signer.from_hex(_HEX)
_VAULT = "0x" + 20 * "Ab"
_TESTNET = Network.TESTNET
_SEND = UsdSend(network=_TESTNET, destination=_VAULT.lower(), amount="1", nonce=7)
_LINE = OrderLine(asset=1, is_buy=True, limit_price="10", size="2.5", reduce_only=False, terms=GTC)


def _orders(count: int) -> PlaceOrders:
    return PlaceOrders(orders=count * (_LINE,), grouping=Grouping.NONE)


def _cancels(count: int) -> Cancel:
    return Cancel(cancels=count * (CancelLine(asset=1, oid=2),))


def test_request_has_the_five_keys_of_the_venue() -> None:
    """Vault and expiry are null where they are not used, and the vault is in lower case."""
    body = json.loads(sign_l1_request(_SIGNER, Noop(), nonce=7, network=_TESTNET))
    assert list(body) == ["action", "nonce", "signature", "vaultAddress", "expiresAfter"]
    assert (body["action"], body["nonce"], body["vaultAddress"], body["expiresAfter"]) == (
        {"type": "noop"},
        7,
        None,
        None,
    )
    assert set(body["signature"]) == {"r", "s", "v"}
    assert body["signature"]["v"] in {27, 28}
    full = json.loads(sign_l1_request(_SIGNER, Noop(), nonce=7, network=_TESTNET, vault=_VAULT, expires_after=9))
    assert (full["vaultAddress"], full["expiresAfter"]) == (_VAULT.lower(), 9)


def test_same_request_is_the_same_bytes() -> None:
    """So that one that is sent again is refused by its nonce."""
    first = sign_l1_request(_SIGNER, _orders(3), nonce=7, network=_TESTNET)
    assert sign_l1_request(_SIGNER, _orders(3), nonce=7, network=_TESTNET) == first


def test_case_of_the_vault_is_not_signed() -> None:
    """It is hashed as bytes."""
    shouted = _SIGNER.sign_l1(Noop(), nonce=7, network=_TESTNET, vault=_VAULT)
    assert _SIGNER.sign_l1(Noop(), nonce=7, network=_TESTNET, vault=_VAULT.lower()) == shouted


@pytest.mark.parametrize(
    "action",
    [
        SetReferrer(code="A"),
        CreateSubAccount(name="one"),
        SubAccountTransfer(sub_account=_VAULT.lower(), is_deposit=True, usd=1),
        VaultTransfer(vault=_VAULT.lower(), is_deposit=True, usd=1),
        EvmUserModify(big_blocks=True),
    ],
)
def test_action_that_the_venue_signs_without_a_vault_takes_none(action: L1Action) -> None:
    """The official SDK sends one beside a signature without it, and the venue refuses that."""
    with pytest.raises(WireError, match="signed without a vault"):
        sign_l1_request(_SIGNER, action, nonce=7, network=_TESTNET, vault=_VAULT)


def test_request_of_the_owner_agrees_with_what_was_signed() -> None:
    """The nonce is that of the action; there is neither vault nor expiry; the network is the one signed for."""
    signature = _SIGNER.sign_user(_SEND, _TESTNET)
    body = json.loads(sign_user_request(_SIGNER, _SEND, _TESTNET))
    assert (body["nonce"], body["action"]["time"], body["vaultAddress"], body["expiresAfter"]) == (7, 7, None, None)
    with pytest.raises(WireError, match="nonce"):
        request_body(_SEND, signature, nonce=8)
    with pytest.raises(WireError, match="no vault and no expiry"):
        request_body(_SEND, signature, nonce=7, vault=_VAULT)
    with pytest.raises(WireError, match="no vault and no expiry"):
        request_body(_SEND, signature, nonce=7, expires_after=9)
    with pytest.raises(WireError, match="for Testnet and was to be signed for Mainnet"):
        _SIGNER.sign_user(_SEND, Network.MAINNET)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_number_that_does_not_fit_is_refused(number: int) -> None:
    """Nonce and expiry have 64 bits."""
    with pytest.raises(WireError, match="must be milliseconds"):
        action_hash(Noop(), nonce=number)
    with pytest.raises(WireError, match="must be milliseconds"):
        action_hash(Noop(), nonce=1, expires_after=number)
    with pytest.raises(WireError, match="is no uint64"):
        user_digest(msgspec.structs.replace(_SEND, nonce=number))


def test_signature_recovers_its_signer_on_its_network_only() -> None:
    """On the other one, somebody at random."""
    hashed = action_hash(Noop(), nonce=7)
    signature = _SIGNER.sign_l1(Noop(), nonce=7, network=_TESTNET)
    assert recovered_address(l1_digest(hashed, _TESTNET), signature) == _SIGNER.address
    assert recovered_address(l1_digest(hashed, Network.MAINNET), signature) != _SIGNER.address


def test_wallet_signs_the_typed_data_as_we_do() -> None:
    """What a browser's wallet is given to show gives the same signature, in the wallet's spelling."""
    wallet = Account.from_key(_HEX)
    for action in (_SEND, approve_agent_wallet(_VAULT, nonce=7, network=_TESTNET, signature_chain_id="0xa4b1")):
        signed = wallet.sign_message(encode_typed_data(full_message=json.loads(typed_json(action))))
        assert Signature.from_hex(signed.signature.to_0x_hex()) == _SIGNER.sign_user(action, _TESTNET)


@pytest.mark.parametrize("text", ["", "0x", "0x" + 64 * "ab", "0x" + 65 * "ab", "0x" + 64 * "zz" + "1b"])
def test_text_that_is_no_signature_is_refused(text: str) -> None:
    """Wallets return 65 bytes, the last of which is 0, 1, 27 or 28."""
    with pytest.raises(WireError, match="is not a signature"):
        Signature.from_hex(text)


def test_hash_is_keccak() -> None:
    """Not the SHA3 of the standard library, whose padding differs; around the block of 136 bytes too."""
    for content in (b"", b"abc", bytes(135), bytes(136), bytes(1_000)):
        assert keccak256(content) == keccak.new(digest_bits=256, data=content).digest()
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


@pytest.mark.parametrize(
    "address",
    ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
     "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"],
)  # fmt: skip
def test_address_is_written_as_wallets_show_it(address: str) -> None:
    """The examples of EIP-55."""
    assert checksummed(address.lower()) == address
    assert address_of(address) == address.lower()


# ── what requests cost ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("count", "weight"), [(1, 1), (39, 1), (40, 2), (79, 2), (80, 3), (200, 6)])
def test_action_weighs_one_and_one_more_for_each_forty(count: int, weight: int) -> None:
    """For the IP address; for the account's address each order and cancel counts."""
    assert (action_ip_weight(_orders(count)), address_cost(_orders(count))) == (weight, count)
    assert (action_ip_weight(_cancels(count)), address_cost(_cancels(count))) == (weight, count)


def test_action_of_one_costs_one() -> None:
    """Also inside of a multi-signature, where a batch still counts."""
    leverage = UpdateLeverage(asset=0, is_cross=True, leverage=2)
    assert (action_ip_weight(leverage), address_cost(leverage), address_cost(_SEND)) == (1, 1, 1)
    payload = MultiSigPayload(account=_VAULT.lower(), outer_signer=_VAULT.lower(), action=_orders(40))
    wrapped = MultiSig(signatures=(), payload=payload)
    assert (action_ip_weight(wrapped), address_cost(wrapped)) == (2, 40)


def test_questions_have_the_documented_weights() -> None:
    """2 for six of them, 60 for one, 20 for all others; and the minute's budget."""
    light = ("l2Book", "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState", "exchangeStatus")
    assert {kind: query_weight(kind) for kind in light} == dict.fromkeys(light, 2)
    assert [query_weight(kind) for kind in ("userRole", "meta", "candleSnapshot", "anything new")] == [60, 20, 20, 20]
    assert IP_WEIGHT_PER_MINUTE == 1200


def test_items_of_answers_weigh_too() -> None:
    """One for 20 of lists, one for 60 candles, nothing for other answers."""
    for kind in ("recentTrades", "historicalOrders", "userFills", "userFillsByTime", "fundingHistory", "userFunding"):
        assert items_weight(kind, 2_000) == 100
    assert items_weight("candleSnapshot", 5_040) == 84
    assert items_weight("openOrders", 5_000) == 0


def test_cancels_have_a_budget_of_their_own() -> None:
    """Twice the limit, and at most 100,000 more than it."""
    assert (ADDRESS_LIMITS.start, ADDRESS_LIMITS.exhausted_ms, ADDRESS_LIMITS.stale_cost) == (10_000, 10_000, 5)
    assert [ADDRESS_LIMITS.cancels(limit) for limit in (10_000, 100_000, 100_001)] == [20_000, 200_000, 200_001]
