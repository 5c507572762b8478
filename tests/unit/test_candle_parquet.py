"""Candles from Parquet, and what happens without polars."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import NOON, rows_of

BTC = Symbol("BTC")
START = datetime(2024, 1, 1, 12, tzinfo=UTC)
TIMES = [START, START + timedelta(minutes=1)]
EXACT = [
    (NOON, Decimal("100.5"), Decimal(101), Decimal(100), Decimal("100.75"), Decimal("0.3")),
    (NOON + 60_000, Decimal("100.75"), Decimal("102.25"), Decimal("100.5"), Decimal(102), Decimal(4)),
]


def _frame(**changes: object) -> pl.DataFrame:
    columns: dict[str, object] = {
        "timestamp": TIMES,
        "open": [100.5, 100.75],
        "high": [101.0, 102.25],
        "low": [100.0, 100.5],
        "close": [100.75, 102.0],
        "volume": [0.3, 4.0],
    }
    return pl.DataFrame(columns | changes)


def _path(tmp_path: Path, frame: pl.DataFrame, name: str = "c.parquet") -> Path:
    path = tmp_path / name
    frame.write_parquet(path)
    return path


@pytest.mark.parametrize(
    "times",
    [
        TIMES,
        [at.replace(tzinfo=None) for at in TIMES],
        pl.Series(TIMES).dt.convert_time_zone("Asia/Tokyo"),
        [1_704_110_400, 1_704_110_460],
        [1_704_110_400_000, 1_704_110_460_000],
        ["2024-01-01T12:00:00Z", "2024-01-01 12:01"],
    ],
    ids=["utc", "naive", "tokyo", "seconds", "milliseconds", "texts"],
)
def test_parquet_times_of_any_type_mean_the_same_instants(tmp_path: Path, times: object) -> None:
    """Datetimes with and without zone, integers and texts are understood."""
    assert rows_of(read_candles(_path(tmp_path, _frame(timestamp=times)), symbol=BTC)) == EXACT


def test_parquet_dates_are_midnights(tmp_path: Path) -> None:
    """Daily candles are often stored with dates."""
    frame = _frame(timestamp=[date(2024, 1, 1), date(2024, 1, 2)])
    candles = read_candles(_path(tmp_path, frame), symbol=BTC)
    assert (candles.interval, candles.start) == (Interval.D1, 1_704_067_200_000)


def test_parquet_floats_become_their_shortest_text_and_the_origin_says_so(tmp_path: Path) -> None:
    """0.3 is 0.3, not the binary number beneath it."""
    path = _path(tmp_path, _frame())
    assert read_candles(path, symbol=BTC).origin == f"{path} (floats read by their shortest decimal text)"


def test_parquet_single_precision_floats_are_not_widened(tmp_path: Path) -> None:
    """A 32-bit float is read by its own shortest text."""
    frame = _frame(volume=pl.Series([0.3, 4.0], dtype=pl.Float32))
    assert rows_of(read_candles(_path(tmp_path, frame), symbol=BTC)) == EXACT


def test_parquet_decimals_and_texts_are_exact_and_need_no_remark(tmp_path: Path) -> None:
    """Columns that hold exact numbers keep them."""
    exact = pl.Series([Decimal("100.50"), Decimal("100.75")], dtype=pl.Decimal(10, 2))
    frame = _frame(
        open=exact, high=["101", "102.25"], low=["100", "100.5"], close=["100.75", "102"], volume=["0.3", "4"]
    )
    path = _path(tmp_path, frame, "exact.dat")
    candles = read_candles(path, symbol=BTC)
    assert rows_of(candles) == EXACT
    assert candles.origin == str(path)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"open": [100.5, float("nan")]}, "c.parquet:2: open 'NaN' is not finite; replace it by the real one"),
        ({"open": [100.5, None]}, "c.parquet:2: open is empty; fill it in"),
        ({"timestamp": [TIMES[0], None]}, "c.parquet:2: '' is not a time; write epoch milliseconds or ISO 8601 such"),
        ({"close": [100.75, 200.0]}, "c.parquet:2: close 200 lies outside low 100.5 to high 102.25; correct the row"),
        ({"open": [True, False]}, "c.parquet: column 'open' holds Boolean; write decimals, integers, floats or texts"),
        ({"timestamp": [0.5, 1.5]}, "c.parquet: column 'timestamp' holds Float64; write datetimes, epoch milliseconds"),
        ({"timestamp": [TIMES[0], TIMES[0]]}, "c.parquet:2: duplicate, a second candle opens at 2024-01-01 12:00:00Z"),
    ],
)
def test_parquet_with_one_bad_value_is_refused_with_its_row(
    tmp_path: Path, changes: dict[str, object], expected: str
) -> None:
    """Rows count from 1."""
    path = _path(tmp_path, _frame(**changes))
    with pytest.raises(CandlesInvalid) as caught:
        read_candles(path, symbol=BTC)
    assert str(caught.value).removeprefix(f"{tmp_path}/").startswith(expected)


def test_parquet_without_a_column_or_rows_is_refused(tmp_path: Path) -> None:
    """What is missing and what is there are said."""
    with pytest.raises(CandlesInvalid, match=r"no column for the low, there are 'timestamp', 'open', 'high', 'close'"):
        read_candles(_path(tmp_path, _frame().drop("low")), symbol=BTC)
    with pytest.raises(CandlesInvalid, match="no candles, the file has no rows"):
        read_candles(_path(tmp_path, _frame().head(0)), symbol=BTC)


@pytest.mark.parametrize("content", [b"timestamp,open\n1,2\n", b"PAR1 and then nothing"])
def test_parquet_that_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    """A wrong extension and a torn file are both said to be no Parquet."""
    path = tmp_path / "c.parquet"
    path.write_bytes(content)
    with pytest.raises(CandlesInvalid, match="not a Parquet file that can be read") as caught:
        read_candles(path, symbol=BTC)
    assert "\n" not in str(caught.value)


def test_parquet_without_polars_names_the_install_line(tmp_path: Path) -> None:
    """Whoever lacks the extra is told what to run; CSV is read all the same."""
    path = _path(tmp_path, _frame())
    table = tmp_path / "c.csv"
    table.write_text("t,o,h,l,c,v\n1704110400,1,1,1,1,1\n1704110460,1,1,1,1,1\n")
    program = f"""
import sys
sys.modules["polars"] = sys.modules["numpy"] = None
from pathlib import Path
from agentic_core.backtest.candle_files import read_candles
from agentic_core.errors import ConfigError
print(len(read_candles(Path({str(table)!r}), symbol="BTC")))
try:
    read_candles(Path({str(path)!r}), symbol="BTC")
except ConfigError as exc:
    print(exc)
"""
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines() == [
        "2",
        f"{path}: reading Parquet needs polars; run: pip install 'agentic-perps[backtest]'",
    ]
