"""Keeps one protective stop resting for each position, and tells which position cannot stay."""

from collections.abc import Collection
from typing import Final

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.ids import ClientOrderId, Symbol
from agentic_core.domain.money import plain
from agentic_core.domain.order import IntentKind, IntentState
from agentic_core.domain.position import Direction, Position
from agentic_core.domain.times import Instant
from agentic_core.errors import Conflict
from agentic_core.execution.life import Life
from agentic_core.execution.protection import (
    FlattenNow,
    FlattenReason,
    KeepStops,
    Naked,
    PlaceStop,
    Protected,
    RemoveStops,
    ReplaceStops,
    fits,
    is_spare,
    is_stop,
    protect,
)
from agentic_core.execution.stop_pricing import ProtectiveStop
from agentic_core.runtime.exits.carrying import Belonging, Carrying
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.exits.stop_doubts import StopDoubts

__all__ = ["Care", "StopKeeper"]

_ROUNDS_MAX: Final = 3
"""Cancelling one stop, placing the next and seeing it rest are done in one go."""
_WAITS_MAX: Final = 5
"""How often the wait after a stop that did not come to rest doubles."""


class Care(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a look at one symbol came to."""

    again_at: int
    """When to look again at the latest, by the clock that never goes back."""
    flatten: FlattenReason | None = None
    """Why the position cannot stay."""
    detail: str = ""


class _Watched:
    # What is remembered of a symbol between two looks, by the clock that never goes back.
    def __init__(self) -> None:
        self.naked: Naked | None = None
        self.flat_since: int | None = None
        self.try_from = 0
        self.tries = 0
        self.left_until = 0
        self.direction = Direction.FLAT

    def tried(self, now: int, wait_ms: int) -> None:
        self.try_from = now + wait_ms * 2 ** min(self.tries, _WAITS_MAX)
        self.tries += 1


class StopKeeper:
    """The stops of one account."""

    def __init__(self, orders: ExitOrders) -> None:
        """Keep the stops of an account."""
        self._orders: Final = orders
        self._carrying: Final = Carrying(orders)
        self._watched: Final[dict[Symbol, _Watched]] = {}
        self._doubts: Final = StopDoubts(orders)

    def symbols(self) -> set[Symbol]:
        """Return the symbols about which something may be left to do although they are flat."""
        known = self._orders.ports.orders.lives.values()
        return {life.intent.symbol for life in known if is_stop(life) and not life.is_terminal} | set(self._watched)

    def leave(self, symbol: Symbol) -> None:
        """Keep a position for a while that could not be closed: a human was called."""
        watched = self._watched.setdefault(symbol, _Watched())
        watched.left_until = self._now() + self._orders.terms.rules.again_ms

    async def verify(self) -> None:
        """Ask the venue about the resting stops that nobody asked about for a while."""
        await self._doubts.verify()

    def closed(self, symbol: Symbol) -> None:
        """Note that a position was closed: the stop that protected it will not protect the next one."""
        self._doubts.doubt(symbol)

    async def care(self, symbol: Symbol, account: AccountSnapshot) -> Care:
        """Do what has to be done about the stops of a symbol now; closing what cannot stay is left to the caller."""
        position, watched = account.position(symbol), self._watched.setdefault(symbol, _Watched())
        if not position.size:
            return await self._care_flat(symbol, watched)
        watched.flat_since = None
        if watched.direction is not position.direction:
            self._doubts.doubt(symbol)
            watched.direction = position.direction
        await self._doubts.resolve(symbol)
        belonging, found = await self._judge(position, account, watched)
        for _ in range(_ROUNDS_MAX):
            if not await self._act(position, watched, found):
                break
            belonging, found = await self._judge(position, account, watched)
        if isinstance(found.action, FlattenNow):
            return Care(
                again_at=self._now() + self._orders.terms.rules.retry_ms,
                flatten=found.action.reason if self._now() >= watched.left_until else None,
                detail=_detail(position, belonging, found, self._now()),
            )
        await self._tidy(symbol, watched, found)
        self._press(symbol, found)
        return Care(again_at=self._again_at(found))

    async def cover(self, symbol: Symbol, account: AccountSnapshot) -> None:
        """Place a stop where none is left although the position is being closed: nobody knows how long that takes."""
        position, watched = account.position(symbol), self._watched.setdefault(symbol, _Watched())
        belonging = await self._carrying.belonging(position, account, fresh=False)
        if isinstance(self._protected(position, belonging, None).action, PlaceStop):
            belonging = await self._carrying.belonging(position, account, fresh=True)
            found = self._protected(position, belonging, None)
            if isinstance(found.action, PlaceStop):
                await self._act(position, watched, found)

    async def _judge(
        self, position: Position, account: AccountSnapshot, watched: _Watched
    ) -> tuple[Belonging, Protected]:
        # Prices are asked for only where something would be sent. A position that is found bare was so before that.
        began_at = Instant(self._now())
        belonging = await self._carrying.belonging(position, account, fresh=False)
        found = self._protected(position, belonging, watched.naked)
        if isinstance(found.action, PlaceStop | ReplaceStops):
            belonging = await self._carrying.belonging(position, account, fresh=True)
            found = self._protected(position, belonging, watched.naked)
        if watched.naked is None and found.naked is not None:
            found = msgspec.structs.replace(found, naked=msgspec.structs.replace(found.naked, since=began_at))
        watched.naked = found.naked
        if isinstance(found.action, FlattenNow) and self._now() < watched.left_until:
            # Nobody closes it for now, so a stop is still better than none.
            action = self._protected(position, belonging, None).action
            found = Protected(action=action, naked=found.naked)
        if found.naked is None or found.naked.covered_since is not None:
            watched.tries = watched.try_from = 0
        return belonging, found

    def _protected(self, position: Position, belonging: Belonging, naked: Naked | None) -> Protected:
        lives, rules = self._doubts.lives(position.symbol), self._orders.terms.rules.protection
        return protect(belonging.stop, lives, belonging.mark, naked, Instant(self._now()), rules)

    async def _act(self, position: Position, watched: _Watched, found: Protected) -> bool:
        match found.action:
            case PlaceStop(stop=stop) if self._now() >= watched.try_from:
                watched.tried(self._now(), self._orders.terms.rules.retry_ms)
                await self._place(position, stop)
            case ReplaceStops(cloids=cloids):
                began_at = Instant(self._now())
                await self._orders.cancel(position.symbol, cloids, "stop_moved")
                if self._rested_until_now(position.symbol, cloids):
                    watched.naked = Naked(since=began_at)
            case RemoveStops(cloids=cloids):
                await self._orders.cancel(position.symbol, cloids, "stop_surplus")
            case _:
                return False
        return True

    def _rested_until_now(self, symbol: Symbol, cloids: Collection[ClientOrderId]) -> bool:
        # A cancel that the venue carried out proves it; whoever takes stops away leaves nothing to cancel.
        cancels = (life for life in self._orders.lives(symbol) if life.intent.kind is IntentKind.CANCEL)
        return any(life.intent.target in cloids and life.state is IntentState.FILLED for life in cancels)

    async def _place(self, position: Position, stop: ProtectiveStop) -> None:
        desk, rules = self._orders.ports.orders, self._orders.terms.rules.protection
        spares = [life for life in self._orders.lives(position.symbol) if is_spare(life)]
        fitting = next((life for life in reversed(spares) if fits(life, stop, rules)), None)
        if fitting is None:
            prepared = await self._orders.write_stop(position, stop, "stop")
        else:
            try:
                prepared = await self._orders.armed(fitting.prepared)
            except Conflict:  # it was withdrawn meanwhile; the next look writes another
                return
        await desk.submit(prepared)

    async def _tidy(self, symbol: Symbol, watched: _Watched, found: Protected) -> None:
        covered = found.naked is None or found.naked.covered_since is not None
        if covered and isinstance(found.action, KeepStops):
            await self._withdraw_spares(symbol, "another stop protects the position")

    def _press(self, symbol: Symbol, found: Protected) -> None:
        # While nobody knows whether a stop rests, the time without one goes on.
        if found.naked is None or found.naked.covered_since is not None:
            return
        for life in self._orders.lives(symbol):
            if is_stop(life) and life.is_unresolved and not is_spare(life):
                self._orders.ports.orders.look(life.cloid)

    async def _care_flat(self, symbol: Symbol, watched: _Watched) -> Care:
        now, rules = self._now(), self._orders.terms.rules
        watched.flat_since, watched.direction = watched.flat_since or now, Direction.FLAT
        lives = self._orders.lives(symbol)
        if now - watched.flat_since < rules.flat_ms or any(_may_open(life) for life in lives):
            return Care(again_at=now + rules.retry_ms)
        watched.naked = None
        action = protect(None, lives, None, None, Instant(now), rules.protection).action
        if isinstance(action, RemoveStops):
            await self._orders.cancel(symbol, action.cloids, "stop_without_position")
        await self._withdraw_spares(symbol, "there is no position to protect")
        if any(is_stop(life) and not life.is_terminal for life in self._orders.lives(symbol)):
            return Care(again_at=now + rules.retry_ms)
        self._watched.pop(symbol, None)
        self._carrying.forget(symbol)
        return Care(again_at=now + rules.rest_ms)

    async def _withdraw_spares(self, symbol: Symbol, cause: str) -> None:
        lives = self._orders.lives(symbol)
        open_decisions = {life.prepared.decision for life in lives if _may_open(life)}
        spares = [life for life in lives if is_spare(life) and life.prepared.decision not in open_decisions]
        await self._orders.withdraw(spares, cause)

    def _again_at(self, found: Protected) -> int:
        rules, now = self._orders.terms.rules, self._now()
        if found.naked is None:
            return now + rules.rest_ms
        flatten_at = found.flatten_at(rules.protection)
        return min(now + rules.retry_ms, now + rules.retry_ms if flatten_at is None else flatten_at)

    def _now(self) -> int:
        return self._orders.ports.clock.boottime_ms()


def _may_open(life: Life) -> bool:
    opens = life.intent.kind is IntentKind.ORDER and not life.intent.reduce_only
    return opens and life.is_unresolved


def _detail(position: Position, belonging: Belonging, found: Protected, now: int) -> str:
    held = f"{plain(position.size)} {position.symbol}"
    if found.naked is not None and found.action == FlattenNow(reason=FlattenReason.NAKED):
        return f"{held} has been without a resting stop for {now - found.naked.since} ms"
    stop = "none" if belonging.stop is None else plain(belonging.stop.trigger.price)
    mark = "unknown" if belonging.mark is None else plain(belonging.mark)
    liquidation = "no liquidation price" if belonging.liquidation is None else plain(round(belonging.liquidation, 6))
    return f"{held} at a mark of {mark} is beyond its stop at {stop}; liquidation: {liquidation}"
