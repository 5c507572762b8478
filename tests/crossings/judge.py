"""What must be so of every story, from what was seen and what is stored; it shares nothing with what it judges."""

from collections.abc import Iterator

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus, Instant
from agentic_core.domain.trading import TradingState
from tests.crossings.story import HELD, Lived, Seen

__all__ = ["faults"]

K, S = CommandKind, DeploymentStatus
_ENDS = frozenset({K.STOP, K.KILL})
_CLOSES = frozenset({K.FLATTEN, K.KILL})
_HOLDS_BACK = frozenset({K.PAUSE, K.FLATTEN, K.STOP, K.KILL})
_LETS_GO = frozenset({K.RESUME, K.CLEAR_HALT})
_WITHIN_MS = 1_000
_CLOSED_MS = 3_000
"""Whatever else is waited for."""
_UNSEEN_MS = 100
"""So long before the end something may be ordered that nobody sees any more."""


def faults(lived: Lived) -> list[str]:
    """Return what is wrong, in words."""
    steps = [fault for seen in lived.seen for fault in _step(seen)]
    return [*_outcomes(lived), *_end(lived), *_closed(lived), *_undone(lived), *steps]


def _outcomes(lived: Lived) -> Iterator[str]:
    first_seen: dict[str, Command] = {}
    for command in (one for seen in lived.seen for one in seen.commands if one.outcome is not None):
        before = first_seen.setdefault(command.id, command)
        if (before.state, before.outcome, before.finished_at) != (command.state, command.outcome, command.finished_at):
            yield f"{_named(command)} had one outcome and then another"
    for command in lived.commands:
        if command.outcome is None or command.acked_at is None or command.finished_at is None:
            yield f"{_named(command)} has no outcome"
            continue
        leases = [at for at in lived.leased_at if at <= command.acked_at]
        if command.acked_at - max([command.issued_at, *leases]) >= _WITHIN_MS:
            yield f"{_named(command)} was acknowledged after {command.acked_at - command.issued_at} ms"
        leases = [at for at in lived.leased_at if at <= command.finished_at]
        if command.kind in _CLOSES and command.finished_at - max([command.issued_at, *leases]) >= _CLOSED_MS:
            yield f"{_named(command)} took {command.finished_at - command.issued_at} ms"
        if command.state is CommandState.EXPIRED and (
            (command.kind in _CLOSES and lived.held) or command.finished_at - command.issued_at > _UNSEEN_MS
        ):
            yield f"{_named(command)} expired, and it could have been obeyed"


def _end(lived: Lived) -> Iterator[str]:
    obeyed = {command.kind for command in lived.commands if command.state is CommandState.APPLIED}
    ordered = {command.kind for command in lived.commands if command.state is not CommandState.EXPIRED}
    if bool(ordered & _ENDS) is not (lived.status is S.STOPPED):
        yield f"it is {lived.status} after {sorted(ordered)}"
    if (lived.status is S.STOPPED) is not (lived.desired == "stopped"):
        yield f"it is {lived.status} and shall be {lived.desired}"
    if ordered & (_HOLDS_BACK - {K.PAUSE}) - obeyed:
        yield f"not obeyed: {sorted(ordered & (_HOLDS_BACK - {K.PAUSE}) - obeyed)}"
    applied = [command for command in lived.commands if command.state is CommandState.APPLIED]
    let_go = max((one.seq for one in applied if one.kind in _LETS_GO), default=0)
    if lived.status is S.RUNNING and lived.crossing.begins is not S.RUNNING and not let_go:
        yield "it runs, and nobody let it"
    if lived.status is S.RUNNING and any(one.seq > let_go for one in applied if one.kind in _HOLDS_BACK):
        yield "it runs, and the newest word of all was to hold back"


def _closed(lived: Lived) -> Iterator[str]:
    closes = {command.kind for command in lived.commands} & _CLOSES
    if closes and lived.held:
        yield f"{sorted(lived.held)} is held after {sorted(closes)}"
    if not closes and lived.held != frozenset(HELD):
        yield f"{sorted(lived.closed)} was closed, and nobody asked for it"
    if len(lived.closed) != len(set(lived.closed)):
        yield f"closed twice: {lived.closed}"


def _undone(lived: Lived) -> Iterator[str]:
    for command in lived.commands:
        if command.kind not in _LETS_GO or command.state is not CommandState.APPLIED or command.finished_at is None:
            continue
        for other in lived.commands:
            if other.kind in _HOLDS_BACK and other.seq > command.seq and other.issued_at < command.finished_at:
                yield f"{_named(command)} was obeyed over the newer {_named(other)}"
            if other.kind is K.FLATTEN and _is_under_way(other, command.finished_at):
                yield f"{_named(command)} was obeyed while {_named(other)} was being carried out"
        if command.kind is K.RESUME and _is_halted(lived, command):
            yield f"{_named(command)} lifted a halt"


def _is_halted(lived: Lived, command: Command) -> bool:
    at = command.finished_at or Instant(0)
    begins = [Instant(0)] if lived.crossing.begins is S.HALTED else []
    halts = [halted for halted in (*begins, *lived.halted_at) if halted < at]
    cleared = [
        other.finished_at
        for other in lived.commands
        if other.kind is K.CLEAR_HALT and other.state is CommandState.APPLIED and other.finished_at is not None
    ]
    return bool(halts) and not any(max(halts) <= clear <= at for clear in cleared)


def _is_under_way(command: Command, at: Instant) -> bool:
    return command.acked_at is not None and command.acked_at < at < (command.finished_at or at)


def _step(seen: Seen) -> Iterator[str]:
    # What opens may pass only where nobody wants it to be held back.
    allowed, taken = seen.trading is TradingState.ACTIVE, _taken(seen)
    if taken and (allowed or seen.row is S.RUNNING):
        yield f"{seen.where}: opens pass in {seen.row} while {[_named(one) for one in taken]} is carried out"
    pauses = [one for one in seen.commands if one.kind is K.PAUSE and one.state is CommandState.APPLIED]
    resumed = [one.seq for one in seen.commands if one.kind in _LETS_GO and one.state is CommandState.APPLIED]
    held_back = [one for one in pauses if one.seq > max(resumed, default=0)]
    if held_back and (allowed or seen.row is S.RUNNING):
        yield f"{seen.where}: opens pass in {seen.row} after {_named(held_back[-1])}"


def _taken(seen: Seen) -> list[Command]:
    return [one for one in seen.commands if one.acked_at is not None and one.outcome is None]


def _named(command: Command) -> str:
    return f"{command.kind} {command.seq} ({command.state})"
