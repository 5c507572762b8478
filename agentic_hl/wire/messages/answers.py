"""One reader for every question that can be put to `/info`.

`ANSWERS[kind]` is the reader of a question's type; the constants are the same ones with their types known.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from agentic_hl.wire.messages.account import (
    AgentWallet,
    AssetSettings,
    ClearinghouseState,
    RateLimit,
    SpotState,
    SubAccount,
    UserRole,
    VaultEquity,
)
from agentic_hl.wire.messages.fees import Period, Referral, UserFees
from agentic_hl.wire.messages.fills import FundingUpdate, LedgerUpdate, TwapSliceFill, WireFill
from agentic_hl.wire.messages.legacy import LegacyState, LegalCheck, LiquidatableUser
from agentic_hl.wire.messages.listings import MarginTable, Meta, OutcomeMeta, PerpDex, SpotMeta
from agentic_hl.wire.messages.market import (
    ExchangeStatus,
    FundingRate,
    MarketPrint,
    MetaAndContexts,
    PredictedFunding,
    SpotMetaAndContexts,
    WireBook,
    WireCandle,
)
from agentic_hl.wire.messages.orders import OrderStatusAnswer, OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Reader, any_reader
from agentic_hl.wire.messages.twaps import TwapRecord

__all__ = [
    "ACTIVE_ASSET",
    "ALL_PERP_METAS",
    "ANSWERS",
    "APPROVED_WALLETS",
    "CANDLES",
    "CLEARINGHOUSE_STATE",
    "EXCHANGE_STATUS",
    "FILLS",
    "FILLS_BY_TIME",
    "FRONTEND_OPEN_ORDERS",
    "FUNDING",
    "FUNDING_HISTORY",
    "HISTORICAL_ORDERS",
    "L2_BOOK",
    "LEDGER",
    "META",
    "META_AND_CONTEXTS",
    "OPEN_ORDERS",
    "ORDER_STATUS",
    "PERP_DEXS",
    "RATE_LIMIT",
    "RECENT_PRINTS",
    "SPOT_META",
    "SPOT_META_AND_CONTEXTS",
    "SPOT_STATE",
    "USER_ABSTRACTION",
    "USER_FEES",
    "USER_ROLE",
]

META = Reader(Meta, "meta")
ALL_PERP_METAS = Reader(tuple[Meta, ...], "allPerpMetas")
META_AND_CONTEXTS = Reader(MetaAndContexts, "metaAndAssetCtxs")
PERP_DEXS = Reader(tuple[PerpDex | None, ...], "perpDexs")
"""By dex index: the first entry is the venue's own and None."""

SPOT_META = Reader(SpotMeta, "spotMeta")
SPOT_META_AND_CONTEXTS = Reader(SpotMetaAndContexts, "spotMetaAndAssetCtxs")

L2_BOOK = Reader(WireBook, "l2Book")
CANDLES = Reader(tuple[WireCandle, ...], "candleSnapshot")
RECENT_PRINTS = Reader(tuple[MarketPrint, ...], "recentTrades")
FUNDING_HISTORY = Reader(tuple[FundingRate, ...], "fundingHistory")
EXCHANGE_STATUS = Reader(ExchangeStatus, "exchangeStatus")

CLEARINGHOUSE_STATE = Reader(ClearinghouseState, "clearinghouseState")
SPOT_STATE = Reader(SpotState, "spotClearinghouseState")
ACTIVE_ASSET = Reader(AssetSettings, "activeAssetData")
USER_ABSTRACTION = Reader(str, "userAbstraction")
USER_ROLE = Reader(UserRole, "userRole")
USER_FEES = Reader(UserFees, "userFees")
RATE_LIMIT = Reader(RateLimit, "userRateLimit")
APPROVED_WALLETS = Reader(tuple[AgentWallet, ...], "extraAgents")

OPEN_ORDERS = Reader(tuple[WireOrder, ...], "openOrders")
FRONTEND_OPEN_ORDERS = Reader(tuple[WireOrder, ...], "frontendOpenOrders")
ORDER_STATUS = Reader(OrderStatusAnswer, "orderStatus")
HISTORICAL_ORDERS = Reader(tuple[OrderUpdate, ...], "historicalOrders")
FILLS = Reader(tuple[WireFill, ...], "userFills")
FILLS_BY_TIME = Reader(tuple[WireFill, ...], "userFillsByTime")
FUNDING = Reader(tuple[FundingUpdate, ...], "userFunding")
LEDGER = Reader(tuple[LedgerUpdate, ...], "userNonFundingLedgerUpdates")

_READERS: tuple[Reader[Any], ...] = (
    META,
    ALL_PERP_METAS,
    META_AND_CONTEXTS,
    PERP_DEXS,
    SPOT_META,
    SPOT_META_AND_CONTEXTS,
    L2_BOOK,
    CANDLES,
    RECENT_PRINTS,
    FUNDING_HISTORY,
    EXCHANGE_STATUS,
    CLEARINGHOUSE_STATE,
    SPOT_STATE,
    ACTIVE_ASSET,
    USER_ABSTRACTION,
    USER_ROLE,
    USER_FEES,
    RATE_LIMIT,
    APPROVED_WALLETS,
    OPEN_ORDERS,
    FRONTEND_OPEN_ORDERS,
    ORDER_STATUS,
    HISTORICAL_ORDERS,
    FILLS,
    FILLS_BY_TIME,
    FUNDING,
    LEDGER,
    Reader(dict[str, str], "allMids"),
    Reader(
        tuple[tuple[str, tuple[tuple[str, PredictedFunding | None], ...]], ...],
        "predictedFundings",
    ),
    Reader(MarginTable, "marginTable"),
    Reader(tuple[str, ...], "perpsAtOpenInterestCap"),
    Reader(tuple[tuple[int, str], ...], "maxMarketOrderNtls"),
    Reader(OutcomeMeta, "outcomeMeta"),
    Reader(tuple[LiquidatableUser, ...], "liquidatable"),
    Reader(LegacyState, "webData2"),
    Reader(tuple[tuple[str, Period], ...], "portfolio"),
    Reader(tuple[str, ...], "approvedBuilders"),
    Reader(int, "maxBuilderFee"),
    Reader(Referral, "referral"),
    Reader(tuple[VaultEquity, ...], "userVaultEquities"),
    Reader(tuple[TwapRecord, ...], "twapHistory"),
    Reader(tuple[TwapSliceFill, ...], "userTwapSliceFills"),
    Reader(tuple[TwapSliceFill, ...], "userTwapSliceFillsByTime"),
    Reader(LegalCheck, "legalCheck"),
    # Null stands for no sub-account, for unknown, and for never set.
    any_reader(tuple[SubAccount, ...] | None, "subAccounts"),
    any_reader(bool | None, "isVip"),
    any_reader(bool | None, "userDexAbstraction"),
)

ANSWERS: Mapping[str, Reader[Any]] = MappingProxyType({reader.what: reader for reader in _READERS})
"""By the `type` of the question."""
