"""An account with one balance for everything, as the official SDK makes it and meets it."""

from decimal import Decimal

import pytest

from agentic_hl.venue.terms import Mode
from tests.support.raw_stream import open_stream
from tests.support.sdk_desk import BUY, Desk, desk_of, done, exchange_of, only, refused
from tests.support.venue_room import VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal
NOTHING = {"accountValue": "0.0", "totalNtlPos": "0.0", "totalRawUsd": "0.0", "totalMarginUsed": "0.0"}


@pytest.fixture
def unified(anna: Desk) -> Desk:
    """Give somebody whose account is unified."""
    assert done(anna.exchange.user_set_abstraction(anna.address, "unifiedAccount"))["type"] == "default"
    return anna


def usdc(desk: Desk) -> tuple[Decimal, Decimal]:
    """Return total and hold of the one balance."""
    (balance,) = desk.info.spot_user_state(desk.address)["balances"]
    assert balance["coin"] == "USDC"
    return D(balance["total"]), D(balance["hold"])


def test_account_begins_with_two_sides(room: VenueRoom, anna: Desk) -> None:
    """And says so."""
    assert anna.info.query_user_abstraction_state(anna.address) == "default"
    assert anna.info.user_state(anna.address)["withdrawable"] == "100000.0"


def test_perp_side_of_a_unified_account_reads_zero(room: VenueRoom, unified: Desk) -> None:
    """All money stands on the spot side."""
    assert room.account(unified.address).mode is Mode.UNIFIED
    assert unified.info.query_user_abstraction_state(unified.address) == "unifiedAccount"
    state = unified.info.user_state(unified.address)
    assert (state["marginSummary"], state["crossMarginSummary"], state["withdrawable"]) == (NOTHING, NOTHING, "0.0")
    assert usdc(unified) == (D(100_000), D(0))


def test_position_of_a_unified_account_is_listed_and_held_for(room: VenueRoom, unified: Desk) -> None:
    """One coin at 95,010: the margin of 4,750 is on hold, the fee has left the balance; profit is not in it."""
    only(unified.exchange.market_open("BTC", BUY, 1))
    state = unified.info.user_state(unified.address)
    ((held,), summary) = (state["assetPositions"], state["marginSummary"])
    assert (held["position"]["szi"], held["position"]["marginUsed"], summary) == ("1.0", "4750.0", NOTHING)
    total, hold = usdc(unified)
    assert (total, hold) == (D("99957.2455"), D(4_750))
    room.set_price("BTC", "96000")
    assert usdc(unified)[0] == total
    only(unified.exchange.market_close("BTC"))
    assert room.position(unified.address, "BTC") is None
    assert usdc(unified)[0] > total + 900


def test_money_of_a_unified_account_has_no_sides_to_move_between(room: VenueRoom, unified: Desk) -> None:
    """The transfer is refused in the venue's words; sending to others goes on."""
    bert = desk_of(room, "bert")
    text = refused(unified.exchange.usd_class_transfer(10, to_perp=False))
    assert text == "Action disabled when unified account is active"
    done(unified.exchange.usd_transfer(10, bert.address))
    assert (usdc(unified)[0], room.account(bert.address).cash) == (D(99_990), D(100_010))


def test_unified_account_stays_unified(room: VenueRoom, unified: Desk) -> None:
    """There is no way back."""
    text = refused(unified.exchange.user_set_abstraction(unified.address, "disabled"))
    assert text == "Abstraction transition not allowed"
    assert refused(unified.exchange.agent_set_abstraction("i")) == "Abstraction transition not allowed"
    assert room.account(unified.address).mode is Mode.UNIFIED


def test_agent_may_change_how_the_account_is_held(room: VenueRoom, anna: Desk) -> None:
    """One letter is enough."""
    _, key = anna.exchange.approve_agent()
    done(exchange_of(room, key).exchange.agent_set_abstraction("u"))
    assert room.account(anna.address).mode is Mode.UNIFIED


def test_portfolio_margin_wants_more(room: VenueRoom) -> None:
    """Less than 10,000 dollars and no volume."""
    desk = desk_of(room, "cara", usd="9999")
    text = refused(desk.exchange.user_set_abstraction(desk.address, "portfolioMargin"))
    assert text == "Portfolio margin requires account value of $10000 or total volume of $5000000."
    assert room.account(desk.address).mode is Mode.DEFAULT


def test_streams_tell_of_a_unified_account(room: VenueRoom, unified: Desk) -> None:
    """Its balance, its mode, and zeros where the perp side was."""
    with open_stream(room) as stream:
        stream.follow(type="webData3", user=unified.address)
        assert stream.hear_of("webData3")["userState"]["abstraction"] == "unifiedAccount"
        stream.follow(type="spotState", user=unified.address)
        (balance,) = stream.hear_of("spotState")["spotState"]["balances"]
        assert (balance["coin"], balance["total"]) == ("USDC", "100000.0")
        stream.follow(type="clearinghouseState", user=unified.address)
        assert stream.hear_of("clearinghouseState")["clearinghouseState"]["marginSummary"] == NOTHING
