"""Judges what a story left in writing: the journal, its sums, the copies of it, and numbers that nobody gets twice."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from agentic_core.domain import Side
from agentic_core.domain.journal import JournalEntry
from agentic_core.journal.audit import Audit
from tests.lifecycles.copies import faults_of_copies
from tests.lifecycles.scene import DEPLOYMENT, Scene
from tests.lifecycles.sums import faults_of_sums
from tests.lifecycles.venue_books import Row
from tests.lifecycles.written import Line, faults_of_chain, lines_of

__all__ = ["faults_of_trail"]

_ALL = 1_000_000


async def faults_of_trail(scene: Scene) -> list[str]:
    """Read everything that is written, and say what does not fit."""
    entries = await scene.store.journal.after(DEPLOYMENT, 0, _ALL)
    lines = lines_of(entries)
    audit = _audited(entries)
    return [
        *faults_of_chain(entries, lines),
        *([] if audit.broken is None else [f"the journal's {audit.broken.detail}"]),
        *await faults_of_sums(scene, audit.fold.projections()),
        *_fills(lines, scene),
        *faults_of_copies(scene, lines),
        *_numbers(lines, scene),
        *_turns(lines),
        *_units(lines, scene.units),
        *scene.notes.stale,
    ]


def _audited(entries: Sequence[JournalEntry]) -> Audit:
    audit = Audit(DEPLOYMENT)
    for entry in entries:
        audit.take(entry)
    return audit


def _fills(lines: Iterable[Line], scene: Scene) -> Iterator[str]:
    told = Counter(_row(line) for line in lines if line.kind == "fill")
    theirs = Counter(scene.books.row(fill) for fill in scene.books.fills)
    yield from (f"the venue executed {row}, which is not in the journal" for row in theirs - told)
    yield from (f"the journal tells of {row}, which the venue never executed" for row in told - theirs)


def _row(line: Line) -> Row:
    body = line.body
    cloid, side = body.get("cloid"), Side(str(body["side"]))
    size, price, fee = (Decimal(str(body[name])) for name in ("size", "price", "fee"))
    return (str(body["symbol"]), None if cloid is None else str(cloid), side, size, price, fee, int(body["filled_at"]))


def _numbers(lines: Sequence[Line], scene: Scene) -> Iterator[str]:
    given = [(line.body["signer"], line.body["nonce"]) for line in lines if "nonce" in line.body]
    yield from (f"nonce {nonce} was given twice" for (_, nonce), count in Counter(given).items() if count > 1)
    yield from (f"epoch {epoch} was given twice" for epoch, count in Counter(scene.epochs).items() if count > 1)
    held = [int(line.body["epoch"]) for line in lines if line.kind == "lease" and line.body["state"] == "held"]
    if sorted(set(held)) != held:
        yield f"the journal has leases of epochs {held}"
    if missing := set(scene.epochs) - set(held):
        yield f"the journal does not have the leases of epochs {sorted(missing)}"
    used = defaultdict[int, set[tuple[str, tuple[str, ...]]]](set)
    for sent in scene.sent:
        if sent.kind != "noop":
            used[sent.nonce].add((sent.kind, sent.cloids))
    yield from (f"nonce {nonce} was used for {sorted(whats)}" for nonce, whats in used.items() if len(whats) > 1)


def _turns(lines: Iterable[Line]) -> Iterator[str]:
    told = Counter(line.body["trace_id"] for line in lines if line.kind == "decision")
    yield from (f"turn {trace} was decided {count} times" for trace, count in told.items() if count > 1)


def _units(lines: Iterable[Line], units: Mapping[str, bool]) -> Iterator[str]:
    parts = defaultdict[str, list[str]](list)
    for line in lines:
        if line.kind == "command":
            payload = json.loads(str(line.body["payload"]))
            parts[payload["unit"]].append(payload["part"])
    for name, is_stored in units.items():
        if parts[name] != (["1", "2"] if is_stored else []):
            yield f"the journal has parts {parts[name]} of {name}, which was {'stored' if is_stored else 'given up'}"
