"""The command: play every act and end with a verified report."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import anyio
import typer
from rich import box
from rich.table import Table

from agentic_core.backtest.report import print_report, write_html
from agentic_core.cli.database import open_database
from agentic_core.cli.demo.acts import acts, denied_by
from agentic_core.cli.demo.story import Played, play
from agentic_core.cli.reporting import console
from agentic_core.cli.services import Services
from agentic_core.errors import InputError

__all__ = ["build"]

_SeedOption = Annotated[int, typer.Option("--seed", help="Another seed is another market.")]
_FolderOption = Annotated[
    Path | None, typer.Option("--html", metavar="FOLDER", help="Also write the three paper reports as pages.")
]


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def demo(seed: _SeedOption = 7, html: _FolderOption = None) -> None:
        """Play three skills on synthetic markets: backtest, paper into PostgreSQL, commands, report.

        Needs no key and no network; the database is a real PostgreSQL in a temporary folder. Exit code 1 when
        anything the demo claims about itself did not hold.
        """
        if html is not None:
            _make_folder(html)
        console.rule("agentic demo")
        with TemporaryDirectory(prefix="agentic-demo-") as folder:
            began = services.clock.boottime_ms()
            played = anyio.run(_play, services, seed, Path(folder))
        print_report(played[-1].paper, console)
        _summary(played)
        if html is not None:
            _write(played, html)
        elapsed = (services.clock.boottime_ms() - began) / 1000
        failed = _claims(played)
        console.print(f"\n{'all claims hold' if not failed else f'{failed} claim(s) did not hold'} · {elapsed:.1f} s")
        if failed:
            raise typer.Exit(1)

    return app


async def _play(services: Services, seed: int, folder: Path) -> list[Played]:
    played = []
    async with open_database(services, folder=folder / "postgres") as store:
        for act in acts(seed):
            console.print(f"[bold]{act.skill.name}[/bold] {act.title}: backtest, then paper …")
            played.append(await play(act, store, services))
    return played


def _summary(played: list[Played]) -> None:
    table = Table(title="Three skills, on paper", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("skill", no_wrap=True)
    for heading in ("ticks", "fills", "fees", "funding", "final equity", "refused", "halts"):
        table.add_column(heading, justify="right")
    for one in played:
        run = one.paper
        table.add_row(
            run.skill_name,
            str(run.ticks),
            str(len(run.fills)),
            f"{sum(fill.fee for fill in run.fills):.2f}",
            f"{sum(payment.amount for payment in run.funding):.2f}",
            f"{run.final_equity:,.2f}",
            str(sum(denied_by(run).values())),
            str(len(run.halts)),
        )
    console.print(table)


def _claims(played: list[Played]) -> int:
    failed = 0
    for one in played:
        console.print(f"\n[bold]{one.act.skill.name}[/bold]")
        for claim in one.claims:
            console.print(
                f"  {'[green]✓[/green]' if claim.holds else '[red]✗[/red]'} {claim.sentence}", highlight=False
            )
            failed += not claim.holds
    return failed


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        message = f"--html {folder}: this folder cannot be made: {exc.strerror}; name another one"
        raise InputError(message) from exc


def _write(played: list[Played], folder: Path) -> None:
    for one in played:
        path = folder / f"{one.act.skill.slug}.html"
        write_html(one.paper, path)
        console.print(f"written: {path}", style="dim", highlight=False)
