"""Limits: weight for each peer, requests for each address, and what one may do with sockets. Off unless asked for.

Assumed: weight flows back evenly over the minute.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

import msgspec

from agentic_hl.venue.protocol.catalogue import too_many_requests
from agentic_hl.venue.times import MINUTE_MS

__all__ = [
    "LIMITS_OFF",
    "AddressBudget",
    "Asked",
    "IpWeights",
    "Limits",
    "SocketLimits",
    "exchange_weight",
    "query_weight",
    "result_weight",
]


_LIGHT = frozenset(
    {"l2Book", "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState", "exchangeStatus"}
)
_WEIGHTS: Mapping[str, int] = MappingProxyType({**dict.fromkeys(_LIGHT, 2), "userRole": 60})
_QUERY_WEIGHT = 20
_PER_ITEMS: Mapping[str, int] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "recentTrades",
                "historicalOrders",
                "userFills",
                "userFillsByTime",
                "fundingHistory",
                "userFunding",
                "userNonFundingLedgerUpdates",
                "twapHistory",
                "userTwapSliceFills",
                "userTwapSliceFillsByTime",
            ),
            20,
        ),
        "candleSnapshot": 60,
    }
)
_BATCH_PER_WEIGHT = 40
_FIRST_REQUESTS = 10_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what is allowed; None is as much as one likes."""

    weight_per_minute: int | None = 1_200
    address_budget: int | None = 10_000
    """Requests that an address begins with; each USD traded adds one."""
    slow_every_ms: int = 10_000
    """One action in so long once the budget is spent."""
    connections: int | None = 10
    connections_per_minute: int | None = 30
    subscriptions: int | None = 1_000
    users: int | None = 15
    messages_per_minute: int | None = 2_000
    posts_in_flight: int | None = 100


LIMITS_OFF = Limits(
    weight_per_minute=None,
    address_budget=None,
    connections=None,
    connections_per_minute=None,
    subscriptions=None,
    users=None,
    messages_per_minute=None,
    posts_in_flight=None,
)


def query_weight(kind: str) -> int:
    """Return what asking costs."""
    return _WEIGHTS.get(kind, _QUERY_WEIGHT)


def result_weight(kind: str, items: int) -> int:
    """Return what the length of an answer adds."""
    per = _PER_ITEMS.get(kind)
    return 0 if per is None else items // per


def exchange_weight(batch: int) -> int:
    """Return what an action with so many orders or cancels costs."""
    return 1 + batch // _BATCH_PER_WEIGHT


class IpWeights:
    """How much weight each peer has left."""

    def __init__(self, limits: Limits) -> None:
        """Take the limits."""
        self._cap = limits.weight_per_minute
        self._left: dict[str, tuple[Decimal, int]] = {}

    def take(self, peer: str, weight: int, now: int) -> bool:
        """Take weight from a peer's minute, or refuse."""
        if self._cap is None:
            return True
        left = self._refilled(peer, now)
        allowed = left >= weight
        self._left[peer] = (left - weight if allowed else left, now)
        return allowed

    def owe(self, peer: str, weight: int, now: int) -> None:
        """Take weight for an answer that was given already, even below zero."""
        if self._cap is not None and weight:
            self._left[peer] = (self._refilled(peer, now) - weight, now)

    def _refilled(self, peer: str, now: int) -> Decimal:
        cap = Decimal(self._cap or 0)
        left, at = self._left.get(peer, (cap, now))
        return min(cap, left + cap * max(0, now - at) / MINUTE_MS)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an address did so far, and what it wants now."""

    address: str
    used: int
    items: int
    """Orders or cancels."""
    volume: Decimal
    """USD traded."""
    reserved: int = 0
    """Requests that were bought."""
    cancels: bool = False


class AddressBudget:
    """How many actions an address may still send, and when the next one is due once it may not.

    Refusals cost nothing and do not begin the wait anew.
    """

    def __init__(self, limits: Limits) -> None:
        """Take the limits."""
        self._limits = limits
        self._slow_until: dict[str, int] = {}

    def cap(self, volume: Decimal, reserved: int = 0) -> int:
        """Return the number of requests that a traded volume and what was bought besides allow."""
        first = self._limits.address_budget
        return (_FIRST_REQUESTS if first is None else first) + int(volume) + reserved

    def refusal(self, asked: Asked, now: int) -> str | None:
        """Return why an action is refused, or None where it may pass."""
        if self._limits.address_budget is None:
            return None
        cap = self.cap(asked.volume, asked.reserved)
        limit = min(cap + 100_000, 2 * cap) if asked.cancels else cap
        if asked.used + asked.items <= limit:
            return None
        if now >= self._slow_until.get(asked.address, 0):
            self._slow_until[asked.address] = now + self._limits.slow_every_ms
            return None
        return too_many_requests(asked.used + asked.items, limit, asked.volume)


class SocketLimits:
    """What the sockets of a peer did lately."""

    def __init__(self, limits: Limits) -> None:
        """Take the limits."""
        self.limits = limits
        self._opened: dict[str, deque[int]] = {}
        self._said: dict[str, deque[int]] = {}

    def may_open(self, peer: str, open_now: int, now: int) -> bool:
        """Count a new connection, or refuse it."""
        most = self.limits.connections
        if most is not None and open_now >= most:
            return False
        return _within(self._opened.setdefault(peer, deque()), self.limits.connections_per_minute, now)

    def may_speak(self, peer: str, now: int) -> bool:
        """Count a message, or refuse it."""
        return _within(self._said.setdefault(peer, deque()), self.limits.messages_per_minute, now)


def _within(times: deque[int], most: int | None, now: int) -> bool:
    if most is None:
        return True
    while times and times[0] <= now - MINUTE_MS:
        times.popleft()
    if len(times) >= most:
        return False
    times.append(now)
    return True
