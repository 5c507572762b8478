"""Every execution on the account finds its way into the ledger here, whoever caused it, each exactly once."""

from collections.abc import Iterable
from typing import Final

import anyio

from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import plain
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.attribution import Owner, as_foreign
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.watch.watched import Watched
from agentic_core.runtime.watch.writers import Writers

__all__ = ["FillIntake"]

_KEPT: Final = 5_000
"""How many fills are remembered as taken before the older half of them is let go."""


class FillIntake:
    """Takes fills as the venue tells them: ours to the desk, all others into the store with their kind."""

    def __init__(self, watched: Watched, writers: Writers, *, kept: int = _KEPT) -> None:
        """Begin with what the store holds, once the first fill comes; about so many are remembered as taken."""
        self._watched: Final = watched
        self._writers: Final = writers
        self._taken: dict[str, Instant] | None = None
        self._taken_from = Instant(0)
        self._kept: Final = kept
        self._begins = watched.since
        self._turn: Final = anyio.Lock()

    @property
    def remembered(self) -> int:
        """How many fills are remembered as taken."""
        return 0 if self._taken is None else len(self._taken)

    async def take(self, fills: Iterable[Fill]) -> None:
        """Take fills in; one that was taken before, or is older than the ledger, is left alone.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused; nothing is remembered as taken, so that it can be told again.
        """
        async with self._turn:
            fills = tuple(fills)
            taken = self._taken
            if taken is None or any(fill.time < self._taken_from for fill in fills):
                taken = await self._load()
            fresh = {fill.fill_id: fill for fill in fills if fill.fill_id not in taken and fill.time >= self._begins}
            ours: dict[ClientOrderId, list[Fill]] = {}
            others: list[tuple[Fill, Owner]] = []
            for fill in fresh.values():
                owner = await self._owner(fill)
                if owner is Owner.OURS and fill.cloid is not None:
                    ours.setdefault(fill.cloid, []).append(fill)
                else:
                    others.append((as_foreign(fill), owner))
            for cloid, parts in ours.items():
                await self._watched.orders.learn(cloid, fills=tuple(parts))
            await self._book(others)
            taken.update((fill.fill_id, fill.time) for fill in fresh.values())
            self._let_go(taken)

    async def _load(self) -> dict[str, Instant]:
        known = await self._watched.store.fills(self._watched.fence.account)
        self._begins = min((self._begins, *(fill.time for fill in known)))
        self._writers.expect(fill.cloid for fill in known if fill.cloid and fill.kind is FillKind.EXTERNAL)
        self._taken_from = Instant(0)
        self._taken = {fill.fill_id: fill.time for fill in known}
        return self._taken

    def _let_go(self, taken: dict[str, Instant]) -> None:
        # What is older is read from the store again in the rare case that it is told of once more.
        if len(taken) < self._kept:
            return
        self._taken_from = sorted(taken.values())[len(taken) // 2]
        for fill_id in [fill_id for fill_id, at in taken.items() if at < self._taken_from]:
            del taken[fill_id]

    async def _owner(self, fill: Fill) -> Owner:
        is_of_our_time = fill.time >= self._watched.since
        owner = await self._writers.owner(fill.cloid, _said(fill), kind=fill.kind, alarm=is_of_our_time)
        if fill.kind is FillKind.LIQUIDATION and is_of_our_time:
            # Before it is recorded: what is in the store raises no alarm after a restart.
            await self._watched.halt(HaltReason.LIQUIDATION, f"the venue executed a liquidation: {_said(fill)}")
        return owner

    async def _book(self, others: list[tuple[Fill, Owner]]) -> None:
        if not others:
            return
        watched = self._watched
        fills = tuple(fill for fill, _ in others)
        await watched.store.record_fills(watched.fence, watched.deployment, fills, at=watched.venue_now())
        for fill, owner in others:
            self._tell(fill, owner)

    def _tell(self, fill: Fill, owner: Owner) -> None:
        event, level = LogEvent.EXTERNAL_FILL, LogLevel.WARN
        if fill.kind is FillKind.LIQUIDATION:
            event, level = LogEvent.LIQUIDATION, LogLevel.ERROR
        self._watched.say(
            event,
            f"{_said(fill)}, fee {plain(fill.fee)} USD, by {_BY[owner]}",
            level=level,
            symbol=fill.symbol,
            kind=fill.kind.value,
            owner=owner.value,
            cloid=fill.cloid,
            fill_id=fill.fill_id,
            filled_at=fill.time,
        )


_BY = {
    Owner.OURS: "an order of ours",
    Owner.VENUE: "the venue",
    Owner.USER: "hand",
    Owner.OTHER_PROGRAM: "another program",
}


def _said(fill: Fill) -> str:
    return f"{fill.side} {plain(fill.size)} {fill.symbol} at {plain(fill.price)}"
