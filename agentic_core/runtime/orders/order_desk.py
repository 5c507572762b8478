"""The desk that every order of an account passes: written down, sent once, followed until its fills are booked."""

from collections.abc import Callable, Collection, Mapping, Sequence

import anyio

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.domain.decision import Decision, Denied
from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.order import Fence, OpenIntent, OrderIntent, PreparedIntent, SendOutcome, Signing
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError
from agentic_core.execution.evidence import Evidence
from agentic_core.execution.intent import Contradiction
from agentic_core.execution.life import RULES, Life, ResolutionRules, begin
from agentic_core.logevents import Say
from agentic_core.ports.clock import Clock
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.orders.account_book import AccountBook
from agentic_core.runtime.orders.agenda import Agenda
from agentic_core.runtime.orders.following import Follower, is_done
from agentic_core.runtime.orders.ledger import OrderLedger
from agentic_core.runtime.orders.lives import Lives, is_waiting
from agentic_core.runtime.orders.rounds import Rounds
from agentic_core.runtime.orders.sending import OrderSender, outcome_of
from agentic_core.runtime.orders.siblings import StopPlanner, stop_id, with_stops
from agentic_core.runtime.orders.terms import BeforeSending, DeskTerms, send_at_once

__all__ = ["OrderDesk"]

_LOOK_EVERY_MS = 100
"""How often `run` and `settle` look whether a step is due, or a stream told what was waited for."""


class OrderDesk:
    """The orders of one account under one lease.

    Every method may run beside any other, also for the same order. Where the lease is lost, the database does not
    answer or the copy of the journal fails, `Fenced`, `StoreError` and `JournalBroken` pass through: the runner has to
    end. A venue that does not answer is told and asked again at the next `attend`.
    """

    def __init__(  # noqa: PLR0913 - the ports of an order, one each
        self,
        *,
        fence: Fence,
        store: IntentStore,
        gate: GuardedBroker,
        venue_now: Callable[[], Instant],
        clock: Clock,
        say: Say,
        signer: str | None,
        rules: ResolutionRules = RULES,
        book: AccountBook | None = None,
        plan_stop: StopPlanner | None = None,
        on_contradiction: Callable[[Contradiction], None] = lambda _: None,
        before_sending: BeforeSending = send_at_once,
    ) -> None:
        """Open the desk; `recover` comes before everything else.

        Args:
            fence: the lease under which everything is written and sent.
            store: where intents become durable.
            gate: what every order passes on its way to the broker.
            venue_now: the newest venue time known.
            clock: for waiting.
            say: where it is told what became of an order.
            signer: the address that signs; None where nothing is signed.
            rules: how long things take.
            book: counts the orders sent, and answers for the desk when the broker asks what is unresolved.
            plan_stop: which stop is prepared together with an entry; None where the broker rests none.
            on_contradiction: told of evidence that cannot be true together with what was known; must not wait.
            before_sending: awaited before anything leaves, such as a `JournalCatchUp`.
        """
        self._terms = terms = DeskTerms(
            fence=fence,
            signer=signer,
            venue_now=venue_now,
            clock=clock,
            rules=rules,
            say=say,
            before_sending=before_sending,
        )
        self._store, self._clock, self._gate = store, clock, gate
        self._plan_stop = plan_stop if gate.broker.capabilities.rests_stops else None
        self._lives = lives = Lives() if book is None else book.lives
        self._agenda = Agenda(venue_now)
        self._ledger = ledger = OrderLedger(terms, store, lives, on_contradiction)
        self._sender = OrderSender(terms, gate, lives, ledger, (lambda _: None) if book is None else book.count)
        self._rounds = Rounds(self._step)
        self._follower = Follower(terms, gate.broker, lives, ledger, self._sender)

    @property
    def gate(self) -> GuardedBroker:
        """What every order passes."""
        return self._gate

    @property
    def signs(self) -> bool:
        """Whether what is sent is signed, so that stops need `assign`."""
        return self._terms.signer is not None

    @property
    def lives(self) -> Mapping[ClientOrderId, Life]:
        """Everything the desk knows, also what ended a while ago; a stop that waits for its entry is among it."""
        return self._lives

    @property
    def unresolved(self) -> int:
        """How many orders there are whose fate is not known; cancels do not count."""
        return self._lives.unresolved

    def may_open(self) -> bool:
        """Tell whether nothing is unresolved that forbids opening."""
        return not self._lives.unresolved

    def worst_case(self) -> tuple[OpenIntent, ...]:
        """Return what may still execute, as far as the ledger does not show it yet."""
        return self._lives.worst_case()

    def waiting_stop(self, symbol: Symbol) -> Life | None:
        """Return the newest stop of a symbol that was prepared with an entry, has no nonce yet and was never sent."""
        return self._lives.waiting_stop(symbol)

    def is_waiting(self, life: Life) -> bool:
        """Tell whether it waits for `assign`: it was never signed, so it is neither alive nor unresolved."""
        return is_waiting(life)

    async def recover(self) -> None:
        """Take over what earlier epochs left: it is adopted, burned or outlived by `attend`, never sent."""
        await self._ledger.recover()
        for cloid in self._lives:
            self._agenda.put(cloid, self._terms.venue_now())

    async def prepare(self, decision: Decision, intents: Sequence[OrderIntent]) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents down; with an entry, its stop in the same transaction.

        Returns:
            The intents asked for, in their order; the stops wait at the desk, see `waiting_stop`.

        Raises:
            Fenced: the lease is lost; nothing was written.
            Conflict: the decision or a client order id was prepared before; nothing was written.
            UsageError: the desk has not recovered.
        """
        if not self._lives.are_known:
            message = f"the desk of {self._terms.fence.account} has not recovered; await recover() before preparing"
            raise UsageError(message)
        fence, now = self._terms.fence, self._terms.venue_now()
        wanted = with_stops(fence.account, intents, self._plan_stop) if self._plan_stop else intents
        with anyio.CancelScope(shield=True):  # what is written is known here
            prepared = await self._store.prepare(fence, decision, wanted, at=now, signing=self._signing())
            for one in prepared:
                self._keep(begin(one))
        return prepared[: len(intents)]

    async def assign(self, prepared: PreparedIntent) -> PreparedIntent:
        """Give a stop its nonce and its expiry; what is returned can be submitted.

        Raises:
            Fenced: the lease is lost; nothing was written.
            Conflict: it has them, or it was sent or withdrawn before.
            UsageError: nothing is signed here.
        """
        signing = self._signing()
        if signing is None:
            message = f"{prepared.intent.cloid} needs no nonce, because nothing is signed here; submit it as it is"
            raise UsageError(message)
        fence, now = self._terms.fence, self._terms.venue_now()
        async with self._agenda.turn(prepared.intent.cloid):
            with anyio.CancelScope(shield=True):
                assigned = await self._store.assign(fence, prepared, signing, at=now)
                self._keep(begin(assigned))
        return assigned

    async def submit(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        """Send a durable intent through the gate, once, and note what came of it; what is denied is withdrawn.

        An `Unresolved` outcome is followed by `attend` and `settle`; submitting again sends nothing and returns what
        is known by now.

        Raises:
            Fenced: the lease is lost; nothing was sent, or its outcome could not be written.
            UsageError: it was not prepared here, or is a stop without a nonce.
        """
        cloid = prepared.intent.cloid
        life = await self._known(cloid)
        if self._terms.signer is not None and life.prepared.nonce is None and is_waiting(life):
            message = f"{cloid} is a stop without a nonce; submit what `assign` returns"
            raise UsageError(message)
        async with self._agenda.turn(cloid):
            if self._lives[cloid].sends:
                return outcome_of(self._lives[cloid], "it was sent before, and its fate is not known yet")
            try:
                return await self._sender.submit(cloid)
            finally:
                self._followed(cloid)

    async def withdraw(self, prepared: PreparedIntent, cause: str) -> None:
        """Give up an intent that was never sent; of any other nothing changes."""
        cloid = prepared.intent.cloid
        await self._known(cloid)
        async with self._agenda.turn(cloid):
            await self._sender.withdraw(cloid, cause)
            self._followed(cloid)

    async def attend(self) -> Instant | None:
        """Take one step for every order that needs one; return the venue time of the next, None where none is open."""
        await self._rounds.go(self._due())
        return self._agenda.next_due()

    async def run(self) -> None:
        """Attend for as long as the desk is open, without one order ever waiting for the answer about another."""
        await self._rounds.keep_going(self._due, lambda: self._clock.sleep(_LOOK_EVERY_MS / 1_000))

    def look(self, cloid: ClientOrderId) -> None:
        """Have the venue asked about an order at the next `attend`; nothing where it is not followed."""
        if cloid in self._agenda:
            self._agenda.hasten(cloid)

    async def settle(self, cloids: Collection[ClientOrderId], *, until: Instant) -> bool:
        """Follow these orders until every one of them ended, or until an instant of venue time; tell whether they did.

        What rests is asked about as often as what is unknown.
        """
        for cloid in cloids:
            await self._known(cloid)
        patience_ms = self._clock.boottime_ms() + max(
            0, until - self._terms.venue_now()
        )  # where venue time stands still
        while living := [cloid for cloid in cloids if cloid in self._lives and not self._lives[cloid].is_terminal]:
            left_ms = min(until - self._terms.venue_now(), patience_ms - self._clock.boottime_ms())
            if left_ms <= 0:
                return False
            for cloid in living:
                self._agenda.hasten(cloid, self._terms.rules.observe_every_ms)
            await self._rounds.go(self._agenda.of_these_due(living))
            await self._clock.sleep(min(_LOOK_EVERY_MS, left_ms) / 1_000)
        return True

    async def learn(
        self, cloid: ClientOrderId, evidence: Evidence | None = None, fills: Sequence[Fill] = ()
    ) -> Life | None:
        """Take in what somebody else was told of an order, and book its fills; None where it is not one of ours.

        Totals need not be known: fills are added up here, each counted once.
        """
        before = await self._ledger.bring(cloid)
        if before is None:
            return None
        life = await self._ledger.take(cloid, () if evidence is None else (evidence,), fills)
        if life != before or cloid not in self._agenda:
            self._followed(cloid)
        return life

    async def _step(self, cloid: ClientOrderId) -> None:
        async with self._agenda.turn(cloid):
            due = await self._follower.step(cloid)
            self._agenda.put(cloid, due)
            self._hasten_others(self._lives[cloid])

    def _followed(self, cloid: ClientOrderId) -> None:
        life = self._lives[cloid]
        self._agenda.put(cloid, self._follower.due(life))
        self._hasten_others(life)

    def _hasten_others(self, life: Life) -> None:
        if not life.is_terminal:
            return
        target = life.intent.target
        if target is not None and target in self._agenda and not is_done(self._lives[target]):
            self._agenda.hasten(target)  # whatever became of the cancel proves nothing about it
        stop = stop_id(self._terms.fence.account, life.cloid)
        if not life.filled and stop in self._agenda:
            self._agenda.hasten(stop)

    def _keep(self, life: Life) -> None:
        self._lives.put(life)
        self._agenda.put(life.cloid, self._follower.due(life))

    def _due(self) -> tuple[ClientOrderId, ...]:
        for cloid in self._agenda.drop_old():
            self._ledger.forget(cloid)
        return self._agenda.of_these_due(self._lives)

    def _signing(self) -> Signing | None:
        if self._terms.signer is None:
            return None
        return Signing(signer=self._terms.signer, expires_at=self._terms.rules.expires_at(self._terms.venue_now()))

    async def _known(self, cloid: ClientOrderId) -> Life:
        life = await self._ledger.bring(cloid)
        if life is None:
            message = f"{cloid} was never prepared for {self._terms.fence.account}; hand in what `prepare` returned"
            raise UsageError(message)
        return life
