"""What the database said of the money of chat models at every step, and the caps that bound it then."""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import DAY_MS, Instant
from agentic_core.domain.chat import CallId, CallRecord, ChatPurpose
from agentic_core.domain.times import to_datetime
from agentic_core.store.memory.store import MemoryStore

__all__ = ["Caps", "CostBook"]

_PROTECTED, _REPAIRS = Decimal("0.2"), Decimal("0.1")


class Caps(NamedTuple):
    """What the stored skill lets its chat model cost, in dollars."""

    month: Decimal
    day: Decimal | None


class CostBook:
    """Looks at every reservation after each change, and adds up by itself."""

    def __init__(self, store: MemoryStore, caps: Caps) -> None:
        self.known: dict[CallId, int] = {}
        """Every call of which the database was told, and when whoever did so had read the stored skill."""
        self.read_at: dict[object, int] = {}
        """When each process read it last."""
        self.rows: dict[CallId, CallRecord] = {}
        self.reserved_at: dict[CallId, int] = {}
        self.settled_at: dict[CallId, int] = {}
        self.faults: list[str] = []
        self.caps: list[tuple[int, Caps]] = [(0, caps)]
        """From when on which caps were stored."""
        self._store = store

    def is_covered(self, call: CallId) -> bool:
        """Tell whether money is held for a call now, or all of it counts as spent."""
        row = self.rows.get(call)
        return row is not None and (row.cost_usd is None or row.cost_usd >= row.bound_usd)

    async def look(self, now_ms: int) -> None:
        """Take note of what changed."""
        for call in sorted(self.known, key=lambda one: (one.decision, one.step, one.attempt)):
            row = await self._store.costs.find(call)
            before = self.rows.get(call)
            if row is None or row == before:
                continue
            self.rows[call] = row
            if before is None:
                self.reserved_at[call] = now_ms
                self.faults.extend(self._broken_caps(row, now_ms))
            elif before.cost_usd is not None:
                self.faults.append(f"{_name(call)} cost {before.cost_usd}, and later {row.cost_usd}")
            if row.cost_usd is not None:
                self.settled_at[call] = now_ms

    def _broken_caps(self, row: CallRecord, now_ms: int) -> Iterable[str]:
        caps = self._binding(self.known[row.call], now_ms)
        month = [one for one in self.rows.values() if _month(one.at) == _month(row.at)]
        share = Decimal(1) if row.purpose is ChatPurpose.POSITION else 1 - _PROTECTED
        spans = [("month", month, caps.month * share)]
        if caps.day is not None:
            today = [one for one in month if one.at // DAY_MS == row.at // DAY_MS]
            spans.append(("day", today, caps.day * share))
        if row.purpose is ChatPurpose.REPAIR:
            repairs = [one for one in month if one.purpose is ChatPurpose.REPAIR]
            spans.append(("repairs of the month", repairs, caps.month * _REPAIRS))
        for name, rows, cap in spans:
            committed = sum((one.bound_usd if one.cost_usd is None else one.cost_usd for one in rows), Decimal(0))
            if committed > cap:
                yield f"{_name(row.call)} was paid for ({row.purpose}), and {committed} of {cap} USD a {name} are gone"

    def _binding(self, read_ms: int, now_ms: int) -> Caps:
        # The loosest since the one who reserves has read them last: a turn goes on under those it began with.
        ends = [began for began, _ in self.caps[1:]] + [now_ms + 1]
        seen = [caps for (_, caps), end in zip(self.caps, ends, strict=True) if end > read_ms]
        return Caps(max(caps.month for caps in seen), _loosest(caps.day for caps in seen))


def _loosest(days: Iterable[Decimal | None]) -> Decimal | None:
    known = list(days)
    return None if None in known else max(day for day in known if day is not None)


def _month(at: Instant) -> tuple[int, int]:
    day = to_datetime(at)
    return day.year, day.month


def _name(call: CallId) -> str:
    return f"call {call.decision[:8]}/{call.step}/{call.attempt}"
