"""Signs the heads of journals, where the key is: on the control plane, never on a runner."""

from collections.abc import Callable
from typing import Final

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalHead
from agentic_core.domain.times import Instant
from agentic_core.errors import JournalBroken
from agentic_core.journal.chain import Broken, empty_chain, verify_chain
from agentic_core.journal.checkpoints import CheckpointKey, Signed, check_signature
from agentic_core.ports.journal import JournalStore

__all__ = ["JournalSigner"]

_BATCH: Final = 1_000


class JournalSigner:
    """Signs a head only once every record since the last one it signed was verified."""

    def __init__(self, journal: JournalStore, key: CheckpointKey, now: Callable[[], Instant]) -> None:
        """Join the journals and the key."""
        self._journal: Final = journal
        self._key: Final = key
        self._now: Final = now

    async def due(self, every: int) -> tuple[DeploymentId, ...]:
        """Return whose journals are at least so many records past their newest checkpoint."""
        return tuple(head.deployment for head in await self._journal.due(every))

    async def sign(self, deployment: DeploymentId) -> Checkpoint | None:
        """Verify what came since the last checkpoint of this key, and sign the head; None where nothing came.

        Raises:
            JournalBroken: what was signed is gone, or something does not follow from it, or another key has signed the
                head; nothing was signed.
            StoreUnavailable: the database does not answer.
        """
        signed = head = await self._signed(deployment)
        await self._find(signed)
        while entries := await self._journal.after(deployment, head.seq, _BATCH):
            verified = verify_chain(head, entries)
            if isinstance(verified, Broken):
                raise JournalBroken(f"the journal of {deployment} is broken, {verified.detail}")
            head = verified.head
        if head.seq == signed.seq:
            return None
        checkpoint = self._key.sign(head, self._now())
        if await self._journal.add_checkpoint(checkpoint):
            return checkpoint
        if (await self._signed(deployment)).seq >= head.seq:  # somebody with this key was faster
            return None
        message = f"record {head.seq} of the journal of {deployment} bears a checkpoint that this key did not make"
        raise JournalBroken(f"{message}; wait for the next record, or have the owner remove it")

    async def _find(self, signed: JournalHead) -> None:
        if not signed.seq:
            return
        found = await self._journal.after(signed.deployment, signed.seq - 1, 1)
        if not found or (found[0].seq, found[0].hash) != (signed.seq, signed.hash):
            message = (
                f"record {signed.seq} of the journal of {signed.deployment} was signed, and is gone or another one"
            )
            raise JournalBroken(message)

    async def _signed(self, deployment: DeploymentId) -> JournalHead:
        public = self._key.public
        head = empty_chain(deployment)
        for checkpoint in await self._journal.checkpoints(deployment):
            found = check_signature(checkpoint, {public.key_id: public})
            # One of another key, or one that was tampered with, is worth nothing here: the way from further back is
            # longer, and leads to the same end.
            if isinstance(found, Signed) and checkpoint.seq > head.seq and checkpoint.deployment == deployment:
                head = JournalHead(deployment=deployment, seq=checkpoint.seq, hash=checkpoint.hash, epoch=found.epoch)
        return head
