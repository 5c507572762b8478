"""Goes through a journal from its first record to its last, and stops at the first thing that does not fit."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalEntry, JournalHead, JournalPayload, JournalRecord
from agentic_core.journal.chain import Broken, empty_chain, follow
from agentic_core.journal.commitments import opens
from agentic_core.journal.facts import Projections, TextFacts
from agentic_core.journal.fold import Fold

__all__ = ["Audit", "commitment_of"]

_COMMITMENT: Final = "commit"


class _Private(msgspec.Struct):
    final_text: str
    proposed_action: str | None = None


class Audit:
    """Follows the chain, compares it with what was signed of it, and adds its records up."""

    def __init__(self, deployment: DeploymentId, checkpoints: Iterable[Checkpoint] = ()) -> None:
        """Start before the first record; that the checkpoints are what was signed is judged by others."""
        self._signed: Final[Mapping[int, Checkpoint]] = {checkpoint.seq: checkpoint for checkpoint in checkpoints}
        self.fold: Final = Fold()
        self._texts: Final[dict[str, TextFacts]] = {}
        self.head = empty_chain(deployment)
        self.newest_at = 0
        """Of the last record, by the database's clock."""
        self.broken: Broken | None = None
        """The first thing that does not fit."""

    def take(self, entry: JournalEntry, payload: JournalPayload | None = None) -> Broken | None:
        """Take in the next entry, with its private text where that is still there.

        Returns:
            What does not fit; whatever comes after it tells nothing, and is not looked at.
        """
        if self.broken is None:
            self.broken = self._take(entry, payload)
        return self.broken

    def end(self) -> JournalHead | Broken:
        """Return the head, now that there are no more entries, or the first thing that does not fit."""
        if self.broken is None and self._signed and max(self._signed) > self.head.seq:
            why = f"it is missing, and record {max(self._signed)} was signed"
            self.broken = Broken(seq=self.head.seq + 1, why=why)
        return self.head if self.broken is None else self.broken

    def projections(self) -> Projections:
        """Return what the records so far come to, with the private text that was still there."""
        sums = self.fold.projections()
        sums.texts = self._texts
        return sums

    def _take(self, entry: JournalEntry, payload: JournalPayload | None) -> Broken | None:
        followed = follow(self.head, entry)
        if isinstance(followed, Broken):
            return followed
        signed = self._signed.get(entry.seq)
        if signed is not None and signed.hash != entry.hash:
            return Broken(seq=entry.seq, why=f"another record than this one was signed by key {signed.key_id}")
        if payload is not None and not self._read(followed.record, payload):
            return Broken(seq=entry.seq, why="the private text kept with it is not the one it commits to")
        self.head, self.newest_at = followed.head, followed.record.at
        return self.fold.take(followed.record)

    def _read(self, record: JournalRecord, payload: JournalPayload) -> bool:
        commitment = commitment_of(record)
        if commitment is None or not opens(commitment, payload.salt, payload.payload):
            return False
        try:
            private = msgspec.json.decode(payload.payload, type=_Private)
        except msgspec.DecodeError:
            return False
        action = private.proposed_action
        self._texts[str(record.body.get("id"))] = TextFacts(
            final_text=_digest(private.final_text), proposed_action=None if action is None else _digest(action)
        )
        return True


def commitment_of(record: JournalRecord) -> str | None:
    """Return what a record says of its private text; None where it has none."""
    commitment = record.body.get(_COMMITMENT)
    return commitment if isinstance(commitment, str) else None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
