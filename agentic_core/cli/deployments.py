"""`agentic deployments`: what runs, how it stands, what it said and decided."""

from collections.abc import Iterator, Sequence
from typing import Annotated, assert_never

import anyio
import msgspec
import typer

from agentic_core.cli.console import JsonFlag, say, say_line
from agentic_core.cli.database import open_database
from agentic_core.cli.deployed import DeploymentArgument, find_deployment
from agentic_core.cli.deployment_views import Overview, Row, View, log_in_words, look_at, rows, view_in_words
from agentic_core.cli.services import Services
from agentic_core.domain.decision import EngineResult, Executed, NoopResult, ProposedAction, RejectedResult
from agentic_core.domain.money import plain
from agentic_core.domain.records import LogLine
from agentic_core.domain.run import DecisionRecord
from agentic_core.domain.times import show

__all__ = ["build"]

_TITLES = ("deployment", "skill", "broker", "status", "equity", "state written")
_LISTED = 20
_SHOWN = 50
_DETAIL_MAX = 100

_ListedOption = Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest.")]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    commands = _Commands(services)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Look at deployments: how they stand, what they said, what they decided.",
    )
    app.command("list")(commands.list_all)
    for command in (commands.show, commands.logs, commands.decisions):
        app.command()(command)
    return app


class _Commands:
    def __init__(self, services: Services) -> None:
        self._services = services

    def list_all(
        self,
        limit: _ListedOption = _LISTED,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """List deployments, newest first.

        Exit codes: 0 done, 2 the settings are wrong or the database does not answer.
        """
        found = anyio.run(_rows, self._services, limit)
        if as_json:
            say(msgspec.json.encode(Overview(deployments=found)).decode())
        elif found:
            for line in _aligned([_TITLES, *map(_cells, found)]):
                say_line(line)
        else:
            say("there is no deployment; agentic deploy SKILL --paper makes one")

    def show(
        self,
        deployment: DeploymentArgument,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show one deployment: status, runner, account, commands and the end of its log.

        Exit codes: 0 done, 2 there is no such deployment, or the settings are wrong.
        """
        view = anyio.run(_view, self._services, deployment)
        if as_json:
            say(msgspec.json.encode(view).decode())
            return
        for line in view_in_words(view):
            say_line(line)

    def logs(
        self,
        deployment: DeploymentArgument,
        limit: _ListedOption = _SHOWN,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show the newest log lines, oldest first; with --json one object a line.

        Exit codes: 0 done, 2 there is no such deployment, or the settings are wrong.
        """
        for line in reversed(anyio.run(_logs, self._services, deployment, limit)):
            say_line(msgspec.json.encode(line).decode() if as_json else log_in_words(line))

    def decisions(
        self,
        deployment: DeploymentArgument,
        limit: _ListedOption = _SHOWN,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show the newest decisions with what became of them, oldest first; with --json one object a line.

        Exit codes: 0 done, 2 there is no such deployment, or the settings are wrong.
        """
        found = anyio.run(_decisions, self._services, deployment, limit)
        for record in reversed(found):
            say_line(msgspec.json.encode(record).decode() if as_json else _decision(record))
        if not found and not as_json:
            say("it has decided nothing so far")


async def _rows(services: Services, limit: int) -> tuple[Row, ...]:
    async with open_database(services) as store:
        return await rows(store, limit)


async def _view(services: Services, deployment: str) -> View:
    async with open_database(services) as store:
        record = await find_deployment(store.deployments, deployment)
        return await look_at(store, record, services.clock.now())


async def _logs(services: Services, deployment: str, limit: int) -> tuple[LogLine, ...]:
    async with open_database(services) as store:
        record = await find_deployment(store.deployments, deployment)
        return await store.logs.recent(record.id, limit)


async def _decisions(services: Services, deployment: str, limit: int) -> tuple[DecisionRecord, ...]:
    async with open_database(services) as store:
        record = await find_deployment(store.deployments, deployment)
        return await store.decisions.recent(record.id, limit)


def _cells(row: Row) -> tuple[str, ...]:
    record = row.deployment
    equity = "" if row.equity_usd is None else plain(row.equity_usd)
    seen = "" if row.seen_at is None else show(row.seen_at)
    return (record.id, row.skill, record.broker_kind, record.status, equity, seen)


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    # Not rich's table, which cuts ids to the width of the terminal.
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _decision(record: DecisionRecord) -> str:
    decision, wanted = record.decision, record.decision.proposed_action
    proposed = "nothing" if wanted is None else f"{wanted.kind} {wanted.symbol}{_side(wanted)}"
    return f"{show(decision.tick_at)}  {proposed:<16}  {_result(record.result)}"


def _side(wanted: ProposedAction) -> str:
    return "" if wanted.side is None else f" {wanted.side}"


def _result(result: EngineResult) -> str:
    match result:
        case NoopResult(reason=reason):
            return f"noop      {reason}"
        case RejectedResult(rule=rule, detail=detail):
            return f"rejected  {rule}: {detail[:_DETAIL_MAX]}"
        case Executed(filled_size=size, fee=fee, states=states):
            ends = ", ".join(sorted(set(states.values())))
            return f"executed  {plain(size)} filled ({ends}), fee {plain(fee)} USD"
        case never:
            assert_never(never)
