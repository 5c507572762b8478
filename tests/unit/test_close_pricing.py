"""Where a post-only close rests, and how much of a position may be left."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instant, Instrument, Price, Side, Size, Symbol
from agentic_core.execution.close_pricing import CloseView, close_size, peg_price

D = Decimal
ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)


def price(text: str | None) -> Price | None:
    """Return a price, or none."""
    return None if text is None else Price(D(text))


@pytest.mark.parametrize(
    ("side", "bid", "ask", "pegged"),
    [
        ("sell", "1999", "1999.9", "1999.9"),
        ("sell", "1999", "2100", "2000.1"),
        ("sell", "1999", None, "2000.1"),
        ("sell", None, "1999.5", "1999.5"),
        # A bid above the mark must not be met, and an ask far below it gives too much away.
        ("sell", "2005", "2006", "2005.1"),
        ("sell", None, "1000", "1980.1"),
        ("sell", "900", "1000", "1980.1"),
        ("buy", "2000.2", "2001", "2000.2"),
        ("buy", "1900", "2001", "2000"),
        ("buy", None, "2001", "2000"),
        ("buy", "2000.2", None, "2000.2"),
        ("buy", "1994", "1995", "1994.9"),
        ("buy", "3000", None, "2020"),
        ("buy", "3000", "3001", "2020"),
    ],
)
def test_peg_price_joins_its_side_without_crossing(side: str, bid: str | None, ask: str | None, pegged: str) -> None:
    """With the mark at 2,000.05 and a collar of one percent, each shape of book gives one price."""
    view = CloseView(
        instrument=ETH, read_at=Instant(0), mark=Price(D("2000.05")), bid=price(bid), ask=price(ask), held=Size(D(1))
    )
    assert peg_price(view, Side(side), 100) == D(pegged)


@pytest.mark.parametrize(
    ("wanted", "size"), [("0.0049", "0.005"), ("0.005", "0.005"), ("0.995", "0.995"), ("0.9951", "1"), ("3", "1")]
)
def test_close_size_leaves_ten_dollars_or_nothing(wanted: str, size: str) -> None:
    """Of one unit worth 2,000 dollars, ten dollars may be closed and ten may be left, and nothing less."""
    assert close_size(Size(D(wanted)), Size(D(1)), D(2_000), ETH) == D(size)
