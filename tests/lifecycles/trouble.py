"""What goes wrong in a story, by kinds that can be asked for alone."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import anyio

from agentic_core.domain import Symbol
from agentic_core.ports.simulated_venue import CutLink, DelayMessage, Direction, LagReads, Weather
from agentic_hl.venue.fault_values import (
    AnswerLost,
    AnswersLate,
    ErrorAfterCommit,
    ErrorInstead,
    Fault,
    ForgottenOrders,
    FramesLate,
    FramesMissing,
    HalfOpen,
    Halted,
    PostOnly,
    RepeatedSnapshot,
    SilentChannel,
    SocketsDropped,
)
from tests.lifecycles.owner import Owner
from tests.lifecycles.process import Outage
from tests.lifecycles.scene import MARKS, SCARCE, SYMBOLS, Scene
from tests.lifecycles.store_trouble import STORE_KINDS, StoreTrouble
from tests.lifecycles.story import Story

__all__ = ["CALM", "KINDS", "Trouble"]

_WEATHER = ("loss", "delay", "repetition", "garbling")
_SPITES, _SPITE_MS = 40, 700
_RARE = ("lateness", "post_only", "halts", "reconnects")
_ACTIONS = ("order", "order", "cancelByCloid", "noop")
_QUESTIONS = ("orderStatus", "userFillsByTime", "clearinghouseState", "frontendOpenOrders", "exchangeStatus")
_USER_CHANNELS = ("userFills", "userFills", "orderUpdates", "clearinghouseState", "openOrders")
CALM = Weather()


class Trouble:
    """Draws what happens next to the links, the venue and the market."""

    def __init__(self, scene: Scene, kinds: Sequence[str], story: Story) -> None:
        self._scene = scene
        self._story = story
        self._chance = scene.world.chance("trouble")
        self._owner = Owner(scene)
        self._store_trouble = StoreTrouble(scene, kinds)
        self._weather_kinds = [kind for kind in kinds if kind in _WEATHER]
        deeds: Mapping[str, Callable[[], None]] = {
            "commits": self._commit,
            "lateness": self._late,
            "questions": self._question,
            "frames": self._frames,
            "silence": self._silence,
            "reconnects": self._reconnect,
            "post_only": self._post_only,
            "halts": self._halt,
            "lag": self._lag,
            "marks": self._move,
            "depth": self._thin,
            "hand": self._by_hand,
            "spite": self._spite,
            "forgetting": self._forget,
        }
        self._deeds = [(kind, deeds[kind]) for kind in kinds if kind in deeds]
        if self._weather_kinds:
            self._deeds.append(("weather", self._weather))

    async def run(self) -> None:
        """Go on until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._store_trouble.run)
            while self._deeds:
                await self._scene.clock.sleep(self._chance.between(200, 5_000) / 1_000)
                kind, deed = self._chance.pick(self._deeds)
                if kind in _RARE and not self._chance.happens(300):
                    continue
                self._scene.counts[f"trouble {kind}"] += 1
                deed()

    def end(self) -> None:
        """Let everything be well again."""
        self._scene.place.inject(CALM)
        self._scene.place.inject(LagReads(by_ms=0))
        self._store_trouble.end()
        for symbol in SYMBOLS:
            self._scene.move(symbol, self._scene.marks[symbol])

    # ── the network ──────────────────────────────────────────────────────────────────────────────────────────────

    def _weather(self) -> None:
        draw, has = self._chance.pick, self._weather_kinds.__contains__
        weather = Weather(
            lose=draw((0, 20, 60)) if has("loss") else 0,
            repeat=draw((0, 50, 200)) if has("repetition") else 0,
            garble=draw((0, 20, 60)) if has("garbling") else 0,
            delay=draw((0, 100, 300)) if has("delay") else 0,
            delay_ms_max=draw((300, 1_000, 3_000)),
        )
        self._scene.place.inject(weather)

    def _commit(self) -> None:
        of, count = self._chance.pick(_ACTIONS), self._chance.between(1, 2)
        late = AnswersLate(of=of, by_ms=self._chance.between(1_000, 8_000), count=count)
        faults = (ErrorAfterCommit(of=of, count=count), AnswerLost(of=of, count=count), late)
        self._spoil(faults)

    def _late(self) -> None:
        # An order that arrives when its sender has given up waiting, and a noop that is not taken.
        late = DelayMessage(direction=Direction.REQUEST, of="order", by_ms=self._chance.between(4_950, 9_800))
        self._scene.place.inject(late)
        if self._chance.happens(600):
            self._scene.place.spoil(ErrorInstead(of="noop"))

    def _question(self) -> None:
        of, count = self._chance.pick(_QUESTIONS), self._chance.between(1, 3)
        self._spoil((ErrorInstead(of=of, count=count), AnswerLost(of=of, count=1), ErrorInstead(of="order", count=1)))

    def _frames(self) -> None:
        channel, count = self._chance.pick(_USER_CHANNELS), self._chance.between(1, 4)
        late = FramesLate(channel=channel, by_ms=self._chance.between(200, 8_000), count=count)
        silent = SilentChannel(channel=channel, for_ms=self._chance.between(2_000, 20_000))
        self._spoil((FramesMissing(channel=channel, count=count), late, RepeatedSnapshot(channel=channel), silent))

    def _silence(self) -> None:
        for_ms = self._chance.between(10_000, 60_000)
        for channel in ("userFills", "orderUpdates"):
            self._scene.place.spoil(SilentChannel(channel=channel, for_ms=for_ms))

    def _reconnect(self) -> None:
        if self._chance.happens(400):
            for_ms = self._chance.between(200, 6_000)
            self._scene.outages.append(Outage(self._scene.ms, self._scene.ms + for_ms))
            self._scene.place.inject(CutLink(for_ms=for_ms))
        else:
            self._spoil((SocketsDropped(), HalfOpen(for_ms=self._chance.between(1_000, 15_000))))

    # ── the venue ────────────────────────────────────────────────────────────────────────────────────────────────

    def _post_only(self) -> None:
        self._phase(PostOnly(for_ms=self._chance.between(1_000, 12_000)))

    def _halt(self) -> None:
        self._phase(Halted(for_ms=self._chance.between(500, 6_000)))

    def _phase(self, fault: PostOnly | Halted) -> None:
        now = self._scene.ms
        self._scene.phases.append(Outage(now, now + (fault.for_ms or 0)))
        self._scene.place.spoil(fault)

    def _lag(self) -> None:
        self._scene.place.inject(LagReads(by_ms=self._chance.pick((0, 0, 300, 1_000, 3_000))))

    def _forget(self) -> None:
        self._scene.place.spoil(ForgottenOrders())

    def _spoil(self, faults: Sequence[Fault]) -> None:
        self._scene.place.spoil(self._chance.pick(faults))

    # ── the market and the owner ─────────────────────────────────────────────────────────────────────────────────

    def _move(self) -> None:
        symbol = self._chance.pick(SYMBOLS)
        self._scene.move(symbol, self._near(symbol))

    def _thin(self) -> None:
        symbol = self._chance.pick(SYMBOLS)
        usd = self._chance.pick((8_000, 20_000, 0))
        depth = None if not usd else (usd / self._scene.marks[symbol]).quantize(Decimal("0.01"))
        self._scene.move(symbol, self._near(symbol), depth)

    def _near(self, symbol: Symbol) -> Decimal:
        # Mostly a little away, sometimes through the stops; never far from where it began.
        bps = self._chance.pick((3, 10, 40, 250)) * self._chance.pick((-1, 1))
        price = self._scene.marks[symbol] * (10_000 + bps) / 10_000
        low, high = MARKS[symbol] * Decimal("0.9"), MARKS[symbol] * Decimal("1.1")
        return min(max(price, low), high)

    def _by_hand(self) -> None:
        if not self._story.is_flattening:  # what somebody else opens meanwhile no report can know of
            self._owner.act(self._chance)

    def _spite(self) -> None:
        # Somebody takes away for a while whatever rests to protect.
        for number in range(_SPITES):
            self._scene.world.after(number * _SPITE_MS, self._owner.cancel_stops)


KINDS = (
    *("loss", "delay", "repetition", "garbling", "commits", "lateness", "questions", "frames", "silence"),
    *("reconnects", "post_only", "halts", "lag", "marks", "depth", "hand", "crash", "overlap", SCARCE),
    *STORE_KINDS,
)
"""Everything that can go wrong."""
