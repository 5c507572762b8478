"""What owners are asked to sign: judged by literals, by a foreign signing library and by alterations."""

import json

import msgspec
import pytest

from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.errors import InputError, UsageError
from agentic_core.ports.wallet import ApprovalNotSent, ApprovedWallet, ChallengePurpose, WalletChallenge, WrongSignature
from agentic_hl.wallet.challenges import challenge_of, signed_request
from agentic_hl.wire.network import Network
from tests.support.wallet_room import CHAIN, OWNER, typed_signature

NOW = Instant(1_800_000_000_000)
ADDRESS = "0x" + "c" * 40
NOBODY = "0x" + "0" * 40
THROWAWAY = "0x" + "d" * 40
WALLET = ApprovedWallet(master=OWNER, address=ADDRESS, name="desk", valid_until=Instant(NOW + 90 * DAY_MS))
APPROVES = {
    ChallengePurpose.APPROVE: ADDRESS,
    ChallengePurpose.REVOKE: NOBODY,
    ChallengePurpose.REPLACE: THROWAWAY,
}


def made(
    purpose: ChallengePurpose = ChallengePurpose.APPROVE,
    wallet: ApprovedWallet = WALLET,
    network: Network = Network.TESTNET,
    chain_id: int = CHAIN,
) -> WalletChallenge:
    """Make a challenge of 2027-01-15 08:00 UTC."""
    return challenge_of(purpose, wallet, approves=APPROVES[purpose], nonce=NOW, network=network, chain_id=chain_id)


@pytest.mark.parametrize(
    ("purpose", "address", "name"),
    [
        (ChallengePurpose.APPROVE, ADDRESS, "desk valid_until 1807776000000"),
        (ChallengePurpose.REVOKE, NOBODY, "desk"),
        (ChallengePurpose.REPLACE, THROWAWAY, "desk valid_until 1800003600000"),
    ],
)
def test_typed_json_is_what_the_venue_hashes(purpose: ChallengePurpose, address: str, name: str) -> None:
    """Domain, types and message as wallets take them, under the chain that the owner's wallet is on."""
    assert json.loads(made(purpose).typed_json) == {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "HyperliquidTransaction:ApproveAgent": [
                {"name": "hyperliquidChain", "type": "string"},
                {"name": "agentAddress", "type": "address"},
                {"name": "agentName", "type": "string"},
                {"name": "nonce", "type": "uint64"},
            ],
        },
        "domain": {
            "name": "HyperliquidSignTransaction",
            "version": "1",
            "chainId": 42161,
            "verifyingContract": NOBODY,
        },
        "primaryType": "HyperliquidTransaction:ApproveAgent",
        "message": {
            "hyperliquidChain": "Testnet",
            "agentAddress": address,
            "agentName": name,
            "nonce": 1_800_000_000_000,
        },
    }


@pytest.mark.parametrize(("network", "words"), [(Network.MAINNET, "Mainnet, with real"), (Network.TESTNET, "Testnet")])
def test_text_tells_people_network_wallet_name_and_end(network: Network, words: str) -> None:
    """Addresses in the mixed case that wallets show."""
    text = made(network=network).text
    for told in (
        words,
        "Your account: 0x14791697260E4c9A71f18484C9f997B308e59325",
        "Agent wallet: 0xCccccCccCcCCcCcccCcCCCcCcCccCcCCcCcCCcCc"[:16],
        "Agent wallet: 0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC",
        "Name: desk",
        "Valid until: 2027-04-15 08:00:00Z",
        "cannot withdraw",
    ):
        assert told in text


def test_text_of_a_revocation_names_the_zero_address_and_no_end() -> None:
    """People see in their wallet what they read here."""
    text = made(ChallengePurpose.REVOKE).text
    assert f"Address you sign: {NOBODY}" in text
    assert "Valid until" not in text
    assert "Valid until: 2027-01-15 09:00:00Z" in made(ChallengePurpose.REPLACE).text


@pytest.mark.parametrize("purpose", list(ChallengePurpose))
def test_signature_of_the_owner_makes_the_request(purpose: ChallengePurpose) -> None:
    """What is sent is what was signed; recovery ids of 0 and 1 are written as 27 and 28."""
    challenge = made(purpose)
    signature = typed_signature(challenge.typed_json)
    body = signed_request(challenge, signature, network=Network.TESTNET, now=NOW)
    assert isinstance(body, bytes)
    sent = json.loads(body)
    message = json.loads(challenge.typed_json)["message"]
    assert {key: sent["action"][key] for key in message} == message
    assert (sent["action"]["type"], sent["action"]["signatureChainId"]) == ("approveAgent", "0xa4b1")
    assert (sent["nonce"], sent["vaultAddress"], sent["expiresAfter"]) == (NOW, None, None)
    low = signature[:-2] + {"1b": "00", "1c": "01"}[signature[-2:]]
    assert signed_request(challenge, low, network=Network.TESTNET, now=NOW) == body


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": ChallengePurpose.REVOKE},
        {"valid_until": Instant(NOW + 91 * DAY_MS)},
        {"nonce": NOW + 1},
        {"chain_id": 1},
        {"wallet": msgspec.structs.replace(WALLET, name="other")},
        {"wallet": msgspec.structs.replace(WALLET, master=ADDRESS)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_challenge_that_was_altered_fits_no_signature(change: dict[str, object]) -> None:
    """The owner's signature of the original is somebody else's of the altered one."""
    challenge = made()
    altered = msgspec.structs.replace(challenge, **change)
    refused = signed_request(altered, typed_signature(challenge.typed_json), network=Network.TESTNET, now=NOW)
    assert isinstance(refused, WrongSignature)


def test_challenge_of_another_network_is_a_mistake() -> None:
    """What was signed for the test network never goes to the main one, nor after somebody changed the word."""
    challenge = made()
    signature = typed_signature(challenge.typed_json)
    with pytest.raises(UsageError, match="Testnet"):
        signed_request(challenge, signature, network=Network.MAINNET, now=NOW)
    altered = msgspec.structs.replace(challenge, network="Mainnet")
    assert isinstance(signed_request(altered, signature, network=Network.MAINNET, now=NOW), WrongSignature)


@pytest.mark.parametrize(
    "change",
    [
        {"approves": NOBODY},
        {"approves": THROWAWAY},
        {"wallet": msgspec.structs.replace(WALLET, address=THROWAWAY)},
        {"valid_until": None},
        {"chain_id": 0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_challenge_altered_into_nonsense_is_a_mistake(change: dict[str, object]) -> None:
    """There is nothing to compare a signature with, or it would approve another wallet than it is about."""
    challenge = made()
    altered = msgspec.structs.replace(challenge, **change)
    with pytest.raises(UsageError, match="altered"):
        signed_request(altered, typed_signature(challenge.typed_json), network=Network.TESTNET, now=NOW)


@pytest.mark.parametrize(
    ("late_ms", "is_taken"), [(900_000, True), (900_001, False), (-60_000, True), (-60_001, False)]
)
def test_challenge_is_good_for_a_quarter_of_an_hour(late_ms: int, *, is_taken: bool) -> None:
    """A signature that lay about must not bring back a wallet that was revoked since."""
    challenge = made()
    now = Instant(NOW + late_ms)
    request = signed_request(challenge, typed_signature(challenge.typed_json), network=Network.TESTNET, now=now)
    assert isinstance(request, bytes if is_taken else ApprovalNotSent)
    assert isinstance(request, bytes) or request.sign_again


@pytest.mark.parametrize(("days", "is_taken"), [(180, True), (181, False), (0, False)])
def test_end_is_at_most_half_a_year_ahead(days: int, *, is_taken: bool) -> None:
    """The venue takes no longer one."""
    wallet = msgspec.structs.replace(WALLET, valid_until=Instant(NOW + days * DAY_MS))
    if is_taken:
        assert made(wallet=wallet).valid_until == wallet.valid_until
    else:
        with pytest.raises(InputError, match="valid_until"):
            made(wallet=wallet)


@pytest.mark.parametrize("chain_id", [0, -1])
def test_chain_that_is_none_is_refused(chain_id: int) -> None:
    """Before a browser wallet has to say so."""
    with pytest.raises(InputError, match="chain"):
        made(chain_id=chain_id)


def test_addresses_are_taken_in_any_case() -> None:
    """And compared in lower case."""
    wallet = msgspec.structs.replace(WALLET, master="0x14791697260E4c9A71f18484C9f997B308e59325")
    assert made(wallet=wallet) == made()
