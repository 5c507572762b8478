"""Every subscription of the official SDK, over a real websocket: what comes first, and what comes when."""

from decimal import Decimal
from typing import Any

import pytest

from agentic_hl.venue.streams import StreamOptions
from agentic_hl.venue.venue import VenueOptions
from tests.support.sdk_desk import BUY, GTC, SELL, Desk, Ears, Line, desk_of, done, only
from tests.support.venue_room import VenueRoom, open_room

pytest_plugins = ["tests.support.sdk_fixtures"]

D = Decimal
HOUR_MS = 3_600_000


def beat(room: VenueRoom, ears: Ears) -> None:
    """Wait until the venue has said all that it had to say so far: a frame that comes last is here."""
    mids = Line()
    number = ears.info.subscribe({"type": "allMids"}, mids.frames.put)
    mids.next()
    ears.info.unsubscribe({"type": "allMids"}, number)


def test_mids_come_at_once_and_every_two_seconds(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The main dex is not named."""
    mids = ears.follow(type="allMids")
    first = mids.next()
    assert set(first) == {"mids"}
    assert first["mids"]["BTC"] == "95000.0"
    room.set_price("BTC", "96000")
    room.pass_time(1_900)
    room.pass_time(100)
    assert mids.next()["mids"]["BTC"] == "96000.0"
    assert mids.silent


def test_book_comes_at_once_and_every_five_seconds(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """Always whole."""
    book = ears.follow(type="l2Book", coin="BTC")
    assert book.next() == anna.info.l2_snapshot("BTC")
    only(anna.exchange.order("BTC", BUY, 0.1, 94_995, GTC))
    room.pass_time(4_999)
    beat(room, ears)
    assert book.silent
    room.pass_time(1)
    assert book.next()["levels"][0][0]["px"] == "94995.0"


def test_best_prices_come_when_they_change(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """Nothing while nothing changes."""
    best = ears.follow(type="bbo", coin="BTC")
    assert [level["px"] for level in best.next()["bbo"]] == ["94990.0", "95010.0"]
    room.pass_time(10_000)
    beat(room, ears)
    assert best.silent
    only(anna.exchange.order("BTC", BUY, 0.1, 94_995, GTC))
    room.pass_time(100)
    assert [level["px"] for level in best.next()["bbo"]] == ["94995.0", "95010.0"]


def test_trades_tell_both_sides_and_the_aggressor(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The buyer comes first among the users, whoever took."""
    bert = desk_of(room, "bert")
    trades = ears.follow(type="trades", coin="BTC")
    only(anna.exchange.order("BTC", BUY, 0.1, 95_000, GTC))
    only(bert.exchange.order("BTC", SELL, 0.1, 95_000, GTC))
    (trade,) = trades.next()
    assert (trade["side"], trade["px"], trade["sz"]) == ("A", "95000.0", "0.1")
    assert (trade["users"], trade["time"]) == ([anna.address, bert.address], room.now)
    assert trade["tid"] == room.account(anna.address).fills[0].tid


def test_candle_comes_when_it_changes(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The present minute grows with every trade, as the query shows it."""
    candle = ears.follow(type="candle", coin="BTC", interval="1m")
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    room.pass_time(100)
    shown = candle.next()
    assert (shown["s"], shown["i"], shown["v"], shown["c"]) == ("BTC", "1m", "0.5", "95010.0")
    assert [shown] == anna.info.candles_snapshot("BTC", "1m", shown["t"], shown["T"])


def test_context_comes_every_second(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The mark is in it."""
    context = ears.follow(type="activeAssetCtx", coin="BTC")
    assert context.next() == {"coin": "BTC", "ctx": anna.info.meta_and_asset_ctxs()[1][0]}
    room.set_price("BTC", "96000")
    room.pass_time(1_000)
    assert context.next()["ctx"]["markPx"] == "96000.0"


def test_settings_of_an_asset_come_when_they_change(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """Leverage while flat stands only here; the stream leaves the mark out."""
    settings = ears.follow(type="activeAssetData", user=anna.wallet.address, coin="BTC")
    first = settings.next()
    assert (first["user"], first["coin"], first["leverage"]) == (anna.address, "BTC", {"type": "cross", "value": 20})
    assert (first["availableToTrade"], "markPx" in first) == (["100000.0", "100000.0"], False)
    done(anna.exchange.update_leverage(7, "BTC"))
    room.pass_time(1_000)
    assert settings.next()["leverage"]["value"] == 7


def test_fills_come_as_history_first_and_then_one_by_one(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The first message is a snapshot; later ones do not have the key at all."""
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    fills = ears.follow(type="userFills", user=anna.wallet.address)
    first = fills.next()
    assert (first["user"], first["isSnapshot"]) == (anna.address, True)
    assert first["fills"] == anna.info.user_fills(anna.address)
    only(anna.exchange.market_close("BTC"))
    later = fills.next()
    assert set(later) == {"user", "fills"}
    assert later["fills"] == anna.info.user_fills(anna.address)[:1]


def test_events_come_without_history_and_one_kind_at_a_time(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """Fills and funding; no user is named."""
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    events = ears.follow(type="userEvents", user=anna.address)
    beat(room, ears)
    assert events.silent
    only(anna.exchange.market_open("BTC", BUY, 0.25))
    assert events.next() == {"fills": anna.info.user_fills(anna.address)[:1]}
    room.set_funding("BTC", "0.0001")
    room.pass_time(HOUR_MS)
    funding = events.next()["funding"]
    assert (funding["coin"], funding["szi"], funding["usdc"]) == ("BTC", "0.75", "-7.125")


def test_order_updates_come_without_history(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """Open, then filled: one order's life as lists of what changed."""
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    updates = ears.follow(type="orderUpdates", user=anna.address)
    beat(room, ears)
    assert updates.silent
    oid = only(anna.exchange.order("BTC", BUY, 0.1, 95_000, GTC))["resting"]["oid"]
    (opened,) = updates.next()
    assert (opened["order"]["oid"], opened["status"], opened["order"]["sz"]) == (oid, "open", "0.1")
    only(desk_of(room, "bert").exchange.order("BTC", SELL, 0.1, 95_000, GTC))
    filled = updates.next()[-1]
    assert (filled["order"]["oid"], filled["status"], filled["order"]["sz"]) == (oid, "filled", "0.0")
    assert filled["order"]["origSz"] == "0.1"


def test_fundings_come_as_history_and_each_hour(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The snapshot is empty; the first full hour brings one."""
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    room.set_funding("BTC", "0.0001")
    fundings = ears.follow(type="userFundings", user=anna.address)
    assert fundings.next() == {"user": anna.address, "fundings": [], "isSnapshot": True}
    room.pass_time(HOUR_MS)
    later = fundings.next()
    assert set(later) == {"user", "fundings"}
    (paid,) = later["fundings"]
    assert (paid["coin"], paid["usdc"], paid["time"] % HOUR_MS) == ("BTC", "-4.75", 0)


def test_ledger_comes_as_history_and_with_every_transfer(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The deposit was before; a transfer follows."""
    bert = desk_of(room, "bert")
    ledger = ears.follow(type="userNonFundingLedgerUpdates", user=anna.address)
    first = ledger.next()
    assert (first["isSnapshot"], first["user"]) == (True, anna.address)
    assert [(one["delta"]["type"], one["delta"]["usdc"]) for one in first["nonFundingLedgerUpdates"]] == [
        ("deposit", "100000.0")
    ]
    done(anna.exchange.usd_transfer(10, bert.address))
    (moved,) = ledger.next()["nonFundingLedgerUpdates"]
    assert (moved["delta"]["type"], moved["delta"]["usdc"]) == ("internalTransfer", "10.0")


def test_web_data_is_refused_as_the_venue_does_now(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """The error frame reaches nobody in the SDK: the line stays silent, and the others go on."""
    blob = ears.follow(type="webData2", user=anna.address)
    room.pass_time(15_000)
    beat(room, ears)
    assert blob.silent


def test_web_data_is_served_behind_a_switch() -> None:
    """With everything in it that it used to have."""
    options = VenueOptions(streams=StreamOptions(refused=frozenset()))
    with open_room(options) as room:
        anna, ears = desk_of(room), Ears(room)
        blob: dict[str, Any] = ears.follow(type="webData2", user=anna.address).next()
        assert blob["clearinghouseState"]["marginSummary"]["accountValue"] == "100000.0"
        assert (blob["user"], blob["openOrders"], len(blob["meta"]["universe"])) == (anna.address, [], 9)
        ears.close()


def test_unsubscribed_line_falls_silent(room: VenueRoom, anna: Desk, ears: Ears) -> None:
    """No fill comes any more."""
    fills = ears.follow(type="userFills", user=anna.address)
    fills.next()
    ears.drop(fills, type="userFills", user=anna.address)
    beat(room, ears)
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    beat(room, ears)
    assert fills.silent


@pytest.mark.parametrize("kind", ["userFills", "orderUpdates", "userEvents"])
def test_nothing_of_others_comes(room: VenueRoom, anna: Desk, ears: Ears, kind: str) -> None:
    """What somebody else does is not told."""
    bert = desk_of(room, "bert")
    line = ears.follow(type=kind, user=bert.address)
    if kind == "userFills":
        line.next()
    only(anna.exchange.market_open("BTC", BUY, 0.5))
    beat(room, ears)
    assert line.silent
