"""What `/exchange` answered: one status an item, one refusal for all, a failure of HTTP, or nothing readable.

An answer is the result of execution: the venue answers only once the action is in a block.
"""

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_hl.wire.errors import Proof, Refusal, Scope, classify
from agentic_hl.wire.messages.reading import Buffer, Reader, Unreadable, unreadable
from agentic_hl.wire.messages.streams import PostedAnswer
from agentic_hl.wire.units import WireError, decimal_of

__all__ = [
    "Done",
    "Filled",
    "HttpFailed",
    "HttpFailure",
    "ItemRefused",
    "ItemStatus",
    "ItemUnclear",
    "Reply",
    "RequestRefused",
    "Resting",
    "Running",
    "Statuses",
    "Succeeded",
    "Waiting",
    "proof_of",
    "read_posted_reply",
    "read_reply",
]


class Resting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The order is in the book."""

    oid: int
    cloid: str | None = None


class Filled(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The order executed at once, perhaps less than was asked; the rest of an IOC order is gone."""

    total_sz: str
    avg_px: str
    oid: int
    cloid: str | None = None

    @property
    def size(self) -> Decimal:
        """Units executed."""
        return decimal_of(self.total_sz)

    @property
    def average_price(self) -> Decimal:
        """US dollars a unit, weighted by size."""
        return decimal_of(self.avg_px)


class Running(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """A sliced order began."""

    twap_id: int


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The order is held back: `waitingForFill` of its parent, or `waitingForTrigger`; its number is not told."""

    on: str


class Succeeded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cancel was carried out."""


class ItemRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item was refused."""

    refusal: Refusal


class ItemUnclear(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one item was not told, or not in words known here."""

    cause: str


ItemStatus: TypeAlias = Resting | Filled | Running | Waiting | Succeeded | ItemRefused | ItemUnclear
"""What became of one item of a request."""


class Statuses(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The request was taken; what became of its items, in their order."""

    kind: str
    """The type of the action as the venue names it in the answer."""
    items: tuple[ItemStatus, ...]

    def aligned(self, count: int) -> tuple[ItemStatus, ...]:
        """Return one status for each of so many items.

        Where the answer holds another number, which item an error belongs to is not certain: a single error speaks for
        all of them without proving anything, orders it names are kept at their place, and the rest is unclear.
        """
        if len(self.items) == count:
            return self.items
        cause = f"{len(self.items)} statuses for {count} items"
        if len(self.items) == 1 and isinstance(only := self.items[0], ItemRefused):
            return (ItemRefused(refusal=msgspec.structs.replace(only.refusal, proof=Proof.PROVES_NOTHING)),) * count
        unclear = ItemUnclear(cause=cause)
        kept = [item if isinstance(item, _NAMED) else unclear for item in self.items[:count]]
        return (*kept, *[unclear] * (count - len(kept)))


class Done(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The request was carried out and there is nothing to tell of items."""

    kind: str
    made: str | None = None
    """What came of it, such as the address of a new sub-account."""


class RequestRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The whole request was refused."""

    refusal: Refusal


class HttpFailure(StrEnum):
    """What kind of failure an HTTP status is."""

    RATE_LIMITED = "rate_limited"
    MALFORMED = "malformed"
    """The venue could not decode what we sent."""
    REFUSED = "refused"
    """Any other 4xx: by the venue or by what stands before it."""
    SERVER = "server"
    """5xx: the request may have been carried out."""
    STRANGE = "strange"
    """A status nobody expects here."""


class HttpFailed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer is not a 200."""

    status: int
    failure: HttpFailure
    venue_shaped: bool
    """Whether the body is one the venue writes; a proxy's page is not."""
    text: str
    """How the body begins."""

    @property
    def proof(self) -> Proof:
        """What it proves."""
        if self.failure is HttpFailure.MALFORMED and self.venue_shaped:
            return Proof.NOTHING_EXECUTED
        if self.failure is HttpFailure.RATE_LIMITED and self.venue_shaped:
            return Proof.NOT_THIS_COPY
        return Proof.PROVES_NOTHING


Reply: TypeAlias = Statuses | Done | RequestRefused | HttpFailed | Unreadable
"""Everything an answer to an action can be."""

_NAMED = (Resting, Filled, Running)

_HTTP_OK, _HTTP_MALFORMED, _HTTP_LIMITED = 200, 422, 429
_UNDECODED = "Failed to deserialize the JSON body into the target type"
_WAITING = frozenset({"waitingForFill", "waitingForTrigger"})
_TEXT_BYTES = 200


class _Status(msgspec.Struct, frozen=True, gc=False):
    resting: Resting | None = None
    filled: Filled | None = None
    running: Running | None = None
    error: str | None = None


class _Payload(msgspec.Struct, frozen=True, gc=False):
    statuses: tuple[str | _Status, ...] | None = None
    status: str | _Status | None = None


class _Response(msgspec.Struct, frozen=True, gc=False):
    type: str
    payload: str | _Payload | None = msgspec.field(default=None, name="data")


class _Body(msgspec.Struct, frozen=True, gc=False):
    status: str
    response: str | _Response


_BODY = Reader(_Body, "exchange")


def read_reply(status: int, body: Buffer) -> Reply:
    """Return what an HTTP answer to an action says.

    >>> body = b'{"status":"ok","response":{"type":"cancel","data":{"statuses":["success"]}}}'
    >>> read_reply(200, body)
    Statuses(kind='cancel', items=(Succeeded(),))
    """
    if status != _HTTP_OK:
        return _http_failed(status, bytes(memoryview(body)[:_TEXT_BYTES]).strip())
    found = _BODY.read(body)
    if isinstance(found, Unreadable):
        return found
    match found:
        case _Body(status="err", response=str() as text):
            return RequestRefused(refusal=classify(text, Scope.REQUEST))
        case _Body(status="ok", response=_Response() as response):
            return _taken(response)
        case _:
            return unreadable(f"status {found.status!r} with such a response is not known", "exchange", body)


def read_posted_reply(answer: PostedAnswer) -> Reply:
    """Return what the answer to an action sent over the stream says."""
    if answer.response.type == "action":
        return read_reply(_HTTP_OK, answer.response.payload)
    return unreadable(f"the action was answered with {answer.response.type!r}", "post", answer.response.payload)


def proof_of(reply: Reply | ItemStatus) -> Proof:
    """Return what an answer proves against the order; a success proves nothing of that kind."""
    match reply:
        case RequestRefused(refusal=refusal) | ItemRefused(refusal=refusal):
            return refusal.proof
        case HttpFailed():
            return reply.proof
        case _:
            return Proof.PROVES_NOTHING


def _http_failed(status: int, begin: bytes) -> HttpFailed:
    text = begin.decode("utf-8", "backslashreplace")
    failure, shaped = HttpFailure.STRANGE, False
    if status == _HTTP_LIMITED:
        failure, shaped = HttpFailure.RATE_LIMITED, text == "null"
    elif status == _HTTP_MALFORMED:
        failure, shaped = HttpFailure.MALFORMED, text.strip('"').startswith(_UNDECODED)
    elif status in range(400, 500):
        failure = HttpFailure.REFUSED
    elif status in range(500, 600):
        failure = HttpFailure.SERVER
    return HttpFailed(status=status, failure=failure, venue_shaped=shaped, text=text)


def _taken(response: _Response) -> Statuses | Done:
    match response.payload:
        case _Payload(statuses=tuple() as statuses):
            return Statuses(kind=response.type, items=tuple(_item(status) for status in statuses))
        case _Payload(status=str() | _Status() as only):
            return Statuses(kind=response.type, items=(_item(only),))
        case str() as made:
            return Done(kind=response.type, made=made)
        case _:
            return Done(kind=response.type)


def _item(status: str | _Status) -> ItemStatus:
    if isinstance(status, str):
        if status == "success":
            return Succeeded()
        return Waiting(on=status) if status in _WAITING else ItemUnclear(cause=f"status {status!r} is not known")
    told = [part for part in (status.error, status.filled, status.resting, status.running) if part is not None]
    match told:
        case [str() as text]:
            return ItemRefused(refusal=classify(text, Scope.ITEM))
        case [Filled() as filled]:
            return _checked(filled)
        case [Resting() | Running() as named]:
            return named
        case _:
            return ItemUnclear(cause=f"a status of {len(told)} kinds known here instead of one")


def _checked(filled: Filled) -> Filled | ItemUnclear:
    try:
        executed = filled.size > 0 and filled.average_price > 0
    except WireError as exc:
        return ItemUnclear(cause=str(exc))
    cause = f"filled {filled.total_sz} at {filled.avg_px}"
    return filled if executed else ItemUnclear(cause=cause)
