"""Whether records form one chain: nothing left out, nothing put in, nothing changed.

A chain by itself tells neither that its end was cut off nor that all of it was written anew; signed checkpoints do.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JOURNAL_START, JournalEntry, JournalHead, JournalRecord

__all__ = ["Broken", "Followed", "Verified", "empty_chain", "entry_of", "follow", "read_record", "verify_chain"]

_FORMAT: Final = 1
_TAG: Final = b"\x00journal/v1\n"
# The hash is computed here as the format says, and not by what the stores write with: each checks the other.
_GENESIS: Final = "genesis"

_READER: Final = msgspec.json.Decoder(JournalRecord)


class Verified(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every record follows from the one before it."""

    head: JournalHead


class Broken(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The first place at which something does not fit."""

    seq: int
    why: str

    @property
    def detail(self) -> str:
        """One line for people."""
        return f"record {self.seq}: {self.why}"


class Followed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One record that follows from those before it."""

    head: JournalHead
    record: JournalRecord


def empty_chain(deployment: DeploymentId) -> JournalHead:
    """Return what the first record of a deployment follows."""
    return JournalHead(deployment=deployment, seq=0, hash=JOURNAL_START)


def read_record(text: str) -> JournalRecord | None:
    """Read a record, or return None where the text is none."""
    try:
        return _READER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def entry_of(text: str, digest: str) -> JournalEntry | None:
    """Make an entry of a record and its hash, taking everything else from the record; None where it is none."""
    record = read_record(text)
    if record is None:
        return None
    return JournalEntry(
        deployment=record.deployment,
        seq=record.seq,
        epoch=record.epoch,
        kind=record.kind,
        record=text,
        hash=digest,
    )


def follow(head: JournalHead, entry: JournalEntry) -> Followed | Broken:
    """Judge whether an entry is the one that comes after a head."""
    due = head.seq + 1
    if entry.seq != due:
        return Broken(seq=due, why=_out_of_turn(due, entry.seq))
    record = read_record(entry.record)
    if record is None:
        return Broken(seq=due, why="it cannot be read as a record")
    why = _unlike_its_row(entry, record) or _unfit(head, entry, record)
    if why is not None:
        return Broken(seq=due, why=why)
    after = JournalHead(deployment=head.deployment, seq=due, hash=entry.hash, epoch=record.epoch)
    return Followed(head=after, record=record)


def verify_chain(head: JournalHead, entries: Iterable[JournalEntry]) -> Verified | Broken:
    """Judge whether entries, in their order, are what comes after a head.

    >>> entry = JournalEntry(deployment=DeploymentId("d"), seq=2, epoch=None, kind="status", record="{}", hash="00")
    >>> print(verify_chain(empty_chain(DeploymentId("d")), [entry]).detail)
    record 1: it is missing; record 2 comes next
    """
    for entry in entries:
        followed = follow(head, entry)
        if isinstance(followed, Broken):
            return followed
        head = followed.head
    return Verified(head=head)


def _out_of_turn(due: int, came: int) -> str:
    return f"it is missing; record {came} comes next" if came > due else f"record {came} comes a second time instead"


def _unlike_its_row(entry: JournalEntry, record: JournalRecord) -> str | None:
    if "\n" in entry.record:
        return "its text is not one line"
    if record.v != _FORMAT:
        return f"it is written in format {record.v}, and this release reads {_FORMAT}"
    said = (record.deployment, record.seq, record.epoch, record.kind)
    stored = (entry.deployment, entry.seq, entry.epoch, entry.kind)
    if said != stored:
        names = ("deployment", "seq", "epoch", "kind")
        name = next(name for name, one, other in zip(names, said, stored, strict=True) if one != other)
        return f"its row and its text tell different things about {name}"
    return None


def _unfit(head: JournalHead, entry: JournalEntry, record: JournalRecord) -> str | None:
    if entry.deployment != head.deployment:
        return f"it belongs to deployment {entry.deployment}"
    if _digest(entry.record) != entry.hash:
        return "its text does not have its hash"
    if record.prev != head.hash:
        return f"it follows another record {head.seq} than the one that is here"
    if (record.kind == _GENESIS) != (record.seq == 1):
        return "a chain begins with one genesis, and this is " + ("none" if record.seq == 1 else "a second one")
    if head.epoch is not None and (record.epoch is None or record.epoch < head.epoch):
        return f"the epoch falls from {head.epoch} to {record.epoch}"
    return None


def _digest(text: str) -> str:
    return sha256(_TAG + text.encode()).hexdigest()
