"""Where the protective stop of a position belongs: as far as the skill says, and always before a liquidation."""

import msgspec

from agentic_core.domain.bounds import GapAssumptions
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import BPS_ONE, Bps, Price, Usd, bps_of
from agentic_core.domain.order import Trigger, TriggerKind
from agentic_core.domain.position import Position
from agentic_core.domain.side import Side
from agentic_core.errors import UsageError
from agentic_core.execution.margining import Pocket, liquidation_price
from agentic_core.execution.planner import limit_price

__all__ = [
    "PROTECTION",
    "Carried",
    "ProtectionRules",
    "ProtectiveStop",
    "liquidation_estimate",
    "stop_distance",
    "stop_of",
]


class ProtectionRules(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a position is protected."""

    naked_ms_max: int = 10_000
    """How long a position may be without a resting stop; from then on it is flattened.

    Twice as long while one rests that is only too far away.
    """
    covered_ms: int = 5_000
    """How long a stop has to rest before the time without one is forgotten.

    A venue that takes stops and cancels them again would otherwise restart the count with each of them.
    """
    worst_bps: int = 1_000
    """How far beyond its trigger a stop may execute; the venue's own market triggers are given as much."""
    slack_bps: int = 25
    """How far a stop may lie from where it belongs before it is replaced: each replacement is naked for a moment."""
    liquidation_bps: int = 50
    """How much nearer than the liquidation a stop fires at the latest; more than the slack."""


PROTECTION = ProtectionRules()


class ProtectiveStop(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The stop a position should have; always reduce-only."""

    side: Side
    trigger: Trigger
    limit_price: Price
    """The worst price acceptable once it fired."""


class Carried(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What carries a position, all of one moment."""

    mark: Price
    leverage: int
    isolated: bool
    """Whether it has margin of its own."""
    equity: Usd
    """Of the whole account."""
    reserved: Usd
    """What of the equity the other positions need; too much of it errs towards an early stop."""


def stop_distance(limits: RiskLimits, assumed: GapAssumptions) -> Bps:
    """Return how far from the entry price a stop belongs: as the skill says, else the gap its loss bound assumes.

    Raises:
        UsageError: no price of a stop has that distance.
    """
    distance = assumed.gap_bps if limits.stop_bps is None else limits.stop_bps
    if not 0 < distance < BPS_ONE:
        message = f"a protective stop {distance} bps from the entry protects nothing; it must be 1 to 9,999 bps away"
        raise UsageError(message)
    return distance


def liquidation_estimate(position: Position, instrument: Instrument, carried: Carried) -> Price | None:
    """Return the mark at which a position is liquidated while the others stay as they are; None where no price does it.

    An isolated one is carried by the margin its leverage asked for; what was added or taken out by hand is not seen.

    >>> from decimal import Decimal
    >>> from agentic_core.domain.ids import Symbol
    >>> from agentic_core.domain.money import Size
    >>> ETH = Instrument(symbol=Symbol("ETH"), size_decimals=4, leverage_max=25)
    >>> held = Position(symbol=ETH.symbol, size=Size(Decimal(2)), entry_cost=Usd(Decimal(4_000)))
    >>> at = Carried(
    ...     mark=Price(Decimal(2_000)), leverage=20, isolated=True, equity=Usd(Decimal(900)), reserved=Usd(Decimal(500))
    ... )
    >>> round(liquidation_estimate(held, ETH, at), 4)
    Decimal('1938.7755')
    >>> round(liquidation_estimate(held, ETH, msgspec.structs.replace(at, isolated=False)), 4)
    Decimal('1836.7347')
    """
    entry = position.entry_price
    if entry is None:
        return None
    value = carried.equity - carried.reserved
    if carried.isolated:
        value = Pocket.empty().after(position.size, entry, leverage=carried.leverage).worth(carried.mark)
    return liquidation_price(instrument, position.size, carried.mark, value=value)


def stop_of(
    position: Position,
    instrument: Instrument,
    distance_bps: int,
    rules: ProtectionRules = PROTECTION,
    *,
    liquidation: Price | None = None,
) -> ProtectiveStop | None:
    """Return the stop that belongs to a position; None when it is flat.

    It is measured from the entry price, which no mark moves, drawn nearer where it would fire behind the liquidation,
    and rounded to fire rather early than late. Where nothing is left between the two, the mark is beyond it already.
    """
    entry = position.entry_price
    if entry is None:
        return None
    side = position.closing_side
    selling = side is Side.SELL
    price = entry + bps_of(entry, distance_bps) * side.sign
    if liquidation is not None:
        nearest = liquidation - bps_of(liquidation, rules.liquidation_bps) * side.sign
        price = max(price, nearest) if selling else min(price, nearest)
    legal = instrument.round_price(price, up=selling)
    return ProtectiveStop(
        side=side,
        trigger=Trigger(kind=TriggerKind.STOP, price=legal, position_sized=True),
        limit_price=limit_price(instrument, side, legal, rules.worst_bps),
    )
