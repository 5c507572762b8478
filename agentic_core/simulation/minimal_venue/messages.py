"""What can be asked of the minimal venue, and what it answers.

A kind of request is named by its tag; scripted faults refer to it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant
from agentic_core.ports.simulated_venue import VenueFill

__all__ = [
    "Answer",
    "AskFills",
    "AskOrder",
    "AskPositions",
    "Burn",
    "Cancel",
    "Done",
    "Executed",
    "FillsFound",
    "NoReply",
    "NothingLeft",
    "OrderError",
    "OrderFound",
    "OrderStanding",
    "OrderUnknown",
    "Place",
    "PositionsFound",
    "Reply",
    "Request",
    "RequestError",
    "Rests",
    "ServerError",
    "SignedRequest",
]


class OrderStanding(StrEnum):
    """What the venue says an order is."""

    RESTING = "resting"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


class Place(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="order"):
    """Execute at the mark or not at all; or, where it may rest, wait for the mark to reach the limit."""

    signer: str
    nonce: int
    expires_at: Instant | None = None
    cloid: ClientOrderId
    symbol: Symbol
    side: Side
    size: Size
    limit_price: Price
    reduce_only: bool = False
    rests: bool = False


class Cancel(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="cancel"):
    """Take a resting order back."""

    signer: str
    nonce: int
    expires_at: Instant | None = None
    cloid: ClientOrderId


class Burn(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="noop"):
    """Do nothing, so that the nonce is gone."""

    signer: str
    nonce: int
    expires_at: Instant | None = None


class AskOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="order_status"):
    """Ask for an order by its client order id."""

    cloid: ClientOrderId


class AskFills(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="fills"):
    """Ask for all fills of the account from an instant on."""

    since: Instant


class AskPositions(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="ask", tag="positions"):
    """Ask for the positions of the account."""


SignedRequest: TypeAlias = Place | Cancel | Burn
Request: TypeAlias = SignedRequest | AskOrder | AskFills | AskPositions


class Executed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The order executed at once, at least in part, and the rest of it is gone."""

    at: Instant
    """Venue time of the answer, as in all of them."""
    filled: Size
    price: Price


class Rests(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue holds the order."""

    at: Instant
    filled: Size


class Done(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cancel or a noop was carried out."""

    at: Instant


class OrderError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The action was carried out and its nonce is gone, but the order was refused."""

    at: Instant
    reason: str


class RequestError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The action was not carried out; this copy of the request did nothing."""

    at: Instant
    reason: str


class OrderFound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue knows the order."""

    at: Instant
    standing: OrderStanding
    filled: Size


class OrderUnknown(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The venue does not know the order, or does not show it yet."""

    at: Instant


class FillsFound(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The fills that are shown by now."""

    at: Instant
    fills: tuple[VenueFill, ...]


class PositionsFound(msgspec.Struct, frozen=True, kw_only=True):
    """The positions that are shown by now, in signed units."""

    at: Instant
    positions: Mapping[Symbol, Size]


class ServerError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A proxy answered in place of the venue; whether the request was carried out is not said."""

    status: int


class NoReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing came back for as long as the caller would wait."""

    after_ms: int


class NothingLeft(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The request provably never left the process."""

    cause: str


Answer: TypeAlias = (
    Executed | Rests | Done | OrderError | RequestError | OrderFound | OrderUnknown | FillsFound | PositionsFound
)
Reply: TypeAlias = Answer | ServerError | NoReply | NothingLeft
