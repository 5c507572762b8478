"""Whether everything that left was allowed to at that moment."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from agentic_core.domain import DeploymentStatus
from tests.unattended.process import Process
from tests.unattended.scene import INTERVAL_MS, Scene, Standing
from tests.unattended.vitals import Span
from tests.unattended.wire import Sent

__all__ = ["faults_of_sends"]

_HEARING_MS = 300
"""What is stored is known to its process so much later at most, where nothing goes wrong."""

_HEARING_LATE_MS = 1_500
"""Where the answer that it is stored can be lost or slow."""

_SWITCH_MS = 3_000
"""The platform's switches are looked at every two seconds."""

_EDIT_MS = INTERVAL_MS + 10_000
"""The payload is looked at before each turn."""


def faults_of_sends(scene: Scene, processes: Sequence[Process]) -> Iterator[str]:
    """Look at every request that was signed and left."""
    by_number = {process.number: process for process in processes}
    for sent in scene.sent:
        if sent.at > sent.until and not sent.was_held:
            yield f"process {sent.process} sent {sent.kind} {sent.at - sent.until} ms after its lease had run out"
        if sent.opens:
            yield from _opening(scene, sent, by_number[sent.process])
    twice = Counter(cloid for sent in scene.sent for cloid in sent.opens)
    yield from (f"{cloid} left {count} times" for cloid, count in twice.items() if count > 1)


def _opening(scene: Scene, sent: Sent, process: Process) -> Iterator[str]:
    is_late = scene.database.has_been_bad
    hearing_ms = _HEARING_LATE_MS if is_late else _HEARING_MS
    standing, since = _standing(scene.standings, sent.at)
    if standing.status is not DeploymentStatus.RUNNING and _awake(scene, process, since, sent.at) > hearing_ms:
        yield f"process {sent.process} opened while it was {standing.status} for {sent.at - since} ms"
    for what, changes, after_ms in (
        ("the platform was switched off", scene.platform, _SWITCH_MS),
        ("the payload was another one", scene.edits, _EDIT_MS),
    ):
        changed = _since(changes, sent.at)
        if changed is not None and _awake(scene, process, changed, sent.at) > after_ms + hearing_ms:
            yield f"process {sent.process} opened while {what} for {sent.at - changed} ms"


def _standing(standings: Sequence[Standing], at: int) -> tuple[Standing, int]:
    # The status then, and since when it was not running.
    number = bisect_right([each.at for each in standings], at) - 1
    standing = standings[number]
    while number and standings[number - 1].status is not DeploymentStatus.RUNNING:
        number -= 1
    return standing, standings[number].at


def _since(changes: Sequence[tuple[int, bool]], at: int) -> int | None:
    before = [change for change in changes if change[0] <= at]
    return before[-1][0] if before and before[-1][1] else None


def _awake(scene: Scene, process: Process, began: int, ended: int) -> int:
    # Of a time, what the process could use to find out.
    blind = [*process.vitals.stood, *scene.database.away]
    return max(0, ended - began) - _covered(blind, began, ended)


def _covered(spans: Sequence[Span], began: int, ended: int) -> int:
    cuts: Mapping[int, int] = {
        max(span.began, began): min(span.ended, ended) for span in spans if span.began < ended and span.ended > began
    }
    return sum(until - since for since, until in cuts.items())
