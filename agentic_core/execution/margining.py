"""Margin arithmetic: what orders and positions need, what may leave the account, and where it is liquidated.

Hyperliquid, developer documentation, "Margining", "Margin tiers" and "Liquidations": the initial margin is notional
over leverage, the maintenance margin half the initial margin at the tier's highest leverage less the tier's deduction,
and an account is liquidated where its value falls below its maintenance margin.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import msgspec

from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.margin import MarginTier
from agentic_core.domain.money import ZERO, Price, Usd
from agentic_core.domain.order import OpenIntent
from agentic_core.domain.side import Side

__all__ = [
    "Pocket",
    "initial_margin",
    "liquidation_price",
    "resting_units",
    "units_at_worst",
    "withdrawable",
]

_TRANSFER_SHARE_MIN = Decimal("0.1")
_USD_STEP = Decimal("0.000001")
"""USDC has six decimals: margin moved to a position is rounded up to one, margin moved back is rounded down."""


class Pocket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The margin of one isolated position, apart from the rest of the account.

    `raw_usd + units x mark` is what it is worth; opening two units at 100 with ten times leverage moves 20 dollars in:

    >>> opened = Pocket.empty().after(Decimal(2), Decimal(100), leverage=10)
    >>> opened.raw_usd, opened.worth(Decimal(100)), opened.worth(Decimal(95))
    (Decimal('-180.000000'), Decimal('20.000000'), Decimal('10.000000'))

    Closing half of it at 95 frees half of what it is worth there:

    >>> half = opened.after(Decimal(-1), Decimal(95), leverage=10)
    >>> half.worth(Decimal(95))
    Decimal('5.000000')
    """

    raw_usd: Decimal
    """Dollars in the pocket less what the units cost; negative for a long position."""
    units: Decimal
    """The signed position."""

    @classmethod
    def empty(cls) -> "Pocket":
        """Return the pocket of no position."""
        return _EMPTY

    def worth(self, price: Decimal) -> Decimal:
        """Return the margin of the position at a price, its unrealised profit included."""
        return self.raw_usd + self.units * price

    def after(self, signed: Decimal, price: Decimal, *, leverage: int) -> "Pocket":
        """Return the pocket after an execution: growing moves initial margin in, shrinking frees its share."""
        units = self.units + signed
        if not units:
            return _EMPTY
        if not self.units or (self.units > 0) == (signed > 0):
            moved = initial_margin(abs(signed) * price, leverage).quantize(_USD_STEP, ROUND_CEILING)
            return Pocket(raw_usd=self.raw_usd + moved - signed * price, units=units)
        if (units > 0) != (self.units > 0):
            return _EMPTY.after(units, price, leverage=leverage)
        freed = max(ZERO, self.worth(price) * abs(signed) / abs(self.units)).quantize(_USD_STEP, ROUND_FLOOR)
        return Pocket(raw_usd=self.raw_usd - signed * price - freed, units=units)

    def seized(self, signed: Decimal, price: Decimal, fee: Decimal) -> "Pocket":
        """Return the pocket after a liquidation closed units: it pays the fee and keeps what is left for the rest."""
        units = self.units + signed
        return Pocket(raw_usd=self.raw_usd - signed * price - fee, units=units) if units else _EMPTY

    def paid(self, amount: Decimal) -> "Pocket":
        """Return the pocket after a funding payment; negative was paid."""
        return Pocket(raw_usd=self.raw_usd + amount, units=self.units)

    def needed(self, units: Decimal, price: Decimal, *, leverage: int) -> Decimal:
        """Return what the pocket would hold if the position had these signed units instead."""
        return self.after(units - self.units, price, leverage=leverage).worth(price)


_EMPTY = Pocket(raw_usd=ZERO, units=ZERO)


def initial_margin(notional: Decimal, leverage: int) -> Usd:
    """Return what a position of a notional needs to be opened.

    >>> initial_margin(Decimal(80_000), 40)
    Decimal('2000')
    """
    return Usd(notional / leverage)


def units_at_worst(held: Decimal, buys: Decimal, sells: Decimal) -> Decimal:
    """Return the signed position if either all resting buys or all resting sells executed, whichever is larger.

    >>> units_at_worst(Decimal(2), Decimal(1), Decimal(7))
    Decimal('-5')
    """
    long, short = held + buys, held - sells
    return long if abs(long) >= abs(short) else short


def resting_units(orders: Iterable[OpenIntent]) -> Mapping[Symbol, tuple[Decimal, Decimal]]:
    """Return the units of resting buys and of resting sells by symbol; what only reduces needs no margin."""
    found: dict[Symbol, tuple[Decimal, Decimal]] = {}
    for order in orders:
        if not order.reduce_only:
            buys, sells = found.get(order.symbol, (ZERO, ZERO))
            bought = order.side is Side.BUY
            found[order.symbol] = (buys + order.size, sells) if bought else (buys, sells + order.size)
    return found


def withdrawable(account_value: Decimal, initial: Decimal, notional: Decimal) -> Usd:
    """Return what may be taken out: the account value above its initial margin and above a tenth of its notional.

    >>> withdrawable(Decimal(10_000), Decimal(500), Decimal(20_000))
    Decimal('8000.0')
    """
    return Usd(max(ZERO, account_value - max(initial, notional * _TRANSFER_SHARE_MIN)))


def liquidation_price(
    instrument: Instrument, size: Decimal, mark: Decimal, *, value: Decimal, other_maintenance: Decimal = ZERO
) -> Price | None:
    """Return the mark at which a position is liquidated, everything else unchanged; None where no price does it.

    The venue's formula `mark - side x available / |size| / (1 - rate x side)`, where `available` is the value less the
    maintenance margin and the rate is that of the tier which the notional has at the liquidation price.

    Args:
        instrument: the tiers.
        size: the signed position.
        mark: the price now.
        value: what carries it: the account value for cross margin, the pocket's worth for isolated.
        other_maintenance: of the positions that share the value.

    Two BTC long at 100,000 with 20,000 dollars: maintenance 2,500, so 17,500 are available; at the price found the
    value is what 1 / 80 of the notional asks.

    >>> BTC = Instrument(symbol=Symbol("BTC"), size_decimals=5, leverage_max=40)
    >>> round(liquidation_price(BTC, Decimal(2), Decimal(100_000), value=Decimal(20_000)), 6)
    Decimal('91139.240506')
    >>> round(liquidation_price(BTC, Decimal(-2), Decimal(100_000), value=Decimal(20_000)), 6)
    Decimal('108641.975309')

    With 40 times up to 150 million and 20 times above, 2,000 BTC at 100,000 need 200,000,000 / 40 less a deduction of
    1,875,000; a fall far enough leads back into the first tier, whose rate then holds:

    >>> from agentic_core.domain.margin import MarginTier
    >>> large = MarginTier(lower_bound=Usd(Decimal(150_000_000)), leverage_max=20)
    >>> TIERED = Instrument(
    ...     symbol=Symbol("BTC"),
    ...     size_decimals=5,
    ...     leverage_max=40,
    ...     tiers=(MarginTier(lower_bound=Usd(Decimal(0)), leverage_max=40), large),
    ... )
    >>> TIERED.maintenance(Decimal(200_000_000))
    Decimal('3125000.0000')
    >>> round(liquidation_price(TIERED, Decimal(2_000), Decimal(100_000), value=Decimal(13_125_000)), 6)
    Decimal('94871.794872')
    >>> round(liquidation_price(TIERED, Decimal(2_000), Decimal(100_000), value=Decimal(63_125_000)), 6)
    Decimal('69303.797468')
    """
    units, side = abs(size), 1 if size > 0 else -1
    if not units:
        return None
    best: tuple[Decimal, Decimal] | None = None
    for lower, upper, rate, deduction in _brackets(instrument):
        available = value - other_maintenance - (units * mark * rate - deduction)
        price = mark - side * available / units / (1 - rate * side)
        notional = units * price
        # Rounding may put the price of a bracket's edge just outside both; the nearest is then the one.
        outside = max(lower - notional, notional - upper if upper is not None else ZERO, ZERO)
        if best is None or outside < best[0]:
            best = (outside, price)
    return Price(best[1]) if best is not None and best[1] > 0 else None


def _brackets(instrument: Instrument) -> Iterator[tuple[Decimal, Decimal | None, Decimal, Decimal]]:
    # Lower bound, upper bound, maintenance rate and deduction of each tier.
    whole = MarginTier(lower_bound=Usd(ZERO), leverage_max=instrument.leverage_max)
    tiers = instrument.tiers or (whole,)
    deduction, below = ZERO, ZERO
    for place, tier in enumerate(tiers):
        rate = tier.maintenance_rate
        deduction += tier.lower_bound * (rate - below)
        below = rate
        upper = tiers[place + 1].lower_bound if place + 1 < len(tiers) else None
        yield tier.lower_bound, upper, rate, deduction
