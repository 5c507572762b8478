"""Liquidation before the stop: with the mark at the stop the account must still cover all maintenance margin."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import MarginTier, Side, Symbol, Usd
from tests.support.expected_rules import first_broken
from tests.support.risk_scenes import Elsewhere, Scene, approved, denied, opening

D = Decimal
BASE = Scene(
    size=D("0.4"),
    equity=D(10_000),
    position_bps_max=10**6,
    exposure_bps_max=10**6,
    leverage_max=40,
    reserve_bps=0,
)
"""20,000 dollars of BTC, whose maintenance margin is an eightieth of its notional."""

TIERS = (
    MarginTier(lower_bound=Usd(D(0)), leverage_max=40),
    MarginTier(lower_bound=Usd(D(8_000)), leverage_max=5),
)
"""An eightieth below 8,000 dollars, a tenth of what is above."""

CASES: list[tuple[str, Mapping[str, object], str]] = [
    # Half of 20,000 is lost, and half of it needs 125.
    ("long", {"stop_bps": 5_000}, "10125"),
    # Half is lost, and one and a half times of it need 375.
    ("short", {"stop_bps": 5_000, "side": Side.SELL}, "10375"),
    # All is lost, and nothing is left to need anything.
    ("to-the-ground", {"stop_bps": 10_000}, "20000"),
    # Nothing is lost, but 250 are needed, and a sixth of 6,000.
    ("at-the-mark", {"stop_bps": 0, "elsewhere": (Elsewhere(symbol=Symbol("SOL"), size=D(60)),)}, "1250"),
    # 4,000 dollars of ETH at its twenty-fifth need 80 more, whichever way they are held.
    ("long-elsewhere", {"stop_bps": 5_000, "elsewhere_usd": D(4_000)}, "10205"),
    ("short-elsewhere", {"stop_bps": 5_000, "elsewhere_usd": D(-4_000)}, "10205"),
    # What the venue does not list is taken to have a highest leverage of three: 600 / 6 more.
    ("unlisted", {"stop_bps": 5_000, "elsewhere": (Elsewhere(symbol=Symbol("SOL"), size=D(6)),)}, "10225"),
    # A tenth of the 2,000 above 8,000, and 100 for those below.
    ("tiers", {"stop_bps": 5_000, "tiers": TIERS, "leverage_max": 2}, "10300"),
    ("tiers-short", {"stop_bps": 5_000, "tiers": TIERS, "leverage_max": 2, "side": Side.SELL}, "12300"),
    # Held and resting units count with the position.
    ("added", {"stop_bps": 5_000, "size": D("0.1"), "held": D("0.3")}, "10125"),
    ("resting", {"stop_bps": 5_000, "size": D("0.1"), "open_intents": (opening(Side.BUY, "0.3"),)}, "10125"),
    ("added-short", {"stop_bps": 5_000, "side": Side.SELL, "held": D("-0.1"), "size": D("0.3")}, "10375"),
]
IDS = [name for name, _, _ in CASES]


def with_equity(changes: Mapping[str, object], equity: Decimal) -> Scene:
    """Return the scene with so much equity, of which nothing was lost yet."""
    return msgspec.structs.replace(BASE, **changes, equity=equity, baseline=equity, peak=equity)


@pytest.mark.parametrize(("changes", "needed"), [(changes, needed) for _, changes, needed in CASES], ids=IDS)
def test_stop_fires_in_time_with_exactly_the_equity_it_needs(changes: Mapping[str, object], needed: str) -> None:
    """The loss at the stop plus the maintenance margin of everything then."""
    asked = with_equity(changes, D(needed))
    assert approved(asked).withheld is None
    assert first_broken(asked) is None


@pytest.mark.parametrize(("changes", "needed"), [(changes, needed) for _, changes, needed in CASES], ids=IDS)
def test_stop_comes_too_late_with_a_millionth_less(changes: Mapping[str, object], needed: str) -> None:
    """The account would be liquidated before the stop fires."""
    asked = with_equity(changes, D(needed) - D("0.000001"))
    assert denied(asked).rule == "R9_LIQUIDATION_BEFORE_STOP" == first_broken(asked)


def test_stop_of_a_flip_guards_the_position_it_leads_to() -> None:
    """0.4 short after a long of 0.1, which is gone by then; without the equity only the closing leg is left."""
    flip = {"stop_bps": 5_000, "side": Side.SELL, "held": D("0.1")}
    assert len(approved(with_equity(flip, D(10_375))).plan) == 2
    refused = approved(with_equity(flip, D("10374.999999")))
    assert refused.withheld is not None
    assert (refused.withheld.rule, len(refused.plan)) == ("R9_LIQUIDATION_BEFORE_STOP", 1)


def test_without_a_stop_nothing_is_asked_about_liquidation() -> None:
    """At forty times equity the account is all but gone, and the skill has said that it wants that."""
    asked = with_equity({"stop_bps": None, "size": D("0.8")}, D(1_000))
    assert approved(asked).numbers.stop_bps is None


def test_position_elsewhere_without_a_mark_needs_no_margin() -> None:
    """What it is worth is not known, and everything else is asked all the same."""
    asked = with_equity(
        {"stop_bps": 5_000, "elsewhere": (Elsewhere(symbol=Symbol("SOL"), size=D(6), mark=None),)}, D(10_125)
    )
    assert approved(asked).numbers.exposure_usd == 20_000
