"""A place for questions about a market that is set by hand; it answers as the venue writes."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from anyio.lowlevel import checkpoint

from agentic_core.domain.times import HOUR_MS, MINUTE_MS
from agentic_core.ports.clock import Clock
from agentic_hl.rest.failures import FailureKind, RestFailure
from agentic_hl.rest.queries import Query
from agentic_hl.wire.messages.reading import Unreadable

__all__ = ["BUSY", "KEPT", "LISTINGS", "ToldMarket", "told_candle"]

KEPT = 5_000
"""Candles that the venue has, the one that is still open among them."""

BUSY = RestFailure(kind=FailureKind.RATE_LIMITED, message="too many", retryable=True, retry_after_ms=7_000)

LISTINGS: Sequence[Mapping[str, object]] = (
    {"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 40},
    {"szDecimals": 4, "name": "ETH", "maxLeverage": 25, "marginTableId": 25},
)

_T = TypeVar("_T")


def told_candle(opened: int, *, closed: bool = True) -> dict[str, object]:
    """Write the minute that opened then; one that is still open ends at another price."""
    number = opened // MINUTE_MS % 1000
    close = f"{1_000 + number}.5" if closed else "2000.25"
    return {
        "t": opened, "T": opened + MINUTE_MS - 1, "s": "BTC", "i": "1m", "o": "1000.0", "c": close, "h": "2100.0",
        "l": "900.0", "v": f"{number}.25", "n": 3,
    }  # fmt: skip


class ToldMarket:
    """BTC's minutes since `begins`, each but the `silent` ones; at most `answer_max` in an answer, oldest first."""

    def __init__(self, clock: Clock, *, begins: int) -> None:
        self._clock = clock
        self.begins = begins
        self.answer_max = KEPT
        self.silent: set[int] = set()
        """Minutes without a candle."""
        self.forgotten: set[int] = set()
        """Minutes that are left out of the next answer they belong to."""
        self.wrong: set[int] = set()
        """Minutes whose highest price is below the lowest."""
        self.universe: list[Mapping[str, object]] = list(LISTINGS)
        self.mark = "77562.0"
        """Of BTC."""
        self.failures: deque[RestFailure | None] = deque()
        """What the next questions end with; None lets one pass."""
        self.asked: list[dict[str, Any]] = []

    async def query(self, query: Query[_T]) -> _T | RestFailure:
        """Answer one question."""
        body: dict[str, Any] = msgspec.json.decode(query.body)
        self.asked.append(body)
        await checkpoint()
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            return failure
        answer = query.reader.read(msgspec.json.encode(self._answer(body)))
        assert not isinstance(answer, Unreadable), answer
        return answer

    def ranges(self) -> list[tuple[int, int]]:
        """Return from when to when candles were asked for, and forget it."""
        wanted = [body["req"] for body in self.asked if body["type"] == "candleSnapshot"]
        self.asked.clear()
        return [(req["startTime"], req["endTime"]) for req in wanted]

    def kinds(self) -> list[str]:
        """Return what was asked, and forget it."""
        found = [str(body["type"]) for body in self.asked]
        self.asked.clear()
        return found

    def _answer(self, body: Mapping[str, Any]) -> object:
        match body["type"]:
            case "candleSnapshot":
                return self._candles(body["req"])
            case "meta":
                return self._meta()
            case "metaAndAssetCtxs":
                return [self._meta(), [self._context(listing) for listing in self.universe]]
            case "fundingHistory":
                return self._rates(body)
            case "l2Book":
                level = {"px": "100.5", "sz": "1.0", "n": 1}
                return {"coin": body["coin"], "time": self._clock.now(), "levels": [[level], [{**level, "px": "101"}]]}
            case other:
                raise AssertionError(other)

    def _meta(self) -> object:
        return {"universe": self.universe, "marginTables": [], "collateralToken": 0}

    def _context(self, listing: Mapping[str, object]) -> object:
        mark = self.mark if listing["name"] == "BTC" else "2296.4"
        return {"markPx": mark, "oraclePx": mark, "funding": "0.0000125", "openInterest": "1.0", "prevDayPx": "1.0",
                "dayNtlVlm": "1.0", "premium": None, "midPx": None, "impactPxs": None}  # fmt: skip

    def _candles(self, req: Mapping[str, Any]) -> object:
        assert req["interval"] == "1m", req
        now = self._clock.now()
        open_now = now // MINUTE_MS * MINUTE_MS
        first = max(req["startTime"], self.begins, open_now - (KEPT - 1) * MINUTE_MS)
        times = range(-(-first // MINUTE_MS) * MINUTE_MS, min(req["endTime"], open_now) + 1, MINUTE_MS)
        served = [at for at in times if at not in self.silent and at not in self.forgotten]
        self.forgotten -= set(times)
        found = [told_candle(at, closed=at < open_now) for at in served if req["coin"] == "BTC"]
        return [{**one, "h": "1.0"} if one["t"] in self.wrong else one for one in found][: self.answer_max]

    def _rates(self, body: Mapping[str, Any]) -> object:
        now, start = self._clock.now(), max(body["startTime"], self.begins)
        hours = range(-(-start // HOUR_MS) * HOUR_MS, min(body["endTime"], now) + 1, HOUR_MS)
        # A few milliseconds after the hour, as the recorded history has it.
        return [
            {
                "coin": body["coin"],
                "fundingRate": f"0.0000{hour // HOUR_MS % 97:02}",
                "premium": "0.0",
                "time": hour + 37,
            }
            for hour in hours
        ][:500]
