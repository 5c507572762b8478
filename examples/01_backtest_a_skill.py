"""Backtest a skill on a synthetic market and look at what happened, as one would in a notebook.

Run it with `python examples/01_backtest_a_skill.py`; it needs nothing but `pip install agentic-perps`.
"""

from decimal import Decimal

from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.backtest.markets import trending_market
from agentic_core.domain import DeploymentId, Instant, Price, RunRecord, SkillId, SkillVersionRecord, Symbol
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.terms import Terms
from agentic_core.skills import canonical_json, load_skill, payload_hash

SKILL = """{
  "name": "Trend rider", "mode": "rules",
  "schedule": {"interval": "5m"},
  "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 10, "slow": 30, "direction": "both", "sizePct": 50},
  "risk": {"maxPositionPct": 60, "maxTotalExposurePct": 100, "maxOrdersPerDay": 60, "maxLeverage": 1,
           "allowedSymbols": ["BTC"], "dailyLossHaltPct": 5}
}"""


def backtest(seed: int) -> RunRecord:
    """Run the skill on the market of a seed."""
    skill = load_skill(SKILL, source="example")
    payload = canonical_json(skill)
    version = SkillVersionRecord(
        skill_id=SkillId("example"), version=1, payload=payload, payload_hash=payload_hash(payload)
    )
    btc = Symbol("BTC")
    candles = trending_market(
        btc, seed=seed, start=Instant(1_767_225_600_000), start_price=Price(Decimal(60_000)), days=4
    )
    return run_backtest(
        mandate_for(skill, version, DeploymentId(f"example-{seed}")),
        Dataset([candles], {btc: constant_funding(Decimal("0.0000125"))}),
        instruments={btc: instrument_for(btc)},
        terms=Terms(),
    )


def main() -> None:
    """Compare three seeds."""
    for seed in (1, 2, 3):
        run = backtest(seed)
        fees = sum(fill.fee for fill in run.fills)
        print(f"seed {seed}: {len(run.fills)} fills, fees {fees:.2f}, final equity {run.final_equity:.2f} USD")


if __name__ == "__main__":
    main()
