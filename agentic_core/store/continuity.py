"""Opening the copy of a journal of which the database may have lost something."""

from pathlib import Path
from typing import assert_never

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import DatabaseRestored
from agentic_core.journal.continuity import Behind, Restored, Same, compare
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.continuity import ContinuityReads
from agentic_core.ports.files import Files
from agentic_core.store.journal_copy import JournalCopy

__all__ = ["open_copy"]


async def open_copy(
    folder: Path, deployment: DeploymentId, *, reads: ContinuityReads, signer: str | None, files: Files, say: Say
) -> JournalCopy:
    """Open a runner's copy and compare the database with it, before the lease is taken.

    Where the database lost records and its owner has answered for that, the copy is renamed and a new one begun.

    Args:
        folder: where the copies are.
        deployment: whose journal it is.
        reads: what the database says.
        signer: the address that signs; nonces of others are not this runner's to read.
        files: the disk.
        say: told of what was renamed.

    Raises:
        DatabaseRestored: the database has lost what it knew; nothing may be sent.
        Fenced: another process has the copy open.
        JournalBroken: the copy is damaged, or the disk does not work.
    """
    copy = JournalCopy.open(folder, deployment, files=files, say=say)
    try:
        aside = await _set_aside(copy, deployment, reads, signer, files)
    except BaseException:
        copy.close()
        raise
    if aside is None:
        return copy
    said = f"the database was restored and its owner has answered for that: the copy of the journal is now {aside}"
    say(LogEvent.JOURNAL_QUARANTINED, said, level=LogLevel.WARN)
    return JournalCopy.open(folder, deployment, files=files, say=say)


async def _set_aside(
    copy: JournalCopy, deployment: DeploymentId, reads: ContinuityReads, signer: str | None, files: Files
) -> Path | None:
    remembered = copy.remembered
    own = {name: nonce for name, nonce in remembered.nonces.items() if name == signer}
    found = await reads.find(deployment, remembered.head.seq, tuple(own))
    match compare(msgspec.structs.replace(remembered, nonces=own), found):
        case Same():
            return None
        case Restored():
            return copy.set_aside(files)
        case Behind() as behind:
            message = f"{behind.detail}; its owner looks at it with `agentic db resolve --behind`"
            raise DatabaseRestored(message)
        case never:
            assert_never(never)
