"""The content of a report, before it becomes a terminal table or a page: labels with finished texts."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from agentic_core.backtest.metrics import VENUE_RULE, Metrics
from agentic_core.backtest.report.formats import (
    UNKNOWN,
    clean,
    decider,
    duration,
    factor,
    number,
    percent,
    share,
    signed_percent,
    signed_usd,
    usd,
)
from agentic_core.domain.decision import RejectedResult
from agentic_core.domain.ids import TraceId
from agentic_core.domain.run import Halt, RunRecord
from agentic_core.domain.times import Instant, show

__all__ = ["Group", "Refusal", "books_line", "figures", "halt_line", "headline", "provenance", "refusals", "terms"]


class Group(NamedTuple):
    """Figures that belong together."""

    title: str
    rows: Sequence[tuple[str, str]]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule refused, with an example."""

    rule: str
    by_venue: bool
    count: int
    first: Instant
    last: Instant
    example: str
    traces: tuple[TraceId, ...]
    """Of every refusal, oldest first; the first one is the example's."""


def headline(run: RunRecord) -> str:
    """Name the run in a line."""
    kind = clean(run.environment)
    return f"{kind[:1].upper()}{kind[1:]} of {clean(run.skill_name)}, version {run.skill_version}"


def provenance(run: RunRecord, source: str) -> list[tuple[str, str]]:
    """Return what ran over which candles."""
    rows = [
        ("skill", f"{clean(run.skill_name)}, version {run.skill_version}"),
        ("skill hash", clean(run.payload_hash)),
        ("decided by", decider(run.decided_by)),
        ("symbols", clean(", ".join(run.symbols))),
        ("range", f"{show(run.start)} to {show(run.end)}"),
        ("interval", f"{run.interval}, {run.ticks:,} ticks"),
        ("run", clean(run.run)),
    ]
    return [*rows, ("candles", clean(source))] if source else rows


def terms(run: RunRecord) -> list[tuple[str, str]]:
    """Return what the simulated execution takes for granted."""
    assumed = run.assumptions
    return [
        ("starting equity", f"{usd(assumed.starting_equity)} USD"),
        ("fees", f"taker {share(assumed.taker_rate)}, maker {share(assumed.maker_rate)} of notional"),
        ("slippage", f"{number(assumed.slippage_bps)} bps against us"),
        ("funding", clean(assumed.funding)),
        ("fills", clean(assumed.fill_model)),
    ]


def figures(metrics: Metrics, beside: str = "") -> list[Group]:
    """Return all figures of a run; `beside` is a remark that no group of them may stand without."""
    groups = [_outcome(metrics), _risk(metrics), _trips(metrics), _activity(metrics)]
    return [group._replace(title=f"{group.title} · {beside}") for group in groups] if beside else groups


def _outcome(metrics: Metrics) -> Group:
    books = metrics.books
    return Group(
        "Result",
        [
            ("final equity", f"{usd(books.final)} USD"),
            ("total return", signed_percent(metrics.total_return)),
            ("annualised return", signed_percent(metrics.annual_return)),
            ("realised", signed_usd(books.realised)),
            ("unrealised", signed_usd(books.unrealised)),
            ("fees paid", usd(books.fees)),
            ("funding received", signed_usd(books.funding)),
        ],
    )


def _risk(metrics: Metrics) -> Group:
    fall = metrics.drawdown
    days = f"({metrics.days} days)"
    return Group(
        "Risk",
        [
            ("max drawdown", percent(fall.bps / 10_000) if fall else percent(0.0)),
            ("drawdown from", show(fall.peak) if fall else UNKNOWN),
            ("drawdown lasted", _lasted(metrics)),
            ("yearly volatility", percent(metrics.volatility)),
            ("Sharpe", f"{factor(metrics.sharpe)} {days}"),
            ("Sortino", f"{factor(metrics.sortino)} {days}"),
            ("time in the market", percent(metrics.exposure_share, 1)),
        ],
    )


def _lasted(metrics: Metrics) -> str:
    fall = metrics.drawdown
    if fall is None:
        return UNKNOWN
    return duration(fall.duration_ms) if fall.recovered else f"{duration(fall.duration_ms)} so far"


def _trips(metrics: Metrics) -> Group:
    return Group(
        "Round trips",
        [
            ("round trips", f"{len(metrics.trips):,}"),
            ("still open", f"{len(metrics.open_trips):,}"),
            ("win rate", percent(metrics.win_rate, 1)),
            ("profit factor", factor(metrics.profit_factor)),
            ("best", signed_usd(metrics.best)),
            ("worst", signed_usd(metrics.worst)),
            ("average holding", duration(metrics.holding_ms)),
        ],
    )


def _activity(metrics: Metrics) -> Group:
    return Group(
        "Activity",
        [
            ("orders, fills", f"{metrics.orders:,}, {metrics.fills:,}"),
            ("denied by our rules", f"{sum(metrics.denials.values()):,}"),
            ("rejected by the venue", f"{metrics.venue_rejections:,}"),
            ("unresolved", f"{metrics.unresolved:,}"),
            ("halts", f"{metrics.halts:,}"),
            ("volume", f"{usd(metrics.volume)} USD"),
            ("volume over equity", f"{factor(metrics.turnover)} ×"),
        ],
    )


def books_line(metrics: Metrics) -> str:
    """Say whether starting equity and everything that happened add up to the final equity."""
    books = metrics.books
    terms_text = (
        f"{usd(books.starting)} {_term(usd(books.realised))} realised {_term(usd(books.unrealised))} unrealised "
        f"− {usd(books.fees)} fees {_term(usd(books.funding))} funding"
    )
    match books.balance:
        case True:
            return f"{terms_text} = {usd(books.final)}: the books balance exactly"
        case False:
            return f"{terms_text} ≠ {usd(books.final)}: off by {number(books.residual)} USD, which is a defect"
        case None:
            return f"{terms_text} → {usd(books.final)}: long and short are open at once, so the sum cannot be checked"


def _term(text: str) -> str:
    return f"− {text[1:]}" if text.startswith("-") else f"+ {text}"


def halt_line(halt: Halt) -> str:
    """Say when, why and with which numbers trading halted."""
    numbers = ", ".join(f"{clean(name)} {number(round(value, 6))}" for name, value in halt.numbers.items())
    return f"{show(halt.time)} {halt.reason.replace('_', ' ')}: {clean(halt.detail)} ({numbers})"


def refusals(run: RunRecord) -> list[Refusal]:
    """Return the refusals by rule, the most frequent rule first."""
    by_rule: dict[str, list[tuple[Instant, TraceId, str]]] = {}
    for record in run.decisions:
        if isinstance(record.result, RejectedResult):
            decision = record.decision
            entry = (decision.tick_at, decision.trace_id, record.result.detail)
            by_rule.setdefault(record.result.rule, []).append(entry)
    found = [
        Refusal(
            rule=clean(rule),
            by_venue=rule == VENUE_RULE,
            count=len(entries),
            first=entries[0][0],
            last=entries[-1][0],
            example=clean(entries[0][2]),
            traces=tuple(trace for _, trace, _ in entries),
        )
        for rule, entries in by_rule.items()
    ]
    return sorted(found, key=lambda refusal: -refusal.count)
