"""`agentic journal`: verify what was recorded, look at it, sign it."""

from base64 import b64decode, b64encode
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeAlias
from uuid import UUID

import anyio
import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from agentic_core.cli.console import console, say
from agentic_core.cli.database import open_database
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalEntry
from agentic_core.domain.times import show
from agentic_core.errors import ConfigError, InputError, JournalBroken, NotFound
from agentic_core.journal.chain import read_record

__all__ = ["build"]

try:
    from agentic_core.journal.checkpoints import CheckpointKey, PublicKey
    from agentic_core.ops.journal_audit import CopyReport, JournalReport, audit_copy, audit_journal, copied_hashes
    from agentic_core.store.journal_signing import JournalSigner
    from agentic_core.store.postgres import PostgresStore
    from agentic_core.store.postgres.journal_tables import journaled_deployments
except ImportError as exc:
    _MISSING = "journals need psycopg and cryptography: pip install 'agentic-perps[embedded]', or [postgres]"
    raise ConfigError(_MISSING) from exc

_SEED_BYTES = 32
_OTHERS = 0o077
_SHOWN = 100
_FACT_MAX = 40

_JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object a line for programs.")]
_Deployments: TypeAlias = Annotated[list[str] | None, typer.Argument(metavar="[DEPLOYMENT]...", show_default=False)]
_Deployment: TypeAlias = Annotated[str, typer.Argument(metavar="DEPLOYMENT", show_default=False)]
_KeysOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--public-key", metavar="BASE64", help="Trust checkpoints of this key; several may be given."),
]
_CopyOption: TypeAlias = Annotated[
    Path | None, typer.Option("--copy", metavar="FILE", help="Look at a runner's copy, too; alone, at nothing else.")
]
_KeyFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="FILE", help="Where the signing key is kept.", show_default=False)
]
_KeyOption: TypeAlias = Annotated[
    Path, typer.Option("--key", metavar="FILE", help="The signing key, as `agentic journal key` made it.")
]


class _Line(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-journal-checkpoint/1"):
    deployment: DeploymentId
    seq: int | None
    """None where nothing came since the last one, or where it is broken."""
    hash: str | None
    key_id: str | None
    broken: str | None


def build(services: Services) -> typer.Typer:
    """Build the group."""
    commands = _Commands(services)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Verify what was recorded, look at it, sign it.",
    )
    for command in (commands.verify, commands.show, commands.checkpoint, commands.key):
        app.command()(command)
    return app


class _Commands:
    def __init__(self, services: Services) -> None:
        self._services = services

    def verify(
        self,
        deployments: _Deployments = None,
        public_key: _KeysOption = None,
        copy: _CopyOption = None,
        as_json: _JsonOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Verify chain, commitments and checkpoints, and compare what the records add up to with the tables.

        All journals of the database without a deployment. Exit codes: 0 all is well, 1 something does not fit, and
        the first of it is named, 2 bad input or settings, 3 the database became unavailable.
        """
        keys = {key.key_id: key for key in map(PublicKey.from_text, public_key or ())}
        if copy is not None and not deployments:
            reports: list[CopyReport | JournalReport] = [audit_copy(self._services.files, copy)]
        elif copy is not None and len(deployments or ()) > 1:
            raise InputError("--copy is the copy of one journal; name one deployment")
        else:
            reports = list(anyio.run(_verify, self._services, deployments or [], keys, copy))
        if not reports and not as_json:
            say("there is no deployment, and so no journal")
        for report in reports:
            say(msgspec.json.encode(report).decode() if as_json else _in_words(report))
        if not all(report.is_whole for report in reports):
            raise typer.Exit(1)

    def show(
        self,
        deployment: _Deployment,
        after: Annotated[int | None, typer.Option("--after", min=0, help="Begin after this record.")] = None,
        limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = _SHOWN,
        as_json: _JsonOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Show the newest records, or those after one, oldest first; with --json each as it was hashed.

        Exit codes: 0 done, 2 there is no such journal, or bad settings.
        """
        entries = anyio.run(_records, self._services, _id(deployment), after, limit)
        if as_json:
            for entry in entries:
                say(entry.record)
        else:
            console.print(_table(entries))

    def checkpoint(
        self,
        key: _KeyOption,
        deployments: _Deployments = None,
        every: Annotated[int, typer.Option("--every", min=1, help="Leave out what has grown by fewer records.")] = 1,
        as_json: _JsonOption = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """Sign the head of each journal once everything since the last signature was verified.

        Exit codes: 0 done, 1 one of them is broken and was not signed, 2 bad input or settings, 3 the database became
        unavailable.
        """
        signing = _read_key(self._services, key)
        if signing is None:
            raise ConfigError(f"there is no key in {key}; make one with: agentic journal key {key}")
        lines = anyio.run(_sign, self._services, deployments or [], signing, every)
        for line in lines:
            say(msgspec.json.encode(line).decode() if as_json else _signed_in_words(line))
        if not lines and not as_json:
            say("nothing to sign")
        if any(line.broken is not None for line in lines):
            raise typer.Exit(1)

    def key(self, file: _KeyFile) -> None:
        """Show the public half of the key in a file, which is made where there is none.

        Keep the file where no runner is. Exit codes: 0 done, 2 what is there is no key, or others may read it.
        """
        signing = _read_key(self._services, file)
        if signing is None:
            seed = self._services.entropy.token_bytes(_SEED_BYTES)
            try:
                self._services.files.write_bytes(file, b64encode(seed) + b"\n", mode=0o600)
            except OSError as exc:
                raise InputError(f"{file} cannot be written: {exc}") from exc
            signing = CheckpointKey(seed)
            say(f"made {file}")
        say(f"key {signing.public.key_id}")
        say(f"public key {signing.public}")


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[PostgresStore]:
    async with open_database(services) as store:
        assert isinstance(store, PostgresStore), "the commands have no other"
        yield store


async def _verify(
    services: Services, deployments: list[str], keys: dict[str, PublicKey], copy: Path | None
) -> tuple[CopyReport | JournalReport, ...]:
    wanted = tuple(_id(deployment) for deployment in deployments)
    copied = None if copy is None else copied_hashes(services.files, copy)
    copies = [] if copy is None else [audit_copy(services.files, copy)]
    for report in copies:
        if report.deployment not in {None, *wanted}:
            raise InputError(f"{copy} is the copy of {report.deployment}'s journal")
    async with _open(services) as store:
        wanted = wanted or await journaled_deployments(store.database)
        return (*copies, *[await audit_journal(store, deployment, keys, copied) for deployment in wanted])


async def _records(
    services: Services, deployment: DeploymentId, after: int | None, limit: int
) -> tuple[JournalEntry, ...]:
    async with _open(services) as store:
        head = await store.journal.head(deployment)
        if head is None:
            raise NotFound(f"there is no journal of a deployment {deployment}")
        first = max(0, head.seq - limit) if after is None else after
        return await store.journal.after(deployment, first, limit)


async def _sign(services: Services, deployments: list[str], key: CheckpointKey, every: int) -> tuple[_Line, ...]:
    async with _open(services) as store:
        signer = JournalSigner(store.journal, key, services.clock.now)
        due = [_id(deployment) for deployment in deployments] or await signer.due(every)
        return tuple([await _sign_one(signer, deployment) for deployment in due])


async def _sign_one(signer: JournalSigner, deployment: DeploymentId) -> _Line:
    checkpoint: Checkpoint | None = None
    broken: str | None = None
    try:
        checkpoint = await signer.sign(deployment)
    except JournalBroken as error:
        broken = str(error)
    return _Line(
        deployment=deployment,
        seq=None if checkpoint is None else checkpoint.seq,
        hash=None if checkpoint is None else checkpoint.hash,
        key_id=None if checkpoint is None else checkpoint.key_id,
        broken=broken,
    )


def _id(typed: str) -> DeploymentId:
    try:
        return DeploymentId(str(UUID(typed)))
    except ValueError as exc:
        raise InputError(f"{typed!r} is no deployment; its id is a UUID") from exc


def _read_key(services: Services, path: Path) -> CheckpointKey | None:
    try:
        status, content = services.files.status(path), services.files.read_bytes(path)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc
    if status is None or content is None:
        return None
    if status.mode & _OTHERS:
        raise ConfigError(f"others may read {path}; run: chmod 600 {path}")
    try:
        return CheckpointKey(b64decode(content.strip(), validate=True))
    except ValueError as exc:
        raise ConfigError(f"{path} holds no signing key; it is one line of base64") from exc


def _in_words(report: CopyReport | JournalReport) -> str:
    if isinstance(report, CopyReport):
        torn = f", and {report.torn_bytes} bytes of a write that never came to its end" if report.torn_bytes else ""
        verdict = "whole" if report.broken is None else f"BROKEN at {report.broken}"
        return f"{report.copy}: {report.records} records of {report.deployment or 'nobody'}{torn}: {verdict}"
    if report.broken is not None:
        return (
            f"{report.deployment}: BROKEN at {report.broken}; {report.records} records from the first on are one chain"
        )
    unproven = f", {report.unproven} by keys not given" if report.unproven else ""
    until = f" until record {report.signed_until}" if report.signed else ""
    signed = f"{report.signed} checkpoints{until} signed by trusted keys{unproven}"
    lines = [f"{report.deployment}: {report.records} records, one chain; {signed}"]
    if not report.differences:
        return f"{lines[0]}; the tables hold what it tells"
    lines += [f"  DIFFERENT {difference}" for difference in report.differences]
    return "\n".join(lines)


def _signed_in_words(line: _Line) -> str:
    if line.broken is not None:
        return f"{line.deployment}: NOT SIGNED: {line.broken}"
    if line.seq is None:
        return f"{line.deployment}: nothing came since the last checkpoint"
    return f"{line.deployment}: signed record {line.seq} by key {line.key_id}"


def _short(name: str, fact: str | int) -> str:
    text = str(fact)
    return f"{name} {text if len(text) <= _FACT_MAX else text[:_FACT_MAX] + '…'}"


def _table(entries: Sequence[JournalEntry]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("record", justify="right")
    for name in ("at", "epoch", "kind", "what"):
        table.add_column(name)
    for entry in entries:
        record = read_record(entry.record)
        at = "" if record is None else show(record.at)
        told = "unreadable" if record is None else ", ".join(_short(name, fact) for name, fact in record.body.items())
        table.add_row(str(entry.seq), at, "" if entry.epoch is None else str(entry.epoch), entry.kind, escape(told))
    return table
