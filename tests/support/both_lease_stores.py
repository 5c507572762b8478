"""A store in memory and one in PostgreSQL with the same accounts, asked the same, for machines that cannot await."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TypeVar

import psycopg
from anyio.from_thread import BlockingPortal, start_blocking_portal

from agentic_core.domain import (
    AccountKey,
    BrokerKind,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Fence,
    Instant,
    LeaseRecord,
    UserId,
    paper_account,
)
from agentic_core.errors import AgenticError, Fenced
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.agent_wallets import approved_wallet
from tests.support.narrow_roles import open_narrow_store
from tests.support.store_under_test import PAYLOAD
from tests.support.stored_values import AT, hash_of, state, uuid_of

__all__ = ["MINUTE_MS", "BothLeaseStores", "LeaseDatabase", "lease_database"]

MINUTE_MS = 60_000

_Answer = TypeVar("_Answer")
_Either = MemoryStore | PostgresStore

_PASS = b"""
    update leases set expires_at = expires_at - %s * interval '1 minute' where account_key = any (%s) and state = 'held'
"""


class LeaseDatabase:
    """A database that many examples use, each with accounts of its own."""

    def __init__(
        self, portal: BlockingPortal, store: PostgresStore, owned: PostgresStore, hand: psycopg.Connection
    ) -> None:
        self.portal = portal
        self.store = store
        """Each call by the role that makes it in life, which takes its time."""
        self.owned = owned
        self.hand = hand
        """Of the owner, who moves time."""
        self.numbers = count(1)


@contextmanager
def lease_database(dsn: str) -> Iterator[LeaseDatabase]:
    """Open a migrated database."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_narrow_store(dsn)) as store,
        portal.wrap_async_context_manager(open_store(dsn)) as owned,
        psycopg.connect(dsn, autocommit=True) as hand,
    ):
        yield LeaseDatabase(portal, store, owned, hand)


class BothLeaseStores:
    """One user with a deployment on paper and two on mainnet, the second of which succeeds the first."""

    def __init__(self, database: LeaseDatabase) -> None:
        number = next(database.numbers)
        self._database = database
        # The narrow roles' harness has logins for some deployments only, and those of earlier examples need none.
        for again in (b"delete from runner_logins", b"alter sequence harness.logins restart"):
            database.hand.execute(again)
        self._now = AT
        self._memory = MemoryStore(lambda: Instant(self._now))
        self._user = UserId(uuid_of(f"user {number}"))
        self._master, self._wallet = f"0x{number:040x}", f"0x{number:039x}f"
        self.live = AccountKey(f"mainnet:{self._master}")
        self.runs = tuple(DeploymentId(uuid_of(f"{name} {number}")) for name in ("paper", "former", "latter"))
        self.paper = paper_account(self.runs[0])
        self.both(self._furnish)

    def both(self, call: Callable[[_Either], Awaitable[_Answer]]) -> _Answer | str:
        """Ask both, and return what both answer; an error of ours counts by its name."""
        in_memory, stored = (
            self._database.portal.call(_outcome, call, store) for store in (self._memory, self._database.store)
        )
        assert in_memory == stored, f"memory says {in_memory}, PostgreSQL {stored}"
        return stored

    def see(self, account: AccountKey) -> LeaseRecord | None:
        """Look at a lease in both, whose clocks are not compared."""

        async def look(store: _Either) -> LeaseRecord | None:
            return await store.leases.read(account)

        read = [self._database.portal.call(look, store) for store in (self._memory, self._database.owned)]
        in_memory, stored = [each and _timeless(each) for each in read]
        assert in_memory == stored, f"memory shows {in_memory}, PostgreSQL {stored}"
        return stored

    def desired(self) -> dict[str, str]:
        """Return what each deployment shall come to, in both."""

        async def ask(store: _Either) -> dict[str, str]:
            return {run: await store.deployments.desired(run) for run in self.runs}

        in_memory, stored = (self._database.portal.call(ask, store) for store in (self._memory, self._database.owned))
        assert in_memory == stored
        return stored

    def write(self, fence: Fence, *, together: bool) -> bool:
        """Write a state under a fence, alone or in a unit of work, and tell whether it was let through."""

        async def write(store: _Either) -> None:
            if not together:
                await store.states.write(fence, state("1", deployment=self._run_of(fence.account)))
                return
            async with store.unit(fence) as unit:
                await unit.states.write(fence, state("2", deployment=self._run_of(fence.account)))

        answer = self.both(write)
        assert answer in {None, Fenced.__name__}
        return answer is None

    def pass_time(self, minutes: int) -> None:
        """Let time pass in both."""
        self._now = Instant(self._now + minutes * MINUTE_MS)
        self._database.hand.execute(_PASS, [minutes, [self.paper, self.live]])

    def _run_of(self, account: AccountKey) -> DeploymentId:
        return self.runs[0] if account == self.paper else self.runs[2]

    async def _furnish(self, store: _Either) -> None:
        saved = await store.skills.save(
            self._user, name="Crossing", slug="crossing", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
        )
        wallet = await approved_wallet(store, user=self._user, address=self._wallet, master=self._master)
        for place, run in enumerate(self.runs):
            await store.deployments.create(
                DeploymentRecord(
                    id=run,
                    user_id=self._user,
                    skill_id=saved.skill_id,
                    skill_version=1,
                    broker_kind=BrokerKind.HYPERLIQUID_MAINNET if place else BrokerKind.PAPER,
                    # Only one may occupy the place.
                    status=DeploymentStatus.STOPPING if place == 1 else DeploymentStatus.RUNNING,
                    account_key=self.live if place else self.paper,
                    hyperliquid_agent_id=wallet if place else None,
                    created_at=AT,
                )
            )


async def _outcome(call: Callable[[_Either], Awaitable[_Answer]], store: _Either) -> _Answer | str:
    try:
        return await call(store)
    except AgenticError as error:
        return type(error).__name__


def _timeless(record: LeaseRecord) -> LeaseRecord:
    return LeaseRecord(
        account=record.account,
        deployment=record.deployment,
        epoch=record.epoch,
        holder=record.holder,
        state=record.state,
        expires_at=AT,
        taken_at=None if record.taken_at is None else AT,
        is_live=record.is_live,
    )
