"""The shapes of the venue's answers and frames, as it is known to write them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["ANSWERS", "FRAMES"]

_LEVEL = {"px": "dec", "sz": "dec", "n": "int"}
_OPEN = {
    "coin": "text", "side": "text", "limitPx": "dec", "sz": "dec", "oid": "int", "timestamp": "int", "origSz": "dec",
    "cloid?": "text", "reduceOnly?": "flag",
}  # fmt: skip
_CHILD = {
    "coin": "text", "side": "text", "limitPx": "dec", "sz": "dec", "oid": "int", "timestamp": "int", "origSz": "dec",
    "triggerCondition": "text", "isTrigger": "flag", "triggerPx": "dec", "children": ["any"], "isPositionTpsl": "flag",
    "reduceOnly": "flag", "orderType": "text", "tif": "text?", "cloid": "text?",
}  # fmt: skip
_FRONTEND = {**_CHILD, "children": [_CHILD]}
_STATUS = {"order": _FRONTEND, "status": "text", "statusTimestamp": "int"}
_FILL = {
    "coin": "text", "px": "dec", "sz": "dec", "side": "text", "time": "int", "startPosition": "dec", "dir": "text",
    "closedPnl": "dec", "hash": "text", "oid": "int", "crossed": "flag", "fee": "dec", "builderFee?": "dec",
    "tid": "int", "feeToken": "text", "feeTrialEscrow?": "dec", "twapId": "int?", "cloid?": "text",
    "liquidation?": {"liquidatedUser?": "text", "markPx": "dec", "method": "text"},
}  # fmt: skip
_SUMMARY = {"accountValue": "dec", "totalNtlPos": "dec", "totalRawUsd": "dec", "totalMarginUsed": "dec"}
_LEVERAGE = {"type": "text", "value": "int", "rawUsd?": "dec"}
_POSITION = {
    "coin": "text", "szi": "dec", "leverage": _LEVERAGE, "entryPx": "dec", "positionValue": "dec",
    "unrealizedPnl": "dec", "returnOnEquity": "dec", "liquidationPx": "dec?", "marginUsed": "dec", "maxLeverage": "int",
    "cumFunding": {"allTime": "dec", "sinceOpen": "dec", "sinceChange": "dec"},
}  # fmt: skip
_STATE = {
    "marginSummary": _SUMMARY, "crossMarginSummary": _SUMMARY, "crossMaintenanceMarginUsed": "dec",
    "withdrawable": "dec", "assetPositions": [{"type": "text", "position": _POSITION}], "time": "int",
}  # fmt: skip
_SPOT = {"balances": [{"coin": "text", "token": "int", "total": "dec", "hold": "dec", "entryNtl": "dec"}]}
_CONTEXT = {
    "prevDayPx": "dec", "dayNtlVlm": "dec", "markPx": "dec", "midPx": "dec?", "funding": "dec", "openInterest": "dec",
    "premium": "dec?", "oraclePx": "dec", "impactPxs": ("dec", "dec"), "dayBaseVlm": "dec",
}  # fmt: skip
_TABLE = {"description": "text", "marginTiers": [{"lowerBound": "dec", "maxLeverage": "int"}]}
_META = {
    "universe": [
        {"szDecimals": "int", "name": "text", "maxLeverage": "int", "marginTableId": "int", "onlyIsolated?": "flag",
         "isDelisted?": "flag", "marginMode?": "text"},
    ],
    "marginTables": [("int", _TABLE)],
    "collateralToken": "int",
}  # fmt: skip
_FUNDING = {"coin": "text", "usdc": "dec", "szi": "dec", "fundingRate": "dec", "nSamples": "int?"}
_LEDGER = {"time": "int", "hash": "text", "delta": "any"}
_TRADE = {
    "coin": "text", "side": "text", "px": "dec", "sz": "dec", "hash": "text", "time": "int", "tid": "int",
    "users": ("text", "text"),
}  # fmt: skip
_CANDLE = {
    "t": "int", "T": "int", "s": "text", "i": "text", "o": "dec", "c": "dec", "h": "dec", "l": "dec", "v": "dec",
    "n": "int",
}  # fmt: skip
_SETTINGS = {
    "user": "text", "coin": "text", "leverage": _LEVERAGE, "maxTradeSzs": ("dec", "dec"),
    "availableToTrade": ("dec", "dec"),
}  # fmt: skip
_PERIOD = {"accountValueHistory": [("int", "dec")], "pnlHistory": [("int", "dec")], "vlm": "dec"}

ANSWERS: Mapping[str, Any] = {
    "meta": _META,
    "metaAndAssetCtxs": (_META, ["any"]),
    "allMids": {"*": "dec"},
    "l2Book": {"coin": "text", "time": "int", "levels": ([_LEVEL], [_LEVEL])},
    "candleSnapshot": [_CANDLE],
    "recentTrades": [_TRADE],
    "fundingHistory": [{"coin": "text", "fundingRate": "dec", "premium": "dec", "time": "int"}],
    "clearinghouseState": _STATE,
    "spotClearinghouseState": _SPOT,
    "openOrders": [_OPEN],
    "frontendOpenOrders": [_FRONTEND],
    "historicalOrders": [_STATUS],
    "orderStatus": {"status": "text", "order": _STATUS},
    "userFills": [_FILL],
    "userFillsByTime": [_FILL],
    "userFunding": [{"time": "int", "hash": "text", "delta": {"type": "text", **_FUNDING}}],
    "userNonFundingLedgerUpdates": [_LEDGER],
    "userRateLimit": {
        "cumVlm": "dec", "nRequestsUsed": "int", "nRequestsCap": "int", "nRequestsSurplus": "int",
    },
    "userFees": {
        "dailyUserVlm": [{"date": "text", "userCross": "dec", "userAdd": "dec", "exchange": "dec"}],
        "feeSchedule": {
            "cross": "dec", "add": "dec", "spotCross": "dec", "spotAdd": "dec", "referralDiscount": "dec",
            "tiers": {
                "vip": [{"ntlCutoff": "dec", "cross": "dec", "add": "dec", "spotCross": "dec", "spotAdd": "dec"}],
                "mm": [{"makerFractionCutoff": "dec", "add": "dec"}],
            },
            "stakingDiscountTiers": [{"bpsOfMaxSupply": "dec", "discount": "dec"}],
        },
        "userCrossRate": "dec", "userAddRate": "dec", "userSpotCrossRate": "dec", "userSpotAddRate": "dec",
        "activeReferralDiscount": "dec", "trial": "any?", "feeTrialEscrow": "dec",
        "nextTrialAvailableTimestamp": "int?", "stakingLink": "any?",
        "activeStakingDiscount": {"bpsOfMaxSupply": "dec", "discount": "dec"},
    },
    "extraAgents": [{"name": "text", "address": "text", "validUntil": "int?"}],
    "userRole": {"role": "text"},
    "portfolio": [("text", _PERIOD)],
    "perpDexs": ("any?",),
    "marginTable": _TABLE,
    "activeAssetData": {**_SETTINGS, "markPx": "dec"},
    "userAbstraction": "text",
    "spotMeta": {
        "tokens": [
            {"name": "text", "szDecimals": "int", "weiDecimals": "int", "index": "int", "tokenId": "text",
             "isCanonical": "flag", "evmContract": "any?", "fullName": "text?", "deployerTradingFeeShare": "dec"},
        ],
        "universe": ["any"],
    },
    "exchangeStatus": {"time": "int", "specialStatuses": "any?"},
    "perpsAtOpenInterestCap": ["text"],
    "maxMarketOrderNtls": [("int", "dec")],
    "predictedFundings": [("text", [("text", "any?")])],
    "outcomeMeta": {"outcomes": ["any"], "questions": ["any"]},
    "maxBuilderFee": "int",
    "subAccounts": [
        {"name": "text", "subAccountUser": "text", "master": "text", "clearinghouseState": _STATE, "spotState": _SPOT},
    ],
}  # fmt: skip
"""By the type of the question."""

FRAMES: Mapping[str, Any] = {
    "allMids": {"mids": {"*": "dec"}},
    "l2Book": {"coin": "text", "time": "int", "levels": ([_LEVEL], [_LEVEL])},
    "bbo": {"coin": "text", "time": "int", "bbo": (_LEVEL, _LEVEL)},
    "trades": [_TRADE],
    "candle": _CANDLE,
    "activeAssetCtx": {"coin": "text", "ctx": _CONTEXT},
    "assetCtxs": {"dex": "text", "ctxs": ["any"]},
    "allDexsAssetCtxs": {"ctxs": [("text", ["any"])]},
    "fastAssetCtxs": "text",
    "activeAssetData": _SETTINGS,
    "userFills": {"user": "text", "fills": [_FILL], "isSnapshot?": "flag"},
    "orderUpdates": [{"order": _OPEN, "status": "text", "statusTimestamp": "int"}],
    "user": {
        "fills?": [_FILL], "funding?": {"time": "int", **_FUNDING}, "nonUserCancel?": [{"coin": "text", "oid": "int"}],
        "liquidation?": {
            "lid": "int", "liquidator": "text", "liquidated_user": "text", "liquidated_ntl_pos": "dec",
            "liquidated_account_value": "dec",
        },
    },
    "userFundings": {"user": "text", "fundings": [{"time": "int", **_FUNDING}], "isSnapshot?": "flag"},
    "userNonFundingLedgerUpdates": {"user": "text", "nonFundingLedgerUpdates": [_LEDGER], "isSnapshot?": "flag"},
    "userTwapHistory": {"user": "text", "history": ["any"], "isSnapshot": "flag"},
    "userTwapSliceFills": {"user": "text", "twapSliceFills": ["any"], "isSnapshot": "flag"},
    "userHistoricalOrders": {"user": "text", "orderHistory": [_STATUS], "isSnapshot?": "flag"},
    "clearinghouseState": {"dex": "text", "user": "text", "clearinghouseState": _STATE},
    "openOrders": {"dex": "text", "user": "text", "orders": [_FRONTEND]},
    "spotState": {"user": "text", "spotState": _SPOT},
    "twapStates": {"dex": "text", "user": "text", "states": ["any"]},
    "allDexsClearinghouseState": {"user": "text", "clearinghouseStates": [("text", _STATE)]},
    "webData3": {
        "userState": {
            "agentAddress": "text?", "agentValidUntil": "int?", "cumLedger": "dec", "serverTime": "int",
            "isVault": "flag", "user": "text", "optOutOfSpotDusting?": "flag", "dexAbstractionEnabled?": "flag",
            "abstraction?": "text",
        },
        "perpDexStates": [
            {"totalVaultEquity": "dec", "perpsAtOpenInterestCap?": ["text"], "leadingVaults?": ["any"]},
        ],
    },
}  # fmt: skip
"""By the channel."""
