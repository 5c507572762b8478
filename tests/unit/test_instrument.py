"""The venue's rules for prices and sizes, worked out by hand.

A price has at most five significant figures and at most six less `size_decimals` decimals; a whole number of dollars is
always legal. A size has at most `size_decimals` decimals.
"""

from decimal import Decimal

import pytest

from agentic_core.domain import Instrument, Side, Symbol
from agentic_core.errors import UsageError
from agentic_core.execution import limit_price

D = Decimal


def instrument(size_decimals: int) -> Instrument:
    """Return a contract whose sizes have so many decimals."""
    return Instrument(symbol=Symbol("X"), size_decimals=size_decimals, leverage_max=20)


@pytest.mark.parametrize(
    ("size_decimals", "price", "down", "up"),
    [
        (5, "46377.55", "46377", "46378"),  # five figures
        (5, "9.87654", "9.8", "9.9"),  # one decimal
        (5, "99999.5", "99999", "100000"),
        (5, "100000", "100000", "100000"),
        (5, "123456.7", "123456", "123457"),  # whole dollars have no limit of figures
        (5, "1234567", "1234567", "1234567"),
        (4, "9999.96", "9999.9", "10000"),
        (4, "3456.789", "3456.7", "3456.8"),
        (4, "1.23456", "1.23", "1.24"),
        (2, "123.4567", "123.45", "123.46"),
        (2, "12.34567", "12.345", "12.346"),
        (2, "1.234567", "1.2345", "1.2346"),
        (2, "0.0123456", "0.0123", "0.0124"),
        (0, "1.234567", "1.2345", "1.2346"),  # five figures
        (0, "0.1234567", "0.12345", "0.12346"),  # five figures
        (0, "0.01234567", "0.012345", "0.012346"),  # five figures are six decimals
        (0, "0.001234567", "0.001234", "0.001235"),  # six decimals are four figures
        (0, "0.00001", "0.00001", "0.00001"),
        (0, "0.000001", "0.000001", "0.000001"),
        (0, "0.0000015", "0.000001", "0.000002"),
        (6, "0.5", "0", "1"),  # whole dollars only
        (6, "46377.55", "46377", "46378"),
        (5, "0.00001", "0", "0.1"),
        (0, "1E-9", "0", "0.000001"),
        (3, "1E-9", "0", "0.001"),
        (0, "1E+12", "1000000000000", "1000000000000"),
        (5, "1E+12", "1000000000000", "1000000000000"),
        (5, "1E+40", "1E+40", "1E+40"),
        (0, "1234567890123456789012345678901234.5", "1234567890123456789012345678901234", None),
        (0, "9E-400", "0", "0.000001"),
    ],
)
def test_round_price_is_the_nearest_legal_price_in_the_direction(
    size_decimals: int, price: str, down: str, up: str | None
) -> None:
    """Both neighbours of a price, and no exception for any positive one."""
    rules = instrument(size_decimals)
    assert rules.round_price(D(price), up=False) == D(down)
    if up is not None:
        assert rules.round_price(D(price), up=True) == D(up)


@pytest.mark.parametrize(
    ("size_decimals", "price", "legal"),
    [
        (5, "46377", True),
        (5, "46377.5", False),  # six figures
        (5, "4637.7", True),
        (5, "4637.75", False),  # two decimals
        (5, "463777", True),
        (5, "46377.0", True),  # zeros at the end do not count
        (5, "4.6E+4", True),
        (1, "12.345", True),
        (1, "12.3456", False),  # six figures
        (1, "0.12345", True),
        (1, "0.123456", False),
        (0, "0.000001", True),
        (0, "0.0000001", False),
        (0, "0", False),
        (0, "-1", False),
        (0, "123456789.5", False),
        (0, "123456789", True),
    ],
)
def test_is_legal_price_follows_the_venue(size_decimals: int, price: str, *, legal: bool) -> None:
    """Five figures, six less `size_decimals` decimals, or whole dollars."""
    assert instrument(size_decimals).is_legal_price(D(price)) is legal


def test_round_price_below_the_smallest_legal_price_leaves_what_the_venue_refuses() -> None:
    """Half of the smallest price rounds down to zero, which is not legal, and up to one step, which is."""
    rules = instrument(2)
    down, up = rules.round_price(D("0.00005"), up=False), rules.round_price(D("0.00005"), up=True)
    assert (down, up) == (D(0), D("0.0001"))
    assert (rules.is_legal_price(down), rules.is_legal_price(up)) == (False, True)


@pytest.mark.parametrize(
    ("size_decimals", "size", "down", "up"),
    [
        (5, "0.0123456", "0.01234", "0.01235"),
        (5, "0.01234", "0.01234", "0.01234"),
        (5, "0.000009", "0", "0.00001"),
        (0, "7.9", "7", "8"),
        (0, "1E+20", "1E+20", "1E+20"),
        (6, "0.0000019", "0.000001", "0.000002"),
    ],
)
def test_size_rounds_to_a_step(size_decimals: int, size: str, down: str, up: str) -> None:
    """Down for orders, up to explain what would be enough."""
    rules = instrument(size_decimals)
    assert (rules.size_down(D(size)), rules.size_up(D(size))) == (D(down), D(up))


@pytest.mark.parametrize(("size", "legal"), [("0.00001", True), ("0.000015", False), ("0", False), ("-0.1", False)])
def test_is_legal_size_follows_the_venue(size: str, *, legal: bool) -> None:
    """A positive number of whole steps."""
    assert instrument(5).is_legal_size(D(size)) is legal


@pytest.mark.parametrize(
    ("size_decimals", "mark", "collar_bps", "buy", "sell"),
    [
        (5, "50000", 100, "50500", "49500"),
        (5, "46377.5", 100, "46841", "45914"),  # 46841.275 and 45913.725
        (2, "1.23456", 100, "1.2469", "1.2223"),  # 1.2469056 and 1.2222144
        (5, "99500", 100, "100495", "98505"),
        (5, "100", 0, "100", "100"),
        (0, "0.00001234", 100, "0.000012", "0.000013"),  # no legal price is inside the collar of the sell
    ],
)
def test_limit_price_stays_inside_the_collar(
    size_decimals: int, mark: str, collar_bps: int, buy: str, sell: str
) -> None:
    """A buy's limit rounds down and a sell's rounds up, so that neither is worse than the collar."""
    rules = instrument(size_decimals)
    assert limit_price(rules, Side.BUY, D(mark), collar_bps) == D(buy)
    assert limit_price(rules, Side.SELL, D(mark), collar_bps) == D(sell)


@pytest.mark.parametrize(("size_decimals", "leverage"), [(-1, 1), (7, 1), (0, 0), (3, -5)])
def test_instrument_the_venue_cannot_have_is_a_usage_error(size_decimals: int, leverage: int) -> None:
    """Rules out of range would make every later rounding wrong."""
    with pytest.raises(UsageError, match=r"size_decimals must be 0\.\.6"):
        Instrument(symbol=Symbol("X"), size_decimals=size_decimals, leverage_max=leverage)


@pytest.mark.parametrize(("leverage", "rate"), [(50, "0.01"), (40, "0.0125"), (1, "0.5")])
def test_maintenance_rate_is_half_the_smallest_initial_margin(leverage: int, rate: str) -> None:
    """The venue keeps half of one over the highest leverage."""
    rules = Instrument(symbol=Symbol("X"), size_decimals=0, leverage_max=leverage)
    assert rules.maintenance_rate == D(rate)


def test_generic_instrument_is_cautious() -> None:
    """A symbol the list does not hold gets coarse prices and little leverage."""
    rules = Instrument.generic(Symbol("NEW"))
    assert (rules.symbol, rules.leverage_max, rules.size_step) == ("NEW", 3, D("0.0001"))
