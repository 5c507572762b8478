"""Whether an account is large enough for a skill's caps to let a single order pass.

A cap is a share of equity, and the venue has a smallest order in dollars, so a cautious cap on a small account can
forbid everything. The loss caps do too: an open has to leave them room for what closing everything would cost. That
is found here, before a deployment that would never do anything, with the smallest value of each field that works.
Sizes are in dollars: how much a venue's size step takes away is not known without a price.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import TypeAlias

import msgspec

from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import Usd, bps_of, plain
from agentic_core.skills.policies import OpeningRules
from agentic_core.skills.schema import Skill

__all__ = ["Blocker", "Tradable", "TradableVerdict", "Untradable", "check_tradable"]

_BPS_MAX = 500_000
"""The largest cap a skill may have: fifty times the equity."""

_LOSS_PATHS = ("risk.dailyLossHaltPct", "risk.maxDrawdownPct")


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """A field that lets no order pass."""

    path: str
    """Such as risk.maxPositionPct."""
    value: Decimal
    """In the unit of the field: percent, dollars, or times equity."""
    allows_usd: Usd
    """The largest order it leaves room for."""
    needs_usd: Usd
    """What an order is worth at least."""
    smallest: Decimal | None
    """The smallest value that works; None when none does."""


class Tradable(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="tradable"):
    """The caps leave room for an order."""

    equity: Usd
    order_usd_min: Usd
    """What an open has to be worth at least."""
    position_usd_max: Usd
    """What the position in one symbol may be worth at most."""


class Untradable(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="untradable"):
    """No open could ever pass."""

    equity: Usd
    order_usd_min: Usd
    """What an open has to be worth at least."""
    blockers: tuple[Blocker, ...]
    """Every field that is in the way by itself."""
    equity_min: Usd | None
    """The smallest account that the skill could trade as it is; None when none is large enough."""

    @property
    def detail(self) -> str:
        """What is in the way and what to do, one line each under a headline."""
        lines = [f"{blocker.path}: {self._fault(blocker)}; {self._cure(blocker)}" for blocker in self.blockers]
        if self.equity_min is not None:
            lines.append(f"or leave it as it is and start with {plain(self.equity_min)} USD or more")
        lines.append("these are bare minimums: fees eat into equity and sizes are rounded down, so leave some room")
        return "\n  ".join([f"no order could ever pass on {plain(self.equity)} USD", *lines])

    def _fault(self, blocker: Blocker) -> str:
        order = "the smallest order" if blocker.needs_usd == self.order_usd_min else "what the rules would open"
        reserved = ", with the reserve for closing," if blocker.path in _LOSS_PATHS else ""
        allowed = f", which on {plain(self.equity)} USD{reserved} allows {plain(blocker.allows_usd)} USD"
        less = f", less than {order}, {plain(blocker.needs_usd)} USD"
        return f"was {plain(blocker.value)}{'' if blocker.path == 'rules.sizeUsd' else allowed}{less}"

    def _cure(self, blocker: Blocker) -> str:
        if blocker.smallest is None:
            return "no value is enough on this account"
        lower = "" if blocker.needs_usd == self.order_usd_min else ", or let the rules open less"
        return f"write {plain(blocker.smallest)} or more{lower}"


TradableVerdict: TypeAlias = Tradable | Untradable


def check_tradable(skill: Skill, equity: Usd) -> TradableVerdict:
    """Tell whether an account of this equity could ever open a position under the skill's caps."""
    minimum = max(skill.risk.min_order_usd, VENUE_ORDER_USD_MIN)
    blockers = tuple(_Account(skill, equity, minimum).blockers())
    if blockers:
        smallest_equity = _equity_min(skill, minimum)
        return Untradable(equity=equity, order_usd_min=minimum, blockers=blockers, equity_min=smallest_equity)
    largest = min(_room_usd(skill, equity).values())
    return Tradable(equity=equity, order_usd_min=minimum, position_usd_max=largest)


class _Account:
    def __init__(self, skill: Skill, equity: Usd, minimum: Usd) -> None:
        self._skill = skill
        self._rules = skill.rules
        self._equity = equity
        self._minimum = minimum

    def blockers(self) -> Iterator[Blocker]:
        share_bps, dollars = _sizes(self._rules)
        least_bps = self._share_of(self._minimum)
        if share_bps is not None and (least_bps is None or share_bps < least_bps):
            yield self._blocker("rules.sizePct", share_bps, self._minimum, least_bps)
        if dollars is not None and dollars < self._minimum:
            yield Blocker(
                path="rules.sizeUsd",
                value=dollars,
                allows_usd=dollars,
                needs_usd=self._minimum,
                smallest=self._minimum,
            )
        needs_usd = max(dollars or self._minimum, self._minimum)
        needs_bps = self._share_of(needs_usd)
        if share_bps is not None and least_bps is not None:
            needs_bps = max(share_bps, least_bps)
            needs_usd = Usd(bps_of(self._equity, share_bps)) if share_bps > least_bps else self._minimum
        for path, cap_bps in _caps_bps(self._skill).items():
            if needs_bps is None or cap_bps < needs_bps:
                yield self._blocker(path, cap_bps, needs_usd, needs_bps)
        reserve_bps = self._skill.limits().reserve_bps
        for path, cap_bps in _loss_caps_bps(self._skill).items():
            if reserve_bps * needs_usd >= cap_bps * self._equity:
                smallest_bps = None if needs_bps is None else int(reserve_bps * needs_usd // self._equity) + 1
                yield self._blocker(path, cap_bps, needs_usd, smallest_bps)

    def _blocker(self, path: str, value_bps: int, needs_usd: Usd, smallest_bps: int | None) -> Blocker:
        unit_bps = 10_000 if path == "risk.maxLeverage" else 100
        step_bps = 10_000 if path == "risk.maxLeverage" else 1
        smallest = None if smallest_bps is None else ceil(smallest_bps / step_bps) * step_bps
        allows = _room_usd(self._skill, self._equity).get(path)
        return Blocker(
            path=path,
            value=Decimal(value_bps) / unit_bps,
            allows_usd=Usd(bps_of(self._equity, value_bps)) if allows is None else allows,
            needs_usd=needs_usd,
            smallest=None if smallest is None else Decimal(smallest) / unit_bps,
        )

    def _share_of(self, dollars: Usd) -> int | None:
        # The smallest whole number of basis points that is worth so much; None when no cap may be that large.
        if self._equity <= 0:
            return None
        share_bps = ceil(Fraction(dollars) * 10_000 / Fraction(self._equity))
        return share_bps if share_bps <= _BPS_MAX else None


def _caps_bps(skill: Skill) -> dict[str, int]:
    limits = skill.limits()
    return {
        "risk.maxPositionPct": limits.position_bps_max,
        "risk.maxTotalExposurePct": limits.exposure_bps_max,
        "risk.maxLeverage": limits.leverage_max * 10_000,
    }


def _loss_caps_bps(skill: Skill) -> dict[str, int]:
    risk = skill.risk
    return {
        path: int(pct * 100)
        for path, pct in zip(_LOSS_PATHS, (risk.daily_loss_halt_pct, risk.max_drawdown_pct), strict=True)
    }


def _room_usd(skill: Skill, equity: Usd) -> dict[str, Usd]:
    # The largest order that each cap leaves room for; below a loss cap the reserve has to stay, so that a cent is less.
    reserve_bps = skill.limits().reserve_bps
    room = {path: Usd(bps_of(equity, cap_bps)) for path, cap_bps in _caps_bps(skill).items()}
    for path, cap_bps in _loss_caps_bps(skill).items():
        cents = ceil(Fraction(equity) * cap_bps * 100 / reserve_bps) - 1
        room[path] = Usd(Decimal(cents).scaleb(-2))
    return room


def _sizes(rules: OpeningRules | None) -> tuple[int | None, Usd | None]:
    if rules is None:
        return None, None
    return None if rules.size_pct is None else int(rules.size_pct * 100), rules.size_usd


def _equity_min(skill: Skill, minimum: Usd) -> Usd | None:
    share_bps, dollars = _sizes(skill.rules)
    cap_bps, loss_bps = min(_caps_bps(skill).values()), min(_loss_caps_bps(skill).values())
    reserve_bps = skill.limits().reserve_bps
    if dollars is not None and dollars < minimum:
        return None
    if share_bps is not None and (share_bps > cap_bps or reserve_bps * share_bps >= loss_bps * 10_000):
        return None
    cents = ceil(Fraction(dollars or minimum) * 1_000_000 / (share_bps or cap_bps))
    reserved_cents = int(Fraction(dollars or minimum) * 100 * reserve_bps / loss_bps) + 1
    return Usd(Decimal(max(cents, reserved_cents)).scaleb(-2))
