"""A venue that a simulation can drive: connect to it, make it misbehave, and read what is really so.

What a link speaks is the venue's own business. Faults and truth are the same for every venue, so a simulation and its
judge are written once.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import Price, Size
from agentic_core.domain.side import Side
from agentic_core.domain.times import Instant

__all__ = [
    "CutLink",
    "DelayMessage",
    "Direction",
    "Fault",
    "GarbleReply",
    "LagReads",
    "LinkFault",
    "LoseMessage",
    "MessageFate",
    "MoveMark",
    "RepeatRequest",
    "SimulatedVenue",
    "VenueFill",
    "VenueOrder",
    "VenueTruth",
    "Weather",
]

_LinkT_co = TypeVar("_LinkT_co", covariant=True)


class Direction(StrEnum):
    """Which way a message goes."""

    REQUEST = "request"
    REPLY = "reply"


class LoseMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="lose_message"):
    """One message never arrives."""

    direction: Direction
    link: str = ""
    """Of which link; empty is any."""
    of: str = ""
    """Of which kind of request, in the venue's words; empty is any."""
    skip: int = 0
    """How many that fit are let through before."""


class DelayMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="delay_message"):
    """One message arrives later than it would have, so that later ones may overtake it."""

    direction: Direction
    by_ms: int
    link: str = ""
    of: str = ""
    skip: int = 0


class RepeatRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="repeat_request"):
    """One request arrives twice; the sender gets whichever reply is back first."""

    by_ms: int
    """How much later the copy arrives."""
    link: str = ""
    of: str = ""
    skip: int = 0


class GarbleReply(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="garble_reply"):
    """The venue takes one request, and a server error comes back in place of its reply."""

    link: str = ""
    of: str = ""
    skip: int = 0


class CutLink(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="cut_link"):
    """For a while nothing leaves the process, and the process can tell that nothing left."""

    for_ms: int
    link: str = ""


class LagReads(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="lag_reads"):
    """From now on, reads show what was so this much earlier."""

    by_ms: int


class MoveMark(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="move_mark"):
    """The price of a symbol changes."""

    symbol: Symbol
    price: Price
    depth: Size | None = None
    """How much of one order executes at once; None is all of it."""


class Weather(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="fault", tag="weather"):
    """From now on, links misbehave by chance: so many of a thousand messages, and delays up to so long."""

    lose: int = 0
    repeat: int = 0
    garble: int = 0
    delay: int = 0
    delay_ms_max: int = 0


LinkFault: TypeAlias = LoseMessage | DelayMessage | RepeatRequest | GarbleReply | CutLink | Weather
"""What goes wrong between a process and the venue."""

Fault: TypeAlias = LinkFault | LagReads | MoveMark


class MessageFate(msgspec.Struct, kw_only=True):
    """What becomes of one message."""

    lost: bool = False
    delay_ms: int
    copy_after_ms: int | None = None
    garbled: bool = False


class VenueFill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One execution, as the venue's own books have it."""

    cloid: ClientOrderId
    symbol: Symbol
    side: Side
    size: Size
    price: Price
    at: Instant


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order that reached the venue and was taken."""

    cloid: ClientOrderId
    symbol: Symbol
    side: Side
    size: Size
    limit_price: Price
    reduce_only: bool
    filled: Size
    live: bool
    """Whether it may still execute."""


class VenueTruth(msgspec.Struct, frozen=True, kw_only=True):
    """What is so at the venue, without lag."""

    at: Instant
    orders: tuple[VenueOrder, ...]
    fills: tuple[VenueFill, ...]
    positions: Mapping[Symbol, Size]
    """Signed units of every symbol that was ever held."""

    def filled(self, cloid: ClientOrderId) -> Size:
        """Return the units executed under a client order id."""
        return Size(sum((fill.size for fill in self.fills if fill.cloid == cloid), Decimal(0)))


class SimulatedVenue(Protocol[_LinkT_co]):
    """A venue of which everything is known, for whoever simulates it."""

    def connect(self, name: str) -> _LinkT_co:
        """Open a link for one process; faults may name it."""

    def inject(self, fault: Fault) -> None:
        """Make something go wrong, or change what the venue is like, from now on."""

    def truth(self) -> VenueTruth:
        """Return what is so now; nobody who trades can see this."""
