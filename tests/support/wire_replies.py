"""What `/exchange` answers, by the shapes the venue is known to write, and every error text that is known of it."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

__all__ = ["BANDED", "ERROR_STRINGS", "ITEM_ERRORS", "REPLY_EXAMPLES", "REQUEST_ERRORS", "ok", "refused"]

_ONE, _OTHER = "0x" + "1a" * 20, "0x" + "2b" * 20

ITEM_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "Price must be divisible by tick size.": "price_step",
        "Order has invalid price.": "price_invalid",
        "Order has invalid size.": "size_invalid",
        "Order has zero size.": "size_invalid",
        "Order must have minimum value of $10.": "below_minimum",
        "Order must have minimum value of 10 USDC.": "below_minimum",
        "Insufficient margin to place order.": "margin",
        "Insufficient spot balance": "spot_balance",
        "Post only order would have immediately matched, bbo was 77558@77559.": "would_match",
        "Order could not immediately match against any resting orders.": "no_match",
        "Invalid TP/SL price.": "trigger_price",
        "No liquidity available for market order.": "no_liquidity",
        "Reduce only order would increase position.": "reduce_only",
        "Order would increase open interest while open interest is capped": "open_interest",
        "Order rejected due to price more aggressive than oracle while at open interest cap": "open_interest",
        "Order would increase open interest too quickly": "open_interest",
        "Order price too far from oracle": "too_far",
        "Order price cannot be more than 80% away from the reference price": "too_far",
        "Order price cannot be more than 95% away from the reference price": "too_far",
        "Order would cause position to exceed margin tier limit at current leverage": "position_limit",
        "Too many open orders": "too_many_orders",
        "Trading is halted.": "halted",
        "Only post-only orders allowed immediately after a network upgrade": "post_only_phase",
        "Builder fee has not been approved.": "builder_fee",
        "Insufficient delegatable balance for priority order": "priority_fee",
        "Order was never placed, already canceled, or filled.": "order_gone",
    }
)
"""By text, the class; of one order or cancel."""

REQUEST_ERRORS: Mapping[str, str] = MappingProxyType(
    {
        f"User or API Wallet {_ONE} does not exist.": "wallet_unknown",
        f"L1 error: User or API Wallet {_ONE} does not exist.": "wallet_unknown",
        f"Must deposit before performing actions. User: {_ONE}": "no_deposit",
        "Invalid nonce: duplicate nonce 1785000000000": "nonce_used",
        "Action already expired": "expired",
        f"Vault not registered: {_ONE}": "not_registered",
        f"Vault/Sub-account {_ONE} is not registered to {_OTHER}": "not_registered",
        f"Sub-account {_ONE} is not registered to {_OTHER}": "not_registered",
        "Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0. Place taker orders to free "
        "up 1 request per USDC traded.": "address_limit",
        "Signed action over weight limit of 200.": "batch_too_large",
        "Cannot switch leverage type with open position.": "leverage",
        "Invalid leverage value": "leverage",
        "Cross margin is not allowed for this asset.": "leverage",
        "Isolated position does not have sufficient margin available to decrease leverage. Add margin.": "leverage",
        "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $12.": (
            "scheduled_cancel"
        ),
        "Too many scheduled cancels triggered for the day.": "scheduled_cancel",
        "Action disabled when unified account is active": "account_mode",
        "Abstraction transition not allowed": "account_mode",
        "Portfolio margin requires account value of $10000 or total volume of $5000000.": "account_mode",
        "User has pending agent removal": "removal_pending",
        "Agent can only send asset to same user or their sub-accounts": "wallet_rights",
    }
)
"""By text, the class; of a whole request."""

ERROR_STRINGS = (*(f"{text} asset=5" for text in ITEM_ERRORS), *REQUEST_ERRORS)


def ok(kind: str, payload: object = None) -> bytes:
    """Write an answer to a request that was taken."""
    response = {"type": kind} if payload is None else {"type": kind, "data": payload}
    return msgspec.json.encode({"status": "ok", "response": response})


def refused(text: str) -> bytes:
    """Write the refusal of a whole request."""
    return msgspec.json.encode({"status": "err", "response": text})


BANDED = {"error": "Order price cannot be more than 80% away from the reference price asset=5"}
REPLY_EXAMPLES = (
    ok(
        "order",
        {
            "statuses": [
                {"resting": {"oid": 77738308, "cloid": "0x0000000000000000000000000000beef"}},
                {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 77747314}},
                {"error": "Order must have minimum value of $10. asset=5"},
                "waitingForFill",
                "waitingForTrigger",
            ]
        },
    ),
    ok("cancel", {"statuses": ["success", {"error": "Order was never placed, already canceled, or filled. asset=1"}]}),
    ok("default"),
    ok("twapOrder", {"status": {"running": {"twapId": 77738308}}}),
    ok("twapOrder", {"status": {"error": "Invalid TWAP duration: 1 min(s)"}}),
    ok("twapCancel", {"status": "success"}),
    ok("createSubAccount", _ONE),
    *map(refused, REQUEST_ERRORS),
    b"null",
    b"Failed to deserialize the JSON body into the target type",
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>",
)
"""Bodies; the last three come with other statuses than 200."""
