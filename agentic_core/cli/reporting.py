"""How the commands show a run: progress while it lasts, a report at its end, files for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agentic_core.backtest.engine import Progress as Report
from agentic_core.backtest.report import print_report, write_html, write_json
from agentic_core.domain.run import RunRecord

__all__ = ["console", "deliver", "progress_bar"]

console = Console()
"""Where people read."""

_MESSAGES = Console(stderr=True)


@contextmanager
def progress_bar(what: str, *, quiet: bool) -> Iterator[Report]:
    """Show a bar on the error stream, and hand out what moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_MESSAGES, disable=quiet or not _MESSAGES.is_terminal, transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def deliver(run: RunRecord, *, json: Path | None, html: Path | None, quiet: bool) -> None:
    """Print the report and write the files that were asked for; where each went is said last."""
    if not quiet:
        print_report(run, console)
    for path, write in ((json, write_json), (html, write_html)):
        if path is not None:
            write(run, path)
            if not quiet:
                console.print(f"written: {path}", style="dim", highlight=False)
