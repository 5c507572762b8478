"""Synthetic markets: repeatable to the last digit, legal, and of the shape that was asked for."""

from decimal import Decimal

import pytest

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.generator import Regime, synthetic, synthetic_funding
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Price
from agentic_core.domain.times import HOUR_MS, Instant, Interval
from agentic_core.errors import UsageError

START = Instant(1_704_067_200_000)


def _market(*regimes: Regime, seed: int = 1, symbol: str = "BTC", price: str = "42000") -> CandleColumns:
    return synthetic(
        Symbol(symbol),
        seed=seed,
        interval=Interval.M5,
        start=START,
        start_price=Price(Decimal(price)),
        regimes=regimes,
    )


def test_market_of_a_seed_is_the_same_everywhere_and_always() -> None:
    """These numbers were written down once; a change of them changes every recorded demonstration."""
    market = _market(Regime.trend(2, 100), Regime.chop(2))
    assert market.opens == [42_000, 42_192, 42_368, 42_351]
    assert market.highs == [42_200, 42_384, 42_415, 42_432]
    assert market.lows == [41_994, 42_179, 42_301, 42_344]
    assert market.closes == [42_192, 42_368, 42_351, 42_394]
    assert market.volumes == [18_804, 22_530, 12_434, 59_694]


def test_market_begins_alike_however_long_it_is() -> None:
    """A longer market is a continuation."""
    assert _market(Regime.chop(500)).prefix(50).closes == _market(Regime.chop(50)).closes


def test_market_differs_by_seed_and_by_symbol() -> None:
    """Neither two seeds nor two symbols share their noise."""
    markets = [
        _market(Regime.chop(20)),
        _market(Regime.chop(20), seed=2),
        _market(Regime.chop(20), symbol="ETH"),
        _market(Regime.chop(20), seed=-1),
    ]
    assert len({tuple(market.closes) for market in markets}) == 4


def test_market_opens_at_the_last_close_and_encloses_both() -> None:
    """Every candle could be one of a file, also where the price falls to almost nothing."""
    for market in (_market(Regime.chop(3_000)), _market(Regime.crash(300, 60_000), Regime.chop(300), price="0.0005")):
        assert list(market.opens[1:]) == list(market.closes[:-1])
        for first, high, low, last in zip(market.opens, market.highs, market.lows, market.closes, strict=True):
            assert 0 < low <= min(first, last) <= max(first, last) <= high


@pytest.mark.parametrize(
    ("price", "decimals", "first"),
    [("42000", 0, 42_000), ("42000.50", 2, 4_200_050), ("150", 2, 15_000), ("0.5", 5, 50_000)],
)
def test_market_is_quoted_with_five_figures_or_as_written(price: str, decimals: int, first: int) -> None:
    """A coarse starting price does not make a coarse market."""
    market = _market(Regime.chop(3), price=price)
    assert (market.price_decimals, market.opens[0]) == (decimals, first)


def test_trend_moves_about_as_far_as_asked() -> None:
    """400 basis points over 1,000 candles, with noise of one standard deviation of about 126."""
    moves = [_market(Regime.trend(1_000, 400), seed=seed).closes[-1] / 42_000 - 1 for seed in range(8)]
    assert 0.025 < sum(moves) / 8 < 0.055


def test_crash_falls_by_about_what_was_asked() -> None:
    """Two candles of 15 % each leave 72 %."""
    market = _market(Regime.crash(2, 3_000))
    assert 0.71 < market.closes[-1] / 42_000 < 0.735


def test_chop_has_the_volatility_asked_for() -> None:
    """The root mean square of 20,000 moves is close to 12 basis points."""
    market = _market(Regime.chop(20_000))
    moves = [last / first - 1 for first, last in zip(market.opens, market.closes, strict=True)]
    assert 0.00118 < (sum(move * move for move in moves) / len(moves)) ** 0.5 < 0.00122


def test_market_tells_its_making() -> None:
    """The origin names seed and regimes, so that nobody takes it for a recording."""
    assert _market(Regime.trend(2, 9), Regime.crash(1, 9)).origin == "synthetic market, seed 1 (trend 2, crash 1)"


@pytest.mark.parametrize("price", ["0", "-1"])
def test_market_without_a_positive_price_is_refused(price: str) -> None:
    """There is nothing to move."""
    with pytest.raises(UsageError, match="a market starts at a positive price"):
        _market(Regime.chop(1), price=price)


def test_funding_covers_every_hour_and_stays_near_its_mean() -> None:
    """Rates are exact, repeatable and of the order asked for."""
    rates = synthetic_funding(seed=3, after=START, until=Instant(START + 500 * HOUR_MS))
    again = synthetic_funding(seed=3, after=START, until=Instant(START + 500 * HOUR_MS))
    hours = [Instant(START + number * HOUR_MS) for number in range(1, 501)]
    values = [rates.at(hour) or Decimal(0) for hour in hours]
    assert values == [again.at(hour) for hour in hours]
    assert rates.first_missing(START, hours[-1]) is None
    assert rates.at(START) is None
    assert abs(sum(values, Decimal(0)) / 500 - Decimal("0.0000125")) < Decimal("0.00001")
    assert len(set(values)) > 400
