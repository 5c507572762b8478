"""What is done about the commands that wait: pure, so that every set of them can be tried.

A kill goes before a flatten, that before a stop, a pause, a snapshot, and last of all what lets trading go on: a resume
or a cleared halt. Whatever holds back and is newer than what the sender of such a one had seen refuses it, whether it
still waits or was done long ago.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

from agentic_core.domain.deployment_states import FINAL_STATUSES, DeploymentEvent, status_after
from agentic_core.domain.records import Command, CommandKind
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import DeploymentStatus, Desired
from agentic_core.errors import IllegalTransition

__all__ = [
    "LOOSENING",
    "PRECEDENCE",
    "SAGAS",
    "TIGHTENING",
    "Answer",
    "Begin",
    "Known",
    "Obey",
    "Refuse",
    "plan",
    "saga_due",
]

_K: TypeAlias = CommandKind

PRECEDENCE: Final[Mapping[CommandKind, int]] = {
    _K.KILL: 0,
    _K.FLATTEN: 1,
    _K.STOP: 2,
    _K.PAUSE: 3,
    _K.SNAPSHOT: 4,
    _K.RESUME: 5,
    _K.CLEAR_HALT: 5,
}
"""Which of the commands that wait goes first; the lowest does, and among equals the one that was given first."""

SAGAS: Final = frozenset({_K.KILL, _K.FLATTEN, _K.STOP})
"""What takes several steps outside the database."""

TIGHTENING: Final = frozenset({*SAGAS, _K.PAUSE})
"""What somebody orders who wants less to be traded."""

LOOSENING: Final = frozenset({_K.RESUME, _K.CLEAR_HALT})
"""What lets trading go on."""

_EVENTS: Final[Mapping[CommandKind, DeploymentEvent]] = {
    _K.KILL: DeploymentEvent.KILL,
    _K.FLATTEN: DeploymentEvent.FLATTEN,
    _K.STOP: DeploymentEvent.STOP,
    _K.PAUSE: DeploymentEvent.PAUSE,
    _K.RESUME: DeploymentEvent.RESUME,
    _K.CLEAR_HALT: DeploymentEvent.CLEAR_HALT,
}

_OUTCOMES: Final[Mapping[CommandKind, str]] = {
    _K.PAUSE: "paused; positions stay open and are still watched",
    _K.RESUME: "running",
    _K.CLEAR_HALT: "the halt is cleared; running",
    _K.SNAPSHOT: "state written",
}

_UNSEEN: Final = "the account was not looked at yet, so there is no state to write; send it again once it was"
_LATCHED: Final = "a halt is latched; read its reason and send clear_halt"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan goes by besides the commands."""

    status: DeploymentStatus
    halted_at: Instant | None = None
    """When the halt latched that holds now."""
    has_state: bool = True
    """Whether there is a state that could be written."""
    under_way: Collection[str] = frozenset()
    """Ids of the commands that are being carried out already."""
    history: Sequence[Command] = ()
    """Newest commands, whatever became of them; without a gap from the oldest of them on."""


class Obey(msgspec.Struct, frozen=True, kw_only=True):
    """Done at once, together with its outcome."""

    command: Command
    event: DeploymentEvent | None
    """What happens to the deployment; None where nothing does."""
    outcome: str


class Begin(msgspec.Struct, frozen=True, kw_only=True):
    """Taken up at once, and carried out in steps."""

    command: Command
    event: DeploymentEvent
    """What happens to the deployment as it is taken up."""


class Refuse(msgspec.Struct, frozen=True, kw_only=True):
    """Not done."""

    command: Command
    reason: str


Answer: TypeAlias = Obey | Begin | Refuse


def plan(pending: Sequence[Command], known: Known) -> tuple[Answer, ...]:
    """Answer every command that is not being carried out already, in the order in which the answers are given."""
    status = known.status
    answers: list[Answer] = []
    for command in sorted(pending, key=lambda each: (PRECEDENCE[each.kind], each.seq)):
        if command.id in known.under_way:
            continue
        answer = _answer(command, msgspec.structs.replace(known, status=status), pending)
        if not isinstance(answer, Refuse) and answer.event is not None:
            status = status_after(status, answer.event)
        answers.append(answer)
    return tuple(answers)


def saga_due(kinds: Iterable[CommandKind], status: DeploymentStatus, desired: Desired) -> CommandKind | None:
    """Return what is to be carried out now, given the kinds of what was taken up; None where nothing is.

    A deployment that shall come to be flat, or is stopping, goes on to its end though no command asks for it any more.
    """
    taken = frozenset(kinds)
    if status in FINAL_STATUSES:
        return None
    if _K.KILL in taken or desired is Desired.FLATTEN:
        return _K.KILL
    if _K.FLATTEN in taken:
        return _K.FLATTEN
    if _K.STOP in taken or status is DeploymentStatus.STOPPING:
        return _K.STOP
    return None


def _answer(command: Command, known: Known, pending: Sequence[Command]) -> Answer:
    for refusal in _REFUSALS:
        reason = refusal(command, known, pending)
        if reason is not None:
            return Refuse(command=command, reason=reason)
    event = _EVENTS.get(command.kind)
    if command.kind in SAGAS:
        return Begin(command=command, event=_EVENTS[command.kind])
    return Obey(command=command, event=event, outcome=_OUTCOMES[command.kind])


def _by_status(command: Command, known: Known, _pending: Sequence[Command]) -> str | None:
    if command.kind is _K.RESUME and known.status is DeploymentStatus.HALTED:
        return _LATCHED
    event = _EVENTS.get(command.kind)
    if event is None:
        return None
    try:
        status_after(known.status, event)
    except IllegalTransition as refusal:
        return str(refusal)
    return None


def _by_state(command: Command, known: Known, _pending: Sequence[Command]) -> str | None:
    return _UNSEEN if command.kind is _K.SNAPSHOT and not known.has_state else None


def _by_newer(command: Command, known: Known, pending: Sequence[Command]) -> str | None:
    if command.kind not in LOOSENING:
        return None
    expected = command.payload.get("expects_seq")
    if expected is not None and not expected.isdecimal():
        return f"expects_seq is {expected!r}, which is no number of a command"
    seen = command.seq if expected is None else min(int(expected), command.seq)
    newer = [each for each in (*pending, *known.history) if each.seq > seen and each.kind in TIGHTENING]
    if newer:
        return f"{_named(min(newer, key=_weight))} came after what its sender had seen; look again before repeating it"
    if known.history and seen + 1 < min(each.seq for each in known.history):
        return f"more than {len(known.history)} commands came after what its sender had seen; look again"
    return None


def _by_flatten(command: Command, _known: Known, pending: Sequence[Command]) -> str | None:
    flattening = [each for each in pending if each.kind is _K.FLATTEN]
    if command.kind not in LOOSENING or not flattening:
        return None
    return f"{_named(flattening[0])} is being carried out; send it again once that has ended"


def _by_halt(command: Command, known: Known, _pending: Sequence[Command]) -> str | None:
    expected = command.payload.get("expects_halt")
    if command.kind is not _K.CLEAR_HALT or expected is None or expected == str(known.halted_at):
        return None
    return (
        f"it was sent to clear the halt of {expected}, and the one that holds now is of {known.halted_at}; look again"
    )


_REFUSALS: Final[tuple[Callable[[Command, Known, Sequence[Command]], str | None], ...]] = (
    _by_newer,
    _by_status,
    _by_flatten,
    _by_halt,
    _by_state,
)
"""Why a command may be refused; the first that has a reason gives it."""


def _weight(command: Command) -> tuple[int, int]:
    return PRECEDENCE[command.kind], -command.seq


def _named(command: Command) -> str:
    return f"{command.kind} (command {command.seq})"
