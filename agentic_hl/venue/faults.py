"""Remembers what goes wrong at present, and decides what becomes of each request and frame."""

from typing import TypeVar

import msgspec

from agentic_hl.venue.fault_values import (
    AnswerLost,
    AnswersLate,
    ClockSkew,
    ErrorAfterCommit,
    ErrorInstead,
    FateFault,
    Fault,
    FrameFault,
    FramesLate,
    FramesMissing,
    OverBudget,
    SilentChannel,
    TooManyRequests,
)

__all__ = ["Fate", "Faults", "FrameFate"]


class Fate(msgspec.Struct, kw_only=True):
    """What becomes of one request."""

    error_instead: int | None = None
    error_after: int | None = None
    too_many: bool = False
    lost: bool = False
    late_ms: int = 0


class FrameFate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one frame."""

    missing: bool = False
    late_ms: int = 0


_GOOD = FrameFate()
_MISSING = FrameFate(missing=True)
_Counted = TypeVar("_Counted", bound=FateFault | FrameFault)


class Faults:
    """What goes wrong at present."""

    def __init__(self) -> None:
        """Begin with nothing wrong."""
        self.skew_ms = 0
        self._fates: list[FateFault] = []
        self._frames: list[FrameFault] = []
        self._silent: list[tuple[SilentChannel, int | None]] = []
        self._over_budget = 0

    def remember(self, fault: Fault, now: int) -> bool:
        """Take note of a fault that lies in wait; False is one that has to be carried out at once."""
        match fault:
            case ErrorAfterCommit() | ErrorInstead() | AnswerLost() | AnswersLate() | TooManyRequests():
                self._fates.append(fault)
            case FramesLate() | FramesMissing():
                self._frames.append(fault)
            case SilentChannel(for_ms=lasting):
                self._silent.append((fault, None if lasting is None else now + lasting))
            case OverBudget(count=count):
                self._over_budget += count
            case ClockSkew(by_ms=ahead):
                self.skew_ms = ahead
            case _:
                return False
        return True

    def fate(self, kind: str) -> Fate:
        """Return what becomes of a request of this kind, and count it."""
        fate = Fate()
        waiting: list[FateFault] = []
        for fault in self._fates:
            if fault.of in {"", kind}:
                _apply(fault, fate)
                waiting += _counted(fault)
            else:
                waiting.append(fault)
        self._fates = waiting
        return fate

    def spends_budget(self) -> bool:
        """Tell whether the next action is refused for its address's budget, and count it."""
        if self._over_budget == 0:
            return False
        self._over_budget -= 1
        return True

    def frame(self, channel: str, *, coin: str | None, user: str | None, now: int) -> FrameFate:
        """Return what becomes of an event's frame, and count it."""
        if self.silent(channel, coin=coin, user=user, now=now):
            return _MISSING
        for index, fault in enumerate(self._frames):
            if fault.channel == channel:
                self._frames[index : index + 1] = _counted(fault)
                return _MISSING if isinstance(fault, FramesMissing) else FrameFate(late_ms=fault.by_ms)
        return _GOOD

    def silent(self, channel: str, *, coin: str | None, user: str | None, now: int) -> bool:
        """Tell whether a channel says nothing."""
        self._silent = [(fault, until) for fault, until in self._silent if until is None or until > now]
        return any(
            fault.channel == channel and fault.coin in {"", coin} and fault.user.lower() in {"", user}
            for fault, _ in self._silent
        )


def _counted(fault: _Counted) -> list[_Counted]:
    return [msgspec.structs.replace(fault, count=fault.count - 1)] if fault.count > 1 else []


def _apply(fault: FateFault, fate: Fate) -> None:
    match fault:
        case ErrorAfterCommit(status=status):
            fate.error_after = status
        case ErrorInstead(status=status):
            fate.error_instead = status
        case AnswerLost():
            fate.lost = True
        case AnswersLate(by_ms=late):
            fate.late_ms += late
        case TooManyRequests():
            fate.too_many = True
