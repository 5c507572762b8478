"""Recorded candles behind the live ports: their pace, their present, and what lies behind it."""

from decimal import Decimal

import anyio
import pytest

from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.replay import Replay
from agentic_core.domain import HOUR_MS, Instant, Interval
from agentic_core.errors import UsageError
from tests.support.backtests import MIDNIGHT, candles_of, dataset_of, flat, mark_of
from tests.support.clocks import VirtualClock, settle
from tests.support.markets import BTC, LISTED

pytestmark = pytest.mark.anyio

D = Decimal


def replay_of(count: int, *, speed: float | None = None, clock: VirtualClock | None = None) -> Replay:
    """Return a replay of so many minutes."""
    return Replay(dataset_of(flat(count)), LISTED, clock=clock or VirtualClock(), speed=speed)


async def test_replay_walks_every_mark_once_and_ends() -> None:
    """Before the first mark the present is the opening of the first candle; after the last there is none."""
    replay = replay_of(3)
    assert (replay.now, replay.index, replay.is_last) == (MIDNIGHT, -1, False)
    seen = [(await replay.next_mark(), replay.index, replay.is_last) for _ in range(4)]
    assert seen == [
        (mark_of(0), 0, False),
        (mark_of(1), 1, False),
        (mark_of(2), 2, True),
        (None, 2, True),
    ]
    assert replay.now == mark_of(2)


@pytest.mark.parametrize(("speed", "pause_ms"), [(1.0, 60_000), (60.0, 1_000), (0.5, 120_000)])
async def test_replay_at_a_speed_waits_the_interval_divided_by_it(speed: float, pause_ms: int) -> None:
    """The mark is reached when the waiting is over, not before."""
    clock = VirtualClock()
    replay = replay_of(3, speed=speed, clock=clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(replay.next_mark)
        await clock.let_pass(pause_ms - 1)
        assert replay.index == -1
        await clock.let_pass(1)
        assert replay.index == 0


async def test_replay_without_a_speed_does_not_wait_but_lets_others_run() -> None:
    """A paper run at full speed still leaves room for commands and the heartbeat."""
    replay = replay_of(50)
    turns: list[int] = []

    async def other() -> None:
        while not replay.is_last:
            turns.append(replay.index)
            await settle()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        while await replay.next_mark() is not None:
            pass
    assert len(turns) > 1


async def test_replay_whose_waiting_is_given_up_stays_where_it_is() -> None:
    """Who stops waiting for the next mark has not seen it."""
    replay = replay_of(3, speed=1.0)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(replay.next_mark)
            await settle()
            scope.cancel()
    assert (replay.index, replay.now) == (-1, MIDNIGHT)


async def test_replay_asked_for_another_interval_says_which_it_has() -> None:
    """It does not merge candles behind anyone's back."""
    with pytest.raises(UsageError, match="this replay has 1m candles, 5m ones were asked for"):
        await replay_of(3).candles(BTC, Interval.M5, after=MIDNIGHT, until=mark_of(2))


async def test_replay_shows_no_candle_of_its_future_whatever_is_asked() -> None:
    """At its third mark it has three candles, and a book at the fourth's open."""
    prices = [(10, 11), (12, 13), (14, 15), (16, 17), (18, 19)]
    replay = Replay(dataset_of(candles_of(prices)), LISTED, clock=VirtualClock())
    for _ in range(3):
        await replay.next_mark()
    far = Instant(MIDNIGHT + 10**10)
    shown = await replay.candles(BTC, Interval.M1, after=Instant(0), until=far)
    assert [one.close for one in shown] == [D(11), D(13), D(15)]
    book = await replay.book(BTC)
    assert book is not None
    assert [level.price for level in (*book.bids, *book.asks)] == [D(16), D(16)]


async def test_replay_settles_funding_up_to_its_present() -> None:
    """Hours after the present are not published yet; hours the file lacks before the opening are absent."""
    rates = FundingRates({Instant(MIDNIGHT + hour * HOUR_MS): D(hour) for hour in range(1, 9)}, source="by hand")
    replay = Replay(dataset_of(flat(8, interval=Interval.H1), rates=rates), LISTED, clock=VirtualClock())
    await replay.next_mark()
    await replay.next_mark()
    found = await replay.funding(BTC, after=Instant(MIDNIGHT - 5 * HOUR_MS), until=Instant(MIDNIGHT + 7 * HOUR_MS))
    assert found == {MIDNIGHT + HOUR_MS: D(1), MIDNIGHT + 2 * HOUR_MS: D(2)}
