"""Candles from the venue's `candleSnapshot` JSON."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import NOON, rows_of

BTC = Symbol("BTC")


def _candle(minutes: int, **changes: object) -> dict[str, object]:
    at = NOON + minutes * 60_000
    candle: dict[str, object] = {"t": at, "T": at + 59_999, "s": "BTC", "i": "1m"}
    return candle | {"o": "100.5", "c": "101.0", "h": "102.0", "l": "100.0", "v": "1.5", "n": 7} | changes


def _refusal(tmp_path: Path, content: object, interval: Interval | None = None) -> str:
    path = tmp_path / "c.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(CandlesInvalid) as caught:
        read_candles(path, symbol=BTC, interval=interval)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_snapshot_is_read_exactly(tmp_path: Path) -> None:
    """Texts become exact prices, milliseconds become instants."""
    path = tmp_path / "btc.json"
    path.write_text(json.dumps([_candle(0), _candle(1, c="100.25", v="0.0")]))
    candles = read_candles(path, symbol=BTC)
    assert candles.interval is Interval.M1
    assert rows_of(candles) == [
        (NOON, Decimal("100.5"), Decimal(102), Decimal(100), Decimal(101), Decimal("1.5")),
        (NOON + 60_000, Decimal("100.5"), Decimal(102), Decimal(100), Decimal("100.25"), Decimal(0)),
    ]


def test_snapshot_with_numbers_instead_of_texts_stays_exact(tmp_path: Path) -> None:
    """A JSON number is read as it is written, never through a float."""
    path = tmp_path / "btc.txt"
    path.write_text(json.dumps([_candle(0, c=101)]).replace('"1.5"', "0.1000000000000000055511"))
    assert rows_of(read_candles(path, symbol=BTC))[0][5] == Decimal("0.1000000000000000055511")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"s": "ETH"}, "c.json:2: candle of 'ETH' where BTC was asked for; bring the file of BTC"),
        ({"i": "5m"}, "c.json:2: candle of interval '5m' where 1m was expected; bring one interval only"),
        ({"o": None}, "c.json:2: o None is not a number; bring [{t, s, i, o, h, l, c, v}, …]"),
        ({"t": "1704110460000"}, "c.json:2: time '1704110460000' is not a number of milliseconds; bring "),
        ({"t": NOON}, "c.json:2: duplicate, a second candle opens at 2024-01-01 12:00:00Z; keep one of them"),
        ({"t": NOON + 61_000}, "c.json:2: off-grid time, no 1m candle opens at 2024-01-01 12:01:01Z"),
        ({"h": "99"}, "c.json:2: high 99 is below low 100; correct the row"),
        ({"c": float("nan")}, "c.json:2: close 'NaN' is not finite; replace it by the real one"),
    ],
)
def test_snapshot_with_one_bad_candle_is_refused_with_its_row(
    tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    """Rows count from 1."""
    assert _refusal(tmp_path, [_candle(0), _candle(1, **changes)]).startswith(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("[{", "c.json:1: not JSON (Expecting property name enclosed in double quotes)"),
        ("hello", "c.json:1: not JSON (Expecting value)"),
        ("[" * 100_000, "c.json: not JSON that can be read (RecursionError)"),
        ({"candles": []}, "c.json: JSON, but not a list; bring [{t, s, i, o, h, l, c, v}, …]"),
        ([], "c.json: no candles, the file has no rows; bring one row a candle"),
        ([[1, 2]], "c.json:1: [1, 2] is no candle; bring [{t, s, i, o, h, l, c, v}, …]"),
        ([{"t": 1, "o": "1"}], "c.json:1: no h, l, c, v in the candle, there are ['o', 't']; bring "),
        ([_candle(0, i="1w")], "c.json:1: interval '1w' is not supported; use one of 1m, 3m, 5m"),
    ],
)
def test_json_that_is_no_snapshot_is_refused(tmp_path: Path, content: object, expected: str) -> None:
    """What the file holds instead is said."""
    assert _refusal(tmp_path, content).startswith(expected)


def test_snapshot_of_another_interval_than_asked_is_refused(tmp_path: Path) -> None:
    """The interval asked for and the one in the file must agree."""
    message = _refusal(tmp_path, [_candle(0)], Interval.M5)
    assert message == "c.json:1: candle of interval '1m' where 5m was expected; bring one interval only"
