"""The guards of a ticker over a stored version, with decisions, commands and edits as a test wants them."""

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_core.domain import (
    CommandKind,
    CommandState,
    DeploymentStatus,
    Instant,
    NoopResult,
    SkillId,
    TickId,
    Usage,
    Usd,
)
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.runtime import Mandate
from agentic_core.runtime.alerts import AlertWatch
from agentic_core.runtime.guarding import TickGuards, standard_guards
from agentic_core.simulation.world import World
from agentic_core.skills import canonical_json
from agentic_core.store.memory.skills import MemorySkills
from tests.support.skill_files import skill_with
from tests.support.stored_values import decision, executed, intent
from tests.support.ticker_room import TickerRoom, room
from tests.support.turns import DEPLOYMENT, Says
from tests.support.turns import World as Replies

__all__ = ["MIDNIGHT", "PAYLOAD", "decide", "edit", "edited", "guarded", "obey", "waiting"]

MIDNIGHT = Instant(1_767_225_600_000)
MINUTE = 60_000
PAYLOAD = canonical_json(skill_with({}))
"""What was deployed."""

Scene: TypeAlias = Callable[[TickerRoom, TickGuards, AlertWatch], Coroutine[object, object, None]]


def guarded(main: Scene, *, review: int | None = None, is_intact: bool = True) -> None:
    """Play something under the guards of a deployment that runs, by the text that was deployed or by an edited one."""

    def mandated(wanted: Mandate) -> Mandate:
        return msgspec.structs.replace(wanted, review_after=review, is_intact=is_intact)

    async def inside(world: World) -> None:
        place = await room(world, Says(None), Replies(), payload=PAYLOAD, mandated=mandated)
        alerts = AlertWatch(place.clock)
        await main(place, standard_guards(place.context, place.standing, alerts=alerts), alerts)

    World(0, start=MIDNIGHT, shuffled=False).run(inside)


async def decide(place: TickerRoom, minute: int, *, cost: str | None = "0", is_done: bool = False) -> None:
    """Record what a turn decided, and whether it was executed."""
    mandate, mark = place.context.mandate, Instant(MIDNIGHT + minute * MINUTE)
    one = msgspec.structs.replace(
        decision(mandate.skill),
        decision_id=TickId(deployment=DEPLOYMENT, mark=mark).decision,
        deployment=DEPLOYMENT,
        skill_version=mandate.skill_version,
        tick_at=mark,
        decided_by="rules:says",
        usage=Usage(cost_usd=None if cost is None else Usd(Decimal(cost))),
    )
    result = executed(intent(0).cloid) if is_done else NoopResult(reason="nothing_proposed")
    await place.store.decisions.record(place.context.fence, one, result)


async def waiting(place: TickerRoom) -> list[tuple[CommandKind, str]]:
    """Return the commands that wait, with their reasons."""
    return [(one.kind, one.payload.get("reason", "")) for one in await place.store.commands.pending(DEPLOYMENT)]


async def obey(place: TickerRoom, kind: CommandKind, status: DeploymentStatus) -> None:
    """Let a person order something, and carry out all that waits."""
    await place.store.commands.queue(DEPLOYMENT, kind, payload={}, at=place.clock.now())
    for command in await place.store.commands.pending(DEPLOYMENT):
        at, fence = place.clock.now(), place.context.fence
        await place.store.commands.ack(command, CommandState.APPLIED, "done", at=at, fence=fence)
    if place.standing.status is not status:
        await place.status(status)


class _EditedSkills(MemorySkills):
    # A table in which somebody with the database changed a payload.
    def __init__(self, inner: MemorySkills, payload: str) -> None:
        super().__init__()
        self._inner = inner
        self._payload = payload

    async def version(self, skill: SkillId, version: int) -> SkillVersionRecord:
        return msgspec.structs.replace(await self._inner.version(skill, version), payload=self._payload)


def edit(place: TickerRoom, payload: str) -> None:
    """Change the stored payload of the version that runs, and not its hash."""
    place.store.skills = _EditedSkills(place.store.skills, payload)


def edited(changes: dict[str, object]) -> str:
    """Return the deployed payload with changes."""
    return canonical_json(skill_with(changes))
