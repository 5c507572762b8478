"""Margin tiers, with the venue's own for BTC worked out by hand."""

from decimal import Decimal

import pytest

from agentic_core.domain import Instrument, MarginTier, Symbol, Usd
from agentic_core.domain.margin import check_tiers, maintenance_of, tier_at
from agentic_core.errors import UsageError

D = Decimal


def tiers(*levels: tuple[int, int]) -> tuple[MarginTier, ...]:
    """Return tiers from their lower bounds and highest leverages."""
    return tuple(MarginTier(lower_bound=Usd(D(bound)), leverage_max=leverage) for bound, leverage in levels)


BTC = tiers((0, 40), (150_000_000, 20))
THREE = tiers((0, 10), (1_000, 5), (3_000, 1))
TIERED = Instrument(symbol=Symbol("X"), size_decimals=2, leverage_max=10, tiers=THREE)
FLAT = Instrument(symbol=Symbol("X"), size_decimals=2, leverage_max=10)


@pytest.mark.parametrize(("leverage", "rate"), [(50, "0.01"), (40, "0.0125"), (20, "0.025"), (1, "0.5")])
def test_maintenance_rate_of_a_tier_is_half_its_initial_margin(leverage: int, rate: str) -> None:
    """Half of one over its highest leverage."""
    assert tiers((0, leverage))[0].maintenance_rate == D(rate)


@pytest.mark.parametrize(
    ("notional", "margin"),
    [
        # 1.25 % up to 150 million, 2.5 % of what is above.
        ("0", "0"),
        ("80000", "1000"),
        ("149999999", "1874999.9875"),
        ("150000000", "1875000"),
        ("150000001", "1875000.025"),
        ("200000000", "3125000"),
    ],
)
def test_maintenance_of_btc_rises_with_each_tier(notional: str, margin: str) -> None:
    """No dollar of a smaller position becomes dearer because the position is larger."""
    assert maintenance_of(BTC, D(notional)) == D(margin)


@pytest.mark.parametrize(
    ("notional", "margin"), [("1000", "50"), ("1001", "50.1"), ("3000", "250"), ("3001", "250.5"), ("5000", "1250")]
)
def test_maintenance_of_three_tiers_adds_their_parts(notional: str, margin: str) -> None:
    """A twentieth, a tenth and a half, each of its own part."""
    assert maintenance_of(THREE, D(notional)) == D(margin)
    assert TIERED.maintenance(D(notional)) == D(margin)


@pytest.mark.parametrize(
    ("notional", "leverage"),
    [("0", 10), ("999.99", 10), ("1000", 5), ("2999.99", 5), ("3000", 1), ("1000000000", 1)],
)
def test_leverage_falls_at_the_lower_bound_of_a_tier(notional: str, leverage: int) -> None:
    """The bound belongs to the tier that begins there."""
    assert tier_at(THREE, D(notional)).leverage_max == leverage
    assert TIERED.leverage_at(D(notional)) == leverage


def test_instrument_without_tiers_has_one_leverage_and_one_rate_for_every_size() -> None:
    """Its highest, and half of one over it."""
    assert (FLAT.leverage_at(D(0)), FLAT.leverage_at(D(10**12))) == (10, 10)
    assert FLAT.maintenance(D(1_000)) == 50


def test_instrument_knows_where_its_first_tier_ends() -> None:
    """With one tier or none it never does."""
    assert TIERED.first_tier_usd_end == 1_000
    assert FLAT.first_tier_usd_end == D("Infinity")
    single = Instrument(symbol=Symbol("X"), size_decimals=2, leverage_max=10, tiers=tiers((0, 10)))
    assert single.first_tier_usd_end == D("Infinity")


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ((), "none"),
        (((1, 10),), "10x from 1 USD"),
        (((0, 10), (0, 5)), "10x from 0 USD, 5x from 0 USD"),
        (((0, 10), (200, 5), (100, 3)), "10x from 0 USD, 5x from 200 USD, 3x from 100 USD"),
        (((0, 5), (100, 10)), "5x from 0 USD, 10x from 100 USD"),
        (((0, 0),), "0x from 0 USD"),
        (((0, 5), (100, 0)), "5x from 0 USD, 0x from 100 USD"),
    ],
)
def test_tiers_that_no_venue_has_are_a_usage_error(levels: tuple[tuple[int, int], ...], shown: str) -> None:
    """They start at zero, rise, never give more leverage to more, and give some."""
    with pytest.raises(UsageError) as refusal:
        check_tiers(tiers(*levels))
    assert str(refusal.value) == (
        f"margin tiers must start at 0 USD, rise, and never give more leverage to more; were {shown}"
    )


@pytest.mark.parametrize("levels", [((0, 1),), ((0, 5), (1, 5)), ((0, 40), (150_000_000, 20))])
def test_tiers_that_a_venue_may_have_pass(levels: tuple[tuple[int, int], ...]) -> None:
    """One alone, two of the same leverage, and those of BTC; an instrument checks its own."""
    check_tiers(tiers(*levels))
    assert Instrument(symbol=Symbol("X"), size_decimals=0, leverage_max=40, tiers=tiers(*levels)).tiers


def test_instrument_with_tiers_that_no_venue_has_is_a_usage_error() -> None:
    """A wrong table would make every later margin wrong."""
    with pytest.raises(UsageError, match="must start at 0 USD"):
        Instrument(symbol=Symbol("X"), size_decimals=0, leverage_max=40, tiers=tiers((5, 40)))


@pytest.mark.parametrize(("size_decimals", "price"), [(0, "0.01"), (2, "1"), (4, "100"), (5, "1000"), (6, "10000")])
def test_price_is_fine_from_where_a_basis_point_is_a_step(size_decimals: int, price: str) -> None:
    """A ten-thousandth of such a price is a whole step of it."""
    rules = Instrument(symbol=Symbol("X"), size_decimals=size_decimals, leverage_max=1)
    assert rules.price_fine_from == D(price)
    assert rules.price_step(D(price)) <= D(price) / 10_000
