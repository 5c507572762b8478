"""The report on a terminal."""

import io

import msgspec
import pytest
from rich.console import Console

from agentic_core.backtest.report import print_report
from agentic_core.domain.run import RunRecord
from tests.support.runs import busy_run, denial, empty_run, fill


def _printed(run: RunRecord, *, width: int = 160, last: int = 10, source: str = "") -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    print_report(run, console, last=last, source=source)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120, 160, 220])
def test_report_tells_everything_at_any_width(width: int) -> None:
    """Header, assumptions, figures, halts, refusals with example and trace id, round trips."""
    text = _printed(busy_run(), width=width, source="288 candles of 5m")
    for expected in (
        "Backtest of Trend follower, version 3",
        "rule policy sma-cross (no language model)",
        "2024-01-01 00:05:00Z to 2024-01-02 00:00:00Z",
        "288 candles of 5m",
        "taker 0.045 %, maker 0.015 % of notional",
        "2 bps against us",
        "-0.05 %",
        "the books balance exactly",
        "Halted 2024-01-01 12:05:00Z daily loss: lost 312.5 USD since the day's first mark, the cap is 300",
        "R5_POSITION_CAP      2  us",
        "trace beafe71e94ec6b2c9b8e7503e229c128",
        "R3_HALTED",
        "Last 2 of 2 round trips",
        "+3.85",
        "-8.60",
    ):
        assert expected in text
    assert max(len(line) for line in text.splitlines() if "books" not in line and "Halted" not in line) <= width


def test_report_without_anything_prints_dashes_and_no_empty_tables() -> None:
    """What did not happen takes no room."""
    text = _printed(empty_run())
    assert "Sharpe" in text
    assert "–" in text
    for absent in ("Refused", "Halted", "round trips\n", "Still open"):
        assert absent not in text


def test_report_shows_as_many_round_trips_as_asked() -> None:
    """The newest ones."""
    text = _printed(busy_run(), last=1)
    assert "Last 1 of 2 round trips" in text
    assert "-8.60" in text
    assert "Last" not in _printed(busy_run(), last=0)


def test_report_lists_what_is_still_open() -> None:
    """A position at the end is no round trip."""
    text = _printed(empty_run(fills=(fill(60, "sell", "0.5", "100"),)))
    assert "Still open: short 0.5 BTC since 2024-01-01 01:00:00Z" in text


def test_report_prints_foreign_texts_as_texts() -> None:
    """Neither rich's markup nor escape codes do anything."""
    evil = "[bold red]x[/] \x1b[2J\nsecond"
    run = msgspec.structs.replace(busy_run(), skill_name=evil, decisions=(denial(5, evil, evil),))
    text = _printed(run)
    assert "[bold red]x[/] \ufffd[2J\ufffdsecond, version 3" in text
    assert "\x1b" not in text


def test_report_shows_a_defect_in_the_books() -> None:
    """It cannot be overlooked."""
    run = msgspec.structs.replace(busy_run(), funding=())
    assert "off by -0.25 USD, which is a defect" in _printed(run)
