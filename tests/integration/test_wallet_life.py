"""An agent wallet from its approval to its end, over PostgreSQL with a process that is started anew at each step."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest

from agentic_core.deployments.approval import sweep_pending
from agentic_core.deployments.revocation import revoke
from agentic_core.deployments.wallet_check import check_wallets
from agentic_core.domain.times import DAY_MS
from agentic_core.logevents import LogEvent
from agentic_core.ports.wallet import ApprovalTaken, WalletChallenge
from agentic_core.ports.wallet_store import AgentWalletRecord, PendingWallet, WalletEnd
from tests.support.narrow_roles import open_narrow_store
from tests.support.wallet_flow import Line, WalletFlow
from tests.support.wallet_room import CHAIN

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

EXPIRING, REVOKED = LogEvent.WALLET_EXPIRING, LogEvent.WALLET_REVOKED


@asynccontextmanager
async def process(flow: WalletFlow, database: str) -> AsyncGenerator[None]:
    """Start, and end."""
    async with open_narrow_store(database) as store:
        flow.store = store.wallets
        flow.restart()
        yield


async def signed(flow: WalletFlow, challenge: WalletChallenge) -> None:
    """Let the owner sign, and hand it in; the process dies before it looks at what came of it."""
    assert await flow.room.submit(challenge) == ApprovalTaken()


async def approved(flow: WalletFlow, database: str, *, days: int) -> tuple[PendingWallet, AgentWalletRecord]:
    """Return a wallet that was found to be listed by a later process than the one it was asked for in."""
    async with process(flow, database):
        pending = await flow.opened(days=days)
        await signed(flow, pending.challenge)
    async with process(flow, database):
        assert await flow.store.pending(pending.wallet.address) == pending
        await sweep_pending(flow.services, "Testnet")
        return pending, await flow.known(pending.wallet.address)


async def all_look(flow: WalletFlow, database: str) -> list[Line]:
    """Start three processes that look at the same moment, and return what they say."""
    flow.said.clear()
    now, say = flow.room.clock.now(), flow.services.say
    look = partial(check_wallets, network="Testnet", now=now, say=say)
    async with (
        open_narrow_store(database) as one,
        open_narrow_store(database) as two,
        open_narrow_store(database) as three,
        anyio.create_task_group() as tasks,
    ):
        for store in (one, two, three):
            tasks.start_soon(look, flow.started().desk, store.wallets)
    return list(flow.said)


async def test_warnings_are_given_once_over_restarts_and_processes(database: str) -> None:
    """Three processes look at the same moment, and each time all of them are started anew."""
    flow = WalletFlow()
    await approved(flow, database, days=15)
    heard = []
    for days in (0, 1, 0, 10, 1, 0, 2, 0):
        flow.room.clock.freeze(days * DAY_MS)
        heard.append([(event, facts["days_left"]) for event, _, facts in await all_look(flow, database)])
    assert heard == [[], [(EXPIRING, 14)], [], [], [(EXPIRING, 3)], [], [(EXPIRING, 1)], []]


async def test_wallet_lives_from_a_key_that_was_kept_to_an_end_that_was_seen(database: str) -> None:
    """Opened, signed, swept, revoked, signed again and looked at: by one process after the other."""
    flow = WalletFlow()
    pending, wallet = await approved(flow, database, days=90)
    key = flow.key(wallet)
    assert (wallet.vault_key_id, wallet.valid_until) == (pending.vault_key_id, pending.wallet.valid_until)
    assert flow.room.may_act(key)
    async with process(flow, database):
        revocation = await revoke(flow.services, wallet, chain_id=CHAIN)
    async with process(flow, database):
        kept = await flow.known(wallet.address)
        assert (kept.ended_by, kept.gone_at, flow.vault) == (WalletEnd.REVOKED, None, {wallet.vault_key_id: None})
        assert kept.lease_revoked_at == kept.key_destroyed_at == kept.revoked_at
        assert revocation.challenge is not None
        await signed(flow, revocation.challenge)
    assert not flow.room.may_act(key)
    assert [event for event, _, _ in await all_look(flow, database)] == [REVOKED]
    assert await all_look(flow, database) == []
    async with process(flow, database):
        ended = await flow.known(wallet.address)
        assert (ended.ended_by, ended.revoked_at) == (WalletEnd.REVOKED, kept.revoked_at)
        assert ended.gone_at is not None
        assert await flow.store.watched("Testnet") == ()
