"""What a journal, a runner's copy of one, and the tables beside it prove."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JournalEntry, JournalHead
from agentic_core.errors import ConfigError, InputError, NotFound
from agentic_core.journal.audit import Audit
from agentic_core.journal.chain import Broken
from agentic_core.journal.comparing import differences
from agentic_core.journal.frames import TornTail
from agentic_core.ops.journal_chain import judge_anchors, unlike_its_head
from agentic_core.ports.files import Files
from agentic_core.store.journal_copy import read_copy

try:
    from agentic_core.journal.checkpoints import PublicKey
    from agentic_core.store.postgres import PostgresStore
    from agentic_core.store.postgres.costs import cost_differences
    from agentic_core.store.postgres.journal_tables import read_payloads, read_tables
except ImportError as exc:
    _MISSING = "journals need psycopg and cryptography: pip install 'agentic-perps[embedded]', or [postgres]"
    raise ConfigError(_MISSING) from exc

__all__ = ["CopyReport", "JournalReport", "audit_copy", "audit_journal", "copied_hashes"]

_BATCH: Final = 1_000


class CopyReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-journal-copy/1"):
    """What a runner's copy is worth by itself."""

    copy: str
    deployment: DeploymentId | None
    """None where it holds no record."""
    records: int
    epoch: int | None
    torn_bytes: int
    """What a write that never came to its end has left."""
    broken: str | None
    """The first thing that does not fit."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken is None


class JournalReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-journal-verify/1"):
    """What a journal proves."""

    deployment: DeploymentId
    records: int
    hash: str
    epoch: int | None
    signed: int
    """Checkpoints that a key which is trusted signed."""
    unproven: int
    """Checkpoints whose key was not handed in; where any key was, such a one is refused."""
    signed_until: int
    """The newest record that is covered by a signature of a trusted key; 0 where there is none."""
    broken: str | None
    """The first thing that does not fit; what comes after it was not looked at."""
    differences: tuple[str, ...]
    """Where the records and the tables do not tell the same, or a decision another cost than its calls."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken is None and not self.differences


async def audit_journal(
    store: PostgresStore,
    deployment: DeploymentId,
    keys: Mapping[str, PublicKey],
    copied: Mapping[int, str] | None = None,
) -> JournalReport:
    """Verify the journal of a deployment, its checkpoints, and that the tables hold what it tells.

    Args:
        store: the database, open as its owner.
        deployment: whose journal.
        keys: those that are trusted to sign checkpoints, by their ids.
        copied: what a runner's copy holds, hash by number.

    Raises:
        NotFound: there is no journal of such a deployment.
    """
    checkpoints = await store.journal.checkpoints(deployment)
    anchors = judge_anchors(checkpoints, keys)
    audit = Audit(deployment, checkpoints)
    tables = await read_tables(store.database, deployment)
    if not (tables.newest or checkpoints or tables.head or tables.projections.deployment):
        raise NotFound(f"there is no journal of a deployment {deployment}")
    await _go_through(store, audit, tables.newest, copied or {})
    end = audit.end()
    broken = end if isinstance(end, Broken) else unlike_its_head(end, tables.head) or anchors.refused
    broken = broken or _lost(audit.head, copied or {})
    is_adopted = audit.fold.is_adopted
    found = () if broken else differences(audit.projections(), tables.projections, is_adopted=is_adopted)
    costs = () if broken else await cost_differences(store.database, deployment)
    return JournalReport(
        deployment=deployment,
        records=audit.head.seq,
        hash=audit.head.hash,
        epoch=audit.head.epoch,
        signed=anchors.signed,
        unproven=anchors.unproven,
        signed_until=anchors.signed_until,
        broken=None if broken is None else broken.detail,
        differences=(*(str(difference) for difference in found), *costs),
    )


def audit_copy(files: Files, path: Path) -> CopyReport:
    """Verify a runner's copy by itself; nothing in it is changed.

    Raises:
        InputError: there is no such file.
    """
    content = _content(files, path)
    audit: Audit | None = None

    def take(entry: JournalEntry) -> Broken | None:
        nonlocal audit
        audit = audit or Audit(entry.deployment)
        return audit.take(entry)

    found = read_copy(content, take)
    head = None if audit is None else audit.head
    return CopyReport(
        copy=str(path),
        deployment=None if head is None else head.deployment,
        records=0 if head is None else head.seq,
        epoch=None if head is None else head.epoch,
        torn_bytes=len(found.content) if isinstance(found, TornTail) else 0,
        broken=found.detail if isinstance(found, Broken) else None,
    )


def copied_hashes(files: Files, path: Path) -> dict[int, str]:
    """Return what a copy holds, hash by number, as far as it holds together.

    Raises:
        InputError: there is no such file.
    """
    hashes: dict[int, str] = {}

    def take(entry: JournalEntry) -> None:
        hashes[entry.seq] = entry.hash

    read_copy(_content(files, path), take)
    return hashes


def _content(files: Files, path: Path) -> bytes:
    try:
        content = files.read_bytes(path)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc}") from exc
    if content is None:
        raise InputError(f"there is no file {path}; a runner keeps its copy as <deployment>.journal")
    return content


async def _go_through(store: PostgresStore, audit: Audit, until: int, copied: Mapping[int, str]) -> None:
    deployment = audit.head.deployment
    after = 0
    while after < until:
        entries = await store.journal.after(deployment, after, min(_BATCH, until - after))
        if not entries:
            return
        payloads = await read_payloads(store.database, deployment, after, entries[-1].seq)
        for entry in entries:
            if copied.get(entry.seq, entry.hash) != entry.hash:
                audit.broken = audit.broken or Broken(seq=entry.seq, why="the runner's copy holds another one")
            if audit.take(entry, payloads.get(entry.seq)) is not None:
                return
        after = entries[-1].seq


def _lost(head: JournalHead, copied: Mapping[int, str]) -> Broken | None:
    newest = max(copied, default=0)
    if newest <= head.seq:
        return None
    return Broken(seq=head.seq + 1, why=f"it is missing, and the runner's copy goes on to record {newest}")
