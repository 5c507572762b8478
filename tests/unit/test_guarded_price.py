"""The price a close finds at the gate when its mark is missing or too old."""

from decimal import Decimal

import pytest

from agentic_core.domain import Mark, MarkSource, Price
from tests.support.gates import Gate
from tests.support.markets import AT, BTC, ETH, book_of
from tests.support.risk_scenes import scene

pytestmark = pytest.mark.anyio

D = Decimal
MISSING, OLD, YOUNG = {"mark": None}, {"mark_age_ms": 30_001}, {"mark_age_ms": 30_000}


def from_the_book(price: str) -> Mark:
    """Return the mark that a book makes."""
    return Mark(symbol=BTC, price=Price(D(price)), as_of=AT, source=MarkSource.BOOK)


async def test_price_of_a_young_mark_is_the_mark() -> None:
    """Nobody looks at the book."""
    gate = Gate(scene(**YOUNG))
    gate.books.set(BTC, "1")
    assert await gate.guarded.price(BTC) == gate.market.mark(BTC)


@pytest.mark.parametrize("changes", [MISSING, OLD], ids=["missing", "old"])
@pytest.mark.parametrize(
    ("bids", "asks", "price"),
    [
        ({"49990": "1", "49000": "9"}, {"50020": "1", "51000": "9"}, "50005"),
        ({"49990": "1"}, {}, "49990"),
        ({}, {"50020": "1", "51000": "9"}, "50020"),
    ],
    ids=["both-sides", "bids-alone", "asks-alone"],
)
async def test_price_without_a_young_mark_is_the_middle_of_the_book(
    changes: dict[str, object], bids: dict[str, str], asks: dict[str, str], price: str
) -> None:
    """Halfway between the best of both sides, or the best of the only one; it says where it comes from."""
    gate = Gate(scene(**changes))
    gate.books.books[BTC] = book_of(BTC, bids=bids, asks=asks)
    assert await gate.guarded.price(BTC) == from_the_book(price)


async def test_price_is_the_old_mark_where_the_book_is_empty_or_missing() -> None:
    """An old price is better than none."""
    gate = Gate(scene(**OLD))
    assert await gate.guarded.price(BTC) == gate.market.mark(BTC)
    gate.books.books[BTC] = book_of(BTC, bids={}, asks={})
    assert await gate.guarded.price(BTC) == gate.market.mark(BTC)


async def test_price_of_what_has_neither_mark_nor_book_is_unknown() -> None:
    """Nothing is made up."""
    gate = Gate(scene(**MISSING))
    assert await gate.guarded.price(BTC) is None
    gate.books.books[BTC] = book_of(BTC, bids={}, asks={})
    assert await gate.guarded.price(BTC) is None


async def test_price_is_asked_for_by_symbol_and_by_the_clock() -> None:
    """The book of another symbol is no help, and a mark ages while the market stands still."""
    gate = Gate(scene(**MISSING))
    gate.books.set(ETH, "1")
    assert await gate.guarded.price(BTC) is None
    later = Gate(scene(**YOUNG), clock_ahead_ms=1)
    later.books.set(BTC, "49000")
    assert await later.guarded.price(BTC) == from_the_book("49000")
