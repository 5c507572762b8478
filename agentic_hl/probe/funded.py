"""Questions that place orders with a little money of the test network; each clears up after itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from agentic_hl.probe.answers import Finding, fails, holds, unclear
from agentic_hl.probe.counter import Counter, Market, open_counter
from agentic_hl.probe.signed_room import Reply, SignedRoom
from agentic_hl.wire.actions import ALO, Grouping, Tpsl, trigger
from agentic_hl.wire.units import Rounding, price_text

__all__ = [
    "ask_builder_cloid",
    "ask_cloid_reuse",
    "ask_inclusion_lag",
    "ask_minimum_partial",
    "ask_price_band",
    "ask_stop_after_ioc",
    "ask_whole_error",
]

_ROUNDS = 3
_LOOK_PAUSE_S = 0.05
_LOOKS_MAX = 200
_LAG_MS_MAX = 3_000
_NO_ASSET = 9_999
_FAR_BPS = -3_000
_BAND_BPS = (-7_000, -8_500, -9_700)
_STOP_BPS = 500
_SMALL, _MIDDLE, _PART = Decimal(12), Decimal(25), Decimal(5)
_BAND_TEXT = "Order price cannot be more than 80% away"
_MINIMUM_TEXT = "Order must have minimum value"
_BUILDER_BASE, _BUILDER_SPAN = 100_000, 10_000


async def ask_minimum_partial(signed: SignedRoom) -> Finding:
    """Close a fifth of a position of 25 dollars, then the rest."""
    async with open_counter(signed) as counter:
        opened = await counter.buy(_MIDDLE)
        held = await counter.held()
        if not held:
            return unclear(f"nothing was bought: {opened.refusal or 'no fill'}", opened.shown)
        part = await counter.sell(held * _PART / _MIDDLE)
    if part.refusal is None:
        return fails("the small part was closed", opened.shown, part.shown)
    return holds(part.refusal, opened.shown, part.shown) if _MINIMUM_TEXT in part.refusal else unclear(part.refusal)


async def ask_price_band(signed: SignedRoom) -> Finding:
    """Offer to buy further and further below the mid."""
    replies: dict[int, Reply] = {}
    async with open_counter(signed) as counter:
        for offset in _BAND_BPS:
            replies[offset] = await counter.rest(_SMALL, offset, cloid=counter.new_cloid())
    rows = [{"offset_bps": offset, **reply.shown} for offset, reply in replies.items()]
    told = "; ".join(f"{offset / 100:g} %: {reply.refusal or 'taken'}" for offset, reply in replies.items())
    near, *far = [reply.refusal for reply in replies.values()]
    as_assumed = near is None and all((text or "").startswith(_BAND_TEXT) for text in far)
    return holds(told, *rows) if as_assumed else fails(told, *rows)


async def ask_whole_error(signed: SignedRoom) -> Finding:
    """Place a good order together with one that lies on no price step, and one for an asset that does not exist."""
    rows: list[Mapping[str, object]] = []
    async with open_counter(signed) as counter:
        mid = await counter.mid()
        good = counter.line(mid, size=_SMALL / mid * 2, is_buy=True, offset_bps=_FAR_BPS, terms=ALO)
        odd = msgspec.structs.replace(good, limit_price="1.23456789")
        nowhere = msgspec.structs.replace(good, asset=_NO_ASSET)
        refused_whole: list[str | None] = []
        worked_in_vain: list[str | None] = []
        for bad in (odd, nowhere):
            reply = await counter.place(good, bad)
            resting = await counter.resting()
            rows.append({"resting": len(resting), **reply.shown})
            if reply.status is not None and not reply.statuses:
                refused_whole.append(reply.refusal)
                worked_in_vain += [reply.refusal] if resting else []
            await counter.clear()
    if worked_in_vain:
        return fails(f"refused as a whole, and one order rests: {worked_in_vain[0]}", *rows)
    if not refused_whole:
        return unclear("neither was refused as a whole", *rows)
    return holds(f"what was refused as a whole left no order: {refused_whole[0]}", *rows)


async def ask_cloid_reuse(signed: SignedRoom) -> Finding:
    """Place an order, the same id again while it rests, and again after it was cancelled."""
    async with open_counter(signed) as counter:
        cloid = counter.new_cloid()
        first = await counter.rest(_SMALL, _FAR_BPS, cloid=cloid)
        while_open = await counter.rest(_SMALL, _FAR_BPS, cloid=cloid)
        await counter.cancel(cloid)
        afterwards = await counter.rest(_SMALL, _FAR_BPS, cloid=cloid)
    if first.refusal is not None:
        return unclear(f"no order could be placed: {first.refusal}", first.shown)
    told = f"while it rests: {while_open.refusal or 'taken'}; afterwards: {afterwards.refusal or 'taken'}"
    return holds(told, first.shown, while_open.shown, afterwards.shown)


async def ask_inclusion_lag(signed: SignedRoom) -> Finding:
    """Buy a little, three times, and look until every view shows it."""
    rows: list[Mapping[str, object]] = []
    async with open_counter(signed) as counter:
        for _ in range(_ROUNDS):
            rows.append(await _lag(counter))
            await counter.clear()
    lags = [lag for row in rows for name, lag in row.items() if name.endswith("_ms")]
    if not lags:
        return unclear("nothing was bought", *rows)
    longest = max(_LAG_MS_MAX + 1 if lag is None else int(str(lag)) for lag in lags)
    told = f"every view showed it within {longest} ms of the answer"
    if longest > _LAG_MS_MAX:
        return fails(f"a view showed it later than {_LAG_MS_MAX} ms after the answer, or not at all", *rows)
    return holds(told, *rows)


async def ask_stop_after_ioc(signed: SignedRoom) -> Finding:
    """Buy a little, and place a stop for the position as soon as the answer is there."""
    async with open_counter(signed) as counter:
        opened = await counter.buy(_SMALL)
        if not opened.statuses or "filled" not in opened.statuses[0]:
            return unclear(f"nothing was bought: {opened.refusal or 'no fill'}", opened.shown)
        mid = await counter.mid()
        size = Decimal(opened.statuses[0]["filled"]["totalSz"])
        stop = price_text(mid * (1 - Decimal(_STOP_BPS) / 10_000), counter.market.size_decimals, Rounding.DOWN)
        terms = trigger(stop, Tpsl.STOP_LOSS, is_market=True)
        line = counter.line(mid, size=size, is_buy=False, offset_bps=-2 * _STOP_BPS, terms=terms, reduce_only=True)
        placed = await counter.place(line, grouping=Grouping.POSITION_TPSL)
        resting = await signed.ask_of_owner("frontendOpenOrders", dex="")
    after_ms = placed.answered_at_ms - opened.answered_at_ms
    seen = (opened.shown, placed.shown, *resting)
    if placed.refusal is not None:
        return fails(f"the stop was refused: {placed.refusal}", *seen)
    return holds(f"the stop stood {after_ms} ms after the answer that told of the position", *seen)


async def ask_builder_cloid(signed: SignedRoom) -> Finding:
    """Place an order with an id on the first market of the first builder."""
    dexs = await signed.room.ask("perpDexs")
    index = next((place for place, dex in enumerate(dexs) if dex is not None), None)
    if index is None:
        return unclear("no builder has a market")
    dex = str(dexs[index]["name"])
    meta = await signed.room.ask("meta", dex=dex)
    listed = [(place, one) for place, one in enumerate(meta["universe"]) if not one.get("isDelisted")]
    if not listed:
        return unclear(f"{dex} lists no market")
    place, listing = listed[0]
    asset = _BUILDER_BASE + index * _BUILDER_SPAN + place
    market = Market(coin=listing["name"], asset=asset, size_decimals=listing["szDecimals"], dex=dex)
    async with open_counter(signed, market) as counter:
        cloid = counter.new_cloid()
        placed = await counter.rest(_SMALL, _FAR_BPS, cloid=cloid)
        known = await signed.ask_of_owner("orderStatus", oid=cloid)
    seen = ({"market": listing["name"], "asset": asset}, placed.shown, known)
    if placed.refusal is not None:
        return unclear(f"the order was refused: {placed.refusal}", *seen)
    if known.get("status") == "order":
        return fails("the order was placed and is known by its id", *seen)
    return holds("the order was placed and is not known by its id", *seen)


async def _lag(counter: Counter) -> Mapping[str, object]:
    cloid, signed = counter.new_cloid(), counter.signed
    bought = await counter.buy(_SMALL, cloid=cloid)
    if bought.refusal is not None or not bought.statuses:
        return {"bought": bought.shown}
    shown: dict[str, int | None] = {"order_ms": None, "fill_ms": None, "position_ms": None}
    for _ in range(_LOOKS_MAX):
        for name, lag in shown.items():
            if lag is None and await _is_shown(counter, name, cloid):
                shown[name] = signed.room.clock.boottime_ms() - bought.answered_at_ms
        if None not in shown.values():
            break
        await signed.room.clock.sleep(_LOOK_PAUSE_S)
    return {"bought": bought.shown, **shown}


async def _is_shown(counter: Counter, view: str, cloid: str) -> bool:
    signed = counter.signed
    if view == "order_ms":
        known: Any = await signed.ask_of_owner("orderStatus", oid=cloid)
        return bool(known.get("status") == "order")
    if view == "fill_ms":
        fills: Any = await signed.ask_of_owner("userFills")
        return any(fill.get("cloid") == cloid for fill in fills)
    return bool(await counter.held())
