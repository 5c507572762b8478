"""What can be made to go wrong, as values that can be written down.

`of` names an action (`order`, `cancel`) or a query (`userFills`); empty is any. `count` is how often a fault happens
before it is over, `for_ms` how long it lasts; None lasts until another fault ends it.
"""

from typing import TypeAlias

import msgspec

__all__ = [
    "AnswerLost",
    "AnswersLate",
    "ClockSkew",
    "ErrorAfterCommit",
    "ErrorInstead",
    "ExpiredWallet",
    "FateFault",
    "Fault",
    "ForgottenOrders",
    "FrameFault",
    "FramesLate",
    "FramesMissing",
    "HalfOpen",
    "Halted",
    "LaggedReads",
    "OverBudget",
    "PostOnly",
    "RepeatedSnapshot",
    "SilentChannel",
    "SocketsDropped",
    "TooManyRequests",
    "read_fault",
]


class _Fault(msgspec.Struct, frozen=True, kw_only=True, tag_field="fault", rename="camel"):
    pass


class SocketsDropped(_Fault, frozen=True, kw_only=True, tag="socketsDropped"):
    """Websockets end without notice."""

    user: str = ""
    """Only of those who follow this user; empty is all."""


class HalfOpen(_Fault, frozen=True, kw_only=True, tag="halfOpen"):
    """Sockets that are open now stay open, and nothing passes either way."""

    for_ms: int | None = None


class SilentChannel(_Fault, frozen=True, kw_only=True, tag="silentChannel"):
    """One channel says nothing while the others go on; its subscriptions are still confirmed."""

    channel: str
    coin: str = ""
    user: str = ""
    for_ms: int | None = None


class RepeatedSnapshot(_Fault, frozen=True, kw_only=True, tag="repeatedSnapshot"):
    """The snapshot of a channel is sent once more to everyone subscribed."""

    channel: str = "userFills"


class FramesLate(_Fault, frozen=True, kw_only=True, tag="framesLate"):
    """Frames of a channel come late, so that those of others overtake them; snapshots do not."""

    by_ms: int
    channel: str = "userFills"
    count: int = 1


class FramesMissing(_Fault, frozen=True, kw_only=True, tag="framesMissing"):
    """Frames of a channel never come; snapshots do."""

    channel: str = "userFills"
    count: int = 1


class ErrorAfterCommit(_Fault, frozen=True, kw_only=True, tag="errorAfterCommit"):
    """The request is carried out, and a proxy's error page comes back."""

    of: str = ""
    status: int = 502
    count: int = 1


class ErrorInstead(_Fault, frozen=True, kw_only=True, tag="errorInstead"):
    """The request is not carried out, and a proxy's error page comes back."""

    of: str = ""
    status: int = 503
    count: int = 1


class AnswerLost(_Fault, frozen=True, kw_only=True, tag="answerLost"):
    """The request is carried out and nobody answers."""

    of: str = ""
    count: int = 1


class AnswersLate(_Fault, frozen=True, kw_only=True, tag="answersLate"):
    """Answers come late."""

    by_ms: int
    of: str = ""
    count: int = 1


class TooManyRequests(_Fault, frozen=True, kw_only=True, tag="tooManyRequests"):
    """Requests are refused for their peer's weight: status 429, body `null`."""

    of: str = ""
    count: int = 1


class OverBudget(_Fault, frozen=True, kw_only=True, tag="overBudget"):
    """Actions are refused for their address's budget, whatever it really is."""

    count: int = 1


class ClockSkew(_Fault, frozen=True, kw_only=True, tag="clockSkew"):
    """The venue's clock is ahead by so much; negative is behind, where its time stands still until it has caught up."""

    by_ms: int


class Halted(_Fault, frozen=True, kw_only=True, tag="halted"):
    """Orders are refused because trading is halted; cancels are not."""

    for_ms: int | None = None


class PostOnly(_Fault, frozen=True, kw_only=True, tag="postOnly"):
    """Only post-only orders are taken, as after a network upgrade."""

    for_ms: int | None = None


class ExpiredWallet(_Fault, frozen=True, kw_only=True, tag="expiredWallet"):
    """An approved agent key is valid no longer."""

    address: str


class ForgottenOrders(_Fault, frozen=True, kw_only=True, tag="forgottenOrders"):
    """Ended orders are no longer known, as if they were too old: `unknownOid`; their fills are."""

    user: str = ""
    """Of whom; empty is everybody."""


class LaggedReads(_Fault, frozen=True, kw_only=True, tag="laggedReads"):
    """From now on, what is read of an account is what was so this much earlier; 0 ends it."""

    by_ms: int


FateFault: TypeAlias = ErrorAfterCommit | ErrorInstead | AnswerLost | AnswersLate | TooManyRequests
"""What happens to a request."""

FrameFault: TypeAlias = FramesLate | FramesMissing
"""What happens to a frame."""

Fault: TypeAlias = (
    SocketsDropped
    | HalfOpen
    | SilentChannel
    | RepeatedSnapshot
    | FramesLate
    | FramesMissing
    | ErrorAfterCommit
    | ErrorInstead
    | AnswerLost
    | AnswersLate
    | TooManyRequests
    | OverBudget
    | ClockSkew
    | Halted
    | PostOnly
    | ExpiredWallet
    | ForgottenOrders
    | LaggedReads
)


def read_fault(body: bytes) -> Fault:
    """Read a fault from JSON, told by its `fault`.

    Raises:
        msgspec.ValidationError: it is none, or a field does not fit.

    >>> read_fault(b'{"fault": "clockSkew", "byMs": 250}')
    ClockSkew(by_ms=250)
    """
    fault: Fault = msgspec.json.decode(body, type=Fault)
    return fault
