"""Candles from CSV: names, times and numbers in the ways people write them."""

from decimal import Decimal
from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.columns import CandleColumns
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from tests.support.candles import HEADER, NOON, csv_text, rows_of

BTC = Symbol("BTC")

ROWS = [
    ["2024-01-01 12:00:00", "100.5", "101", "100", "100.75", "3"],
    ["2024-01-01 12:01:00", "100.75", "102.25", "100.5", "102", "4.125"],
]

EXPECTED = [
    (NOON, Decimal("100.5"), Decimal(101), Decimal(100), Decimal("100.75"), Decimal(3)),
    (NOON + 60_000, Decimal("100.75"), Decimal("102.25"), Decimal("100.5"), Decimal(102), Decimal("4.125")),
]


def _read(tmp_path: Path, text: str, interval: Interval | None = None) -> CandleColumns:
    path = tmp_path / "candles.csv"
    path.write_text(text, encoding="utf-8")
    return read_candles(path, symbol=BTC, interval=interval)


def test_csv_with_plain_rows_is_read_exactly(tmp_path: Path) -> None:
    """Prices and volumes become exact integers of one scale."""
    candles = _read(tmp_path, csv_text(ROWS))
    assert rows_of(candles) == EXPECTED
    assert candles.interval is Interval.M1
    assert candles.price_decimals == 2
    assert candles.opens == [10_050, 10_075]
    assert candles.volumes == [3_000, 4_125]


@pytest.mark.parametrize(
    "header",
    [
        "Timestamp,OPEN,High,low,Close,Volume",
        "date,o,h,l,c,v",
        "open_time,open,high,low,close,volume",
        " t , open , high , low , close , volume ",
    ],
)
def test_csv_header_in_any_case_and_spelling_is_understood(tmp_path: Path, header: str) -> None:
    """Names are matched without regard to case and blanks."""
    assert rows_of(_read(tmp_path, csv_text(ROWS, header))) == EXPECTED


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1704110400", "1704110460"),
        ("1704110400000", "1704110460000"),
        ("2024-01-01T12:00:00Z", "2024-01-01T12:01:00Z"),
        ("2024-01-01T14:00:00+02:00", "2024-01-01T14:01:00+02:00"),
        ("2024-01-01 12:00:00.000000", "2024-01-01 12:01:00.000000"),
        ("20240101T120000", "20240101T120100"),
    ],
)
def test_csv_times_in_any_form_mean_the_same_instants(tmp_path: Path, first: str, second: str) -> None:
    """Epoch seconds, epoch milliseconds and ISO 8601 are told apart."""
    rows = [[first, *ROWS[0][1:]], [second, *ROWS[1][1:]]]
    assert rows_of(_read(tmp_path, csv_text(rows))) == EXPECTED


def test_csv_with_exponents_signs_and_blanks_is_read_exactly(tmp_path: Path) -> None:
    """Numbers that are not written plainly take the slow path to the same result."""
    rows = [
        ["1704110400", "+1.005e2", " 101", "1e2", "100.75", "3."],
        ["1704110460", "100.75", "102.25", "100.50", "102", "4.125"],
    ]
    assert rows_of(_read(tmp_path, csv_text(rows))) == EXPECTED


def test_csv_with_other_columns_quotes_blank_lines_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """What nobody asked for is left out."""
    text = "\ufeffcount,timestamp,open,high,low,close,volume,note\r\n\r\n"
    text += '7,2024-01-01 12:00:00,"100.5",101,100,100.75,3,"a,\nb"\r\n\r\n'
    text += "8,2024-01-01 12:01:00,100.75,102.25,100.5,102,4.125,\r\n"
    assert rows_of(_read(tmp_path, text)) == EXPECTED


def test_csv_of_the_venues_columns_takes_the_opening_time(tmp_path: Path) -> None:
    """`t` opens and `T` closes, so the lower case is meant."""
    text = "t,T,s,i,o,c,h,l,v,n\n"
    text += "1704110400000,1704110459999,BTC,1m,100.5,100.75,101,100,3,9\n"
    text += "1704110460000,1704110519999,BTC,1m,100.75,102,102.25,100.5,4.125,9\n"
    assert rows_of(_read(tmp_path, text)) == EXPECTED


def test_csv_with_decimals_nobody_uses_has_the_smallest_scale(tmp_path: Path) -> None:
    """The scale does not depend on how many zeros an exporter writes."""
    rows = [["1704110400", "100.00", "101.000", "99.0", "100", "0.0"], ["1704110460", "100", "100", "100", "100", "0"]]
    candles = _read(tmp_path, csv_text(rows))
    assert (candles.price_decimals, candles.opens, candles.volume_decimals) == (0, [100, 100], 0)


def test_csv_of_more_than_one_chunk_is_joined_in_order(tmp_path: Path) -> None:
    """A price with more decimals late in a long file rescales what came before."""
    rows = [[str(1_704_110_400 + 60 * index), "7", "9", "6", "8", "1"] for index in range(45_000)]
    rows[-1][4] = "8.25"
    candles = _read(tmp_path, csv_text(rows))
    assert len(candles) == 45_000
    assert candles.closes[0] == 800
    assert candles.closes[-1] == 825
    assert candles.end == 1_704_110_400_000 + 45_000 * 60_000


@pytest.mark.parametrize(("gap_s", "interval"), [(60, "1m"), (180, "3m"), (300, "5m"), (3600, "1h"), (86_400, "1d")])
def test_csv_without_an_interval_takes_it_from_the_first_gap(tmp_path: Path, gap_s: int, interval: str) -> None:
    """The first two candles say how long each is."""
    start = 1_704_067_200
    rows = [[str(start + gap_s * index), "7", "9", "6", "8", "1"] for index in range(3)]
    assert _read(tmp_path, csv_text(rows)).interval is Interval(interval)


def test_csv_of_one_candle_needs_the_interval_named(tmp_path: Path) -> None:
    """With the interval named one candle is enough for the reader."""
    assert len(_read(tmp_path, csv_text(ROWS[:1]), Interval.M1)) == 1


def test_csv_says_where_it_came_from(tmp_path: Path) -> None:
    """The origin names the file."""
    assert _read(tmp_path, HEADER + "\n" + csv_text(ROWS).split("\n", 1)[1]).origin == str(tmp_path / "candles.csv")
