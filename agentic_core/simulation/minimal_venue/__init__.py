"""A venue without an order book, for simulating everything around it.

Orders fill at the mark or rest. What matters for safety is exact: nonces work at most once, an expiry is judged by
venue time, reads lag, and links lose, delay, repeat and reorder what they carry. It shares no code with brokers or
execution, so that each checks the other.
"""

from agentic_core.simulation.minimal_venue.links import MinimalLink
from agentic_core.simulation.minimal_venue.messages import (
    AskFills,
    AskOrder,
    AskPositions,
    Burn,
    Cancel,
    Done,
    Executed,
    FillsFound,
    NoReply,
    NothingLeft,
    OrderError,
    OrderFound,
    OrderStanding,
    OrderUnknown,
    Place,
    PositionsFound,
    Reply,
    Request,
    RequestError,
    Rests,
    ServerError,
)
from agentic_core.simulation.minimal_venue.nonces import NonceBook
from agentic_core.simulation.minimal_venue.venue import MinimalVenue

__all__ = [
    "AskFills",
    "AskOrder",
    "AskPositions",
    "Burn",
    "Cancel",
    "Done",
    "Executed",
    "FillsFound",
    "MinimalLink",
    "MinimalVenue",
    "NoReply",
    "NonceBook",
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
]
