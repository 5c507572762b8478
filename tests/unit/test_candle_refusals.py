"""Candle files that are refused, each in one line with place, value and cure."""

from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Interval
from agentic_core.errors import CandlesInvalid
from tests.support.candles import HEADER, csv_text

BTC = Symbol("BTC")

NO_TIME = "is not a time; write epoch milliseconds or ISO 8601 such as 2022-01-31T23:59:00Z"

GOOD = [
    ["2024-01-01 12:00:00", "100", "102", "99", "101", "5"],
    ["2024-01-01 12:01:00", "101", "103", "100", "102", "5"],
    ["2024-01-01 12:02:00", "102", "104", "101", "103", "5"],
]


def _refusal(tmp_path: Path, content: str | bytes, name: str = "c.csv", interval: Interval | None = None) -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(CandlesInvalid) as caught:
        read_candles(path, symbol=BTC, interval=interval)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(tmp_path) + "/")


def _changed(row: int, column: int, value: str) -> str:
    rows = [list(cells) for cells in GOOD]
    rows[row][column] = value
    return csv_text(rows)


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (1, 1, "nan", "c.csv:3: open 'nan' is not finite; replace it by the real one"),
        (2, 2, "Infinity", "c.csv:4: high 'Infinity' is not finite; replace it by the real one"),
        (0, 3, "-99", "c.csv:2: low '-99' is not a positive price; correct it"),
        (1, 3, "0", "c.csv:3: low 0 is not a positive price; correct it"),
        (1, 4, "", "c.csv:3: close is empty; fill it in"),
        (1, 4, "1.2.3", "c.csv:3: close '1.2.3' is not a number; write it plainly, such as 46377.5"),
        (1, 4, "1_000", "c.csv:3: close '1_000' is not a number; write it plainly, such as 46377.5"),
        (1, 4, "$101", "c.csv:3: close '$101' is not a number; write it plainly, such as 46377.5"),
        (1, 4, "1e9999", "c.csv:3: close '1e9999' has more than 28 digits; round it"),
        (1, 4, "1e-40", "c.csv:3: close '1e-40' has more than 28 digits; round it"),
        (1, 5, "-1", "c.csv:3: volume '-1' is negative; correct it"),
        (1, 5, ".", "c.csv:3: volume '.' is not a number; write it plainly, such as 46377.5"),
        (1, 2, "99", "c.csv:3: high 99 is below low 100; correct the row"),
        (1, 1, "104", "c.csv:3: open 104 lies outside low 100 to high 103; correct the row"),
        (2, 4, "100.5", "c.csv:4: close 100.5 lies outside low 101 to high 104; correct the row"),
        (
            1,
            0,
            "yesterday",
            f"c.csv:3: 'yesterday' {NO_TIME}",
        ),
        (
            1,
            0,
            "1704110460000000",
            f"c.csv:3: '1704110460000000' {NO_TIME}",
        ),
        (
            1,
            0,
            "-60",
            "c.csv:3: '-60' is not between 1970 and 9999; write epoch seconds, epoch milliseconds or ISO 8601",
        ),
        (
            1,
            0,
            "²",
            f"c.csv:3: '²' {NO_TIME}",
        ),
    ],
)
def test_csv_with_one_bad_cell_is_refused_with_its_line(
    tmp_path: Path, row: int, column: int, value: str, expected: str
) -> None:
    """The message names line, column, value and cure."""
    assert _refusal(tmp_path, _changed(row, column, value)) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (
            ("12:00:00", "12:01:00", "12:04:00"),
            (
                "c.csv:4: gap, 2024-01-01 12:04:00Z follows where 2024-01-01 12:02:00Z was expected, 2 candle(s) "
                "missing; add the missing ones or cut the file there"
            ),
        ),
        (
            ("12:00:00", "12:01:00", "12:01:00"),
            "c.csv:4: duplicate, a second candle opens at 2024-01-01 12:01:00Z; keep one of them",
        ),
        (
            ("12:00:00", "12:00:00", "12:01:00"),
            "c.csv:3: duplicate, a second candle opens at 2024-01-01 12:00:00Z; keep one of them",
        ),
        (
            ("12:02:00", "12:01:00", "12:00:00"),
            "c.csv:3: disorder, 2024-01-01 12:01:00Z comes after 2024-01-01 12:02:00Z; sort the file, oldest first",
        ),
        (
            ("12:00:00", "12:01:00", "12:00:30"),
            "c.csv:4: disorder, 2024-01-01 12:00:30Z comes after 2024-01-01 12:01:00Z; sort the file, oldest first",
        ),
        (
            ("12:00:00", "12:01:00", "12:02:00.250"),
            (
                "c.csv:4: off-grid time, no 1m candle opens at 2024-01-01 12:02:00.250Z; "
                "shift or round the times to the start of each candle"
            ),
        ),
        (
            ("12:00:07", "12:01:07", "12:02:07"),
            (
                "c.csv:2: off-grid time, no 1m candle opens at 2024-01-01 12:00:07Z; "
                "shift or round the times to the start of each candle"
            ),
        ),
        (
            ("12:00:00", "12:00:07", "12:00:14"),
            (
                "c.csv:3: gap, the first two candles are 7 s apart, which is no interval; "
                "use one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 12h, 1d"
            ),
        ),
        (
            ("12:00:00", "12:07:00", "12:14:00"),
            (
                "c.csv:3: gap, the first two candles are 7 min apart, which is no interval; "
                "use one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 12h, 1d"
            ),
        ),
    ],
)
def test_csv_that_is_no_unbroken_run_is_refused_with_its_line(
    tmp_path: Path, times: tuple[str, ...], expected: str
) -> None:
    """Gap, duplicate, disorder and times off the grid are told apart."""
    rows = [[f"2024-01-01 {time}", *cells[1:]] for time, cells in zip(times, GOOD, strict=True)]
    assert _refusal(tmp_path, csv_text(rows)) == expected


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (
            Interval.M5,
            "c.csv:3: off-grid time, no 5m candle opens at 2024-01-01 12:01:00Z; the file looks like 1m candles",
        ),
        (
            Interval.D1,
            "c.csv:2: off-grid time, no 1d candle opens at 2024-01-01 12:00:00Z; the file looks like 1m candles",
        ),
    ],
)
def test_csv_of_another_interval_than_asked_is_refused_with_a_hint(
    tmp_path: Path, interval: Interval, expected: str
) -> None:
    """The message says what the file looks like."""
    assert _refusal(tmp_path, csv_text(GOOD), interval=interval) == expected


def test_csv_coarser_than_asked_is_refused_with_a_hint(tmp_path: Path) -> None:
    """A file of 5-minute candles has gaps for whoever asked for minutes."""
    rows = [[f"2024-01-01 12:{minute:02}:00", "100", "102", "99", "101", "5"] for minute in (0, 5, 10)]
    assert _refusal(tmp_path, csv_text(rows), interval=Interval.M1) == (
        "c.csv:3: gap, 2024-01-01 12:05:00Z follows where 2024-01-01 12:01:00Z was expected, 4 candle(s) missing; "
        "the file looks like 5m candles"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "c.csv: the file is empty; bring one with rows in it"),
        (b" \n\n", "c.csv: the file is empty; bring one with rows in it"),
        (HEADER.encode(), "c.csv: no candles, the file has no rows; bring one row a candle"),
        (
            b"timestamp,open,high,low,volume\n",
            (
                "c.csv: no column for the close, there are 'timestamp', 'open', 'high', 'low', 'volume'; "
                "name it close or c"
            ),
        ),
        (
            b"time;open;high;low;close;volume\n",
            (
                "c.csv: no column for the time, there are 'time;open;high;low;close;volume'; "
                "name it timestamp or time or date or open_time or t"
            ),
        ),
        (
            b"date,time,open,high,low,close,volume\n",
            "c.csv: the columns date, time could all be the time; keep one of them or rename the others",
        ),
        (HEADER.encode() + b"\n1,2,3\n", "c.csv:2: 3 fields where the header has 6; complete the row"),
        (
            HEADER.encode() + b"\n1704110400,1,1,1,1,1\n1704110460,1,1,1,1,\xff\n",
            "c.csv:3: byte 0xff is not UTF-8; save the file as UTF-8",
        ),
        (
            HEADER.encode() + b"\n1704110400,1,1,1,1,1\n",
            "c.csv: one candle does not tell its interval; bring two or more",
        ),
        (
            HEADER.encode() + b"\n1704110400,1,1,1,1,1\n1704110460,1,1,1,1,\0\n",
            "c.csv:3: volume '\\x00' is not a number; write it plainly, such as 46377.5",
        ),
        (
            HEADER.encode() + b"\n1704110400,1e-14,9e14,1e-14,9e14,1\n1704110460,1,1,1,1,1\n",
            "c.csv: the prices together need 29 digits, 28 are possible; round them",
        ),
    ],
)
def test_csv_that_is_no_table_of_candles_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    """What the file holds instead is said."""
    assert _refusal(tmp_path, content) == expected


def test_refusal_counts_lines_not_rows(tmp_path: Path) -> None:
    """Blank lines and line breaks inside quotes do not lead astray."""
    text = 'timestamp,open,high,low,close,volume,"a\nnote"\n\n2024-01-01 12:00:00,1,1,1,1,1,\n\n'
    text += "2024-01-01 12:01:00,1,1,1,nan,1,\n"
    assert _refusal(tmp_path, text).startswith("c.csv:6: close 'nan'")


def test_csv_with_an_endless_field_is_refused_with_its_line(tmp_path: Path) -> None:
    """A quote that never closes swallows the file; the reader's own limit stops it."""
    text = csv_text(GOOD[:1]) + '"' + "x" * 200_000
    assert _refusal(tmp_path, text) == (
        "c.csv:3: not readable as CSV (field larger than field limit (131072)); export the file again"
    )


def test_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    with pytest.raises(CandlesInvalid, match=r"none\.csv: No such file or directory; name a file that exists"):
        read_candles(tmp_path / "none.csv", symbol=BTC)


def test_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    """A folder is no file."""
    with pytest.raises(CandlesInvalid, match="Is a directory"):
        read_candles(tmp_path, symbol=BTC)
