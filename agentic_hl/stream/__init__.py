"""One websocket to the venue: a session that decides without I/O, and a thin shell over a given transport."""

from agentic_hl.stream.allowance import LinkAllowance, link_bucket
from agentic_hl.stream.arrivals import Entry
from agentic_hl.stream.backoff import JITTER_ONE, Backoff
from agentic_hl.stream.connection import Connection, GapFilled, LinkChanged, StreamEvent, StreamListener
from agentic_hl.stream.effects import Complaint, Deliver, Drop, Effect, FreshnessChanged, GapNeeded, Refused, Transmit
from agentic_hl.stream.feed import FEED_MOVES, FeedEvent, FeedState, StreamTimings
from agentic_hl.stream.session import PING, Session
from agentic_hl.stream.topics import TOPIC_KINDS, Topic, TopicKind, account_topic, coin_topic
from agentic_hl.stream.transport import LinkEnded, NotConnected, StreamLink, StreamTransport

__all__ = [
    "FEED_MOVES",
    "JITTER_ONE",
    "PING",
    "TOPIC_KINDS",
    "Backoff",
    "Complaint",
    "Connection",
    "Deliver",
    "Drop",
    "Effect",
    "Entry",
    "FeedEvent",
    "FeedState",
    "FreshnessChanged",
    "GapFilled",
    "GapNeeded",
    "LinkAllowance",
    "LinkChanged",
    "LinkEnded",
    "NotConnected",
    "Refused",
    "Session",
    "StreamEvent",
    "StreamLink",
    "StreamListener",
    "StreamTimings",
    "StreamTransport",
    "Topic",
    "TopicKind",
    "Transmit",
    "account_topic",
    "coin_topic",
    "link_bucket",
]
