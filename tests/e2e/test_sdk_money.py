"""The official SDK moves money and trades for sub-accounts; its answers and the venue's books tell the same."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.sdk_desk import BUY, GTC, Desk, desk_of, done, exchange_of, only, refused, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal
BRIDGE = "0x" + "B7" * 20


def pots(room: VenueRoom) -> dict[str, Decimal]:
    """Return every pot of money at the venue; what came in counts negative."""
    found = room.ask(lambda venue: dict(venue.engine.books()))
    assert sum(found.values()) == 0
    return found


def sub_account(anna: Desk, name: str = "second") -> str:
    """Let the SDK open a sub-account."""
    response = done(anna.exchange.create_sub_account(name))
    assert response["type"] == "createSubAccount"
    return str(response["data"])


def ledger(desk: Desk) -> list[dict[str, Any]]:
    """Return what the venue says came and went."""
    return [entry["delta"] for entry in desk.info.user_non_funding_ledger_updates(desk.address, 0)]


def test_dollars_are_sent_to_somebody(room: VenueRoom, anna: Desk) -> None:
    """What leaves one account arrives in the other, and both ledgers say so."""
    bert = desk_of(room, "bert")
    before = pots(room)
    assert done(anna.exchange.usd_transfer(250.5, bert.wallet.address))["type"] == "default"
    assert (room.account(anna.address).cash, room.account(bert.address).cash) == (D("99749.5"), D("100250.5"))
    assert pots(room) == before
    for desk in (anna, bert):
        delta = ledger(desk)[-1]
        assert (delta["type"], delta["usdc"], delta["destination"]) == ("internalTransfer", "250.5", bert.address)


def test_more_than_there_is_cannot_be_sent(room: VenueRoom, anna: Desk) -> None:
    """Neither account changes; what a position needs stays as well."""
    bert = desk_of(room, "bert")
    refused(anna.exchange.usd_transfer(100_001, bert.address))
    anna.exchange.market_open("BTC", BUY, 1)
    refused(anna.exchange.usd_transfer(99_000, bert.address))
    assert room.account(bert.address).cash == 100_000


def test_dollars_move_between_perp_and_spot(room: VenueRoom, anna: Desk) -> None:
    """There and back; the spot side shows them meanwhile."""
    done(anna.exchange.usd_class_transfer(1_000, to_perp=False))
    account = room.account(anna.address)
    assert values(account.cash, account.spot_usdc) == (99_000, 1_000)
    (usdc,) = anna.info.spot_user_state(anna.address)["balances"]
    assert (usdc["coin"], usdc["total"]) == ("USDC", "1000.0")
    done(anna.exchange.usd_class_transfer(400, to_perp=True))
    assert values(account.cash, account.spot_usdc) == (99_400, 600)


def test_spot_dollars_are_sent_to_somebody(room: VenueRoom, anna: Desk) -> None:
    """Only USDC is there to be sent."""
    bert = desk_of(room, "bert")
    done(anna.exchange.usd_class_transfer(1_000, to_perp=False))
    token = anna.info.spot_meta()["tokens"][0]
    done(anna.exchange.spot_transfer(100, bert.address, f"{token['name']}:{token['tokenId']}"))
    assert values(room.account(anna.address).spot_usdc, room.account(bert.address).spot_usdc) == (900, 100)
    refused(anna.exchange.spot_transfer(1, bert.address, "PURR:0xc1fb593aeffbeb02f85e0308e9956a90"))


def test_withdrawal_leaves_the_venue_with_a_fee_of_a_dollar(room: VenueRoom, anna: Desk) -> None:
    """A hundred leave the account, of which one is the fee."""
    before = pots(room)
    done(anna.exchange.withdraw_from_bridge(100, BRIDGE))
    assert room.account(anna.address).cash == 99_900
    delta = ledger(anna)[-1]
    assert values(delta["type"], D(delta["usdc"]) + D(delta["fee"]), delta["fee"]) == ("withdraw", 100, "1.0")
    after = pots(room)
    assert values(after["withdrawn"] - before["withdrawn"], after["fees"] - before["fees"]) == (99, 1)
    refused(anna.exchange.withdraw_from_bridge(1_000_000, BRIDGE))


def test_asset_is_sent_between_sides_and_accounts(room: VenueRoom, anna: Desk) -> None:
    """From the perp side to somebody's spot side; a dex that is not there is refused."""
    bert = desk_of(room, "bert")
    done(anna.exchange.send_asset(bert.address, "", "spot", "USDC", 75))
    assert values(room.account(anna.address).cash, room.account(bert.address).spot_usdc) == (99_925, 75)
    done(anna.exchange.send_asset(anna.address, "", "spot", "USDC", 25))
    assert values(room.account(anna.address).cash, room.account(anna.address).spot_usdc) == (99_900, 25)
    refused(anna.exchange.send_asset(bert.address, "xyz", "", "USDC", 10))


def test_sub_account_is_opened_funded_and_drained(room: VenueRoom, anna: Desk) -> None:
    """Its address is the answer; its master pays in and out in millionths of a dollar."""
    sub = sub_account(anna)
    assert (room.account(sub).master, room.account(sub).name) == (anna.address, "second")
    done(anna.exchange.sub_account_transfer(sub, is_deposit=True, usd=5_000_000_000))
    assert values(room.account(anna.address).cash, room.account(sub).cash) == (95_000, 5_000)
    done(anna.exchange.sub_account_transfer(sub, is_deposit=False, usd=1_500_000))
    assert (room.account(anna.address).cash, room.account(sub).cash) == (D("95001.5"), D("4998.5"))
    (shown,) = anna.info.query_sub_accounts(anna.address)
    assert (shown["name"], shown["subAccountUser"], shown["master"]) == ("second", sub, anna.address)
    assert shown["clearinghouseState"]["marginSummary"]["accountValue"] == "4998.5"
    assert anna.info.user_role(sub) == {"role": "subAccount", "data": {"master": anna.address}}


def test_spot_dollars_of_a_sub_account(room: VenueRoom, anna: Desk) -> None:
    """They go from spot side to spot side."""
    sub = sub_account(anna)
    done(anna.exchange.usd_class_transfer(100, to_perp=False))
    done(anna.exchange.sub_account_spot_transfer(sub, is_deposit=True, token="USDC", amount=60))
    assert values(room.account(anna.address).spot_usdc, room.account(sub).spot_usdc) == (40, 60)


def test_master_trades_for_its_sub_account(room: VenueRoom, anna: Desk) -> None:
    """The SDK names it as the vault; the master's own books stay empty."""
    sub = sub_account(anna)
    done(anna.exchange.sub_account_transfer(sub, is_deposit=True, usd=50_000_000_000))
    desk = exchange_of(room, anna.wallet, vault_address=sub)
    only(desk.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    only(desk.exchange.market_open("BTC", BUY, 0.2))
    assert (room.shape(sub), room.shape(anna.address)) == (Shape(1, 1, 1), Shape(0, 0, 0))
    only(desk.exchange.market_close("BTC"))
    assert room.position(sub, "BTC") is None
    done(desk.exchange.usd_class_transfer(10, to_perp=False))
    assert values(room.account(sub).spot_usdc, room.account(anna.address).spot_usdc) == (10, 0)


def test_agent_trades_for_the_masters_sub_account(room: VenueRoom, anna: Desk) -> None:
    """One key for all of a master's accounts."""
    sub = sub_account(anna)
    done(anna.exchange.sub_account_transfer(sub, is_deposit=True, usd=50_000_000_000))
    _, key = anna.exchange.approve_agent()
    desk = exchange_of(room, key, vault_address=sub)
    only(desk.exchange.market_open("BTC", BUY, 0.2))
    assert room.held(sub, "BTC") == D("0.2")


def test_anothers_account_cannot_be_traded_for(room: VenueRoom, anna: Desk) -> None:
    """The refusal names the account; nothing is placed."""
    bert = desk_of(room, "bert")
    for vault in (bert.address, "0x" + "77" * 20):
        desk = exchange_of(room, anna.wallet, vault_address=vault)
        assert vault in refused(desk.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    assert room.shape(bert.address) == Shape(0, 0, 0)


def test_sdk_with_a_vault_signs_some_actions_for_nobody(room: VenueRoom, anna: Desk) -> None:
    """It signs them without the vault and sends it all the same, so the venue recovers a stranger."""
    desk = exchange_of(room, anna.wallet, vault_address=sub_account(anna))
    text = refused(desk.exchange.create_sub_account("third"))
    assert text.startswith("User or API Wallet 0x")
    assert anna.address not in text


def test_vaults_are_not_here(room: VenueRoom, anna: Desk) -> None:
    """A transfer to a vault is refused, and no money leaves."""
    refused(anna.exchange.vault_usd_transfer("0x" + "77" * 20, is_deposit=True, usd=5_000_000))
    assert room.account(anna.address).cash == 100_000


def test_small_settings_are_taken(room: VenueRoom, anna: Desk) -> None:
    """A referrer, and big blocks."""
    assert done(anna.exchange.set_referrer("FRIEND"))["type"] == "default"
    assert anna.info.query_referral_state(anna.address)["referredBy"]["code"] == "FRIEND"
    assert done(anna.exchange.use_big_blocks(True))["type"] == "default"  # noqa: FBT003 - the SDK's own order


NOT_SIMULATED: dict[str, tuple[Any, ...]] = {
    "token_delegate": ("0x" + "77" * 20, 1, False),
    "gossip_priority_bid": (0, "1.2.3.4", 1),
    "agent_enable_dex_abstraction": (),
}


@pytest.mark.parametrize("method", NOT_SIMULATED)
def test_action_that_is_not_simulated_says_so(room: VenueRoom, anna: Desk, method: str) -> None:
    """No silent success: the answer names what is missing."""
    text = refused(getattr(anna.exchange, method)(*NOT_SIMULATED[method]))
    assert text.endswith("is not simulated by this venue.")
