"""Whether an account is large enough for a skill's caps to let a single order pass.

A cap is a share of equity, and the venue has a smallest order in dollars, so a cautious cap on a small account can
forbid everything. That is found here, before a deployment that would never do anything, with the smallest value of
each field that works. Sizes are in dollars: how much a venue's size step takes away is not known without a price.
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
        allowed = f", which on {plain(self.equity)} USD allows {plain(blocker.allows_usd)} USD"
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
    largest = Usd(bps_of(equity, min(_caps_bps(skill).values())))
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

    def _blocker(self, path: str, value_bps: int, needs_usd: Usd, smallest_bps: int | None) -> Blocker:
        unit_bps = 10_000 if path == "risk.maxLeverage" else 100
        step_bps = 10_000 if path == "risk.maxLeverage" else 1
        smallest = None if smallest_bps is None else ceil(smallest_bps / step_bps) * step_bps
        return Blocker(
            path=path,
            value=Decimal(value_bps) / unit_bps,
            allows_usd=Usd(bps_of(self._equity, value_bps)),
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


def _sizes(rules: OpeningRules | None) -> tuple[int | None, Usd | None]:
    if rules is None:
        return None, None
    return None if rules.size_pct is None else int(rules.size_pct * 100), rules.size_usd


def _equity_min(skill: Skill, minimum: Usd) -> Usd | None:
    share_bps, dollars = _sizes(skill.rules)
    cap_bps = min(_caps_bps(skill).values())
    if (dollars is not None and dollars < minimum) or (share_bps is not None and share_bps > cap_bps):
        return None
    cents = ceil(Fraction(dollars or minimum) * 1_000_000 / (share_bps or cap_bps))
    return Usd(Decimal(cents).scaleb(-2))
