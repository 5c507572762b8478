"""What can become known about one order intent; every value states a fact and none of them decides anything.

Totals (`filled`) are cumulative: all units ever executed under the intent's client order id, each fill counted once.
So a fact may arrive twice, late or in another order and still says the same.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.times import Instant

__all__ = [
    "AbsenceRead",
    "AnsweredFilled",
    "AnsweredResting",
    "BurnAcknowledged",
    "BurnBegan",
    "BurnUnproven",
    "Evidence",
    "FillSeen",
    "FillsBooked",
    "HttpRefused",
    "NeverLeft",
    "OrderRefused",
    "OrderSeen",
    "OrderStatus",
    "Refusal",
    "RequestRefused",
    "SendBegan",
    "Sighting",
    "Unclear",
    "Withdrawn",
]

_NO_UNITS = Size(ZERO)
_REFUSING_STATUSES = range(400, 500)


class OrderStatus(StrEnum):
    """What the venue says an order is."""

    RESTING = "resting"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


# ── what we did ──────────────────────────────────────────────────────────────────────────────────────────────────────


class SendBegan(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="send_began"):
    """The first byte is about to leave; recorded before it does."""

    epoch: int
    """Of the lease the sender holds."""


class NeverLeft(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="never_left"):
    """A send failed on this side, provably before its first byte: no connection, no name, no handshake."""

    send: int
    """Which send of the intent it was; the first is 1."""
    cause: str = ""


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="withdrawn"):
    """We will not send it: the gate denied it, or a leg it relied on did not fill.

    Proves an end only from the epoch that prepared the intent and only when no send ever began, because nobody else
    may send it and this machine refuses to from then on.
    """

    epoch: int
    cause: str = ""


class BurnBegan(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="burn_began"):
    """A `noop` with the intent's nonce is about to leave; made durable before it does."""


# ── what our send was answered with ──────────────────────────────────────────────────────────────────────────────────


class AnsweredFilled(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="answered_filled"):
    """200, `filled`: so much executed at once; of an action without size (cancel, leverage) the plain `ok`."""

    filled: Size


class AnsweredResting(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="answered_resting"
):
    """200, `resting` or waiting for its trigger: the venue holds the order."""

    filled: Size = _NO_UNITS


class OrderRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="order_refused"):
    """200, with an error for this one order in the venue's shape."""

    reason: str
    only_send: bool = True
    """Whether the transport sent the request exactly once."""

    @property
    def conclusive(self) -> bool:
        """Whether it refuses the order, if that was sent only once."""
        return self.only_send


class RequestRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="request_refused"):
    """200, with an error for the whole request."""

    reason: str
    catalogued: bool
    """Whether the message is pinned as one that proves that nothing of the request was executed.

    A message that the nonce was used before does not belong there: a copy of the request may have used it.
    """
    only_send: bool = True

    @property
    def conclusive(self) -> bool:
        """Whether it refuses the order, if that was sent only once."""
        return self.catalogued and self.only_send


class HttpRefused(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="http_refused"):
    """An HTTP error status with a readable body."""

    status: int
    venue_shaped: bool
    """Whether the body has the venue's shape; a proxy's has not."""
    reason: str = ""
    only_send: bool = True

    @property
    def conclusive(self) -> bool:
        """Whether it refuses the order, if that was sent only once; a 5xx never does."""
        return self.venue_shaped and self.status in _REFUSING_STATUSES and self.only_send


class Unclear(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="unclear"):
    """The answer is lost or says nothing: 5xx, timeout, reset, bad JSON, a cancelled task, a crash."""

    cause: str


# ── what the venue shows ─────────────────────────────────────────────────────────────────────────────────────────────


class OrderSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="order_seen"):
    """The venue names our order and its status, in a stream or when asked."""

    status: OrderStatus
    filled: Size = _NO_UNITS
    """Units executed.

    Beside FILLED it may be the sum of the fills listed so far. The word itself says that all of the order executed, and
    of a reduce-only order, which the venue clips to the position, that is at most its size.
    """
    seen_at: Instant | None = None
    """Venue time at which it was so at the latest: that of the change, or of the answer; None where it is not known."""


class FillSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="fill_seen"):
    """A fill with our client order id was seen."""

    filled: Size
    """All its fills seen so far, this one included."""


class AbsenceRead(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="absence_read"):
    """The venue does not know the order, and its fills hold none of it beyond those already known."""

    read_at: Instant
    """Venue time of the read: the newest time in a fresh answer of the venue, never our own clock."""
    searched_from: Instant
    """Start of the range in which its fills were looked for, up to the read."""
    filled: Size = _NO_UNITS
    """Units that the search found, all of them known before."""


# ── what a burn was answered with, and our books ─────────────────────────────────────────────────────────────────────


class BurnAcknowledged(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="burn_acknowledged"
):
    """The `noop` was accepted: the nonce is gone and the order did not use it."""


class BurnUnproven(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="burn_unproven"):
    """The `noop` was answered "used" or "too low", or its answer was lost: whose the nonce was stays unknown."""

    cause: str = ""


class FillsBooked(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="evidence", tag="fills_booked"):
    """Fills of the order are in the ledger."""

    filled: Size
    """All of its fills that are there."""
    read_at: Instant | None = None
    """Venue time of a search for its fills all of whose finds are there; None where there was none."""
    searched_from: Instant | None = None
    """Start of the range that was searched, up to the read."""


Refusal: TypeAlias = OrderRefused | RequestRefused | HttpRefused
Sighting: TypeAlias = AnsweredFilled | AnsweredResting | OrderSeen | FillSeen | FillsBooked
"""Positive proof: the venue has, or had, the order."""

Evidence: TypeAlias = (
    SendBegan
    | NeverLeft
    | Withdrawn
    | BurnBegan
    | Refusal
    | Unclear
    | Sighting
    | AbsenceRead
    | BurnAcknowledged
    | BurnUnproven
)
