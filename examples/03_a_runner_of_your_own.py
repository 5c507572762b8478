"""A runner of your own: the library's tick in your loop, with your policy.

The tick yields effects and the interpreter performs them through ports, here a store in memory and a paper account.
Run it with `python examples/03_a_runner_of_your_own.py`.
"""

from decimal import Decimal

import anyio

from agentic_core import domain as d
from agentic_core.backtest.cursor import Cursor, NextOpenBooks
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.backtest.markets import trending_market
from agentic_core.brokers import GuardedBroker, PaperBroker, PaperLedger
from agentic_core.runtime import ByRules, Interpreter, Mandate, RunRecorder, Turned, drive, tick
from agentic_core.store.memory import MemoryStore

BTC, START, ME = d.Symbol("BTC"), d.Instant(1_767_225_600_000), d.DeploymentId("my-runner")
CASH = d.Usd(Decimal(10_000))
LIMITS = d.RiskLimits(
    position_bps_max=d.Bps(2_000), exposure_bps_max=d.Bps(2_000), orders_per_day_max=4, leverage_max=1,
    order_usd_min=d.Usd(Decimal(10)), symbols_allowed=frozenset({BTC}), cost_usd_month_max=CASH,
    daily_loss_bps_max=d.Bps(500),
)  # fmt: skip


class DipBuyer:
    """Buys 500 dollars' worth after a few falling candles."""

    name = "dip-buyer"
    patience = 3

    def __call__(self, view: d.MarketView, _account: d.AccountView) -> d.ProposedAction | None:
        """Look at the last candles."""
        falls = [candle.close < candle.open for candle in view.candles(BTC, self.patience)]
        if len(falls) < self.patience or not all(falls):
            return None
        return d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC, side=d.Side.BUY, size_usd=d.Usd(Decimal(500)))


async def run() -> None:
    """Take turns and print those in which something was decided."""
    candles = trending_market(BTC, seed=5, start=START, start_price=d.Price(Decimal(60_000)), days=1)
    dataset = Dataset([candles], {BTC: constant_funding(Decimal("0.0000125"))})
    rules, fees = {BTC: instrument_for(BTC)}, d.FeeSchedule.hyperliquid_base()
    market = Cursor(dataset, rules)
    books = NextOpenBooks(market, dataset)
    ledger = PaperLedger(starting_equity=CASH, instruments=rules, marks=market.mark, leverage=1, at=START)
    broker = PaperBroker(ledger=ledger, books=books, instruments=rules, fees=fees, slippage_bps=Decimal(2))
    gate = GuardedBroker(
        broker, state=lambda: d.TradingState.ACTIVE, now=lambda: market.as_of, market=market, limits=LIMITS, books=books
    )
    store, account = MemoryStore(now=lambda: market.as_of), d.paper_account(ME)
    lease = await store.leases.acquire(account, "me", ttl_ms=2 * d.DAY_MS)
    assert lease is not None, "nobody else knows this store"
    interpreter = Interpreter(
        fence=d.Fence(account=account, epoch=lease.epoch), intents=store.intents, decisions=store.decisions,
        broker=gate, recorder=RunRecorder(), now=lambda: market.as_of,
    )  # fmt: skip
    mandate = Mandate(
        deployment=ME, account=account, skill=d.SkillId("dips"), skill_name="Dips", skill_version=1, payload_hash="",
        symbols=(BTC,), interval=d.Interval.M5, limits=LIMITS, decider=ByRules(policy=DipBuyer()),
    )  # fmt: skip
    for index in range(len(dataset) - 1):
        market.move(index)
        mark = market.as_of
        ledger.open_day(mark)
        turn = tick(mandate, market, ledger, d.TradingState.ACTIVE, mark=mark, record_holds=False)
        outcome = await drive(turn, interpreter.perform)
        if isinstance(outcome, Turned):
            print(d.show(mark), outcome.result)


if __name__ == "__main__":
    anyio.run(run)
