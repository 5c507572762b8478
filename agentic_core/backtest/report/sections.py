"""The tables of the page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from agentic_core.backtest.metrics import Metrics
from agentic_core.backtest.report.formats import duration, number, signed_usd, usd
from agentic_core.backtest.report.markup import Child, Markup, join, tag
from agentic_core.backtest.report.summary import refusals
from agentic_core.domain.money import ZERO
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import show

__all__ = ["ROWS_MAX", "fees_section", "fills_section", "funding_section", "refusals_section", "trips_section"]

ROWS_MAX = 500
"""A table shows the newest so many; everything is in the JSON export."""

_TRACES_MAX = 300


def trips_section(metrics: Metrics) -> Markup:
    """Return the round trips and what is still open."""
    rows: list[Sequence[Child]] = [
        (
            show(trip.opened),
            duration(trip.holding_ms),
            trip.symbol,
            trip.direction.value,
            number(trip.size),
            number(round(trip.entry_price, 6)),
            number(round(trip.exit_price, 6)),
            _coloured(trip.gross),
            usd(trip.fees),
            signed_usd(trip.funding),
            _coloured(trip.net),
            "" if trip.closed_by.value == "order" else trip.closed_by.value,
        )
        for trip in metrics.trips[-ROWS_MAX:]
    ]
    names = ("opened", "#held", "symbol", "side", "#size", "#entry", "#exit", "#gross", "#fees", "#funding", "#net", "")
    still = [
        tag(
            "p",
            f"Still open: {'long' if held.size > 0 else 'short'} {number(abs(held.size))} {held.symbol} since "
            f"{show(held.opened)}, entered at {number(round(held.entry_cost / abs(held.size), 6))}.",
        )
        for held in metrics.open_trips
    ]
    return join(
        tag("h2", "Round trips"), _table(names, rows, len(metrics.trips), "No round trip was finished."), *still
    )


def fills_section(run: RunRecord) -> Markup:
    """Return the executions."""
    rows: list[Sequence[Child]] = [
        (
            show(fill.time),
            fill.symbol,
            fill.side.value,
            number(fill.size),
            number(fill.price),
            usd(fill.notional),
            usd(fill.fee),
            _coloured(fill.closed_pnl),
            fill.liquidity.value,
            fill.kind.value,
        )
        for fill in run.fills[-ROWS_MAX:]
    ]
    names = ("time", "symbol", "side", "#size", "#price", "#notional", "#fee", "#realised", "liquidity", "order")
    return join(tag("h2", "Fills"), _table(names, rows, len(run.fills), "Nothing was executed."))


def refusals_section(run: RunRecord) -> Markup:
    """Return the refusals by rule, each with an example and the trace ids to look them up."""
    found = refusals(run)
    rows: list[Sequence[Child]] = [
        (
            refusal.rule,
            "venue" if refusal.by_venue else "our rules",
            f"{refusal.count:,}",
            join(refusal.example, tag("code", f"trace {refusal.traces[0]}")),
            show(refusal.first),
            show(refusal.last),
        )
        for refusal in found
    ]
    names = ("rule", "by", "#count", "*example", "first", "last")
    lists = []
    for refusal in found:
        if refusal.count == 1:
            continue
        shown = refusal.traces[:_TRACES_MAX]
        first = f", the first {len(shown):,}" if len(shown) < refusal.count else ""
        label = f"Trace ids of {refusal.rule} ({refusal.count:,}{first})"
        entries = tag("ul", *(tag("li", tag("code", trace)) for trace in shown), class_="traces")
        lists.append(tag("details", tag("summary", label), entries))
    return join(tag("h2", "Refused, by rule"), _table(names, rows, len(rows), "Nothing was refused."), *lists)


def funding_section(run: RunRecord) -> Markup:
    """Return what funding came to, by symbol."""
    amounts: defaultdict[str, list[Decimal]] = defaultdict(list)
    for payment in run.funding:
        amounts[payment.symbol].append(payment.amount)
    rows: list[Sequence[Child]] = [
        (
            symbol,
            f"{len(paid):,}",
            usd(sum((amount for amount in paid if amount > 0), ZERO)),
            usd(-sum((amount for amount in paid if amount < 0), ZERO)),
            _coloured(sum(paid, ZERO)),
        )
        for symbol, paid in amounts.items()
    ]
    names = ("symbol", "#settlements", "#received", "#paid", "#net")
    return join(tag("h2", "Funding"), _table(names, rows, len(rows), "No funding was settled."))


def fees_section(run: RunRecord) -> Markup:
    """Return what fees came to, by symbol and liquidity."""
    groups: defaultdict[tuple[str, str], list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for fill in run.fills:
        groups[fill.symbol, fill.liquidity.value].append((fill.notional, fill.fee))
    rows: list[Sequence[Child]] = [
        (
            symbol,
            liquidity,
            f"{len(paid):,}",
            usd(sum((notional for notional, _ in paid), ZERO)),
            usd(sum((fee for _, fee in paid), ZERO)),
        )
        for (symbol, liquidity), paid in groups.items()
    ]
    names = ("symbol", "liquidity", "#fills", "#notional", "#fees")
    return join(tag("h2", "Fees"), _table(names, rows, len(rows), "No fee was paid."))


def _coloured(amount: Decimal) -> Markup:
    kind = "gain" if amount > 0 else "loss" if amount < 0 else "even"
    return tag("span", signed_usd(amount), class_=kind)


def _table(names: Sequence[str], rows: Iterable[Sequence[Child]], total: int, empty: str) -> Markup:
    # A column's name says how it is set: # for numbers, * for sentences.
    if not total:
        return tag("p", empty, class_="note")
    classes = [{"#": "number", "*": "text"}.get(name[:1], "plain") for name in names]
    head = (tag("th", name.lstrip("#*"), class_=kind) for name, kind in zip(names, classes, strict=True))
    body = [tag("tr", *(tag("td", cell, class_=kind) for cell, kind in zip(row, classes, strict=True))) for row in rows]
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
    rest = f"The newest {len(body):,} of {total:,}; the JSON export holds all of them."
    note = [tag("p", rest, class_="note")] if len(body) < total else []
    return join(tag("div", tag("div", table, class_="scroll"), class_="card"), *note)
