"""The one send of an order: through the gate, written down before anything leaves, its outcome after."""

from collections.abc import Callable
from functools import partial

import anyio

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.domain.decision import ActionKind, Denied, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import (
    Accepted,
    IntentKind,
    IntentState,
    OrderIntent,
    Rejected,
    SendOutcome,
    Unresolved,
)
from agentic_core.domain.times import Instant
from agentic_core.errors import (
    AgenticError,
    Fenced,
    IllegalTransition,
    JournalBroken,
    StoreError,
    UsageError,
)
from agentic_core.execution.answers import evidence_of
from agentic_core.execution.evidence import NeverLeft, SendBegan, Withdrawn
from agentic_core.execution.life import Life
from agentic_core.execution.resolution import Send, next_step
from agentic_core.risk import deny
from agentic_core.runtime.orders.ledger import OrderLedger
from agentic_core.runtime.orders.lives import Lives
from agentic_core.runtime.orders.terms import DeskTerms

__all__ = ["OrderSender", "outcome_of"]

_NEVER_GROWS = frozenset({IntentKind.CANCEL, IntentKind.NOOP})


def outcome_of(life: Life, cause: str) -> SendOutcome:
    """Return what is known of an order in the words of a send; `cause` says why it is not known, where it is not."""
    cloid = life.cloid
    if life.is_unresolved:
        return Unresolved(cloid=cloid, cause=cause)
    if life.state in {IntentState.REJECTED, IntentState.DEAD} and not life.filled:
        return Rejected(cloid=cloid, reason=f"nothing of it executed: {life.ended_by}")
    return Accepted(cloid=cloid, state=life.state, fills=(), venue_order_id="", total=life.filled)


class OrderSender:
    """Sends what may be sent; everything else comes back with what is known of it."""

    def __init__(
        self,
        terms: DeskTerms,
        gate: GuardedBroker,
        lives: Lives,
        ledger: OrderLedger,
        count: Callable[[Instant], None],
    ) -> None:
        """Stand between the desk and the gate; `count` is told of every order that is sent."""
        self._terms = terms
        self._gate = gate
        self._lives = lives
        self._ledger = ledger
        self._count = count
        self._opening = anyio.Lock()

    async def submit(self, cloid: ClientOrderId) -> SendOutcome | Denied:
        """Send an intent of this epoch that was never sent, or of which provably nothing left."""
        life = self._lives[cloid]
        if not _grows(life.intent):
            return await self._send(cloid)
        # One at a time: what the gate counts for one open has to hold the open before it.
        async with self._opening:
            self._lives.gated = life.prepared.decision
            try:
                return await self._send(cloid, opens=True)
            finally:
                self._lives.gated = None

    async def withdraw(self, cloid: ClientOrderId, cause: str) -> None:
        """Give up an intent of this epoch that was never sent; of any other nothing changes."""
        await self._ledger.take(cloid, (Withdrawn(epoch=self._terms.fence.epoch, cause=cause),))

    def is_sendable(self, life: Life) -> bool:
        """Tell whether there is time left to send it, and nobody did."""
        terms = self._terms
        return isinstance(
            next_step(life, terms.venue_now(), terms.rules, epoch=terms.fence.epoch, can_burn=False), Send
        )

    async def _send(self, cloid: ClientOrderId, *, opens: bool = False) -> SendOutcome | Denied:
        life = self._lives[cloid]
        if life.state is not IntentState.PREPARED:
            return outcome_of(life, "it was sent before, and what became of it is not known yet")
        if not self.is_sendable(life):
            return await self._give_up(life)
        try:
            outcome = await self._gate.submit(life.prepared, begin=partial(self._begin, cloid, opens=opens))
        except _Overtaken as overtaken:
            return overtaken.denied or await self._give_up(self._lives[cloid])
        except (Fenced, JournalBroken, StoreError, UsageError):
            raise
        except AgenticError as error:
            if self._lives[cloid].sends == life.sends:  # it broke before anything could leave
                raise
            outcome = Unresolved(cloid=cloid, cause=str(error))
        if isinstance(outcome, Denied):
            await self.withdraw(cloid, outcome.rule)
            return outcome
        fills, number = (outcome.fills, outcome.venue_order_id) if isinstance(outcome, Accepted) else ((), None)
        # No other send of it can have begun since, so the newest is this one.
        evidence = (evidence_of(outcome, send=self._lives[cloid].sends),)
        await self._ledger.take(cloid, evidence, fills, venue_order_id=number)
        return outcome

    async def _begin(self, cloid: ClientOrderId, *, opens: bool) -> None:
        life = self._lives[cloid]
        if not self.is_sendable(life):
            raise _Overtaken
        try:
            await self._ledger.take(cloid, (SendBegan(epoch=self._terms.fence.epoch),))
        except IllegalTransition as error:  # something was learned of it while this waited for its turn
            raise _Overtaken from error
        if opens:
            self._lives.gated = None
        if life.intent.kind is IntentKind.ORDER and not life.sends:
            self._count(self._terms.venue_now())
        await self._terms.before_sending()
        if opens and life.intent.kind is IntentKind.ORDER:
            await self._look_again(cloid)

    async def _look_again(self, cloid: ClientOrderId) -> None:
        # Writing it down took its time, and a pause that was acknowledged meanwhile holds for what has not left.
        denied = self._gate.held_back(self._lives[cloid].intent)
        if denied is not None:
            await self._ledger.take(cloid, (NeverLeft(send=self._lives[cloid].sends, cause=denied.rule),))
            raise _Overtaken(denied)

    async def _give_up(self, life: Life) -> SendOutcome | Denied:
        if life.state is not IntentState.PREPARED:  # somebody heard of it before it was sent
            return outcome_of(life, "it was heard of before it was sent")
        await self.withdraw(life.cloid, "too late")
        return deny("R4_TOO_LATE", _as_action(life.intent), Figures())


class _Overtaken(Exception):  # No error: it takes an order back on its way through the gate.
    def __init__(self, denied: Denied | None = None) -> None:
        super().__init__()
        self.denied = denied


def _grows(intent: OrderIntent) -> bool:
    return not intent.reduce_only and intent.kind not in _NEVER_GROWS


def _as_action(intent: OrderIntent) -> ProposedAction:
    return ProposedAction(kind=ActionKind.OPEN, symbol=intent.symbol, side=intent.side, size=intent.size)
