"""Takes in what becomes known of an order: judged, written down with its fills, then told."""

from collections.abc import Callable, Collection, Sequence

import anyio
from msgspec.structs import replace

from agentic_core.domain.fill import Fill
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import ZERO, Size
from agentic_core.execution.evidence import Evidence, FillsBooked
from agentic_core.execution.intent import Contradiction, learn
from agentic_core.execution.life import Life, life_of
from agentic_core.ports.broker import Searched
from agentic_core.ports.intents import IntentStore
from agentic_core.runtime.orders.lives import Lives
from agentic_core.runtime.orders.telling import tell_contradiction, tell_life
from agentic_core.runtime.orders.terms import DeskTerms

__all__ = ["OrderLedger"]


class OrderLedger:
    """The one place where lives change: each in its own turn, in the store before in memory."""

    def __init__(
        self, terms: DeskTerms, store: IntentStore, lives: Lives, on_contradiction: Callable[[Contradiction], None]
    ) -> None:
        """Keep the books of one account under one lease."""
        self._terms = terms
        self._store = store
        self._lives = lives
        self._on_contradiction = on_contradiction
        self._turns: dict[ClientOrderId, anyio.Lock] = {}
        self._booked: dict[ClientOrderId, dict[str, Size]] = {}

    async def recover(self) -> None:
        """Read what is left to do, and the fills of it that are booked."""
        living = await self._store.living(self._terms.fence.account)
        await self._recall({record.prepared.intent.cloid for record in living})
        for record in living:
            self._lives.put(life_of(record))
        self._lives.are_known = True

    async def bring(self, cloid: ClientOrderId) -> Life | None:
        """Return an intent of the account, also one forgotten here; None where it never prepared it."""
        if cloid not in self._lives:
            record = await self._store.find(self._terms.fence.account, cloid)
            if record is None:
                return None
            await self._recall({cloid})
            if cloid not in self._lives:  # nobody brought it meanwhile
                self._lives.put(life_of(record))
        return self._lives[cloid]

    async def take(
        self,
        cloid: ClientOrderId,
        evidence: Sequence[Evidence],
        fills: Sequence[Fill] = (),
        searched: Searched | None = None,
        *,
        venue_order_id: str | None = None,
    ) -> Life:
        """Take in evidence and fills; what is new is durable before it is known here.

        Args:
            cloid: the intent, which has to be here.
            evidence: in its order.
            fills: some of its executions, known or not.
            searched: where they are all that a search found, its range; the evidence then is that of the same search.
            venue_order_id: the venue's number of the order, where it answered with one.

        Raises:
            Fenced: the lease is lost; nothing was written.
            IllegalTransition: a send would begin that may not.
        """
        async with self._turns.setdefault(cloid, anyio.Lock()):
            before = self._lives[cloid]
            fresh = self._fresh(cloid, fills)
            counted = self._counted(cloid, fresh, searched)
            # A word by itself may not count the fills beside it, so they come first; a search is judged as it was made.
            facts = [*counted, *evidence] if searched is None else [*evidence, *counted]
            after, contradictions = self._judge(before, facts)
            if after != before or fresh or venue_order_id:
                await self._write(after, fresh, venue_order_id or None)
        for contradiction in contradictions:
            tell_contradiction(self._terms.say, contradiction)
            self._on_contradiction(contradiction)
        tell_life(self._terms.say, before, after, facts, fresh)
        return after

    def forget(self, cloid: ClientOrderId) -> None:
        """Let an intent go that nobody waits for; `bring` finds it again with its fills."""
        turn = self._turns.get(cloid)
        if turn is None or not turn.locked():
            self._lives.drop(cloid)
            self._turns.pop(cloid, None)
            self._booked.pop(cloid, None)

    async def _recall(self, cloids: Collection[ClientOrderId]) -> None:
        for fill in await self._store.fills(self._terms.fence.account) if cloids else ():
            if fill.cloid is not None and fill.cloid in cloids:
                self._booked.setdefault(fill.cloid, {})[fill.fill_id] = fill.size

    async def _write(self, life: Life, fresh: Sequence[Fill], venue_order_id: str | None) -> None:
        # Not cut off in between: the store and this process would know different things.
        with anyio.CancelScope(shield=True):
            await self._store.note(
                self._terms.fence, life.record(), fresh, at=self._terms.venue_now(), venue_order_id=venue_order_id
            )
            self._booked.setdefault(life.cloid, {}).update((fill.fill_id, fill.size) for fill in fresh)
            self._lives.put(life)

    def _judge(self, life: Life, facts: Sequence[Evidence]) -> tuple[Life, list[Contradiction]]:
        contradictions = []
        for fact in facts:
            learned = learn(life, fact, self._terms.rules)
            if isinstance(learned, Contradiction):
                contradictions.append(learned)
                life = learned.now
            else:
                life = learned.life
        return life, contradictions

    def _fresh(self, cloid: ClientOrderId, fills: Sequence[Fill]) -> tuple[Fill, ...]:
        known = self._booked.get(cloid, {})
        fresh = {fill.fill_id: fill for fill in fills if fill.fill_id not in known}
        return tuple(fill if fill.cloid == cloid else replace(fill, cloid=cloid) for fill in fresh.values())

    def _counted(self, cloid: ClientOrderId, fresh: Sequence[Fill], searched: Searched | None) -> list[Evidence]:
        sizes = [*self._booked.get(cloid, {}).values(), *(fill.size for fill in fresh)]
        if not sizes or not (fresh or searched):
            return []
        filled = Size(sum(sizes, ZERO))
        if searched is None:
            return [FillsBooked(filled=filled)]
        return [FillsBooked(filled=filled, read_at=searched.read_at, searched_from=searched.since)]
