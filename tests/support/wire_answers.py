"""What `/info` answers look like, one example or more of every type, by the shapes the venue is known to write."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

__all__ = [
    "ANSWER_EXAMPLES",
    "AT",
    "BOOK",
    "CANDLE",
    "CLOID",
    "CONTEXT",
    "FILL",
    "FRONTEND_ORDER",
    "FUNDING",
    "LEDGER",
    "LIQUIDATION_FILL",
    "MASTER",
    "META",
    "OPEN_ORDER",
    "ORDER_RECORD",
    "SETTINGS",
    "SPOT_CONTEXT",
    "SPOT_STATE",
    "STATE",
    "TWAP_RECORD",
    "TWAP_STATE",
    "WALLET",
    "Json",
    "encoded",
]

Json = object
"""Whatever JSON can say."""

MASTER = "0x" + "ab" * 20
WALLET = "0x" + "cd" * 20
CLOID = "0x0000000000000000000000000000beef"
HASH = "0x" + "12" * 32
AT = 1_785_000_000_000

CONTEXT = {
    "prevDayPx": "76317.0", "dayNtlVlm": "1516669192.1953897476", "markPx": "77562.0", "midPx": "77558.5",
    "funding": "-0.0000015186", "openInterest": "27353.17682", "premium": "-0.0005927453", "oraclePx": "77605.0",
    "impactPxs": ["77558.0", "77559.0"], "dayBaseVlm": "19707.77457",
}  # fmt: skip
EMPTY_CONTEXT = {**CONTEXT, "midPx": None, "premium": None, "impactPxs": None}

OPEN_ORDER = {
    "coin": "BTC", "side": "B", "limitPx": "32165.0", "sz": "0.4", "oid": 77738308, "timestamp": AT, "origSz": "1.0",
    "cloid": CLOID, "reduceOnly": True,
}  # fmt: skip
FRONTEND_ORDER = {
    **OPEN_ORDER, "side": "A", "triggerCondition": "Price below 30000", "isTrigger": True, "triggerPx": "30000.0",
    "children": [], "isPositionTpsl": True, "orderType": "Stop Market", "tif": None,
}  # fmt: skip
PARENT = {
    **FRONTEND_ORDER, "triggerCondition": "N/A", "isTrigger": False, "triggerPx": "0.0", "orderType": "Limit",
    "tif": "Gtc", "isPositionTpsl": False, "cloid": None, "reduceOnly": False, "children": [FRONTEND_ORDER],
}  # fmt: skip
ORDER_RECORD = {"order": OPEN_ORDER, "status": "open", "statusTimestamp": AT + 5}

FILL = {
    "coin": "ETH", "px": "2296.4", "sz": "0.5", "side": "A", "time": AT, "startPosition": "-1.25", "dir": "Open Short",
    "closedPnl": "0.0", "hash": HASH, "oid": 77738309, "crossed": False, "fee": "-0.02", "tid": 118906512037719,
    "feeToken": "USDC", "twapId": None, "cloid": CLOID,
}  # fmt: skip
LIQUIDATION_FILL = {
    **FILL, "dir": "Liquidated Isolated Long", "crossed": True, "fee": "0.51669", "builderFee": "0.01", "tid": 7,
    "liquidation": {"liquidatedUser": MASTER, "markPx": "2290.0", "method": "market"},
}  # fmt: skip
FUNDING = {"coin": "BTC", "usdc": "-3.625312", "szi": "0.5", "fundingRate": "0.0000125", "nSamples": None}

SUMS = {"accountValue": "1182.31", "totalNtlPos": "500.1", "totalRawUsd": "682.21", "totalMarginUsed": "25.005"}
POSITION = {
    "coin": "BTC", "szi": "-0.00645", "leverage": {"type": "isolated", "value": 20, "rawUsd": "525.1"},
    "entryPx": "77530.0", "positionValue": "500.1", "unrealizedPnl": "-0.03", "returnOnEquity": "-0.0012",
    "liquidationPx": None, "marginUsed": "25.005", "maxLeverage": 40,
    "cumFunding": {"allTime": "1.2", "sinceOpen": "0.1", "sinceChange": "0.0"},
}  # fmt: skip
LINGERING = {**POSITION, "szi": "0.0", "leverage": {"type": "cross", "value": 3}, "entryPx": None}
STATE = {
    "marginSummary": SUMS, "crossMarginSummary": SUMS, "crossMaintenanceMarginUsed": "6.25",
    "withdrawable": "1132.3", "time": AT,
    "assetPositions": [{"type": "oneWay", "position": POSITION}, {"type": "oneWay", "position": LINGERING}],
}  # fmt: skip
SPOT_STATE = {
    "balances": [
        {"coin": "USDC", "token": 0, "total": "14.625485", "hold": "1.5", "entryNtl": "0.0", "spotHold": "0.5"},
        {"coin": "+10", "total": "25", "hold": "0", "entryNtl": "12.5"},
    ],
    "portfolioMarginEnabled": False, "tokenToAvailableAfterMaintenance": [[0, "13.1"]], "evmEscrows": [],
}  # fmt: skip
SETTINGS = {
    "user": MASTER, "coin": "BTC", "leverage": {"type": "cross", "value": 20}, "maxTradeSzs": ["1.2", "0.8"],
    "availableToTrade": ["100.5", "67.0"], "markPx": "77562.0",
}  # fmt: skip
CANDLE = {
    "t": AT, "T": AT + 59_999, "s": "BTC", "i": "1m", "o": "77500.0", "c": "77562.0", "h": "77570.5", "l": "77499.0",
    "v": "12.345", "n": 189,
}  # fmt: skip
BOOK = {
    "coin": "BTC", "time": AT,
    "levels": [[{"px": "77558.0", "sz": "1.2", "n": 3}], [{"px": "77559.0", "sz": "0.4", "n": 1}]],
}  # fmt: skip
META = {
    "universe": [
        {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56},
        {"szDecimals": 1, "name": "OLD", "maxLeverage": 3, "marginTableId": 3, "isDelisted": True},
        {
            "szDecimals": 0, "name": "kPEPE", "maxLeverage": 10, "marginTableId": 52, "onlyIsolated": True,
            "marginMode": "strictIsolated", "growthMode": "enabled", "lastGrowthModeChangeTime": "2026-01-01T00:00:00",
        },
    ],
    "marginTables": [
        [56, {"description": "tiered", "marginTiers": [{"lowerBound": "0.0", "maxLeverage": 40}]}],
    ],
    "collateralToken": 0,
}  # fmt: skip
SPOT_META = {
    "tokens": [
        {
            "name": "USDC", "szDecimals": 8, "weiDecimals": 8, "index": 0, "tokenId": "0x6d", "isCanonical": True,
            "evmContract": None, "fullName": None, "deployerTradingFeeShare": "0.0",
        },
        {"name": "HYPE", "szDecimals": 2, "weiDecimals": 8, "index": 150, "tokenId": "0x0d", "isCanonical": False},
    ],
    "universe": [{"name": "@107", "tokens": [150, 0], "index": 107, "isCanonical": False}],
}  # fmt: skip
SPOT_CONTEXT = {
    "coin": "@107", "markPx": "14.5", "midPx": None, "prevDayPx": "14.0", "dayNtlVlm": "1.0",
    "circulatingSupply": "10.0",
}  # fmt: skip
FEES = {
    "dailyUserVlm": [{"date": "2026-07-25", "userCross": "0.0", "userAdd": "1.5", "exchange": "2852367.0"}],
    "feeSchedule": {
        "cross": "0.00045", "add": "0.00015", "spotCross": "0.0007", "spotAdd": "0.0004",
        "tiers": {
            "vip": [{"ntlCutoff": "5000000.0", "cross": "0.0004", "add": "0.00012", "spotCross": "0.0006",
                     "spotAdd": "0.0003"}],
            "mm": [{"makerFractionCutoff": "0.005", "add": "-0.00001"}],
        },
        "referralDiscount": "0.04", "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    },
    "userCrossRate": "0.00045", "userAddRate": "-0.00001", "userSpotCrossRate": "0.0007", "userSpotAddRate": "0.0004",
    "activeReferralDiscount": "0.04", "trial": None, "feeTrialEscrow": "0.0", "nextTrialAvailableTimestamp": None,
    "stakingLink": None, "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
}  # fmt: skip
TWAP_STATE = {
    "coin": "BTC", "user": MASTER, "side": "B", "sz": "1.0", "executedSz": "0.2", "executedNtl": "15500.0",
    "minutes": 30, "reduceOnly": False, "randomize": True, "timestamp": AT,
}  # fmt: skip
TWAP_RECORD = {"time": AT // 1000, "state": TWAP_STATE, "status": {"status": "error", "description": "no margin"}}
PERIOD = {"accountValueHistory": [[AT, "100.0"]], "pnlHistory": [[AT, "-1.0"]], "vlm": "12.5"}


def _ledger(**delta: Json) -> Json:
    return {"time": AT, "hash": HASH, "delta": delta}


LEDGER = [
    _ledger(type="deposit", usdc="100.0"),
    _ledger(type="withdraw", usdc="50.0", nonce=AT, fee="1.0"),
    _ledger(type="accountClassTransfer", usdc="12.5", toPerp=True),
    _ledger(type="liquidation", liquidatedNtlPos="100.0", accountValue="3.0", leverageType="Cross",
            liquidatedPositions=[{"coin": "ETH", "szi": "-0.5"}]),
    _ledger(type="somethingNewer", usdc="1.0", shape={"deep": [1, 2.5, None]}),
]  # fmt: skip

ANSWER_EXAMPLES: Mapping[str, tuple[Json, ...]] = MappingProxyType(
    {
        "meta": (META,),
        "allPerpMetas": ([META, META],),
        "metaAndAssetCtxs": ([META, [CONTEXT, EMPTY_CONTEXT, CONTEXT]],),
        "perpDexs": (
            [None, {"name": "xyz", "fullName": "x y z", "deployer": MASTER, "oracleUpdater": None,
                    "feeRecipient": None, "assetToStreamingOiCap": [["xyz:A", "1.0"]], "subDeployers": [],
                    "deployerFeeScale": "1.0"}],
        ),
        "spotMeta": (SPOT_META,),
        "spotMetaAndAssetCtxs": ([SPOT_META, [SPOT_CONTEXT]],),
        "l2Book": (BOOK, {"coin": "BTC", "time": AT, "levels": [[], []]}),
        "candleSnapshot": ([CANDLE], []),
        "recentTrades": (
            [{"coin": "BTC", "side": "A", "px": "77562.0", "sz": "0.01", "hash": HASH, "time": AT, "tid": 3,
              "users": [MASTER, WALLET]}],
        ),
        "fundingHistory": (
            [{"coin": "BTC", "fundingRate": "-0.0000125", "premium": "0.00029005", "time": AT}],
        ),
        "exchangeStatus": ({"time": AT, "specialStatuses": None}, {"time": AT, "specialStatuses": ["odd"]}),
        "clearinghouseState": (STATE,),
        "spotClearinghouseState": (SPOT_STATE, {"balances": []}),
        "activeAssetData": (SETTINGS, {name: value for name, value in SETTINGS.items() if name != "markPx"}),
        "userAbstraction": ("default", "unifiedAccount", "somethingNewer"),
        "userRole": (
            {"role": "missing"},
            {"role": "agent", "data": {"user": MASTER}},
            {"role": "subAccount", "data": {"master": MASTER}},
        ),
        "userFees": (FEES,),
        "userRateLimit": (
            {"cumVlm": "2854574.59", "nRequestsUsed": 2890, "nRequestsCap": 2864574, "nRequestsSurplus": 0},
        ),
        "extraAgents": ([{"name": "bot", "address": WALLET, "validUntil": AT}], []),
        "openOrders": ([OPEN_ORDER],),
        "frontendOpenOrders": ([PARENT, FRONTEND_ORDER],),
        "orderStatus": (
            {"status": "order", "order": {**ORDER_RECORD, "order": FRONTEND_ORDER, "status": "triggered"}},
            {"status": "unknownOid"},
        ),
        "historicalOrders": ([ORDER_RECORD],),
        "userFills": ([FILL, LIQUIDATION_FILL],),
        "userFillsByTime": ([FILL],),
        "userFunding": ([{"time": AT, "hash": HASH, "delta": {"type": "funding", **FUNDING}}],),
        "userNonFundingLedgerUpdates": (LEDGER,),
        "allMids": ({"BTC": "77558.5", "@107": "14.5", "PURR/USDC": "0.067131"},),
        "predictedFundings": (
            [["BTC", [["HlPerp", {"fundingRate": "0.0000125", "nextFundingTime": AT, "fundingIntervalHours": 1}],
                      ["BinPerp", None]]]],
        ),
        "marginTable": ({"description": "x", "marginTiers": [{"lowerBound": "150000000.0", "maxLeverage": 20}]},),
        "perpsAtOpenInterestCap": (["BADGER"],),
        "maxMarketOrderNtls": ([[15, "1000000"]],),
        "outcomeMeta": ({"outcomes": [], "questions": []},),
        "liquidatable": ([{"user": MASTER}],),
        "webData2": (
            {"clearinghouseState": STATE, "openOrders": [FRONTEND_ORDER], "serverTime": AT, "user": MASTER,
             "agentAddress": WALLET, "agentValidUntil": AT, "meta": META, "assetCtxs": [CONTEXT]},
        ),
        "portfolio": ([["day", PERIOD], ["perpAllTime", PERIOD]],),
        "approvedBuilders": ([MASTER],),
        "maxBuilderFee": (10,),
        "referral": (
            {"referredBy": {"referrer": MASTER, "code": "ABC"}, "cumVlm": "1.0", "unclaimedRewards": "0.0",
             "claimedRewards": "0.0", "builderRewards": "0.0"},
        ),
        "userVaultEquities": ([{"vaultAddress": WALLET, "equity": "5.5", "lockedUntilTimestamp": AT}],),
        "twapHistory": ([TWAP_RECORD],),
        "userTwapSliceFills": ([{"fill": FILL, "twapId": 12}],),
        "userTwapSliceFillsByTime": ([{"fill": FILL, "twapId": 12}],),
        "legalCheck": ({"ipAllowed": True, "acceptedTerms": True, "userAllowed": True, "restrictions": "n"},),
        "subAccounts": (
            None,
            [{"name": "one", "subAccountUser": WALLET, "master": MASTER, "clearinghouseState": STATE,
              "spotState": SPOT_STATE}],
        ),
        "isVip": (None, False),
        "userDexAbstraction": (None, True),
    }
)  # fmt: skip
"""By the type of the question."""


def encoded(example: Json) -> bytes:
    """Write an example as the venue would."""
    return msgspec.json.encode(example)
