"""What the venue says when it refuses, word for word.

Clients match these texts by prefix, so they are part of the protocol. Every text about one order carries the suffix
that `of_asset` adds. Texts marked *assumed* are ours: nobody has recorded the venue's.
"""

from decimal import Decimal

from agentic_hl.venue.protocol.numbers import dollars

__all__ = [
    "ABSTRACTION_TRANSITION",
    "ALO_CLEARS",
    "BAD_AMOUNT",
    "BAD_DECIMALS",
    "BAD_DEX",
    "BAD_PRICE",
    "BAD_SIZE",
    "BAD_TRIGGER_PRICE",
    "BUILDER_FEE",
    "BUILDER_FEE_RATE",
    "CANCEL_MISSED",
    "CROSS_NOT_ALLOWED",
    "DUPLICATE_NONCE",
    "EXPIRED",
    "EXPIRY_ON_USER_SIGNED",
    "HALTED",
    "INVALID_LEVERAGE",
    "IOC_MISSED",
    "ISOLATED_MARGIN_SHORT",
    "LEVERAGE_TYPE_OPEN",
    "MARGIN",
    "MIN_NOTIONAL",
    "MODIFY_MISSED",
    "MULTI_SIG_OUTER",
    "NONCE_MISMATCH",
    "NOT_DESERIALIZED",
    "NOT_ISOLATED",
    "NO_BALANCE_TO_SEND",
    "NO_BALANCE_TO_WITHDRAW",
    "NO_LIQUIDITY",
    "OI_CAPPED",
    "OI_CAPPED_AGGRESSIVE",
    "OI_TOO_QUICK",
    "ORACLE_DISTANCE",
    "OVER_WEIGHT",
    "PENDING_REMOVAL",
    "PORTFOLIO_MARGIN",
    "POSITION_LIMIT",
    "POST_ONLY_PERIOD",
    "PRIORITY_CANCEL_OF_TRIGGER",
    "PRIORITY_UNPAID",
    "REDUCE_ONLY",
    "REFERENCE_BAND",
    "REFERRAL_SET",
    "REFERRAL_UNKNOWN",
    "SAME_ACCOUNT",
    "SCHEDULE_TOO_MANY",
    "SCHEDULE_TOO_SOON",
    "SIGNER_UNRECOVERABLE",
    "SPOT_BALANCE",
    "SUB_ACCOUNT_NAME",
    "SUB_ACCOUNT_TOO_MANY",
    "TICK",
    "TOO_MANY_OPEN",
    "UNIFIED_DISABLES",
    "VAULT_ON_USER_SIGNED",
    "WALLET_NAME_LENGTH",
    "WALLET_SENDS_TO_OTHERS",
    "WALLET_USED",
    "WALLET_VALID_UNTIL",
    "WRONG_NETWORK",
    "ZERO_AMOUNT",
    "ZERO_SIZE",
    "duplicate_nonce",
    "must_deposit",
    "nonce_too_high",
    "nonce_too_low",
    "not_simulated",
    "of_asset",
    "post_only_clears",
    "schedule_volume",
    "sub_account_transfer",
    "sub_account_volume",
    "too_many_requests",
    "unknown_signer",
    "unknown_token",
    "vault_not_registered",
    "wallet_limit",
]

# ── the request as a whole is not understood: HTTP 422 ───────────────────────────────────────────────────────────────

NOT_DESERIALIZED = "Failed to deserialize the JSON body into the target type"

# ── one order: inside `statuses` ─────────────────────────────────────────────────────────────────────────────────────

TICK = "Price must be divisible by tick size."
BAD_PRICE = "Order has invalid price."
BAD_SIZE = "Order has invalid size."
ZERO_SIZE = "Order has zero size."
MIN_NOTIONAL = "Order must have minimum value of $10."
MARGIN = "Insufficient margin to place order."
SPOT_BALANCE = "Insufficient spot balance"
ALO_CLEARS = "Post only order would have immediately matched, bbo was "
IOC_MISSED = "Order could not immediately match against any resting orders."
BAD_TRIGGER_PRICE = "Invalid TP/SL price."
NO_LIQUIDITY = "No liquidity available for market order."
REDUCE_ONLY = "Reduce only order would increase position."
OI_CAPPED = "Order would increase open interest while open interest is capped"
OI_CAPPED_AGGRESSIVE = "Order rejected due to price more aggressive than oracle while at open interest cap"
OI_TOO_QUICK = "Order would increase open interest too quickly"
ORACLE_DISTANCE = "Order price too far from oracle"
REFERENCE_BAND = "Order price cannot be more than 80% away from the reference price"
POSITION_LIMIT = "Order would cause position to exceed margin tier limit at current leverage"
TOO_MANY_OPEN = "Too many open orders"
HALTED = "Trading is halted."
POST_ONLY_PERIOD = "Only post-only orders allowed immediately after a network upgrade"
BUILDER_FEE = "Builder fee has not been approved."
PRIORITY_UNPAID = "Insufficient delegatable balance for priority order"
CANCEL_MISSED = "Order was never placed, already canceled, or filled."
MODIFY_MISSED = "Cannot modify canceled or filled order"
PRIORITY_CANCEL_OF_TRIGGER = "Trigger orders cannot be canceled with priority."
"""Assumed."""

# ── the whole request: `status: err` ─────────────────────────────────────────────────────────────────────────────────

OVER_WEIGHT = "Signed action over weight limit of 200."
SIGNER_UNRECOVERABLE = "Unable to recover signer."
MULTI_SIG_OUTER = "Invalid multi-sig outer signer"
WRONG_NETWORK = "Mainnet and testnet require different signature."
NONCE_MISMATCH = "Nonce mismatch."
DUPLICATE_NONCE = "Invalid nonce: duplicate nonce "
EXPIRED = "Action already expired"
EXPIRY_ON_USER_SIGNED = "expiresAfter is not supported for user-signed actions."
"""Assumed; that they are refused is known."""
VAULT_ON_USER_SIGNED = "Vault may not perform this action."

LEVERAGE_TYPE_OPEN = "Cannot switch leverage type with open position."
INVALID_LEVERAGE = "Invalid leverage value"
CROSS_NOT_ALLOWED = "Cross margin is not allowed for this asset."
NOT_ISOLATED = "Position does not use isolated margin."
ISOLATED_MARGIN_SHORT = "Isolated position does not have sufficient margin available to decrease leverage."

SCHEDULE_TOO_SOON = "Scheduled cancel time must be at least 5 seconds from now."
"""Assumed."""
SCHEDULE_TOO_MANY = "Too many scheduled cancels triggered for the day."

UNIFIED_DISABLES = "Action disabled when unified account is active"
ABSTRACTION_TRANSITION = "Abstraction transition not allowed"
PORTFOLIO_MARGIN = "Portfolio margin requires account value of $10000 or total volume of $5000000."

PENDING_REMOVAL = "User has pending agent removal"
WALLET_VALID_UNTIL = "Agent valid_until already expired."
"""Said also of a moment too far ahead."""
WALLET_NAME_LENGTH = "Extra agent name must be between 1 and 16 characters long"
WALLET_USED = "Extra agent already used."
WALLET_SENDS_TO_OTHERS = "Agent can only send asset to same user or their sub-accounts."

NO_BALANCE_TO_WITHDRAW = "Insufficient balance for withdrawal."
NO_BALANCE_TO_SEND = "Insufficient balance for token transfer"
BAD_AMOUNT = "Invalid decimal number"
BAD_DECIMALS = "Invalid number of decimals"
ZERO_AMOUNT = "Send amount cannot be zero"
SAME_ACCOUNT = "Invalid send"
BAD_DEX = "Invalid perp DEX"

BUILDER_FEE_RATE = "Invalid max builder fee rate."
"""Assumed."""
REFERRAL_UNKNOWN = "Referral code not registered"
REFERRAL_SET = "Referrer already set."
"""Assumed."""
SUB_ACCOUNT_NAME = "Sub-account name must be between 1 and 16 characters long and not in use."
"""Assumed."""
SUB_ACCOUNT_TOO_MANY = "Too many sub-accounts."
"""Assumed."""


def of_asset(text: str, asset: int) -> str:
    """Add the suffix that the venue puts behind texts about one order.

    >>> of_asset(TICK, 4)
    'Price must be divisible by tick size. asset=4'
    """
    return f"{text} asset={asset}"


def post_only_clears(bid: str, ask: str) -> str:
    """Say what a post-only order would have met."""
    return f"{ALO_CLEARS}{bid}@{ask}."


def unknown_signer(address: str) -> str:
    """Say that the signer of a trading action is nobody; it names the recovered address."""
    return f"User or API Wallet {address} does not exist."


def must_deposit(address: str) -> str:
    """Say that the signer is a user without an account."""
    return f"Must deposit before performing actions. User: {address}"


def duplicate_nonce(nonce: int) -> str:
    """Say that this nonce was used."""
    return f"{DUPLICATE_NONCE}{nonce}"


def nonce_too_low(nonce: int, least: int) -> str:
    """Say that a nonce lies before the window or below the hundred highest."""
    return f"Invalid nonce: nonce too low {nonce} < {least}"


def nonce_too_high(nonce: int, most: int) -> str:
    """Say that a nonce lies beyond the window."""
    return f"Invalid nonce: nonce too high {nonce} > {most}"


def vault_not_registered(address: str) -> str:
    """Say that the account to act for is none of the signer's."""
    return f"Vault not registered: {address}"


def too_many_requests(used: int, cap: int, volume: Decimal) -> str:
    """Say that an address has used up its requests."""
    return (
        f"Too many cumulative requests sent ({used} > {cap}) for cumulative volume traded {dollars(volume)}. "
        "Place taker orders to free up 1 request per USDC traded."
    )


def schedule_volume(required: Decimal, volume: Decimal) -> str:
    """Say that the dead-man switch wants more volume first."""
    return (
        "Cannot set scheduled cancel time until enough volume traded. "
        f"Required: {dollars(required)}. Traded: {dollars(volume)}."
    )


def sub_account_volume(required: Decimal, volume: Decimal) -> str:
    """Say that sub-accounts want more volume first."""
    return (
        "Cannot create sub-accounts until enough volume traded. "
        f"Required: {dollars(required)}. Traded: {dollars(volume)}."
    )


def sub_account_transfer(master: str, address: str) -> str:
    """Say that an account is no sub-account of the sender."""
    return f"Invalid sub-account transfer from {master} to {address}"


def wallet_limit(limit: int) -> str:
    """Say that a master has as many named agents as it may."""
    return f"Too many extra agents for cumulative volume traded. Current limit is {limit}"


def unknown_token(token: str) -> str:
    """Say that a token does not exist here."""
    return f"Unknown token {token}"


def not_simulated(action: str) -> str:
    """Say that this venue knows an action and does not simulate it; the real one would."""
    return f"{action} is not simulated by this venue."
