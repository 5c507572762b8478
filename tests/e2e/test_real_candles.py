"""A month of real one-minute candles through the installed commands, compared fill by fill with the oracle."""

import json
import subprocess
import sys
from fractions import Fraction
from functools import cache
from os import defpath
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.oracle.recorded_run import (
    denials_computed,
    denials_recorded,
    equity_recorded,
    facts_computed,
    facts_recorded,
)
from tests.oracle.reference_candles import merged, read_rows
from tests.oracle.reference_run import run
from tests.oracle.reference_terms import Outcome, Terms

CANDLES = Path(__file__).parents[2] / "../shared/data/btc_perp_1m_2022-01.csv"
AGENTIC = Path(sys.executable).parent / "agentic"

pytest_plugins = ["tests.support.embedded_folders"]
pytestmark = pytest.mark.skipif(
    not CANDLES.is_file(), reason=f"the recorded candles {CANDLES.name} do not lie beside the repository"
)


class Scene(NamedTuple):
    """A skill with the minutes of the file that it runs over; what a run costs is the same everywhere."""

    minutes: int
    terms: Terms


EVERY_MINUTE = Scene(
    45_031,
    Terms(
        policy="sma-cross",
        lengths=(20, 60),
        direction="both",
        size=("size", Fraction("0.22")),
        position_pct=Fraction(95),
        exposure_pct=Fraction(95),
        leverage=5,
        orders_per_day=36,
        daily_loss_pct=Fraction(3),
        drawdown_pct=Fraction(25),
        slippage_bps=Fraction(1),
        funding=Fraction("0.0000125"),
    ),
)
EVERY_FIVE_MINUTES = Scene(
    45_031,
    Terms(
        policy="ema-cross",
        lengths=(12, 50),
        direction="both",
        size=("sizePct", Fraction(150)),
        position_pct=Fraction(200),
        exposure_pct=Fraction(200),
        leverage=2,
        orders_per_day=16,
        daily_loss_pct=Fraction(10),
        drawdown_pct=Fraction(50),
        interval_ms=300_000,
        slippage_bps=Fraction(1),
        funding=Fraction("0.0000125"),
    ),
)
FIRST_DAYS = Scene(
    7_600,
    Terms(
        policy="sma-cross",
        lengths=(4, 12),
        direction="both",
        size=("size", Fraction("0.15")),
        position_pct=Fraction(73),
        exposure_pct=Fraction(73),
        leverage=5,
        orders_per_day=60,
        daily_loss_pct=Fraction(3),
        drawdown_pct=Fraction(7),
        slippage_bps=Fraction(1),
        funding=Fraction("0.0000125"),
    ),
)
FIRST_WEEK = Scene(12_000, EVERY_FIVE_MINUTES.terms)
SCENES = {
    "backtest-1m": EVERY_MINUTE,
    "backtest-5m": EVERY_FIVE_MINUTES,
    "backtest-1m-first-days": FIRST_DAYS,
    "paper-1m-first-days": FIRST_DAYS,
    "paper-5m-first-week": FIRST_WEEK,
}
"""Paper keeps every tick in a database, so that a month of minutes would take minutes."""


@cache
def _expected(name: str) -> Outcome:
    minutes, terms = SCENES[name]
    return run(merged(read_rows(CANDLES)[:minutes], terms.interval_ms), terms)


@pytest.mark.parametrize(
    ("name", "rules", "halt"),
    [
        ("backtest-1m", {"R5_POSITION_CAP", "R7_ORDERS_PER_DAY", "R8_DAILY_LOSS", "R3_HALTED"}, "daily_loss"),
        ("backtest-5m", {"R7_ORDERS_PER_DAY", "R8_DAILY_LOSS", "R3_HALTED"}, "daily_loss"),
        ("paper-1m-first-days", {"R5_POSITION_CAP", "R7_ORDERS_PER_DAY", "R3_HALTED"}, "drawdown"),
    ],
)
def test_oracle_over_real_candles_meets_what_the_comparison_is_for(name: str, rules: set[str], halt: str) -> None:
    """At least 200 fills, funding, refusals, withheld opens and one halt that closes, with refusals after it."""
    outcome = _expected(name)
    assert len(outcome.fills) >= 200
    assert len(outcome.funding) >= 20
    assert {rule for _, rule in outcome.rejections} == rules
    assert "R7_ORDERS_PER_DAY" in {rule for _, rule in outcome.withheld}
    assert [reason for _, reason in outcome.halts] == [reason for _, reason in outcome.closings] == [halt]


def test_oracle_over_resampled_candles_drops_the_incomplete_groups() -> None:
    """Of the first and the last five minutes some are missing."""
    assert len(_expected("backtest-5m").equity) == 9_005
    assert len(_expected("backtest-1m").equity) == 45_031


@pytest.mark.parametrize("name", SCENES)
def test_command_over_real_candles_equals_the_oracle(name: str, tmp_path: Path, shared_home: Path) -> None:
    """Fill by fill, refusal by refusal, payment by payment, and the final equity exactly."""
    minutes, terms = SCENES[name]
    skill, candles, out, page = (tmp_path / file for file in ("skill.json", "candles.csv", "run.json", "run.html"))
    skill.write_text(_skill_file(terms))
    candles.write_text("".join(CANDLES.read_text().splitlines(keepends=True)[: minutes + 1]))
    options = ["--candles", str(candles), "--symbol", "BTC", "--funding-rate", "0.0000125", "--slippage-bps", "1"]
    finished = subprocess.run(
        [AGENTIC, name.split("-", maxsplit=1)[0], skill, *options, "--json", out, "--html", page, "--quiet"],
        capture_output=True,
        check=False,
        env={"AGENTIC_HOME": str(shared_home / name), "HOME": str(tmp_path), "PATH": defpath},
        text=True,
        timeout=240,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")
    outcome, document = _expected(name), json.loads(out.read_text())
    recorded = facts_recorded(document)
    for fact, computed in facts_computed(outcome).items():
        assert recorded[fact] == computed, fact
    assert denials_recorded(document) == denials_computed(outcome)
    points = equity_recorded(document)
    assert points == {time: outcome.equity[time] for time in points}
    assert page.stat().st_size > 0


def _skill_file(terms: Terms) -> str:
    (fast, slow), (kind, amount) = terms.lengths, terms.size
    return json.dumps(
        {
            "name": "Real candles",
            "mode": "rules",
            "schedule": {"interval": f"{terms.interval_ms // 60_000}m"},
            "rules": {
                "policy": terms.policy,
                "symbol": "BTC",
                "fast": fast,
                "slow": slow,
                "direction": terms.direction,
                kind: float(amount),
            },
            "risk": {
                "maxPositionPct": int(terms.position_pct),
                "maxTotalExposurePct": int(terms.exposure_pct),
                "maxOrdersPerDay": terms.orders_per_day,
                "maxOrdersPerMinute": terms.orders_per_minute,
                "maxLeverage": terms.leverage,
                "allowedSymbols": ["BTC"],
                "dailyLossHaltPct": int(terms.daily_loss_pct),
                "maxDrawdownPct": int(terms.drawdown_pct or 100),
            },
        }
    )
