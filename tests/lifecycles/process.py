"""What a process of a story stands on: its link, its store and its death, each of them watched."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import anyio
from anyio.lowlevel import checkpoint

from agentic_core.domain import (
    AccountKey,
    ClientOrderId,
    Decision,
    DeploymentId,
    Fence,
    Fill,
    Instant,
    IntentKind,
    IntentState,
    OrderIntent,
    PreparedIntent,
    SendOutcome,
)
from agentic_core.domain.order import Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.ports.clock import Clock
from agentic_core.ports.intents import IntentStore
from agentic_hl.rest import Answered, HttpOutcome
from agentic_hl.simulated import SimulatedLink
from agentic_hl.stream.transport import NotConnected, StreamLink
from agentic_hl.venue.commits import asked_kind, summarise

__all__ = ["Noted", "Notes", "Outage", "Steps", "WatchedIntents", "WatchedLink"]

_UNRESOLVED = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})
_OK = 200
_PROMPT_MS = 1_000
"""An answer that takes longer counts as one of a venue that cannot be reached."""

_PAUSE_MS = 1_000
"""Who gets no answer asks again after about so long."""


class Outage(NamedTuple):
    """When a request did not come through, or nobody was there to make any."""

    began: int
    ended: int
    kind: str = ""
    """Of the request; empty where nobody was there."""


class Steps:
    """Counts the steps of a process, and kills it at one of them."""

    def __init__(self, scope: anyio.CancelScope, dies_at: int | None) -> None:
        self._scope = scope
        self._dies_at = dies_at
        self.count = 0

    async def step(self) -> None:
        """Take a step, or die."""
        self.count += 1
        if self.count == self._dies_at:
            self._scope.cancel()
            await checkpoint()


class WatchedLink:
    """A process's way to the venue, which remembers when it did not work, and what is to leave."""

    def __init__(
        self, link: SimulatedLink, clock: Clock, steps: Steps, outages: list[Outage], leaves: Callable[[bytes], None]
    ) -> None:
        self._link = link
        self._clock = clock
        self._steps = steps
        self._outages = outages
        self._leaves = leaves

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Post, and look at how it went."""
        await self._steps.step()
        if path == "/exchange":
            self._leaves(body)
        began, works = self._clock.boottime_ms(), False
        try:
            outcome = await self._link.post(path, body, timeout_ms)
            works = isinstance(outcome, Answered) and outcome.status == _OK
        finally:
            now = self._clock.boottime_ms()
            if not works or now - began > _PROMPT_MS:
                kind = summarise(body).kind if path == "/exchange" else asked_kind(body)
                self._outages.append(Outage(began, now + _PAUSE_MS, kind))
        await self._steps.step()
        return outcome

    async def connect(self) -> StreamLink | NotConnected:
        """Open a stream."""
        return await self._link.connect()


class Noted(NamedTuple):
    """One intent, and every state it was written down in with the moment, by the world's clock."""

    prepared: PreparedIntent
    prepared_at: int
    signed_at: list[int]
    states: list[tuple[int, IntentState]]
    sends: list[int]

    @property
    def state(self) -> IntentState:
        """The newest state."""
        return self.states[-1][1]


class Notes:
    """Everything that any process wrote down, in order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.intents: dict[ClientOrderId, Noted] = {}
        self.opened: list[tuple[Noted, list[Noted]]] = []
        """Every opening order as it began to be sent, with what was unresolved beside it."""
        self.stale: list[str] = []
        """What was written by a process that had lost its lease."""

    @property
    def now(self) -> int:
        """The world's time."""
        return self._clock.boottime_ms()

    def prepared(self, prepared: PreparedIntent) -> None:
        """Take an intent that is durable now."""
        signed = [] if prepared.nonce is None else [self.now]
        noted = Noted(prepared, self.now, signed, [(self.now, IntentState.PREPARED)], [])
        self.intents[prepared.intent.cloid] = noted

    def assigned(self, cloid: ClientOrderId) -> None:
        """Take note that an intent got its nonce."""
        self.intents[cloid].signed_at.append(self.now)

    def replaced(self, record: IntentRecord) -> None:
        """Take a new record of an intent."""
        noted = self.intents.get(record.prepared.intent.cloid)
        if noted is None:  # nobody was told of it, and the sums show where it came from
            return
        if record.sends > len(noted.sends):
            noted.sends.append(self.now)
            if _opens(record.prepared.intent):
                self.opened.append((noted, self._unresolved_beside(noted)))
        if record.state is not noted.state:
            noted.states.append((self.now, record.state))

    def _unresolved_beside(self, noted: Noted) -> list[Noted]:
        others = (other for other in self.intents.values() if other.signed_at and other.state in _UNRESOLVED)
        decision = noted.prepared.decision
        return [each for each in others if each.prepared.decision != decision and _counts(each.prepared.intent)]


def _opens(intent: OrderIntent) -> bool:
    return intent.kind is IntentKind.ORDER and not intent.reduce_only


def _counts(intent: OrderIntent) -> bool:
    return intent.kind not in {IntentKind.CANCEL, IntentKind.NOOP}


class WatchedIntents:
    """The store of intents as one process sees it; between any two of its steps the process may die."""

    def __init__(
        self, inner: IntentStore, notes: Notes, steps: Steps, *, epoch: int, newest: Callable[[], Awaitable[int]]
    ) -> None:
        self._inner = inner
        self._notes = notes
        self._step = steps.step
        self._epoch = epoch
        self._newest = newest

    async def _wrote(self, what: str) -> None:
        newest = await self._newest()
        if newest != self._epoch:
            self._notes.stale.append(f"{what} was written by epoch {self._epoch} while it was epoch {newest}")

    async def prepare(
        self,
        fence: Fence,
        decision: Decision,
        intents: Sequence[OrderIntent],
        *,
        at: Instant,
        signing: Signing | None = None,
    ) -> tuple[PreparedIntent, ...]:
        """Write intents."""
        await self._step()
        prepared = await self._inner.prepare(fence, decision, intents, at=at, signing=signing)
        for each in prepared:
            self._notes.prepared(each)
        await self._wrote(f"decision {decision.decision_id}")
        await self._step()
        return prepared

    async def assign(self, fence: Fence, prepared: PreparedIntent, signing: Signing, *, at: Instant) -> PreparedIntent:
        """Give an intent its nonce."""
        await self._step()
        assigned = await self._inner.assign(fence, prepared, signing, at=at)
        self._notes.assigned(assigned.intent.cloid)
        await self._wrote(f"the nonce of {assigned.intent.cloid}")
        await self._step()
        return assigned

    async def note(
        self,
        fence: Fence,
        record: IntentRecord,
        fills: Sequence[Fill] = (),
        *,
        at: Instant,
        venue_order_id: str | None = None,
    ) -> None:
        """Replace what is known."""
        await self._step()
        await self._inner.note(fence, record, fills, at=at, venue_order_id=venue_order_id)
        self._notes.replaced(record)
        await self._wrote(f"{record.state} of {record.prepared.intent.cloid}")
        await self._step()

    async def living(self, account: AccountKey) -> tuple[IntentRecord, ...]:
        """Return what is left to do."""
        await self._step()
        return await self._inner.living(account)

    async def find(self, account: AccountKey, cloid: ClientOrderId) -> IntentRecord | None:
        """Return one intent."""
        await self._step()
        return await self._inner.find(account, cloid)

    async def settle(self, fence: Fence, prepared: PreparedIntent, outcome: SendOutcome, *, at: Instant) -> IntentState:
        """Record an outcome, as only paper does."""
        return await self._inner.settle(fence, prepared, outcome, at=at)

    async def unresolved(self, account: AccountKey) -> tuple[PreparedIntent, ...]:
        """Return what is open."""
        return await self._inner.unresolved(account)

    async def fills(self, account: AccountKey) -> tuple[Fill, ...]:
        """Return the ledger."""
        await self._step()
        return await self._inner.fills(account)

    async def record_fills(self, fence: Fence, deployment: DeploymentId, fills: Sequence[Fill], *, at: Instant) -> None:
        """Record what others caused."""
        await self._step()
        await self._inner.record_fills(fence, deployment, fills, at=at)
        await self._wrote("a fill of others")
        await self._step()
