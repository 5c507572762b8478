"""Approving an agent wallet and revoking it: what is signed, what is sent, and what the venue then does."""

import json

import pytest
from eth_account import Account
from hyperliquid.utils.signing import sign_agent

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.wire.actions import GTC, Grouping, OrderLine, PlaceOrders
from agentic_hl.wire.addresses import ZERO_ADDRESS
from agentic_hl.wire.approval import VALIDITY_MS_MAX, approve_agent_wallet, revoke_agent_wallet
from agentic_hl.wire.envelope import sign_l1_request, sign_user_request
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from agentic_hl.wire.units import WireError
from tests.support.signing_venue import NOW, OWNER, PENDING_MS, Heard, SigningVenue

_TESTNET = Network.TESTNET
_AGENT = Signer.from_hex("0x" + 32 * "a1")
_OTHER = Signer.from_hex("0x" + 32 * "b2")


def _sent(body: bytes) -> dict[str, object]:
    action: dict[str, object] = json.loads(body)["action"]
    return action


def test_named_approval_is_sent_with_its_end() -> None:
    """The end of the validity follows the name, in milliseconds."""
    until = Instant(NOW + 180 * DAY_MS)
    action = approve_agent_wallet(_AGENT.address, name="desk", valid_until=until, nonce=NOW, network=_TESTNET)
    assert _sent(sign_user_request(OWNER, action, _TESTNET)) == {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": _AGENT.address,
        "agentName": "desk valid_until 1815552000000",
        "nonce": NOW,
    }


def test_unnamed_approval_leaves_its_name_out() -> None:
    """And is signed with empty text, as the SDK does it; with an end, only the end is sent."""
    action = approve_agent_wallet(_AGENT.address, nonce=NOW, network=_TESTNET)
    assert "agentName" not in _sent(sign_user_request(OWNER, action, _TESTNET))
    theirs = sign_agent(
        Account.from_key("0x0123456789012345678901234567890123456789012345678901234567890123"),
        {"type": "approveAgent", "agentAddress": _AGENT.address, "agentName": "", "nonce": NOW},
        False,  # noqa: FBT003 - the SDK's order
    )
    assert OWNER.sign_user(action, _TESTNET).numbers == (int(theirs["r"], 16), int(theirs["s"], 16), theirs["v"])
    ending = approve_agent_wallet(_AGENT.address, valid_until=Instant(NOW + 1), nonce=NOW, network=_TESTNET)
    assert ending.name == " valid_until 1800000000001"


def test_revocation_approves_nobody_under_the_same_name() -> None:
    """There is no action that revokes."""
    assert ZERO_ADDRESS == "0x0000000000000000000000000000000000000000"
    named = revoke_agent_wallet(name="desk", nonce=NOW, network=_TESTNET)
    assert (named.address, named.name) == (ZERO_ADDRESS, "desk")
    assert "agentName" not in _sent(
        sign_user_request(OWNER, revoke_agent_wallet(nonce=NOW, network=_TESTNET), _TESTNET)
    )


@pytest.mark.parametrize(
    "name", ["seventeen letters", " desk", "desk ", "dé", "a\nb", "x valid_until", "valid_until 5", "desk\x00"]
)
def test_name_the_venue_does_not_take_is_refused(name: str) -> None:
    """Too long, not plain, or one that would be read as an end; for revocations too."""
    with pytest.raises(WireError, match="agent wallet name"):
        approve_agent_wallet(_AGENT.address, name=name, nonce=NOW, network=_TESTNET)
    with pytest.raises(WireError, match="agent wallet name"):
        revoke_agent_wallet(name=name, nonce=NOW, network=_TESTNET)


def test_name_of_sixteen_characters_is_taken_with_an_end() -> None:
    """The end is not counted."""
    until = Instant(NOW + VALIDITY_MS_MAX)
    action = approve_agent_wallet(
        _AGENT.address, name="sixteen letters!", valid_until=until, nonce=NOW, network=_TESTNET
    )
    assert SigningVenue().hear(sign_user_request(OWNER, action, _TESTNET)).status == "ok"


@pytest.mark.parametrize("days_ms", [0, -1, 180 * DAY_MS + 1])
def test_end_that_is_past_or_too_far_is_refused(days_ms: int) -> None:
    """At most 180 days ahead."""
    with pytest.raises(WireError, match="valid_until"):
        approve_agent_wallet(_AGENT.address, valid_until=Instant(NOW + days_ms), nonce=NOW, network=_TESTNET)


def test_nobody_cannot_be_approved_by_mistake() -> None:
    """It would revoke."""
    with pytest.raises(WireError, match="would revoke"):
        approve_agent_wallet(ZERO_ADDRESS, nonce=NOW, network=_TESTNET)


class _Desk:
    # An owner and an agent wallet at a venue; every request has a nonce of its own.
    def __init__(self) -> None:
        self.venue, self.nonce = SigningVenue(), NOW

    def approve(self, wallet: Signer, name: str, valid_until: Instant | None = None) -> Heard:
        self.nonce += 1
        action = approve_agent_wallet(
            wallet.address, name=name, valid_until=valid_until, nonce=self.nonce, network=_TESTNET
        )
        return self.venue.hear(sign_user_request(OWNER, action, _TESTNET))

    def revoke(self, name: str) -> Heard:
        self.nonce += 1
        action = revoke_agent_wallet(name=name, nonce=self.nonce, network=_TESTNET)
        return self.venue.hear(sign_user_request(OWNER, action, _TESTNET))

    def order(self, wallet: Signer) -> Heard:
        self.nonce += 1
        line = OrderLine(
            asset=1,
            is_buy=True,
            limit_price="3000",
            size="0.1",
            reduce_only=False,
            terms=GTC,
            cloid=f"0x{self.nonce:032x}",
        )
        action = PlaceOrders(orders=(line,), grouping=Grouping.NONE)
        return self.venue.hear(sign_l1_request(wallet, action, nonce=self.nonce, network=_TESTNET))


@pytest.mark.parametrize("name", ["", "desk"])
def test_agent_wallet_trades_until_it_is_revoked(name: str) -> None:
    """Refused by its own address before and after; meanwhile another approval has to wait."""
    desk = _Desk()
    unknown = f"User or API Wallet {_AGENT.address} does not exist."
    assert desk.order(_AGENT).text == unknown
    assert desk.approve(_AGENT, name).status == "ok"
    assert desk.order(_AGENT).status == "ok"
    assert desk.revoke(name).status == "ok"
    assert desk.approve(_OTHER, name).text == "User has pending agent removal"
    desk.venue.now += PENDING_MS
    assert desk.order(_AGENT).text == unknown
    assert desk.venue.agents() == []
    assert desk.approve(_OTHER, name).status == "ok"
    assert desk.order(_OTHER).status == "ok"
    assert len(desk.venue.engine.orders_of(OWNER.address, live_only=True)) == 2


def test_agent_wallet_ends_with_its_validity() -> None:
    """At the very millisecond."""
    desk = _Desk()
    until = Instant(NOW + 60_000)
    assert desk.approve(_AGENT, "desk", until).status == "ok"
    desk.venue.now = until - 1
    assert desk.order(_AGENT).status == "ok"
    desk.venue.now = until
    assert desk.order(_AGENT).text == f"User or API Wallet {_AGENT.address} does not exist."


def test_approval_under_a_name_replaces_the_one_before() -> None:
    """The old key is unknown at once."""
    desk = _Desk()
    assert desk.approve(_AGENT, "desk").status == "ok"
    assert desk.approve(_OTHER, "desk").status == "ok"
    assert desk.venue.agents() == [_OTHER.address]
    assert desk.order(_AGENT).status == "err"
    assert desk.order(_OTHER).status == "ok"
