"""What the venue says about subscriptions: confirmations, and errors that carry the subscription inside their text."""

import re
from enum import StrEnum
from typing import TypeAlias

import msgspec

from agentic_hl.wire.messages.reading import Reader, Unreadable

__all__ = ["StreamError", "StreamErrorKind", "Subscription", "SubscriptionEcho", "read_stream_error"]

Subscription: TypeAlias = dict[str, str | int | bool | None]
"""A subscription as the venue writes it: `type`, what it is about, and defaults we never sent."""

_SUBSCRIPTION: Reader[Subscription] = Reader(dict[str, str | int | bool | None], "subscription")
_post_id = re.compile(r"\bid=([0-9]{1,18})\b", re.ASCII).search


class SubscriptionEcho(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request about a subscription that was carried out."""

    method: str
    """`subscribe` or `unsubscribe`."""
    subscription: Subscription


class StreamErrorKind(StrEnum):
    """What an error frame is about."""

    ALREADY_SUBSCRIBED = "already_subscribed"
    """Harmless: the subscription stands."""
    ALREADY_UNSUBSCRIBED = "already_unsubscribed"
    INVALID_SUBSCRIPTION = "invalid_subscription"
    UNPARSEABLE = "unparseable"
    """The venue could not read what we sent."""
    TOO_MANY_USERS = "too_many_users"
    TOO_MANY_POSTS = "too_many_posts"
    OTHER = "other"


_PREFIXES = (
    ("Already subscribed", StreamErrorKind.ALREADY_SUBSCRIBED),
    ("Already unsubscribed", StreamErrorKind.ALREADY_UNSUBSCRIBED),
    ("Invalid subscription", StreamErrorKind.INVALID_SUBSCRIPTION),
    ("Error parsing JSON", StreamErrorKind.UNPARSEABLE),
    ("Cannot track more than", StreamErrorKind.TOO_MANY_USERS),
    ("too many pending post requests", StreamErrorKind.TOO_MANY_POSTS),
    ("Too many pending post requests", StreamErrorKind.TOO_MANY_POSTS),
)


class StreamError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An error frame, taken apart."""

    kind: StreamErrorKind
    text: str
    subscription: Subscription | None = None
    """The one it is about, where the text names one."""
    post_id: int | None = None
    """The request it is about, where the text names one."""


def read_stream_error(text: str) -> StreamError:
    """Take an error's text apart.

    >>> error = read_stream_error('Already subscribed: {"type":"bbo","coin":"BTC"}')
    >>> error.kind.name, error.subscription
    ('ALREADY_SUBSCRIBED', {'type': 'bbo', 'coin': 'BTC'})
    """
    kind = next((kind for prefix, kind in _PREFIXES if text.startswith(prefix)), StreamErrorKind.OTHER)
    post = _post_id(text)
    return StreamError(
        kind=kind,
        text=text,
        subscription=_embedded(text),
        post_id=int(post[1]) if post else None,
    )


def _embedded(text: str) -> Subscription | None:
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        return None
    found = _SUBSCRIPTION.read(text[begin : end + 1].encode("utf-8", "replace"))
    if isinstance(found, Unreadable):
        return None
    return found
