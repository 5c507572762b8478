"""Frames to read, of the kinds and sizes that the venue sends: recorded where there is a recording, else built."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

__all__ = ["END_COIN", "MIDS_READ", "SOCKET_FRAMES", "USER", "end_frame", "read_frames"]

USER = "0x" + "ab" * 20
END_COIN = "END"
"""The coin of the frame that ends a batch."""

MIDS_READ = ("COIN000", "COIN002", "@101")
"""The mids that everybody looks at in each frame."""

_RECORDED = Path(__file__).parents[1] / "recorded/hyperliquid/ws_all_dexs_asset_ctxs.json"
_AT = 1_785_000_000_000
_PERPS, _PAIRS, _POSITIONS, _ORDERS, _MIDS, _FILLS, _LEVELS = 260, 305, 8, 40, 450, 500, 20
_HASH = "0x" + "12" * 32
_CLOID = "0x0000000000000000000000000000beef"


def _json(channel: str, payload: object) -> bytes:
    return msgspec.json.encode({"channel": channel, "data": payload})


def _context(number: int) -> dict[str, object]:
    return {
        "funding": f"-0.00000{number + 15186}", "openInterest": f"{27353 + number}.17682",
        "prevDayPx": f"{76317 + number}.0", "dayNtlVlm": f"{1516669192 + number}.1953897476",
        "premium": f"-0.0005927{number:03}", "oraclePx": f"{77605 + number}.0", "markPx": f"{77562 + number}.0",
        "midPx": f"{77558 + number}.5", "impactPxs": [f"{77558 + number}.0", f"{77559 + number}.0"],
        "dayBaseVlm": f"{19707 + number}.77457",
    }  # fmt: skip


def _spot_context(number: int) -> dict[str, object]:
    return {
        "prevDayPx": f"14.{number:03}5", "dayNtlVlm": f"{1029384 + number}.1093847561", "markPx": f"14.{number:03}9",
        "midPx": f"14.{number:03}85", "circulatingSupply": f"{333928180 + number}.1938475610", "coin": f"@{number}",
        "totalSupply": f"{999987000 + number}.9182736450", "dayBaseVlm": f"{71234 + number}.0918273",
    }  # fmt: skip


def _position(number: int) -> dict[str, object]:
    return {
        "coin": f"COIN{number:03}", "szi": f"-0.0064{number}", "leverage": {"type": "cross", "value": 20},
        "entryPx": f"{77530 + number}.0", "positionValue": "500.1", "unrealizedPnl": "-0.03",
        "returnOnEquity": "-0.0012", "liquidationPx": None, "marginUsed": "25.005", "maxLeverage": 40,
        "cumFunding": {"allTime": "1.2", "sinceOpen": "0.1", "sinceChange": "0.0"},
    }  # fmt: skip


def _order(number: int) -> dict[str, object]:
    return {
        "coin": f"COIN{number:03}", "side": "A", "limitPx": f"{32165 + number}.0", "sz": "0.4",
        "oid": 77738308 + number, "timestamp": _AT, "triggerCondition": "N/A", "isTrigger": False,
        "triggerPx": "0.0", "children": [], "isPositionTpsl": False, "reduceOnly": False, "orderType": "Limit",
        "origSz": "1.0", "tif": "Gtc", "cloid": _CLOID,
    }  # fmt: skip


def _fill(number: int) -> dict[str, object]:
    return {
        "coin": "ETH", "px": "2296.4", "sz": "0.5", "side": "A", "time": _AT + number, "startPosition": "-1.25",
        "dir": "Open Short", "closedPnl": "0.0", "hash": _HASH, "oid": 77738309, "crossed": False, "fee": "-0.02",
        "tid": 118906512037719 + number, "feeToken": "USDC", "twapId": None, "cloid": _CLOID,
    }  # fmt: skip


_SUMS = {"accountValue": "1182.31", "totalNtlPos": "500.1", "totalRawUsd": "682.21", "totalMarginUsed": "25.005"}
_STATE = {
    "marginSummary": _SUMS, "crossMarginSummary": _SUMS, "crossMaintenanceMarginUsed": "6.25",
    "withdrawable": "1132.3", "time": _AT,
    "assetPositions": [{"type": "oneWay", "position": _position(number)} for number in range(_POSITIONS)],
}  # fmt: skip
_LISTINGS = [
    {"szDecimals": 5, "name": f"COIN{number:03}", "maxLeverage": 40, "marginTableId": 56} for number in range(_PERPS)
]
_WEB_DATA_2 = {
    "clearinghouseState": _STATE, "leadingVaults": [], "totalVaultEquity": "0.0",
    "openOrders": [_order(number) for number in range(_ORDERS)], "agentAddress": None, "agentValidUntil": None,
    "cumLedger": "1000.0", "meta": {"universe": _LISTINGS, "marginTables": [], "collateralToken": 0},
    "assetCtxs": [_context(number) for number in range(_PERPS)], "serverTime": _AT, "isVault": False, "user": USER,
    "twapStates": [], "spotState": {"balances": [{"coin": "USDC", "token": 0, "total": "14.6", "hold": "0.0"}]},
    "spotAssetCtxs": [_spot_context(number) for number in range(_PAIRS)], "perpsAtOpenInterestCap": [],
}  # fmt: skip
_MID_PRICES = {
    (f"@{number}" if number % 2 else f"COIN{number:03}"): f"{7 * number + 1}.{number % 10}5" for number in range(_MIDS)
}
_LADDER = [{"px": f"{77558 - number}.0", "sz": f"{number}.2{number}", "n": number + 1} for number in range(_LEVELS)]


def _recorded() -> bytes:
    # Whoever recorded it indented it for people; the venue sends no spaces.
    return msgspec.json.format(_RECORDED.read_bytes(), indent=-1)


SOCKET_FRAMES: Mapping[str, bytes] = {
    "webData2": _json("webData2", _WEB_DATA_2),
    "allDexsAssetCtxs": _recorded(),
    "allMids": _json("allMids", {"mids": _MID_PRICES}),
}
"""What is sent over a socket, by channel."""


def end_frame() -> bytes:
    """Return the frame that ends a batch."""
    return _json("bbo", {"coin": END_COIN, "time": _AT, "bbo": [None, None]})


def read_frames() -> Mapping[str, bytes]:
    """Return one frame of each kind that is read all the time, by a name for people."""
    record = {"order": {**_order(0), "reduceOnly": True}, "status": "filled", "statusTimestamp": _AT}
    candle = {
        "t": _AT, "T": _AT + 59_999, "s": "BTC", "i": "1m", "o": "77500.0", "c": "77562.0", "h": "77570.5",
        "l": "77499.0", "v": "12.345", "n": 189,
    }  # fmt: skip
    return {
        **SOCKET_FRAMES,
        "userFills, snapshot of 500": _json(
            "userFills", {"user": USER, "isSnapshot": True, "fills": [_fill(number) for number in range(_FILLS)]}
        ),
        "openOrders, 40": _json("openOrders", {"dex": "", "user": USER, "orders": _WEB_DATA_2["openOrders"]}),
        "clearinghouseState, 8 positions": _json(
            "clearinghouseState", {"dex": "", "user": USER, "clearinghouseState": _STATE}
        ),
        "l2Book, 20 levels": _json("l2Book", {"coin": "BTC", "time": _AT, "levels": [_LADDER, _LADDER]}),
        "userFills, one": _json("userFills", {"user": USER, "fills": [_fill(0)]}),
        "orderUpdates, one": _json("orderUpdates", [record]),
        "activeAssetCtx": _json("activeAssetCtx", {"coin": "BTC", "ctx": _context(0)}),
        "candle": _json("candle", candle),
        "bbo": _json("bbo", {"coin": "BTC", "time": _AT, "bbo": [_LADDER[0], _LADDER[1]]}),
    }
