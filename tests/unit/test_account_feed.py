"""What a feed makes of single frames about an account: news is told, and what was told before is not."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from agentic_core.domain import Instant
from agentic_core.domain.account_events import (
    AccountEvent,
    AccountTold,
    FillTold,
    FundingTold,
    LeverageTold,
    LiquidationTold,
    ModeTold,
    OrderTold,
    StreamTold,
    ToldStatus,
)
from agentic_core.errors import UsageError
from agentic_hl.account import AccountFeed, FollowedAccount, Listeners
from agentic_hl.rest import HyperliquidRest, IpBudget, MemoryBudgets, weight_bucket
from agentic_hl.stream import Complaint, Deliver, FreshnessChanged, LinkChanged, StreamEvent, account_topic, coin_topic
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.frames import Frame, read_frame
from agentic_hl.wire.messages.reading import Unreadable
from tests.support.clocks import VirtualClock
from tests.support.hyperliquid_desk import NothingRemembered
from tests.support.resting import GivenEntropy, ScriptedTransport, json_answer
from tests.support.wire_answers import AT, CLOID, FILL, FRONTEND_ORDER, MASTER, OPEN_ORDER, STATE, Json, encoded

NOW = Instant(AT + 60_000)
FILLED = {**OPEN_ORDER, "sz": "0.0"}


class Room:
    """A feed and everything it tells."""

    def __init__(self, *, mode: str = "default", since: int = 0) -> None:
        self.events: list[AccountEvent] = []
        self.others: list[StreamEvent] = []
        clock = VirtualClock()
        rest = HyperliquidRest(
            ScriptedTransport(clock, [json_answer(b"[]")]), clock, GivenEntropy(),
            IpBudget(MemoryBudgets(clock), clock, weight_bucket("here")),
        )  # fmt: skip
        account = FollowedAccount(address=Address(MASTER), mode=mode, since=Instant(since))
        self.feed = AccountFeed(
            rest, account, NothingRemembered(), lambda: NOW, tell=self.events.append, tell_stream=self.others.append
        )

    def hears(self, channel: str, payload: Json, *, kind: str | None = None) -> list[AccountEvent]:
        """Hear a frame, and return what it tells."""
        before = len(self.events)
        frame: Frame | Unreadable = read_frame(encoded({"channel": channel, "data": payload}))
        assert not isinstance(frame, Unreadable), frame
        self.feed.heard(Deliver(topic=account_topic(kind or channel, MASTER), frame=frame, is_fresh=True))
        return self.events[before:]


def fills(*several: dict[str, Json], is_snapshot: bool | None = None) -> Json:
    """Return what a frame of fills holds."""
    marked = {} if is_snapshot is None else {"isSnapshot": is_snapshot}
    return {"user": MASTER, "fills": several, **marked}


def update(order: dict[str, Json], status: str, at: int) -> Json:
    """Return what a frame of order updates holds."""
    return [{"order": order, "status": status, "statusTimestamp": at}]


def told(events: Sequence[AccountEvent]) -> list[tuple[ToldStatus, Decimal, Instant]]:
    """Return what was told of orders."""
    return [(event.status, event.left, event.at) for event in events if isinstance(event, OrderTold)]


def test_fill_is_told_once_whichever_channel_brings_it() -> None:
    """A snapshot, a frame without that word, and the events of the account."""
    room = Room()
    (event,) = room.hears("userFills", fills(FILL))
    assert isinstance(event, FillTold)
    assert event.fill.fill_id == f"ETH:{FILL['tid']}:{FILL['oid']}"
    assert room.hears("userFills", fills(FILL, is_snapshot=True)) == []
    assert room.hears("user", {"fills": [FILL]}, kind="userEvents") == []
    assert len(room.hears("userFills", fills(FILL, {**FILL, "tid": 5}, is_snapshot=False))) == 1


def test_fills_that_no_two_sides_met_for_are_told_apart_by_their_time() -> None:
    """All of them bear the number 0."""
    room = Room()
    one, other = {**FILL, "tid": 0}, {**FILL, "tid": 0, "time": AT + 1}
    assert len(room.hears("userFills", fills(one, other, one))) == 2


def test_nothing_from_before_the_account_was_ours_is_told() -> None:
    """Snapshots reach back for years."""
    room = Room(since=AT)
    assert room.hears("userFills", fills({**FILL, "time": AT - 1, "tid": 3})) == []
    assert len(room.hears("userFills", fills(FILL))) == 1


def test_what_the_account_does_elsewhere_is_not_told() -> None:
    """Spot pairs, outcomes and the markets of builders are no positions here."""
    room = Room()
    elsewhere = ("@107", "PURR/USDC", "xyz:GOLD", "#12")
    assert room.hears("userFills", fills(*({**FILL, "coin": coin} for coin in elsewhere))) == []
    for coin in elsewhere:
        assert room.hears("orderUpdates", update({**OPEN_ORDER, "coin": coin}, "open", AT)) == []
    assert room.hears("openOrders", {"user": MASTER, "orders": [{**FRONTEND_ORDER, "coin": "@1"}]}) == []


def test_late_word_about_an_order_that_rests_is_no_news() -> None:
    """Frames overtake each other: what it had left before is passed over."""
    room = Room()
    room.hears("orderUpdates", update({**OPEN_ORDER, "sz": "0.2"}, "open", AT + 9))
    assert room.hears("orderUpdates", update({**OPEN_ORDER, "sz": "0.3"}, "open", AT + 5)) == []


def test_newest_word_about_an_order_counts() -> None:
    """One that is older, or the same again, is no news; an end is never taken back."""
    room = Room()
    assert told(room.hears("orderUpdates", update(OPEN_ORDER, "open", AT))) == [(ToldStatus.OPEN, Decimal("0.4"), AT)]
    assert room.hears("orderUpdates", update(OPEN_ORDER, "open", AT)) == []
    ended = room.hears("orderUpdates", update(FILLED, "filled", AT + 9))
    assert told(ended) == [(ToldStatus.FILLED, Decimal(0), AT + 9)]
    for at in (AT + 5, AT + 9, AT + 20):
        assert room.hears("orderUpdates", update(OPEN_ORDER, "open", at)) == []
    assert room.hears("openOrders", {"user": MASTER, "orders": [OPEN_ORDER]}) == []


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("canceled", ToldStatus.CANCELED),
        ("reduceOnlyCanceled", ToldStatus.CANCELED),
        ("siblingFilledCanceled", ToldStatus.CANCELED),
        ("liquidatedCanceled", ToldStatus.CANCELED),
        ("marginCanceled", ToldStatus.CANCELED),
        ("scheduledCancel", ToldStatus.CANCELED),
        ("iocCancelRejected", ToldStatus.REJECTED),
        ("reduceOnlyRejected", ToldStatus.REJECTED),
        ("triggered", ToldStatus.TRIGGERED),
        ("thoughtAbout", ToldStatus.UNKNOWN),
    ],
)
def test_end_of_an_order_is_told_as_it_comes_with_the_venues_own_word(word: str, status: ToldStatus) -> None:
    """A reduce-only order that shrank away, or whose sibling executed, ends by itself."""
    room = Room()
    room.hears("openOrders", {"user": MASTER, "orders": [FRONTEND_ORDER]})
    (event,) = room.hears("orderUpdates", update({**OPEN_ORDER, "side": "A"}, word, AT + 9))
    assert isinstance(event, OrderTold)
    assert (event.status, event.word, event.cloid) == (status, word, CLOID)
    # Updates do not say it, and the list did.
    assert (event.reduce_only, event.is_trigger) == (True, True)


def test_list_tells_of_orders_nobody_heard_of_and_of_units_that_executed() -> None:
    """It has no time, so it takes nothing back."""
    room = Room()
    listed = {"user": MASTER, "orders": [OPEN_ORDER]}
    assert told(room.hears("openOrders", listed)) == [(ToldStatus.OPEN, Decimal("0.4"), AT)]
    assert room.hears("openOrders", listed) == []
    assert room.hears("openOrders", {"user": MASTER, "orders": [{**OPEN_ORDER, "sz": "0.7"}]}) == []
    less = room.hears("openOrders", {"user": MASTER, "orders": [{**OPEN_ORDER, "sz": "0.1"}]})
    assert told(less) == [(ToldStatus.OPEN, Decimal("0.1"), AT)]
    assert room.hears("openOrders", {"user": MASTER, "orders": []}) == []


def _notice(**changes: Json) -> Json:
    return {"liquidation": {
        "lid": 7, "liquidator": "0x0", "liquidated_user": MASTER.upper().replace("X", "x"),
        "liquidated_ntl_pos": "9000.0", "liquidated_account_value": "12.5", **changes,
    }}  # fmt: skip


def _booked(at: int, notional: str = "9000.0") -> Json:
    delta = {"type": "liquidation", "liquidatedNtlPos": notional, "accountValue": "12.5", "leverageType": "Cross"}
    return {"user": MASTER, "nonFundingLedgerUpdates": [{"time": at, "hash": "0x1", "delta": delta}]}


@pytest.mark.parametrize("is_noticed_first", [True, False])
def test_liquidation_is_told_once_by_notice_and_ledger(is_noticed_first: bool) -> None:
    """Whichever comes first; it is no transfer."""
    room = Room()
    words = [("user", _notice(), "userEvents"), ("userNonFundingLedgerUpdates", _booked(NOW - 50), None)]
    for channel, payload, kind in words if is_noticed_first else words[::-1]:
        room.hears(channel, payload, kind=kind)
    (event,) = room.events
    assert isinstance(event, LiquidationTold)
    assert (event.equity, event.notional) == (Decimal("12.5"), Decimal(9000))


def test_another_liquidation_is_told_as_well() -> None:
    """Of another amount, or long after; that of somebody else is none of ours."""
    room = Room()
    room.hears("user", _notice(liquidated_user="0x" + "99" * 20), kind="userEvents")
    assert room.events == []
    for payload in (_booked(AT), _booked(AT + 1, "8000"), _booked(AT + 3_600_000)):
        room.hears("userNonFundingLedgerUpdates", payload)
    assert len(room.events) == 3


def test_funding_is_told_once_by_both_channels() -> None:
    """By its hour and coin."""
    room = Room()
    paid = {"coin": "BTC", "usdc": "-3.6", "szi": "0.5", "fundingRate": "0.0000125", "time": AT}
    (event,) = room.hears("userFundings", {"user": MASTER, "fundings": [paid], "isSnapshot": True})
    assert isinstance(event, FundingTold)
    assert event.payment.amount == Decimal("-3.6")
    assert room.hears("user", {"funding": paid}, kind="userEvents") == []


def test_state_tells_account_and_leverage_and_never_goes_back() -> None:
    """Leverage only where it is another than told."""
    room = Room()

    def state(at: int, **changes: Json) -> list[AccountEvent]:
        return room.hears(
            "clearinghouseState", {"user": MASTER, "clearinghouseState": {**STATE, "time": at, **changes}}
        )

    first = state(AT)
    assert [type(event) for event in first] == [AccountTold, LeverageTold]
    assert [type(event) for event in state(AT + 5)] == [AccountTold]
    assert state(AT + 4) == []


def test_mode_that_is_not_named_is_one_of_two_words_for_dollars_kept_apart() -> None:
    """An account that was opened under the other word has not changed."""
    room = Room(mode="disabled")
    standing = {"user": MASTER, "serverTime": AT}
    assert room.hears("webData3", {"userState": standing, "perpDexStates": []}) == [ModeTold(mode="disabled")]


def test_account_that_reads_empty_after_a_change_of_mode_is_not_told() -> None:
    """Its dollars lie elsewhere from then on."""
    room = Room()

    def mode(name: str | None) -> list[AccountEvent]:
        standing = {"user": MASTER, "serverTime": AT, "abstraction": name}
        return room.hears("webData3", {"userState": standing, "perpDexStates": []})

    assert mode(None) == [ModeTold(mode="default")]
    assert mode(None) == []
    assert mode("unifiedAccount") == [ModeTold(mode="unifiedAccount")]
    assert room.hears("clearinghouseState", {"user": MASTER, "clearinghouseState": STATE}) == []


def test_united_account_is_told_between_two_equal_balances() -> None:
    """Its equity is what lies there; the sums beside the positions read zero."""
    room = Room(mode="unifiedAccount")
    assert room.feed.topics[0].type == "spotState"
    state = {"user": MASTER, "clearinghouseState": {**STATE, "assetPositions": []}}
    assert room.hears("clearinghouseState", state) == []
    balance = {"coin": "USDC", "token": 0, "hold": "0.0", "total": "750.5", "entryNtl": "0.0"}
    spot = {"user": MASTER, "spotState": {"balances": [balance]}}
    assert room.hears("spotState", spot) == []
    assert room.hears("clearinghouseState", state) == []
    (event,) = room.hears("spotState", spot)
    assert isinstance(event, AccountTold)
    assert event.account.equity == Decimal("750.5")


def test_stream_is_whole_once_every_topic_is_fresh_and_says_so_once() -> None:
    """The first loss of any ends it; everything is passed on besides."""
    room = Room()
    topics = room.feed.topics

    def changed(position: int, *, is_fresh: bool) -> list[bool]:
        before = len(room.events)
        room.feed.heard(FreshnessChanged(topic=topics[position], is_fresh=is_fresh, reason="why"))
        return [event.is_whole for event in room.events[before:] if isinstance(event, StreamTold)]

    assert [changed(position, is_fresh=True) for position in range(len(topics))] == [[]] * (len(topics) - 1) + [[True]]
    assert (changed(2, is_fresh=False), changed(4, is_fresh=False)) == ([False], [])
    assert (changed(4, is_fresh=True), changed(2, is_fresh=True)) == ([], [True])
    room.feed.heard(LinkChanged(is_up=False, reason="gone"))
    assert room.events[-1] == StreamTold(is_whole=False, reason="gone")
    assert len(room.others) == len(topics) + 5


def test_entry_that_makes_no_sense_is_complained_of_and_spoils_no_other() -> None:
    """The rest of the frame is told."""
    room = Room()
    assert len(room.hears("userFills", fills({**FILL, "side": "C", "tid": 1}, FILL))) == 1
    assert [type(event) for event in room.others] == [Complaint]


def test_listeners_hand_each_topic_to_its_feed_and_the_rest_to_all() -> None:
    """No two feeds may want the same."""
    one = Room()
    listeners = Listeners(one.feed)
    assert listeners.topics == one.feed.topics
    listeners.heard(FreshnessChanged(topic=coin_topic("l2Book", "BTC"), is_fresh=True, reason="not ours"))
    assert one.others == []
    listeners.heard(LinkChanged(is_up=True, reason="connected"))
    assert len(one.others) == 1
    with pytest.raises(UsageError, match="two feeds want"):
        Listeners(one.feed, Room().feed)
