"""Order intents and fills in memory; a backtest writes every order here, so nothing is copied."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from operator import attrgetter

from msgspec.structs import replace

from agentic_core.domain.decision import Decision
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import AccountKey, ClientOrderId, DeploymentId
from agentic_core.domain.money import ZERO, Size
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
from agentic_core.domain.placed_orders import PlacedOrder, is_placed_at_venue, place
from agentic_core.domain.records import IntentRecord
from agentic_core.domain.times import Instant
from agentic_core.store import sentences
from agentic_core.store.checks import (
    UNRESOLVED_STATES,
    check_attempts,
    check_free,
    check_note,
    check_outcome,
    is_living,
    is_signed_at_once,
)
from agentic_core.store.memory.decisions import MemoryDecisions
from agentic_core.store.memory.leases import MemoryLeases

__all__ = ["MemoryIntents"]

_DONE_STATES = frozenset({IntentState.REJECTED, IntentState.DEAD, IntentState.BOOKED})
_RESOLVED = frozenset(IntentState) - UNRESOLVED_STATES
_OLDEST_FIRST = attrgetter("prepared_at", "decision", "intent.leg", "intent.attempt")


class MemoryIntents:
    """Order intents, and the fills of each account."""

    def last_nonces(self, signers: Collection[str]) -> dict[str, int]:
        """Return the last nonce that each of these signers was given; one that never signed is missing."""
        return {signer: self._nonces[signer] for signer in signers if signer in self._nonces}

    def __init__(self, leases: MemoryLeases, decisions: MemoryDecisions) -> None:
        self._check = leases.check
        self._decisions = decisions.decisions
        self._prepared: dict[ClientOrderId, PreparedIntent] = {}
        self._states: dict[ClientOrderId, IntentState] = {}
        # A state stands here once an intent was settled or noted; before that it is PREPARED.
        self._noted: dict[ClientOrderId, IntentRecord] = {}
        self._counted: dict[ClientOrderId, int] = {}
        # How many fills the account had when an intent was last settled: its record is put together only when read.
        self._totals: dict[ClientOrderId, Size] = {}
        # Units by the venue's own count, where an outcome told it.
        self._fills: defaultdict[AccountKey, dict[str, Fill]] = defaultdict(dict)
        self._nonces: dict[str, int] = {}
        self._settled_at: dict[ClientOrderId, Instant] = {}
        self._venue_order_ids: dict[ClientOrderId, str] = {}
        # Both of orders at a venue only: nobody asks when an order on paper was settled.

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
        self._check(fence)
        key, known = decision.decision_id, self._prepared
        if key in self._decisions:
            raise sentences.conflict(sentences.DECIDED_BEFORE)
        fresh: dict[ClientOrderId, PreparedIntent] = {}
        for intent in intents:
            cloid = intent.cloid
            if cloid in known or cloid in fresh:
                raise sentences.conflict(sentences.ORDERED_BEFORE)
            fresh[cloid] = PreparedIntent(intent=intent, fence=fence, decision=key, prepared_at=at)
        check_attempts(intents)
        if signing is not None:
            for cloid, prepared in fresh.items():
                if is_signed_at_once(prepared.intent):
                    fresh[cloid] = self._numbered(prepared, signing, at)
        self._decisions[key] = decision
        known.update(fresh)
        return tuple(fresh.values())

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent that was prepared without them the signer's next nonce and an expiry.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: it has a nonce, is not PREPARED any more, or is another epoch's; nothing was written.
        """
        self._check(fence)
        known = self._known(fence.account, prepared.intent.cloid)
        check_free(known, fence.epoch)
        cloid = known.prepared.intent.cloid
        numbered = self._numbered(known.prepared, signing, at)
        self._prepared[cloid] = numbered
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

        What was prepared stays as it is stored, and so does the venue's number of the order.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            Conflict: a count would shrink, or a booked order be anything its facts cannot show; nothing was written.
        """
        self._check(fence)
        cloid = record.prepared.intent.cloid
        check_note(self._known(fence.account, cloid), record)
        self._noted[cloid] = record
        self._counted.pop(cloid, None)
        self._totals.pop(cloid, None)
        self._states[cloid] = record.state
        self._keep(fence.account, fills)
        self._settle_at(cloid, record.state, at)
        if venue_order_id is not None:
            self._venue_order_ids.setdefault(cloid, venue_order_id)

    async def living(self, account: AccountKey) -> tuple[IntentRecord, ...]:
        """Return the intents about which something is left to do, oldest first: not ended, or not booked yet."""
        return tuple(record for record in self.records(account, but=_DONE_STATES) if is_living(record))

    def records(self, account: AccountKey, *, but: Collection[IntentState] = ()) -> tuple[IntentRecord, ...]:
        """Return what is known of the account's intents, oldest first, of those in none of some states."""
        states, settled = self._states, self._settled(account)
        return tuple(
            self._joined(prepared, Size(settled[prepared.intent.cloid]))
            for prepared in self._mine(account)
            if states.get(prepared.intent.cloid) not in but
        )

    async def find(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord | None:
        """Return what is known of one intent of the account, however long ago it ended."""
        prepared = self._prepared.get(cloid)
        return None if prepared is None or prepared.fence.account != account else self._record(prepared)

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record what became of a sent intent, with its fills, each exactly once; returns the state it has now.

        A terminal state never changes again; fills are facts and are recorded and counted whatever the state.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
            NotFound: the account has no such intent.
            UsageError: the outcome is that of another order.
        """
        self._check(fence)
        account, cloid = fence.account, outcome.cloid
        if cloid != prepared.intent.cloid:  # asked here too, because every order of a backtest comes by
            check_outcome(prepared, outcome)
        known = self._prepared.get(cloid)
        if known is None or known.fence.account != account:
            raise sentences.no_intent(cloid, account)
        if isinstance(outcome, Accepted):
            state = outcome.state
            if outcome.fills:
                self._counted[cloid] = self._keep(account, outcome.fills)
            if outcome.total is not None:
                self._totals[cloid] = max(outcome.total, self._totals.get(cloid, outcome.total))
        else:
            state = IntentState.REJECTED if isinstance(outcome, Rejected) else IntentState.UNKNOWN
        self._settle_at_venue(known, outcome, state, at)
        before = self._states.get(cloid)
        if before in TERMINAL_STATES:
            return before
        self._states[cloid] = state
        return state

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return the intents whose fate is not known: prepared, sent or unknown."""
        return tuple(record.prepared for record in self.records(account, but=_RESOLVED))

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return every fill of the account, oldest first."""
        return tuple(sorted(self._fills[account].values(), key=attrgetter("time")))

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record fills that no intent of ours caused, each exactly once.

        Raises:
            Fenced: the fence is not the account's live lease; nothing was written.
        """
        self._check(fence)
        self._keep(fence.account, fills)

    def placed(self, deployment: DeploymentId) -> tuple[PlacedOrder, ...]:
        """Return the orders that a deployment sent to its venue."""
        orders = (
            self._placed(prepared)
            for prepared in self._prepared.values()
            if is_placed_at_venue(prepared.fence.account, prepared.intent.kind)
            and self._decisions[prepared.decision].deployment == deployment
        )
        return tuple(order for order in orders if order is not None)

    def _placed(self, prepared: PreparedIntent) -> PlacedOrder | None:
        cloid = prepared.intent.cloid
        return place(
            self._record(prepared),
            (fill for fill in self._fills[prepared.fence.account].values() if fill.cloid == cloid),
            deployment=self._decisions[prepared.decision].deployment,
            venue_order_id=self._venue_order_ids.get(cloid),
            settled_at=self._settled_at.get(cloid),
        )

    def _settle_at(self, cloid: ClientOrderId, state: IntentState, at: Instant) -> None:
        if state in TERMINAL_STATES:
            self._settled_at.setdefault(cloid, at)
        else:
            self._settled_at.pop(cloid, None)

    def _settle_at_venue(self, known: PreparedIntent, outcome: SendOutcome, state: IntentState, at: Instant) -> None:
        cloid = known.intent.cloid
        if not is_placed_at_venue(known.fence.account, known.intent.kind):
            return
        if isinstance(outcome, Accepted):
            self._venue_order_ids.setdefault(cloid, outcome.venue_order_id)
        if self._states.get(cloid) not in TERMINAL_STATES:
            self._settle_at(cloid, state, at)

    def _numbered(self, prepared: PreparedIntent, signing: Signing, at: Instant) -> PreparedIntent:
        nonce = max(at, self._nonces.get(signing.signer, at - 1) + 1)
        self._nonces[signing.signer] = nonce
        return replace(prepared, nonce=nonce, expires_at=signing.expires_at, signer=signing.signer)

    def _keep(self, account: AccountKey, fills: Sequence[Fill]) -> int:
        known = self._fills[account]
        for fill in fills:
            known.setdefault(fill.fill_id, fill)
        return len(known)

    def _mine(self, account: AccountKey) -> list[PreparedIntent]:
        mine = [prepared for prepared in self._prepared.values() if prepared.fence.account == account]
        return sorted(mine, key=_OLDEST_FIRST)

    def _known(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord:
        prepared = self._prepared.get(cloid)
        if prepared is None or prepared.fence.account != account:
            raise sentences.no_intent(cloid, account)
        return self._record(prepared)

    def _record(self, prepared: PreparedIntent) -> IntentRecord:
        cloid = prepared.intent.cloid
        settled = self._settled(prepared.fence.account).get(cloid, ZERO) if cloid in self._counted else ZERO
        return self._joined(prepared, Size(settled))

    def _joined(self, prepared: PreparedIntent, settled: Size) -> IntentRecord:
        cloid = prepared.intent.cloid
        noted = self._noted.get(cloid) or IntentRecord(prepared=prepared)
        return replace(
            noted,
            prepared=prepared,
            state=self._states.get(cloid, IntentState.PREPARED),
            filled=max(noted.filled, settled, self._totals.get(cloid, settled)),
            booked=max(noted.booked, settled),
        )

    def _settled(self, account: AccountKey) -> defaultdict[ClientOrderId, Decimal]:
        # Units of each intent among the fills there were when it was last settled.
        units = defaultdict[ClientOrderId, Decimal](Decimal)
        for position, fill in enumerate(self._fills[account].values()):
            if fill.cloid is not None and position < self._counted.get(fill.cloid, 0):
                units[fill.cloid] += fill.size
        return units
