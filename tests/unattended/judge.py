"""Judges a story by the venue's books, what left each process and what the database said, and by no code it judges."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agentic_core.domain import DeploymentStatus, IntentKind
from agentic_core.domain.journal import JournalEntry
from agentic_core.journal.audit import Audit
from agentic_core.logevents import LogEvent
from tests.lifecycles.places import ACCOUNT, DEPLOYMENT
from tests.lifecycles.written import Line, faults_of_chain, lines_of
from tests.unattended.chat.judging import faults_of_chat
from tests.unattended.judge_commands import faults_of_commands, slowest_ack
from tests.unattended.judge_orders import faults_of_orders
from tests.unattended.judge_sends import faults_of_sends
from tests.unattended.process import Process
from tests.unattended.scene import INTERVAL_MS, Scene, is_doubtful
from tests.unattended.uptime import Uptime

__all__ = ["Verdict", "judge"]

_ALL = 1_000_000
_SIGN_MS = 75_000
"""A sign of life is due every minute; taking the lease is one."""

_RARE_SIGN_MS = 200_000
"""Where the database refuses some of them, it still has to be far from the 15 minutes after which somebody is lost."""

_BY_A_SKILL = ("rules:", "chat:")
_ENDING_MS = 5_000
"""Hosts kill what takes longer."""


class Verdict(NamedTuple):
    """What was found of one story."""

    faults: tuple[str, ...]
    opens: int
    """Orders that left which may have made a position larger."""
    executions: int
    commands: int
    slowest_ack_ms: int
    """The longest time a command waited although somebody was there."""


async def judge(scene: Scene, processes: Sequence[Process]) -> Verdict:
    """Look at everything there is at the end of a story."""
    entries = await scene.store.journal.after(DEPLOYMENT, 0, _ALL)
    lines = lines_of(entries)
    uptime = Uptime(scene, processes)
    fills = await scene.store.intents.fills(ACCOUNT)
    living = [each for each in await scene.store.intents.living(ACCOUNT) if is_doubtful(each)]
    faults = [
        *scene.broken,
        *faults_of_orders(scene, fills, lines),
        *(f"{each.prepared.intent.kind} {each.prepared.intent.cloid} is {each.state} at the end" for each in living),
        *faults_of_sends(scene, processes),
        *faults_of_commands(scene, uptime),
        *_end(scene),
        *_processes(processes),
        *_signs(scene, uptime),
        *_journal(entries, lines),
        *(await faults_of_chat(scene, processes, lines)),
    ]
    return Verdict(
        faults=tuple(faults),
        opens=sum(len(sent.opens) for sent in scene.sent),
        executions=len(scene.books.fills),
        commands=len(scene.answers),
        slowest_ack_ms=slowest_ack(scene, uptime),
    )


def _end(scene: Scene) -> Iterator[str]:
    last = scene.standings[-1]
    if not scene.is_over_in_time or last.status is not DeploymentStatus.STOPPED:
        yield f"it is {last.status} at the end, and not stopped"
    if last.doubtful:
        yield f"it was called stopped while the fate of {last.doubtful} order(s) was not known"
    yield from (f"somebody was asked again for the mark {mark}" for mark in sorted(set(scene.again)))
    resting = [order for order in scene.books.living() if order.trigger is None]
    if resting:
        yield f"{len(resting)} order(s) rest at the end"


def _processes(processes: Sequence[Process]) -> Iterator[str]:
    for process in processes:
        ended = process.ended
        if ended is not None and ended.error is not None:
            yield f"process {process.number} failed: {ended.detail}"
        began, over = process.stopping_at, process.over_at
        stood = any(span.ended >= (began or 0) for span in process.vitals.stood)
        if began is not None and over is not None and over - began > _ENDING_MS - 1 and not stood:
            yield f"process {process.number} took {over - began} ms to end when it was told to"


def _signs(scene: Scene, uptime: Uptime) -> Iterator[str]:
    ends = next((each.at for each in scene.standings if each.status is DeploymentStatus.STOPPED), scene.ms)
    first = next((each.at for each in scene.standings if each.status is DeploymentStatus.RUNNING), ends)
    taken = [at for at, _, line in scene.said if line.event is LogEvent.LEASE_TAKEN]
    heard = sorted(at for at in (*scene.heard, *taken) if first <= at <= ends)
    for began, ended in zip([first, *heard], [*heard, ends], strict=True):
        there = uptime.within(began, ended)
        if there > (_RARE_SIGN_MS if scene.database.has_been_bad else _SIGN_MS):
            yield f"there was no sign of life for {ended - began} ms, {there} of them with somebody there"


def _journal(entries: Sequence[JournalEntry], lines: Sequence[Line]) -> Iterator[str]:
    yield from faults_of_chain(entries, lines)
    audit = Audit(DEPLOYMENT)
    for entry in entries:
        audit.take(entry)
    if audit.broken is not None:
        yield f"the journal's {audit.broken.detail}"
    turns = Counter(line.body["trace_id"] for line in lines if line.kind == "decision")
    yield from (f"turn {trace} was decided {count} times" for trace, count in turns.items() if count > 1)
    marks = Counter(
        int(str(line.body["tick_at"])) // INTERVAL_MS
        for line in lines
        if line.kind == "decision" and str(line.body["decided_by"]).startswith(_BY_A_SKILL)
    )
    yield from (f"minute {mark} was decided {count} times" for mark, count in marks.items() if count > 1)
    yield from (
        f"a turn was taken at {line.body['tick_at']}, which is no mark"
        for line in lines
        if line.kind == "decision"
        and str(line.body["decided_by"]).startswith(_BY_A_SKILL)
        and int(str(line.body["tick_at"])) % INTERVAL_MS
    )
    opens = Counter(
        line.body["decision_id"]
        for line in lines
        if line.kind == "intent" and line.body["kind"] == IntentKind.ORDER and not line.body["reduce_only"]
    )
    yield from (f"decision {one} opened {count} times" for one, count in opens.items() if count > 1)
