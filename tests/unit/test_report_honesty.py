"""The verdict, the runs beside the plain one, and the overlap on every figure, on a terminal, as a page and as JSON."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from agentic_core.backtest.report import print_report, read_json, render_html, write_json
from agentic_core.domain import Bps, RunRecord, Usd
from agentic_core.domain.honesty import (
    Chance,
    Honesty,
    HonestyVerdict,
    KnowledgeOverlap,
    MaskedTest,
    TrialFigures,
)
from tests.support.backtests import MIDNIGHT, Script, backtest, flat

D = Decimal
HONESTY = Honesty(
    verdict=HonestyVerdict.KNOWS_THE_FUTURE,
    sentence="Knows the future: <b>it lost its edge</b>.",
    overlap=KnowledgeOverlap(known_until=MIDNIGHT, source="vendor's page", share_bps=Bps(6_100)),
    chance_error_bps=Bps(500),
    masked_error_bps=Bps(50),
    actions=40,
    figures=(
        TrialFigures(name="plain", gain=D("0.214"), orders=40, fees=Usd(D("12.5"))),
        TrialFigures(name="masked", gain=D("-0.031"), orders=38, fees=Usd(D("11.25")), halts=1),
    ),
    chance=Chance(runs=199, at_least=0, gain_low=D("-0.05"), gain_median=D("-0.01"), gain_high=D("0.04")),
    masked=MaskedTest(marks=359, block=7, draws=1_999, at_least=0, kept_bps=Bps(-900)),
    masking="BTC as ASSET1 at prices × 0.0037, 169 weeks later",
    gain_afterwards=D("0.0123"),
    cautions=("Holding long all the time earned more.",),
)
PLAIN = backtest(Script({}), flat(5))
JUDGED = msgspec.structs.replace(PLAIN, honesty=HONESTY)


def printed(run: RunRecord) -> str:
    """Return the report as a terminal shows it."""
    console = Console(width=160, force_terminal=False)
    with console.capture() as shown:
        print_report(run, console)
    return shown.get()


def test_terminal_shows_the_verdict_before_the_figures_and_the_overlap_with_them() -> None:
    """A reader meets the verdict first, and no group of figures stands without the overlap."""
    text = printed(JUDGED)
    assert text.index("Knows the future") < text.index("final equity")
    assert [text.count(f"{group} · overlap 61 %") for group in ("Result", "Risk", "Round trips", "Activity")] == [1] * 4
    for words in (
        "masked: names, dates and prices disguised",
        "-3.10 %",
        "its actions at random times: median of 199",
        "Nine in ten runs at random times gained between -5.00 % and +4.00 %",
        "Overlap 61 % of the window may be known to the chat model (its knowledge ends 2023-12-31: vendor's page).",
        "After the chat model's knowledge ends it gained +1.23 %.",
        "in 0.05 % of cases",
        "Disguise: BTC as ASSET1 at prices × 0.0037, 169 weeks later.",
        "Holding long all the time earned more.",
    ):
        assert words in text


def test_page_shows_the_verdict_once_and_the_overlap_on_every_card() -> None:
    """Seven cards and the chart carry the badge, and nothing breaks out of its element."""
    page = render_html(JUDGED)
    assert page.count("&lt;b&gt;it lost its edge&lt;/b&gt;") == 1
    assert '<p class="verdict bad">' in page
    assert page.count('<i class="overlap">overlap 61 %</i>') == 8
    assert "What may be believed" in page


def test_reports_without_a_verdict_say_nothing_of_it() -> None:
    """Where rules decide nobody can have read the future."""
    assert "overlap" not in render_html(PLAIN).split("</style>")[1]
    assert "overlap" not in printed(PLAIN)


@pytest.mark.parametrize(("share", "badge"), [(None, "overlap unknown"), (Bps(0), "overlap 0 %")])
def test_badge_of_an_unknown_overlap_is_no_zero(share: Bps | None, badge: str) -> None:
    """What nobody says is said to be unknown."""
    overlap = KnowledgeOverlap(known_until=None, source="", share_bps=share)
    run = msgspec.structs.replace(PLAIN, honesty=msgspec.structs.replace(HONESTY, overlap=overlap))
    assert f"Result · {badge}" in printed(run)


def test_json_keeps_the_verdict_with_everything_behind_it(tmp_path: Path) -> None:
    """What is written is read back the same."""
    write_json(JUDGED, tmp_path / "run.json")
    assert read_json(tmp_path / "run.json").honesty == HONESTY
