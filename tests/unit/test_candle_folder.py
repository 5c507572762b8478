"""A folder of recorded candles: its files, and what crashes and other people do to them."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.candle_folder import CandleFolder
from agentic_core.domain import Candle, Interval
from agentic_core.errors import InputError, UsageError
from tests.support.candles import NOON
from tests.support.kept_candles import hole, minutes
from tests.support.markets import BTC

pytestmark = pytest.mark.anyio

M1 = Interval.M1
MINUTE = M1.ms
HEADER = "timestamp,open,high,low,close,volume\n"
FIRST_FILE = "BTC_1m_20240101T120000Z.csv"


def contents(folder: Path) -> dict[str, str]:
    """Return every file of a folder by its name."""
    return {path.name: path.read_text() for path in folder.iterdir()}


def candles(path: Path) -> list[Candle]:
    """Return what a backtest reads from a file."""
    columns = read_candles(path, symbol=BTC, interval=M1)
    return [columns.candle(index) for index in range(len(columns))]


def tears(path: Path) -> list[bytes]:
    """Return everything that a crash may have left of a file."""
    whole = path.read_bytes()
    return [whole[:length] for length in range(len(whole))]


async def test_folder_names_a_file_by_its_series_and_first_candle(tmp_path: Path) -> None:
    """One file for each stretch, as CSV, with plain numbers and times in milliseconds."""
    sink = CandleFolder(tmp_path)
    await sink.write(BTC, M1, minutes(0, 1, 60))
    await sink.state_missing(BTC, M1, [hole(NOON + 2 * MINUTE, NOON + 60 * MINUTE)])
    assert contents(tmp_path) == {
        FIRST_FILE: HEADER
        + "1704110400000,100,1000.25,0.00001,100,1.5\n"
        + "1704110460000,100,1000.25,0.00001,101,1.5\n",
        "BTC_1m_20240101T130000Z.csv": HEADER + "1704114000000,100,1000.25,0.00001,160,1.5\n",
        "BTC_1m_missing.csv": "start,end,cause\n1704110520000,1704114000000,not_served\n",
    }


@pytest.mark.parametrize("numbers", [(0, 1, 2), (0, 1, 5, 6)], ids=["only file", "file after a hole"])
async def test_torn_candle_file_is_whole_after_the_next_write(tmp_path: Path, numbers: Sequence[int]) -> None:
    """Wherever it was torn, in its header as in a row; what the crash took is asked for again and written once."""
    await CandleFolder(tmp_path).write(BTC, M1, minutes(*numbers))
    whole = contents(tmp_path)
    newest = tmp_path / max(whole)
    for left in tears(newest):
        newest.write_bytes(left)
        await CandleFolder(tmp_path).write(BTC, M1, minutes(*numbers))
        assert contents(tmp_path) == whole


async def test_torn_row_is_not_there(tmp_path: Path) -> None:
    """The newest candle is the last whole one, and half a number is never read as a number."""
    await CandleFolder(tmp_path).write(BTC, M1, minutes(0, 1, 2))
    file = tmp_path / FIRST_FILE
    file.write_bytes(tears(file)[-2])
    assert await CandleFolder(tmp_path).newest(BTC, M1) == NOON + 2 * MINUTE
    assert await CandleFolder(tmp_path).write(BTC, M1, minutes(2, 3)) == 2
    assert candles(file) == minutes(0, 1, 2, 3)


async def test_torn_list_of_holes_is_whole_after_it_was_stated_again(tmp_path: Path) -> None:
    """Wherever it was torn."""
    holes = [hole(NOON, NOON + MINUTE), hole(NOON + 3 * MINUTE, NOON + 4 * MINUTE)]
    await CandleFolder(tmp_path).state_missing(BTC, M1, holes)
    whole, path = contents(tmp_path), tmp_path / "BTC_1m_missing.csv"
    for left in tears(path):
        path.write_bytes(left)
        await CandleFolder(tmp_path).state_missing(BTC, M1, holes)
        assert contents(tmp_path) == whole


async def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    """Only what is named as the folder names its files counts."""
    names = (
        "BTC_1m_notes.csv",
        "BTC_1m_20240101.csv",
        "ETH_1m_20990101T000000Z.csv",
        "BTC_1m_20990101T000000Z.csv.bak",
    )
    for name in names:
        (tmp_path / name).write_text("mine")
    sink = CandleFolder(tmp_path)
    assert await sink.newest(BTC, M1) is None
    await sink.write(BTC, M1, minutes(0, 1))
    assert sink.files(BTC, M1) == [tmp_path / FIRST_FILE]
    assert [contents(tmp_path)[name] for name in names] == ["mine"] * 4


async def test_file_that_was_not_recorded_is_refused_by_name(tmp_path: Path) -> None:
    """Rather than to be continued: nothing is written to it."""
    file = tmp_path / FIRST_FILE
    file.write_text(HEADER + "2024-01-01 12:00,1,1,1,1,1\n")
    with pytest.raises(InputError, match=r"T120000Z\.csv: the last row b'2024-01-01 .*move the file elsewhere"):
        await CandleFolder(tmp_path).write(BTC, M1, minutes(5))
    assert file.read_text().count("\n") == 2


@pytest.mark.parametrize("numbers", [(1, 0), (0, 0), (0, 2, 1)])
async def test_candles_out_of_order_are_refused_whole(tmp_path: Path, numbers: Sequence[int]) -> None:
    """Whoever brings them is wrong about something; nothing of them is kept."""
    with pytest.raises(UsageError, match="bring 1m candles in order"):
        await CandleFolder(tmp_path).write(BTC, M1, minutes(*numbers))
    assert contents(tmp_path) == {}


async def test_candle_off_the_grid_of_its_interval_is_refused(tmp_path: Path) -> None:
    """A one-minute candle is no five-minute candle."""
    with pytest.raises(UsageError, match="whole multiples of 300000 ms"):
        await CandleFolder(tmp_path).write(BTC, Interval.M5, minutes(0, 1))
    assert contents(tmp_path) == {}


async def test_folder_that_is_not_there_is_refused_in_words(tmp_path: Path) -> None:
    """At the beginning, and also where it is taken away later."""
    place = tmp_path / "candles"
    with pytest.raises(InputError, match="there is no such folder; make it"):
        CandleFolder(place)
    place.mkdir()
    sink = CandleFolder(place)
    place.rmdir()
    doings: list[Callable[[], Awaitable[object]]] = [
        lambda: sink.newest(BTC, M1),
        lambda: sink.write(BTC, M1, minutes(0)),
        lambda: sink.state_missing(BTC, M1, [hole(NOON, NOON + MINUTE)]),
    ]
    for do in doings:
        with pytest.raises(
            InputError, match=r"cannot (read|write) .*candles.*No such file.*record into another folder"
        ):
            await do()
