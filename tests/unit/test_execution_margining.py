"""The pocket of an isolated position, and where nothing can be liquidated; every number from paper."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instrument, Symbol
from agentic_core.execution.margining import Pocket, liquidation_price

D = Decimal
LONG = Pocket(raw_usd=D(-180), units=D(2))
"""Two units bought at 100 with 20 dollars of margin."""
SHORT = Pocket(raw_usd=D(220), units=D(-2))
"""Two units sold at 100 with 20 dollars of margin."""
BTC = Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)


@pytest.mark.parametrize(
    ("pocket", "signed", "price", "raw"), [(LONG, "-1", "95", "-85.5"), (SHORT, "1", "105", "114.5")]
)
def test_pocket_of_a_position_liquidated_in_part_pays_the_fee_and_frees_nothing(
    pocket: Pocket, signed: str, price: str, raw: str
) -> None:
    """After a loss of five dollars a unit 10 are left of the 20; a fee of 50 cents makes them 9.50 for the rest."""
    left = pocket.seized(D(signed), D(price), D("0.5"))
    assert (left.raw_usd, left.units) == (D(raw), pocket.units / 2)
    assert (pocket.worth(D(price)), left.worth(D(price))) == (D(10), D("9.5"))


def test_pocket_of_a_position_liquidated_whole_is_empty() -> None:
    """Nothing is left to pay for."""
    assert LONG.seized(D(-2), D(95), D(1)) == Pocket.empty()
    assert Pocket.empty() == Pocket(raw_usd=D(0), units=D(0))


@pytest.mark.parametrize(("units", "raw"), [("2", "-180.0000001"), ("-2", "220.0000001")])
def test_pocket_of_a_closed_position_keeps_no_dust(units: str, raw: str) -> None:
    """Closing moves everything back, also what is smaller than a millionth of a dollar."""
    pocket = Pocket(raw_usd=D(raw), units=D(units))
    assert pocket.after(-D(units), D(95), leverage=10) == Pocket.empty()


def test_position_of_nothing_has_no_liquidation_price() -> None:
    """A flat symbol is liquidated at no price."""
    assert liquidation_price(BTC, D(0), D(100), value=D(10)) is None
