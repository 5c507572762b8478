"""The venue's limits, turned on: weight of a peer, requests of an address, sockets; and that they are off otherwise."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hyperliquid.utils.error import ClientError
from websockets.exceptions import InvalidStatus

from agentic_hl.venue.limits import LIMITS_OFF, Limits
from agentic_hl.venue.venue import VenueOptions
from tests.support.raw_stream import open_stream
from tests.support.sdk_desk import BUY, GTC, Desk, desk_of, done, only, refused, statuses, values
from tests.support.venue_room import VenueRoom, open_room

pytest_plugins = ["tests.support.sdk_fixtures"]

NO_LIMITS = {field: getattr(LIMITS_OFF, field) for field in Limits.__struct_fields__}
ONE = {"coin": "BTC", "is_buy": True, "sz": 0.001, "limit_px": 90_000, "order_type": GTC, "reduce_only": False}


def limited(**limits: int) -> Iterator[VenueRoom]:
    """Serve a venue with these limits alone."""
    with open_room(VenueOptions(limits=Limits(**{**NO_LIMITS, **limits}))) as room:
        yield room


@pytest.fixture
def weighing() -> Iterator[VenueRoom]:
    """Give a venue that allows a weight of 200 a minute."""
    yield from limited(weight_per_minute=200)


@pytest.fixture
def counting() -> Iterator[VenueRoom]:
    """Give a venue where an address begins with ten requests."""
    yield from limited(address_budget=10)


def left(desk: Desk) -> int:
    """Spend what is left of a peer's weight in questions of weight 2, and return how much it was."""
    for spent in range(101):
        try:
            desk.info.all_mids()
        except ClientError as refusal:
            assert values(refusal.status_code, refusal.error_message) == (429, "null")  # noqa: PT017 - counted first
            return 2 * spent
    pytest.fail("nothing was refused")


def test_questions_weigh_what_the_venue_says(weighing: VenueRoom) -> None:
    """A role 60, a book 2, a universe 20; a minute later all is there again."""
    desk = Desk(weighing, desk_of(weighing).wallet)
    weighing.pass_time(60_000)
    desk.info.user_role(desk.address)
    desk.info.l2_snapshot("BTC")
    desk.info.user_state(desk.address)
    desk.info.spot_user_state(desk.address)
    desk.info.query_order_by_oid(desk.address, 1)
    desk.info.meta()
    desk.info.open_orders(desk.address)
    assert left(desk) == 200 - 60 - 4 * 2 - 2 * 20
    weighing.pass_time(60_000)
    assert left(desk) == 200


def test_long_answers_weigh_more(weighing: VenueRoom) -> None:
    """Forty fills weigh 2 more than none; candles are counted by sixty."""
    desk = desk_of(weighing, usd="1000000")
    bert = desk_of(weighing, "bert", usd="1000000")
    weighing.pass_time(60_000)
    statuses(desk.exchange.bulk_orders([{**ONE, "limit_px": 95_000}] * 39))
    only(desk.exchange.order("BTC", BUY, 0.001, 95_000, GTC))
    only(bert.exchange.order("BTC", not BUY, 0.04, 95_000, GTC))
    assert len(weighing.account(desk.address).fills) == 40
    weighing.pass_time(60_000)
    desk.info.user_fills(desk.address)
    assert left(desk) == 200 - 22


def test_actions_weigh_by_their_batch(weighing: VenueRoom) -> None:
    """One, and one more for each forty."""
    desk = desk_of(weighing)
    weighing.pass_time(60_000)
    only(desk.exchange.order("BTC", BUY, 0.001, 90_000, GTC))
    statuses(desk.exchange.bulk_orders([ONE] * 39))
    statuses(desk.exchange.bulk_orders([ONE] * 40))
    statuses(desk.exchange.bulk_orders([ONE] * 80))
    assert left(desk) == 200 - 1 - 1 - 2 - 3 - 1  # and one is lost to the even number


def test_action_over_weight_is_not_carried_out(weighing: VenueRoom) -> None:
    """429, and the books are as they were."""
    desk = desk_of(weighing)
    left(desk)
    with pytest.raises(ClientError):
        statuses(desk.exchange.bulk_orders([ONE] * 80))
    assert weighing.shape(desk.address).orders == 0


def test_spent_address_may_act_once_in_ten_seconds(counting: VenueRoom) -> None:
    """The refusals between are in the venue's words and cost nothing."""
    desk = desk_of(counting)
    statuses(desk.exchange.bulk_orders([ONE] * 10))
    only(desk.exchange.order("BTC", BUY, 0.001, 90_000, GTC))
    for _ in range(3):
        text = refused(desk.exchange.order("BTC", BUY, 0.001, 90_000, GTC))
        assert text.startswith("Too many cumulative requests sent (12 > 10) for cumulative volume traded $0")
        assert text.endswith("Place taker orders to free up 1 request per USDC traded.")
    counting.pass_time(9_999)
    refused(desk.exchange.order("BTC", BUY, 0.001, 90_000, GTC))
    counting.pass_time(1)
    only(desk.exchange.order("BTC", BUY, 0.001, 90_000, GTC))
    limit = desk.info.user_rate_limit(desk.address)
    assert (limit["nRequestsUsed"], limit["nRequestsCap"], counting.shape(desk.address).orders) == (12, 10, 12)


def test_cancels_have_twice_the_budget(counting: VenueRoom) -> None:
    """Ten orders are all; eight cancels still pass, more do not."""
    desk = desk_of(counting)
    oids = [status["resting"]["oid"] for status in statuses(desk.exchange.bulk_orders([ONE] * 10))]
    assert statuses(desk.exchange.bulk_cancel([{"coin": "BTC", "oid": oid} for oid in oids[:8]])) == ["success"] * 8
    assert statuses(desk.exchange.bulk_cancel([{"coin": "BTC", "oid": oid} for oid in oids[8:]])) == ["success"] * 2
    only(desk.exchange.cancel("BTC", 1))
    assert refused(desk.exchange.cancel("BTC", 1)).startswith("Too many cumulative requests sent (22 > 20)")


def test_volume_frees_requests(counting: VenueRoom) -> None:
    """A dollar traded is a request."""
    desk = desk_of(counting)
    only(desk.exchange.market_open("BTC", BUY, 0.001))
    assert desk.info.user_rate_limit(desk.address)["nRequestsCap"] == 105
    statuses(desk.exchange.bulk_orders([ONE] * 104))
    assert counting.shape(desk.address).orders == 104


def test_sub_account_has_a_budget_of_its_own(counting: VenueRoom) -> None:
    """What the master spent is not its matter."""
    desk = desk_of(counting)
    sub = done(desk.exchange.create_sub_account("second"))["data"]
    done(desk.exchange.sub_account_transfer(sub, is_deposit=True, usd=10_000_000_000))
    statuses(desk.exchange.bulk_orders([ONE] * 8))
    other = Desk(counting, desk.wallet, vault_address=sub)
    statuses(other.exchange.bulk_orders([ONE] * 10))
    assert counting.account(sub).requests_used == 10


def test_connections_of_a_peer_are_limited() -> None:
    """Two at a time, three in a minute."""
    for room in limited(connections=2, connections_per_minute=3):
        with open_stream(room):
            with open_stream(room), pytest.raises(InvalidStatus), open_stream(room):
                pass
            room.pass_time(1)
        with open_stream(room):
            pass
        with pytest.raises(InvalidStatus), open_stream(room):
            pass
        room.pass_time(60_000)
        with open_stream(room) as stream:
            stream.ping()


def test_subscriptions_and_users_of_a_peer_are_limited() -> None:
    """Two users and three subscriptions, over all of its connections."""
    users = ["0x" + digit * 40 for digit in "123"]
    for room in limited(subscriptions=3, users=2):
        with open_stream(room) as first, open_stream(room) as second:
            first.follow(type="orderUpdates", user=users[0])
            second.follow(type="orderUpdates", user=users[1])
            third = {"type": "orderUpdates", "user": users[2]}
            second.tell({"method": "subscribe", "subscription": third})
            assert second.hear_of("error") == "Cannot track more than 2 total users."
            second.follow(type="userEvents", user=users[0])
            first.tell({"method": "subscribe", "subscription": {"type": "allMids"}})
            assert first.hear_of("error").startswith("Cannot track more than 3 ")


def test_messages_of_a_peer_are_limited() -> None:
    """Five a minute; then an error frame, and again after the minute."""
    for room in limited(messages_per_minute=5):
        with open_stream(room) as stream:
            for _ in range(5):
                stream.ping()
            room.pass_time(30_000)
            stream.tell({"method": "ping"})
            assert stream.hear()["channel"] == "error"
            room.pass_time(30_000)
            stream.ping()


def test_posts_in_flight_are_limited() -> None:
    """While two wait for their block, a third is refused by its number."""
    limits = Limits(**{**NO_LIMITS, "posts_in_flight": 2})
    with open_room(VenueOptions(limits=limits, block_ms=200)) as room, open_stream(room) as stream:
        for number in (1, 2, 3):
            request = {"type": "action", "payload": {"action": {"type": "noop"}, "nonce": number}}
            stream.tell({"method": "post", "id": number, "request": request})
        assert stream.hear_of("error") == "too many pending post requests id=3"
        room.pass_time(200)
        assert {stream.hear_of("post")["id"] for _ in range(2)} == {1, 2}


def test_everything_is_allowed_unless_limits_are_turned_on(room: VenueRoom, anna: Desk) -> None:
    """Twenty-five heavy questions, and more sockets than a peer may have."""
    for _ in range(25):
        anna.info.user_role(anna.address)
    with ExitStack() as opened:
        streams = [opened.enter_context(open_stream(room)) for _ in range(12)]
        assert [stream.ping() for stream in streams] == [[]] * 12
