"""A month of real one-minute candles through the installed commands, compared fill by fill with the oracle."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from tests.oracle.recorded_run import denials_recorded, equity_recorded, facts_computed, facts_recorded
from tests.oracle.reference_run import Outcome, Terms, merged, read_rows, run

CANDLES = Path(__file__).parents[2] / "../shared/data/btc_perp_1m_2022-01.csv"
AGENTIC = Path(sys.executable).parent / "agentic"

pytestmark = pytest.mark.skipif(
    not CANDLES.is_file(), reason=f"the recorded candles {CANDLES.name} do not lie beside the repository"
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A skill file, and the same skill in the oracle's terms."""

    rules: dict[str, str | int | float]
    risk: dict[str, int]
    interval: str
    terms: Terms

    def skill_file(self) -> str:
        """Write the skill as its author would."""
        risk = {**self.risk, "allowedSymbols": ["BTC"]}
        schedule = {"interval": self.interval}
        return json.dumps(
            {"name": "Real candles", "mode": "rules", "schedule": schedule, "rules": self.rules, "risk": risk}
        )


EVERY_MINUTE = Case(
    rules={"policy": "sma-cross", "symbol": "BTC", "fast": 20, "slow": 60, "direction": "both", "size": 0.22},
    risk={
        "maxPositionPct": 95,
        "maxTotalExposurePct": 95,
        "maxOrdersPerDay": 24,
        "maxLeverage": 5,
        "dailyLossHaltPct": 5,
    },
    interval="1m",
    terms=Terms(
        policy="sma-cross",
        lengths=(20, 60),
        direction="both",
        size=("size", Fraction("0.22")),
        position_pct=Fraction(95),
        exposure_pct=Fraction(95),
        leverage=5,
        orders_per_day=24,
        daily_loss_pct=Fraction(5),
        slippage_bps=Fraction(1),
        funding=Fraction("0.0000125"),
    ),
)
EVERY_FIVE_MINUTES = Case(
    rules={"policy": "ema-cross", "symbol": "BTC", "fast": 12, "slow": 50, "direction": "both", "sizePct": 150},
    risk={
        "maxPositionPct": 200,
        "maxTotalExposurePct": 200,
        "maxOrdersPerDay": 16,
        "maxLeverage": 2,
        "dailyLossHaltPct": 10,
    },
    interval="5m",
    terms=Terms(
        policy="ema-cross",
        lengths=(12, 50),
        direction="both",
        size=("sizePct", Fraction(150)),
        position_pct=Fraction(200),
        exposure_pct=Fraction(200),
        leverage=2,
        orders_per_day=16,
        daily_loss_pct=Fraction(10),
        interval_ms=300_000,
        slippage_bps=Fraction(1),
        funding=Fraction("0.0000125"),
    ),
)


@cache
def _expected(interval_ms: int) -> Outcome:
    case = EVERY_MINUTE if interval_ms == EVERY_MINUTE.terms.interval_ms else EVERY_FIVE_MINUTES
    return run(merged(read_rows(CANDLES), interval_ms), case.terms)


def test_oracle_over_real_candles_meets_what_the_comparison_is_for() -> None:
    """At least 200 fills, funding, three rules that refuse and exactly one halt, with refusals after it."""
    outcome = _expected(60_000)
    refused = Counter(rule for _, rule in outcome.rejections)
    assert len(outcome.fills) >= 200
    assert len(outcome.funding) >= 100
    assert set(refused) == {"R5_POSITION_CAP", "R7_ORDERS_PER_DAY", "R3_HALTED"}
    assert [reason for _, reason in outcome.halts] == ["daily_loss"]
    assert len(outcome.equity) == 45_031


def test_oracle_over_resampled_candles_meets_what_the_comparison_is_for() -> None:
    """The incomplete first and last five minutes are dropped; opens are refused by the day's cap and by the halt."""
    outcome = _expected(300_000)
    assert len(outcome.fills) >= 200
    assert {rule for _, rule in outcome.rejections} == {"R7_ORDERS_PER_DAY", "R3_HALTED"}
    assert [reason for _, reason in outcome.halts] == ["daily_loss"]
    assert len(outcome.equity) == 9_005


@pytest.mark.parametrize("command", ["backtest", "paper"])
@pytest.mark.parametrize("case", [EVERY_MINUTE, EVERY_FIVE_MINUTES], ids=["1m", "5m"])
def test_command_over_real_candles_equals_the_oracle(command: str, case: Case, tmp_path: Path) -> None:
    """Fill by fill, refusal by refusal, payment by payment, and the final equity exactly."""
    skill, out, page = tmp_path / "skill.json", tmp_path / "run.json", tmp_path / "run.html"
    skill.write_text(case.skill_file())
    options = ["--candles", str(CANDLES), "--symbol", "BTC", "--funding-rate", "0.0000125", "--slippage-bps", "1"]
    finished = subprocess.run(
        [AGENTIC, command, skill, *options, "--json", out, "--html", page, "--quiet"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        text=True,
        timeout=240,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    outcome, document = _expected(case.terms.interval_ms), json.loads(out.read_text())
    recorded, computed = facts_recorded(document), facts_computed(outcome)
    for fact, expected in computed.items():
        assert recorded[fact] == expected, fact
    assert denials_recorded(document) == outcome.rejections
    points = equity_recorded(document)
    assert points == {time: outcome.equity[time] for time in points}
    assert page.stat().st_size > 0
