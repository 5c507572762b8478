"""Questions about the streams, asked over a link."""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import msgspec

from agentic_hl.probe.answers import Finding, fails, holds, unclear
from agentic_hl.probe.room import Heard, Room, fresh_address, listen
from agentic_hl.stream.transport import StreamLink

__all__ = ["ask_cadences", "ask_first_dex", "ask_snapshot_again", "ask_stream_users", "ask_webdata2"]

_COIN = "BTC"
_SILENCE_S = 20.0
_CADENCE_S = 90.0
_ANSWER_S = 5.0
_PING_S = 20.0
_GAP_MS_MAX = 15_000
_USERS_ASKED = 16
_USERS_NEEDED = 10
_EXCERPT = 300
_TOO_MANY = re.compile(r"Cannot track more than (\d+) total users", re.ASCII)


async def ask_webdata2(room: Room) -> Finding:
    """Subscribe and wait."""
    async with room.link() as link:
        await _subscribe(link, type="webData2", user=fresh_address(room.entropy))
        heard = await listen(link, room.clock, _SILENCE_S, until="webData2")
    seen = [{"channel": one.channel, "content": _short(one.content)} for one in heard]
    if any(one.channel == "webData2" for one in heard):
        return fails("it is served", *seen)
    refused = any(one.channel == "error" for one in heard)
    return holds("it is refused" if refused else f"it says nothing in {_SILENCE_S:.0f} s", *seen)


async def ask_first_dex(room: Room) -> Finding:
    """Look at the first frame with the contexts of all dexes."""
    async with room.link() as link:
        await _subscribe(link, type="allDexsAssetCtxs")
        heard = await listen(link, room.clock, _SILENCE_S, until="allDexsAssetCtxs")
    frame = next((one.content for one in heard if one.channel == "allDexsAssetCtxs"), None)
    if frame is None:
        return unclear("it said nothing", *({"channel": one.channel, "content": _short(one.content)} for one in heard))
    names = [dex[0] for dex in frame["ctxs"]]
    told = f"the dexes come as {', '.join(map(repr, names))}"
    return holds(told, {"dexs": names}) if names[:1] == [""] else fails(told, {"dexs": names})


async def ask_cadences(room: Room) -> Finding:
    """Listen to four channels and measure how long each is silent."""
    channels = ("allMids", "activeAssetCtx", "l2Book", "bbo")
    heard: list[Heard] = []
    async with room.link() as link:
        await _subscribe(link, type="allMids")
        for channel in channels[1:]:
            await _subscribe(link, type=channel, coin=_COIN)
        for _ in range(int(_CADENCE_S // _PING_S) + 1):
            heard += await listen(link, room.clock, _PING_S)
            await link.transmit(b'{"method":"ping"}')
    seen = [_cadence(channel, [one.at_ms for one in heard if one.channel == channel]) for channel in channels]
    longest = {str(row["channel"]): row["longest_gap_ms"] for row in seen}
    silent = [channel for channel in channels[:3] if (longest[channel] or _GAP_MS_MAX) >= _GAP_MS_MAX]
    if silent:
        return fails(f"{', '.join(silent)}: silent for {_GAP_MS_MAX // 1000} s or longer", *seen)
    return holds(f"each of {', '.join(channels[:3])} speaks within {_GAP_MS_MAX // 1000} s", *seen)


async def ask_stream_users(room: Room) -> Finding:
    """Follow more and more users until one is refused."""
    users = [fresh_address(room.entropy) for _ in range(_USERS_ASKED)]
    async with room.link() as link:
        for user in users:
            await _subscribe(link, type="orderUpdates", user=user)
        heard = await listen(link, room.clock, _ANSWER_S, until="error")
    taken = sum(one.channel == "subscriptionResponse" for one in heard)
    texts = [str(one.content) for one in heard if one.channel == "error"]
    limit = next((int(found[1]) for text in texts if (found := _TOO_MANY.search(text))), None)
    seen = {"asked": _USERS_ASKED, "taken": taken, "errors": texts}
    if taken >= _USERS_NEEDED:
        return holds(f"{taken} users were taken; the limit named is {limit or 'none'}", seen)
    return fails(f"only {taken} users were taken", seen) if texts else unclear("no answer to the subscriptions", seen)


async def ask_snapshot_again(room: Room) -> Finding:
    """Follow the fills of somebody who just had one, stop, and follow them again."""
    async with room.link() as link:
        user = await _somebody(room, link)
        if user is None:
            return unclear(f"nobody bought or sold {_COIN} while listening")
        snapshots: list[object] = []
        for _ in range(2):
            await _subscribe(link, type="userFills", user=user)
            fills = [
                one for one in await listen(link, room.clock, _ANSWER_S, until="userFills") if _is_of_user(one, user)
            ]
            snapshots += [
                {"isSnapshot": one.content.get("isSnapshot"), "fills": len(one.content.get("fills", ()))}
                for one in fills
            ]
            await _subscribe(link, method="unsubscribe", type="userFills", user=user)
            await listen(link, room.clock, _ANSWER_S, until="subscriptionResponse")
    replayed = [shot for shot in snapshots if isinstance(shot, dict) and shot["isSnapshot"] is True]
    if len(replayed) > 1:
        return holds("each subscription began with a snapshot", *snapshots)
    return fails("the second subscription began without a snapshot", *snapshots) if replayed else unclear("none came")


async def _somebody(room: Room, link: StreamLink) -> str | None:
    await _subscribe(link, type="trades", coin=_COIN)
    heard = await listen(link, room.clock, _SILENCE_S, until="trades")
    await _subscribe(link, method="unsubscribe", type="trades", coin=_COIN)
    prints: Sequence[Any] = next((one.content for one in heard if one.channel == "trades"), ())
    return next((str(user) for row in prints for user in row.get("users", ())), None)


async def _subscribe(link: StreamLink, *, method: str = "subscribe", **subscription: object) -> None:
    await link.transmit(msgspec.json.encode({"method": method, "subscription": subscription}))


def _is_of_user(one: Heard, user: str) -> bool:
    return one.channel == "userFills" and str(one.content.get("user")).lower() == user.lower()


def _cadence(channel: str, times: Sequence[int]) -> dict[str, Any]:
    gaps = [after - before for before, after in pairwise(times)]
    shown = {"median_gap_ms": median(gaps), "longest_gap_ms": max(gaps)} if gaps else {"longest_gap_ms": None}
    return {"channel": channel, "messages": len(times), **shown}


def _short(content: object) -> object:
    text = msgspec.json.encode(content).decode()
    return content if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
