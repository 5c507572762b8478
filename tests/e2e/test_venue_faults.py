"""Every fault that the venue can be told to have, met by the official SDK and by a plain websocket."""

import json
from typing import get_args

import msgspec
import pytest
from hyperliquid.utils.error import ClientError, ServerError
from hyperliquid.utils.types import Cloid
from requests.exceptions import ReadTimeout

from agentic_hl.venue import fault_values
from agentic_hl.venue.fault_values import (
    AnswerLost,
    AnswersLate,
    ClockSkew,
    ErrorAfterCommit,
    ErrorInstead,
    ExpiredWallet,
    Fault,
    ForgottenOrders,
    FramesLate,
    FramesMissing,
    HalfOpen,
    Halted,
    LaggedReads,
    OverBudget,
    PostOnly,
    RepeatedSnapshot,
    SilentChannel,
    SocketsDropped,
    TooManyRequests,
)
from tests.support.raw_stream import open_stream
from tests.support.sdk_desk import BUY, GTC, SELL, Desk, desk_of, done, exchange_of, only, refused, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

CLOID = Cloid.from_int(5)
ALO = {"limit": {"tif": "Alo"}}
IMPATIENT_S = 0.1

EXAMPLES: tuple[Fault, ...] = (
    AnswerLost(of="order"),
    AnswersLate(by_ms=5),
    ClockSkew(by_ms=-250),
    ErrorAfterCommit(status=504, count=2),
    ErrorInstead(),
    ExpiredWallet(address="0x" + "ab" * 20),
    ForgottenOrders(user="0x" + "ab" * 20),
    FramesLate(by_ms=5, channel="user"),
    FramesMissing(),
    HalfOpen(for_ms=1_000),
    Halted(for_ms=1_000),
    LaggedReads(by_ms=3_000),
    OverBudget(count=3),
    PostOnly(),
    RepeatedSnapshot(),
    SilentChannel(channel="bbo", coin="BTC"),
    SocketsDropped(),
    TooManyRequests(of="meta"),
)


def test_every_fault_can_be_made_over_the_wire(room: VenueRoom, anna: Desk) -> None:
    """As JSON, by whoever runs the venue; what is no fault is refused."""
    assert {type(fault) for fault in EXAMPLES} == set(get_args(fault_values.Fault))
    for fault in EXAMPLES:
        assert fault_values.read_fault(msgspec.json.encode(fault)) == fault
        answer = anna.info.session.post(f"{room.url}/simulation/faults", data=msgspec.json.encode(fault), timeout=10)
        assert values(answer.status_code, answer.json()) == (200, {"status": "ok"})
    for body in (b'{"fault": "none"}', b"[" * 100_000, b'{"fault": "framesLate"}'):
        answer = anna.info.session.post(f"{room.url}/simulation/faults", data=body, timeout=10)
        assert answer.status_code == 400


def test_error_after_commit_hides_an_order_that_rests(room: VenueRoom, anna: Desk) -> None:
    """The SDK meets a server error with a page in HTML; the books hold the order."""
    room.spoil(ErrorAfterCommit(of="order"))
    with pytest.raises(ServerError) as error:
        anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC, cloid=CLOID)
    assert error.value.status_code == 502
    assert error.value.message.startswith("<html>")
    assert room.shape(anna.address) == Shape(1, 0, 0)
    assert anna.info.query_order_by_cloid(anna.address, CLOID)["order"]["status"] == "open"


def test_error_instead_leaves_nothing_behind(room: VenueRoom, anna: Desk) -> None:
    """The same page, and no order; once, then all is well. Other actions are not concerned."""
    room.spoil(ErrorInstead(of="order", count=1))
    done(anna.exchange.update_leverage(5, "BTC"))
    with pytest.raises(ServerError) as error:
        anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC)
    assert (error.value.status_code, room.shape(anna.address).orders) == (503, 0)
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))


@pytest.mark.parametrize("fault", [AnswerLost(of="order"), AnswersLate(of="order", by_ms=60_000)])
def test_answer_that_does_not_come_hides_an_order_that_rests(room: VenueRoom, anna: Desk, fault: Fault) -> None:
    """The SDK's patience ends; the books hold the order."""
    room.spoil(fault)
    anna.exchange.timeout = IMPATIENT_S
    with pytest.raises(ReadTimeout):
        anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC)
    assert room.shape(anna.address) == Shape(1, 0, 0)


def test_too_many_requests_is_a_429_of_null(room: VenueRoom, anna: Desk) -> None:
    """Nothing was carried out."""
    room.spoil(TooManyRequests(of="order"))
    with pytest.raises(ClientError) as error:
        anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC)
    assert values(error.value.status_code, error.value.error_message) == (429, "null")
    assert room.shape(anna.address).orders == 0


def test_over_budget_is_refused_in_the_venues_words(room: VenueRoom, anna: Desk) -> None:
    """And costs nothing."""
    room.spoil(OverBudget())
    text = refused(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    assert text.startswith("Too many cumulative requests sent (1 > 10000) for cumulative volume traded $0")
    assert room.account(anna.address).requests_used == 0
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))


def test_skewed_clock_shows_in_every_answer(room: VenueRoom, anna: Desk) -> None:
    """The venue is a minute ahead, so what expires in half a minute has expired."""
    room.spoil(ClockSkew(by_ms=60_000))
    assert anna.info.user_state(anna.address)["time"] == room.now + 60_000
    anna.exchange.set_expires_after(room.now + 30_000)
    assert refused(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC)).startswith("Action already expired")


def test_halted_venue_takes_cancels_and_no_orders(room: VenueRoom, anna: Desk) -> None:
    """For as long as it is said."""
    oid = only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))["resting"]["oid"]
    room.spoil(Halted(for_ms=10_000))
    assert only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))["error"].startswith("Trading is halted.")
    assert only(anna.exchange.cancel("BTC", oid)) == "success"
    room.pass_time(10_000)
    assert "resting" in only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))


def test_upgraded_venue_takes_post_only_orders(room: VenueRoom, anna: Desk) -> None:
    """Nothing that could take, until it is over."""
    room.spoil(PostOnly(for_ms=10_000))
    error = only(anna.exchange.market_open("BTC", BUY, 0.1))["error"]
    assert error.startswith("Only post-only orders allowed immediately after a network upgrade")
    assert "resting" in only(anna.exchange.order("BTC", BUY, 0.1, 90_000, ALO))
    room.pass_time(10_000)
    assert "filled" in only(anna.exchange.market_open("BTC", BUY, 0.1))


def test_expired_agent_is_unknown(room: VenueRoom, anna: Desk) -> None:
    """Its master still trades."""
    _, key = anna.exchange.approve_agent("bot")
    agent = exchange_of(room, key)
    room.spoil(ExpiredWallet(address=agent.wallet.address))
    text = refused(agent.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    assert text == f"User or API Wallet {agent.address} does not exist."
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))


def test_forgotten_orders_are_unknown_and_their_fills_are_not(room: VenueRoom, anna: Desk) -> None:
    """What still rests is not forgotten."""
    only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
    oid = only(anna.exchange.market_open("BTC", BUY, 0.1, cloid=CLOID))["filled"]["oid"]
    room.spoil(ForgottenOrders())
    assert anna.info.query_order_by_oid(anna.address, oid) == {"status": "unknownOid"}
    assert anna.info.query_order_by_cloid(anna.address, CLOID) == {"status": "unknownOid"}
    assert [fill["oid"] for fill in anna.info.user_fills(anna.address)] == [oid]
    assert len(anna.info.open_orders(anna.address)) == 1


def test_lagging_reads_show_what_was(room: VenueRoom, anna: Desk) -> None:
    """Three seconds late; the answer to the order itself is not."""
    room.spoil(LaggedReads(by_ms=3_000))
    assert "filled" in only(anna.exchange.market_open("BTC", BUY, 0.1, cloid=CLOID))
    assert anna.info.user_state(anna.address)["assetPositions"] == []
    assert anna.info.query_order_by_cloid(anna.address, CLOID) == {"status": "unknownOid"}
    assert anna.exchange.market_close("BTC") is None
    room.pass_time(3_000)
    assert len(anna.info.user_state(anna.address)["assetPositions"]) == 1
    assert anna.info.query_order_by_cloid(anna.address, CLOID)["status"] == "order"
    room.spoil(LaggedReads(by_ms=0))
    only(anna.exchange.market_close("BTC"))
    assert anna.info.user_state(anna.address)["assetPositions"] == []


# ── streams ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_dropped_sockets_end_for_those_who_follow_the_user(room: VenueRoom, anna: Desk) -> None:
    """One ends without notice, the other goes on; then all end."""
    with open_stream(room) as hers, open_stream(room) as anyones:
        hers.follow(type="userFills", user=anna.address)
        anyones.follow(type="allMids")
        room.spoil(SocketsDropped(user=anna.wallet.address))
        hers.hear_end()
        anyones.ping()
        room.spoil(SocketsDropped())
        anyones.hear_end()


def test_half_open_socket_stays_open_and_nothing_passes(room: VenueRoom, anna: Desk) -> None:
    """Not even a pong, nor the venue's own farewell after a minute; a new connection is well."""
    with open_stream(room) as half, open_stream(room) as other:
        half.ping()
        other.ping()
        room.spoil(HalfOpen())
        half.tell({"method": "ping"})
        room.pass_time(120_000)
        assert half.is_silent(IMPATIENT_S)
        with open_stream(room) as fresh:
            assert fresh.ping() == []


def test_half_open_socket_may_recover(room: VenueRoom) -> None:
    """What was said meanwhile is lost."""
    with open_stream(room) as half:
        half.ping()
        room.spoil(HalfOpen(for_ms=5_000))
        half.tell({"method": "ping"})
        room.pass_time(4_999)
        assert half.is_silent(IMPATIENT_S)
        room.pass_time(1)
        assert half.ping() == []


def test_silent_channel_is_confirmed_and_says_nothing(room: VenueRoom, anna: Desk) -> None:
    """The others go on; when its time is over it speaks again."""
    room.spoil(SilentChannel(channel="activeAssetCtx", coin="BTC", for_ms=30_000))
    with open_stream(room) as stream:
        stream.follow(type="activeAssetCtx", coin="BTC")
        stream.follow(type="activeAssetCtx", coin="ETH")
        room.pass_time(10_000)
        assert {frame["data"]["coin"] for frame in stream.ping()} == {"ETH"}
        room.pass_time(20_000)
        assert {frame["data"]["coin"] for frame in stream.ping()} == {"BTC", "ETH"}


def test_repeated_snapshot_is_history_once_more(room: VenueRoom, anna: Desk) -> None:
    """The same fills, again as a snapshot."""
    only(anna.exchange.market_open("BTC", BUY, 0.1))
    with open_stream(room) as stream:
        stream.follow(type="userFills", user=anna.address)
        first = stream.hear_of("userFills")
        room.spoil(RepeatedSnapshot(channel="userFills"))
        assert (stream.hear_of("userFills"), first["isSnapshot"], len(first["fills"])) == (first, True, 1)


def test_missing_frame_is_in_no_stream_and_in_the_query(room: VenueRoom, anna: Desk) -> None:
    """One fill is never told; the next one is."""
    with open_stream(room) as stream:
        stream.follow(type="userFills", user=anna.address)
        stream.hear_of("userFills")
        room.spoil(FramesMissing())
        only(anna.exchange.market_open("BTC", BUY, 0.1))
        only(anna.exchange.market_open("BTC", SELL, 0.3))
        (told,) = stream.hear_of("userFills")["fills"]
        assert (told["sz"], stream.ping()) == ("0.3", [])
        assert [fill["sz"] for fill in anna.info.user_fills(anna.address)] == ["0.3", "0.1"]


def test_late_frame_is_overtaken(room: VenueRoom, anna: Desk) -> None:
    """The first of two fills comes last, two seconds later; the order's own updates are in time."""
    bert = desk_of(room, "bert")
    with open_stream(room) as stream:
        for kind in ("orderUpdates", "userFills"):
            stream.follow(type=kind, user=bert.address)
        stream.hear_of("userFills")
        room.spoil(FramesLate(by_ms=2_000))
        only(bert.exchange.market_open("BTC", BUY, 0.1))
        only(bert.exchange.market_open("BTC", BUY, 0.2))
        heard = stream.ping()
        assert [frame["channel"] for frame in heard].count("orderUpdates") >= 2
        assert [frame["data"]["fills"][0]["sz"] for frame in heard if frame["channel"] == "userFills"] == ["0.2"]
        room.pass_time(2_000)
        assert stream.hear_of("userFills")["fills"][0]["sz"] == "0.1"


def test_control_moves_money_prices_and_funding(room: VenueRoom, anna: Desk) -> None:
    """And shows the books; a coin that is not there and a request that cannot be read are refused."""

    def post(door: str, **body: str) -> int:
        answer = anna.info.session.post(f"{room.url}/simulation/{door}", data=json.dumps(body), timeout=10)
        return int(answer.status_code)

    assert post("deposits", address=anna.wallet.address, usd="5.5") == 200
    assert post("prices", coin="BTC", oracle="96000") == 200
    assert post("funding", coin="BTC", rate="0.0002") == 200
    assert (post("prices", coin="NO", oracle="1"), post("prices", coin="BTC"), post("else")) == (400, 400, 404)
    shown = anna.info.session.get(f"{room.url}/simulation", timeout=10).json()
    (account,) = shown["accounts"]
    assert (account["address"], account["accountValue"], account["openOrders"]) == (anna.address, "100005.5", 0)
    assert shown["markets"][0]["coin"] == "BTC"
    assert shown["markets"][0]["markPx"] == "96000.0"
