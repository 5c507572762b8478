"""A database in which acts are killed in the middle, and the judgement of what is left of them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple

import anyio
from psycopg.conninfo import conninfo_to_dict

from agentic_core.domain import Fence, Lease, SkillId
from agentic_core.errors import AgenticError, DatabaseRestored, StoreUnavailable
from agentic_core.ops.journal_audit import audit_journal
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.roles import enrol_runner, narrow_dsn
from tests.support.acts import LEASED_MS, Act, Room
from tests.support.acts_of_record import Unit
from tests.support.gated_writes import Gates
from tests.support.mortal_clients import Client, Clients, Place
from tests.support.mortal_server import MortalPostgres
from tests.support.sealed_keys import CountedEntropy
from tests.support.store_under_test import HOLDER, in_postgres
from tests.support.stored_values import DEPLOYMENT, LIVE

__all__ = ["Desk", "Minute", "Premises", "heard", "rows_of"]


class Minute(NamedTuple):
    """One saying of an act, and what there was before it."""

    act: Act
    number: int
    rows: Mapping[str, int]
    """How many there were in each table."""


class Desk:
    """Everything a test needs at once: the database, a process that speaks to it, and the gates."""

    def __init__(self, mortal: MortalPostgres, room: Room, gates: Gates) -> None:
        self.mortal = mortal
        self.gates = gates
        self.room = room

    async def begin(self, act: Act, number: int) -> Minute:
        """Store what an act builds on, and look at what there is."""
        await act.ground(self.room, number)
        rows = await self.gates.rows()
        await self.gates.passed()
        return Minute(act=act, number=number, rows=rows)

    async def say(self, minute: Minute) -> str:
        """Say it, and return what is heard."""
        return await heard(minute.act, self.room, minute.number)

    @asynccontextmanager
    async def saying(self, minute: Minute) -> AsyncIterator[list[str]]:
        """Say it meanwhile, and add what is heard to the list."""
        answers: list[str] = []

        async def say() -> None:
            answers.append(await self.say(minute))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say)
            yield answers

    async def judge(self, minute: Minute, *, is_stored: bool) -> None:
        """Check that it is stored once and wholly, or that there is no trace of it."""
        act = minute.act
        told = await act.read(self.room, minute.number)
        after = await self.room.owner.journal.after(DEPLOYMENT, minute.rows["journal"], 1_000)
        rows = await self.gates.rows()
        gained = {name: rows[name] - before for name, before in minute.rows.items() if rows[name] != before}
        found = (told, " ".join(entry.kind for entry in after), gained)
        expected = (act.told, act.records, rows_of(act)) if is_stored else ("", "", {})
        assert found == expected, f"minute {minute.number} of {act.name}: {found} instead of {expected}"

    async def audit(self) -> None:
        """Check that the journal is one chain and adds up to what the tables hold."""
        report = await audit_journal(self.room.owner, DEPLOYMENT, {})
        assert report.is_whole, f"{report}"

    async def is_leased(self) -> bool:
        """Prolong the lease, and tell whether that was possible."""
        fence = self.room.fence
        try:
            return await self.room.store.leases.renew(
                Lease(account=fence.account, epoch=fence.epoch, holder=HOLDER, ttl_ms=LEASED_MS)
            )
        except DatabaseRestored:
            return False

    async def say_again(self, minute: Minute) -> None:
        """Do what somebody does who heard no answer: read by the ids, and say it where it is not stored."""
        if not await minute.act.read(self.room, minute.number):
            await minute.act.say(self.room, minute.number)

    async def insist(self, minute: Minute) -> None:
        """Say it though it is stored: either that is refused, or nothing comes of it."""
        refusal: type[Exception] | None = None
        try:
            await minute.act.say(self.room, minute.number)
        except AgenticError as error:
            refusal = type(error)
        assert refusal is minute.act.again, f"{minute.act.name} said again: {refusal}"


class Premises:
    """One furnished database on a mortal server, to which a desk is put after every death."""

    def __init__(self, mortal: MortalPostgres, name: str) -> None:
        self._mortal = mortal
        self._name = name
        self._numbers = count(1)
        self._login = ""
        self._skill = SkillId("")
        self._epoch = 0

    @property
    def dsn(self) -> str:
        """Where the database is for its owner."""
        return self._mortal.dsn(self._name)

    @property
    def runner_dsn(self) -> str:
        """Where it is for the one runner that is enrolled in it."""
        return narrow_dsn(self.dsn, self._login)

    def next(self) -> int:
        """Return a minute of which nothing is known yet."""
        return next(self._numbers)

    async def furnish(self) -> None:
        """Deploy, take the lease for good, and trade, so that what is counted up is there to be counted up."""
        async with open_store(self.dsn) as owner:
            self._skill = (await in_postgres(owner, self.dsn, live=True)).skill
            enrolled = await enrol_runner(self.dsn, DEPLOYMENT, CountedEntropy())
            self._login = str(conninfo_to_dict(enrolled)["user"])
            async with open_store(self.runner_dsn) as store:
                room = await self.room(store, owner).retaken()
                self._epoch = room.fence.epoch
                await Unit().say(room, self.next())

    def room(self, store: PostgresStore, owner: PostgresStore) -> Room:
        """Return the room of those who have connected."""
        fence = Fence(account=LIVE, epoch=self._epoch)
        return Room(dsn=self.dsn, store=store, owner=owner, skill=self._skill, fence=fence)

    def born(self, nursery: Clients, minute: Minute) -> Client:
        """Return a new process that is to say an act."""
        store = self.runner_dsn if minute.act.is_runners else self.dsn
        return nursery.born(minute.act, minute.number, Place(store, self.dsn, self._skill, self._epoch))

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """Start the server where it is down, and connect as processes that were just started."""
        self._mortal.recover()
        async with (
            Gates.at(self.dsn) as gates,
            open_store(self.dsn, pool_max=1) as owner,
            open_store(self.runner_dsn, pool_max=1) as store,
        ):
            yield Desk(self._mortal, self.room(store, owner), gates)


async def heard(act: Act, room: Room, number: int) -> str:
    """Say an act, and return what is heard of it."""
    try:
        await act.say(room, number)
    except StoreUnavailable as error:
        return "stored or not" if error.commit_unknown else "not stored"
    return "stored"


def rows_of(act: Act) -> dict[str, int]:
    """Return how many rows an act adds to each table."""
    parts = [part.split() for part in act.rows.split(",") if part.strip()]
    return {table: int(count) for count, table in parts}
