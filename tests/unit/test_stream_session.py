"""What a session says and does by the clock: pings, deadlines, errors matched to their topics, and its limits."""

import pytest

from agentic_core.errors import UsageError
from agentic_hl.stream import (
    PING,
    Backoff,
    Complaint,
    Deliver,
    Drop,
    Effect,
    FeedState,
    GapNeeded,
    Refused,
    Session,
    Topic,
    Transmit,
    account_topic,
    coin_topic,
)
from tests.support.wire_answers import AT, MASTER, Json
from tests.support.wire_frames import frame_text

BTC, ETH = coin_topic("bbo", "BTC"), coin_topic("bbo", "ETH")
FILLS = account_topic("userFills", MASTER)
QUOTE = {"coin": "BTC", "time": AT, "bbo": [None, None]}
ASKED_BTC = b'{"method":"subscribe","subscription":{"type":"bbo","coin":"BTC"}}'


def opened(*topics: Topic) -> Session:
    """Make a session that wants topics, with a link since 0 over which all of them were asked for."""
    session = Session()
    for topic in topics:
        session.want(topic, 0)
    session.opened(0, 0)
    session.tick(1_000)
    return session


def sent(effects: list[Effect]) -> list[bytes]:
    """Return what is to be sent."""
    return [effect.text for effect in effects if isinstance(effect, Transmit)]


def answered(session: Session, subscription: Json, now: int = 1_000) -> list[Effect]:
    """Let the venue confirm a subscription."""
    text = frame_text("subscriptionResponse", {"method": "subscribe", "subscription": subscription})
    return session.received(text, now)


def failed(session: Session, text: str, now: int = 1_000) -> list[Effect]:
    """Let the venue say an error."""
    return session.received(frame_text("error", text), now)


def test_ping_goes_every_twenty_seconds_and_its_pong_must_come_within_ten() -> None:
    """Otherwise the link is dead, however open the socket looks."""
    session = Session()
    session.opened(0, 0)
    assert session.next_at() == 20_000
    assert session.tick(19_999) == []
    assert sent(session.tick(20_000)) == [PING]
    session.received(b'{"channel":"pong"}', 20_500)
    assert sent(session.tick(40_000)) == [PING]
    assert session.tick(49_999) == []
    assert [type(effect) for effect in session.tick(50_000)] == [Drop]


def test_other_frames_do_not_stand_for_a_pong() -> None:
    """A proxy could repeat them from a cache."""
    session = opened(BTC)
    session.tick(20_000)
    session.received(frame_text("bbo", QUOTE), 29_000)
    assert any(isinstance(effect, Drop) for effect in session.tick(30_000))


def test_subscriptions_are_spread_by_jitter_and_spacing() -> None:
    """Half of the jitter is 250 ms; then one every 30 ms."""
    session = Session()
    session.want(BTC, 0)
    session.want(ETH, 0)
    assert session.opened(0, 500) == []
    assert sent(session.tick(249)) == []
    assert sent(session.tick(250)) == [ASKED_BTC]
    assert len(sent(session.tick(280))) == 1


def test_unanswered_subscription_is_asked_for_again_less_and_less_often() -> None:
    """After 10 s, then 20, then 40."""
    session = opened(BTC)
    at, pauses = 0, []
    session.tick(0)
    for _ in range(3):
        due = session.next_at()
        while due is not None and ASKED_BTC not in sent(session.tick(due)):
            session.received(b'{"channel":"pong"}', due)
            due = session.next_at()
        assert due is not None
        pauses.append(due - at)
        at = due
    assert pauses == [10_000, 20_000, 40_000]


def test_error_that_it_stands_already_confirms() -> None:
    """The subscription is there, however that came about."""
    session = opened(BTC)
    effects = failed(session, 'Already subscribed: {"type":"bbo","coin":"BTC"}')
    assert [type(effect) for effect in effects] == [GapNeeded]
    assert session.state_of(BTC) is FeedState.CONFIRMED


def test_refused_topic_is_told_and_others_are_not_touched() -> None:
    """It is asked for again after five minutes."""
    session = opened(BTC, ETH)
    effects = failed(session, 'Invalid subscription {"type":"bbo","coin":"BTC"}')
    assert [effect.topic for effect in effects if isinstance(effect, Refused)] == [BTC]
    assert (session.state_of(BTC), session.state_of(ETH)) == (FeedState.REFUSED, FeedState.ASKED)


def test_too_many_users_is_matched_to_the_account_that_waits() -> None:
    """The text names nobody."""
    session = opened(BTC, FILLS)
    effects = failed(session, "Cannot track more than 15 total users.")
    assert [effect.topic for effect in effects if isinstance(effect, Refused)] == [FILLS]


@pytest.mark.parametrize(
    "text", ["Something new", 'Invalid subscription {"type":"bbo","coin":"SOL"}', "Already subscribed: {broken"]
)
def test_error_that_fits_nowhere_is_told(text: str) -> None:
    """It is never dropped silently."""
    assert failed(opened(BTC), text) == [Complaint(text=text)]


def test_answer_with_the_venues_defaults_confirms_what_we_asked_for() -> None:
    """The user in another case, and defaults we never sent."""
    session = opened(FILLS)
    answered(session, {"type": "userFills", "user": MASTER.upper().replace("X", "x"), "aggregateByTime": False})
    assert session.state_of(FILLS) is FeedState.CONFIRMED


def test_answer_to_another_variant_confirms_nothing() -> None:
    """Aggregated fills are not the ones that are wanted."""
    session = opened(FILLS)
    answered(session, {"type": "userFills", "user": MASTER, "aggregateByTime": True})
    assert session.state_of(FILLS) is FeedState.ASKED


def test_topic_is_fresh_once_confirmed_filled_and_heard_until_it_is_silent() -> None:
    """A quote may be silent for a minute."""
    session = opened(BTC)
    (gap,) = [effect for effect in answered(session, {"type": "bbo", "coin": "BTC"}) if isinstance(effect, GapNeeded)]
    assert not session.is_fresh(BTC, 1_000)
    session.received(frame_text("bbo", QUOTE), 2_000)
    assert not session.is_fresh(BTC, 2_000)
    session.gap_filled(gap.number)
    assert session.is_fresh(BTC, 61_999)
    assert not session.is_fresh(BTC, 62_000)
    session.closed(3_000)
    assert not session.is_fresh(BTC, 3_000)


def test_gap_begins_where_the_topic_was_complete() -> None:
    """Nothing is known before the first time, and what was filled counts afterwards."""
    session = opened(BTC)
    first = answered(session, {"type": "bbo", "coin": "BTC"})[0]
    assert isinstance(first, GapNeeded)
    assert first.since is None
    session.received(frame_text("bbo", QUOTE), 2_000)
    session.gap_filled(first.number)
    session.closed(3_000)
    session.opened(4_000, 0)
    again = answered(session, {"type": "bbo", "coin": "BTC"}, 4_100)[0]
    assert isinstance(again, GapNeeded)
    assert again.since == AT
    assert again.number != first.number


def test_older_state_is_not_delivered() -> None:
    """Of two views of the venue the slower one comes late."""
    session = opened(BTC)
    answered(session, {"type": "bbo", "coin": "BTC"})
    later, same, older = ({**QUOTE, "time": AT + shift} for shift in (5, 5, 4))
    got = [session.received(frame_text("bbo", one), 2_000) for one in (later, same, older)]
    assert [any(isinstance(effect, Deliver) for effect in effects) for effects in got] == [True, True, False]
    assert session.outdated == 1


def test_topics_that_could_not_be_told_apart_are_refused() -> None:
    """Order updates name no account, and books do not say how they were rounded."""
    session = opened(account_topic("orderUpdates", MASTER), coin_topic("l2Book", "BTC"))
    with pytest.raises(UsageError):
        session.want(account_topic("orderUpdates", "0x" + "cd" * 20), 0)
    with pytest.raises(UsageError):
        session.want(Topic(type="l2Book", coin="BTC", n_sig_figs=3), 0)
    assert session.want(coin_topic("l2Book", "BTC"), 0) == []


def test_venues_limits_are_kept() -> None:
    """Ten accounts, and a thousand subscriptions."""
    session = Session()
    for number in range(10):
        session.want(account_topic("userFills", f"0x{number:040x}"), 0)
    with pytest.raises(UsageError):
        session.want(account_topic("userFills", f"0x{10:040x}"), 0)
    for number in range(990):
        session.want(coin_topic("bbo", f"C{number}"), 0)
    with pytest.raises(UsageError):
        session.want(coin_topic("bbo", "ONE"), 0)


def test_topic_nobody_wants_any_more_is_ended() -> None:
    """And what still comes of it belongs to nothing."""
    session = opened(BTC)
    answered(session, {"type": "bbo", "coin": "BTC"})
    assert sent(session.unwant(BTC)) == [ASKED_BTC.replace(b"subscribe", b"unsubscribe", 1)]
    assert session.received(frame_text("bbo", QUOTE), 2_000) == []
    assert (session.unmatched, session.topics) == (1, ())


def test_waits_grow_to_a_minute_and_begin_anew_after_a_stable_link() -> None:
    """With the most of chance; a link that broke off at once counts as a failure."""
    backoff = Backoff()
    assert [backoff.wait_ms(0, 999) for _ in range(8)] == [999, 1_999, 3_998, 7_996, 15_992, 31_984, 59_970, 59_970]
    backoff.opened(0)
    assert backoff.wait_ms(59_999, 0) == 30_000
    backoff.opened(100_000)
    assert backoff.wait_ms(160_000, 0) == 500
