"""How the commands show a run: progress while it lasts, a report at its end, files for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agentic_core.backtest.engine_run import Progress as Report
from agentic_core.backtest.report import print_report, write_html
from agentic_core.backtest.report.files import write_whole
from agentic_core.backtest.report.json_file import SCHEMA
from agentic_core.cli.bounds import in_words
from agentic_core.cli.inputs import Prepared
from agentic_core.domain.bounds import LossBound, Unbounded
from agentic_core.domain.run import RunRecord
from agentic_core.errors import InputError

__all__ = ["check_outputs", "console", "deliver", "progress_bar", "say_bound"]

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


def check_outputs(*, json: Path | None, html: Path | None) -> None:
    """Refuse places that cannot take a file, before the run has taken its time.

    Raises:
        InputError: a folder is missing, is in the way, or both files would be one.
    """
    for option, path in (("--json", json), ("--html", html)):
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            reason = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
            message = f"{option} {path}: {reason}; name a file in a folder that exists"
            raise InputError(message)
    if json is not None and json == html:
        message = f"--json and --html both name {json}; give each a file of its own"
        raise InputError(message)


def say_bound(bound: LossBound | Unbounded, *, quiet: bool) -> None:
    """Print the most that can be lost."""
    if not quiet:
        console.print(in_words(bound), markup=False, highlight=False, soft_wrap=True)


def deliver(run: RunRecord, inputs: Prepared, *, json: Path | None, html: Path | None, quiet: bool) -> None:
    """Print the report and write the files that were asked for; `inputs` is what was run."""
    source = inputs.market.dataset.description
    if not quiet:
        print_report(run, console, source=source)
    if json is not None:
        # A field of its own beside the run, which knows nothing of the skill's caps.
        write_whole(json, msgspec.json.encode({"schema": SCHEMA, "run": run, "loss_bound": inputs.bound}))
    if html is not None:
        write_html(run, html, source=source)
    if not quiet:
        for path in filter(None, (json, html)):
            console.print(f"written: {path}", style="dim", highlight=False)
