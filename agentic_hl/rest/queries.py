"""The questions that can be put to `/info`: each a body to post and the reader of its answer.

Times are UTC milliseconds, users are addresses in any case, and `dex` is empty for the venue's own.
"""

from typing import Any, Generic, TypeVar

import msgspec

from agentic_core.errors import UsageError
from agentic_hl.wire.messages import answers
from agentic_hl.wire.messages.account import (
    AgentWallet,
    AssetSettings,
    ClearinghouseState,
    RateLimit,
    SpotState,
    UserRole,
)
from agentic_hl.wire.messages.answers import ANSWERS
from agentic_hl.wire.messages.fees import UserFees
from agentic_hl.wire.messages.fills import FundingUpdate, LedgerUpdate, WireFill
from agentic_hl.wire.messages.listings import Meta, PerpDex, SpotMeta
from agentic_hl.wire.messages.market import (
    ExchangeStatus,
    FundingRate,
    MarketPrint,
    MetaAndContexts,
    WireBook,
    WireCandle,
)
from agentic_hl.wire.messages.orders import OrderStatusAnswer, OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Reader

__all__ = [
    "Query",
    "all_mids",
    "approved_wallets",
    "asset_settings",
    "candle_snapshot",
    "clearinghouse_state",
    "exchange_status",
    "fills",
    "fills_by_time",
    "frontend_open_orders",
    "funding_history",
    "historical_orders",
    "l2_book",
    "ledger_updates",
    "meta",
    "meta_and_contexts",
    "open_orders",
    "order_status",
    "perp_dexs",
    "query_of",
    "rate_limit",
    "recent_prints",
    "spot_meta",
    "spot_state",
    "user_abstraction",
    "user_fees",
    "user_funding",
    "user_role",
]

_T = TypeVar("_T")


class Query(Generic[_T]):
    """One question."""

    __slots__ = ("body", "kind", "reader")

    def __init__(self, reader: Reader[_T], **fields: object) -> None:
        """Take the reader of the answer, which is named like the question, and the fields; None stays out."""
        self.reader = reader
        self.kind = reader.what
        """The `type` at the venue."""
        given = {name: value for name, value in fields.items() if value is not None}
        self.body = msgspec.json.encode({"type": reader.what, **given})
        """What is posted."""

    def __repr__(self) -> str:
        return f"Query({self.body.decode()})"


def query_of(kind: str, **fields: object) -> Query[Any]:
    """Return the question of any type that the wire can read an answer to.

    Raises:
        UsageError: it can read none of that type.

    >>> query_of("marginTable", id=56)
    Query({"type":"marginTable","id":56})
    """
    reader = ANSWERS.get(kind)
    if reader is None:
        raise UsageError(f"no answer of type {kind!r} can be read; known are {', '.join(sorted(ANSWERS))}")
    return Query(reader, **fields)


def meta(dex: str = "") -> Query[Meta]:
    """Ask what perpetuals a dex lists."""
    return Query(answers.META, dex=dex)


def meta_and_contexts(dex: str = "") -> Query[MetaAndContexts]:
    """Ask what perpetuals a dex lists, with the marks and funding of all."""
    return Query(answers.META_AND_CONTEXTS, dex=dex)


def perp_dexs() -> Query[tuple[PerpDex | None, ...]]:
    """Ask what dexes there are."""
    return Query(answers.PERP_DEXS)


def spot_meta() -> Query[SpotMeta]:
    """Ask what spot tokens and pairs there are."""
    return Query(answers.SPOT_META)


def all_mids(dex: str = "") -> Query[dict[str, str]]:
    """Ask for the mid of every coin of a dex."""
    return Query(ANSWERS["allMids"], dex=dex)


def l2_book(coin: str) -> Query[WireBook]:
    """Ask for a book of at most 20 levels a side."""
    return Query(answers.L2_BOOK, coin=coin)


def candle_snapshot(coin: str, interval: str, *, start: int, end: int) -> Query[tuple[WireCandle, ...]]:
    """Ask for the candles that opened from `start` on and up to `end`, both included; a negative start is cut off."""
    asked = {"coin": coin, "interval": interval, "startTime": max(0, start), "endTime": end}
    return Query(answers.CANDLES, req=asked)


def recent_prints(coin: str) -> Query[tuple[MarketPrint, ...]]:
    """Ask for the last executions between anybody."""
    return Query(answers.RECENT_PRINTS, coin=coin)


def funding_history(coin: str, *, start: int, end: int | None = None) -> Query[tuple[FundingRate, ...]]:
    """Ask for settled rates, oldest first, at most 500."""
    return Query(answers.FUNDING_HISTORY, coin=coin, startTime=start, endTime=end)


def exchange_status() -> Query[ExchangeStatus]:
    """Ask for the venue's clock and what is out of the ordinary."""
    return Query(answers.EXCHANGE_STATUS)


def clearinghouse_state(user: str, dex: str = "") -> Query[ClearinghouseState]:
    """Ask for an account's margin and positions."""
    return Query(answers.CLEARINGHOUSE_STATE, user=user, dex=dex)


def spot_state(user: str) -> Query[SpotState]:
    """Ask for an account's token balances."""
    return Query(answers.SPOT_STATE, user=user)


def asset_settings(user: str, coin: str) -> Query[AssetSettings]:
    """Ask for an account's leverage in a coin, also when flat."""
    return Query(answers.ACTIVE_ASSET, user=user, coin=coin)


def user_abstraction(user: str) -> Query[str]:
    """Ask for an account's mode."""
    return Query(answers.USER_ABSTRACTION, user=user)


def user_role(address: str) -> Query[UserRole]:
    """Ask what an address is: an account, a wallet that trades for one, a vault, a sub-account, or nothing."""
    return Query(answers.USER_ROLE, user=address)


def user_fees(user: str) -> Query[UserFees]:
    """Ask for an account's fee rates."""
    return Query(answers.USER_FEES, user=user)


def rate_limit(user: str) -> Query[RateLimit]:
    """Ask how many actions an account has left."""
    return Query(answers.RATE_LIMIT, user=user)


def approved_wallets(user: str) -> Query[tuple[AgentWallet, ...]]:
    """Ask for the named wallets that may trade for an account."""
    return Query(answers.APPROVED_WALLETS, user=user)


def open_orders(user: str, dex: str = "") -> Query[tuple[WireOrder, ...]]:
    """Ask for an account's open orders, without what triggers carry."""
    return Query(answers.OPEN_ORDERS, user=user, dex=dex)


def frontend_open_orders(user: str, dex: str = "") -> Query[tuple[WireOrder, ...]]:
    """Ask for an account's open orders with everything that is known of them."""
    return Query(answers.FRONTEND_OPEN_ORDERS, user=user, dex=dex)


def order_status(user: str, order: int | str) -> Query[OrderStatusAnswer]:
    """Ask what became of an order, by its number or by its client order id; about the last 2000 are known."""
    return Query(answers.ORDER_STATUS, user=user, oid=order)


def historical_orders(user: str) -> Query[tuple[OrderUpdate, ...]]:
    """Ask for an account's last orders, at most 2000."""
    return Query(answers.HISTORICAL_ORDERS, user=user)


def fills(user: str) -> Query[tuple[WireFill, ...]]:
    """Ask for an account's last fills, newest first, at most 2000."""
    return Query(answers.FILLS, user=user)


def fills_by_time(user: str, *, start: int, end: int | None = None) -> Query[tuple[WireFill, ...]]:
    """Ask for an account's fills from an instant on, oldest first, at most 2000."""
    return Query(answers.FILLS_BY_TIME, user=user, startTime=start, endTime=end, aggregateByTime=False)


def user_funding(user: str, *, start: int, end: int | None = None) -> Query[tuple[FundingUpdate, ...]]:
    """Ask for what an account paid or received in funding, oldest first, at most 500."""
    return Query(answers.FUNDING, user=user, startTime=start, endTime=end)


def ledger_updates(user: str, *, start: int, end: int | None = None) -> Query[tuple[LedgerUpdate, ...]]:
    """Ask for an account's deposits, withdrawals and transfers, oldest first, at most 500."""
    return Query(answers.LEDGER, user=user, startTime=start, endTime=end)
