"""Some minutes in which everybody trades one account, streams lose words, reads lag, and the guard looks again."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import anyio

from agentic_core.domain import ClientOrderId, FillKind, Price, Side, Size, TimeInForce
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.drift import Aligned, Drift
from agentic_core.logevents import LogEvent
from agentic_core.ports.simulated_venue import CutLink, LagReads, Weather
from agentic_core.runtime.watch import GuardRules
from agentic_core.simulation.world import World
from agentic_hl.venue.fault_values import FramesMissing, SilentChannel
from tests.support.account_hand import OWNER
from tests.support.account_place import KEY, AccountPlace, at_the_venue

__all__ = ["GuardedNight", "play_guarded"]

_TROUBLE_MS = 180_000
_RULES = GuardRules(every_ms=20_000, again_ms=5_000, confirm_ms=2_000, overlap_ms=600_000)
_CHANNELS = ("userFills", "userEvents", "orderUpdates", "openOrders", "clearinghouseState")


class GuardedNight(NamedTuple):
    """What it ended with."""

    world: World
    place: AccountPlace
    faults: list[str]
    checks: int
    undecided: int
    """Checks that could not judge a field."""

    unheard: int
    """Executions of others that the guard booked before any stream told of them."""


class _Story:
    def __init__(self, place: AccountPlace) -> None:
        self.place = place
        self.faults: list[str] = []
        self.unheard: set[str] = set()
        self._chance = place.world.chance("guarded")
        self._deeds: tuple[Callable[[], None], ...] = (
            *(self._buy, self._buy, self._rest, self._by_hand, self._by_hand, self._move, self._move),
            *(self._lose, self._lose, self._silence, self._cut, self._lag, self._catch_up, self._weather),
        )

    async def play(self) -> Drift:
        """Play trouble, then calm, and look a last time."""
        place, world = self.place, self.place.world
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(place.guard.run)
            self._tasks.start_soon(self._attend)
            began = world.clock.boottime_ms()
            while world.clock.boottime_ms() - began < _TROUBLE_MS:
                await world.clock.sleep(self._chance.between(200, 3_000) / 1_000)
                self._deeds[self._chance.below(len(self._deeds))]()
            for fault in (Weather(), LagReads(by_ms=0)):
                place.venue.inject(fault)
            await world.clock.sleep(180)
            self._tasks.cancel_scope.cancel()
        return (await place.guard.check()).drift

    async def judge(self, drift: Drift) -> list[str]:
        """Return what was wrong, by the venue's own books."""
        place = self.place
        self._same("ledger", await place.ledger(), place.books())
        fills = await place.store.intents.fills(KEY)
        self._same("held", sum((fill.signed_size for fill in fills), Decimal(0)), place.held())
        self._same("drift", drift, Aligned())
        ours = {fill.cloid for fill in fills if fill.kind is FillKind.ORDER}
        self._same("names booked as ours", ours - set(place.desk.lives), set())
        resting = {order.cloid for order in place.venue.venue.engine.orders_of(OWNER.address)} - {None}
        believed = {cloid for cloid, life in place.desk.lives.items() if life.state == "resting"}
        self._same("resting", believed, resting & set(place.desk.lives))
        # Every position was explained by executions at all times, so nothing in it may ever have been called drift.
        for line in place.lines(LogEvent.STATE_DRIFT):
            if str(line.facts["field"]).endswith(".size"):
                self.faults.append(f"drift that was none: {line.message}")
        self._same("halts", set(place.reasons()) - {HaltReason.SECOND_WRITER}, set())
        self._same("contradictions", place.lines(LogEvent.INTENT_CONTRADICTION), [])
        # Where streams lose words and reads lag at once, nobody can tell when a stream is whole: hence the guard.
        return self.faults + [fault for fault in place.judge.faults if not fault.startswith("called whole")]

    def _same(self, what: str, known: object, booked: object) -> None:
        if known != booked:
            self.faults.append(f"{what}: {known} beside {booked}")

    async def _attend(self) -> None:
        place = self.place
        while True:
            await place.desk.attend()
            booked = await place.store.intents.fills(KEY)
            others = {fill.fill_id for fill in booked if fill.kind is FillKind.EXTERNAL}
            self.unheard |= others - set(place.judge.fills)
            await place.world.clock.sleep(0.5)

    # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────

    def _price(self, away: int, side: Side) -> str:
        return str(int(self.place.mark) + (away if side is Side.BUY else -away))

    def _buy(self) -> None:
        side = self._chance.pick((Side.BUY, Side.SELL))
        self._tasks.start_soon(self._order, side, self._price(300, side), TimeInForce.IOC)

    def _rest(self) -> None:
        side = self._chance.pick((Side.BUY, Side.SELL))
        self._tasks.start_soon(self._order, side, self._price(-self._chance.between(20, 300), side), TimeInForce.GTC)

    async def _order(self, side: Side, price: str, time_in_force: TimeInForce) -> None:
        size = Size(Decimal(self._chance.between(10, 90)) / 10_000)
        await self.place.buy(side=side, size=size, limit_price=Price(Decimal(price)), time_in_force=time_in_force)

    def _by_hand(self) -> None:
        side = self._chance.pick((Side.BUY, Side.SELL))
        sign = "" if side is Side.BUY else "-"
        cloid = ClientOrderId(f"0x{self._chance.below(9_999):032x}") if self._chance.happens(200) else None
        rests = self._chance.happens(300)
        price = self._price(-100 if rests else 300, side)
        size = f"{sign}0.00{self._chance.between(1, 9)}"
        body = self.place.hand.order(size, price, cloid=cloid, rests=rests, now=self.place.now)
        self._tasks.start_soon(self.place.by_hand, body)

    def _move(self) -> None:
        self.place.move(str(self._chance.between(46_000, 46_800)))

    def _lose(self) -> None:
        self.place.venue.spoil(FramesMissing(channel=self._chance.pick(_CHANNELS), count=self._chance.between(1, 4)))

    def _silence(self) -> None:
        channel = self._chance.pick(_CHANNELS)
        self.place.venue.spoil(SilentChannel(channel=channel, for_ms=self._chance.between(1_000, 30_000)))

    def _cut(self) -> None:
        self.place.venue.inject(CutLink(for_ms=self._chance.between(500, 15_000), link="runner"))

    def _lag(self) -> None:
        self.place.venue.inject(LagReads(by_ms=self._chance.between(200, 4_000)))

    def _catch_up(self) -> None:
        self.place.venue.inject(LagReads(by_ms=0))

    def _weather(self) -> None:
        draw = self._chance.pick
        self.place.venue.inject(
            Weather(lose=draw((0, 50)), garble=draw((0, 50)), delay=draw((0, 500)), delay_ms_max=draw((300, 1_500)))
        )


def play_guarded(seed: int) -> GuardedNight:
    """Play one seed to its end."""
    world = World(seed)

    async def main(world: World) -> GuardedNight:
        async with at_the_venue(world, lambda world: AccountPlace(world, rules=_RULES)) as place:
            story = _Story(place)
            faults = await story.judge(await story.play())
            checks = place.lines(LogEvent.RECONCILED)
            undecided = sum(int(line.facts["undecided"] or 0) > 0 for line in checks)
            return GuardedNight(world, place, faults, len(checks), undecided, len(story.unheard))

    return world.run(main)
