"""Whether every request that reached the provider was allowed to, at that moment and for that long."""

from collections import Counter
from collections.abc import Iterator, Sequence

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.chat import ChatPurpose
from agentic_core.domain.records import CommandKind
from tests.lifecycles.venue_books import Cover
from tests.unattended.chat.arrivals import Arrival
from tests.unattended.chat.skill import TOOLS
from tests.unattended.chat.stage import ChatStage
from tests.unattended.process import Process
from tests.unattended.scene import INTERVAL_MS, Scene
from tests.unattended.uptime import joined, without
from tests.unattended.vitals import Span

__all__ = ["faults_of_calls", "marks_of"]

_DEADLINE_MS = INTERVAL_MS * 4 // 5
_SLACK_MS = 1_000
_BREAKING_MS = 300
"""Whoever is acknowledged has the turn by then."""

_WAKING_MS = 1_000
"""Who stood still has this long to find out what happened meanwhile."""

_NAKED_MS = 10_000
"""What has no stop by then is closed, whoever thinks meanwhile."""

_HEARING_MS = 300
_HEARING_LATE_MS = 1_500
_BREAKERS = frozenset({CommandKind.FLATTEN, CommandKind.STOP, CommandKind.KILL})
_ASKING = frozenset({DeploymentStatus.RUNNING, DeploymentStatus.HALTED})
_WRITES = "propose_order"


def faults_of_calls(scene: Scene, stage: ChatStage, processes: Sequence[Process]) -> Iterator[str]:
    """Look at every request."""
    by_number = {process.number: process for process in processes}
    marks = marks_of(scene, stage)
    commanded = sorted(
        answer.acked
        for answer in scene.answers.values()
        if answer.acked is not None and answer.command.kind in _BREAKERS
    )
    for arrival in stage.provider.arrivals:
        name, process = _name(arrival), by_number[arrival.process]
        if not arrival.was_held:
            yield f"{name} reached the provider, and no money was held for it"
        if set(arrival.offered) - {_WRITES} - set(TOOLS):
            yield f"{name} offered {', '.join(arrival.offered)}"
        yield from _duration(scene, arrival, process, marks[arrival.call.decision])
        yield from _commands(scene, arrival, process, commanded)
        yield from _standing(scene, stage, arrival, process)
    if stage.plan.is_quiet:
        yield from _naked(scene)
        yield from _purposes(scene, stage)
    times = Counter(arrival.call for arrival in stage.provider.arrivals)
    for call, count in times.items():
        if count > 1:
            yield f"call {call.decision[:8]}/{call.step}/{call.attempt} reached the provider {count} times"
    if stage.spied:
        yield f"a tool that is on no list was used {stage.spied} times"


def _purposes(scene: Scene, stage: ChatStage) -> Iterator[str]:
    for arrival in stage.provider.arrivals:
        row = stage.book.rows.get(arrival.call)
        if row is None or arrival.call.step or arrival.call.attempt:
            continue
        was_held = any(
            _is_held(covers, at)
            for covers in scene.books.covers.values()
            for at in (arrival.at - _SLACK_MS, arrival.at)
        )
        if row.purpose is ChatPurpose.POSITION and not was_held:
            yield f"{_name(arrival)} was paid for as one for a position, and nothing was held"
        if row.purpose is ChatPurpose.LOOK and any(
            _is_held(covers, arrival.at) and not any(0 <= arrival.at - at <= _SLACK_MS for at, _ in covers)
            for covers in scene.books.covers.values()
        ):
            yield f"{_name(arrival)} was paid for as a look, and something was held"


def _is_held(covers: Sequence[tuple[int, Cover]], at: int) -> bool:
    return next((cover is not Cover.FLAT for began, cover in reversed(covers) if began <= at), False)


def _naked(scene: Scene) -> Iterator[str]:
    for asset, covers in scene.books.covers.items():
        ends = [at for at, _ in covers[1:]] + [scene.ms]
        for (began, cover), ended in zip(covers, ends, strict=True):
            if cover is Cover.NAKED and ended - began > _NAKED_MS:
                yield f"{scene.books.symbol(asset)} was held without a stop for {ended - began} ms"


def marks_of(scene: Scene, stage: ChatStage) -> dict[str, int]:
    """Return the mark of every turn in the world's time: as it is recorded, else the one before its first request."""
    starts_at = scene.clock.now() - scene.ms
    marks: dict[str, int] = {decision.decision_id: decision.tick_at - starts_at for decision in stage.decisions}
    for arrival in stage.provider.arrivals:
        at = arrival.at + starts_at + scene.skewed_ms
        marks.setdefault(arrival.call.decision, at - at % INTERVAL_MS - starts_at)
    return marks


def _duration(scene: Scene, arrival: Arrival, process: Process, mark: int) -> Iterator[str]:
    over = scene.ms if arrival.over is None else arrival.over
    late = _awake(scene, process, mark + _DEADLINE_MS, over)
    if late > _SLACK_MS + scene.skewed_ms:
        yield f"{_name(arrival)} was waited for until {over - mark} ms after its mark"


def _commands(scene: Scene, arrival: Arrival, process: Process, commanded: Sequence[int]) -> Iterator[str]:
    over = scene.ms if arrival.over is None else arrival.over
    acked = next((at for at in commanded if arrival.at < at < over), None)
    if acked is not None and _awake(scene, process, acked, over) > _BREAKING_MS:
        yield f"{_name(arrival)} was waited for {over - acked} ms after a command that ends it"


def _standing(scene: Scene, stage: ChatStage, arrival: Arrival, process: Process) -> Iterator[str]:
    # What was paid for before a pause may still leave, after a provider made it wait.
    is_further = arrival.call.step or arrival.call.attempt
    paid = stage.book.reserved_at.get(arrival.call, arrival.at) if is_further else arrival.at
    since = paid
    for standing in reversed(scene.standings):
        if standing.at > paid:
            continue
        if standing.status in _ASKING:
            break
        since = standing.at
    hearing_ms = _HEARING_LATE_MS if scene.database.has_been_bad else _HEARING_MS
    if _awake(scene, process, since, paid) > hearing_ms:
        yield f"{_name(arrival)} was paid for {paid - since} ms after the turns had ended"


def _awake(scene: Scene, process: Process, began: int, ended: int) -> int:
    # Of a time, what its process could do anything in.
    stood = [Span(span.began, span.ended + _WAKING_MS) for span in process.vitals.stood]
    blind = joined([*stood, *scene.database.away])
    return sum(span.ended - span.began for span in without([Span(began, ended)], blind))


def _name(arrival: Arrival) -> str:
    call = arrival.call
    return f"call {call.decision[:8]}/{call.step}/{call.attempt} ({arrival.served.plan})"
