"""Candles: what is written is read, what is broken is found, and merging loses nothing."""

import json
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.backtest.candle_csv import read_csv
from agentic_core.backtest.candle_snapshot import read_snapshot
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.generator import Regime, synthetic
from agentic_core.backtest.resample import resample
from agentic_core.domain.ids import Symbol
from agentic_core.domain.market import IndicatorKind, IndicatorSpec
from agentic_core.domain.money import Price
from agentic_core.domain.times import Instant, Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import HEADER, columns, csv_text, rows_of

BTC = Symbol("BTC")

Number = tuple[Decimal, ...]

_PRICES = st.decimals("0.000001", "1000000", places=6, allow_nan=False, allow_infinity=False)
_VOLUMES = st.decimals("0", "1000000", places=8, allow_nan=False, allow_infinity=False)


@st.composite
def _candles(draw: st.DrawFn) -> tuple[Interval, list[tuple[int, Number]]]:
    # Each candle: open time, then open, high, low, close, volume.
    interval = draw(st.sampled_from(list(Interval)))
    first = draw(st.integers(0, 4_000_000_000_000 // interval.ms)) * interval.ms
    rows: list[tuple[int, Number]] = []
    for number in range(draw(st.integers(2, 12))):
        low, one, two, high = sorted(draw(st.tuples(_PRICES, _PRICES, _PRICES, _PRICES)))
        start, end = draw(st.permutations([one, two]))
        rows.append((first + number * interval.ms, (start, high, low, end, draw(_VOLUMES))))
    return interval, rows


def _expected(rows: Sequence[tuple[int, Number]]) -> list[tuple[int, *Number]]:
    return [(at, *numbers) for at, numbers in rows]


def _written(draw: st.DataObject, number: Decimal) -> str:
    forms = [str(number), f"{number:f}", f"{number:e}", f" {number}", f"+{number}", f"{number:f}0"]
    return draw.draw(st.sampled_from(forms))


@given(_candles(), st.data())
def test_csv_in_any_spelling_is_read_exactly(
    market: tuple[Interval, list[tuple[int, Number]]], draw: st.DataObject
) -> None:
    """Whatever form a number is written in, it is the same number."""
    interval, rows = market
    table = csv_text(
        [
            [f"{at}" if at >= 10**11 else str(at // 1000), *(_written(draw, number) for number in numbers)]
            for at, numbers in rows
        ]
    )
    candles = read_csv("f.csv", table, symbol=BTC, interval=None)
    assert candles.interval is interval
    assert rows_of(candles) == _expected(rows)


@given(_candles())
def test_snapshot_and_csv_of_the_same_candles_are_the_same(market: tuple[Interval, list[tuple[int, Number]]]) -> None:
    """The format leaves no trace in the columns."""
    interval, rows = market
    names = ("o", "h", "l", "c", "v")
    snapshot = [
        {"t": at, "s": "BTC", "i": interval.value}
        | {name: str(number) for name, number in zip(names, numbers, strict=True)}
        for at, numbers in rows
    ]
    candles = read_snapshot("f.json", json.dumps(snapshot), symbol=BTC, interval=None)
    assert candles.interval is interval
    assert rows_of(candles) == _expected(rows)


@given(st.integers(3, 40), st.data())
def test_file_with_one_broken_row_is_refused_with_that_row(count: int, draw: st.DataObject) -> None:
    """Wherever the damage is, the message names its line."""
    rows = [[str(1_704_110_400 + 60 * number), "10", "12", "9", "11", "5"] for number in range(count)]
    at = draw.draw(st.integers(2, count - 1))
    damage = draw.draw(
        st.sampled_from(["drop", "repeat", "swap", "shift", "nan", "zero", "negative", "high", "short", "text"])
    )
    line = at + 2
    match damage:
        case "drop":
            del rows[at - 1]
            line = at + 1
        case "repeat":
            rows.insert(at, rows[at - 1])
        case "swap":
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
            line = at + 1
        case "shift":
            rows[at][0] = str(int(rows[at][0]) + 7)
        case "nan" | "text":
            rows[at][draw.draw(st.integers(1, 5))] = "NaN" if damage == "nan" else "ten"
        case "zero" | "negative":
            rows[at][draw.draw(st.integers(1, 4))] = "0" if damage == "zero" else "-10"
        case "high":
            rows[at][2] = "10.5"
        case _:
            rows[at].pop()
    with pytest.raises(CandlesInvalid) as caught:
        read_csv("f.csv", csv_text(rows), symbol=BTC, interval=None)
    assert str(caught.value).startswith(f"f.csv:{line}: ")


@given(
    st.text(max_size=300)
    | st.lists(st.text('0123456789.,-:TZ eE"\n', max_size=40), max_size=8).map(lambda rows: "\n".join([HEADER, *rows]))
)
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    """Nothing but a refusal ever comes out of a reader, and its message has one line."""
    for read in (read_csv, read_snapshot):
        outcome = _outcome(read, text)
        if isinstance(outcome, str):
            assert outcome.startswith("f:")
            assert len(outcome.splitlines()) == 1
        else:
            assert len(outcome) >= 1


def _outcome(read: Callable[..., CandleColumns], text: str) -> CandleColumns | str:
    try:
        return read("f", text, symbol=BTC, interval=None)
    except CandlesInvalid as refusal:
        return str(refusal)


@st.composite
def _markets(draw: st.DrawFn) -> CandleColumns:
    closes = draw(st.lists(st.integers(2, 10**6), min_size=1, max_size=200))
    return columns(closes, start=draw(st.integers(0, 10_000)) * 60_000)


@given(_markets(), st.sampled_from([Interval.M3, Interval.M5, Interval.M15, Interval.M30]))
def test_resampling_loses_no_volume_and_no_extreme(candles: CandleColumns, interval: Interval) -> None:
    """Every long candle is made of exactly the short ones that lie in it."""
    size = interval.ms // 60_000
    whole = [
        index for index, at in enumerate(candles.open_times) if at % interval.ms == 0 and index + size <= len(candles)
    ]
    if not whole:
        with pytest.raises(CandlesInvalid, match="hold no whole"):
            resample(candles, interval)
        return
    longer = resample(candles, interval)
    covered = slice(whole[0], whole[-1] + size)
    assert list(longer.open_times) == [candles.open_times[index] for index in whole]
    assert sum(longer.volumes) == sum(candles.volumes[covered])
    assert max(longer.highs) == max(candles.highs[covered])
    assert min(longer.lows) == min(candles.lows[covered])
    assert (longer.opens[0], longer.closes[-1]) == (candles.opens[whole[0]], candles.closes[covered][-1])
    for first, high, low, last in zip(longer.opens, longer.highs, longer.lows, longer.closes, strict=True):
        assert low <= min(first, last) <= max(first, last) <= high


@given(_markets())
def test_resampling_in_two_steps_is_resampling_in_one(candles: CandleColumns) -> None:
    """By way of 5 minutes or at once, whole quarters of an hour are the same."""
    try:
        twice = resample(resample(candles, Interval.M5), Interval.M15)
    except CandlesInvalid:
        with pytest.raises(CandlesInvalid):
            resample(candles, Interval.M15)
        return
    assert rows_of(twice) == rows_of(resample(candles, Interval.M15))


@given(_markets(), st.integers(1, 200), st.sampled_from(IndicatorKind), st.integers(1, 40))
def test_prefix_knows_what_the_whole_knew_then(
    candles: CandleColumns, count: int, kind: IndicatorKind, length: int
) -> None:
    """No indicator depends on a later candle."""
    start = candles.prefix(count)
    spec = IndicatorSpec(kind, length)
    assert rows_of(start) == rows_of(candles)[:count]
    assert list(start.indicator(spec)) == list(candles.indicator(spec))[:count]


@given(st.integers(-(2**70), 2**70), st.integers(0, 400), st.integers(0, 9_000), st.integers(-20_000, 20_000), _PRICES)
def test_synthetic_candles_could_be_a_file(seed: int, count: int, volatility: int, drift: int, price: Decimal) -> None:
    """However wild the regime, every candle passes the checks of a reader."""
    regime = Regime(name="wild", candles=count + 2, drift_bps=drift, volatility_bps=volatility)
    market = synthetic(
        BTC, seed=seed, interval=Interval.H1, start=Instant(0), start_price=Price(price), regimes=[regime]
    )
    table = csv_text(
        [
            ["1970-01-01T00:00:00Z" if not at else str(at // 1000), *map(str, numbers)]
            for at, *numbers in rows_of(market)
        ]
    )
    assert rows_of(read_csv("f.csv", table, symbol=BTC, interval=None)) == rows_of(market)
