"""How many turns the chat model decided, in words: a run that others decided says nothing about it."""

from collections.abc import Mapping

from agentic_core.backtest.report.formats import clean, usd
from agentic_core.backtest.report.markup import Markup, join, tag
from agentic_core.domain.run import COVERAGE_BPS_MIN, Coverage, RunRecord

__all__ = ["coverage_badge", "coverage_line"]


def coverage_line(run: RunRecord) -> str:
    """Say how many turns the chat model decided, what became of the others and what it cost; empty for rules."""
    coverage = run.coverage
    if coverage is None:
        return ""
    parts = [
        f"{coverage.answered:,} of {coverage.turns:,} turns decided by the chat model",
        *_counted("unusable", coverage.unusable),
        *_counted("not asked", coverage.skipped),
        f"{coverage.calls:,} calls for {usd(coverage.cost_usd)} USD",
    ]
    line = "; ".join(parts)
    return f"Void: {_why_void(coverage)}. {line}" if coverage.is_void else line


def coverage_badge(run: RunRecord) -> Markup:
    """Return the line as an element of the page, a warning where the run is void; nothing for rules."""
    coverage = run.coverage
    if coverage is None:
        return join()
    return tag("p", coverage_line(run), class_="warning" if coverage.is_void else "note")


def _why_void(coverage: Coverage) -> str:
    return f"{_percent(coverage.share_bps)} of the turns were answered, {_percent(COVERAGE_BPS_MIN)} are needed"


def _percent(bps: int) -> str:
    return f"{bps // 100}.{bps % 100:02} %" if bps % 100 else f"{bps // 100} %"


def _counted(what: str, counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return []
    named = ", ".join(f"{clean(name).replace('_', ' ')} {count:,}" for name, count in counts.items())
    return [f"{sum(counts.values()):,} {what} ({named})"]
