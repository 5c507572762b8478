"""The venue's websocket as every client meets it: echoes, errors, posts, pings, and clients that leave."""

import logging
from contextlib import ExitStack
from typing import Any

import pytest
from hyperliquid.utils.signing import get_timestamp_ms, sign_l1_action

from tests.support.raw_stream import open_stream
from tests.support.sdk_desk import BUY, GTC, Desk, only, values
from tests.support.venue_room import Shape, VenueRoom

pytest_plugins = ["tests.support.sdk_fixtures"]

MIXED = "0x" + "Ab" * 20
LOWER = MIXED.lower()

ECHOES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "allMids"}, {"type": "allMids"}),
    ({"type": "allMids", "dex": ""}, {"type": "allMids", "dex": ""}),
    ({"type": "l2Book", "coin": "BTC"}, {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None}),
    (
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2},
    ),
    ({"type": "userFills", "user": MIXED}, {"type": "userFills", "user": LOWER, "aggregateByTime": False}),
    (
        {"type": "userFills", "user": MIXED, "aggregateByTime": True},
        {"type": "userFills", "user": LOWER, "aggregateByTime": True},
    ),
    ({"type": "clearinghouseState", "user": MIXED}, {"type": "clearinghouseState", "user": LOWER, "dex": ""}),
    ({"type": "openOrders", "user": MIXED}, {"type": "openOrders", "user": LOWER, "dex": ""}),
    ({"type": "orderUpdates", "user": MIXED}, {"type": "orderUpdates", "user": LOWER}),
]


@pytest.mark.parametrize(("sent", "echo"), ECHOES)
def test_subscription_is_echoed_with_its_defaults(room: VenueRoom, sent: dict[str, Any], echo: dict[str, Any]) -> None:
    """Users in lower case, every key that was sent, and what was left out."""
    with open_stream(room) as stream:
        assert stream.follow(**sent) == echo


def test_ping_is_answered(room: VenueRoom) -> None:
    """With a pong and nothing else."""
    with open_stream(room) as stream:
        assert stream.ping() == []


WRONG: list[tuple[Any, str]] = [
    ("no json", "Error parsing JSON into valid websocket request"),
    ("[" * 100_000, "Error parsing JSON into valid websocket request"),
    ({"method": "subscribe"}, "Error parsing JSON into valid websocket request"),
    ({"method": "subscribe", "subscription": {"type": "nothing"}}, 'Invalid subscription {"type":"nothing"}'),
    ({"method": "subscribe", "subscription": {"type": "l2Book", "coin": "NO"}}, "Invalid subscription {"),
    ({"method": "subscribe", "subscription": {"type": "userFills", "user": "0x12"}}, "Invalid subscription {"),
    ({"method": "subscribe", "subscription": {"type": "candle", "coin": "BTC", "interval": "7m"}}, "Invalid subs"),
    ({"method": "unsubscribe", "subscription": {"type": "allMids"}}, 'Already unsubscribed: {"type":"allMids"}'),
]


@pytest.mark.parametrize(("message", "text"), WRONG)
def test_wrong_message_is_answered_with_an_error_frame(room: VenueRoom, message: Any, text: str) -> None:  # noqa: ANN401 - anything goes out
    """The connection goes on."""
    with open_stream(room) as stream:
        stream.tell(message)
        frame = stream.hear()
        assert frame["channel"] == "error"
        assert frame["data"].startswith(text)
        assert stream.ping() == []


def test_second_subscription_of_the_same_is_an_error_frame(room: VenueRoom) -> None:
    """It names the subscription as JSON."""
    with open_stream(room) as stream:
        stream.follow(type="userFills", user=MIXED)
        stream.hear_of("userFills")
        stream.tell({"method": "subscribe", "subscription": {"type": "userFills", "user": LOWER}})
        assert stream.hear()["data"].startswith('Already subscribed: {"type":"userFills"')


def test_queries_are_answered_over_the_socket(room: VenueRoom, anna: Desk) -> None:
    """The same answer as over HTTP, wrapped with the question's type."""
    with open_stream(room) as stream:
        response = stream.ask(3, "info", {"type": "clearinghouseState", "user": anna.address})
        assert (response["type"], response["payload"]["type"]) == ("info", "clearinghouseState")
        assert response["payload"]["data"] == anna.info.user_state(anna.address)
        assert stream.ask(4, "info", {"type": "nonsense"})["type"] == "error"


def test_actions_are_carried_out_over_the_socket(room: VenueRoom, anna: Desk) -> None:
    """A signed order rests; unsigned rubbish is an error."""
    nonce = get_timestamp_ms()
    wire = {"a": 0, "b": True, "p": "90000", "s": "0.1", "r": False, "t": GTC}
    action = {"type": "order", "orders": [wire], "grouping": "na"}
    signature = sign_l1_action(anna.wallet, action, None, nonce, None, False)  # noqa: FBT003 - the SDK's own order
    body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": None}
    with open_stream(room) as stream:
        response = stream.ask(9, "action", body)
        assert (response["type"], response["payload"]["status"]) == ("action", "ok")
        assert stream.ask(10, "action", body)["payload"]["status"] == "err"
        assert stream.ask(11, "action", {"type": "order"})["type"] == "error"
    assert room.shape(anna.address) == Shape(1, 0, 0)


def test_full_state_channels_come_at_once_and_with_every_change(room: VenueRoom, anna: Desk) -> None:
    """Account and orders are whole each time, and say whose they are."""
    with open_stream(room) as stream:
        for kind in ("clearinghouseState", "openOrders", "spotState", "webData3"):
            stream.follow(type=kind, user=anna.wallet.address)
            first = stream.hear_of(kind)
            assert first.get("user", first.get("userState", {}).get("user")) == anna.address
        only(anna.exchange.order("BTC", BUY, 0.1, 90_000, GTC))
        (order,) = stream.hear_of("openOrders")["orders"]
        assert values(order["limitPx"], order["orderType"]) == ("90000.0", "Limit")
        only(anna.exchange.market_open("BTC", BUY, 0.5))
        (held,) = stream.hear_of("clearinghouseState")["clearinghouseState"]["assetPositions"]
        assert held["position"]["szi"] == "0.5"


def test_silent_connection_is_dropped_after_a_minute(room: VenueRoom) -> None:
    """Unless a ping made the venue say something."""
    with open_stream(room) as silent, open_stream(room) as lively:
        room.pass_time(59_000)
        lively.ping()
        room.pass_time(1_000)
        assert silent.hear_end() == "Inactive"
        assert lively.ping() == []


def test_only_one_path_takes_websockets(room: VenueRoom, anna: Desk) -> None:
    """And only two take questions and actions."""
    answer = anna.info.session.post(f"{room.url}/elsewhere", json={}, timeout=10)
    assert answer.status_code == 404


def test_browser_may_ask(room: VenueRoom, anna: Desk) -> None:
    """The preflight of a page from anywhere is allowed, and so is the answer."""
    answer = anna.info.session.options(f"{room.url}/info", timeout=10)
    assert (answer.ok, answer.headers["access-control-allow-origin"]) == (True, "*")
    asked = anna.info.session.post(f"{room.url}/info", json={"type": "meta"}, timeout=10)
    assert "application/json" in asked.headers["content-type"]
    assert asked.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ["info", "exchange"])
@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b"[" * 100_000, b'{"type":' + b"[" * 100_000, b"\xff"])
def test_rubbish_is_refused_in_plain_text(room: VenueRoom, anna: Desk, path: str, body: bytes) -> None:
    """Whatever it is: status 422, and the venue goes on."""
    answer = anna.info.session.post(f"{room.url}/{path}", data=body, timeout=10)
    assert values(answer.status_code, answer.text[:37]) == (422, "Failed to deserialize the JSON body i")


def test_clients_that_leave_while_the_venue_speaks_trouble_nobody(
    room: VenueRoom, anna: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is logged as an error, and whoever stays goes on hearing."""
    with caplog.at_level(logging.WARNING), ExitStack() as opened:
        stays = opened.enter_context(open_stream(room))
        stays.follow(type="activeAssetCtx", coin="BTC")
        for _ in range(8):
            leaves = opened.enter_context(open_stream(room))
            leaves.follow(type="allDexsAssetCtxs")
            leaves.follow(type="activeAssetCtx", coin="BTC")
            leaves.leave()
            for _ in range(5):
                room.pass_time(5_000)
        assert stays.hear_of("activeAssetCtx")["coin"] == "BTC"
        stays.ping()
    assert [record for record in caplog.records if record.name.startswith(("uvicorn", "asyncio"))] == []
