"""Where a protective stop belongs: at its distance from the entry, and never behind the liquidation."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instrument, Position, Price, Size, Symbol, Usd
from agentic_core.execution.stop_pricing import Carried, liquidation_estimate, stop_of

D = Decimal
ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)


def position(size: str, entry: str) -> Position:
    """Return a position by its signed size and its entry price."""
    return Position(symbol=ETH.symbol, size=Size(D(size)), entry_cost=Usd(abs(D(size)) * D(entry)))


def carried(*, mark: str = "2000", leverage: int = 20, isolated: bool = False, equity: str = "400") -> Carried:
    """Return what carries it, with a hundred dollars reserved for others."""
    return Carried(
        mark=Price(D(mark)), leverage=leverage, isolated=isolated, equity=Usd(D(equity)), reserved=Usd(D(100))
    )


@pytest.mark.parametrize(
    ("size", "liquidation", "trigger"),
    [
        # Ten percent are 200 dollars; the liquidation is further away.
        ("1", None, "1800"),
        ("1", "1700", "1800"),
        ("-1", "2300", "2200"),
        # Fifty basis points nearer than 1,900, and than 2,100: 1,909.5 and 2,089.5.
        ("1", "1900", "1909.5"),
        ("-1", "2100", "2089.5"),
        # Behind the entry already: only a mark that has come further lets it be placed.
        ("1", "2010", "2020.1"),
        ("-1", "1990", "1980"),
    ],
)
def test_stop_is_drawn_before_the_liquidation(size: str, liquidation: str | None, trigger: str) -> None:
    """The nearer of the two counts, and rounding leads away from the liquidation."""
    bound = None if liquidation is None else Price(D(liquidation))
    found = stop_of(position(size, "2000"), ETH, 1_000, liquidation=bound)
    assert found is not None
    assert found.trigger.price == D(trigger)


@pytest.mark.parametrize(
    ("size", "isolated", "expected"),
    [
        # Margin 100 of its own: (2,000 - 100) / 0.98 and (2,000 + 100) / 1.02, rates being a fiftieth.
        ("1", True, "1938.7755"),
        ("-1", True, "2058.8235"),
        # 300 dollars of the account: (2,000 - 300) / 0.98 and (2,000 + 300) / 1.02.
        ("1", False, "1734.6939"),
        ("-1", False, "2254.9020"),
    ],
)
def test_liquidation_estimate_is_where_maintenance_is_all_that_is_left(
    size: str, expected: str, *, isolated: bool
) -> None:
    """An isolated position is carried by its own margin, any other by the equity that others do not need."""
    found = liquidation_estimate(position(size, "2000"), ETH, carried(isolated=isolated))
    assert found is not None
    assert round(found, 4) == D(expected)


def test_liquidation_estimate_of_a_carefree_position_is_none() -> None:
    """Nothing held and a long that is paid for in full are never liquidated."""
    assert liquidation_estimate(Position.flat(ETH.symbol), ETH, carried()) is None
    assert liquidation_estimate(position("1", "2000"), ETH, carried(equity="2200")) is None
