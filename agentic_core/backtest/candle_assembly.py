"""Makes columns of what a reader found, and refuses a file that is not one unbroken run of possible candles."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count

import msgspec

from agentic_core.backtest.candle_cells import PRICE_NAMES, RawCandles, read_times, spell_out
from agentic_core.backtest.columns import CandleColumns, PriceColumns, VolumeColumn
from agentic_core.backtest.scaled import DIGITS_MAX, Scaled, join, scale
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import from_scaled, plain
from agentic_core.domain.times import Instant, Interval, show
from agentic_core.errors import CandlesInvalid, InputError

__all__ = ["CandleSource", "assemble"]

_KNOWN = ", ".join(Interval)


class CandleSource(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file beside its rows."""

    file: str
    symbol: Symbol
    interval: Interval | None
    """None is found out from the first two candles."""
    locate: Callable[[int], int]
    """Returns the line or row of a candle by its index."""
    origin: str

    def refuse(self, index: int, text: str) -> CandlesInvalid:
        """Return the refusal of one candle."""
        return CandlesInvalid(f"{self.file}:{self.locate(index)}: {text}")


def assemble(source: CandleSource, chunks: Iterable[RawCandles]) -> CandleColumns:
    """Return the checked columns of a file.

    Raises:
        CandlesInvalid: the first thing that is wrong, with its line or row.
    """
    times: list[int] = []
    prices: list[Scaled] = []
    volumes: list[Scaled] = []
    for chunk in chunks:
        stretch = _read(chunk) or _read(spell_out(chunk, len(times), source.refuse))
        assert stretch is not None, "what is spelled out is plain"
        times += stretch[0]
        prices.append(stretch[1])
        volumes.append(stretch[2])
    if not times:
        message = f"{source.file}: no candles, the file has no rows; bring one row a candle"
        raise CandlesInvalid(message)
    joined, volume = join(prices), join(volumes)
    _check_digits(source, joined, "prices")
    _check_digits(source, volume, "volumes")
    units = joined.units
    columns = PriceColumns(joined.decimals, units[0::4], units[1::4], units[2::4], units[3::4])
    opening = _check(source, times, columns)
    return CandleColumns(source.symbol, opening, columns, VolumeColumn(*volume), origin=source.origin)


def _read(chunk: RawCandles) -> tuple[list[int], Scaled, Scaled] | None:
    prices, volumes = scale(chunk.prices), scale(chunk.volumes)
    if prices is None or volumes is None:
        return None
    try:
        return read_times(chunk.times), prices, volumes
    except (InputError, ValueError):
        return None


def _check_digits(source: CandleSource, column: Scaled, what: str) -> None:
    digits = len(str(max(column.units)))
    if digits > DIGITS_MAX:
        message = f"{source.file}: the {what} together need {digits} digits, {DIGITS_MAX} are possible; round them"
        raise CandlesInvalid(message)


def _check(source: CandleSource, times: Sequence[int], prices: PriceColumns) -> range:
    impossible = next(
        (
            index
            for index, first, high, low, last in zip(count(), *prices[1:], strict=False)
            if not (0 < low <= first <= high and low <= last <= high)
        ),
        len(times),
    )
    interval = _interval(source, times)
    opening = range(times[0], times[0] + len(times) * interval.ms, interval.ms)
    astray = (
        0
        if times[0] % interval.ms
        else next((index for index, at, due in zip(count(), times, opening, strict=False) if at != due), len(times))
    )
    if astray < len(times) and astray <= impossible:
        raise source.refuse(astray, _time_fault(times, astray, interval))
    if impossible < len(times):
        four = [column[impossible] for column in prices[1:]]
        raise source.refuse(impossible, _price_fault(four, prices.decimals))
    return opening


def _interval(source: CandleSource, times: Sequence[int]) -> Interval:
    if source.interval is not None:
        return source.interval
    if len(times) == 1:
        message = f"{source.file}: one candle does not tell its interval; bring two or more"
        raise CandlesInvalid(message)
    gap = times[1] - times[0]
    if gap <= 0:
        raise source.refuse(1, _order_fault(times, 1))
    known = _interval_of(gap)
    if known is None:
        fault = f"gap, the first two candles are {_length(gap)} apart, which is no interval; use one of {_KNOWN}"
        raise source.refuse(1, fault)
    return known


def _interval_of(gap: int) -> Interval | None:
    return next((interval for interval in Interval if interval.ms == gap), None)


def _time_fault(times: Sequence[int], index: int, interval: Interval) -> str:
    at = times[index]
    if index and at <= times[index - 1]:
        return _order_fault(times, index)
    looks = _interval_of(times[1] - times[0]) if len(times) > 1 else None
    hint = f"; the file looks like {looks} candles" if looks not in {None, interval} else ""
    if at % interval.ms:
        cure = hint or "; shift or round the times to the start of each candle"
        return f"off-grid time, no {interval} candle opens at {_show(at)}{cure}"
    due = times[index - 1] + interval.ms
    missing = (at - due) // interval.ms
    cure = hint or "; add the missing ones or cut the file there"
    return f"gap, {_show(at)} follows where {_show(due)} was expected, {missing} candle(s) missing{cure}"


def _order_fault(times: Sequence[int], index: int) -> str:
    at, before = times[index], times[index - 1]
    if at == before:
        return f"duplicate, a second candle opens at {_show(at)}; keep one of them"
    return f"disorder, {_show(at)} comes after {_show(before)}; sort the file, oldest first"


def _price_fault(four: Sequence[int], decimals: int) -> str:
    shown = dict(zip(PRICE_NAMES, (plain(from_scaled(price, decimals)) for price in four), strict=True))
    for name, price in zip(PRICE_NAMES, four, strict=True):
        if price <= 0:
            return f"{name} {shown[name]} is not a positive price; correct it"
    first, high, low, _ = four
    if high < low:
        return f"high {shown['high']} is below low {shown['low']}; correct the row"
    name = "close" if low <= first <= high else "open"
    return f"{name} {shown[name]} lies outside low {shown['low']} to high {shown['high']}; correct the row"


def _show(at: int) -> str:
    text = show(Instant(at))
    return f"{text[:-1]}.{at % 1000:03}Z" if at % 1000 else text


def _length(gap_ms: int) -> str:
    if gap_ms % 60_000 == 0:
        return f"{gap_ms // 60_000} min"
    return f"{gap_ms / 1000:g} s"
