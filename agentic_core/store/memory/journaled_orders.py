"""Order intents and the ledger in memory, with a record of every effect."""

from collections.abc import Sequence

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId, DeploymentId
from agentic_core.domain.journal import JournalFacts, JournalKind
from agentic_core.domain.order import (
    TERMINAL_STATES,
    Accepted,
    Fence,
    IntentState,
    OrderIntent,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Signing,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.times import Instant
from agentic_core.store.memory import journal_facts as facts
from agentic_core.store.memory.decisions import MemoryDecisions
from agentic_core.store.memory.intents import MemoryIntents
from agentic_core.store.memory.journal import MemoryJournal
from agentic_core.store.memory.journal_facts import Settlement
from agentic_core.store.memory.leases import MemoryLeases
from agentic_core.store.memory.ledger import MemoryLedger

__all__ = ["JournaledIntents", "JournaledLedger"]

_UNSETTLED = Settlement()


class JournaledIntents(MemoryIntents):
    """Order intents and fills that are journaled."""

    def __init__(self, leases: MemoryLeases, decisions: MemoryDecisions, journal: MemoryJournal) -> None:
        super().__init__(leases, decisions)
        self._journal = journal
        self._settlements: dict[ClientOrderId, Settlement] = {}

    async def prepare(
        self,
        fence: Fence,
        decision: Decision,
        intents: Sequence[OrderIntent],
        *,
        at: Instant,
        signing: Signing | None = None,
    ) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents as PREPARED; where they are to be signed, each but a STOP gets a nonce.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
        """
        prepared = await super().prepare(fence, decision, intents, at=at, signing=signing)
        self._journal.append_decision(decision, None)
        for each in prepared:
            told = facts.intent_facts(each, decision.trace_id)
            self._journal.append(decision.deployment, JournalKind.INTENT, told)
        return prepared

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent that was prepared without them the signer's next nonce and an expiry.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: it has a nonce, is not PREPARED any more, or is another epoch's; nothing was written.
        """
        numbered = await super().assign(fence, prepared, signing, at=at)
        self._journal.append(self._deployment(numbered), JournalKind.NUMBERED, facts.numbered_facts(numbered))
        return numbered

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Replace what is known of an intent, and record its fills, each exactly once.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: a count would shrink, or a booked order be anything its facts cannot show; nothing was written.
        """
        cloid = record.prepared.intent.cloid
        before, booked = self._told(cloid), len(self._fills[fence.account])
        await super().note(fence, record, fills, at=at, venue_order_id=venue_order_id)
        known = self._settlements.get(cloid, _UNSETTLED)
        settled_at = (known.settled_at or at) if record.state in TERMINAL_STATES else None
        self._settlements[cloid] = Settlement(
            venue_order_id=known.venue_order_id or venue_order_id, cause=known.cause, settled_at=settled_at
        )
        self._tell(fence, cloid, before, booked)

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            UsageError: the outcome is that of another order.
        """
        cloid = outcome.cloid
        before, booked = self._told(cloid), len(self._fills[fence.account])
        had_ended = self._states.get(cloid) in TERMINAL_STATES
        state = await super().settle(fence, prepared, outcome, at=at)
        known = self._settlements.get(cloid, _UNSETTLED)
        self._settlements[cloid] = _settled(known, outcome, state, at, had_ended=had_ended)
        self._tell(fence, cloid, before, booked)
        return state

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record fills that no intent of ours caused, each exactly once.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        booked = len(self._fills[fence.account])
        await super().record_fills(fence, deployment, fills, at=at)
        self._tell_fills(fence, deployment, booked)

    def _deployment(self, prepared: PreparedIntent) -> DeploymentId:
        return self._decisions[prepared.decision].deployment

    def _told(self, cloid: ClientOrderId) -> JournalFacts | None:
        prepared = self._prepared.get(cloid)
        if prepared is None:
            return None
        return facts.noted_facts(cloid, self._record(prepared), self._settlements.get(cloid, _UNSETTLED))

    def _tell(self, fence: Fence, cloid: ClientOrderId, before: JournalFacts | None, booked: int) -> None:
        deployment, after = self._deployment(self._prepared[cloid]), self._told(cloid)
        if after is not None and after != before:
            self._journal.append(deployment, JournalKind.NOTED, after)
        self._tell_fills(fence, deployment, booked)

    def _tell_fills(self, fence: Fence, deployment: DeploymentId, booked: int) -> None:
        # Those that are new stand last.
        for fill in list(self._fills[fence.account].values())[booked:]:
            self._journal.append(deployment, JournalKind.FILL, facts.fill_facts(fill))


class JournaledLedger(MemoryLedger):
    """Funding and transfers that are journaled."""

    def __init__(self, leases: MemoryLeases, intents: MemoryIntents, journal: MemoryJournal) -> None:
        super().__init__(leases, intents)
        self._journal = journal

    async def record_funding(
        self, fence: Fence, deployment: DeploymentId, payments: Sequence[FundingPayment], *, at: Instant
    ) -> tuple[FundingPayment, ...]:
        """Record payments and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        fresh = await super().record_funding(fence, deployment, payments, at=at)
        for payment in sorted(fresh, key=lambda each: each.payment_id):
            self._journal.append(deployment, JournalKind.FUNDING, facts.funding_facts(payment))
        return fresh

    async def record_transfers(
        self, fence: Fence, deployment: DeploymentId, transfers: Sequence[Transfer], *, at: Instant
    ) -> tuple[Transfer, ...]:
        """Record transfers and return those that were not recorded before; one that was stays as it is.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        fresh = await super().record_transfers(fence, deployment, transfers, at=at)
        for transfer in sorted(fresh, key=lambda each: each.transfer_id):
            self._journal.append(deployment, JournalKind.TRANSFER, facts.transfer_facts(transfer))
        return fresh


def _settled(
    known: Settlement, outcome: SendOutcome, state: IntentState, at: Instant, *, had_ended: bool
) -> Settlement:
    venue_order_id = known.venue_order_id
    if isinstance(outcome, Accepted):
        venue_order_id = venue_order_id or outcome.venue_order_id
    if had_ended:
        return Settlement(venue_order_id=venue_order_id, cause=known.cause, settled_at=known.settled_at)
    match outcome:
        case Accepted():
            cause = None
        case Rejected(reason=cause):
            pass
        case _:
            cause = outcome.cause
    return Settlement(venue_order_id=venue_order_id, cause=cause, settled_at=at if state in TERMINAL_STATES else None)
