"""Whether everything that was ordered was answered in time, once, and as the newest human wanted it."""

import re
from collections.abc import Iterator

from agentic_core.domain import DeploymentStatus
from agentic_core.domain.records import CommandKind, CommandState
from agentic_core.logevents import LogEvent
from tests.unattended.scene import Answered, Scene, Standing
from tests.unattended.uptime import Uptime

__all__ = ["faults_of_commands", "slowest_ack"]

_K, _S = CommandKind, DeploymentStatus
_ACK_MS = 1_000
_SLOW_MS = 2_600
"""Where calls fail or are slow: a look that failed is followed by the next."""

_FLAT = re.compile(r"^flat|; flat$")
_LOOSENING = frozenset({_K.RESUME, _K.CLEAR_HALT})
_TIGHTENING = frozenset({_K.PAUSE, _K.FLATTEN, _K.STOP, _K.KILL})
_CAUSES = {
    (_S.PAUSED, _S.RUNNING): frozenset({_K.RESUME}),
    (_S.HALTED, _S.RUNNING): frozenset({_K.CLEAR_HALT}),
    (_S.RUNNING, _S.PAUSED): frozenset({_K.PAUSE, _K.FLATTEN}),
    (_S.PROVISIONING, _S.PAUSED): frozenset({_K.PAUSE, _K.FLATTEN}),
    **{(before, _S.STOPPING): frozenset({_K.STOP, _K.KILL}) for before in _S},
}
"""What has to have been ordered for a status to become another one."""

_BY_ITSELF = {
    (_S.PROVISIONING, _S.RUNNING),
    *((before, _S.HALTED) for before in (_S.PROVISIONING, _S.RUNNING, _S.PAUSED)),
    (_S.STOPPING, _S.STOPPED),
}


def faults_of_commands(scene: Scene, uptime: Uptime) -> Iterator[str]:
    """Look at every command, and at every move of the status."""
    for answer in scene.answers.values():
        yield from _answer(scene, answer, uptime)
    for before, after in zip(scene.standings, scene.standings[1:], strict=False):
        yield from _move(scene, before, after)
    yield from _flat(scene)
    for at, number, line in scene.said:
        if line.event is LogEvent.HALTED and _status(scene, at) is _S.RUNNING:
            yield f"process {number} said {line.message!r}, and nothing of it is stored"


def slowest_ack(scene: Scene, uptime: Uptime) -> int:
    """Return the longest time a command waited although somebody was there."""
    answers = scene.answers.values()
    return max(
        (uptime.within(each.queued, scene.ms if each.acked is None else each.acked) for each in answers), default=0
    )


def _answer(scene: Scene, answer: Answered, uptime: Uptime) -> Iterator[str]:
    command = answer.command
    name = f"{command.kind} (command {command.seq})"
    if answer.finals != 1 or answer.changed:
        yield f"{name} got {answer.finals} outcomes" + (", and one of them changed" if answer.changed else "")
    waited = uptime.within(answer.queued, scene.ms if answer.acked is None else answer.acked)
    most = _SLOW_MS if scene.database.has_been_bad else _ACK_MS
    if waited > most:
        yield f"{name} waited for {waited} ms although somebody was there"
    if command.state is CommandState.APPLIED and _FLAT.search(command.outcome or "") and answer.held:
        yield f"{name} ended with {command.outcome!r} while {answer.held} units were held"
    if command.kind in _TIGHTENING and command.state is CommandState.APPLIED and answer.acked is not None:
        status = _status(scene, answer.acked)
        others = scene.answers.values()
        undone = any(each.finished == answer.acked and each.command.kind in _LOOSENING for each in others)
        if status in {_S.RUNNING, _S.PROVISIONING} and not undone:
            yield f"{name} was acknowledged, and it is {status}"
    if command.kind in _LOOSENING:
        yield from _loosening(scene, answer, name)


def _loosening(scene: Scene, answer: Answered, name: str) -> Iterator[str]:
    command = answer.command
    seen = min(int(command.payload.get("expects_seq", command.seq)), command.seq)
    others = [each for each in scene.answers.values() if each.command.kind in _TIGHTENING]
    finished = scene.ms if answer.finished is None else answer.finished
    slack = 1_000 if scene.database.has_been_bad else 20
    newer = [each for each in others if each.command.seq > seen and each.queued < finished - slack]
    if command.state is CommandState.APPLIED and newer:
        yield f"{name} was obeyed, though {newer[0].command.kind} (command {newer[0].command.seq}) is newer"
    if command.state is CommandState.REFUSED and not any(each.command.seq > seen for each in others):
        flattening = any(
            each.command.kind is _K.FLATTEN and each.queued <= finished <= (each.finished or scene.ms)
            for each in others
        )
        wanted = {_S.RUNNING, _S.PAUSED} if command.kind is _K.RESUME else {_S.HALTED}
        if _status(scene, finished) in wanted and not flattening:
            yield f"{name} was refused for nothing: {command.outcome}"


def _status(scene: Scene, at: int) -> DeploymentStatus:
    return next(each.status for each in reversed(scene.standings) if each.at <= at)


def _move(scene: Scene, before: Standing, after: Standing) -> Iterator[str]:
    move = (before.status, after.status)
    if before.status is after.status or move in _BY_ITSELF:
        return
    causes = _CAUSES.get(move, frozenset())
    at_once = {each.command.kind for each in scene.answers.values() if after.at in {each.acked, each.finished}}
    queued = {each.command.kind for each in scene.answers.values() if each.queued <= after.at}
    # A deployment that shall be flat is stopping before anybody has looked at the command.
    if not causes & (queued if after.status is _S.STOPPING else at_once):
        yield f"it went from {before.status} to {after.status}, and nobody had ordered that"


def _flat(scene: Scene) -> Iterator[str]:
    applied = [each for each in scene.answers.values() if each.command.state is CommandState.APPLIED]
    kills = [each for each in applied if each.command.kind is _K.KILL]
    held = sum(abs(size) for size in scene.books.held.values())
    if kills and held:
        yield f"it was killed, and {held} units are held at the end"
    if kills and scene.books.living():
        yield f"it was killed, and {len(scene.books.living())} order(s) rest at the end"
    if not kills and not any(each.command.kind is _K.STOP for each in applied):
        yield "it was stopped, and nobody had ordered that"
    for standing in scene.standings:
        if standing.status is _S.STOPPED and standing.held and kills:
            yield f"it was stopped by a kill while {standing.held} units were held"
