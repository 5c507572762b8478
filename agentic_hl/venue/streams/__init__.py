"""The websocket without the socket: connections, subscriptions, frames."""

from agentic_hl.venue.streams.streams import Hub, StreamOptions

__all__ = ["Hub", "StreamOptions"]
