"""What everybody promises who prices a close: the mark and the top of the book of this moment, or nothing at all."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from agentic_core.domain import Instant, Symbol
from agentic_core.errors import VenueUnavailable
from agentic_hl.rest import Answered, HttpOutcome, NeverLeft, Unclear
from tests.support.account_desk import DESKS, AccountDesk
from tests.support.markets import BTC, ETH

PORTS = ("agentic_core.ports.account_reads.FreshPrices",)
pytestmark = pytest.mark.anyio

D = Decimal


@pytest.fixture(params=["hyperliquid", "hyperliquid-sockets"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[AccountDesk]:
    """Yield a market that is read in each way in turn; BTC stands at 100, between 99.9 and 100.1."""
    async with DESKS[request.param]() as made:
        quote(made, "100")
        yield made


def quote(desk: AccountDesk, price: str) -> None:
    """Move the mark of BTC, and the book around it: a tenth on either side."""
    desk.quote("BTC", price)
    desk.house("BTC", bids={str(D(price) - D("0.1")): D(1)}, asks={str(D(price) + D("0.1")): D(1)})


async def test_fresh_price_is_mark_and_top_of_the_book(desk: AccountDesk) -> None:
    """The best bid and the best ask, however many stand behind them, and the mark of that symbol alone."""
    desk.house("BTC", bids={"99.7": D(1), "99.1": D(5)}, asks={"100.4": D(2), "101": D(9)})
    price = await desk.prices.fresh(BTC)
    assert (price.mark, price.bid, price.ask) == (D(100), D("99.7"), D("100.4"))
    desk.house("ETH", bids={"9.9": D(1)}, asks={"10.2": D(1)})
    other = await desk.prices.fresh(ETH)
    assert (other.mark, other.bid, other.ask) == (D(10), D("9.9"), D("10.2"))


@pytest.mark.parametrize("side", ["bids", "asks"])
async def test_fresh_price_of_a_side_that_nobody_quotes_is_none(desk: AccountDesk, side: str) -> None:
    """The other side and the mark are there all the same."""
    quoted = {"bids": {"99.7": D(1)}, "asks": {"100.4": D(1)}, side: dict[str, Decimal]()}
    desk.house("BTC", bids=quoted["bids"], asks=quoted["asks"])
    price = await desk.prices.fresh(BTC)
    assert price.mark == D(100)
    assert (price.bid, price.ask) == ((None, D("100.4")) if side == "bids" else (D("99.7"), None))


async def test_fresh_price_of_an_empty_book_is_the_mark(desk: AccountDesk) -> None:
    """Nobody quotes anything."""
    desk.house("BTC", bids={}, asks={})
    price = await desk.prices.fresh(BTC)
    assert (price.mark, price.bid, price.ask) == (D(100), None, None)


async def test_fresh_price_is_never_a_remembered_one(desk: AccountDesk) -> None:
    """Asked again at once, it is what has become of it meanwhile."""
    before = await desk.prices.fresh(BTC)
    quote(desk, "93")
    after = await desk.prices.fresh(BTC)
    assert (before.mark, before.bid, before.ask) == (D(100), D("99.9"), D("100.1"))
    assert (after.mark, after.bid, after.ask) == (D(93), D("92.9"), D("93.1"))


async def test_fresh_price_was_true_after_it_was_asked_for(desk: AccountDesk) -> None:
    """It says when, and that is neither before the question nor after the answer."""
    desk.pass_time(60_000)
    asked_at = desk.now
    price = await desk.prices.fresh(BTC)
    assert asked_at <= price.read_at <= desk.now


@pytest.mark.parametrize("question", ["l2Book", "metaAndAssetCtxs"])
async def test_fresh_price_claims_no_later_time_than_its_oldest_part(desk: AccountDesk, question: str) -> None:
    """Where the market moves between two questions, the older answer dates the whole."""
    moved: list[Instant] = []

    def move() -> None:
        moved.append(desk.now)
        quote(desk, "93")

    desk.meanwhile = {question: move}
    price = await desk.prices.fresh(BTC)
    is_whole = (price.mark, price.bid, price.ask) == (D(93), D("92.9"), D("93.1"))
    assert moved
    assert is_whole or price.read_at < moved[0]


@pytest.mark.parametrize(
    "answer",
    [
        Answered(status=502, body=b"<html>bad gateway</html>", content_type="text/html"),
        Answered(status=200, body=b'{"unheard": "of"}', content_type="application/json"),
        NeverLeft(cause="refused"),
        Unclear(cause="timeout after 5 s"),
    ],
    ids=["error page", "another answer", "no connection", "silence"],
)
async def test_fresh_price_that_cannot_be_had_is_none_at_all(desk: AccountDesk, answer: HttpOutcome) -> None:
    """Also where one was read a moment ago."""
    await desk.prices.fresh(BTC)
    desk.instead = answer
    with pytest.raises(VenueUnavailable):
        await desk.prices.fresh(BTC)


async def test_fresh_price_of_an_unknown_symbol_is_none_at_all(desk: AccountDesk) -> None:
    """There is no market of that name."""
    with pytest.raises(VenueUnavailable):
        await desk.prices.fresh(Symbol("NOBODYS"))
