"""Listings, marks, books and funding of the live venue: asked for when needed, and never older than they say."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import HOUR_MS, Instant
from agentic_core.errors import VenueUnavailable
from agentic_hl.market.live import FreshnessLimits, LiveMarketData
from agentic_hl.market.meta_cache import MetaCache
from agentic_hl.wire.messages.frames import read_frame
from tests.support.candles import NOON
from tests.support.clocks import VirtualClock
from tests.support.markets import BTC, ETH
from tests.support.told_market import BUSY, LISTINGS, ToldMarket

pytestmark = pytest.mark.anyio

D = Decimal
SOL = Symbol("SOL")
SOL_LISTING: Mapping[str, object] = {"szDecimals": 2, "name": "SOL", "maxLeverage": 20, "marginTableId": 20}
CONTEXT = {"oraclePx": "77001.0", "funding": "0.0000125", "openInterest": "1.0", "prevDayPx": "1.0", "dayNtlVlm": "1.0",
           "premium": None, "midPx": None, "impactPxs": None}  # fmt: skip


class Desk:
    """The shipped market data over a told market."""

    def __init__(self) -> None:
        self.clock = VirtualClock(Instant(NOON))
        self.venue = ToldMarket(self.clock, begins=NOON - 1_000 * HOUR_MS)
        limits = FreshnessLimits(mark_age_ms_max=5_000, book_age_ms_max=500)
        self.feed = LiveMarketData(self.venue, self.clock, limits=limits)

    def hear(self, channel: str, payload: object) -> object:
        """Let a frame of a stream come in."""
        return self.feed.receive(
            read_frame(msgspec.json.encode({"channel": channel, "data": payload})), self.clock.now()
        )

    def hear_mark(self, price: str, coin: str = "BTC") -> object:
        """Let a mark come in."""
        return self.hear("activeAssetCtx", {"coin": coin, "ctx": {**CONTEXT, "markPx": price}})

    def hear_book(self, bid: str, time: int) -> object:
        """Let a book come in."""
        sides = [[{"px": bid, "sz": "2.0", "n": 1}], [{"px": "100.0", "sz": "1.0", "n": 1}]]
        return self.hear("l2Book", {"coin": "BTC", "time": time, "levels": sides})


async def version_of(universe: Sequence[Mapping[str, object]]) -> str:
    """Return the version under which listings are known."""
    clock = VirtualClock()
    venue = ToldMarket(clock, begins=NOON)
    venue.universe = [*universe]
    return (await MetaCache(venue, clock).listed()).version


# ── listings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_listings_are_asked_for_once() -> None:
    """There is no timer: a question costs weight, and listings rarely change."""
    desk = Desk()
    assert set(await desk.feed.instruments()) == {BTC, ETH}
    await desk.clock.let_pass(24 * HOUR_MS)
    await desk.feed.instruments()
    assert desk.venue.kinds() == ["meta"]


async def test_unknown_coin_is_looked_up_once_a_minute_at_most() -> None:
    """A new listing is found without a restart, and a wrong name does not eat up the weight."""
    desk = Desk()
    assert await desk.feed.meta.instrument(SOL) is None
    await desk.clock.let_pass(59_999)
    assert await desk.feed.meta.instrument(SOL) is None
    assert desk.venue.kinds() == ["meta"]
    desk.venue.universe.append(SOL_LISTING)
    await desk.clock.let_pass(1)
    found = await desk.feed.meta.instrument(SOL)
    assert found is not None
    assert (found.symbol, found.size_decimals) == (SOL, 2)
    assert desk.venue.kinds() == ["meta"]


async def test_many_who_miss_the_same_coin_ask_once() -> None:
    """The others wait for the answer of the first."""
    desk = Desk()
    await desk.feed.instruments()
    await desk.clock.let_pass(60_000)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(desk.feed.meta.instrument, SOL)
    assert desk.venue.kinds() == ["meta", "meta"]


async def test_what_was_known_stays_when_the_venue_does_not_answer() -> None:
    """The error tells when to ask again."""
    desk = Desk()
    known = await desk.feed.meta.listed()
    await desk.clock.let_pass(60_000)
    desk.venue.failures.append(BUSY)
    with pytest.raises(VenueUnavailable, match="too many"):
        await desk.feed.meta.instrument(SOL)
    assert await desk.feed.meta.listed() is known


async def test_version_is_of_the_content_alone() -> None:
    """The order of keys, and keys nobody reads, change nothing; the time of asking changes nothing."""
    plain = [*LISTINGS]
    shuffled = [{**dict(reversed(list(listing.items()))), "growthMode": "enabled"} for listing in LISTINGS]
    assert await version_of(plain) == await version_of(shuffled)
    desk = Desk()
    first = await desk.feed.meta.listed()
    await desk.clock.let_pass(5_000)
    again = await desk.feed.meta.refresh()
    assert (again.version, again.asked_at) == (first.version, first.asked_at + 5_000)
    assert desk.feed.meta.version == await version_of(plain)


@pytest.mark.parametrize(
    "change",
    [{"szDecimals": 4}, {"name": "XBT"}, {"maxLeverage": 20}, {"marginTableId": 56}, {"isDelisted": True}],
    ids=lambda change: next(iter(change)),
)
async def test_version_changes_with_whatever_an_order_depends_on(change: Mapping[str, object]) -> None:
    """Also when a coin is added behind the others, or two change places, which changes their asset ids."""
    plain = await version_of([*LISTINGS])
    changed = [{**LISTINGS[0], **change}, *LISTINGS[1:]]
    versions = {plain, await version_of(changed), await version_of([*LISTINGS, SOL_LISTING])}
    assert len(versions | {await version_of([*reversed(LISTINGS)])}) == 4


async def test_delisted_coin_keeps_its_place_and_is_not_offered() -> None:
    """The id of what comes after it stays the same."""
    desk = Desk()
    desk.venue.universe = [{**LISTINGS[0], "isDelisted": True}, LISTINGS[1]]
    listed = await desk.feed.meta.listed()
    assert set(listed.instruments) == {ETH}
    assert listed.universe.perp("ETH").id == 1


# ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_streamed_mark_is_used_while_it_is_young() -> None:
    """With the time it was received; no question is put for it."""
    desk = Desk()
    await desk.feed.instruments()
    desk.venue.asked.clear()
    desk.hear_mark("77000.5")
    await desk.clock.let_pass(5_000)
    mark = (await desk.feed.marks([BTC]))[BTC]
    assert (mark.price, mark.as_of) == (D("77000.5"), NOON)
    assert desk.venue.kinds() == []
    await desk.clock.let_pass(1)
    mark = (await desk.feed.marks([BTC]))[BTC]
    assert (mark.price, mark.as_of) == (D("77562.0"), NOON + 5_001)
    assert desk.venue.kinds() == ["metaAndAssetCtxs"]


async def test_marks_of_all_symbols_come_with_one_question() -> None:
    """Which also tells what is listed; a symbol nobody lists is absent."""
    desk = Desk()
    marks = await desk.feed.marks([BTC, ETH, SOL])
    assert {symbol: mark.price for symbol, mark in marks.items()} == {BTC: D("77562.0"), ETH: D("2296.4")}
    assert desk.venue.kinds() == ["meta", "metaAndAssetCtxs"]


@pytest.mark.parametrize("price", ["", "abc", "-1", "0", "NaN", "1e5"])
async def test_mark_that_is_no_price_is_refused_and_the_one_before_stays(price: str) -> None:
    """Whoever feeds the frame hears why."""
    desk = Desk()
    await desk.feed.instruments()
    assert desk.hear_mark("77000.5") is None
    refused = desk.hear_mark(price)
    assert refused is not None
    assert (await desk.feed.marks([BTC]))[BTC].price == D("77000.5")


async def test_mark_of_a_coin_nobody_lists_is_not_shown() -> None:
    """Even though a stream tells it."""
    desk = Desk()
    desk.hear_mark("5.0", coin="SOL")
    assert await desk.feed.marks([SOL]) == {}


# ── books ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_streamed_book_is_used_while_it_has_just_come() -> None:
    """With the venue's time; after half a second the venue is asked."""
    desk = Desk()
    await desk.feed.instruments()
    desk.hear_book("99.5", NOON - 40)
    await desk.clock.let_pass(500)
    book = await desk.feed.book(BTC)
    assert book is not None
    assert (book.as_of, book.bids[0].price) == (NOON - 40, D("99.5"))
    await desk.clock.let_pass(1)
    asked = await desk.feed.book(BTC)
    assert asked is not None
    assert (asked.as_of, asked.bids[0].price, asked.asks[0].price) == (NOON + 501, D("100.5"), D(101))


async def test_book_that_arrives_late_does_not_replace_a_newer_one() -> None:
    """By the venue's time, whatever order they come in."""
    desk = Desk()
    desk.hear_book("99.5", NOON)
    desk.hear_book("98.5", NOON - 1)
    book = await desk.feed.book(BTC)
    assert book is not None
    assert book.bids[0].price == D("99.5")


# ── funding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_funding_of_many_weeks_comes_in_pages_and_whole() -> None:
    """Each hour once, on the whole hour though the venue's times lie a little after it."""
    desk = Desk()
    after = Instant(NOON - 900 * HOUR_MS)
    rates = await desk.feed.funding(BTC, after=after, until=Instant(NOON))
    assert dict(rates) == {
        hour: D(f"0.0000{hour // HOUR_MS % 97:02}") for hour in range(after + HOUR_MS, NOON + 1, HOUR_MS)
    }
    asked = [(body["startTime"], body["endTime"]) for body in desk.venue.asked if body["type"] == "fundingHistory"]
    assert len(asked) == 2
    assert asked[0][1] > asked[1][0]


async def test_funding_of_an_hour_before_the_market_began_is_absent() -> None:
    """Never zero."""
    desk = Desk()
    desk.venue.begins = NOON - 10 * HOUR_MS
    rates = await desk.feed.funding(BTC, after=Instant(NOON - 20 * HOUR_MS), until=Instant(NOON))
    assert min(rates) == NOON - 10 * HOUR_MS
