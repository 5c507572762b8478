"""The next step of one order: asked about, burned, sent again or withdrawn, whatever the rules say."""

from typing import assert_never

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO
from agentic_core.domain.order import IntentKind, IntentState
from agentic_core.domain.times import Instant
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.answers import evidence_of
from agentic_core.execution.evidence import BurnBegan
from agentic_core.execution.life import Life
from agentic_core.execution.resolution import Book, Burn, Done, Observe, Send, Step, WaitUntil, Watch, next_step
from agentic_core.ports.broker import Broker, Burned, NotBurned
from agentic_core.runtime.orders.ledger import OrderLedger
from agentic_core.runtime.orders.lives import Lives, is_waiting
from agentic_core.runtime.orders.looking import look
from agentic_core.runtime.orders.sending import OrderSender
from agentic_core.runtime.orders.siblings import is_entry
from agentic_core.runtime.orders.telling import tell_silence
from agentic_core.runtime.orders.terms import DeskTerms

__all__ = ["WATCH_EVERY_MS", "Follower", "is_done"]

WATCH_EVERY_MS = 15_000
"""How often the venue is asked about an order that rests, although its stream tells: streams lose words."""

_IN_VAIN_MS = 30_000
"""After so long without an answer that taught anything, an order is asked about as seldom as one that rests.

Every look costs weight, and one a second for ever would take more of it than flows back.
"""

_WAITING_MS = 60_000
"""How long a stop keeps waiting for its nonce once its entry ended."""

_SIZED = frozenset({IntentKind.ORDER, IntentKind.STOP})


def is_done(life: Life) -> bool:
    """Tell whether nothing is left to do: it ended, and all that executed is booked."""
    if life.intent.kind not in _SIZED:
        return life.is_terminal
    return life.state in {IntentState.REJECTED, IntentState.DEAD, IntentState.BOOKED}


class Follower:
    """Takes the steps of orders, one at a time each; remembers of whom the venue did not answer."""

    def __init__(
        self, terms: DeskTerms, broker: Broker, lives: Lives, ledger: OrderLedger, sender: OrderSender
    ) -> None:
        """Follow the orders of one account under one lease."""
        self._terms = terms
        self._broker = broker
        self._lives = lives
        self._ledger = ledger
        self._sender = sender
        self._silent: set[ClientOrderId] = set()
        self._in_vain_since: dict[ClientOrderId, Instant] = {}

    async def step(self, cloid: ClientOrderId) -> Instant | None:
        """Take the step that is due, and return when the next one is; None where nothing is left to do.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database does not answer.
            JournalBroken: what is sent could not be remembered.
        """
        before = self._lives[cloid]
        try:
            await self._step(before)
        except VenueUnavailable as error:
            if error.retryable:
                self._in_vain_since.pop(cloid, None)
            else:
                self._answered(before)
            if cloid not in self._silent:
                self._silent.add(cloid)
                tell_silence(self._terms.say, self._lives[cloid], str(error))
            # What was not answered is asked again soon, however seldom it would be asked otherwise.
            pause_ms = max(error.retry_after_ms or 0, self._look_every_ms(self._lives[cloid]))
            return None if is_done(self._lives[cloid]) else Instant(self._terms.venue_now() + pause_ms)
        self._silent.discard(cloid)
        self._answered(before)
        return self.due(self._lives[cloid])

    def due(self, life: Life) -> Instant | None:
        """Return the venue time of the next step about an order, as far as is known now; None where none is left."""
        now = self._terms.venue_now()
        if is_done(life):
            return None
        if is_waiting(life):
            return Instant(now + _WAITING_MS) if self._terms.is_own(life) else now
        match self._next(life):
            case Send() if not life.sends:
                return self._sendable_until(life)
            case WaitUntil(at=at):
                return at
            case Observe(again_at=again_at):
                return self._next_look(life, again_at)
            case step:
                return Instant(now + self._pause_after(step, life))

    def _next_look(self, life: Life, again_at: Instant) -> Instant:
        # The first moment at which absence tells something is better than any shortly before or after it.
        silent_until = life.silent_until(self._terms.rules)
        is_to_come = silent_until is not None and silent_until >= self._terms.venue_now()
        again_at = max(again_at, Instant(self._terms.venue_now() + self._look_every_ms(life)))
        return min(again_at, Instant(silent_until + 1)) if silent_until is not None and is_to_come else again_at

    def _pause_after(self, step: Send | Burn | Watch | Book | Done, life: Life) -> int:
        match step:
            case Watch():
                return WATCH_EVERY_MS
            case Send() | Done():
                return self._terms.rules.observe_every_ms
            case Book():
                return self._look_every_ms(life)
            case Burn():
                return 0
            case _:
                assert_never(step)

    def _look_every_ms(self, life: Life) -> int:
        now = self._terms.venue_now()
        in_vain_ms = now - self._in_vain_since.get(life.cloid, now)
        return WATCH_EVERY_MS if in_vain_ms >= _IN_VAIN_MS else self._terms.rules.observe_every_ms

    def _answered(self, before: Life) -> None:
        after = self._lives[before.cloid]
        if after != before or is_done(after) or after.state is IntentState.RESTING:
            self._in_vain_since.pop(before.cloid, None)
        else:
            self._in_vain_since.setdefault(before.cloid, self._terms.venue_now())

    async def _step(self, life: Life) -> None:
        if is_waiting(life):
            await self._attend_waiting(life)
            return
        step = self._next(life)
        if self._terms.is_own(life) and life.state is IntentState.PREPARED and not life.sends:
            if not isinstance(step, Send) or self._terms.venue_now() >= self._sendable_until(life):
                await self._sender.withdraw(life.cloid, "nobody sent it in time")
            return
        match step:
            case Send():
                await self._sender.submit(life.cloid)
            case Burn():
                await self._burn(life)
            case Observe() | Watch() | Book():
                await self._observe(life)
            case WaitUntil() | Done():
                pass
            case _:
                assert_never(step)

    def _next(self, life: Life) -> Step:
        terms, can_burn = self._terms, self._can_burn(life)
        return next_step(life, terms.venue_now(), terms.rules, epoch=terms.fence.epoch, can_burn=can_burn)

    def _can_burn(self, life: Life) -> bool:
        prepared = life.prepared
        if prepared.nonce is None:
            return True
        ours = self._terms.signer is not None and prepared.signer == self._terms.signer
        return self._broker.capabilities.burns_nonces and (ours or self._terms.is_own(life))

    def _sendable_until(self, life: Life) -> Instant:
        # What is not signed has no expiry, but nobody is left who will send it either, once it would have had one.
        rules, prepared = self._terms.rules, life.prepared
        expires_at = prepared.expires_at or rules.expires_at(prepared.prepared_at)
        return Instant(expires_at - rules.send_left_ms + 1)

    async def _observe(self, life: Life) -> None:
        seen = await look(self._broker.observe, self._terms.clock, life.prepared, presses=life.is_unresolved)
        await self._ledger.take(life.cloid, (evidence_of(seen),), seen.fills, seen.searched)

    async def _burn(self, life: Life) -> None:
        if life.prepared.nonce is None:
            await self._void(life)
            return
        await self._ledger.take(life.cloid, (BurnBegan(),))
        await self._terms.before_sending()
        burned = await self._broker.burn(life.prepared)
        await self._ledger.take(life.cloid, (evidence_of(burned),))

    async def _void(self, life: Life) -> None:
        # Without a nonce nothing was signed: where orders are signed, nothing has to leave for it to be dead. Both
        # facts in one transaction, because a burn that began is never begun again.
        burned: Burned | NotBurned = (
            Burned() if self._terms.signer is not None else await self._broker.burn(life.prepared)
        )
        if isinstance(burned, Burned):
            await self._ledger.take(life.cloid, (BurnBegan(), evidence_of(burned)))
        else:
            await self._observe(life)

    async def _attend_waiting(self, life: Life) -> None:
        if not self._terms.is_own(life):
            await self._void(life)
            return
        entry = self._entry_of(life)
        if entry is not None and not entry.is_terminal:
            return
        if entry is not None and entry.filled == ZERO:
            await self._sender.withdraw(life.cloid, "nothing of its entry executed")
        elif self._terms.venue_now() - life.prepared.prepared_at >= _WAITING_MS:
            await self._sender.withdraw(life.cloid, "its entry is protected otherwise")

    def _entry_of(self, stop: Life) -> Life | None:
        return next((life for life in self._lives.values() if is_entry(life, stop)), None)
