"""What the venue's error texts mean, and what each proves about the order it was an answer to.

The catalogue pins texts by how they begin; a text that is not in it proves nothing. The venue appends ` asset=<n>` to
many. What nobody has tried on the real network carries the id of an assumption of `agentic_hl.wire.assumptions`.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

__all__ = ["CATALOGUE", "Entry", "ErrorClass", "Proof", "Refusal", "Scope", "classify"]


class Proof(StrEnum):
    """What an answer proves about what it answers."""

    NOTHING_EXECUTED = "nothing_executed"
    """The venue looked at it and did nothing, so it is dead: as long as the request was sent only once."""
    NOT_THIS_COPY = "not_this_copy"
    """This copy of the request did nothing; an earlier one, or one somebody made on the way, may have."""
    PROVES_NOTHING = "proves_nothing"


class Scope(StrEnum):
    """What an error text stands for."""

    ITEM = "item"
    """One order or cancel of a request."""
    REQUEST = "request"
    """The whole request."""


class ErrorClass(StrEnum):
    """What went wrong, in the venue's eyes."""

    PRICE_STEP = "price_step"
    PRICE_INVALID = "price_invalid"
    SIZE_INVALID = "size_invalid"
    BELOW_MINIMUM = "below_minimum"
    MARGIN = "margin"
    SPOT_BALANCE = "spot_balance"
    REDUCE_ONLY = "reduce_only"
    WOULD_MATCH = "would_match"
    """A post-only order would have taken."""
    NO_MATCH = "no_match"
    """An IOC order found nothing to take."""
    TRIGGER_PRICE = "trigger_price"
    NO_LIQUIDITY = "no_liquidity"
    TOO_FAR = "too_far"
    """The price is too far from the oracle or the reference price."""
    OPEN_INTEREST = "open_interest"
    POSITION_LIMIT = "position_limit"
    TOO_MANY_ORDERS = "too_many_orders"
    HALTED = "halted"
    POST_ONLY_PHASE = "post_only_phase"
    """Only post-only orders are taken, for a while after an upgrade of the network."""
    BUILDER_FEE = "builder_fee"
    PRIORITY_FEE = "priority_fee"
    ORDER_GONE = "order_gone"
    """A cancel found no live order: never placed, canceled, or filled; it does not say which."""
    WALLET_UNKNOWN = "wallet_unknown"
    """The recovered signer is nobody: an ended agent wallet, the wrong network, or a wrong hash."""
    NO_DEPOSIT = "no_deposit"
    """The recovered signer has no account: very often a wrong hash."""
    NONCE_USED = "nonce_used"
    NONCE_INVALID = "nonce_invalid"
    EXPIRED = "expired"
    NOT_REGISTERED = "not_registered"
    """The sub-account or pooled vault is not the signer's."""
    ADDRESS_LIMIT = "address_limit"
    BATCH_TOO_LARGE = "batch_too_large"
    LEVERAGE = "leverage"
    SCHEDULED_CANCEL = "scheduled_cancel"
    ACCOUNT_MODE = "account_mode"
    REMOVAL_PENDING = "removal_pending"
    """An agent wallet is still being removed; the next approval has to wait."""
    WALLET_RIGHTS = "wallet_rights"
    """An agent wallet may not do this."""
    UNKNOWN = "unknown"


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One text of the catalogue."""

    prefix: str
    error_class: ErrorClass
    proof: Proof = Proof.NOTHING_EXECUTED
    transient: bool = False
    """Whether the same request may be taken later without anything else having changed."""
    assumed: str | None = None
    """The assumption its text or its proof rests on."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An error text and what it means."""

    text: str
    scope: Scope
    error_class: ErrorClass
    proof: Proof
    transient: bool = False
    asset: int | None = None
    """The asset id the text ends in."""
    address: str | None = None
    """The first address the text names, lower-case: of an unknown wallet, whom the venue recovered."""


_PLAIN = {
    "Price must be divisible by tick size": ErrorClass.PRICE_STEP,
    "Order has invalid price": ErrorClass.PRICE_INVALID,
    "Order has invalid size": ErrorClass.SIZE_INVALID,
    "Order has zero size": ErrorClass.SIZE_INVALID,
    "Insufficient margin to place order": ErrorClass.MARGIN,
    "Insufficient spot balance": ErrorClass.SPOT_BALANCE,
    "Reduce only order would increase position": ErrorClass.REDUCE_ONLY,
    "Post only order would have immediately matched": ErrorClass.WOULD_MATCH,
    "Order could not immediately match against any resting orders": ErrorClass.NO_MATCH,
    "Invalid TP/SL price": ErrorClass.TRIGGER_PRICE,
    "No liquidity available for market order": ErrorClass.NO_LIQUIDITY,
    "Order price too far from oracle": ErrorClass.TOO_FAR,
    "Order would increase open interest": ErrorClass.OPEN_INTEREST,
    "Order rejected due to price more aggressive than oracle": ErrorClass.OPEN_INTEREST,
    "Order would cause position to exceed margin tier limit": ErrorClass.POSITION_LIMIT,
    "Too many open orders": ErrorClass.TOO_MANY_ORDERS,
    "Builder fee has not been approved": ErrorClass.BUILDER_FEE,
    "Insufficient delegatable balance for priority order": ErrorClass.PRIORITY_FEE,
    "User or API Wallet ": ErrorClass.WALLET_UNKNOWN,
    "Must deposit before performing actions": ErrorClass.NO_DEPOSIT,
    "Cannot switch leverage type with open position": ErrorClass.LEVERAGE,
    "Invalid leverage value": ErrorClass.LEVERAGE,
    "Cross margin is not allowed for this asset": ErrorClass.LEVERAGE,
    "Isolated position does not have sufficient margin": ErrorClass.LEVERAGE,
    "Cannot set scheduled cancel time": ErrorClass.SCHEDULED_CANCEL,
    "Too many scheduled cancels triggered": ErrorClass.SCHEDULED_CANCEL,
    "Action disabled when unified account is active": ErrorClass.ACCOUNT_MODE,
    "Abstraction transition not allowed": ErrorClass.ACCOUNT_MODE,
    "Portfolio margin requires account value": ErrorClass.ACCOUNT_MODE,
    "Agent can only send asset to same user": ErrorClass.WALLET_RIGHTS,
}
_ASSUMED_TEXTS = (
    ("Order must have minimum value of ", ErrorClass.BELOW_MINIMUM, "13.4"),
    ("Order price cannot be more than ", ErrorClass.TOO_FAR, "13.7"),
    ("Signed action over weight limit", ErrorClass.BATCH_TOO_LARGE, "13.8"),
    ("Cross position does not have sufficient margin", ErrorClass.LEVERAGE, "W-3"),
    ("Vault", ErrorClass.NOT_REGISTERED, "W-4"),
    ("Sub-account", ErrorClass.NOT_REGISTERED, "W-4"),
)

CATALOGUE: tuple[Entry, ...] = (
    *(Entry(prefix=prefix, error_class=known) for prefix, known in _PLAIN.items()),
    *(Entry(prefix=prefix, error_class=known, assumed=why) for prefix, known, why in _ASSUMED_TEXTS),
    Entry(prefix="Trading is halted", error_class=ErrorClass.HALTED, transient=True),
    Entry(
        prefix="Only post-only orders allowed",
        error_class=ErrorClass.POST_ONLY_PHASE,
        transient=True,
        assumed="A-10",
    ),
    Entry(prefix="Too many cumulative requests sent", error_class=ErrorClass.ADDRESS_LIMIT, transient=True),
    Entry(prefix="User has pending agent removal", error_class=ErrorClass.REMOVAL_PENDING, transient=True),
    Entry(
        prefix="Order was never placed, already canceled, or filled",
        error_class=ErrorClass.ORDER_GONE,
        proof=Proof.PROVES_NOTHING,
    ),
    Entry(
        prefix="Invalid nonce: duplicate nonce",
        error_class=ErrorClass.NONCE_USED,
        proof=Proof.NOT_THIS_COPY,
        assumed="A-2",
    ),
    Entry(prefix="Invalid nonce", error_class=ErrorClass.NONCE_INVALID, proof=Proof.NOT_THIS_COPY, assumed="A-2"),
    Entry(prefix="Action already expired", error_class=ErrorClass.EXPIRED, proof=Proof.NOT_THIS_COPY, assumed="A-2"),
)
"""Every pinned text; where two begin a text, the longer one counts."""

_HOLDS: Mapping[ErrorClass, str] = MappingProxyType(
    {ErrorClass.WALLET_UNKNOWN: "does not exist", ErrorClass.NOT_REGISTERED: "not registered"}
)
"""What a text must hold besides, where its beginning alone says too little."""

_OLD_PREFIX = "L1 error: "
_BY_LENGTH = sorted(CATALOGUE, key=lambda entry: -len(entry.prefix))
_asset_of = re.compile(r" asset=([0-9]{1,12})\.?$", re.ASCII).search
_address_of = re.compile(r"0x[0-9a-fA-F]{40}(?![0-9a-fA-F])", re.ASCII).search


def classify(text: str, scope: Scope) -> Refusal:
    """Return what an error text means; one that is not pinned is UNKNOWN and proves nothing.

    >>> refusal = classify("Insufficient margin to place order. asset=5", Scope.ITEM)
    >>> refusal.error_class.value, refusal.proof.value, refusal.asset
    ('margin', 'nothing_executed', 5)
    >>> classify("Invalid nonce: duplicate nonce 1785000000000", Scope.REQUEST).proof.value
    'not_this_copy'
    """
    entry = _entry_of(text.removeprefix(_OLD_PREFIX))
    asset, address = _asset_of(text), _address_of(text)
    return Refusal(
        text=text,
        scope=scope,
        error_class=entry.error_class if entry else ErrorClass.UNKNOWN,
        proof=entry.proof if entry else Proof.PROVES_NOTHING,
        transient=entry.transient if entry else False,
        asset=int(asset[1]) if asset else None,
        address=address[0].lower() if address else None,
    )


def _entry_of(text: str) -> Entry | None:
    for entry in _BY_LENGTH:
        if text.startswith(entry.prefix) and _HOLDS.get(entry.error_class, "") in text:
            return entry
    return None
