"""Every execution on the account finds its way into the ledger here, whoever caused it, each exactly once."""

from collections.abc import Iterable
from typing import Final

import anyio

from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import plain
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.attribution import Owner, as_foreign
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.runtime.watch.watched import Watched
from agentic_core.runtime.watch.writers import Writers

__all__ = ["FillIntake"]


class FillIntake:
    """Takes fills as the venue tells them: ours to the desk, all others into the store with their kind."""

    def __init__(self, watched: Watched, writers: Writers) -> None:
        """Begin with what the store holds, once the first fill comes."""
        self._watched: Final = watched
        self._writers: Final = writers
        self._taken: set[str] | None = None
        self._begins = watched.since
        self._turn: Final = anyio.Lock()

    async def take(self, fills: Iterable[Fill]) -> None:
        """Take fills in; one that was taken before, or is older than the ledger, is left alone.

        Raises:
            Fenced: the lease is lost.
            StoreError: the database refused; nothing is remembered as taken, so that it can be told again.
        """
        async with self._turn:
            taken = await self._load() if self._taken is None else self._taken
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
            taken.update(fresh)

    async def _load(self) -> set[str]:
        known = await self._watched.store.fills(self._watched.fence.account)
        self._begins = min((self._begins, *(fill.time for fill in known)))
        self._writers.expect(fill.cloid for fill in known if fill.cloid and fill.kind is FillKind.EXTERNAL)
        self._taken = {fill.fill_id for fill in known}
        return self._taken

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
