"""What the streams' frames look like, one example or more of every channel, and the errors that they carry."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from tests.support.wire_answers import (
    AT,
    BOOK,
    CANDLE,
    CONTEXT,
    FILL,
    FRONTEND_ORDER,
    FUNDING,
    LEDGER,
    LIQUIDATION_FILL,
    MASTER,
    META,
    ORDER_RECORD,
    SETTINGS,
    SPOT_CONTEXT,
    SPOT_STATE,
    STATE,
    TWAP_RECORD,
    TWAP_STATE,
    WALLET,
    Json,
)

__all__ = ["ERROR_TEXTS", "FRAME_EXAMPLES", "deflated", "frame_text"]

_PRINT = {"coin": "BTC", "side": "B", "px": "77559.0", "sz": "0.2", "hash": "0x0", "time": AT, "tid": 9, "users": []}
_QUOTE = {"coin": "BTC", "time": AT, "bbo": [{"px": "77558.0", "sz": "1.2", "n": 3}, None]}
_USER_STATE = {
    "userState": {"agentAddress": WALLET, "agentValidUntil": AT, "cumLedger": "1.0", "serverTime": AT, "user": MASTER,
                  "isVault": False, "optOutOfSpotDusting": True, "abstraction": "unifiedAccount"},
    "perpDexStates": [{"totalVaultEquity": "0.0", "perpsAtOpenInterestCap": ["BADGER"], "leadingVaults": []},
                      {"totalVaultEquity": "0.0"}],
}  # fmt: skip
_SUBSCRIPTION = {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False}
_LIQUIDATION = {
    "lid": 1, "liquidator": "0x0", "liquidated_user": MASTER, "liquidated_ntl_pos": "100.0",
    "liquidated_account_value": "1.5",
}  # fmt: skip

ERROR_TEXTS = (
    'Already subscribed: {"type":"bbo","coin":"BTC"}',
    'Already unsubscribed: {"type":"userFills","user":"0xab","aggregateByTime":false}',
    'Invalid subscription {"type":"webData2","user":"0xab"}',
    "Error parsing JSON into valid websocket request: {not json}",
    "Cannot track more than 15 total users.",
    "too many pending post requests id=42",
    "Something nobody has seen",
)


def deflated(text: bytes) -> str:
    """Compress a text, which should be JSON, as `fastAssetCtxs` does: base64 of raw DEFLATE."""
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return b64encode(squeezer.compress(text) + squeezer.flush()).decode()


def _snapshot(**fields: Json) -> Json:
    return {"user": MASTER, "isSnapshot": True, **fields}


FRAME_EXAMPLES: Mapping[str, tuple[Json, ...]] = MappingProxyType(
    {
        "subscriptionResponse": ({"method": "subscribe", "subscription": _SUBSCRIPTION},),
        "post": (
            {"id": 7, "response": {"type": "info", "payload": {"type": "l2Book", "data": BOOK}}},
            {"id": 8, "response": {"type": "action", "payload": {"status": "err", "response": "Trading is halted."}}},
            {"id": 9, "response": {"type": "error", "payload": "too slow"}},
        ),
        "error": ERROR_TEXTS,
        "pong": (None,),
        "allMids": ({"mids": {"BTC": "77558.5"}}, {"mids": {"xyz:A": "1.0"}, "dex": "xyz"}),
        "l2Book": (BOOK, {**BOOK, "spread": "1.0", "fast": True}),
        "bbo": (_QUOTE, {**_QUOTE, "bbo": [None, None]}),
        "trades": ([_PRINT, {**_PRINT, "tid": 10}], []),
        "candle": (CANDLE,),
        "activeAssetCtx": ({"coin": "BTC", "ctx": CONTEXT},),
        "activeSpotAssetCtx": ({"coin": "@107", "ctx": SPOT_CONTEXT},),
        "assetCtxs": ({"ctxs": [CONTEXT, CONTEXT]}, {"dex": "xyz", "ctxs": []}),
        "allDexsAssetCtxs": ({"ctxs": [["", [CONTEXT]], ["xyz", [CONTEXT]]]}, {"ctxs": [["xyz", [CONTEXT]]]}),
        "spotAssetCtxs": ([SPOT_CONTEXT],),
        "fastAssetCtxs": (deflated(b'{"BTC":{"markPx":"77562.0"},"ETH":{"midPx":"2296.45"}}'),),
        "activeAssetData": (SETTINGS,),
        "userFills": (_snapshot(fills=[FILL, LIQUIDATION_FILL]), {"user": MASTER, "fills": [FILL]}),
        "user": (
            {"fills": [FILL]},
            {"funding": {"time": AT, **FUNDING}},
            {"liquidation": _LIQUIDATION},
            {"nonUserCancel": [{"coin": "BTC", "oid": 5}]},
            {"twapHistory": [TWAP_RECORD]},
            {"twapSliceFills": [{"fill": FILL, "twapId": 12}]},
            {"somethingNewer": {"a": 1.5}},
        ),
        "orderUpdates": ([ORDER_RECORD],),
        "userFundings": (_snapshot(fundings=[{"time": AT, **FUNDING}]),),
        "userNonFundingLedgerUpdates": (_snapshot(nonFundingLedgerUpdates=LEDGER),),
        "userTwapHistory": (_snapshot(history=[TWAP_RECORD]),),
        "userTwapSliceFills": (_snapshot(twapSliceFills=[{"fill": FILL, "twapId": 12}]),),
        "userHistoricalOrders": (_snapshot(orderHistory=[{**ORDER_RECORD, "order": FRONTEND_ORDER}]),),
        "clearinghouseState": ({"dex": "", "user": MASTER, "clearinghouseState": STATE},),
        "allDexsClearinghouseState": ({"user": MASTER, "clearinghouseStates": [["xyz", STATE], ["", STATE]]},),
        "openOrders": ({"dex": "", "user": MASTER, "orders": [FRONTEND_ORDER]},),
        "spotState": ({"user": MASTER, "spotState": SPOT_STATE},),
        "twapStates": ({"dex": "", "user": MASTER, "states": [[3, TWAP_STATE]]},),
        "webData3": (_USER_STATE,),
        "webData2": (
            {"clearinghouseState": STATE, "openOrders": [], "serverTime": AT, "user": MASTER, "meta": META},
        ),
        "notification": ({"notification": "hello"},),
        "outcomeMetaUpdates": ({"anything": [1, 2.5]},),
    }
)  # fmt: skip
"""By the name of the channel."""


def frame_text(channel: str, payload: Json) -> bytes:
    """Write a frame as the venue would."""
    return msgspec.json.encode({"channel": channel} if payload is None else {"channel": channel, "data": payload})
