"""Backtest throughput beside backtesting.py: the same candles, the same crosses, the same trades, in one run.

    uv pip install --group bench
    python -m tests.bench.backtest_throughput [--candles 525600] [--rounds 3]

Ours goes the whole way for every order: view, policy, risk engine, durable intents, guarded broker, paper broker with
fees, ledger, decision records and the equity curve. Funding is off where results are compared, because the peer has
none, and a further row shows ours with it. Exit code 1 when trades or final equity differ.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from agentic_core import domain as d
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.generator import Regime, synthetic
from agentic_core.backtest.instruments import instrument_for
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.terms import Terms
from agentic_core.skills import load_skill, policy_for
from tests.bench.backtesting_peer import Outcome, Trade, peer_run

BTC = d.Symbol("BTC")
CASH = 10_000_000
_PEER, _FUNDED = "backtesting.py", "ours, wake mask and funding"
LIMITS = d.RiskLimits(
    position_bps_max=d.Bps(10_000),
    exposure_bps_max=d.Bps(10_000),
    orders_per_day_max=1_440,
    leverage_max=1,
    order_usd_min=d.Usd(Decimal(10)),
    symbols_allowed=frozenset({BTC}),
    cost_usd_month_max=d.Usd(Decimal(0)),
    daily_loss_bps_max=d.Bps(5_000),
)
SKILL = """{"name": "bench", "mode": "rules", "schedule": {"interval": "1m"},
  "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": %d, "slow": %d, "direction": "long", "size": 1},
  "risk": {"maxPositionPct": 100, "maxTotalExposurePct": 100, "maxOrdersPerDay": 1440, "maxLeverage": 1,
           "allowedSymbols": ["BTC"], "dailyLossHaltPct": 50}}"""


class EveryCandle:
    """A policy without its wake mask: it is called at every candle."""

    def __init__(self, policy: RulePolicy) -> None:
        """Wrap a policy."""
        self.name = policy.name
        self._policy = policy

    def __call__(self, view: d.MarketView, account: d.AccountView, /) -> d.ProposedAction | None:
        """Ask the policy."""
        return self._policy(view, account)


def market(candles: int) -> CandleColumns:
    """Make up one-minute candles with whole-dollar prices."""
    regimes = [Regime.chop(candles)]
    start = d.Instant(1_704_067_200_000)
    return synthetic(
        BTC, seed=11, interval=d.Interval.M1, start=start, start_price=d.Price(Decimal(30_000)), regimes=regimes
    )


def ours(candles: CandleColumns, policy: RulePolicy, funding: str) -> Outcome:
    """Run our engine once, on candles whose indicators are not computed yet."""
    dataset = Dataset([candles.prefix(len(candles))], {BTC: constant_funding(Decimal(funding))})
    bench = d.DeploymentId("bench")
    mandate = Mandate(
        deployment=bench,
        account=d.paper_account(bench),
        skill=d.SkillId("bench"),
        skill_name="bench",
        skill_version=1,
        payload_hash="",
        symbols=(BTC,),
        interval=d.Interval.M1,
        limits=LIMITS,
        decider=ByRules(policy=policy),
    )
    terms = Terms(starting_equity=d.Usd(Decimal(CASH)), slippage_bps=Decimal(0))
    gc.collect()
    began = time.perf_counter()
    run = run_backtest(mandate, dataset, instruments={BTC: instrument_for(BTC)}, terms=terms)
    return Outcome(time.perf_counter() - began, round_trips(run), float(run.final_equity))


def round_trips(run: d.RunRecord) -> list[Trade]:
    """Pair our fills as the peer lists its own: times, prices; a position still open at the end is left out."""
    pairs = zip(run.fills[::2], run.fills[1::2], strict=False)
    return [
        Trade(entry.time, leave.time, float(min(entry.size, leave.size)), float(entry.price), float(leave.price))
        for entry, leave in pairs
    ]


def is_equal(ours: Outcome, peer: Outcome) -> bool:
    """Tell whether two runs without funding agree: in every trade exactly, in the final equity as floats and fees can.

    We round every fee up to a millionth of a dollar, the peer does not.
    """
    tolerance = 2e-6 * (len(ours.trades) + 1) + 1e-3
    return ours.trades == peer.trades and abs(ours.final_equity - peer.final_equity) < tolerance


def compare(candles: CandleColumns, fast: int, slow: int, rounds: int, console: Console) -> bool:
    """Run both in turn, print a table, and tell whether the trades are equal."""
    policy = policy_for(load_skill(SKILL % (fast, slow), source="bench"))
    subjects: dict[str, Callable[[], Outcome]] = {
        _PEER: lambda: peer_run(candles, fast, slow, CASH),
        "ours, wake mask": lambda: ours(candles, policy, "0"),
        "ours, every candle": lambda: ours(candles, EveryCandle(policy), "0"),
        _FUNDED: lambda: ours(candles, policy, "0.0000125"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    outcomes: dict[str, Outcome] = {}
    for _ in range(rounds):
        for name, subject in subjects.items():
            outcomes[name] = subject()
            seconds[name].append(outcomes[name].seconds)
    theirs = outcomes[_PEER]
    peer = statistics.median(seconds[_PEER])
    table = Table(title=f"SMA {fast}/{slow}, {len(candles):,} candles, {len(theirs.trades):,} round trips")
    for heading in ("engine", "median s", "min", "max", "candles a second", "times the peer"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    for name, times in seconds.items():
        middle = statistics.median(times)
        row = (middle, min(times), max(times))
        table.add_row(name, *(f"{one:.3f}" for one in row), f"{len(candles) / middle:,.0f}", f"{peer / middle:.2f}")
    console.print(table)
    equal = all(is_equal(outcome, theirs) for name, outcome in outcomes.items() if name not in {_PEER, _FUNDED})
    console.print("trades and final equity are equal" if equal else "TRADES OR FINAL EQUITY DIFFER")
    return equal


def main() -> int:
    """Run both settings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--candles", type=int, default=525_600)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    console = Console(width=110)
    candles = market(options.candles)
    try:
        results = [compare(candles, fast, slow, options.rounds, console) for fast, slow in ((10, 30), (200, 1_000))]
    except ModuleNotFoundError as missing:
        console.print(
            f"{missing.name} is not installed, so there is nothing to compare with: uv pip install --group bench"
        )
        return 0
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
