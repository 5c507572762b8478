"""A ticker with everything around it by hand: a session that does what it is told to, a store in memory, a world."""

from collections.abc import Awaitable, Callable
from typing import NoReturn, TypeAlias

import anyio
import msgspec

from agentic_core.chat.effects import Ask
from agentic_core.deployments import LOCAL_USER, admit_paper
from agentic_core.domain import (
    AccountSnapshot,
    DeploymentStatus,
    Fence,
    HaltReason,
    Instant,
    Interval,
    paper_account,
)
from agentic_core.domain.deployment_states import DeploymentEvent
from agentic_core.domain.records import LogLine
from agentic_core.domain.trading import Restriction
from agentic_core.logevents import LogEvent
from agentic_core.ports.clock import Clock
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime import Decider, Mandate
from agentic_core.runtime.diary import Diary
from agentic_core.runtime.effects import Effect, EffectReply, Record
from agentic_core.runtime.guarding import Guard, TickGuards, no_guards
from agentic_core.runtime.pace import Pace
from agentic_core.runtime.pacing import VenuePace
from agentic_core.runtime.session import Flattened, SessionContext
from agentic_core.runtime.standing import Standing
from agentic_core.runtime.ticker import Ticker
from agentic_core.simulation.world import World
from agentic_core.store.memory import MemoryStore
from tests.support.markets import BTC, AccountByHand, MarketByHand
from tests.support.stored_values import BOUND, hash_of
from tests.support.turns import DEPLOYMENT, mandate
from tests.support.turns import World as Replies

__all__ = ["CAP_PAYLOAD", "MINUTE", "SessionByHand", "TickerRoom", "room"]

Pause: TypeAlias = Callable[[str], Awaitable[None]]
"""Waits before something of this name is done."""

MINUTE = Interval.M1.ms
CAP_PAYLOAD = "{}"


async def _at_once(_what: str) -> None:
    pass


class SessionByHand:
    """A session over a market and an account that a test sets; everything it does is written down."""

    def __init__(self, pace: Pace, clock: Clock, replies: Replies, store: MemoryStore, fence: Fence) -> None:
        self.market = MarketByHand({BTC: "50000"}, at=clock.now())
        self.account_now = AccountByHand(self.market, at=clock.now())
        self.pace: Pace = pace
        self.restrictions: frozenset[Restriction] = frozenset()
        self.replies = replies
        self.pause: Pause = _at_once
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.marks: list[Instant] = []
        """The marks it stood at."""
        self.flattened: list[str] = []
        """The causes for which it closed everything."""
        self.fails: list[Exception] = []
        """What the next looks raise, first to last."""
        self._clock, self._store, self._fence = clock, store, fence

    async def start(self) -> AccountSnapshot:
        """Begin."""
        return await self.account()

    async def run(self) -> NoReturn:
        """Do nothing beside the turns."""
        await anyio.sleep_forever()
        raise AssertionError

    async def observe(self, mark: Instant) -> AccountSnapshot:
        """Stand at a mark."""
        self.marks.append(mark)
        await self._do("observe")
        if self.fails:
            raise self.fails.pop(0)
        return await self.account()

    async def account(self) -> AccountSnapshot:
        """Copy the account as it is now, marks and all at the present."""
        self.market.as_of = self.account_now.as_of = now = self._clock.now()
        for symbol, mark in self.market.marks.items():
            self.market.marks[symbol] = msgspec.structs.replace(mark, as_of=now)
        return self.account_now.freeze()

    async def perform(self, effect: Effect) -> EffectReply:
        """Answer as the replies say; a record is written into the store."""
        if isinstance(effect, Ask):
            self.replies.leaves()
        await self._do(type(effect).__name__)
        self.replies.effects.append(effect)
        if isinstance(effect, Record):
            await self._store.decisions.record(self._fence, effect.decision, effect.result)
        return self.replies.answer(effect)

    async def flatten(self, cause: str) -> Flattened:
        """Close everything."""
        await self._do("flatten")
        self.flattened.append(cause)
        closed = len(self.account_now.positions)
        self.account_now.hold()
        return Flattened(closed=closed)

    async def drain(self, *, wait_ms: int) -> tuple[str, ...]:
        """Say that nothing is under way."""
        return ()

    async def _do(self, what: str) -> None:
        self.begun.append(what)
        await self.pause(what)
        self.ended.append(what)


class TickerRoom(msgspec.Struct):
    """A ticker, and what stands around it."""

    clock: Clock
    store: MemoryStore
    standing: Standing
    context: SessionContext
    session: SessionByHand
    lines: list[LogLine]
    done: list[Instant]
    """The marks that were done with."""
    halts: list[tuple[HaltReason, str]]
    venue_now: Callable[[], Instant]

    def ticker(self, guards: TickGuards | None = None) -> Ticker:
        """Return a ticker over the session, which begins to wait for its marks anew."""
        self.session.pace = VenuePace(self.venue_now, self.clock, self.context.mandate.interval)
        return Ticker(
            session=self.session,
            standing=self.standing,
            context=self.context,
            guards=guards or no_guards(self.context.mandate),
            on_mark=self.done.append,
        )

    def guards(self, *guards: Guard) -> TickGuards:
        """Return these as all that is looked at."""
        return TickGuards(guards, lambda: self.context.mandate.limits)

    async def live(self, ticker: Ticker, minutes: float) -> None:
        """Let a ticker run for so long."""
        with anyio.move_on_after(minutes * 60):
            await ticker.run()

    def said(self, *events: LogEvent) -> list[str]:
        """Return the messages of these events."""
        return [line.message for line in self.lines if line.event in events]

    async def status(self, status: DeploymentStatus, reason: str | None = None) -> None:
        """Bring the deployment into a status that an event leads to."""
        events = {
            DeploymentStatus.PAUSED: DeploymentEvent.PAUSE,
            DeploymentStatus.RUNNING: DeploymentEvent.RESUME,
            DeploymentStatus.HALTED: DeploymentEvent.HALT,
            DeploymentStatus.STOPPING: DeploymentEvent.STOP,
        }
        await self.standing.follow(events[status], reason)


async def room(
    world: World,
    decider: RulePolicy | Decider,
    replies: Replies,
    *,
    payload: str = CAP_PAYLOAD,
    now: Callable[[], Instant] | None = None,
    mandated: Callable[[Mandate], Mandate] = lambda wanted: wanted,
) -> TickerRoom:
    """Save a skill, admit its deployment, take its lease, and start it."""
    clock, store = world.clock, MemoryStore(now=world.clock.now)
    version = await store.skills.save(
        LOCAL_USER, name="By hand", slug="by-hand", payload=payload, payload_hash=hash_of(payload), loss_bound=BOUND
    )
    await admit_paper(store, LOCAL_USER, version, deployment=DEPLOYMENT, at=clock.now())
    standing = await _started(store, clock)
    fence, hashed = standing.fence, version.payload_hash
    pinned = msgspec.structs.replace(
        mandate(decider), skill=version.skill_id, skill_version=version.version, payload_hash=hashed
    )
    lines: list[LogLine] = []
    halts: list[tuple[HaltReason, str]] = []

    async def halt(reason: HaltReason, detail: str) -> None:
        halts.append((reason, detail))
        await standing.follow(DeploymentEvent.HALT, f"{reason}: {detail}")

    context = SessionContext(
        deployment=standing.deployment,
        mandate=mandated(pinned),
        fence=fence,
        store=store,
        clock=clock,
        diary=Diary(DEPLOYMENT, store.logs, now=clock.now, listener=lines.append),
        trading=standing.trading,
        halt=halt,
        page=lambda _: None,
        before_sending=lambda: _at_once(""),
    )
    session = SessionByHand(VenuePace(now or clock.now, clock, Interval.M1), clock, replies, store, fence)
    return TickerRoom(
        clock=clock,
        store=store,
        standing=standing,
        context=context,
        session=session,
        lines=lines,
        done=[],
        halts=halts,
        venue_now=now or clock.now,
    )


async def _started(store: MemoryStore, clock: Clock) -> Standing:
    lease = await store.leases.acquire(paper_account(DEPLOYMENT), "ticker", 1 << 40, deployment=DEPLOYMENT)
    assert lease is not None, "a new store has no other holder"
    fence = Fence(account=lease.account, epoch=lease.epoch)
    standing = Standing(await store.deployments.load(DEPLOYMENT), fence, store, clock)
    await standing.follow(DeploymentEvent.START)
    return standing
