"""The most a skill's caps let it lose: per order, per UTC day, and until it halts for good.

Derived step by step, with a worked example, in docs/concepts/loss-bound.md. Shares are exact fractions of equity.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil

import msgspec

from agentic_core.domain.bounds import GapAssumptions, LossBound, Unbounded
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import ZERO, Bps

__all__ = ["loss_bound"]

_BPS = 10_000
_PERCENT = 100
_DRAWDOWN_PCT = 25
"""What to write where no drawdown cap alone would do; the default of a skill file."""

_ASSUMED = GapAssumptions()


def loss_bound(
    limits: RiskLimits, instruments: Mapping[Symbol, Instrument], assumptions: GapAssumptions = _ASSUMED
) -> LossBound | Unbounded:
    """Return the largest losses the caps allow, or which cap lets everything deposited be lost.

    A symbol without an instrument is taken to have no highest leverage.
    """
    caps = _Caps(limits, instruments, assumptions)
    return caps.bound(limits) or caps.unbounded(limits)


class _Caps:
    def __init__(
        self, limits: RiskLimits, instruments: Mapping[Symbol, Instrument], assumptions: GapAssumptions
    ) -> None:
        self._assumptions = assumptions
        known = [instruments.get(symbol) for symbol in limits.symbols_allowed]
        # The tier of the smallest positions has the highest leverage; how large an account is, a skill does not say.
        self._leverages = [None if found is None else found.leverage_at(ZERO) for found in known]
        fee = Fraction(assumptions.fees.taker_rate)
        collar = _share(limits.collar_bps)
        # Both are of notional at the mark. An order executes at worst at the collar and pays its fee on that price.
        self._crossing = collar + fee * (1 + collar)
        # The worse side is the short: what is closed, and what funding is due on, has grown by the gap.
        gap = _share(assumptions.gap_bps)
        self._gap = gap + (1 + gap) * (_share(assumptions.funding_bps) + self._crossing)

    def bound(self, limits: RiskLimits) -> LossBound | None:
        if limits.drawdown_bps_max is None or limits.drawdown_bps_max >= _BPS:
            return None
        drawdown = _share(limits.drawdown_bps_max)
        daily = min(_share(limits.daily_loss_bps_max), drawdown)
        turn = self._turn(limits, drawdown)
        # A cap lets less than itself be lost before the last turn, and that turn takes its share of what is left.
        deployment_bps = _bps_up(1 - (1 - drawdown) * (1 - turn))
        if deployment_bps >= _BPS:
            return None
        return LossBound(
            order_bps=_bps_up(self._order(limits, drawdown) * (self._crossing + self._gap)),
            day_bps=_bps_up(1 - (1 - daily) * (1 - turn)),
            deployment_bps=deployment_bps,
            assumptions=self._assumptions,
        )

    def unbounded(self, limits: RiskLimits) -> Unbounded:
        most = limits.exposure_bps_max // _PERCENT
        exposure_pct = _largest(most, lambda pct: self._holds(_exposed(limits, pct)))
        drawdown_pct = _largest(_PERCENT, lambda pct: self._holds(_drawn(limits, pct)))
        drawdown = f"{drawdown_pct} or less{_along(limits.daily_loss_bps_max, drawdown_pct, 'risk.dailyLossHaltPct')}"
        if exposure_pct:
            positions = _along(limits.position_bps_max, exposure_pct, "risk.maxPositionPct")
            fault = f"was {_pct(limits.exposure_bps_max)}, with which one turn can take what the drawdown cap leaves"
            cure = f"lower it to {exposure_pct} or less{positions}"
            other = f"; or lower risk.maxDrawdownPct to {drawdown}" if drawdown_pct else ""
            return Unbounded(path="risk.maxTotalExposurePct", reason=f"{fault}; {cure}{other}")
        fault = _drawdown_fault(limits)
        cure = f"write {drawdown}" if drawdown_pct else self._both(limits)
        return Unbounded(path="risk.maxDrawdownPct", reason=f"{fault}; {cure}")

    def _turn(self, limits: RiskLimits, drawdown: Fraction) -> Fraction:
        # The largest share of equity that one turn can take, its exits included.
        opened = self._exposure(limits, drawdown)
        grown = opened * (1 + _share(self._assumptions.carry_bps)) / (1 - drawdown)
        # A turn that opens nothing meets the gap with what has grown; one that opens the other side pays for two legs.
        return max(grown * self._gap, opened * (2 * self._crossing + self._gap))

    def _exposure(self, limits: RiskLimits, drawdown: Fraction) -> Fraction:
        # The largest sum of notionals that an approved open can lead to, over equity. The cap of a position is held
        # against the symbol that is opened only: the others may have grown beyond theirs by then.
        caps = [_share(limits.exposure_bps_max), Fraction(limits.leverage_max)]
        if len(self._leverages) <= 1:
            caps.append(sum((self._position(limits, leverage) for leverage in self._leverages), Fraction(0)))
        if limits.reserve_bps:
            # No open passes that leaves the reserve of its exposure less room than to the drawdown cap.
            caps.append(drawdown / _share(limits.reserve_bps))
        return min(caps)

    def _order(self, limits: RiskLimits, drawdown: Fraction) -> Fraction:
        largest = max((self._position(limits, leverage) for leverage in self._leverages), default=Fraction(0))
        return min(largest, self._exposure(limits, drawdown))

    def _position(self, limits: RiskLimits, leverage: int | None) -> Fraction:
        share = _share(limits.position_bps_max)
        return share if leverage is None else min(share, Fraction(leverage))

    def _holds(self, limits: RiskLimits) -> bool:
        return self.bound(limits) is not None

    def _both(self, limits: RiskLimits) -> str:
        lowered = _drawn(limits, _DRAWDOWN_PCT)
        most = limits.exposure_bps_max // _PERCENT
        exposure_pct = _largest(most, lambda pct: self._holds(_exposed(lowered, pct)))
        if not exposure_pct:
            return "no caps are narrow enough for what is assumed of the market"
        return f"write {_DRAWDOWN_PCT}, and lower risk.maxTotalExposurePct to {exposure_pct} or less"


def _share(bps: int) -> Fraction:
    return Fraction(bps, _BPS)


def _bps_up(share: Fraction) -> int:
    return ceil(share * _BPS)


def _pct(bps: int) -> str:
    return f"{bps / _PERCENT:g}"


def _drawdown_fault(limits: RiskLimits) -> str:
    if limits.drawdown_bps_max is None:
        return "is not set, and without it nothing ends a slow loss"
    return f"was {_pct(limits.drawdown_bps_max)}, which lets everything deposited be lost"


def _exposed(limits: RiskLimits, pct: int) -> RiskLimits:
    return msgspec.structs.replace(limits, exposure_bps_max=Bps(pct * _PERCENT))


def _drawn(limits: RiskLimits, pct: int) -> RiskLimits:
    return msgspec.structs.replace(limits, drawdown_bps_max=Bps(pct * _PERCENT))


def _along(bps: int, pct: int, path: str) -> str:
    return f", and {path} with it" if bps > pct * _PERCENT else ""


def _largest(most: int, holds: Callable[[int], bool]) -> int:
    # From 1 to `most`, where whatever is below something that holds does too; 0 where nothing does.
    return bisect_left(range(most), True, key=lambda pct: not holds(pct + 1))  # noqa: FBT003 - a value searched for
