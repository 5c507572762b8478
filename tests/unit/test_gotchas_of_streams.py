"""What others' streams broke on and ours has an answer to: one silent topic, too many links, and throttled channels."""

import anyio
import pytest

from agentic_hl.rest import MemoryBudgets
from agentic_hl.stream import (
    FeedState,
    GapNeeded,
    LinkAllowance,
    Session,
    Topic,
    Transmit,
    account_topic,
    coin_topic,
    link_bucket,
)
from agentic_hl.stream.topics import TOPIC_KINDS
from tests.support.clocks import VirtualClock
from tests.support.wire_answers import AT, CONTEXT, MASTER
from tests.support.wire_frames import frame_text

MARK, BOOK = coin_topic("activeAssetCtx", "BTC"), coin_topic("l2Book", "BTC")
MINUTE_MS = 60_000


def confirm(session: Session, topic: Topic, now: int) -> None:
    """Let the venue confirm a topic, and its gap be read at once."""
    subscription = {"type": topic.type, "coin": topic.coin}
    text = frame_text("subscriptionResponse", {"method": "subscribe", "subscription": subscription})
    for effect in session.received(text, now):
        if isinstance(effect, GapNeeded):
            session.gap_filled(effect.number)


def tell_mark(session: Session, now: int) -> None:
    """Let the mark be told."""
    session.received(frame_text("activeAssetCtx", {"coin": "BTC", "ctx": CONTEXT}), now)


def tell_book(session: Session, now: int) -> None:
    """Let an empty book be told."""
    session.received(frame_text("l2Book", {"coin": "BTC", "time": AT + now, "levels": [[], []]}), now)


def sent_by(session: Session, now: int) -> list[bytes]:
    """Return what is sent by the clock alone."""
    return [effect.text for effect in session.tick(now) if isinstance(effect, Transmit)]


def test_topic_that_falls_silent_is_ended_and_asked_for_again_while_others_stay_fresh() -> None:
    """A book may be silent for 20 s; the mark of the same link goes on and is not touched."""
    session = Session()
    session.want(MARK, 0)
    session.want(BOOK, 0)
    session.opened(0, 0)
    session.tick(1_000)
    for topic in (MARK, BOOK):
        confirm(session, topic, 1_000)
    tell_book(session, 1_500)
    for now in range(2_000, 21_000, 1_000):
        tell_mark(session, now)
    assert session.is_fresh(BOOK, 21_499)
    assert not session.is_fresh(BOOK, 21_500)
    ended = b'{"method":"unsubscribe","subscription":{"type":"l2Book","coin":"BTC"}}'
    assert sent_by(session, 21_500)[-1] == ended
    assert (session.state_of(BOOK), session.state_of(MARK)) == (FeedState.LEAVING, FeedState.CONFIRMED)
    assert session.is_fresh(MARK, 21_500)
    session.received(b'{"channel":"pong"}', 21_600)
    tell_mark(session, 31_000)
    assert sent_by(session, 31_500) == [ended.replace(b"unsubscribe", b"subscribe")]
    confirm(session, BOOK, 32_000)
    assert not session.is_fresh(BOOK, 32_000)
    tell_book(session, 32_500)
    assert session.is_fresh(BOOK, 32_500)


@pytest.mark.anyio
async def test_processes_of_one_address_make_fewer_links_than_the_venue_allows() -> None:
    """Three that lose every link at once, for ten minutes: of the thirty a minute that are allowed 24 are made."""
    clock = VirtualClock()
    budgets = MemoryBudgets(clock)
    made: list[int] = []

    async def reconnect() -> None:
        allowance = LinkAllowance(budgets, clock, link_bucket("here"))
        while True:
            await allowance.wait()
            made.append(clock.boottime_ms())

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(reconnect)
        await clock.let_pass(10 * MINUTE_MS)
        tasks.cancel_scope.cancel()
    assert max(sum(at <= other < at + MINUTE_MS for other in made) for at in made) <= 24
    assert len(made) >= 180


def test_no_topic_counts_as_silent_before_the_slowest_cadence_has_passed_three_times() -> None:
    """Books are told every 5 s and mids every 2 s since they were throttled; what comes on change has longer."""
    limits = {name: kind.silence_ms for name, kind in TOPIC_KINDS.items() if kind.silence_ms is not None}
    assert min(limits.values()) == 15_000
    assert (limits["l2Book"], limits["allMids"], limits["activeAssetCtx"]) == (20_000, 15_000, 15_000)
    assert limits["bbo"] == 60_000


def test_account_that_does_nothing_is_not_taken_for_silent() -> None:
    """Nobody trades for an hour: no log of an account is asked for again."""
    session = Session()
    fills = account_topic("userFills", MASTER)
    session.want(fills, 0)
    session.opened(0, 0)
    session.tick(1_000)
    subscription = {"type": "userFills", "user": MASTER}
    answer = frame_text("subscriptionResponse", {"method": "subscribe", "subscription": subscription})
    (gap,) = (effect for effect in session.received(answer, 1_000) if isinstance(effect, GapNeeded))
    session.gap_filled(gap.number)
    for now in range(20_000, 60 * MINUTE_MS, 20_000):
        assert sent_by(session, now) == [b'{"method":"ping"}']
        session.received(b'{"channel":"pong"}', now + 100)
    assert session.is_fresh(fills, 60 * MINUTE_MS)
