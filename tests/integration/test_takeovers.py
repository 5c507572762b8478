"""Two real processes at one account, stopped and continued at any moment: whoever was stopped is always too late."""

import signal
import sys

import anyio
import pytest
from anyio.streams.text import TextReceiveStream

from agentic_core.domain import Fence
from agentic_core.store.postgres import open_store
from agentic_core.store.postgres.roles import enrol_runner
from agentic_core.system import SystemEntropy
from tests.support.by_hand import execute
from tests.support.embedded_postgres import ROOT
from tests.support.store_under_test import TTL_MS
from tests.support.stored_values import LIVE
from tests.takeovers.marks import RUN, stated
from tests.takeovers.playing import fight, furnish
from tests.takeovers.stale import STALE_CALLS

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

TAKEOVERS = 300


async def test_every_write_of_a_stopped_holder_is_refused_once_another_took_over(database: str) -> None:
    """Three hundred times: no epoch falls, nothing stale is stored, and what was acknowledged is there, once."""
    fought = await fight(database, TAKEOVERS, seed=1)
    assert fought.faults == []
    assert fought.takeovers == TAKEOVERS
    assert {what: fought.refused[what] >= TAKEOVERS for what in STALE_CALLS} == dict.fromkeys(STALE_CALLS, True)
    assert fought.epochs > TAKEOVERS
    # States are not journaled; leases and queued commands are, besides.
    assert fought.records > fought.rows.total() - fought.rows["state"]
    # Whoever was stopped was in the middle of something each time.
    assert sum(fought.caught.values()) > TAKEOVERS


async def test_unit_of_work_of_a_stopped_process_does_not_keep_the_account(database: str) -> None:
    """The server ends it after seconds, the successor gets the lease, and nothing of it is stored."""
    async with open_store(database) as store:
        await furnish(store)
    narrow = await enrol_runner(database, RUN, SystemEntropy())
    command = [sys.executable, "-m", "tests.takeovers.frozen", narrow]
    async with open_store(database) as store, await anyio.open_process(command, cwd=ROOT, stderr=None) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with anyio.fail_after(60):
            said = TextReceiveStream(process.stdout)
            assert await said.receive() == "open\n"
            process.send_signal(signal.SIGSTOP)
            taken = None
            while taken is None:
                taken = await store.leases.acquire(LIVE, "successor", TTL_MS, deployment=RUN)
            await store.states.write(Fence(account=LIVE, epoch=taken.epoch), stated(taken.epoch))
            process.send_signal(signal.SIGCONT)
            await process.stdin.send(b"go on\n")
            answer = await said.receive()
            await process.wait()
    assert answer.startswith("StoreUnavailable: ")
    assert "idle-in-transaction timeout" in answer
    assert execute(database, "select day_pnl_usd from agent_state") == [(taken.epoch,)]
    assert execute(database, "select epoch, holder from leases") == [(3, "successor")]
