"""Judges a story by the venue's own books and what was written down, and by nothing of the code that is judged."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from agentic_core.domain import Fill as LedgerFill
from agentic_core.domain import IntentKind, IntentState
from agentic_core.logevents import LogEvent
from tests.lifecycles.naked import longest_bare, merged, overlap
from tests.lifecycles.process import Noted
from tests.lifecycles.scene import ACCOUNT, Scene
from tests.lifecycles.trail import faults_of_trail
from tests.lifecycles.venue_books import Row

__all__ = ["Verdict", "judge"]

_TERMINAL_MS = 20_000
_SILENT_MS = 15_000
"""Before that much time has passed, an order of which nothing is heard may still arrive, and no question helps."""
_ASKING = frozenset({"", "exchangeStatus", "orderStatus", "userFillsByTime", "noop"})
"""What has to come through for the fate of an order to be known."""
_NAKED_MS = 10_000
_AGAIN_MS = 15_000
"""For a position that loses its stop again before that has rested for long."""
_THIN = "the widest collar matched too little"
"""True where a market is made thin."""
_UNRESOLVED = frozenset({IntentState.PREPARED, IntentState.SENT, IntentState.UNKNOWN})
_OVER = frozenset({IntentState.REJECTED, IntentState.DEAD, IntentState.BOOKED})
_TERMINAL = _OVER | {IntentState.FILLED, IntentState.PARTIAL}
_NOTHING_DONE = frozenset({IntentState.REJECTED, IntentState.DEAD})
_ORDERS = frozenset({IntentKind.ORDER, IntentKind.STOP})


class Verdict(NamedTuple):
    """What was found of one story."""

    faults: tuple[str, ...]
    lifecycles: int
    """Orders and stops that were signed."""
    actions: int
    """Cancels and settings that were signed."""
    slowest_ms: int
    """The longest time for which nobody knew what became of one."""
    naked_ms: int
    """The longest time for which a position had no stop while the venue could be reached."""


async def judge(scene: Scene) -> Verdict:
    """Look at everything that there is at the end of a story."""
    signed = [noted for noted in scene.notes.intents.values() if noted.signed_at]
    slow = [(_resolved_after(noted, scene.ms), noted) for noted in signed]
    bare = {str(scene.books.symbol(asset)): longest_bare(scene, asset) for asset in scene.books.covers}
    late = [
        *_late(scene, signed),
        *(f"{symbol} was naked for {ms} ms" for symbol, (ms, _) in bare.items() if ms > _NAKED_MS),
        *(f"{symbol} was naked again and again, {ms} ms" for symbol, (_, ms) in bare.items() if ms > _AGAIN_MS),
    ]
    faults = [
        *([] if scene.is_scarce else late),
        *_unended(scene),
        *_ledger(await scene.store.intents.fills(ACCOUNT), scene),
        *_executions(scene, signed),
        *_opens(scene),
        *_claims(scene),
        *await faults_of_trail(scene),
        *scene.broken,
    ]
    return Verdict(
        faults=tuple(faults),
        lifecycles=sum(noted.prepared.intent.kind in _ORDERS for noted in signed),
        actions=sum(noted.prepared.intent.kind not in _ORDERS for noted in signed),
        slowest_ms=max((ms for ms, _ in slow), default=0),
        naked_ms=max((ms for ms, _ in bare.values()), default=0),
    )


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _resolved_after(noted: Noted, now: int) -> int:
    began = noted.signed_at[0]
    known = next((at for at, state in noted.states if state not in _UNRESOLVED), now)
    return max(0, known - began)


def _late(scene: Scene, signed: Iterable[Noted]) -> Iterable[str]:
    away = merged([*(outage for outage in scene.outages if outage.kind in _ASKING), *scene.repeated])
    for noted in signed:
        name = f"{noted.prepared.intent.kind} {noted.prepared.intent.cloid}"
        began, took = noted.signed_at[0], _resolved_after(noted, scene.ms)
        if took - overlap(began + _SILENT_MS, began + took, away) > _TERMINAL_MS:
            yield f"nobody knew for {took} ms what became of {name}"
        ended_at = max(began, scene.books.ended_at.get(noted.prepared.intent.cloid, scene.ms))
        over = next((at for at, state in noted.states if state in _TERMINAL), scene.ms)
        if over - ended_at - overlap(ended_at, over, away) > _TERMINAL_MS:
            yield f"{name} ended at the venue {over - ended_at} ms before that was written down"


def _unended(scene: Scene) -> Iterable[str]:
    for noted in scene.notes.intents.values():
        is_over = noted.state in _OVER or (noted.prepared.intent.kind not in _ORDERS and noted.state in _TERMINAL)
        if not is_over:
            yield f"{noted.prepared.intent.kind} {noted.prepared.intent.cloid} is {noted.state} at the end"


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ledger(ledger: Iterable[LedgerFill], scene: Scene) -> Iterable[str]:
    ours = Counter(_booked(fill) for fill in ledger)
    theirs = Counter(scene.books.row(fill) for fill in scene.books.fills)
    yield from (f"the venue executed {row}, which is not in the ledger" for row in theirs - ours)
    yield from (f"the ledger holds {row}, which the venue never executed" for row in ours - theirs)


def _booked(fill: LedgerFill) -> Row:
    return (str(fill.symbol), fill.cloid, fill.side, fill.size, fill.price, fill.fee, fill.time)


# ── orders ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _executions(scene: Scene, signed: Iterable[Noted]) -> Iterable[str]:
    books, legs = scene.books, defaultdict[tuple[str, int], list[Noted]](list)
    for noted in signed:
        intent = noted.prepared.intent
        executed = books.executed(intent.cloid)
        if executed and any(state in _NOTHING_DONE for _, state in noted.states):
            yield f"{intent.cloid} was called {noted.state} and {executed} of it executed"
        most = 2 if intent.kind is IntentKind.STOP else 1  # a trigger that fires becomes an order of the same name
        if len(books.taken[intent.cloid]) > most:
            yield f"{intent.cloid} is {len(books.taken[intent.cloid])} orders at the venue"
        if executed and intent.kind is IntentKind.ORDER:
            legs[noted.prepared.decision, intent.leg].append(noted)
            if executed > intent.size:
                yield f"{executed} of {intent.cloid} executed, which is for {intent.size}"
    for (decision, leg), parts in legs.items():
        if len(parts) > 1:
            yield f"leg {leg} of {decision} executed {len(parts)} times"


def _opens(scene: Scene) -> Iterable[str]:
    for opened, beside in scene.notes.opened:
        for other in beside:
            if other.prepared.intent.cloid in scene.database.unheard and not other.sends:
                continue  # nobody knew of it, so that nothing of it could leave
            grows = not other.prepared.intent.reduce_only
            if grows or other.signed_at[0] < opened.prepared_at:
                yield f"{opened.prepared.intent.cloid} was sent while {other.prepared.intent.cloid} was unresolved"


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _claims(scene: Scene) -> Iterable[str]:
    yield from (f"{claim.what}, and {claim.claimed} was claimed" for claim in scene.claims if not claim.is_true)
    yield from (f"halted by {reason}: {detail}" for _, reason, detail in scene.halts)
    for said in scene.said:
        if said.event is LogEvent.HUMAN_NEEDED and not (scene.counts["trouble depth"] and _THIN in said.message):
            yield f"a human was called: {said.message}"
