"""What requests cost: weight per IP address, and actions per account address.

Limits change; these are the documented ones of 2026.
"""

from collections.abc import Mapping

import msgspec

from agentic_hl.wire.actions import BatchModify, Cancel, CancelByCloid, MultiSig, PlaceOrders, UserSignedAction
from agentic_hl.wire.packing import Packable

__all__ = [
    "ACTIONS_MAX",
    "ADDRESS_LIMITS",
    "IP_WEIGHT_PER_MINUTE",
    "QUERY_WEIGHTS",
    "STREAM_LIMITS",
    "AddressLimits",
    "StreamLimits",
    "action_ip_weight",
    "address_cost",
    "items_weight",
    "query_weight",
]

IP_WEIGHT_PER_MINUTE = 1200
ACTIONS_MAX = 200
"""Orders, cancels or replacements in one action; more are refused as a whole.

Assumed on mainnet (13.8); seen on testnet.
"""

_QUERY_WEIGHT = 20
_BATCH_PER_WEIGHT = 40
QUERY_WEIGHTS: Mapping[str, int] = {
    "allMids": 2,
    "clearinghouseState": 2,
    "exchangeStatus": 2,
    "l2Book": 2,
    "orderStatus": 2,
    "spotClearinghouseState": 2,
    "userRole": 60,
}
"""Requests to `/info` that do not cost 20."""

_ITEMS_PER_WEIGHT: Mapping[str, int] = {
    "candleSnapshot": 60,
    "delegatorHistory": 20,
    "delegatorRewards": 20,
    "fundingHistory": 20,
    "historicalOrders": 20,
    "recentTrades": 20,
    "twapHistory": 20,
    "userFills": 20,
    "userFillsByTime": 20,
    "userFunding": 20,
    "userNonFundingLedgerUpdates": 20,
    "userTwapSliceFills": 20,
    "userTwapSliceFillsByTime": 20,
    "validatorStats": 20,
}


class AddressLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The budget of an account's actions over its whole life; `userRateLimit` tells where it stands."""

    start: int = 10_000
    """Actions an account has before it has ever executed anything."""
    per_usd: int = 1
    """Actions that each dollar of volume adds."""
    cancels_extra_max: int = 100_000
    """Cancels get twice the limit, and at most this much more than the limit."""
    exhausted_ms: int = 10_000
    """With the budget used up, one action passes in this time."""
    stale_cost: int = 5
    """What an action costs that arrived after its expiry."""

    def cancels(self, limit: int) -> int:
        """Return the limit of cancels where the limit of other actions is `limit`.

        >>> ADDRESS_LIMITS.cancels(10_000), ADDRESS_LIMITS.cancels(500_000)
        (20000, 600000)
        """
        return min(limit + self.cancels_extra_max, 2 * limit)


class StreamLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one IP address may do with websockets.

    Assumed (13.3): ten users; the text of the error says fifteen, and the smaller one is safe.
    """

    connections: int = 10
    connections_per_minute: int = 30
    subscriptions: int = 1000
    users: int = 10
    messages_per_minute: int = 2000
    posts_under_way: int = 100


ADDRESS_LIMITS = AddressLimits()
STREAM_LIMITS = StreamLimits()


def query_weight(kind: str) -> int:
    """Return what asking `/info` for a type costs, before its answer is counted."""
    return QUERY_WEIGHTS.get(kind, _QUERY_WEIGHT)


def items_weight(kind: str, items: int) -> int:
    """Return what the items of an answer cost on top.

    Assumed (W-11): a part that was begun counts whole.

    >>> items_weight("candleSnapshot", 121), items_weight("meta", 500)
    (3, 0)
    """
    per = _ITEMS_PER_WEIGHT.get(kind)
    return -(-items // per) if per else 0


def action_ip_weight(action: Packable | UserSignedAction) -> int:
    """Return what sending an action costs the IP address: 1, and 1 more for each 40 of a batch."""
    return 1 + address_cost(action) // _BATCH_PER_WEIGHT


def address_cost(action: Packable | UserSignedAction) -> int:
    """Return what an action costs the account's address: each order, cancel and replacement counts.

    Assumed (W-12): an agent wallet's actions count against the account it acts for, and an empty batch as one.
    """
    match action:
        case PlaceOrders():
            return max(1, len(action.orders))
        case Cancel() | CancelByCloid():
            return max(1, len(action.cancels))
        case BatchModify():
            return max(1, len(action.modifies))
        case MultiSig():
            return address_cost(action.payload.action)
        case _:
            return 1
