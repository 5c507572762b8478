"""The skills that are attacked: caps, instruments, and what is assumed of the market."""

from decimal import Decimal

import msgspec

from agentic_core.domain import (
    Bps,
    GapAssumptions,
    Instrument,
    LossBound,
    MarginTier,
    RiskLimits,
    Symbol,
    Usd,
)
from agentic_core.risk.loss_bound import loss_bound

__all__ = ["CONFIGURATIONS", "SIZE_DECIMALS", "Configuration", "named"]

SIZE_DECIMALS = 4
"""Of every instrument, so that a size is a whole number of the same lots everywhere."""

_SYMBOLS = tuple(Symbol(name) for name in ("AAA", "BBB", "CCC"))


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """One skill's caps and the market it is deployed in."""

    name: str
    about: str
    limits: RiskLimits
    instruments: tuple[Instrument, ...]
    assumptions: GapAssumptions = GapAssumptions()
    claimed: LossBound | None = None
    """A bound to attack in place of the shipped one, to see whether the search can fail."""
    halts: bool = True
    """Without halts it is a world that no bound was made for."""

    def bound(self) -> LossBound:
        """Return the bound that is attacked."""
        if self.claimed is not None:
            return self.claimed
        found = loss_bound(self.limits, {one.symbol: one for one in self.instruments}, self.assumptions)
        assert isinstance(found, LossBound), f"{self.name}: {found}"
        return found


def _listed(count: int, tiers: tuple[MarginTier, ...] = ()) -> tuple[Instrument, ...]:
    most = tiers[0].leverage_max if tiers else 40
    return tuple(
        Instrument(symbol=symbol, size_decimals=SIZE_DECIMALS, leverage_max=most, tiers=tiers)
        for symbol in _SYMBOLS[:count]
    )


def _caps(position_pct: int, exposure_pct: int, *, count: int = 1, leverage: int = 1) -> RiskLimits:
    return RiskLimits(
        position_bps_max=Bps(100 * position_pct),
        exposure_bps_max=Bps(100 * exposure_pct),
        orders_per_day_max=20,
        leverage_max=leverage,
        order_usd_min=Usd(Decimal(10)),
        symbols_allowed=frozenset(_SYMBOLS[:count]),
        cost_usd_month_max=Usd(Decimal(0)),
        daily_loss_bps_max=Bps(500),
        drawdown_bps_max=Bps(2_500),
    )


def _with_losses(caps: RiskLimits, daily_bps: int, drawdown_bps: int) -> RiskLimits:
    return msgspec.structs.replace(caps, daily_loss_bps_max=Bps(daily_bps), drawdown_bps_max=Bps(drawdown_bps))


_TIERS = (
    MarginTier(lower_bound=Usd(Decimal(0)), leverage_max=10),
    MarginTier(lower_bound=Usd(Decimal(270_000)), leverage_max=2),
    MarginTier(lower_bound=Usd(Decimal(1_000_000)), leverage_max=1),
)

CONFIGURATIONS = (
    Configuration(
        name="starter",
        about="the caps of the starter skill",
        limits=_caps(20, 40),
        instruments=_listed(1),
    ),
    Configuration(
        name="single",
        about="all of the equity in one symbol",
        limits=_caps(100, 100),
        instruments=_listed(1),
    ),
    Configuration(
        name="both-sides",
        about="three times equity in two symbols",
        limits=_caps(150, 300, count=2, leverage=3),
        instruments=_listed(2),
    ),
    Configuration(
        name="tight-day",
        about="1 % a day, 10 % in all, two symbols",
        limits=_with_losses(_caps(50, 100, count=2), 100, 1_000),
        instruments=_listed(2),
    ),
    Configuration(
        name="tiers",
        about="three times equity, but only twice from 270,000 dollars on",
        limits=_caps(300, 300, leverage=3),
        instruments=_listed(1, _TIERS),
    ),
    Configuration(
        name="stop",
        about="twice equity with a stop at 5 %, two symbols",
        limits=msgspec.structs.replace(_caps(100, 200, count=2, leverage=2), stop_bps=Bps(500)),
        instruments=_listed(2),
    ),
    Configuration(
        name="costly",
        about="a collar of 2 % in a calm market, halting at 1 %",
        limits=msgspec.structs.replace(_with_losses(_caps(100, 100), 100, 100), collar_bps=Bps(200)),
        instruments=_listed(1),
        assumptions=GapAssumptions(gap_bps=Bps(100), carry_bps=Bps(1_000)),
    ),
    Configuration(
        name="narrow",
        about="a fifth in each of three symbols, and four fifths in all; halts at 15 %",
        limits=_with_losses(_caps(20, 80, count=3), 500, 1_500),
        instruments=_listed(3),
    ),
)


def named(name: str) -> Configuration:
    """Return the configuration of a name.

    Raises:
        LookupError: there is none.
    """
    for configuration in CONFIGURATIONS:
        if configuration.name == name:
            return configuration
    message = f"no configuration is named {name!r}; there are {', '.join(one.name for one in CONFIGURATIONS)}"
    raise LookupError(message)
