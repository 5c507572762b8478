"""The two made-up markets do what their names promise, judged by arithmetic of this file alone."""

from decimal import Decimal

import pytest

from agentic_core.backtest.markets import crashing_market, trending_market
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price
from agentic_core.domain.times import Instant

MIDNIGHT = Instant(1_704_067_200_000)
SEEDS = range(12)
COST = 0.00065
"""Taker fee and slippage of one leg."""


def _mean(values: list[int], index: int, length: int) -> float:
    return sum(values[index - length + 1 : index + 1]) / length


def _wants(closes: list[int]) -> list[int]:
    # Long after the mean of 10 has crossed above the mean of 30, short after it has crossed below, else as before.
    wants = [0] * len(closes)
    for index in range(30, len(closes)):
        before = _mean(closes, index - 1, 10) - _mean(closes, index - 1, 30)
        now = _mean(closes, index, 10) - _mean(closes, index, 30)
        crossed = 1 if before <= 0 < now else -1 if before >= 0 > now else 0
        wants[index] = crossed or wants[index - 1]
    return wants


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("both", [True, False])
def test_trending_market_pays_who_follows_crossings(seed: int, *, both: bool) -> None:
    """After costs, six days of alternating trends leave a clear profit, long only as well as both ways."""
    market = trending_market(Symbol("BTC"), seed=seed, start=MIDNIGHT, start_price=Price(Decimal(60_000)), days=6)
    closes = list(market.closes)
    holds = [want if both else max(0, want) for want in _wants(closes)]
    worth = 1.0
    for index in range(1, len(closes)):
        worth *= 1 + holds[index - 1] * (closes[index] / closes[index - 1] - 1)
        worth *= 1 - COST * abs(holds[index] - holds[index - 1])
    assert worth > (1.2 if both else 1.08)


@pytest.mark.parametrize("seed", SEEDS)
def test_crashing_market_falls_on_who_is_long(seed: int) -> None:
    """At noon of the second day a follower is long, and two candles take more than a quarter."""
    market = crashing_market(Symbol("SOL"), seed=seed, start=MIDNIGHT, start_price=Price(Decimal(150)))
    closes = list(market.closes)
    noon = 288 + 144
    assert _wants(closes)[noon - 1] == 1
    assert closes[noon] < 0.86 * closes[noon - 1]
    assert closes[noon + 1] < 0.74 * closes[noon - 1]
    assert market.open_times[noon] == MIDNIGHT + 36 * 3_600_000
