"""The page of a run: complete, self-contained, and proof against what skills and venues write into it."""

from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from agentic_core.backtest.report import render_html, write_html
from agentic_core.backtest.report.sections import ROWS_MAX
from agentic_core.domain.run import EquityPoint, RunRecord
from agentic_core.domain.times import Instant
from tests.support.runs import START, after, busy_run, denial, empty_run, fill, point

EVIL = "<script>alert(1)</script>\" onload='x' \x1b[2J\u202e&amp;"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.texts.append(data)


def _read(run: RunRecord, source: str = "") -> _Reader:
    reader = _Reader()
    reader.feed(render_html(run, source=source))
    reader.close()
    assert reader.open == []
    return reader


def test_page_needs_nothing_from_elsewhere() -> None:
    """No script, no address, no handler, no frame; and a policy that would refuse them."""
    page = render_html(busy_run())
    reader = _read(busy_run())
    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"} & set(reader.tags)
    names = {name for name, _ in reader.attributes}
    assert not [name for name in names if name.startswith("on") or name in {"src", "href", "style", "xlink:href"}]
    assert "://" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_page_shows_what_happened() -> None:
    """Header, figures, refusals with examples and trace ids, halts, round trips, fills, funding and fees."""
    text = "\n".join(_read(busy_run(), "288 candles of 5m").texts)
    for expected in (
        "Backtest of Trend follower, version 3",
        "9f2c" * 16,
        "rule policy sma-cross (no language model)",
        "288 candles of 5m",
        "taker 0.045 %, maker 0.015 % of notional",
        "9,995.25",
        "10,000.00 − 3.00 realised + 0.00 unrealised − 1.50 fees − 0.25 funding = 9,995.25: the books balance exactly",
        "R5_POSITION_CAP",
        "1500 USD would be over the cap of 1000",
        "trace beafe71e94ec6b2c9b8e7503e229c128",
        "Trace ids of R5_POSITION_CAP (2)",
        "Order must have minimum value of $10. asset=BTC",
        (
            "2024-01-01 12:05:00Z daily loss: lost 312.5 USD since the day's first mark, the cap is 300 "
            "(equity 9,687.5, baseline 10,000, loss 312.5)"
        ),
        "halt: daily loss",
        "+3.85",
        "-8.60",
        "42,800",
        "-0.25",
    ):
        assert expected in text


def test_page_lists_every_trace_id_of_a_rule() -> None:
    """Each refusal can be looked up."""
    run = busy_run()
    page = render_html(run)
    traces = [record.decision.trace_id for record in run.decisions]
    assert len(set(traces)) == 4
    assert all(trace in page for trace in traces)


def test_page_escapes_whatever_a_run_contains() -> None:
    """Names, details, sources, symbols and hashes are texts, wherever they come from."""
    run = busy_run()
    halts = (msgspec.structs.replace(run.halts[0], detail=EVIL, numbers={EVIL: Decimal(1)}),)
    trip = [msgspec.structs.replace(one, symbol=EVIL) for one in run.fills]
    evil = msgspec.structs.replace(
        run,
        skill_name=EVIL,
        environment=EVIL,
        payload_hash=EVIL,
        decided_by=f"rules:{EVIL}",
        symbols=(EVIL,),
        decisions=(denial(300, EVIL, EVIL), denial(301, EVIL, EVIL)),
        fills=tuple(trip),
        funding=tuple(msgspec.structs.replace(one, symbol=EVIL) for one in run.funding),
        halts=halts,
        assumptions=msgspec.structs.replace(run.assumptions, funding=EVIL, fill_model=EVIL),
    )
    reader = _read(evil, EVIL)
    page = render_html(evil, source=EVIL)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    assert sum("<script>alert(1)</script>" in text for text in reader.texts) >= 12


def test_page_of_a_run_without_anything_says_so() -> None:
    """Empty tables are sentences, undefined figures dashes."""
    text = "\n".join(_read(empty_run()).texts)
    for sentence in (
        "Nothing was refused.",
        "No round trip was finished.",
        "Nothing was executed.",
        "No funding was settled.",
        "No fee was paid.",
    ):
        assert sentence in text
    assert "–" in text
    assert "No equity curve was recorded." in "\n".join(_read(empty_run(equity=())).texts)


def test_page_shows_a_defect_in_the_books() -> None:
    """A dollar that appeared from nowhere is not hidden."""
    run = msgspec.structs.replace(busy_run(), final_equity=busy_run().final_equity + 1)
    assert "≠ 9,996.25: off by 1 USD, which is a defect" in render_html(run)


def test_page_says_when_the_books_cannot_be_checked() -> None:
    """Long and short at once leave the sum open."""
    other = msgspec.structs.replace(fill(60, "sell", "1", "100"), symbol="ETH")
    page = render_html(empty_run(fills=(fill(60, "buy", "1", "100"), other)))
    assert "so the sum cannot be checked" in page
    assert "Still open: short 1 ETH since 2024-01-01 01:00:00Z, entered at 100." in page


def test_page_of_a_long_run_keeps_the_newest_rows_and_says_so() -> None:
    """Two thousand fills do not make a page of two thousand rows."""
    fills = tuple(fill(index, "buy" if index % 2 else "sell", "1", "100") for index in range(2_000))
    page = render_html(empty_run(fills=fills))
    assert "The newest 500 of 2,000; the JSON export holds all of them." in page
    assert page.count("<tr>") < 2 * ROWS_MAX + 20


@pytest.mark.parametrize("count", [1, 2, 4_000, 30_000])
def test_chart_keeps_the_extremes_of_a_curve_of_any_length(count: int) -> None:
    """One spike among thousands of points is drawn, and the picture stays small."""
    points = [
        EquityPoint(time=Instant(START + at * 60_000), equity=point(0, "10000").equity, exposure=point(0, "0").equity)
        for at in range(count)
    ]
    points[count // 2] = msgspec.structs.replace(points[count // 2], equity=point(0, "20000").equity)
    page = render_html(empty_run(equity=tuple(points), start=after(0), end=points[-1].time))
    line = page.split('class="line equity"')[0].rsplit('points="', 1)[1].split('"')[0]
    places = [tuple(map(float, place.split(","))) for place in line.split()]
    assert len(places) <= 4_500
    assert min(y for _, y in places) < 60
    assert all(70 <= x <= 965 and 20 <= y <= 290 for x, y in places)


def test_page_is_written_as_utf_8(tmp_path: Path) -> None:
    """Names in any script arrive."""
    path = tmp_path / "run.html"
    write_html(empty_run(skill_name="Ausbruch für 以太"), path)
    assert "Ausbruch für 以太" in path.read_text(encoding="utf-8")
