"""A backtest with something of everything; run as a program it writes itself to the standard output."""

import sys
from decimal import Decimal

import msgspec

from agentic_core.backtest.funding import FundingRates
from agentic_core.backtest.generator import Regime, synthetic, synthetic_funding
from agentic_core.domain import Bps, Instant, Interval, Price, ProposedAction, RunRecord, Side, Symbol, Usd
from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind
from agentic_core.domain.market import IndicatorKind, IndicatorSpec, MarketView
from agentic_core.runtime.terms import Terms
from agentic_core.system import install_decimal_traps
from tests.support.backtests import MIDNIGHT, Does, backtest
from tests.support.markets import BTC, ETH
from tests.support.turns import limits

__all__ = ["busy_run"]

_FAST, _SLOW = IndicatorSpec(IndicatorKind.EMA, 5), IndicatorSpec(IndicatorKind.SMA, 20)
_CANDLES = 700


def busy_run() -> RunRecord:
    """Run a policy on two symbols for a few days: flips, refusals, funding and a halt."""
    markets = [
        synthetic(
            symbol,
            seed=3,
            interval=Interval.M15,
            start=MIDNIGHT,
            start_price=Price(Decimal(price)),
            regimes=[Regime.chop(_CANDLES - 200), Regime.crash(100, 2_500), Regime.trend(100, 900)],
        )
        for symbol, price in ((BTC, 60_000), (ETH, 3_000))
    ]
    caps = limits(orders_per_day_max=9, position_bps_max=Bps(9_000), daily_loss_bps_max=Bps(80))
    return backtest(Does(_crossing), *markets, caps=caps, terms=Terms(), rates=_rates())


def _rates() -> FundingRates:
    return synthetic_funding(seed=5, after=MIDNIGHT, until=Instant(MIDNIGHT + _CANDLES * Interval.M15.ms))


def _crossing(view: MarketView, account: AccountView) -> ProposedAction | None:
    for symbol in (ETH, BTC):
        fast, slow = view.indicator(symbol, _FAST), view.indicator(symbol, _SLOW)
        if fast is None or slow is None:
            continue
        side = Side.BUY if fast > slow else Side.SELL
        held = account.position(symbol).size
        if held * side.sign <= 0:
            return _opening(symbol, side)
    return None


def _opening(symbol: Symbol, side: Side) -> ProposedAction:
    return ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=side, size_usd=Usd(Decimal("8123.45")))


if __name__ == "__main__":
    install_decimal_traps()
    sys.stdout.buffer.write(msgspec.json.encode(busy_run()))
