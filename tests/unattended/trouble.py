"""What goes wrong around a deployment that nobody watches, by kinds that can be asked for alone."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from agentic_core.domain import Symbol
from agentic_core.ports.simulated_venue import CutLink, LagReads, Weather
from agentic_hl.venue.fault_values import (
    AnswerLost,
    AnswersLate,
    ClockSkew,
    ErrorAfterCommit,
    ErrorInstead,
    Fault,
    FramesMissing,
    HalfOpen,
    SilentChannel,
    SocketsDropped,
)
from tests.lifecycles.database import Mishap
from tests.unattended.chat.deeds import chat_deeds
from tests.unattended.furnishing import tightened
from tests.unattended.process import Process
from tests.unattended.scene import INTERVAL_MS, MARKS, Scene

__all__ = ["KINDS", "Trouble"]

_CALLS = ("renew", "acquire", "prepare", "note", "record", "claim", "ack", "write", "pending", "load", "unit", "unit")
_ACTIONS = ("order", "order", "cancelByCloid", "noop")
_QUESTIONS = ("", "orderStatus", "userFillsByTime", "clearinghouseState", "exchangeStatus", "l2Book", "allMids")
_CHANNELS = ("userFills", "orderUpdates", "allMids", "clearinghouseState")
_BAD = frozenset({"outages", "mishaps", "slowness", "ledger"})
_MANY = 4
"""Where few kinds come, there is time between them for a turn."""

_S = 1_000


class Cast(Protocol):
    """Who plays."""

    @property
    def living(self) -> Sequence[Process]:
        """Processes that are not over."""

    def start(self) -> None:
        """Start one more."""


class Trouble:
    """Draws what happens next; whatever lasts ends by itself."""

    def __init__(self, scene: Scene, kinds: Sequence[str], cast: Cast) -> None:
        self._scene = scene
        self._cast = cast
        self._chance = scene.world.chance("trouble")
        deeds: Mapping[str, Callable[[], None]] = {
            "kills": self._kill,
            "steps": self._kill_at_a_step,
            "terms": self._terminate,
            "freezes": self._freeze,
            "suspends": self._suspend,
            "stalls": self._stall_at_a_step,
            "clocks": self._step_clock,
            "twins": self._start_another,
            "outages": self._go_down,
            "mishaps": self._spoil_calls,
            "slowness": self._be_slow,
            "hints": self._drop_hints,
            "streams": self._lose_stream,
            "requests": self._spoil_requests,
            "commits": self._spoil_actions,
            "venue_clock": self._skew,
            "platform": self._switch,
            "payload": self._edit,
            "prices": self._move,
            "losses": self._lose,
            **chat_deeds(scene, self._chance, self._set_payload),
        }
        self._deeds = [(kind, deeds[kind]) for kind in kinds if kind in deeds]
        scene.database.has_been_bad = bool(_BAD & frozenset(kinds))

    async def run(self) -> None:
        """Go on until cancelled."""
        while self._deeds:
            low_ms, high_ms = (1_000, 12_000) if len(self._deeds) >= _MANY else (3_000, 40_000)
            await self._scene.clock.sleep(self._chance.between(low_ms, high_ms) / _S)
            kind, deed = self._chance.pick(self._deeds)
            self._scene.counts[f"trouble {kind}"] += 1
            self._scene.world.record("trouble", kind)
            deed()

    def end(self) -> None:
        """Let everything be well from now on."""
        scene = self._scene
        scene.place.inject(Weather())
        scene.place.inject(LagReads(by_ms=0))
        scene.place.spoil(ClockSkew(by_ms=0))
        scene.database.come_back()
        if scene.chat is not None:
            scene.chat.provider.is_calm = True
        for process in self._cast.living:
            process.vitals.thaw()
            process.steps.dies_after = process.steps.stalls_after = None
        self._set_platform(is_off=False)
        self._set_payload(is_edited=False)
        for symbol, price in scene.marks.items():
            scene.move(symbol, price)

    # ── processes and machines ───────────────────────────────────────────────────────────────────────────────────

    def _victim(self) -> Process | None:
        living = self._cast.living
        holders = [process for process in living if process.holds]
        if holders and self._chance.happens(800):
            return holders[0]
        return self._chance.pick(living) if living else None

    def _kill(self) -> None:
        victim = self._victim()
        if victim is not None:
            victim.kill()

    def _kill_at_a_step(self) -> None:
        victim = self._victim()
        if victim is not None and victim.steps.dies_after is None:
            victim.steps.dies_after = victim.steps.count + self._chance.between(1, 400)

    def _terminate(self) -> None:
        # Now, or in the middle of the next turn.
        to_mark_ms = INTERVAL_MS - self._scene.clock.now() % INTERVAL_MS
        after_ms = self._chance.pick((0, to_mark_ms + self._chance.between(0, 1_500)))
        self._scene.world.after(after_ms, self._tell_to_end)

    def _tell_to_end(self) -> None:
        victim = self._victim()
        if victim is not None and victim.stopping_at is None and not victim.vitals.is_frozen:
            victim.tell_to_end()
            # Hosts kill what has not ended by itself.
            self._scene.world.after(5_000, lambda: None if victim.is_over else self._kill_late(victim))

    def _kill_late(self, victim: Process) -> None:
        self._scene.counts["killed while ending"] += 1
        victim.kill()

    def _freeze(self) -> None:
        self._stand_still(has_slept=False)

    def _suspend(self) -> None:
        self._stand_still(has_slept=True)

    def _stall_at_a_step(self) -> None:
        # In the middle of something, for longer than a lease lives without being renewed.
        victim = self._victim()
        if victim is None or victim.vitals.is_frozen or victim.stopping_at is not None:
            return

        def stall() -> None:
            victim.vitals.freeze()
            self._scene.world.after(self._chance.between(12_500, 40_000), victim.vitals.thaw)

        victim.steps.on_stall = stall
        victim.steps.stalls_after = victim.steps.writes + self._chance.between(1, 4)

    def _stand_still(self, *, has_slept: bool) -> None:
        victim = self._victim()
        if victim is None or victim.vitals.is_frozen or victim.stopping_at is not None:
            return
        low, high = self._chance.pick(((200, 3_000), (8_000, 20_000), (20_000, 90_000)))
        victim.vitals.freeze()
        self._scene.world.after(self._chance.between(low, high), lambda: victim.vitals.thaw(has_slept=has_slept))

    def _step_clock(self) -> None:
        victim = self._victim()
        if victim is None:
            return
        by_ms = self._chance.pick((300, 2_000, 30_000, 7_200_000)) * self._chance.pick((-1, 1))
        victim.wall.step(by_ms)
        # Somebody sets it right again.
        self._scene.world.after(self._chance.between(5_000, 120_000), lambda: victim.wall.step(-by_ms))

    def _start_another(self) -> None:
        if len(self._cast.living) < 3:
            self._cast.start()

    # ── the database ─────────────────────────────────────────────────────────────────────────────────────────────

    def _go_down(self) -> None:
        if self._scene.database.is_down:
            return
        low, high = self._chance.pick(((100, 2_000), (2_000, 10_000), (13_000, 40_000)))
        self._scene.database.go_down(self._chance.between(low, high), hangs=self._chance.happens(400))

    def _spoil_calls(self) -> None:
        fates = (Mishap.FAILED, Mishap.UNKNOWN, Mishap.UNKNOWN, Mishap.ROLLED_BACK)
        self._scene.database.spoiled.append((self._chance.pick(_CALLS), self._chance.pick(fates)))

    def _be_slow(self) -> None:
        database = self._scene.database
        database.latency_ms = self._chance.pick((5, 40, 150))
        self._scene.world.after(self._chance.between(5_000, 60_000), lambda: setattr(database, "latency_ms", 0))

    def _drop_hints(self) -> None:
        database = self._scene.database
        database.drops_hints = True
        self._scene.world.after(self._chance.between(5_000, 60_000), lambda: setattr(database, "drops_hints", False))

    # ── the venue ────────────────────────────────────────────────────────────────────────────────────────────────

    def _lose_stream(self) -> None:
        draw, place = self._chance.between, self._scene.place
        faults: tuple[Fault, ...] = (
            SocketsDropped(),
            HalfOpen(for_ms=draw(1_000, 40_000)),
            SilentChannel(channel=self._chance.pick(_CHANNELS), for_ms=draw(2_000, 60_000)),
            FramesMissing(channel=self._chance.pick(_CHANNELS), count=draw(1, 4)),
        )
        if self._chance.happens(300):
            place.inject(CutLink(for_ms=draw(200, 25_000)))
        else:
            place.spoil(self._chance.pick(faults))

    def _spoil_requests(self) -> None:
        of, count = self._chance.pick(_QUESTIONS), self._chance.between(1, 6)
        late = AnswersLate(of=of, by_ms=self._chance.between(500, 12_000), count=count)
        faults: tuple[Fault, ...] = (ErrorInstead(of=of, count=count), AnswerLost(of=of, count=count), late)
        self._scene.place.spoil(self._chance.pick(faults))

    def _spoil_actions(self) -> None:
        of, count = self._chance.pick(_ACTIONS), self._chance.between(1, 2)
        late = AnswersLate(of=of, by_ms=self._chance.between(1_000, 8_000), count=count)
        instead = ErrorInstead(of=of, count=count)
        faults: tuple[Fault, ...] = (
            ErrorAfterCommit(of=of, count=count),
            AnswerLost(of=of, count=count),
            late,
            instead,
        )
        self._scene.place.spoil(self._chance.pick(faults))

    def _skew(self) -> None:
        by_ms = self._chance.pick((0, 0, 400, 3_000, -2_000, 20_000))
        self._scene.skewed_ms = max(self._scene.skewed_ms, abs(by_ms))
        self._scene.place.spoil(ClockSkew(by_ms=by_ms))

    # ── people and markets ───────────────────────────────────────────────────────────────────────────────────────

    def _switch(self) -> None:
        self._set_platform(is_off=True)
        self._scene.world.after(self._chance.between(2_000, 40_000), lambda: self._set_platform(is_off=False))

    def _set_platform(self, *, is_off: bool) -> None:
        scene = self._scene
        if scene.database.is_trading_off is not is_off:
            scene.database.is_trading_off = is_off
            scene.platform.append((scene.ms, is_off))

    def _edit(self) -> None:
        if not self._scene.database.is_payload_edited:
            self._set_payload(is_edited=True)
            self._scene.world.after(self._chance.between(20_000, 200_000), lambda: self._set_payload(is_edited=False))

    def _set_payload(self, *, is_edited: bool) -> None:
        scene = self._scene
        if scene.database.is_payload_edited is not is_edited:
            scene.database.is_payload_edited = is_edited
            scene.edits.append((scene.ms, is_edited))
            if scene.chat is not None and not is_edited:
                scene.chat.lower(scene.chat.plan.caps)
                scene.database.edit = tightened

    def _move(self) -> None:
        symbol = self._chance.pick(tuple(MARKS))
        bps = self._chance.pick((3, 20, 80)) * self._chance.pick((-1, 1))
        self._go_to(symbol, self._scene.marks[symbol] * (10_000 + bps) / 10_000)

    def _lose(self) -> None:
        # Against whatever is held, far enough for the day's cap after a few of these.
        for asset, size in self._scene.books.held.items():
            symbol = self._scene.books.symbol(asset)
            if size:
                factor = Decimal("0.93") if size > 0 else Decimal("1.07")
                self._go_to(symbol, self._scene.marks[symbol] * factor)

    def _go_to(self, symbol: Symbol, price: Decimal) -> None:
        low, high = MARKS[symbol] * Decimal("0.7"), MARKS[symbol] * Decimal("1.4")
        if low < price < high:
            self._scene.move(symbol, price)


KINDS = (
    *("kills", "steps", "terms", "freezes", "suspends", "stalls", "clocks", "twins"),
    *("outages", "mishaps", "slowness", "hints", "streams", "requests", "commits", "venue_clock"),
    *("platform", "payload", "prices", "losses", "commands", "endings"),
)
"""Everything that can happen."""
