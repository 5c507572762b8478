"""Indicators cannot look ahead, agree with their definitions, and are the same live as in a backtest."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import IndicatorKind, IndicatorSpec
from agentic_core.skills.indicators import IndicatorFeed, compute, ema, highest, lowest, sma
from tests.support.views import SeriesOf

GENERATORS = {
    IndicatorKind.SMA: sma,
    IndicatorKind.EMA: ema,
    IndicatorKind.HIGHEST: highest,
    IndicatorKind.LOWEST: lowest,
}
LENGTHS = st.integers(1, 12)
KINDS = st.sampled_from(IndicatorKind)
# A narrow range makes ties, which is where windows go wrong; a wide one makes sums beyond 2^53.
PRICES = st.lists(st.integers(1, 5), max_size=40) | st.lists(st.integers(1, 10**15), max_size=40)


@st.composite
def series(draw: st.DrawFn) -> SeriesOf:
    """Draw candles whose lows, closes and highs are in order."""
    lows, up, further = draw(PRICES), draw(st.integers(0, 9)), draw(st.integers(0, 9))
    closes = [low + up * (place % 3) for place, low in enumerate(lows)]
    highs = [close + further * (place % 2) for place, close in enumerate(closes)]
    return SeriesOf(closes, highs=highs, lows=lows, price_decimals=draw(st.integers(0, 8)))


def read_column(kind: IndicatorKind, candles: SeriesOf) -> Sequence[int]:
    """Return the column that an indicator is defined over."""
    return {IndicatorKind.HIGHEST: candles.highs, IndicatorKind.LOWEST: candles.lows}.get(kind, candles.closes)


def by_definition(spec: IndicatorSpec, prices: Sequence[Fraction]) -> Fraction:
    """Return an indicator at the last of the prices, exactly."""
    window = prices[-spec.length :]
    if spec.kind is IndicatorKind.SMA:
        return sum(window, Fraction(0)) / spec.length
    if spec.kind is not IndicatorKind.EMA:
        return max(window) if spec.kind is IndicatorKind.HIGHEST else min(window)
    weight = Fraction(2, spec.length + 1)
    newest = len(prices) - 1
    begun = (1 - weight) ** newest * prices[0]
    return begun + sum(weight * (1 - weight) ** (newest - at) * prices[at] for at in range(1, newest + 1))


@given(KINDS, LENGTHS, series())
def test_indicator_equals_its_definition(kind: IndicatorKind, length: int, candles: SeriesOf) -> None:
    """Every value is the textbook's, correctly rounded; the exponential average within a few roundings."""
    spec = IndicatorSpec(kind, length)
    prices = [Fraction(price, 10**candles.price_decimals) for price in read_column(kind, candles)]

    for at, value in enumerate(compute(spec, candles)):
        if at < length - 1:
            assert value is None
            continue
        exact = by_definition(spec, prices[: at + 1])
        # An exponential average never forgets, so its roundings are those of the largest price it has seen.
        tolerance = 1e-13 * float(max(prices)) if kind is IndicatorKind.EMA else 0
        assert value == pytest.approx(float(exact), rel=0, abs=tolerance)


@given(KINDS, LENGTHS, series(), st.integers(0, 40))
def test_indicator_of_a_prefix_is_the_prefix_of_the_indicator(
    kind: IndicatorKind, length: int, candles: SeriesOf, count: int
) -> None:
    """Hiding later candles changes no earlier value, not by a bit."""
    spec = IndicatorSpec(kind, length)

    assert compute(spec, candles.prefix(count)) == compute(spec, candles)[:count]


@given(KINDS, LENGTHS, series())
def test_indicator_feed_equals_the_column(kind: IndicatorKind, length: int, candles: SeriesOf) -> None:
    """Fed candle by candle, an indicator has the values it has over the whole column, bit by bit."""
    spec = IndicatorSpec(kind, length)
    feed = IndicatorFeed(spec, candles.price_decimals)
    rows = zip(candles.highs, candles.lows, candles.closes, strict=True)

    assert [feed.push(high, low, close) for high, low, close in rows] == compute(spec, candles)


@given(KINDS, LENGTHS, PRICES)
def test_indicator_has_pulled_exactly_what_it_speaks_of(kind: IndicatorKind, length: int, prices: list[int]) -> None:
    """The i-th value comes after exactly i inputs, so nothing later can be in it."""
    pulled = 0

    def source() -> Iterator[int]:
        nonlocal pulled
        for price in prices:
            pulled += 1
            yield price

    values = GENERATORS[kind](source(), length, 10)
    for count in range(1, len(prices) + 1):
        next(values)
        assert pulled == count


@given(KINDS, LENGTHS, series())
def test_indicator_column_equals_its_generator(kind: IndicatorKind, length: int, candles: SeriesOf) -> None:
    """The fast way over a whole column gives the generator's values, bit by bit."""
    values = GENERATORS[kind](iter(read_column(kind, candles)), length, 10**candles.price_decimals)

    assert compute(IndicatorSpec(kind, length), candles) == list(values)


@given(KINDS, LENGTHS, PRICES, st.integers(0, 7))
def test_indicator_does_not_depend_on_the_scale_of_its_column(
    kind: IndicatorKind, length: int, prices: list[int], finer: int
) -> None:
    """The same prices as finer integers give the same floats, so files and feeds of any scale agree."""
    spec = IndicatorSpec(kind, length)
    coarse = SeriesOf(prices, price_decimals=1)
    fine = SeriesOf([price * 10**finer for price in prices], price_decimals=1 + finer)

    assert compute(spec, fine) == compute(spec, coarse)
