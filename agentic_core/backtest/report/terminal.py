"""The report on a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agentic_core.backtest.metrics import Metrics, measure_run
from agentic_core.backtest.report.coverage import coverage_line
from agentic_core.backtest.report.formats import clean, duration, number, signed_usd
from agentic_core.backtest.report.honesty import honesty_lines, honesty_table, overlap_badge, verdict_text
from agentic_core.backtest.report.summary import (
    Group,
    books_line,
    figures,
    halt_line,
    headline,
    provenance,
    refusals,
    terms,
)
from agentic_core.domain.run import RunRecord
from agentic_core.domain.times import show

__all__ = ["print_report"]

_TRIPS_SHOWN = 10
_WIDTH_FOR_COLUMNS = 150
"""From here on the four groups of figures stand side by side."""


def print_report(run: RunRecord, console: Console, *, source: str = "", last: int = _TRIPS_SHOWN) -> None:
    """Print a run.

    Args:
        run: the record.
        console: where to.
        source: the candles in words, such as a dataset's description.
        last: how many of the newest round trips to list.
    """
    metrics = measure_run(run)
    console.print(Text(headline(run), style="bold"))
    console.print(Padding(_pairs([*provenance(run, source), *terms(run)]), (0, 0, 1, 2)))
    if run.coverage is not None:
        style = "bold red" if run.coverage.is_void else "bold"
        console.print(Text(coverage_line(run), style=style), soft_wrap=True)
    _print_honesty(run, console)
    console.print(_figures(figures(metrics, overlap_badge(run)), wide=console.width >= _WIDTH_FOR_COLUMNS))
    balanced = metrics.books.balance is not False
    console.print(Text(books_line(metrics), style="" if balanced else "bold red"), soft_wrap=True)
    _print_halts(run, console)
    _print_refusals(run, console)
    _print_trips(metrics, console, last)


def _pairs(rows: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(Text(label), Text(value))
    return table


def _figures(groups: Sequence[Group], *, wide: bool) -> Table:
    grid = Table.grid(padding=(0, 3))
    blocks = [_group(group) for group in groups]
    step = len(blocks) if wide else 2
    for start in range(0, len(blocks), step):
        grid.add_row(*blocks[start : start + step])
    return grid


def _group(group: Group) -> Table:
    table = Table.grid(padding=(0, 2))
    table.title = Text(group.title, style="bold")
    table.title_justify = "left"
    table.min_width = len(group.title)  # a title wraps at the width of its table
    table.add_column(style="dim", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for label, value in group.rows:
        table.add_row(Text(label), Text(value))
    table.add_row()
    return table


def _print_honesty(run: RunRecord, console: Console) -> None:
    honesty = run.honesty
    if honesty is None:
        return
    console.print(verdict_text(honesty), soft_wrap=True)
    console.print(Padding(honesty_table(honesty), (0, 0, 0, 2)))
    for line in honesty_lines(honesty):
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    console.print()


def _print_halts(run: RunRecord, console: Console) -> None:
    for halt in run.halts:
        console.print(Text(f"Halted {halt_line(halt)}", style="bold yellow"), soft_wrap=True)


def _print_refusals(run: RunRecord, console: Console) -> None:
    found = refusals(run)
    if not found:
        return
    table = _table("Refused, by rule", ["rule", "count", "by", "example"], right={"count"})
    table.columns[0].no_wrap = True
    table.columns[3].overflow = "fold"
    for refusal in found:
        by = "venue" if refusal.by_venue else "us"
        example = f"{refusal.example}\ntrace {clean(refusal.traces[0])}"
        table.add_row(*map(Text, (refusal.rule, f"{refusal.count:,}", by, example)))
    console.print(table)


def _print_trips(metrics: Metrics, console: Console, last: int) -> None:
    shown = metrics.trips[-last:] if last > 0 else ()
    if shown:
        names = ["opened", "held", "symbol", "", "size", "entry", "exit", "net"]
        title = f"Last {len(shown)} of {len(metrics.trips):,} round trips"
        table = _table(title, names, right={"held", "size", "entry", "exit", "net"})
        for trip in shown:
            prices = (number(round(trip.entry_price, 6)), number(round(trip.exit_price, 6)), signed_usd(trip.net))
            cells = (show(trip.opened)[:16], duration(trip.holding_ms), clean(trip.symbol), trip.direction.value)
            table.add_row(*map(Text, (*cells, number(trip.size), *prices)))
        console.print(table)
    for held in metrics.open_trips:
        side = "long" if held.size > 0 else "short"
        line = f"Still open: {side} {number(abs(held.size))} {clean(held.symbol)} since {show(held.opened)}"
        console.print(Text(line))


def _table(title: str, names: Sequence[str], *, right: set[str]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in right else "left", header_style="dim")
    return table
