"""Writes a journal anew, with hashes that fit, as somebody would who may write everything."""

import json
from collections.abc import Callable

from agentic_core.domain import DeploymentId, Instant
from agentic_core.domain.journal import Checkpoint, JournalHead
from agentic_core.journal.checkpoints import CheckpointKey
from tests.support.by_hand import execute
from tests.support.journal_by_hand import digest_of, line_of
from tests.support.journal_scene import Scene

__all__ = ["forge_checkpoints", "rewrite", "signed_by"]

_REWRITE = "update journal set record = %s, hash = decode(%s, 'hex') where seq = %s"
_RESIGN = """
update journal_checkpoints
set hash = decode(%s, 'hex'), key_id = %s, statement = %s, signature = %s, made_at = instant_at(%s)
where seq = %s
"""


def rewrite(scene: Scene, change: Callable[[str], str]) -> list[int]:
    """Change the text of records and make a chain of them again; return the numbers of those that are others now."""
    prev, altered = "0" * 64, []
    for entry in scene.entries():
        text = line_of({**json.loads(change(entry.record)), "prev": prev})
        prev = digest_of(text)
        if prev != entry.hash:
            altered.append(entry.seq)
            scene.alter(_REWRITE, text, prev, entry.seq)
    scene.alter("update journal_heads set hash = decode(%s, 'hex')", prev)
    return altered


def signed_by(key: CheckpointKey, deployment: DeploymentId, seq: int, digest: str, epoch: int | None) -> Checkpoint:
    """Sign whatever is said to be a head."""
    return key.sign(JournalHead(deployment=deployment, seq=seq, hash=digest, epoch=epoch), Instant(1_640_995_200_123))


def forge_checkpoints(scene: Scene, key: CheckpointKey, *, claims: str | None = None) -> None:
    """Sign the records that bear a checkpoint with another key, which perhaps says that it is the trusted one."""
    signed = [seq for (seq,) in execute(scene.dsn, "select seq from journal_checkpoints")]
    for entry in scene.entries():
        if entry.seq in signed:
            made = signed_by(key, scene.run, entry.seq, entry.hash, entry.epoch)
            name = claims or made.key_id
            statement = made.statement.replace(made.key_id, name)
            scene.alter(_RESIGN, entry.hash, name, statement, made.signature, made.made_at, entry.seq)
