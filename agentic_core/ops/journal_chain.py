"""What can be said of a journal by whoever reads its records and nothing else: the chain, its head, its signatures."""

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalHead
from agentic_core.errors import ConfigError
from agentic_core.journal.audit import Audit
from agentic_core.journal.chain import Broken
from agentic_core.ports.journal import JournalStore

try:
    from agentic_core.journal.checkpoints import PublicKey, Refused, Signed, Unproven, check_signature
except ImportError as exc:
    _MISSING = "checkpoints are signed with cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["Anchors", "audit_chain", "judge_anchors", "unlike_its_head"]

_BATCH: Final = 1_000


class Anchors(msgspec.Struct):
    """What the checkpoints of a journal are worth."""

    signed: int = 0
    """By keys that are trusted."""
    unproven: int = 0
    """By keys that were not handed in, where none was."""
    signed_until: int = 0
    """The newest record that a trusted key signed."""
    refused: Broken | None = None
    """The first one that is not what was signed."""


async def audit_chain(
    journal: JournalStore, deployment: DeploymentId, keys: Mapping[str, PublicKey]
) -> JournalHead | Broken:
    """Follow a journal from its first record to the head it had at the beginning, and return that head.

    What the tables hold is not compared: whoever may read all of them may change them too.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    checkpoints = await journal.checkpoints(deployment)
    refused = judge_anchors(checkpoints, keys).refused
    # After them: whatever was signed is in the journal by now.
    head = await journal.head(deployment)
    audit = Audit(deployment, checkpoints)
    until = 0 if head is None else head.seq
    while audit.broken is None and audit.head.seq < until:
        entries = await journal.after(deployment, audit.head.seq, min(_BATCH, until - audit.head.seq))
        if not entries:
            break
        for entry in entries:
            audit.take(entry)
    end = audit.end()
    if isinstance(end, Broken):
        return end
    return unlike_its_head(end, head) or refused or end


def judge_anchors(checkpoints: Sequence[Checkpoint], keys: Mapping[str, PublicKey]) -> Anchors:
    """Check the signatures of checkpoints; where any key is handed in, one of another key is refused."""
    anchors = Anchors()
    for checkpoint in checkpoints:
        seq = checkpoint.seq
        match check_signature(checkpoint, keys):
            case Signed():
                anchors.signed += 1
                anchors.signed_until = max(anchors.signed_until, seq)
            case Unproven(key_id=key_id) if keys:
                why = f"key {key_id}, which made it, is none of those given"
                anchors.refused = anchors.refused or Broken(seq=seq, why=f"its checkpoint is refused: {why}")
            case Unproven():
                anchors.unproven += 1
            case Refused(why=why):
                anchors.refused = anchors.refused or Broken(seq=seq, why=f"its checkpoint is refused: {why}")
            case unexpected:
                assert_never(unexpected)
    return anchors


def unlike_its_head(found: JournalHead, kept: JournalHead | None) -> Broken | None:
    """Return in what the last record that was followed is not the head that the journal says it has."""
    if found == kept:
        return None
    if kept is None:
        why = "it is the newest one, and the journal has no head that says so"
        return Broken(seq=found.seq, why=why) if found.seq else Broken(seq=1, why="it is missing, and so is the head")
    if kept.seq > found.seq:
        return Broken(seq=found.seq + 1, why=f"it is missing; the head of the journal is record {kept.seq}")
    if kept.seq < found.seq:
        return Broken(seq=kept.seq + 1, why=f"it stands behind the head of the journal, which is record {kept.seq}")
    return Broken(seq=found.seq, why="the head of the journal tells of another hash or epoch than this record has")
