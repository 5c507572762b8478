"""The account around the attempts: the lease, the kill, what is held; and what happens to all attempts at once."""

from collections.abc import Iterator, Sequence
from enum import IntEnum

import msgspec
from msgspec.structs import replace

from agentic_core.domain.order import IntentState
from agentic_core.execution.resolution import blocks_opens
from agentic_core.simulation.protocol.attempt import Answer, Attempt, Box, Look, Nonce
from agentic_core.simulation.protocol.design import Ablation, Design, Invariant, Scope
from agentic_core.simulation.protocol.knowledge import FORGOTTEN, Knowledge

__all__ = ["AccountMove", "AccountMoves", "Kill", "Loss", "Shared", "Standing", "after_loss", "standing_of"]


class Kill(IntEnum):
    """How far a kill has come; every step of it is durable."""

    NONE = 0
    ORDERED = 1
    LATCHED = 2
    FLAT = 3
    """It ended and reported that nothing is held."""
    RESIDUAL = 4
    """It ended and reported what it could not close."""


class Shared(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What all attempts of the account share."""

    epoch: int = 1
    alive: bool = True
    """Whether the runner of the newest epoch is."""
    kill: Kill = Kill.NONE
    fills: int = 0
    """Units opened at the venue so far."""
    held: int = 0
    """Units held at the venue."""
    decided: Box = Box.EMPTY
    """Who has checked that it may open and not inserted yet; only an ablation stops in between."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of an attempt matters to the account."""

    closes: bool
    terminal: bool
    """Written down as ended; what nobody wrote down does not count."""
    blocks: bool
    """Whether it forbids opening, as the shipped machine says."""
    unknown: bool
    settled: bool
    """Nothing is left to do about it."""
    believed: bool
    """Written down as filled."""
    shown: bool
    """Filled, and shown by reads."""
    epoch: int
    """Of a runner, while it has not ended; else 0."""


class Loss(IntEnum):
    """What a runner's memory comes to."""

    NONE = 0
    CRASH = 1
    TAKEOVER = 2
    """Another runner holds the lease; this one may go on without knowing."""


class AccountMove(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that may happen to the account."""

    label: str
    after: Shared
    begins: Attempt | None = None
    loss: Loss = Loss.NONE
    breaks: Invariant | None = None


_SETTLED = frozenset({IntentState.DEAD, IntentState.REJECTED, IntentState.BOOKED})


def standing_of(attempt: Attempt, knowledge: Knowledge) -> Standing:
    """Return what of an attempt matters to the account."""
    shown = attempt.shown and attempt.nonce is Nonce.FILLED
    if attempt.life == FORGOTTEN:
        return Standing(
            closes=attempt.closes,
            terminal=True,
            blocks=False,
            unknown=False,
            settled=True,
            believed=False,
            shown=shown,
            epoch=0,
        )
    life = knowledge[attempt.life]
    return Standing(
        closes=attempt.closes,
        terminal=life.is_terminal,
        blocks=blocks_opens([life]),
        unknown=life.state is IntentState.UNKNOWN,
        settled=life.state in _SETTLED,
        believed=life.filled > 0,
        shown=shown,
        epoch=0 if life.is_terminal else life.epoch,
    )


def after_loss(attempt: Attempt, loss: Loss) -> Attempt:
    """Return what is left of an attempt when its runner crashes, or loses the lease without knowing."""
    kept = Box.EMPTY if loss is Loss.CRASH else Box.OLD
    return replace(
        attempt,
        life=attempt.life if attempt.recorded else FORGOTTEN,
        recorded=True,
        box=kept if attempt.box is Box.CURRENT else attempt.box,
        burn_box=kept if attempt.burn_box is Box.CURRENT else attempt.burn_box,
        awaits=False,
        answers=Answer.NONE,
        burn_awaits=False,
        burn_answers=Answer.NONE,
        look=Look.NONE,
        said_used=False,
    )


class AccountMoves:
    """What may happen to the account as a whole."""

    def __init__(self, knowledge: Knowledge, design: Design, scope: Scope) -> None:
        """Take what is known, what of the design is left out, and how far the world goes."""
        self._knowledge = knowledge
        self._design = design
        self._scope = scope

    def moves(self, shared: Shared, attempts: Sequence[Standing]) -> Iterator[AccountMove]:
        """Say what may happen, given what of each attempt matters."""
        yield from self._runners(shared)
        if shared.kill is Kill.NONE:
            yield AccountMove(label="somebody orders a kill", after=replace(shared, kill=Kill.ORDERED))
        if shared.decided is Box.OLD and self._left(attempts, closes=False):
            yield self._unfenced(shared)
        if not shared.alive:
            return
        if shared.kill is Kill.ORDERED:
            label = "runner {epoch} latches the kill: nothing opens any more"
            yield AccountMove(label=label, after=replace(shared, kill=Kill.LATCHED))
        if self._left(attempts, closes=False):
            yield from self._opens(shared, attempts)
        if shared.kill is Kill.LATCHED:
            yield from self._kill(shared, attempts)

    def _runners(self, shared: Shared) -> Iterator[AccountMove]:
        if shared.epoch == self._scope.epochs:
            return
        decided = shared.decided
        if shared.alive and shared.kill < Kill.FLAT:
            gone = Box.EMPTY if decided is Box.CURRENT else decided
            crashed = replace(shared, alive=False, decided=gone)
            yield AccountMove(label="runner {epoch} crashes", after=crashed, loss=Loss.CRASH)
        kept = Box.OLD if decided is Box.CURRENT else decided
        after = replace(shared, epoch=shared.epoch + 1, alive=True, decided=kept)
        told = "; runner {epoch} does not know" if shared.alive else ""
        yield AccountMove(label=f"runner {{next}} takes the lease{told}", after=after, loss=Loss.TAKEOVER)

    def _opens(self, shared: Shared, attempts: Sequence[Standing]) -> Iterator[AccountMove]:
        unfenced = self._design.drops(Ablation.NO_EPOCH_FENCE)
        if unfenced and shared.decided is Box.CURRENT:
            label = "runner {epoch} inserts {it}"
            yield self._begin(replace(shared, decided=Box.EMPTY), attempts, label)
        elif not self._may_open(shared, attempts):
            return
        elif unfenced and shared.decided is Box.EMPTY:
            label = "runner {epoch} checks that it may open"
            yield AccountMove(label=label, after=replace(shared, decided=Box.CURRENT))
        else:
            written = not self._design.drops(Ablation.NO_WRITE_AHEAD)
            label = "runner {epoch} decides, and " + ("writes {it} down" if written else "keeps {it} in memory")
            yield self._begin(shared, attempts, label)

    def _may_open(self, shared: Shared, attempts: Sequence[Standing]) -> bool:
        if shared.kill >= Kill.LATCHED and not (
            shared.kill >= Kill.FLAT and self._design.drops(Ablation.KILL_FORGOTTEN)
        ):
            return False
        forgotten = shared.kill >= Kill.FLAT
        return not any(self._forbids(one, shared.epoch) or (one.believed and not forgotten) for one in attempts)

    def _forbids(self, one: Standing, epoch: int) -> bool:
        if self._design.drops(Ablation.INHERITED_IGNORED) and one.epoch < epoch:
            return False
        return one.blocks and not (self._design.drops(Ablation.RETRY_BEFORE_PROOF) and one.unknown)

    def _begin(self, shared: Shared, attempts: Sequence[Standing], label: str) -> AccountMove:
        broken = []
        pending = any(not one.terminal and not one.closes for one in attempts)
        if pending or shared.fills:
            broken.append(Invariant.EXPOSURE)
        if any(0 < one.epoch < shared.epoch for one in attempts):
            broken.append(Invariant.INHERITED)
        if shared.kill >= Kill.LATCHED:
            broken.append(Invariant.LATCH)
        breaks = next(filter(self._design.counts, broken), None)
        attempt = Attempt(
            closes=False,
            life=self._knowledge.begin(shared.epoch, closes=False),
            recorded=not self._design.drops(Ablation.NO_WRITE_AHEAD),
        )
        return AccountMove(label=label, after=shared, begins=attempt, breaks=breaks)

    def _unfenced(self, shared: Shared) -> AccountMove:
        began = self._knowledge.begin(shared.epoch - 1, closes=False)
        attempt = Attempt(closes=False, life=self._knowledge.sending(began).life, box=Box.OLD)
        label = "the old runner, which has checked before, inserts {it} and begins to send it"
        return AccountMove(label=label, after=replace(shared, decided=Box.EMPTY), begins=attempt)

    def _kill(self, shared: Shared, attempts: Sequence[Standing]) -> Iterator[AccountMove]:
        naive = self._design.drops(Ablation.NAIVE_KILL)
        shown = sum(-1 if one.closes else 1 for one in attempts if one.shown)
        believed = shown if naive else sum(-1 if one.closes else 1 for one in attempts if one.believed)
        if any(one.closes or not naive for one in attempts if not one.settled):
            return
        if believed > 0 and self._left(attempts, closes=True):
            attempt = Attempt(closes=True, life=self._knowledge.begin(shared.epoch, closes=True))
            yield AccountMove(label="runner {epoch} writes {it} down", after=shared, begins=attempt)
        elif believed > 0:
            yield self._report(shared, Kill.RESIDUAL, believed)
        elif shown == 0:
            yield self._report(shared, Kill.FLAT, believed)

    def _report(self, shared: Shared, kill: Kill, believed: int) -> AccountMove:
        breaks = None
        if kill is Kill.FLAT and shared.held:
            breaks = Invariant.FALSE_FLAT
        elif kill is Kill.RESIDUAL and shared.held != believed:
            breaks = Invariant.FALSE_RESIDUAL
        told = "the account is flat" if kill is Kill.FLAT else f"{believed} is still held"
        label = f"runner {{epoch}} reports that {told}, and ends"
        breaks = breaks if breaks and self._design.counts(breaks) else None
        return AccountMove(label=label, after=replace(shared, kill=kill, alive=False), breaks=breaks)

    def _left(self, attempts: Sequence[Standing], *, closes: bool) -> bool:
        used = sum(one.closes is closes for one in attempts)
        return used < (self._scope.closes if closes else self._scope.opens)
