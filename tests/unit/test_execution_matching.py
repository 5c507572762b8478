"""What an immediate-or-cancel order takes from a book."""

from decimal import Decimal

import pytest

from agentic_core.domain import Book, Price, Side, Size
from agentic_core.execution import Execution, execute
from tests.support.markets import BTC, LISTED, book_of, order

D = Decimal
BOOK = book_of(
    BTC,
    bids={"9990": "0.5", "9980": "1", "9900": "5"},
    asks={"10010": "0.5", "10020": "1", "10100": "5"},
)


def take(
    side: Side, size: str, limit: str | Decimal, *, book: Book = BOOK, slippage_bps: str = "0"
) -> list[tuple[Decimal, Decimal]]:
    """Return sizes and prices of the executions."""
    executions = execute(order(0, side, size, limit), book, LISTED[BTC], D(slippage_bps))
    return [(one.size, one.price) for one in executions]


@pytest.mark.parametrize(
    ("side", "size", "limit", "taken"),
    [
        pytest.param(Side.BUY, "0.2", "10010", [("0.2", "10010")], id="buy-within-the-best-level"),
        pytest.param(Side.BUY, "0.5", "10010", [("0.5", "10010")], id="buy-exactly-the-best-level"),
        pytest.param(Side.BUY, "1.0", "10020", [("0.5", "10010"), ("0.5", "10020")], id="buy-across-two-levels"),
        pytest.param(Side.BUY, "9", "10100", [("0.5", "10010"), ("1", "10020"), ("5", "10100")], id="buy-everything"),
        pytest.param(Side.BUY, "9", "10099", [("0.5", "10010"), ("1", "10020")], id="buy-up-to-the-limit"),
        pytest.param(Side.BUY, "0.2", "10009", [], id="buy-below-the-book"),
        pytest.param(Side.SELL, "0.2", "9990", [("0.2", "9990")], id="sell-within-the-best-level"),
        pytest.param(Side.SELL, "1.0", "9980", [("0.5", "9990"), ("0.5", "9980")], id="sell-across-two-levels"),
        pytest.param(Side.SELL, "9", "9901", [("0.5", "9990"), ("1", "9980")], id="sell-down-to-the-limit"),
        pytest.param(Side.SELL, "0.2", "9991", [], id="sell-above-the-book"),
    ],
)
def test_execution_walks_the_book_up_to_its_limit(
    side: Side, size: str, limit: str, taken: list[tuple[str, str]]
) -> None:
    """Best price first, each level up to its size, nothing beyond the limit."""
    assert take(side, size, limit) == [(D(part), D(price)) for part, price in taken]


@pytest.mark.parametrize(
    ("side", "slippage_bps", "price"),
    [
        pytest.param(Side.BUY, "0", "10010", id="buy-without"),
        pytest.param(Side.BUY, "2.5", "10013", id="buy-by-half-points"),  # 10012.5025
        pytest.param(Side.BUY, "10", "10021", id="buy-rounded-up"),  # 10020.01
        pytest.param(Side.SELL, "0", "9990", id="sell-without"),
        pytest.param(Side.SELL, "10", "9980", id="sell-rounded-down"),  # 9980.01
        pytest.param(Side.SELL, "15", "9975", id="sell-by-more"),  # 9975.015
    ],
)
def test_execution_moves_against_the_order_by_the_slippage(side: Side, slippage_bps: str, price: str) -> None:
    """The level's price is moved, then rounded against the order to a legal price, and the limit holds after that."""
    inside, step = D(price), D(side.sign)
    assert take(side, "0.5", inside, slippage_bps=slippage_bps) == [(D("0.5"), inside)]
    assert take(side, "0.5", inside - step, slippage_bps=slippage_bps) == []


def test_execution_against_an_empty_side_takes_nothing() -> None:
    """A book may have one side only."""
    one_sided = book_of(BTC, bids={"9990": "1"}, asks={})
    assert take(Side.BUY, "1", "99999", book=one_sided) == []


def test_execution_passes_over_a_level_without_size() -> None:
    """An emptied level is no execution."""
    emptied = book_of(BTC, bids={}, asks={"10010": "0", "10020": "1"})
    executions = execute(order(0, Side.BUY, "0.5", "10020"), emptied, LISTED[BTC], D(0))
    assert executions == (Execution(size=Size(D("0.5")), price=Price(D(10_020))),)
