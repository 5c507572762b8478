"""One attempt with everything that is under way about it, and what network, venue and time may do to it.

Messages are counted, not ordered: any copy may arrive at any time, or never. An answer travels to the call that waits
for it and is gone when that call is.
"""

from collections.abc import Iterator
from enum import IntEnum, IntFlag

import msgspec
from msgspec.structs import replace

from agentic_core.simulation.protocol.design import Ablation, Design, Invariant

__all__ = ["Answer", "Attempt", "Box", "Look", "Move", "Nonce", "Phase", "outside_moves"]


class Phase(IntEnum):
    """How old an attempt is, in venue time."""

    FRESH = 0
    CLOSING = 1
    """Too little is left to begin a send; the venue still takes it."""
    EXPIRED = 2
    PAST = 3
    """The margin has passed too: whatever was executed shows in every read."""
    LATER = 4
    """The gap between two reads has passed as well."""


class Nonce(IntEnum):
    """What used the attempt's nonce up at the venue."""

    FREE = 0
    FILLED = 1
    REFUSED = 2
    BURNED = 3


class Box(IntEnum):
    """Whether a process has written down that it sends, and stalls before the first byte."""

    EMPTY = 0
    CURRENT = 1
    OLD = 2
    """The process has lost the lease and does not know."""


class Answer(IntFlag):
    """Answers on their way to the call that waits."""

    NONE = 0
    FILLED = 1
    REFUSED = 2
    USED = 4
    EXPIRED = 8
    LIMITED = 16
    DONE = 32


class Look(IntEnum):
    """What a read showed when the venue served it; its reply is on its way. The absences stand for their phases."""

    ABSENT_FRESH = 0
    ABSENT_CLOSING = 1
    ABSENT_EXPIRED = 2
    ABSENT_PAST = 3
    ABSENT_LATER = 4
    FILLED = 5
    REJECTED = 6
    NONE = 7


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One attempt to open or to close one unit."""

    closes: bool
    life: int
    """What is written down about it, by its number."""
    recorded: bool = True
    phase: Phase = Phase.FRESH
    nonce: Nonce = Nonce.FREE
    shown: bool = False
    """Whether reads show what became of it."""
    copies: int = 0
    copied: bool = False
    box: Box = Box.EMPTY
    awaits: bool = False
    answers: Answer = Answer.NONE
    burn_copies: int = 0
    burn_box: Box = Box.EMPTY
    burn_awaits: bool = False
    burn_answers: Answer = Answer.NONE
    look: Look = Look.NONE
    said_used: bool = False
    """Whether a burn was answered `used`; only an ablation remembers it."""

    @property
    def under_way(self) -> bool:
        """Whether a request may still reach the venue."""
        return self.copies > 0 or self.box is not Box.EMPTY


class Move(msgspec.Struct, frozen=True, gc=False):
    """Something that may happen to an attempt."""

    label: str
    """For people; `{it}` stands for the attempt, `{runner}` for the runner that holds the lease."""
    after: Attempt
    fills: bool = False
    """Whether a unit is executed at the venue."""
    breaks: Invariant | None = None


def outside_moves(attempt: Attempt, design: Design, *, holds: bool) -> Iterator[Move]:
    """Say what network, venue and time may do; `holds` tells whether the account holds something to close."""
    yield from _requests(attempt, design, holds=holds)
    yield from _burns(attempt)
    yield from _time(attempt, design)


def _requests(attempt: Attempt, design: Design, *, holds: bool) -> Iterator[Move]:
    if attempt.box is not Box.EMPTY:
        who = "{runner}" if attempt.box is Box.CURRENT else "the old runner wakes up and"
        yield Move(f"{who} sends {{it}}", replace(attempt, box=Box.EMPTY, copies=attempt.copies + 1))
    if attempt.copies == 0:
        return
    arrived = replace(attempt, copies=attempt.copies - 1)
    yield Move("the request of {it} is lost", arrived)
    if not attempt.copied:
        yield Move("a proxy copies the request of {it}", replace(attempt, copies=attempt.copies + 1, copied=True))
    copies_count = design.drops(Ablation.LIMITED_COPY_IS_REJECTION)
    if attempt.awaits and (copies_count or not attempt.copied):
        yield Move("{it} is answered 429 at the venue's door", _answered(arrived, Answer.LIMITED))
    yield from _executions(attempt, arrived, design, holds=holds)


def _executions(attempt: Attempt, arrived: Attempt, design: Design, *, holds: bool) -> Iterator[Move]:
    if attempt.phase >= Phase.EXPIRED and not design.drops(Ablation.EXPIRY_IGNORED):
        yield Move("{it} arrives too late and is answered `already expired`", _answered(arrived, Answer.EXPIRED))
        return
    again = attempt.nonce is Nonce.FILLED and design.drops(Ablation.NONCES_REPEAT)
    if attempt.nonce is not Nonce.FREE and not again:
        yield Move(
            "{it} arrives, its nonce is used, and is answered `duplicate nonce`", _answered(arrived, Answer.USED)
        )
        return
    if holds or not attempt.closes:
        filled = replace(arrived, nonce=Nonce.FILLED, shown=False)
        yield Move("{it} arrives and is FILLED", _answered(filled, Answer.FILLED), fills=True)
    if not again:
        refused = replace(arrived, nonce=Nonce.REFUSED, shown=False)
        yield Move("{it} arrives and is refused by the venue", _answered(refused, Answer.REFUSED))


def _answered(attempt: Attempt, answer: Answer) -> Attempt:
    return replace(attempt, answers=attempt.answers | answer) if attempt.awaits else attempt


def _burns(attempt: Attempt) -> Iterator[Move]:
    if attempt.burn_box is not Box.EMPTY:
        who = "{runner}" if attempt.burn_box is Box.CURRENT else "the old runner wakes up and"
        after = replace(attempt, burn_box=Box.EMPTY, burn_copies=attempt.burn_copies + 1)
        yield Move(f"{who} sends the noop for {{it}}", after)
    if attempt.burn_copies == 0:
        return
    arrived = replace(attempt, burn_copies=attempt.burn_copies - 1)
    yield Move("the noop for {it} is lost", arrived)
    free = attempt.nonce is Nonce.FREE
    answer = Answer.DONE if free else Answer.USED
    after = replace(arrived, nonce=Nonce.BURNED) if free else arrived
    if attempt.burn_awaits:
        after = replace(after, burn_answers=after.burn_answers | answer)
    told = "and burns its nonce" if free else "and is answered `used`"
    yield Move(f"the noop for {{it}} arrives {told}", after)


def _time(attempt: Attempt, design: Design) -> Iterator[Move]:
    happened = attempt.nonce in {Nonce.FILLED, Nonce.REFUSED}
    if happened and not attempt.shown:
        yield Move("reads begin to show what became of {it}", replace(attempt, shown=True))
    if attempt.phase is Phase.LATER:
        return
    phase = Phase(attempt.phase + 1)
    shown = attempt.shown
    if phase is Phase.PAST and happened and not design.drops(Ablation.READS_LAG_LONGER):
        shown = True
    yield Move(f"time passes: {{it}} {_AGES[phase]}", replace(attempt, phase=phase, shown=shown))


_AGES = {
    Phase.CLOSING: "is too old to be sent",
    Phase.EXPIRED: "expires",
    Phase.PAST: "is past its expiry and the margin",
    Phase.LATER: "is two more seconds old",
}
