"""The report as one HTML file that needs nothing else: no script, no font, no address."""

from collections.abc import Iterable
from pathlib import Path

from agentic_core.backtest.metrics import Metrics, measure_run
from agentic_core.backtest.report.charts import run_chart
from agentic_core.backtest.report.coverage import coverage_badge
from agentic_core.backtest.report.files import write_whole
from agentic_core.backtest.report.formats import decider, factor, percent, signed_percent, signed_usd, usd
from agentic_core.backtest.report.honesty import honesty_section, overlap_badge, overlap_mark, verdict_line
from agentic_core.backtest.report.markup import Markup, join, tag
from agentic_core.backtest.report.sections import (
    fees_section,
    fills_section,
    funding_section,
    refusals_section,
    trips_section,
)
from agentic_core.backtest.report.style import STYLE
from agentic_core.backtest.report.summary import Group, books_line, figures, halt_line, headline, provenance, terms
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import show

__all__ = ["render_html", "write_html"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_CAUTION = (
    "Orders here were executed by a simulation under the terms below. What a skill earned on recorded candles says "
    "little about what it will earn."
)


def render_html(run: RunRecord, *, source: str = "") -> str:
    """Return the page of a run; `source` describes the candles."""
    metrics = measure_run(run)
    title = headline(run)
    symbols = ", ".join(run.symbols)
    lead = f"{symbols} · {run.interval} · {show(run.start)} to {show(run.end)} · {decider(run.decided_by)}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    body = tag(
        "main",
        tag("h1", title),
        tag("p", lead, class_="lead"),
        verdict_line(run),
        *(tag("div", tag("b", "Halted "), halt_line(halt), class_="warning") for halt in run.halts),
        coverage_badge(run),
        _cards(metrics, overlap_mark(run)),
        honesty_section(run),
        tag("div", run_chart(run), overlap_mark(run), class_="card"),
        tag("h2", "Figures"),
        tag("div", *map(_group, figures(metrics, overlap_badge(run))), class_="groups"),
        tag("p", books_line(metrics), class_="note"),
        tag("p", _CAUTION, class_="note"),
        tag("h2", "What ran, and on what terms"),
        tag("div", _pairs([*provenance(run, source), *terms(run)]), class_="card wide"),
        refusals_section(run),
        trips_section(metrics),
        fills_section(run),
        funding_section(run),
        fees_section(run),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', body), lang='en')}\n"


def write_html(run: RunRecord, path: Path, *, source: str = "") -> None:
    """Write the page of a run.

    Raises:
        InputError: the file cannot be written.
    """
    write_whole(path, render_html(run, source=source).encode("utf-8"))


def _cards(metrics: Metrics, beside: Markup) -> Markup:
    fall = metrics.drawdown
    cells = [
        ("total return", signed_percent(metrics.total_return)),
        ("final equity, USD", usd(metrics.books.final)),
        ("max drawdown", percent(fall.bps / 10_000 if fall else 0.0)),
        ("Sharpe", factor(metrics.sharpe)),
        ("win rate", percent(metrics.win_rate, 0)),
        ("fees, USD", usd(metrics.books.fees)),
        ("funding, USD", signed_usd(metrics.books.funding)),
    ]
    return tag(
        "div",
        *(tag("div", tag("b", value), tag("span", label), beside, class_="card") for label, value in cells),
        class_="cards",
    )


def _group(group: Group) -> Markup:
    return tag("div", tag("h3", group.title), _pairs(group.rows), class_="card")


def _pairs(rows: Iterable[tuple[str, str]]) -> Markup:
    return tag("dl", *(join(tag("dt", label), tag("dd", value)) for label, value in rows))
