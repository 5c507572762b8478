"""What is said about commands and the journal, each as one transaction, and every act there is."""

from typing import Final

from agentic_core.domain import Command, CommandKind, CommandState
from agentic_core.journal.checkpoints import CheckpointKey
from agentic_core.store.postgres.identity import Floor, look_at, mark_restored, resolve
from tests.support.acts import ORDER_ACTS, Act, Room, at
from tests.support.acts_of_chat import CHAT_ACTS
from tests.support.acts_of_record import MANY, RECORD_ACTS, decided, result_of
from tests.support.stored_values import DEPLOYMENT, HELD

__all__ = ["ACTS"]

_KEY: Final = CheckpointKey(bytes(range(32)))


class Acknowledge(Act):
    """The one final outcome of a command."""

    name = "acknowledge"
    told = "applied done"
    writes = "~agent_commands +journal ~journal_heads"
    records = "command"
    rows = "+1 journal"

    async def ground(self, room: Room, minute: int) -> None:
        """Queue the command."""
        told = {"minute": str(minute)}
        await room.owner.commands.queue(DEPLOYMENT, CommandKind.SNAPSHOT, payload=told, at=at(minute))

    async def say(self, room: Room, minute: int) -> None:
        """Acknowledge it."""
        (command,) = await self._found(room, minute)
        await room.store.commands.ack(command, CommandState.APPLIED, "done", at=at(minute), fence=room.fence)

    async def read(self, room: Room, minute: int) -> str:
        """Look for the outcome."""
        found = await self._found(room, minute)
        return ", ".join(f"{each.state} {each.outcome}" for each in found if each.outcome is not None)

    @staticmethod
    async def _found(room: Room, minute: int) -> list[Command]:
        commands = await room.owner.commands.recent(DEPLOYMENT, MANY)
        return [each for each in commands if each.payload == {"minute": str(minute)}]


class Claim(Acknowledge):
    """A command that takes a while, taken up."""

    name = "claim"
    told = "claimed"

    async def say(self, room: Room, minute: int) -> None:
        """Claim it."""
        (command,) = await self._found(room, minute)
        await room.store.commands.claim(command, fence=room.fence, at=at(minute))

    async def read(self, room: Room, minute: int) -> str:
        """Look whether anybody took it up."""
        found = await self._found(room, minute)
        return ", ".join(each.state for each in found if each.acked_at is not None)


class Step(Claim):
    """Something that was done of a command, noted with its claim."""

    name = "step"
    told = "claimed, paused"
    writes = "~agent_commands ~agent_commands +journal ~journal_heads"
    before_commit = 2

    async def say(self, room: Room, minute: int) -> None:
        """Claim it and note what was done, both or neither."""
        (command,) = await self._found(room, minute)
        async with room.store.unit(room.fence) as unit:
            await unit.commands.claim(command, fence=room.fence, at=at(minute))
            await unit.commands.step(command, "paused", fence=room.fence, at=at(minute))

    async def read(self, room: Room, minute: int) -> str:
        """Look for what was done."""
        found = await self._found(room, minute)
        return ", ".join(f"{each.state}, {step.text}" for each in found for step in each.steps)


class Sign(Act):
    """A checkpoint of the journal."""

    name = "sign"
    is_runners = False
    told = "signed"
    writes = "+journal_checkpoints"
    records = ""
    rows = "+1 journal_checkpoints"

    async def ground(self, room: Room, minute: int) -> None:
        """Let there be something to sign."""
        await room.store.decisions.record(room.fence, decided(room, minute), HELD)

    async def say(self, room: Room, minute: int) -> None:
        """Sign the head."""
        head = await room.owner.journal.head(DEPLOYMENT)
        assert head is not None
        await room.owner.journal.add_checkpoint(_KEY.sign(head, at(minute)))

    async def read(self, room: Room, minute: int) -> str:
        """Look for the checkpoint."""
        signed = [each for each in await room.owner.journal.checkpoints(DEPLOYMENT) if each.made_at == at(minute)]
        return ", ".join("signed" for _ in signed)


class Erase(Act):
    """The private text of a decision, gone from the journal and from the decision."""

    name = "erase"
    is_runners = False
    told = "erased"
    writes = "-journal_payloads ~decision_snapshots"
    records = ""
    rows = "-1 journal_payloads"

    async def ground(self, room: Room, minute: int) -> None:
        """Record the decision."""
        await room.store.decisions.record(room.fence, decided(room, minute), HELD)

    async def say(self, room: Room, minute: int) -> None:
        """Erase what it said."""
        entries = await room.owner.journal.after(DEPLOYMENT, 0, MANY)
        key = decided(room, minute).decision_id
        (seq,) = [entry.seq for entry in entries if entry.kind == "decision" and key in entry.record]
        await room.owner.journal.erase_payload(DEPLOYMENT, seq)

    async def read(self, room: Room, minute: int) -> str:
        """Look whether anything is left of it."""
        return "erased" if await result_of(room, decided(room, minute)) == "NoopResult " else ""


class Resolve(Act):
    """The owner's answer for a restored database."""

    name = "resolve"
    is_runners = False
    told = "resolved"
    writes = """
    +leases ~leases +signer_nonces ~signer_nonces +signer_nonces ~signer_nonces ~deployments +agent_commands
    +journal ~journal_heads -database_identity +database_identity ~database_identity ~restores
    +journal ~journal_heads +journal ~journal_heads
    """
    before_commit = 14
    records = "restored lease command"
    frees_lease = True
    rows = "+1 agent_commands, +3 journal"

    async def ground(self, room: Room, minute: int) -> None:
        """Have a number for each signer, take the lease, and restore the database."""
        await resolve(room.dsn, Floor())
        await room.retaken()
        await mark_restored(room.dsn)

    async def say(self, room: Room, minute: int) -> None:
        """Answer for it."""
        await resolve(room.dsn)

    async def read(self, room: Room, minute: int) -> str:
        """Ask whether leases are given."""
        return "resolved" if (await look_at(room.dsn)).difference is None else ""


ACTS: Final[tuple[Act, ...]] = (
    *ORDER_ACTS,
    *RECORD_ACTS,
    *CHAT_ACTS,
    Acknowledge(),
    Claim(),
    Step(),
    Sign(),
    Erase(),
    Resolve(),
)
"""Everything that is killed."""
