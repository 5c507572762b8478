"""What a stream tells of the market reaches the market data, and what it missed is read by REST before it counts."""

from collections.abc import Sequence
from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.simulation.world import World
from agentic_hl.market.live import FreshnessLimits, LiveMarketData
from agentic_hl.market.market_feed import MarketFeed
from agentic_hl.stream import Complaint, Deliver, FreshnessChanged, GapFilled, GapNeeded, LinkChanged, StreamEvent
from agentic_hl.stream.topics import Topic, account_topic, coin_topic
from agentic_hl.wire.messages.frames import read_frame
from tests.support.candles import NOON
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, ETH
from tests.support.told_market import BUSY, ToldMarket
from tests.support.wire_answers import CONTEXT, MASTER

pytestmark = pytest.mark.anyio

D = Decimal
SOL = Symbol("SOL")
ALWAYS = 24 * HOUR_MS
NAMES = (BTC, ETH)


class Desk:
    """The shipped feed over a told market, and what it passes on."""

    def __init__(self, symbols: Sequence[Symbol] = NAMES, *, gather_s: float = 0) -> None:
        self.clock = VirtualClock(Instant(NOON))
        self.venue = ToldMarket(self.clock, begins=NOON - HOUR_MS)
        limits = FreshnessLimits(mark_age_ms_max=ALWAYS, book_age_ms_max=ALWAYS)
        self.market = LiveMarketData(self.venue, self.clock, limits=limits)
        self.told: list[StreamEvent] = []
        self.feed = MarketFeed(self.market, self.clock, symbols, tell=self.told.append, gather_s=gather_s)
        self.filled: list[GapFilled | None] = []

    def hear(self, channel: str, payload: object, topic: Topic) -> None:
        """Let a frame be delivered."""
        frame = read_frame(msgspec.json.encode({"channel": channel, "data": payload}))
        self.feed.heard(Deliver(topic=topic, frame=frame, is_fresh=True))

    def hear_mark(self, price: str, coin: str = "BTC") -> None:
        """Let a mark be delivered."""
        payload = {"coin": coin, "ctx": {**CONTEXT, "markPx": price}}
        self.hear("activeAssetCtx", payload, coin_topic("activeAssetCtx", coin))

    def hear_book(self, bid: str, time: int) -> None:
        """Let a book be delivered."""
        sides = [[{"px": bid, "sz": "2.0", "n": 1}], [{"px": "200.0", "sz": "1.0", "n": 1}]]
        self.hear("l2Book", {"coin": "BTC", "time": time, "levels": sides}, coin_topic("l2Book", "BTC"))

    async def mark(self, symbol: Symbol = BTC) -> Decimal:
        """Return what the market data has for a mark, without a question."""
        return (await self.market.marks([symbol]))[symbol].price

    async def bid(self) -> Decimal:
        """Return the best bid that the market data has."""
        book = await self.market.book(BTC)
        assert book is not None
        return book.bids[0].price

    async def fill(self, kind: str, coin: str, number: int = 1) -> GapFilled | None:
        """Let a gap be filled."""
        filled = await self.feed.fill(GapNeeded(topic=coin_topic(kind, coin), number=number, since=None))
        self.filled.append(filled)
        return filled


async def knowing_desk(symbols: Sequence[Symbol] = NAMES, *, gather_s: float = 0) -> Desk:
    """Return a desk that knows the listings, so that only what is looked at is asked for."""
    desk = Desk(symbols, gather_s=gather_s)
    await desk.market.instruments()
    desk.venue.asked.clear()
    return desk


async def test_topics_are_mark_and_book_of_each_symbol() -> None:
    """In the order of the symbols."""
    assert Desk((ETH, BTC)).feed.topics == (
        coin_topic("activeAssetCtx", "ETH"),
        coin_topic("l2Book", "ETH"),
        coin_topic("activeAssetCtx", "BTC"),
        coin_topic("l2Book", "BTC"),
    )


# ── what is heard ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_delivered_marks_and_books_are_taken_over_without_a_question() -> None:
    """With the time of receipt for a mark and the venue's for a book; nobody else hears of them."""
    desk = await knowing_desk()
    desk.hear_mark("77000.5")
    desk.hear_book("99.5", NOON - 40)
    await desk.clock.let_pass(700)
    desk.hear_mark("2300", "ETH")
    assert (await desk.mark(), await desk.mark(ETH), await desk.bid()) == (D("77000.5"), D(2300), D("99.5"))
    found = await desk.market.marks(NAMES)
    assert [found[symbol].as_of for symbol in NAMES] == [NOON, NOON + 700]
    assert (desk.venue.kinds(), desk.told) == ([], [])


async def test_everything_but_frames_is_passed_on() -> None:
    """As it is, in order."""
    desk = Desk()
    events: list[StreamEvent] = [
        LinkChanged(is_up=True, reason="connected"),
        FreshnessChanged(topic=desk.feed.topics[0], is_fresh=True, reason="it is confirmed and whole"),
        Complaint(text="what?"),
    ]
    for event in events:
        desk.feed.heard(event)
    assert desk.told == events


@pytest.mark.parametrize("price", ["", "abc", "-1", "0", "NaN", "1e5"])
async def test_mark_that_is_no_price_is_complained_about_and_the_one_before_stays(price: str) -> None:
    """The complaint names the channel."""
    desk = await knowing_desk()
    desk.hear_mark("77000.5")
    desk.hear_mark(price)
    (complaint,) = desk.told
    assert isinstance(complaint, Complaint)
    assert "makes no sense" in complaint.text
    assert await desk.mark() == D("77000.5")


async def test_book_without_a_price_is_complained_about_and_the_one_before_stays() -> None:
    """By whoever feeds it."""
    desk = await knowing_desk()
    desk.hear_book("99.5", NOON)
    desk.hear_book("nonsense", NOON + 1)
    assert [type(event) for event in desk.told] == [Complaint]
    assert await desk.bid() == D("99.5")


async def test_frame_of_another_topic_changes_nothing_and_is_no_fault() -> None:
    """Whoever wants more of the same connection listens before the feed does."""
    desk = await knowing_desk()
    desk.hear("userFills", {"user": MASTER, "fills": []}, account_topic("userFills", MASTER))
    assert desk.told == []


# ── what was missed ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_gap_of_a_mark_is_filled_by_one_question_for_it() -> None:
    """The mark is the venue's now, also where an older one was known."""
    desk = await knowing_desk()
    desk.hear_mark("1.5")
    assert await desk.fill("activeAssetCtx", "BTC") == GapFilled()
    assert (desk.venue.kinds(), await desk.mark()) == (["metaAndAssetCtxs"], D("77562.0"))


async def test_gap_of_a_book_is_filled_up_to_the_time_of_the_book() -> None:
    """Each book has a question of its own."""
    desk = await knowing_desk()
    desk.hear_book("1.5", NOON - 1_000)
    assert await desk.fill("l2Book", "BTC") == GapFilled(until=NOON)
    assert (desk.venue.kinds(), await desk.bid()) == (["l2Book"], D("100.5"))


async def test_gaps_of_many_marks_that_open_together_cost_one_question() -> None:
    """Which weighs twenty; a later gap is not filled by it."""
    desk = await knowing_desk()
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(desk.fill, "activeAssetCtx", NAMES[number % 2], number)
    assert (desk.filled, desk.venue.kinds()) == ([GapFilled()] * 10, ["metaAndAssetCtxs"])
    assert await desk.fill("activeAssetCtx", "ETH") == GapFilled()
    assert desk.venue.kinds() == ["metaAndAssetCtxs"]


async def test_gap_that_opens_while_another_is_asked_for_waits_for_a_question_of_its_own() -> None:
    """The answer that is under way may be older than the gap, even within one millisecond."""
    desk = await knowing_desk()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(desk.fill, "activeAssetCtx", "BTC", 1)
        while not desk.venue.asked:
            await anyio.lowlevel.checkpoint()
        desk.hear_mark("2300", "ETH")
        for number in (2, 3, 4):
            tasks.start_soon(desk.fill, "activeAssetCtx", "ETH", number)
    assert (desk.filled, desk.venue.kinds()) == ([GapFilled()] * 4, ["metaAndAssetCtxs"] * 2)


async def test_gaps_of_many_marks_that_open_shortly_after_each_other_cost_one_question() -> None:
    """A connection opens one for each symbol, as their subscriptions are confirmed."""
    desk = await knowing_desk(gather_s=0.25)
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(desk.fill, "activeAssetCtx", NAMES[number % 2], number)
            await desk.clock.let_pass(20)
        assert desk.venue.kinds() == []
        await desk.clock.let_pass(250)
    assert (desk.filled, desk.venue.kinds()) == ([GapFilled()] * 10, ["metaAndAssetCtxs"])


@pytest.mark.parametrize("kind", ["activeAssetCtx", "l2Book"])
async def test_failing_rest_leaves_the_gap_open(kind: str) -> None:
    """And what was known as it was; the next try may do it."""
    desk = await knowing_desk()
    desk.hear_mark("77000.5")
    desk.hear_book("99.5", NOON)
    desk.venue.failures.append(BUSY)
    assert await desk.fill(kind, "BTC") is None
    assert (await desk.mark(), await desk.bid()) == (D("77000.5"), D("99.5"))
    assert await desk.fill(kind, "BTC") is not None


async def test_failure_of_one_who_asked_is_no_answer_for_those_who_waited() -> None:
    """They ask themselves: the first of them for all others."""
    desk = await knowing_desk()
    desk.venue.failures.append(BUSY)
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(desk.fill, "activeAssetCtx", "BTC", number)
    assert sorted(desk.filled, key=str) == [GapFilled()] * 3 + [None]
    assert desk.venue.kinds() == ["metaAndAssetCtxs"] * 2


async def test_gap_of_a_coin_without_a_price_stays_open() -> None:
    """Nothing was read for it, whatever else was in the answer."""
    desk = await knowing_desk((BTC, SOL))
    assert await desk.fill("activeAssetCtx", "SOL") is None
    assert await desk.fill("activeAssetCtx", "BTC") == GapFilled()


# ── a clock that is set back ─────────────────────────────────────────────────────────────────────────────────────────


def test_wall_clock_that_is_set_back_makes_no_old_mark_young() -> None:
    """Neither is a gap filled by what was known, nor does an old mark or book stand in the way of a new one."""

    async def main(world: World) -> None:
        clock = world.clock_ahead(0)
        venue = ToldMarket(clock, begins=NOON)
        limits = FreshnessLimits(mark_age_ms_max=5_000, book_age_ms_max=500)
        market = LiveMarketData(venue, clock, limits=limits)
        feed = MarketFeed(market, clock, NAMES, tell=lambda _: None)
        await market.marks(NAMES)
        await feed.fill(GapNeeded(topic=coin_topic("l2Book", "BTC"), number=1, since=None))
        venue.mark = "70000.0"
        venue.asked.clear()
        clock.step(-HOUR_MS)
        await clock.sleep(6)
        assert (await market.marks([BTC]))[BTC].price == D(70_000)
        await market.book(BTC)
        assert venue.kinds() == ["metaAndAssetCtxs", "l2Book"]
        clock.step(-HOUR_MS)
        venue.mark = "60000.0"
        gap = GapNeeded(topic=coin_topic("activeAssetCtx", "BTC"), number=2, since=None)
        assert await feed.fill(gap) == GapFilled()
        assert (await market.marks([BTC]))[BTC].price == D(60_000)

    World(seed=1).run(main)
