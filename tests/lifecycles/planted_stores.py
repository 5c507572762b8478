"""Mistakes with the database, with the trouble in which each has to come to light."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from agentic_core.domain import ClientOrderId, Decision, Fence, Fill, OrderIntent, PreparedIntent, derived_uuid
from agentic_core.domain.ids import DecisionId
from agentic_core.errors import StoreUnavailable
from agentic_core.ports.intents import IntentStore
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.bugs import Bug
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.lifecycles.plants import Plant
from tests.lifecycles.wrappers import IntentsAround, NoteCall, PrepareCall

__all__ = ["PLANTED_STORES"]


class BlindRetry(Bug):
    """What may be stored already is said once more, under other names so that nothing stands in its way."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that does not look first."""

        async def prepare(
            call: PrepareCall, decision: Decision, intents: Sequence[OrderIntent]
        ) -> tuple[PreparedIntent, ...]:
            try:
                return await call(decision, intents)
            except StoreUnavailable as error:
                if not error.commit_unknown:
                    raise
            again = replace(decision, decision_id=DecisionId(derived_uuid("again", decision.decision_id)))
            return await call(again, _renamed(intents))

        return IntentsAround(store, prepare=prepare)


class FailureIsDone(Bug):
    """A note that failed counts as stored."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that never complains."""

        async def note(call: NoteCall, fence: Fence, fills: Sequence[Fill]) -> None:
            try:
                await call(fence, fills)
            except StoreUnavailable:
                return

        return IntentsAround(store, note=note)


class StaleEpochPasses(Bug):
    """The store does not mind who holds the lease by now."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that takes everybody for the newest."""

        async def note(call: NoteCall, fence: Fence, fills: Sequence[Fill]) -> None:
            lease = await database.leases.read(ACCOUNT)
            await call(fence if lease is None else replace(fence, epoch=lease.epoch), fills)

        return IntentsAround(store, note=note)


class FillWithoutRecord(Bug):
    """The ledger takes fills of which the journal never hears."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that books them past it."""

        async def note(call: NoteCall, fence: Fence, fills: Sequence[Fill]) -> None:
            await call(fence, ())
            if fills:
                await MemoryIntents.record_fills(database.intents, fence, DEPLOYMENT, fills, at=fills[0].time)

        return IntentsAround(store, note=note)


class HalfRolledBack(Bug):
    """What was given up leaves its rows, and no record of them."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that takes back half of a unit of work."""

        async def prepare(
            call: PrepareCall, decision: Decision, intents: Sequence[OrderIntent]
        ) -> tuple[PreparedIntent, ...]:
            try:
                return await call(decision, intents)
            except StoreUnavailable as error:
                if not error.commit_unknown:
                    fence = Fence(account=ACCOUNT, epoch=epoch)
                    await MemoryIntents.prepare(database.intents, fence, decision, intents, at=decision.tick_at)
                raise

        return IntentsAround(store, prepare=prepare)


class NoncesAgain(Bug):
    """Two orders get the same nonce."""

    def store(self, store: IntentStore, epoch: int, database: MemoryStore) -> IntentStore:
        """Return a store that begins to count anew with every decision."""
        first: list[PreparedIntent] = []

        async def prepare(
            call: PrepareCall, decision: Decision, intents: Sequence[OrderIntent]
        ) -> tuple[PreparedIntent, ...]:
            prepared = await call(decision, intents)
            first.extend(prepared[:1])
            return tuple(replace(each, nonce=each.nonce and first[0].nonce) for each in prepared)

        return IntentsAround(store, prepare=prepare)


def _renamed(intents: Sequence[OrderIntent]) -> list[OrderIntent]:
    names = {
        intent.cloid: ClientOrderId("0x" + derived_uuid("again", intent.cloid).replace("-", "")) for intent in intents
    }
    return [replace(intent, cloid=names[intent.cloid]) for intent in intents]


PLANTED_STORES: Final = (
    Plant(BlindRetry(), ("database",), "was decided 2 times"),
    Plant(FailureIsDone(), ("database",), "was not on the disk when it was sent"),
    Plant(StaleEpochPasses(), ("overlap", "delay"), "while it was epoch"),
    Plant(FillWithoutRecord(), ("marks",), "which is not in the journal"),
    Plant(HalfRolledBack(), ("database",), "None by the journal"),
    Plant(NoncesAgain(), ("marks",), "was used for"),
)
