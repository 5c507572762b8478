"""`agentic chat tape`: what is on a tape, and the tape of a deployment as a file."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import anyio
import msgspec
import typer

from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.chat.tapes.taping import NO_ANSWER, outcome_of
from agentic_core.chat.transport import NoAnswer
from agentic_core.chat.wire import Asked, outcome_without_answer
from agentic_core.chat.wire import outcome_of as read_answer
from agentic_core.cli.console import JsonFlag, say
from agentic_core.cli.database import open_database
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.money import ZERO, plain
from agentic_core.domain.times import Instant, show
from agentic_core.errors import InputError, NotFound
from agentic_core.ports.chat_model import CallOutcome, Completion
from agentic_core.ports.tape import TapeEntry, TapeKey

__all__ = ["TapeSummary", "add_tapes", "summary_of"]

_PAGE = 200
_LOOKED_UP = b"GET "

_FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The tape.")]
_NewFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The tape to write; one that is there grows.")]
_DeploymentArgument = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The id of the deployment.")]
_KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="HASH", help="Show the exchanges whose key begins so, as they went over the wire."),
]


class TapeSummary(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-tape-summary/1"):
    """What is on a tape."""

    calls: int
    turns: int
    """Those that asked something first on this tape."""
    answered: int
    """Turns whose last call has a whole answer."""
    outcomes: dict[str, int]
    """Calls by what came of them: `completed`, or why not."""
    answered_by: dict[str, int]
    """Whole answers by the chat model that gave them."""
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal
    """As the provider said with its answers."""
    cost_unknown: int
    """Calls of which it said nothing; some of them were looked up, or never left."""
    first_at: Instant | None
    last_at: Instant | None


def add_tapes(app: typer.Typer, services: Services) -> None:
    """Add the commands to a group."""
    tapes = typer.Typer(pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True)
    app.add_typer(tapes, name="tape", help="Look at tapes.")

    @tapes.command("show")
    def show_tape(
        file: _FileArgument,
        key: _KeyOption = None,
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Say what is on a tape.

        Exit codes: 0 done, 2 there is no such tape, it was changed, or no key begins so.
        """
        tape = FileTape.open(file, services.files, records=False)
        try:
            _show(tape, key, as_json=as_json)
        finally:
            tape.close()

    @tapes.command()
    def export(deployment: _DeploymentArgument, file: _NewFileArgument) -> None:
        """Write the tape of a deployment into a file.

        Exit codes: 0 done, 2 there is no such deployment or the file cannot be written, 3 no database.
        """
        count, total = anyio.run(_export, services, DeploymentId(deployment), file)
        say(f"{count} exchanges written, {total} on {file}")


def summary_of(entries: Iterable[TapeEntry]) -> TapeSummary:
    """Return what is on a tape."""
    return _Sum().over(entries)


class _Sum:
    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._by: Counter[str] = Counter()
        self._last: dict[DecisionId, tuple[tuple[int, int], bool]] = {}
        self._tokens = [0, 0]
        self._cost, self._unknown = ZERO, 0
        self._times: list[Instant] = []

    def over(self, entries: Iterable[TapeEntry]) -> TapeSummary:
        for entry in entries:
            self._times.append(entry.recorded_at)
            if not entry.request.startswith(_LOOKED_UP):
                self._add(entry, _outcome(entry))
        return TapeSummary(
            calls=self._outcomes.total(),
            turns=len(self._last),
            answered=sum(answered for _, answered in self._last.values()),
            outcomes=dict(sorted(self._outcomes.items())),
            answered_by=dict(sorted(self._by.items())),
            prompt_tokens=self._tokens[0],
            completion_tokens=self._tokens[1],
            cost_usd=self._cost,
            cost_unknown=self._unknown,
            first_at=min(self._times, default=None),
            last_at=max(self._times, default=None),
        )

    def _add(self, entry: TapeEntry, outcome: CallOutcome) -> None:
        is_whole = isinstance(outcome, Completion)
        self._outcomes["completed" if isinstance(outcome, Completion) else outcome.failure] += 1
        if isinstance(outcome, Completion):
            self._by[outcome.model_id] += 1
        usage, place = outcome.usage, (entry.call.step, entry.call.attempt)
        self._tokens = [self._tokens[0] + usage.prompt_tokens, self._tokens[1] + usage.completion_tokens]
        self._cost += usage.cost_usd or ZERO
        self._unknown += usage.cost_usd is None
        known = self._last.get(entry.call.decision)
        if known is None or place >= known[0]:
            self._last[entry.call.decision] = (place, is_whole)


def _outcome(entry: TapeEntry) -> CallOutcome:
    asked = Asked(request_hash=entry.key.partition("/")[0], model_id="")
    raw = outcome_of(entry)
    return outcome_without_answer(raw, asked) if isinstance(raw, NoAnswer) else read_answer(raw, asked)


def _show(tape: FileTape, key: str | None, *, as_json: bool) -> None:
    if key is not None:
        _show_exchanges(tape, key)
        return
    found = summary_of(tape.entries())
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for line in _lines(found):
        say(line)


def _show_exchanges(tape: FileTape, key: str) -> None:
    found = [entry for entry in tape.entries() if key and entry.key.startswith(key)]
    if not found:
        raise InputError(f"--key {key}: no exchange on {tape.path} has a key that begins so")
    for entry in found:
        call, came = entry.call, "no answer" if entry.status == NO_ANSWER else f"status {entry.status}"
        say(f"{entry.key}  step {call.step} of turn {call.decision}, {show(entry.recorded_at)}")
        say(f"> {entry.request.decode(errors='replace')}")
        say(f"< {came}: {entry.body.decode(errors='replace')}")


def _lines(found: TapeSummary) -> list[str]:
    if found.first_at is None or found.last_at is None:
        return ["the tape is empty"]
    outcomes = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.outcomes.items())
    by = ", ".join(f"{name} ({count:,})" for name, count in found.answered_by.items()) or "nobody"
    unknown = f", unknown of {found.cost_unknown:,} calls" if found.cost_unknown else ""
    return [
        f"{found.answered:,} of {found.turns:,} turns with a whole answer",
        f"{found.calls:,} calls: {outcomes}",
        f"answered by {by}",
        f"{found.prompt_tokens:,} tokens read, {found.completion_tokens:,} written",
        f"{plain(found.cost_usd)} USD{unknown}",
        f"recorded from {show(found.first_at)} to {show(found.last_at)}",
    ]


async def _export(services: Services, deployment: DeploymentId, path: Path) -> tuple[int, int]:
    async with open_database(services) as store:
        try:
            await store.deployments.load(deployment)
        except NotFound as error:
            raise InputError(f"there is no deployment {deployment}; `agentic deployments list` names them") from error
        tape = FileTape.open(path, services.files, records=True)
        try:
            before, after = len(tape), None
            while entries := await store.tapes.entries(deployment, after=after, limit=_PAGE):
                for entry in entries:
                    await tape.keep(entry)
                after = TapeKey(entries[-1].key)
            return len(tape) - before, len(tape)
        finally:
            tape.close()
