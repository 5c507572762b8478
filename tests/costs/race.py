"""Callers that spend at the same moment on a database, are called off, crash, and are swept up after.

Every round has a month of its own. The database itself refuses a state above a cap; see `caps.sql`.
"""

from collections import Counter, deque
from datetime import date
from hashlib import shake_128
from pathlib import Path
from typing import NamedTuple

import anyio

from agentic_core.domain import DAY_MS, DecisionId, Fence, Instant, Usd, from_datetime, to_datetime
from agentic_core.domain.chat import CallId, CostSource
from agentic_core.errors import Conflict, Fenced, NotFound
from agentic_core.store.postgres import PostgresStore
from tests.costs.judge import above_caps, wrong_standing
from tests.costs.script import BYTES, CALLERS, Does, Move, Script, script
from tests.support.by_hand import execute
from tests.support.dice import Dice
from tests.support.stored_values import DEPLOYMENT, PAPER, uuid_of

__all__ = ["RoundOfRace", "judged", "race"]

_TTL_MS = 3_600_000
_DAYS = 25


class RoundOfRace(NamedTuple):
    """What came of one round."""

    calls: int
    what: Counter[str]


def judged(dsn: str) -> None:
    """Let the database refuse whatever is above a cap."""
    execute(dsn, Path(__file__).with_name("caps.sql").read_text(encoding="utf-8"))


async def race(store: PostgresStore, dsn: str, number: int, seed: int) -> RoundOfRace:
    """Play one round, and judge what is left of it.

    Raises:
        AssertionError: something was counted wrongly.
        StoreError: the database had to refuse a state above a cap.
    """
    rolled = script(Dice(shake_128(f"{seed} {number}".encode()).digest(BYTES)))
    month = date(2000 + number // 12, 1 + number % 12, 1)
    execute(dsn, "insert into judging.caps values (%s, %s, %s)", month, rolled.caps.month_usd, rolled.caps.day_usd)
    track = _Track(store, rolled, Instant(_midnight(month)), f"{seed} {number}")
    await track.run()
    return RoundOfRace(calls=len(track.asked), what=track.what)


def _midnight(day: date) -> int:
    epoch = to_datetime(Instant(0))
    return from_datetime(epoch.replace(year=day.year, month=day.month, day=day.day))


class _Track:
    def __init__(self, store: PostgresStore, rolled: Script, begins: Instant, name: str) -> None:
        self._store = store
        self._costs = store.costs
        self._script = rolled
        self._begins = begins
        self._name = name
        self._fence = Fence(account=PAPER, epoch=0)
        self.asked: list[CallId] = []
        self.what: Counter[str] = Counter()

    async def run(self) -> None:
        await self._take_over()
        async with anyio.create_task_group() as tasks:
            for who in range(CALLERS):
                tasks.start_soon(self._live, [move for move in self._script.moves if move.who == who])
        # Of what was called off some may be on its way yet; the lease and the sweep wait for it.
        await self._take_over()
        self.what["left behind"] += await self._costs.settle_abandoned(self._fence, DEPLOYMENT, at=self._begins)
        await self._judge()

    async def _judge(self) -> None:
        found = [await self._costs.find(call) for call in self.asked]
        calls = [record for record in found if record is not None]
        assert above_caps(calls, self._script.caps) is None
        for day in range(_DAYS):
            at = Instant(self._begins + day * DAY_MS)
            assert wrong_standing(calls, await self._costs.standing(DEPLOYMENT, at), at) is None
        held = [record for record in calls if record.cost_usd is None]
        assert held == [], "somebody holds money of a lease that is over"

    async def _take_over(self) -> None:
        lease = await self._store.leases.acquire(PAPER, "runner-1", _TTL_MS)
        assert lease is not None
        self._fence = Fence(account=PAPER, epoch=lease.epoch)

    async def _live(self, moves: list[Move]) -> None:
        under_way: deque[tuple[CallId, Usd]] = deque()
        days = 0
        for move in moves:
            days += move.days
            at = Instant(self._begins + days % _DAYS * DAY_MS)
            patience = None if move.patience_ms is None else move.patience_ms / 1_000
            with anyio.move_on_after(patience) as waiting:
                await self._do(move, under_way, at)
            self.what["called off"] += waiting.cancelled_caught

    async def _do(self, move: Move, under_way: deque[tuple[CallId, Usd]], at: Instant) -> None:
        match move.does:
            case Does.ASKS | Does.ASKS_AGAIN:
                await self._ask(move, under_way, at)
            case Does.HEARS if under_way:
                await self._hear(move, *under_way.popleft(), at)
            case Does.CRASHES:
                await self._take_over()
            case Does.SWEEPS:
                try:
                    self.what["swept"] += await self._costs.settle_abandoned(self._fence, DEPLOYMENT, at=at)
                except Fenced:
                    self.what["fenced"] += 1
            case _:
                pass

    async def _ask(self, move: Move, under_way: deque[tuple[CallId, Usd]], at: Instant) -> None:
        if move.does is Does.ASKS or not under_way or move.bound is None:
            decision = DecisionId(uuid_of(f"{self._name} {len(self.asked)}"))
            call = CallId(deployment=DEPLOYMENT, decision=decision, step=0)
            self.asked.append(call)
        else:
            call = under_way[0][0]
        if move.bound is not None:
            under_way.append((call, move.bound))  # before it is known: whoever is called off does not hear it
        try:
            refused = await self._costs.reserve(self._fence, call, move.purpose, move.bound, self._script.caps, at=at)
        except (Fenced, Conflict) as error:
            self.what[type(error).__name__] += 1
        else:
            self.what["held" if refused is None else "refused"] += 1
            if refused is not None and move.bound is not None:
                under_way.remove((call, move.bound))

    async def _hear(self, move: Move, call: CallId, bound: Usd, at: Instant) -> None:
        share, source = move.heard
        known = await self._costs.find(call)
        most = bound if known is None else known.bound_usd
        cost = None if share is None else Usd(most * share)
        try:
            counted = await self._costs.settle(call, cost, source, at=at)
        except NotFound:
            self.what["never held"] += 1
        else:
            assert 0 <= counted <= most
            self.what["never left" if source is CostSource.NEVER_LEFT else "settled"] += 1
