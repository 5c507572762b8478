"""The part of a story's world that chat models add: the provider, their money, and what was decided with them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain import DecisionId
from agentic_core.domain.chat import CallId
from agentic_core.domain.decision import Decision
from agentic_core.ports.tape import TapeKey
from agentic_core.simulation.world import World
from agentic_core.store.memory.store import MemoryStore
from tests.lifecycles.places import DEPLOYMENT
from tests.unattended.chat.cost_book import Caps, CostBook
from tests.unattended.chat.provider import Provider
from tests.unattended.vitals import Steps, Vitals

__all__ = ["ChatPlan", "ChatStage"]

_CUTS = 150
"""Of a thousand requests so many meet a process that is killed or stands still."""

_COSTS = frozenset({"reserve", "settle", "settle_abandoned"})
_DECISIONS = frozenset({"record", "prepare", "unit"})


_WELL = ("waits", "refusals", "garble", "folly", "tools", "costs", "dear", "caps", "rollover", "chat")
_QUIET = frozenset((*_WELL, "prices", "commands", "endings", "platform", "payload", "hints"))


class ChatPlan(NamedTuple):
    """What a story with a chat model begins with."""

    kinds: tuple[str, ...]
    caps: Caps
    by_tool: bool
    is_tight: bool
    """Whether the caps may be reached before the story ends."""

    @property
    def is_quiet(self) -> bool:
        """Whether processes, database and venue are well for all of the story."""
        return _QUIET.issuperset(self.kinds)


class ChatStage:
    """Outlives the processes; everything is looked at right after it was stored."""

    def __init__(self, world: World, store: MemoryStore, plan: ChatPlan) -> None:
        self.plan = plan
        self.provider = Provider(world, plan.kinds)
        self.book = CostBook(store, plan.caps)
        self.links = world.chance("links") if "refusals" in plan.kinds else None
        self._cuts = world.chance("cuts") if "cuts" in plan.kinds else None
        self._world = world
        self.faults: list[str] = []
        self.spied = 0
        """How often a tool was used that is on nobody's list."""
        self.decided: dict[DecisionId, int] = {}
        """When a decision of a chat model was stored."""
        self.deployment = DEPLOYMENT
        self._clock = world.clock
        self._store = store

    @property
    def decisions(self) -> Sequence[Decision]:
        """Everything that a chat model decided."""
        decided = self._store.decisions.decisions.values()
        return [one for one in decided if one.decided_by.startswith("chat:")]

    def cut(self, vitals: Vitals, steps: Steps) -> None:
        """Kill a process that is about to ask, at one of its next steps, or let it stand still for a while."""
        chance = self._cuts
        if chance is None or self.provider.is_calm or steps.dies_after is not None or not chance.happens(_CUTS):
            return
        if chance.happens(500):
            steps.dies_after = steps.count + chance.between(1, 16)
            return

        def stand_still() -> None:
            vitals.freeze()
            self._world.after(chance.pick((2_000, 14_000, 30_000, 50_000)), vitals.thaw)

        after_ms = chance.pick((0, 0, 700, 2_500))
        if after_ms:
            self._world.after(after_ms, stand_still)
        else:
            stand_still()

    def lower(self, caps: Caps) -> None:
        """Take note of caps that somebody wrote into the stored skill."""
        self.book.caps.append((self._clock.boottime_ms(), caps))

    def hear(self, member: object, part: str, arguments: tuple[object, ...]) -> None:
        """Take note of the calls that the database is told of, and of who reads the stored skill."""
        if part == "skills":
            self.book.read_at[member] = self._clock.boottime_ms()
        if part == "costs":
            for each in arguments:
                if isinstance(each, CallId):
                    self.book.known.setdefault(each, self.book.read_at.get(member, 0))

    async def look(self, what: str) -> None:
        """Take note of what the database says by now."""
        if what in _COSTS:
            await self.book.look(self._clock.boottime_ms())
        if what in _DECISIONS:
            for decision in self.decisions:
                if decision.decision_id not in self.decided:
                    self.decided[decision.decision_id] = self._clock.boottime_ms()
                    await self._look_at(decision)

    async def _look_at(self, decision: Decision) -> None:
        name = f"turn {decision.decision_id[:8]}"
        tape = self._store.tapes.of(DEPLOYMENT)
        for step in decision.steps:
            key = TapeKey(f"{step.request_hash}/{step.attempt}")
            if step.outcome == "completed" and await tape.find(key) is None:
                self.faults.append(f"{name} was decided, and the answer of its step {step.step} is on no tape")
        rows = [row for call, row in self.book.rows.items() if call.decision == decision.decision_id]
        held = sum(row.cost_usd is None for row in rows)
        if held:
            self.faults.append(f"{name} was decided while {held} of its calls had no cost")
        total = sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0))
        if decision.usage.cost_usd != total:
            self.faults.append(f"{name} says that it cost {decision.usage.cost_usd}, its calls come to {total}")
