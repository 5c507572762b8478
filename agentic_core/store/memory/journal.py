"""The journals in memory: the records that the database would have written, as far as memory knows the facts."""

import hmac
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256

import msgspec

from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.domain.journal import (
    JOURNAL_START,
    Checkpoint,
    JournalEntry,
    JournalFacts,
    JournalHead,
    JournalKind,
    JournalPayload,
    record_hash,
    record_text,
)
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.memory import journal_facts as facts

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """One chain of records for each deployment; the journaled repositories append to it."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        """Start empty; `now` dates the records."""
        self._now = now
        self._heads: dict[DeploymentId, JournalHead] = {}
        self._entries: defaultdict[DeploymentId, list[JournalEntry]] = defaultdict(list)
        self._payloads: dict[tuple[DeploymentId, int], JournalPayload] = {}
        self._decisions: dict[tuple[DeploymentId, int], DecisionId] = {}
        self._checkpoints: defaultdict[DeploymentId, dict[int, Checkpoint]] = defaultdict(dict)
        self.blank: Callable[[DecisionId], None] | None = None
        """Erases the private text where the decision stands."""

    async def head(self, deployment: DeploymentId) -> JournalHead | None:
        """Return the newest record's number and hash, or None where there is no such deployment."""
        return self._heads.get(deployment)

    async def after(self, deployment: DeploymentId, seq: int, limit: int) -> tuple[JournalEntry, ...]:
        """Return the records after one of them, oldest first; all there are after 0."""
        return tuple(self._entries[deployment][seq : seq + limit])

    async def payload(self, deployment: DeploymentId, seq: int) -> JournalPayload | None:
        """Return the private text of a record; None where it has none, or where it was erased."""
        return self._payloads.get((deployment, seq))

    async def erase_payload(self, deployment: DeploymentId, seq: int) -> bool:
        """Erase the private text of a record and of the decision it tells of; tell whether there was any."""
        if self._payloads.pop((deployment, seq), None) is None:
            return False
        if self.blank is not None:
            self.blank(self._decisions[deployment, seq])
        return True

    async def checkpoints(self, deployment: DeploymentId) -> tuple[Checkpoint, ...]:
        """Return the signed heads, oldest first."""
        known = self._checkpoints[deployment]
        return tuple(known[seq] for seq in sorted(known))

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Keep a signed head; False where one of that record is there already, which stays.

        Raises:
            Conflict: the chain has no record of that number and hash; nothing was written.
        """
        entries, seq = self._entries[checkpoint.deployment], checkpoint.seq
        if not 0 < seq <= len(entries) or entries[seq - 1].hash != checkpoint.hash:
            raise sentences.no_link(checkpoint.deployment, seq, checkpoint.hash)
        known = self._checkpoints[checkpoint.deployment]
        is_new = seq not in known
        known.setdefault(seq, checkpoint)
        return is_new

    async def due(self, every: int) -> tuple[JournalHead, ...]:
        """Return the heads that are at least so many records past their newest checkpoint."""
        return tuple(
            head
            for deployment, head in sorted(self._heads.items())
            if head.seq - max(self._checkpoints[deployment], default=0) >= every
        )

    def append(self, deployment: DeploymentId, kind: JournalKind, body: JournalFacts, *, epoch: int = 0) -> None:
        """Add the next record; the epoch of the chain becomes the greater one."""
        head = self._heads.get(deployment) or JournalHead(deployment=deployment, seq=0, hash=JOURNAL_START)
        if epoch > (head.epoch or 0):
            head = msgspec.structs.replace(head, epoch=epoch)
        record = record_text(head, kind, body, at=self._now())
        entry = JournalEntry(
            deployment=deployment,
            seq=head.seq + 1,
            epoch=head.epoch,
            kind=kind,
            record=record,
            hash=record_hash(record),
        )
        self._entries[deployment].append(entry)
        self._heads[deployment] = msgspec.structs.replace(head, seq=entry.seq, hash=entry.hash)

    def append_decision(self, decision: Decision, result: EngineResult | None) -> None:
        """Add the record of a decision, with a commitment to what is private of it."""
        deployment, body = decision.deployment, facts.decision_facts(decision, result)
        private = facts.private_text(decision)
        if private is None:
            self.append(deployment, JournalKind.DECISION, body)
            return
        seq = len(self._entries[deployment]) + 1
        # Nobody but this process can read either, so that the salt needs to be another each time and no more.
        salt = sha256(f"{deployment}:{seq}".encode()).digest()
        commitment = hmac.new(salt, private.encode(), sha256).hexdigest()
        self.append(deployment, JournalKind.DECISION, {**body, "commit": commitment})
        self._payloads[deployment, seq] = JournalPayload(deployment=deployment, seq=seq, salt=salt, payload=private)
        self._decisions[deployment, seq] = decision.decision_id
