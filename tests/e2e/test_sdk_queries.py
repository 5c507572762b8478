"""Every query of the official SDK, answered by the venue with what stands in its books."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError, ServerError
from hyperliquid.utils.types import Cloid

from tests.support.sdk_desk import BUY, GTC, SELL, Desk, only
from tests.support.venue_room import VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal
CLOID = Cloid.from_int(77)
HOUR_MS = 3_600_000
NO_QUERIES = {
    "disconnect_websocket", "name_to_asset", "post", "set_perp_meta", "subscribe", "unsubscribe",
}  # fmt: skip
NOT_HERE = {
    "delegator_history", "query_perp_deploy_auction_status", "query_spot_deploy_auction_status",
    "user_staking_delegations", "user_staking_rewards", "user_staking_summary",
}  # fmt: skip
"""Staking and deploying: a simulated venue need not have them, and this one refuses them in words."""


@pytest.fixture
def busy(room: VenueRoom, anna: Desk) -> Desk:
    """Give somebody with an order, a position, a fill, and an hour's funding."""
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC, cloid=CLOID))
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    room.set_funding("BTC", "0.0001")
    room.pass_time(HOUR_MS)
    return anna


def arguments(desk: Desk) -> Mapping[str, tuple[Any, ...]]:
    """Return what each query of the SDK is asked with."""
    user, now = desk.address, desk.room.now
    about_user = {
        "delegator_history", "extra_agents", "frontend_open_orders", "historical_orders", "open_orders", "portfolio",
        "query_referral_state", "query_spot_deploy_auction_status", "query_sub_accounts",
        "query_user_abstraction_state", "query_user_dex_abstraction_state", "query_user_to_multi_sig_signers",
        "spot_user_state", "user_fees", "user_fills", "user_rate_limit", "user_role", "user_staking_delegations",
        "user_staking_rewards", "user_staking_summary", "user_state", "user_twap_slice_fills", "user_vault_equities",
    }  # fmt: skip
    markets = {"all_mids", "meta", "meta_and_asset_ctxs", "perp_dexs", "query_perp_deploy_auction_status", "spot_meta",
               "spot_meta_and_asset_ctxs"}  # fmt: skip
    return {
        **dict.fromkeys(about_user, (user,)),
        **dict.fromkeys(markets, ()),
        "candles_snapshot": ("BTC", "1m", now - HOUR_MS, now),
        "funding_history": ("BTC", now - 2 * HOUR_MS),
        "l2_snapshot": ("BTC",),
        "query_order_by_cloid": (user, CLOID),
        "query_order_by_oid": (user, 1),
        "user_fills_by_time": (user, now - 2 * HOUR_MS),
        "user_funding_history": (user, now - 2 * HOUR_MS),
        "user_non_funding_ledger_updates": (user, now - 2 * HOUR_MS),
    }


def test_every_query_of_the_sdk_is_answered_or_refused_in_words(busy: Desk) -> None:
    """None is left out here, and none is answered by a page that cannot be read."""
    asked = arguments(busy)
    methods = {name for name in vars(Info) if not name.startswith("_")}
    assert methods - NO_QUERIES == set(asked)
    for name in sorted(asked):
        ask = getattr(busy.info, name)
        if name in NOT_HERE:
            with pytest.raises(ClientError) as refusal:
                ask(*asked[name])
            assert refusal.value.status_code == 422
            assert "this simulated venue does not answer" in refusal.value.error_message
        else:
            answer = ask(*asked[name])
            assert not (isinstance(answer, dict) and "error" in answer), name


def test_state_shows_what_the_books_hold(room: VenueRoom, busy: Desk) -> None:
    """Equity is cash and what the position is worth; of the hour's funding half a coin paid 4.75."""
    state = busy.info.user_state(busy.wallet.address)
    cash = room.account(busy.address).cash
    assert cash == D(100_000) - 47_505 - D("21.37725") - D("4.75")
    assert D(state["marginSummary"]["totalRawUsd"]) == cash
    assert D(state["marginSummary"]["accountValue"]) == cash + 47_500
    (held,) = state["assetPositions"]
    position = held["position"]
    assert (position["coin"], position["szi"], position["entryPx"]) == ("BTC", "0.5", "95010.0")
    assert (position["positionValue"], position["unrealizedPnl"]) == ("47500.0", "-5.0")
    assert position["leverage"] == {"type": "cross", "value": 20}
    assert (position["marginUsed"], position["maxLeverage"]) == ("2375.0", 40)
    assert D(position["cumFunding"]["sinceOpen"]) == D("4.75")
    assert state["time"] == room.now


def test_orders_show_what_the_books_hold(room: VenueRoom, busy: Desk) -> None:
    """The resting one, by list, by oid and by cloid; the filled one is history."""
    (order,) = room.orders(busy.address)
    (shown,) = busy.info.open_orders(busy.address)
    assert shown == {
        "coin": "BTC",
        "side": "B",
        "limitPx": "90000.0",
        "sz": "0.1",
        "oid": order.oid,
        "timestamp": order.timestamp,
        "origSz": "0.1",
        "cloid": CLOID.to_raw(),
    }
    (full,) = busy.info.frontend_open_orders(busy.address)
    assert (full["orderType"], full["tif"], full["isTrigger"], full["children"]) == ("Limit", "Gtc", False, [])
    found = busy.info.query_order_by_oid(busy.address, order.oid)
    assert (found["status"], found["order"]["status"], found["order"]["order"]) == ("order", "open", full)
    assert busy.info.query_order_by_cloid(busy.address, CLOID) == found
    assert busy.info.query_order_by_oid(busy.address, 12) == {"status": "unknownOid"}
    history = busy.info.historical_orders(busy.address)
    assert [(entry["status"], entry["order"]["sz"]) for entry in history] == [("filled", "0.0"), ("open", "0.1")]


def test_fills_show_what_the_books_hold(room: VenueRoom, busy: Desk) -> None:
    """One fill; by time it is there from its own millisecond on, and not after."""
    (fill,) = room.account(busy.address).fills
    (shown,) = busy.info.user_fills(busy.address)
    expected = {
        "coin": "BTC", "px": "95010.0", "sz": "0.5", "side": "B", "time": fill.time, "startPosition": "0.0",
        "dir": "Open Long", "closedPnl": "0.0", "oid": fill.oid, "crossed": True, "fee": "21.37725", "tid": fill.tid,
        "feeToken": "USDC",
    }  # fmt: skip
    assert {key: shown[key] for key in expected} == expected
    assert busy.info.user_fills_by_time(busy.address, fill.time) == [shown]
    assert busy.info.user_fills_by_time(busy.address, fill.time, fill.time) == [shown]
    assert busy.info.user_fills_by_time(busy.address, fill.time + 1) == []


def test_funding_shows_what_was_paid(room: VenueRoom, busy: Desk) -> None:
    """A long pays: the amount is negative, the time is the full hour."""
    (paid,) = busy.info.user_funding_history(busy.address, 0)
    assert (paid["delta"]["type"], paid["delta"]["coin"], paid["delta"]["usdc"]) == ("funding", "BTC", "-4.75")
    assert (paid["delta"]["szi"], paid["delta"]["fundingRate"]) == ("0.5", "0.0001")
    assert paid["time"] % HOUR_MS == 0
    rates = busy.info.funding_history("BTC", paid["time"], paid["time"])
    assert [(rate["coin"], rate["fundingRate"], rate["time"]) for rate in rates] == [("BTC", "0.0001", paid["time"])]


def test_markets_show_what_the_books_hold(room: VenueRoom, anna: Desk) -> None:
    """Mids, books and contexts tell of the same prices."""
    assert anna.info.all_mids()["BTC"] == "95000.0"
    book = anna.info.l2_snapshot("BTC")
    assert (book["coin"], book["time"]) == ("BTC", room.now)
    assert book["levels"] == [
        [{"px": "94990.0", "sz": "1.0", "n": 1}, {"px": "94980.0", "sz": "2.0", "n": 1}],
        [{"px": "95010.0", "sz": "1.0", "n": 1}, {"px": "95020.0", "sz": "2.0", "n": 1}],
    ]
    meta, contexts = anna.info.meta_and_asset_ctxs()
    assert meta == anna.info.meta()
    assert (len(meta["universe"]), meta["universe"][0]["name"]) == (len(contexts), "BTC")
    assert (contexts[0]["markPx"], contexts[0]["oraclePx"], contexts[0]["midPx"]) == ("95000.0", "95000.0", "95000.0")


def test_own_orders_stand_in_the_book(room: VenueRoom, anna: Desk) -> None:
    """Two at one price make one level of two orders."""
    only(anna.exchange.order("BTC", BUY, 0.1, 94_995, GTC))
    only(anna.exchange.order("BTC", BUY, 0.2, 94_995, GTC))
    assert anna.info.l2_snapshot("BTC")["levels"][0][0] == {"px": "94995.0", "sz": "0.3", "n": 2}


def test_candles_are_made_of_what_was_traded(room: VenueRoom, anna: Desk) -> None:
    """Two trades in one minute: open, high, low, close, volume and count are theirs."""
    since = room.now // 60_000 * 60_000
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    only(anna.exchange.market_open("BTC", SELL, 0.25))
    (candle,) = anna.info.candles_snapshot("BTC", "1m", since, since + 59_999)
    assert candle == {
        "t": since, "T": since + 59_999, "s": "BTC", "i": "1m", "o": "95010.0", "c": "94990.0", "h": "95010.0",
        "l": "94990.0", "v": "0.75", "n": 2,
    }  # fmt: skip


def test_limits_and_fees_follow_the_volume(room: VenueRoom, anna: Desk) -> None:
    """Each dollar traded is one request more; the base rates are those of the schedule."""
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    limit = anna.info.user_rate_limit(anna.address)
    assert (limit["cumVlm"], limit["nRequestsUsed"], limit["nRequestsCap"]) == ("47505.0", 1, 57_505)
    fees = anna.info.user_fees(anna.address)
    assert (fees["userCrossRate"], fees["userAddRate"]) == ("0.00045", "0.00015")


def test_stranger_is_empty_and_not_an_error(anna: Desk) -> None:
    """An address without account has nothing, in every list."""
    nobody = "0x" + "99" * 20
    assert anna.info.user_state(nobody)["marginSummary"]["accountValue"] == "0.0"
    assert anna.info.user_role(nobody) == {"role": "missing"}
    assert (anna.info.open_orders(nobody), anna.info.user_fills(nobody)) == ([], [])
    assert anna.info.spot_user_state(nobody) == {"balances": []}
    assert anna.info.query_order_by_oid(nobody, 1) == {"status": "unknownOid"}


def test_question_that_cannot_be_read_is_refused_in_plain_text(anna: Desk) -> None:
    """Status 422 and the venue's words; a coin that is not there is status 500."""
    for question in ({"type": "clearinghouseState"}, {"type": "orderStatus", "user": anna.address}, {}):
        with pytest.raises(ClientError) as refusal:
            anna.info.post("/info", question)
        assert refusal.value.status_code == 422
        assert refusal.value.error_message.startswith("Failed to deserialize the JSON body into the target type")
    with pytest.raises(ClientError):
        anna.info.candles_snapshot("BTC", "1m", -1, anna.room.now)
    with pytest.raises(ServerError):
        anna.info.post("/info", {"type": "l2Book", "coin": "NOPE"})
