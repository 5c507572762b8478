"""Drawn markets of two symbols with a script to trade them by, for properties of whole runs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec
from hypothesis import strategies as st

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.funding import FundingRates
from agentic_core.domain import (
    HOUR_MS,
    ActionKind,
    Bps,
    FeeSchedule,
    Instant,
    Interval,
    ProposedAction,
    RiskLimits,
    RunRecord,
    Side,
    Usd,
)
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime.terms import Terms
from tests.support.backtests import MIDNIGHT, Script, backtest, candles_of
from tests.support.markets import BTC, ETH
from tests.support.turns import limits

__all__ = ["Scene", "scenes", "story"]

D = Decimal


class Scene(msgspec.Struct, frozen=True):
    """A market of two symbols with a script for it, and what the account may do."""

    btc: CandleColumns
    eth: CandleColumns
    actions: Mapping[int, ProposedAction]
    caps: RiskLimits
    terms: Terms
    rates: FundingRates

    def script(self, kind: type[Script] = Script) -> Script:
        """Return the policy that follows the script."""
        return kind(self.actions, start=self.btc.start, interval=self.btc.interval)

    def run(self, policy: RulePolicy) -> RunRecord:
        """Backtest a policy."""
        return backtest(policy, self.btc, self.eth, caps=self.caps, terms=self.terms, rates=self.rates)


_MOVES = st.lists(st.integers(-60, 60), min_size=4, max_size=60)
"""Steps of a price in tenths of a per cent; every third one is a gap between two candles."""


def _walk(moves: Sequence[int], first: int) -> list[tuple[int, int]]:
    """Return opens and closes that follow the moves."""
    prices, close = [], first
    for at, move in enumerate(moves):
        opened = close + (close * move // 4_000 if at % 3 == 2 else 0)
        close = max(100, opened + opened * move // 1_000)
        prices.append((opened, close))
    return prices


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a scene in which fills, flips, funding, midnights, halts and refusals are common."""
    interval = draw(st.sampled_from([Interval.M15, Interval.H1, Interval.H4, Interval.M1]))
    start = Instant(MIDNIGHT - draw(st.integers(0, 30)) * interval.ms)
    moves = draw(_MOVES)
    others = draw(st.lists(st.integers(-60, 60), min_size=len(moves), max_size=len(moves)))
    wildness = draw(st.sampled_from([1, 3]))
    candles = [
        candles_of(
            _walk([step * wildness for step in steps], first), symbol=symbol, interval=interval, start=start, decimals=1
        )
        for symbol, steps, first in ((BTC, moves, 10_000), (ETH, others, 2_000))
    ]
    hours = range(start // HOUR_MS * HOUR_MS, candles[0].end + 1, HOUR_MS)
    drawn = draw(st.lists(st.integers(-40, 40), min_size=1, max_size=5))
    rates = {Instant(hour): D(drawn[at % len(drawn)]).scaleb(-4) for at, hour in enumerate(hours)}
    exposure = draw(st.sampled_from([100_000, 20_000, 10_000]))
    return Scene(
        btc=candles[0],
        eth=candles[1],
        actions=draw(st.dictionaries(st.integers(0, len(moves)), _actions(), max_size=12)),
        caps=limits(
            position_bps_max=Bps(exposure),
            exposure_bps_max=Bps(exposure),
            leverage_max=exposure // 10_000,
            orders_per_day_max=draw(st.sampled_from([3, 100])),
            daily_loss_bps_max=Bps(draw(st.sampled_from([10_000, 50, 300, 10_000, 10_000]))),
        ),
        terms=Terms(
            starting_equity=Usd(D(10_000)), fees=FeeSchedule.hyperliquid_base(), slippage_bps=D(draw(st.integers(0, 3)))
        ),
        rates=FundingRates(rates, source="drawn"),
    )


@st.composite
def _actions(draw: st.DrawFn) -> ProposedAction:
    """Draw an action whose size may be anything from dust to too much."""
    symbol = draw(st.sampled_from([BTC, ETH]))
    if draw(st.integers(0, 3)) == 0:
        return ProposedAction(kind=ActionKind.CLOSE, symbol=symbol)
    size = Usd(D(draw(st.sampled_from([500, 90_000, 5, 4_000, 9_900, 19_000, 95_000]))))
    return ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=draw(st.sampled_from(Side)), size_usd=size)


def story(run: RunRecord) -> list[object]:
    """Return what happened in a run, without the ids that its deployment gives to it."""
    fills = [
        (one.time, one.symbol, one.side, one.size, one.price, one.fee, one.closed_pnl, one.kind) for one in run.fills
    ]
    orders = [(one.time, one.intent.symbol, one.intent.size, type(one.outcome)) for one in run.orders]
    decisions = [
        (one.decision.tick_at, one.decision.verdict, one.decision.equity, one.decision.marks, type(one.result))
        for one in run.decisions
    ]
    return [
        fills,
        orders,
        decisions,
        run.funding,
        run.halts,
        run.equity,
        run.marks,
        run.final_equity,
        run.start,
        run.end,
    ]
