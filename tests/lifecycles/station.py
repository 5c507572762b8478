"""Where a process works: a machine with its disk, a connection, a copy of the journal, and the lease."""

from collections.abc import Iterable
from typing import NamedTuple

from agentic_core.domain.records import Lease
from agentic_core.errors import AgenticError, Fenced
from agentic_core.simulation.chance import Chance
from agentic_core.store.journal_copy import JournalCatchUp, JournalCopy
from tests.lifecycles.bugs import Bug
from tests.lifecycles.database import Session
from tests.lifecycles.machines import Machine
from tests.lifecycles.scene import ACCOUNT, DEPLOYMENT, Scene

__all__ = ["HEARTBEAT_S", "Station", "take_station"]

_TTL_MS = 15_000
HEARTBEAT_S = 5.0


class Station(NamedTuple):
    """What a process has before it asks the venue anything."""

    machine: Machine
    session: Session
    copy: JournalCopy
    catch_up: JournalCatchUp
    lease: Lease


async def take_station(scene: Scene, chance: Chance, bug: Bug) -> Station | None:
    """Open a copy, then take the lease; None where that cannot be had now."""
    for machine in _candidates(scene, chance):
        session = scene.database.connect()
        try:
            copy = await bug.open_copy(machine.disk.as_files(), session.continuity, scene.say_of(0))
        except Fenced:
            scene.counts["copies held by another process"] += 1
            continue
        except AgenticError as error:
            scene.ended_by(error)
            return None
        machine.copy = copy
        try:
            return await _take_lease(scene, machine, session, copy)
        except AgenticError as error:
            copy.close()
            scene.ended_by(error)
            return None
    return None


async def _take_lease(scene: Scene, machine: Machine, session: Session, copy: JournalCopy) -> Station | None:
    lease = await session.leases.acquire(ACCOUNT, "runner", _TTL_MS, deployment=DEPLOYMENT)
    if lease is None:
        copy.close()
        scene.kept_out()
        return None
    scene.took_lease(lease.epoch)
    catch_up = JournalCatchUp(session.journal, copy)
    await catch_up()
    return Station(machine, session, copy, catch_up, lease)


def _candidates(scene: Scene, chance: Chance) -> Iterable[Machine]:
    machines = list(scene.machines)
    if scene.database.is_restored:
        # Only a disk that saw what was lost can know of it.
        return [max(machines, key=lambda machine: machine.seen)]
    first = chance.below(len(machines))
    return machines[first:] + machines[:first]
