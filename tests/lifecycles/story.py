"""What is done on the account: positions open, grow, shrink and close, orders rest, all is taken to flat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal

import anyio
from msgspec.structs import replace

from agentic_core.domain import (
    Denied,
    IntentKind,
    IntentState,
    OrderIntent,
    PlannedOrder,
    PreparedIntent,
    Price,
    Side,
    Size,
    Symbol,
    TickId,
    TimeInForce,
    client_order_id,
)
from agentic_core.errors import AgenticError, VenueUnavailable
from agentic_core.execution.planner import limit_price
from tests.lifecycles.runner import Runner
from tests.lifecycles.scene import ACCOUNT, DEPLOYMENT, LIMITS, SYMBOLS, Scene
from tests.lifecycles.view import decided

__all__ = ["Story"]

_ASSETS = dict(zip(SYMBOLS, (0, 1, 5), strict=True))
_HANDS = 2
_POSITION_USD = Decimal(16_000)
_LEAST_USD = Decimal(20)
_NOTHING = Decimal(0)
_WINDOW_MS = 10_000


class _Hands:
    # Both may be busy at once, but for one deed that only one may do while the other rests.
    def __init__(self) -> None:
        self._turn = anyio.Lock()
        self._busy = 0
        self._rested = anyio.Event()

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        async with self._turn:
            self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
            self._rested.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        async with self._turn:
            while self._busy:
                self._rested = anyio.Event()
                await self._rested.wait()
            yield


class Story:
    """So many turns, taken by whichever process holds the lease; a turn that a process dies in is gone."""

    def __init__(self, scene: Scene, turns: int) -> None:
        self._scene = scene
        self._chance = scene.world.chance("story")
        self._number = 0
        self.turns_left = turns
        self.is_flattening = False
        self._deeds = (
            *(self._open,) * 8,
            *(self._rest,) * 3,
            *(self._reduce,) * 2,
            *(self._close,) * 4,
            *(self._recall,) * 2,
            self._set_leverage,
            self._flatten,
        )

    async def go_on(self, runner: Runner) -> AgenticError | None:
        """Take turns with both hands until none is left, or until an error ends the process, which is returned."""
        hands, failures = _Hands(), list[AgenticError]()
        async with anyio.create_task_group() as tasks:

            async def keep_on() -> None:
                try:
                    await self._keep_on(runner, hands)
                except AgenticError as error:
                    failures.append(error)
                    tasks.cancel_scope.cancel()

            for _ in range(_HANDS):
                tasks.start_soon(keep_on)
        return failures[0] if failures else None

    async def _keep_on(self, runner: Runner, hands: _Hands) -> None:
        while self.turns_left:
            self.turns_left -= 1
            deed = self._deeds[self._chance.below(len(self._deeds))]
            # Trading is held back before anything is taken to flat.
            async with hands.alone() if deed == self._flatten else hands.together():
                await self._take_turn(deed, runner)
            await runner.clock.sleep(self._chance.between(100, 4_000) / 1_000)

    async def _take_turn(self, deed: Callable[[Runner], Awaitable[None]], runner: Runner) -> None:
        try:
            await deed(runner)
        except VenueUnavailable:
            self._scene.counts["turns without an answer"] += 1

    async def end(self, runner: Runner) -> None:
        """Take everything to flat."""
        await self._flatten(runner)

    # ── the turns ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _open(self, runner: Runner) -> None:
        symbol, side = self._chance.pick(SYMBOLS), self._chance.pick((Side.BUY, Side.SELL))
        held = self._scene.books.position(symbol)
        if held and (held > 0) is (side is Side.SELL):
            side = side.opposite
        mark = self._mark(runner, symbol)
        limit = limit_price(runner.view.listed(symbol), side, mark, LIMITS.collar_bps)
        await self._send(runner, symbol, side, limit, TimeInForce.IOC)

    async def _rest(self, runner: Runner) -> None:
        symbol, side = self._chance.pick(SYMBOLS), self._chance.pick((Side.BUY, Side.SELL))
        held = self._scene.books.position(symbol)
        if held and (held > 0) is (side is Side.SELL):
            side = side.opposite
        mark = self._mark(runner, symbol)
        away = self._chance.pick((5, 20, 60))
        limit = limit_price(runner.view.listed(symbol), side.opposite, mark, away)
        style = self._chance.pick((TimeInForce.POST_ONLY, TimeInForce.GTC))
        await self._send(runner, symbol, side, limit, style)

    async def _close(self, runner: Runner) -> None:
        await self._exit(runner, None)

    async def _reduce(self, runner: Runner) -> None:
        await self._exit(runner, self._chance.pick((Decimal("0.3"), Decimal("0.5"))))

    async def _exit(self, runner: Runner, part: Decimal | None) -> None:
        held = [symbol for symbol in SYMBOLS if self._scene.books.position(symbol)]
        if not held:
            return
        symbol = self._chance.pick(held)
        whole = abs(self._scene.books.position(symbol))
        wanted = None if part is None else runner.view.listed(symbol).size_down(whole * part)
        if wanted is not None and not wanted:
            return
        report = runner.bug.closed(await runner.exits.close(symbol, wanted=wanted, cause="story"))
        self._scene.counts["closes"] += 1
        told = report.paged is not None
        if runner.epoch < self._scene.epoch:
            return  # another process writes by now, and what it does no report of this one can know
        if wanted is None:
            self._scene.claim("close ended", report.detail, is_true=told or report.is_flat)
        if report.held is not None:
            agrees = self._scene.books.was(symbol, report.held, within_ms=_WINDOW_MS)
            self._scene.claim("close left", report.detail, is_true=agrees)

    async def _recall(self, runner: Runner) -> None:
        lives = runner.orders.lives.values()
        resting = [life for life in lives if life.state is IntentState.RESTING and not life.intent.reduce_only]
        if not resting:
            return
        target = self._chance.pick(resting).intent
        cancel = OrderIntent(
            cloid=target.cloid,
            symbol=target.symbol,
            side=Side.BUY,
            size=Size(_NOTHING),
            limit_price=Price(_NOTHING),
            reduce_only=True,
            kind=IntentKind.CANCEL,
            target=target.cloid,
        )
        await runner.orders.submit(await self._prepare(runner, cancel))

    async def _set_leverage(self, runner: Runner) -> None:
        flat = [symbol for symbol in SYMBOLS if not self._scene.books.position(symbol)]
        if not flat:
            return
        wanted = OrderIntent(
            cloid=client_order_id(ACCOUNT, "", leg=0, attempt=0),
            symbol=self._chance.pick(flat),
            side=Side.BUY,
            size=Size(_NOTHING),
            limit_price=Price(_NOTHING),
            reduce_only=False,
            kind=IntentKind.LEVERAGE,
            leverage=self._chance.pick((5, 10, 20)),
        )
        self._scene.counts["leverages"] += 1
        await runner.orders.submit(await self._prepare(runner, wanted))

    async def _flatten(self, runner: Runner) -> None:
        self.is_flattening = True
        try:
            report = await runner.exits.flatten("story")
        finally:
            self.is_flattening = False
        self._scene.counts["flattens"] += 1
        if runner.epoch < self._scene.epoch:
            return
        books = self._scene.books
        left = [f"{size} {books.symbol(asset)}" for asset, size in books.held.items() if size]
        left += [f"order {order.oid}" for order in books.living()]
        claimed = "flat" if report.is_flat else "; ".join(report.left)
        self._scene.claim(f"flatten left {left or 'nothing'}", claimed, is_true=not (report.is_flat and left))

    # ── what they share ──────────────────────────────────────────────────────────────────────────────────────────

    def _mark(self, runner: Runner, symbol: Symbol) -> Price:
        # As a stream of marks brings it: without a question.
        mark = Price(self._scene.place.venue.engine.mark(_ASSETS[symbol]))
        runner.view.set(symbol, mark, runner.venue_clock.now())
        return mark

    async def _send(self, runner: Runner, symbol: Symbol, side: Side, limit: Price, style: TimeInForce) -> None:
        room = _POSITION_USD - abs(self._scene.books.position(symbol)) * limit
        usd = min(Decimal(self._chance.between(200, 9_000)), room)
        if usd < _LEAST_USD:
            return
        size = runner.view.listed(symbol).size_down(usd / limit)
        intent = OrderIntent(
            cloid=client_order_id(ACCOUNT, "", leg=0, attempt=0),
            symbol=symbol,
            side=side,
            size=size,
            limit_price=limit,
            reduce_only=False,
            time_in_force=style,
        )
        outcome = await runner.orders.submit(await self._prepare(runner, intent))
        rule = f"denied {outcome.rule}" if isinstance(outcome, Denied) else type(outcome).__name__.lower()
        self._scene.counts[f"opens {rule}"] += 1

    async def _prepare(self, runner: Runner, intent: OrderIntent) -> PreparedIntent:
        self._number += 1
        tick = TickId(deployment=DEPLOYMENT, mark=runner.venue_clock.now(), cause=f"story:{self._number}")
        plan = PlannedOrder(intent.symbol, intent.side, intent.size, reduce_only=intent.reduce_only)
        cloid = client_order_id(ACCOUNT, tick.digest(), leg=0, attempt=0)
        named = replace(intent, cloid=cloid)
        is_order = intent.kind is IntentKind.ORDER
        (prepared,) = await runner.orders.prepare(decided(tick, (plan,) if is_order else ()), (named,))
        return prepared
