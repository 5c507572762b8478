"""Questions that only read over HTTP."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_hl.probe.answers import Finding, fails, holds, unclear
from agentic_hl.probe.room import Room, fresh_address
from agentic_hl.rest.transport import Answered

__all__ = [
    "ask_candle_close",
    "ask_candle_gaps",
    "ask_candle_page",
    "ask_candle_settles",
    "ask_default_leverage",
    "ask_funding_stamp",
    "ask_limit_answer",
    "ask_undecodable",
]

_COIN = "BTC"
_PAGE = 500
_BEYOND_RETENTION = 6_000
_USUAL_LEVERAGE = 20
_SETTLE_LOOKS_S = (0.0, 1.0, 2.0, 3.0, 6.0, 15.0)
_SETTLED_AFTER_S = 3.0
_TOO_MANY, _UNPROCESSABLE = 429, 422
_UNDECODABLE = b"Failed to deserialize the JSON body"
_HEAVY_REQUESTS_MAX = 40
"""Of weight 60 each: twice what a minute allows."""


async def ask_default_leverage(room: Room) -> Finding:
    """Look at the setting of an address that has never done anything."""
    meta = await room.ask("meta", dex="")
    highest = {listing["name"]: listing["maxLeverage"] for listing in meta["universe"]}
    setting = (await room.ask("activeAssetData", user=fresh_address(room.entropy), coin=_COIN))["leverage"]
    seen = {"coin": _COIN, "leverage": setting, "highest": highest[_COIN]}
    if setting["type"] == "cross" and setting["value"] in {_USUAL_LEVERAGE, highest[_COIN]}:
        return holds(f"a fresh account has cross leverage {setting['value']}", seen)
    return fails(f"a fresh account has {setting['type']} leverage {setting['value']}", seen)


async def ask_candle_page(room: Room) -> Finding:
    """Ask for a page, and for more than the venue keeps."""
    page = await _minutes(room, _COIN, _PAGE)
    long = await _minutes(room, _COIN, _BEYOND_RETENTION)
    seen = [_extent(page, _PAGE), _extent(long, _BEYOND_RETENTION)]
    times = [candle["t"] for candle in page]
    told = f"{len(page)} of {_PAGE} candles came, and {len(long)} of {_BEYOND_RETENTION}"
    if len(page) < _PAGE - 1 and len(long) <= len(page):
        return unclear(f"{told}: the market may be younger than a page", *seen)
    whole = len(page) >= _PAGE - 1 and times == sorted(times)
    return holds(told, *seen) if whole else fails(told, *seen)


async def ask_candle_close(room: Room) -> Finding:
    """Compare both times of a page of candles."""
    page = await _minutes(room, _COIN, _PAGE)
    lengths = sorted({candle["T"] - candle["t"] for candle in page})
    if not lengths:
        return unclear("no candles were served")
    told = f"a minute's candle closes {', '.join(map(str, lengths))} ms after it opens"
    return holds(told, *page[:1]) if lengths == [MINUTE_MS - 1] else fails(told, *page[:1])


async def ask_candle_gaps(room: Room) -> Finding:
    """Look at the candles of the coin that was least bought and sold today."""
    meta, contexts = await room.ask("metaAndAssetCtxs")
    listed = [
        (Decimal(context["dayNtlVlm"]), listing["name"])
        for listing, context in zip(meta["universe"], contexts, strict=False)
        if not listing.get("isDelisted")
    ]
    coin = min(listed)[1]
    page = await _minutes(room, coin, _PAGE)
    times = sorted(candle["t"] for candle in page)
    span = (times[-1] - times[0]) // MINUTE_MS + 1 if times else 0
    left_out, empty = span - len(times), sum(candle["n"] == 0 for candle in page)
    seen = {"coin": coin, "asked": _PAGE, "intervals": span, "left_out": left_out, "without_fills": empty}
    if empty:
        return fails(f"{coin}: {empty} candles without any fill are served, {left_out} are left out", seen)
    if left_out:
        return holds(f"{coin}: {left_out} intervals between others are left out, none without fills is served", seen)
    return unclear(f"{coin} had a fill in each of {span} intervals", seen)


async def ask_candle_settles(room: Room) -> Finding:
    """Look at one candle again and again after it closed."""
    opened = room.clock.now() // MINUTE_MS * MINUTE_MS
    close = opened + MINUTE_MS
    looks: list[dict[str, object]] = []
    for wait_s in _SETTLE_LOOKS_S:
        await room.clock.sleep(max(0, close + int(wait_s * 1000) - room.clock.now()) / 1000)
        served = await _candles(room, _COIN, opened, close - 1)
        looks.append({"seconds_after_close": wait_s, "candle": served[0] if served else None})
    final = looks[-1]["candle"]
    late = [look["seconds_after_close"] for look in looks if look["candle"] != final]
    if final is None:
        return unclear("the candle was not served", *looks)
    if any(isinstance(wait_s, float) and wait_s >= _SETTLED_AFTER_S for wait_s in late):
        return fails(f"the candle still changed {late[-1]} s after it closed", *looks)
    return holds(f"the candle no longer changed {_SETTLED_AFTER_S} s after it closed", *looks)


async def ask_funding_stamp(room: Room) -> Finding:
    """Compare the times of two days of rates with the hours."""
    now = room.clock.now()
    rates = await room.ask("fundingHistory", coin=_COIN, startTime=now - 48 * HOUR_MS, endTime=now)
    offsets = [rate["time"] % HOUR_MS for rate in rates]
    seen = {"rates": len(rates), "offsets_ms": sorted(set(offsets))}
    if not offsets:
        return unclear("no rates were served", seen)
    told = f"the times lie up to {max(offsets)} ms after the hour"
    return holds(told, seen) if max(offsets) < MINUTE_MS else fails(told, seen)


async def ask_undecodable(room: Room) -> Finding:
    """Send an action of a type that does not exist, unsigned."""
    outcome = await room.post("/exchange", {"action": {"type": "probe"}, "nonce": room.clock.now(), "signature": {}})
    if not isinstance(outcome, Answered):
        return unclear(outcome.cause)
    seen = {"status": outcome.status, "body": outcome.body.decode("utf-8", "replace")}
    told = f"HTTP {outcome.status} with {seen['body']!r}"
    as_assumed = outcome.status == _UNPROCESSABLE and outcome.body.startswith(_UNDECODABLE)
    return holds(told, seen) if as_assumed else fails(told, seen)


async def ask_limit_answer(room: Room) -> Finding:
    """Ask heavy questions until the venue refuses; the address is then out of weight for about a minute."""
    for number in range(1, _HEAVY_REQUESTS_MAX + 1):
        outcome = await room.post("/info", {"type": "userRole", "user": fresh_address(room.entropy)})
        if not isinstance(outcome, Answered):
            return unclear(f"request {number} was not answered: {outcome.cause}")
        if outcome.status == _TOO_MANY:
            body = outcome.body.decode("utf-8", "replace")
            seen = {"request": number, "body": body, "content_type": outcome.content_type}
            told = f"request {number} was refused with {body[:40]!r}; whether an action may be is left open"
            return holds(told, seen) if body == "null" else fails(told, seen)
    return unclear(f"{_HEAVY_REQUESTS_MAX} heavy requests in a row were all answered")


async def _minutes(room: Room, coin: str, count: int) -> Sequence[Mapping[str, Any]]:
    end = room.clock.now() // MINUTE_MS * MINUTE_MS
    return await _candles(room, coin, end - count * MINUTE_MS, end - 1)


async def _candles(room: Room, coin: str, start: int, end: int) -> Sequence[Mapping[str, Any]]:
    wanted = {"coin": coin, "interval": "1m", "startTime": start, "endTime": end}
    served: Sequence[Mapping[str, Any]] = await room.ask("candleSnapshot", req=wanted)
    return served


def _extent(candles: Sequence[Mapping[str, Any]], asked: int) -> dict[str, object]:
    times = [candle["t"] for candle in candles]
    first, last = (times[0], times[-1]) if times else (None, None)
    return {"asked": asked, "served": len(times), "first": first, "last": last}
