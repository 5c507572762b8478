"""What is traded here unless told otherwise, and what prices and sizes a market takes."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from types import MappingProxyType

from agentic_hl.venue.exact import rounded
from agentic_hl.venue.terms import Market, Tier

__all__ = [
    "MARGIN_TABLES",
    "MARKETS",
    "MAX_MARKET_ORDER_NOTIONALS",
    "START_PRICES",
    "is_price",
    "is_size",
    "max_market_order_notional",
    "price_at",
    "price_down",
    "price_up",
    "size_down",
    "size_step",
]

_MAX_DECIMALS = 6
_SIGNIFICANT = 5
_LARGEST_LEVERAGE = 50


def _tiers(*rungs: tuple[int, int]) -> tuple[Tier, ...]:
    return tuple(Tier(lower_bound=Decimal(bound), max_leverage=leverage) for bound, leverage in rungs)


MARGIN_TABLES: Mapping[int, tuple[str, tuple[Tier, ...]]] = MappingProxyType(
    {
        50: ("", _tiers((0, 50))),
        51: ("tiered 10x", _tiers((0, 10), (3_000_000, 5))),
        52: ("tiered 10x (2)", _tiers((0, 10), (20_000_000, 5))),
        53: ("tiered 20x", _tiers((0, 20), (40_000_000, 10))),
        54: ("tiered 20x (2)", _tiers((0, 20), (70_000_000, 10))),
        55: ("tiered 25x", _tiers((0, 25), (100_000_000, 15))),
        56: ("tiered 40x", _tiers((0, 40), (150_000_000, 20))),
    }
)
"""Description and tiers by id; below 50 the id is the leverage of a single tier."""


def _market(index: int, name: str, sz_decimals: int, table: int) -> Market:
    tiers = MARGIN_TABLES[table][1] if table >= _LARGEST_LEVERAGE else _tiers((0, table))
    return Market(
        index=index,
        name=name,
        sz_decimals=sz_decimals,
        max_leverage=tiers[0].max_leverage,
        margin_table_id=table,
        tiers=tiers,
        only_isolated=name == "HPOS",
        margin_mode="strictIsolated" if name == "HPOS" else None,
        delisted=name == "MATIC",
    )


MARKETS: tuple[Market, ...] = (
    _market(0, "BTC", 5, 56),
    _market(1, "ETH", 4, 55),
    _market(2, "ATOM", 2, 5),
    _market(3, "MATIC", 1, 20),
    _market(4, "DYDX", 1, 5),
    _market(5, "SOL", 2, 54),
    _market(6, "XRP", 0, 53),
    _market(7, "kPEPE", 0, 52),
    _market(8, "HPOS", 0, 3),
)
"""Nine perpetuals: MATIC is delisted, HPOS is isolated only and keeps what margin it got."""

START_PRICES: Mapping[int, Decimal] = MappingProxyType(
    {
        index: Decimal(price)
        for index, price in enumerate(("95000", "3200", "6.5", "0.4", "0.65", "180", "2.2", "0.012", "0.05"))
    }
)
"""Oracle prices of `MARKETS` to begin with; whatever is not named begins at 100."""

MAX_MARKET_ORDER_NOTIONALS: tuple[tuple[int, Decimal], ...] = (
    (25, Decimal(30_000_000)),
    (20, Decimal(5_000_000)),
    (10, Decimal(2_000_000)),
    (0, Decimal(500_000)),
)
"""From this max leverage on, USD that one market order may ask for; a limit order ten times as much."""


def max_market_order_notional(market: Market) -> Decimal:
    """Tell how much USD one market order may ask for.

    >>> max_market_order_notional(MARKETS[5])
    Decimal('5000000')
    """
    return next(cap for leverage, cap in MAX_MARKET_ORDER_NOTIONALS if market.max_leverage >= leverage)


def is_size(sz: Decimal, market: Market) -> bool:
    """Tell whether a size has no more decimals than the market takes."""
    return _decimals(sz) <= market.sz_decimals


def is_price(px: Decimal, market: Market) -> bool:
    """Tell whether a price is an integer, or has at most 5 significant digits and 6 - szDecimals decimals.

    >>> is_price(Decimal("123456"), MARKETS[0]), is_price(Decimal("12345.6"), MARKETS[0])
    (True, False)
    >>> is_price(Decimal("1234.5"), MARKETS[0]), is_price(Decimal("123.45"), MARKETS[0])
    (True, False)
    """
    decimals = _decimals(px)
    if decimals <= 0:
        return True
    if decimals > _MAX_DECIMALS - market.sz_decimals:
        return False
    return px.adjusted() + 1 + decimals <= _SIGNIFICANT


def price_down(px: Decimal, market: Market) -> Decimal:
    """Round to the next lower price that the market takes."""
    return _at_tick(px, market, ROUND_FLOOR)


def price_up(px: Decimal, market: Market) -> Decimal:
    """Round to the next higher price that the market takes."""
    return _at_tick(px, market, ROUND_CEILING)


def price_at(px: Decimal, market: Market) -> Decimal:
    """Round to the nearest price that the market takes."""
    return _at_tick(px, market, ROUND_HALF_EVEN)


def size_down(sz: Decimal, market: Market) -> Decimal:
    """Cut a size to the decimals that the market takes."""
    return rounded(sz, _STEPS[market.sz_decimals], ROUND_FLOOR)


def size_step(market: Market) -> Decimal:
    """Tell the smallest size that the market takes."""
    return _STEPS[market.sz_decimals]


_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(_MAX_DECIMALS + 1))


def _at_tick(px: Decimal, market: Market, rounding: str) -> Decimal:
    places = min(_MAX_DECIMALS - market.sz_decimals, _SIGNIFICANT - 1 - px.adjusted())
    return rounded(px, _STEPS[max(places, 0)], rounding)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise TypeError(f"{value} is no finite number")
    if exponent >= 0:
        return 0
    shortest = value.normalize().as_tuple().exponent
    return max(0, -shortest) if isinstance(shortest, int) else 0
