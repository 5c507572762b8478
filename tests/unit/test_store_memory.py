"""What the store in memory promises beyond the contract: it never waits."""

from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from agentic_core.domain import CommandKind, DeploymentStatus, Fence, Instant, IntentState, SkillId, SkillVersionRecord
from agentic_core.errors import Fenced
from agentic_core.store.memory import MemoryStore
from tests.support.store_under_test import PAYLOAD, TTL_MS
from tests.support.stored_values import (
    AT,
    DEPLOYMENT,
    HELD,
    PAPER,
    USER,
    accepted,
    decision,
    deployment,
    executed,
    fill,
    hash_of,
    intent,
    log_line,
    sim_run,
    state,
    uuid_of,
)

_Result = TypeVar("_Result")


def _at_once(work: Coroutine[Any, Any, _Result]) -> _Result:
    with pytest.raises(StopIteration) as stop:
        work.send(None)
    result: _Result = stop.value.value
    return result


def test_memory_store_finishes_every_method_without_waiting() -> None:
    """Each coroutine ends at its first step, so no event loop is needed."""
    store = MemoryStore()
    saved: SkillVersionRecord = _at_once(
        store.skills.save(USER, name="x", slug="x", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
    )
    lease = _at_once(store.leases.acquire(PAPER, "backtest", TTL_MS))
    assert lease is not None
    fence = Fence(account=PAPER, epoch=lease.epoch)
    order, wanted = intent(0), decision(saved.skill_id, opens=True)
    _at_once(store.deployments.create(deployment(saved.skill_id)))
    (prepared,) = _at_once(store.intents.prepare(fence, wanted, [order], at=AT))
    filled = accepted(order.cloid, IntentState.FILLED, fill("f1", order.cloid))
    assert _at_once(store.intents.settle(fence, prepared, filled, at=AT)) is IntentState.FILLED
    _at_once(store.intents.record_fills(fence, DEPLOYMENT, [fill("f2")], at=AT))
    _at_once(store.decisions.record(fence, wanted, executed(order.cloid)))
    _at_once(store.states.write(fence, state("1")))
    _at_once(store.logs.append([log_line("x")]))
    command = _at_once(store.commands.queue(DEPLOYMENT, CommandKind.STOP, payload={}, at=AT))
    _at_once(store.sim_runs.create(sim_run(saved.skill_id)))
    _at_once(store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=AT))
    assert len(_at_once(store.intents.fills(PAPER))) == 2
    assert len(_at_once(store.decisions.recent(DEPLOYMENT, 9))) == 1
    assert _at_once(store.states.read(DEPLOYMENT)) == state("1")
    assert _at_once(store.commands.pending(DEPLOYMENT)) == (command,)
    assert _at_once(store.leases.renew(lease))
    assert _at_once(store.intents.unresolved(PAPER)) == ()


def test_memory_store_without_a_clock_never_lets_a_lease_run_out() -> None:
    """Time stands still where none is given."""
    store = MemoryStore()
    lease = _at_once(store.leases.acquire(PAPER, "backtest", 0))
    assert lease is not None
    assert _at_once(store.leases.renew(lease))


def test_memory_store_writes_for_a_backtest_that_is_no_deployment() -> None:
    """Fenced methods do not ask for a row that a backtest has no reason to make."""
    store = MemoryStore(lambda: Instant(5))
    lease = _at_once(store.leases.acquire(PAPER, "backtest", TTL_MS))
    assert lease is not None
    skill = SkillId(uuid_of("skill"))
    _at_once(store.decisions.record(Fence(account=PAPER, epoch=1), decision(skill), HELD))
    assert len(_at_once(store.decisions.recent(DEPLOYMENT, 1))) == 1
    with pytest.raises(Fenced):
        store.decisions.record(Fence(account=PAPER, epoch=2), decision(skill, minute=1), HELD).send(None)
