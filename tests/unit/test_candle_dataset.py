"""Datasets: what belongs together, and what is refused."""

from decimal import Decimal

import pytest

from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import FundingRates, constant_funding
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import HOUR_MS, Instant, Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import NOON, columns

BTC, ETH = Symbol("BTC"), Symbol("ETH")
FLAT = constant_funding(Decimal("0.0000125"))
BOTH = {BTC: FLAT, ETH: FLAT}


def test_dataset_joins_symbols_of_one_range() -> None:
    """Length counts the marks, the end is the last one."""
    dataset = Dataset([columns([1, 2, 3]), columns([7, 8, 9], symbol="ETH")], BOTH)
    assert list(dataset.series) == ["BTC", "ETH"]
    assert (len(dataset), dataset.start, dataset.end) == (3, NOON, NOON + 180_000)
    assert dataset.interval is Interval.M1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (columns([1, 2], symbol="ETH", interval=Interval.M5), "ETH has candles of 5m, BTC of 1m; bring one interval"),
        (
            columns([1, 2, 3], symbol="ETH"),
            (
                "ETH runs from 2024-01-01 12:00:00Z to 2024-01-01 12:03:00Z, "
                "but BTC runs from 2024-01-01 12:00:00Z to 2024-01-01 12:02:00Z; cut the files to one range"
            ),
        ),
        (columns([1, 2], symbol="ETH", start=NOON + 60_000), "ETH runs from 2024-01-01 12:01:00Z"),
        (columns([], symbol="ETH"), "ETH has no candles, but BTC runs from"),
        (columns([1, 2]), "two sets of candles for BTC; bring one"),
    ],
)
def test_dataset_of_unlike_candles_is_refused(other: CandleColumns, reason: str) -> None:
    """The message names the symbol that differs and how."""
    with pytest.raises(CandlesInvalid, match=reason):
        Dataset([columns([1, 2]), other], BOTH)


def test_dataset_without_candles_is_refused() -> None:
    """Neither no symbol nor no candle is a market."""
    for nothing in ([], [columns([])]):
        with pytest.raises(CandlesInvalid, match="no candles; bring a file for every symbol"):
            Dataset(nothing, BOTH)


def test_dataset_without_rates_for_a_symbol_is_refused() -> None:
    """Funding is never silently zero."""
    with pytest.raises(CandlesInvalid, match="no funding rates for ETH; name a file or one constant rate"):
        Dataset([columns([1, 2]), columns([1, 2], symbol="ETH")], {BTC: FLAT})


def test_dataset_with_a_missing_hour_is_refused_with_the_first_one() -> None:
    """Every hour after the start, up to the last mark, is needed."""
    rates = FundingRates({Instant(NOON + HOUR_MS): Decimal(0)}, source="f.json (1 hourly rates)")
    Dataset([columns([1, 2], interval=Interval.M30)], {BTC: rates})
    reason = (
        r"no funding rate of BTC for 2024-01-01 14:00:00Z in f.json \(1 hourly rates\); "
        r"every hour after 2024-01-01 12:00:00Z up to 2024-01-01 15:00:00Z is needed"
    )
    with pytest.raises(CandlesInvalid, match=reason):
        Dataset([columns([1, 2, 3], interval=Interval.H1)], {BTC: rates})


def test_funding_rate_of_an_unknown_hour_or_symbol_is_an_error() -> None:
    """A run never continues on a guess."""
    rates = FundingRates({Instant(NOON + HOUR_MS): Decimal("0.1")}, source="one")
    dataset = Dataset([columns([1, 2], interval=Interval.M30)], {BTC: rates})
    assert dataset.funding_rate(BTC, Instant(NOON + HOUR_MS)) == Decimal("0.1")
    assert dataset.last_funding_rate(BTC, Instant(NOON + HOUR_MS - 1)) is None
    assert dataset.last_funding_rate(BTC, Instant(NOON + 2 * HOUR_MS)) == Decimal("0.1")
    assert dataset.last_funding_rate(ETH, Instant(NOON)) is None
    for symbol, hour in ((BTC, NOON), (ETH, NOON + HOUR_MS)):
        with pytest.raises(CandlesInvalid, match=f"no funding rate of {symbol}"):
            dataset.funding_rate(symbol, Instant(hour))


def test_hash_is_of_the_candles_alone() -> None:
    """One changed price changes it; another source of the same candles or other rates do not."""
    same = [Dataset([columns([1, 2])], {BTC: FLAT}), Dataset([columns([1, 2])], {BTC: constant_funding(Decimal(0))})]
    others = [
        Dataset([columns([1, 3])], {BTC: FLAT}),
        Dataset([columns([1, 2], start=NOON + 60_000)], {BTC: FLAT}),
        Dataset([columns([1, 2], symbol="ETH")], {ETH: FLAT}),
        Dataset([columns([1, 2], decimals=1)], {BTC: FLAT}),
    ]
    assert len({dataset.sha256 for dataset in same}) == 1
    assert len({dataset.sha256 for dataset in [same[0], *others]}) == 5


def test_description_tells_range_and_hash() -> None:
    """A report can name the candles in one line."""
    dataset = Dataset([columns([1, 2])], {BTC: FLAT})
    assert dataset.description == (
        "2 candles of 1m of BTC, 2024-01-01 12:00:00Z to 2024-01-01 12:02:00Z, "
        "sha256 ea650215ec56ef67f4eed049769ba293978a90f1e4315b3d2a25ebd37957f70c"
    )


def test_funding_source_names_each_symbol_only_where_they_differ() -> None:
    """One source is said once."""
    pair = [columns([1]), columns([1], symbol="ETH")]
    assert Dataset(pair, BOTH).funding_source == "0.0000125 of notional an hour, one constant"
    other = {BTC: FLAT, ETH: FundingRates({}, source="f.json")}
    assert Dataset(pair, other).funding_source == "BTC: 0.0000125 of notional an hour, one constant; ETH: f.json"


def test_resampled_dataset_keeps_rates_and_symbols() -> None:
    """Every symbol is merged alike."""
    dataset = Dataset([columns([1, 2, 3]), columns([4, 5, 6], symbol="ETH")], BOTH).resampled(Interval.M3)
    assert (len(dataset), dataset.interval) == (1, Interval.M3)
    assert dataset.series[ETH].closes == [6]
    assert dataset.funding_source == FLAT.source
    assert dataset.resampled(Interval.M3) is dataset
