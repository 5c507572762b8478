"""What a session wants done, and what it has to tell."""

from typing import TypeAlias

import msgspec

from agentic_hl.stream.topics import Topic
from agentic_hl.wire.messages.frames import Frame

__all__ = ["Complaint", "Deliver", "Drop", "Effect", "FreshnessChanged", "GapNeeded", "Refused", "Transmit"]


class Transmit(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="transmit"):
    """Send this text."""

    text: bytes


class Deliver(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="deliver"):
    """A frame arrived, with nothing in it that was delivered before; entries of logs are oldest first."""

    topic: Topic
    frame: Frame
    is_fresh: bool
    """False while something before it may still be missing."""


class GapNeeded(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="gap_needed"):
    """Read by REST what the topic may have missed; it stays stale until `gap_filled` is told this number."""

    topic: Topic
    number: int
    since: int | None
    """Venue time up to which the topic was complete; None where nothing with a time ever came."""


class FreshnessChanged(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="freshness_changed"
):
    """A topic began or ceased to tell everything in time."""

    topic: Topic
    is_fresh: bool
    reason: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="refused"):
    """The venue does not take a subscription; it is asked again later, in case it was too much only for now."""

    topic: Topic
    text: str


class Complaint(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="complaint"):
    """Something came that fits nowhere: an error that names no topic of ours, or what cannot be read."""

    text: str


class Drop(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="effect", tag="drop"):
    """The link is dead: close it, connect anew and say `closed` and `opened`."""

    reason: str


Effect: TypeAlias = Complaint | Deliver | Drop | FreshnessChanged | GapNeeded | Refused | Transmit
