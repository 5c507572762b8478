"""`agentic command`: orders to a deployment."""

from enum import StrEnum
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.cli.console import JsonFlag, say, say_line
from agentic_core.cli.database import open_database
from agentic_core.cli.deployed import DeploymentArgument, find_deployment
from agentic_core.cli.services import Services
from agentic_core.deployments.commanding import OPEN_STATES, follow_command, give_command
from agentic_core.domain.records import Command, CommandKind, CommandState, DeploymentRecord
from agentic_core.errors import ConfigError, StoreUnavailable
from agentic_core.ports.clock import Clock
from agentic_core.ports.repositories import Store

__all__ = ["build", "in_words"]


class _Kind(StrEnum):
    # As it is typed: options and words of a command line have hyphens.
    PAUSE = "pause"
    RESUME = "resume"
    CLEAR_HALT = "clear-halt"
    FLATTEN = "flatten"
    STOP = "stop"
    KILL = "kill"
    SNAPSHOT = "snapshot"

    @property
    def stored(self) -> CommandKind:
        return CommandKind(self.value.replace("-", "_"))


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    deployment: str
    kind: _Kind
    reason: str | None
    expects: str | None
    wait: bool
    timeout_s: float
    as_json: bool


class _Given(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-command/1"):
    command: Command
    is_obeyed: bool
    """Whether some process held the lease of the deployment when it was queued."""


_KindArgument = Annotated[_Kind, typer.Argument(metavar="KIND", help="What is ordered.", show_default=False)]
_ReasonOption = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with the command.")
]
_ExpectsOption = Annotated[
    str | None,
    typer.Option(
        "--expects",
        metavar="SEEN",
        help="For resume the newest command's number, for clear-halt the halt's moment, as `deployments show` gave it; "
        "what is there now without.",
    ),
]
_WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the outcome, and tell each step.")]
_TIMEOUT_S = 120.0
_TIMEOUT_S_MAX = 604_800.0
_TimeoutOption = Annotated[
    float,
    typer.Option("--timeout", min=0, max=_TIMEOUT_S_MAX, metavar="SECONDS", help="How long to wait at most."),
]

_AGAIN_S = 0.5
_MS_PER_S = 1_000


def build(services: Services) -> typer.Typer:
    """Build the command."""
    app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)

    @app.command()
    def command(  # noqa: PLR0913 - one argument per option
        deployment: DeploymentArgument,
        kind: _KindArgument,
        reason: _ReasonOption = None,
        expects: _ExpectsOption = None,
        wait: _WaitOption = False,  # noqa: FBT002 - a flag of the command line
        timeout: _TimeoutOption = _TIMEOUT_S,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Order a deployment to pause, resume, clear-halt, flatten, stop, kill or snapshot.

        pause: no more opens. flatten: close everything, then paused. stop: take no more turns; positions and their
        stops stay. kill: close everything, then end. resume and clear-halt loosen, so they are refused where something
        came after what you saw. Exit codes: 0 queued, or applied with --wait, 1 refused, or no outcome in time, 2 bad
        input or settings, 3 the database became unavailable.
        """
        wish = _Wish(
            deployment=deployment,
            kind=kind,
            reason=reason,
            expects=expects,
            wait=wait,
            timeout_s=timeout,
            as_json=as_json,
        )
        if not anyio.run(_order, services, wish):
            raise typer.Exit(1)

    return app


def in_words(command: Command) -> str:
    """Return one line: what was ordered, how far it is, and what came of it."""
    outcome = "" if command.outcome is None else f": {command.outcome}"
    return f"#{command.seq} {command.kind} {command.state}{outcome}"


async def _order(services: Services, wish: _Wish) -> bool:
    until = services.clock.boottime_ms() + int(wish.timeout_s * _MS_PER_S)
    async with open_database(services) as store:
        record = await find_deployment(store.deployments, wish.deployment)
        command = await give_command(
            store.commands,
            record,
            wish.kind.stored,
            at=services.clock.now(),
            reason=wish.reason,
            expects=wish.expects,
        )
        is_obeyed = await _is_obeyed(store, record)
        if not wish.as_json:
            say_line(in_words(command))
        if not is_obeyed and not wish.as_json:
            say(f"nobody runs {record.id} now; it is obeyed once somebody does: agentic runner {record.id}")
        watched = _Watched(command, wish, services.clock, until)
        is_over = not wish.wait or await watched.look(store)
    while not is_over:
        # An embedded database ends with the runner that brought it, and what was ordered may have ended that.
        await services.clock.sleep(_AGAIN_S)
        is_over = await watched.look_again(services)
    return watched.end(is_obeyed=is_obeyed)


async def _is_obeyed(store: Store, record: DeploymentRecord) -> bool:
    lease = await store.leases.read(record.account_key)
    return lease is not None and lease.is_live and lease.deployment in {None, record.id}


class _Watched:
    # A command until its outcome, which may be told by another connection than took it.

    def __init__(self, command: Command, wish: _Wish, clock: Clock, until: int) -> None:
        self._seen = command
        self._wish = wish
        self._clock = clock
        self._until = until

    async def look(self, store: Store) -> bool:
        left = max(0, self._until - self._clock.boottime_ms())
        try:
            await follow_command(store.commands, self._seen, self._clock, within_ms=left, tell=self._tell)
        except StoreUnavailable:
            if self._is_late():
                raise
            return False
        return True

    async def look_again(self, services: Services) -> bool:
        try:
            async with open_database(services) as store:
                return await self.look(store)
        except (ConfigError, StoreUnavailable):
            if self._is_late():
                raise
            return False

    def end(self, *, is_obeyed: bool) -> bool:
        wish, command = self._wish, self._seen
        if wish.as_json:
            say(msgspec.json.encode(_Given(command=command, is_obeyed=is_obeyed)).decode())
        elif wish.wait and command.state in OPEN_STATES:
            say(f"no outcome within {wish.timeout_s:g} s; it stands: agentic deployments show {command.deployment_id}")
        return not wish.wait or command.state is CommandState.APPLIED

    def _is_late(self) -> bool:
        return self._clock.boottime_ms() >= self._until

    def _tell(self, command: Command) -> None:
        before, self._seen = self._seen, command
        if self._wish.as_json:
            return
        lines = [f"  {step.text}" for step in command.steps[len(before.steps) :]]
        if command.state is not before.state:
            lines.insert(0 if command.state is CommandState.CLAIMED else len(lines), in_words(command))
        for line in lines:
            say_line(line)
