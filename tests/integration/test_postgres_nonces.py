"""Runners that draw nonces and note at the same time: none is drawn twice, none is lost, and nothing is forgotten."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal

import anyio
import psycopg
import pytest

from agentic_core.domain import Fence, Instant, IntentState, PreparedIntent, Size
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import AgenticError, Conflict, Fenced
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.by_hand import execute
from tests.support.narrow_roles import open_narrow_store
from tests.support.numbered_intents import SIGNING, another_account, next_nonce, prepared, stop
from tests.support.store_under_test import StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, accepted, decision, fill, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

RUNNERS, TICKS = 4, 6
SIGNER = SIGNING.signer
Work = Callable[[PostgresStore, int], Awaitable[object]]


@pytest.fixture
async def subject(database: str) -> AsyncIterator[StoreUnderTest]:
    """Yield a furnished store."""
    async with open_narrow_store(database) as store:
        yield await in_postgres(store, database, live=True)


async def _side_by_side(database: str, works: list[Work], *, owned: bool = False) -> list[object]:
    """Run each with a connection of its own, and return what comes of each; errors of ours are results."""
    opened = open_store if owned else open_narrow_store
    results: list[object] = [None] * len(works)

    async def run(store: PostgresStore, place: int) -> None:
        try:
            results[place] = await works[place](store, place)
        except AgenticError as error:
            results[place] = error

    with anyio.fail_after(30):
        async with AsyncExitStack() as stack:
            stores = [await stack.enter_async_context(opened(database, pool_max=1)) for _ in works]
            async with anyio.create_task_group() as tasks:
                for place, store in enumerate(stores):
                    tasks.start_soon(run, store, place)
    return results


async def _until_somebody_waits(database: str) -> None:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    while execute(database, waiting) == [(0,)]:
        await anyio.lowlevel.checkpoint()


async def _while_held(database: str, statement: str, work: Awaitable[object]) -> object:
    """Run a statement in a transaction that ends only once the work waits for it."""
    results: list[object] = []

    async def run() -> None:
        try:
            results.append(await work)
        except AgenticError as error:
            results.append(error)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute(statement.encode())
                tasks.start_soon(run)
                await _until_somebody_waits(database)
                assert results == []
    return results[0]


def _numbers(database: str) -> list[object]:
    rows = execute(database, "select nonce from order_intents where signer = %s order by nonce", SIGNER)
    return [nonce for (nonce,) in rows]


async def test_nonces_drawn_side_by_side_are_never_the_same(database: str, subject: StoreUnderTest) -> None:
    """Ticks of two accounts of one signer, two legs and a stop each, all of one millisecond: none twice, none left.

    No runner signs for two accounts, so it is the owner who does.
    """
    other, fence = await another_account(subject)

    async def ticks(store: PostgresStore, place: int) -> None:
        own, run = ((subject.fence, DEPLOYMENT), (fence, other.id))[place % 2]
        for minute in range(place * TICKS, (place + 1) * TICKS):
            legs = [intent(minute, leg=leg) for leg in (0, 1)]
            wanted = decision(subject.skill, minute=minute, run=run, opens=True)
            await store.intents.prepare(own, wanted, [*legs, stop(minute, leg=2)], at=AT, signing=SIGNING)

    assert await _side_by_side(database, [ticks] * RUNNERS, owned=True) == [None] * RUNNERS
    assert _numbers(database) == [AT + place for place in range(RUNNERS * TICKS * 2)]


async def test_nonces_drawn_by_one_runner_side_by_side_rise(database: str, subject: StoreUnderTest) -> None:
    """Each tick by itself counts up, whoever comes between."""
    results: list[tuple[PreparedIntent, ...]] = []

    async def tick(minute: int) -> None:
        legs = [intent(minute, leg=leg) for leg in range(3)]
        results.append(await prepared(subject, legs, minute=minute, signing=SIGNING))

    async with anyio.create_task_group() as tasks:
        for minute in range(12):
            tasks.start_soon(tick, minute)
    nonces = sorted(tuple(each.nonce or 0 for each in made) for made in results)
    assert nonces == [(AT + 3 * place, AT + 3 * place + 1, AT + 3 * place + 2) for place in range(12)]


async def test_nonce_assigned_by_several_at_once_is_one(database: str, subject: StoreUnderTest) -> None:
    """One gets it, the others are told, and one is drawn."""
    (waiting,) = await prepared(subject, [stop()], signing=SIGNING)
    works: list[Work] = [lambda store, _: store.intents.assign(subject.fence, waiting, SIGNING, at=AT)] * RUNNERS
    results = await _side_by_side(database, works)
    assert sorted(type(result).__name__ for result in results) == ["Conflict"] * 3 + ["PreparedIntent"]
    assert _numbers(database) == [AT]
    assert await next_nonce(subject) == AT + 1


async def test_nonces_assigned_and_prepared_side_by_side_are_never_the_same(
    database: str, subject: StoreUnderTest
) -> None:
    """Stops get theirs while other ticks get their own."""
    waiting = await prepared(subject, [stop(leg=leg) for leg in range(RUNNERS * TICKS)], signing=SIGNING)

    async def assign(store: PostgresStore, place: int) -> None:
        for each in waiting[place * TICKS : (place + 1) * TICKS]:
            await store.intents.assign(subject.fence, each, SIGNING, at=AT)

    async def prepare(store: PostgresStore, place: int) -> None:
        for tick in range(TICKS):
            minute = 1 + place * TICKS + tick
            wanted = decision(subject.skill, minute=minute, opens=True)
            await store.intents.prepare(subject.fence, wanted, [intent(minute)], at=AT, signing=SIGNING)

    assert await _side_by_side(database, [*[assign] * RUNNERS, *[prepare] * RUNNERS]) == [None] * (2 * RUNNERS)
    assert _numbers(database) == [AT + place for place in range(2 * RUNNERS * TICKS)]


@pytest.mark.parametrize(("ended", "expected"), [("commit", AT + 101), ("rollback", AT)])
async def test_nonce_waits_for_what_another_connection_is_drawing(
    database: str, subject: StoreUnderTest, ended: str, expected: int
) -> None:
    """What counts is what the other one ends with, not what was there when the statement began."""
    execute(database, "insert into signer_nonces values (%s, %s)", SIGNER, AT - 1)
    results: list[PreparedIntent] = []

    async def draw() -> None:
        results.extend(await prepared(subject, [intent(0)], signing=SIGNING))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute("update signer_nonces set nonce = nonce + 101")
                tasks.start_soon(draw)
                await _until_somebody_waits(database)
                assert results == []
                other.execute(ended.encode())
    assert [each.nonce for each in results] == [expected]


async def test_nonce_is_not_drawn_by_who_waits_for_a_takeover(database: str, subject: StoreUnderTest) -> None:
    """Whoever reads the lease while it changes hands gets nothing, and nothing is drawn for it."""
    (waiting,) = await prepared(subject, [stop()], signing=SIGNING)
    intents, wanted = subject.store.intents, decision(subject.skill, minute=1, opens=True)
    works: list[Awaitable[object]] = [
        intents.prepare(subject.fence, wanted, [intent(1)], at=AT, signing=SIGNING),
        intents.assign(Fence(account=LIVE, epoch=2), waiting, SIGNING, at=AT),
        intents.note(Fence(account=LIVE, epoch=3), IntentRecord(prepared=waiting, sends=1), [fill("f")], at=AT),
    ]
    for work in works:
        result = await _while_held(database, "update leases set epoch = epoch + 1", work)
        assert type(result) is Fenced
    assert execute(database, "select * from signer_nonces") == []
    assert await subject.store.intents.living(LIVE) == (IntentRecord(prepared=waiting),)
    assert await subject.store.intents.fills(LIVE) == ()


async def test_nonce_given_before_is_refused_where_the_count_was_set_back(
    database: str, subject: StoreUnderTest
) -> None:
    """By hand or by an old backup: the orders themselves still know, and nothing is written."""
    (waiting,) = await prepared(subject, [stop()], signing=SIGNING)
    await prepared(subject, [intent(1)], minute=1, signing=SIGNING)
    execute(database, "update signer_nonces set nonce = 0")
    wanted = decision(subject.skill, minute=2, opens=True)
    for attempt in (
        subject.store.intents.prepare(subject.fence, wanted, [intent(2)], at=AT, signing=SIGNING),
        subject.store.intents.assign(subject.fence, waiting, SIGNING, at=AT),
    ):
        with pytest.raises(Conflict, match="this nonce was given to another intent of the same signer") as refused:
            await attempt
        assert refused.value.constraint == "order_intents_one_per_nonce"
    assert _numbers(database) == [AT]
    assert len(await subject.store.intents.living(LIVE)) == 2
    assert execute(database, "select nonce from signer_nonces") == [(0,)]


async def test_nonces_go_on_in_a_process_that_was_started_anew(database: str, subject: StoreUnderTest) -> None:
    """What was given and noted is in the database, not in a process."""
    (made,) = await prepared(subject, [intent(0)], at=AT + 500, signing=SIGNING)
    noted = IntentRecord(prepared=made, state=IntentState.SENT, sends=1)
    await subject.store.intents.note(subject.fence, noted, at=AT)
    async with open_narrow_store(database) as restarted:
        assert await restarted.intents.living(LIVE) == (noted,)
        wanted = decision(subject.skill, minute=1, opens=True)
        (later,) = await restarted.intents.prepare(subject.fence, wanted, [intent(1)], at=AT, signing=SIGNING)
    assert later.nonce == AT + 501


async def test_note_that_waits_for_another_is_measured_against_it(database: str, subject: StoreUnderTest) -> None:
    """A count that somebody else just wrote is not written over with an older one."""
    (made,) = await prepared(subject, [intent(0)], signing=SIGNING)
    older = IntentRecord(prepared=made, state=IntentState.UNKNOWN, sends=1)
    work = subject.store.intents.note(subject.fence, older, [fill("f", made.intent.cloid)], at=AT)
    result = await _while_held(database, "update order_intents set sends = 2, state = 'sent'", work)
    assert type(result) is Conflict
    found = await subject.store.intents.find(LIVE, made.intent.cloid)
    assert found == IntentRecord(prepared=made, state=IntentState.SENT, sends=2)
    assert await subject.store.intents.fills(LIVE) == ()


async def test_fills_noted_side_by_side_are_recorded_once(database: str, subject: StoreUnderTest) -> None:
    """The answer, the stream and a search bring the same ones at the same moment."""
    (made,) = await prepared(subject, [intent(0)], signing=SIGNING)
    cloid = made.intent.cloid
    fills = [fill(f"f{place}", cloid, at=Instant(AT + place)) for place in range(8)]
    units = Size(Decimal("0.01040"))
    record = IntentRecord(prepared=made, state=IntentState.PARTIAL, filled=units, booked=units)
    outcome = accepted(cloid, IntentState.PARTIAL, *fills)
    works: list[Work] = [
        lambda store, _: store.intents.note(subject.fence, record, fills, at=AT),
        lambda store, _: store.intents.note(subject.fence, record, fills[::-1], at=AT),
        lambda store, _: store.intents.record_fills(subject.fence, DEPLOYMENT, fills, at=AT),
        lambda store, _: store.intents.settle(subject.fence, made, outcome, at=AT),
    ]
    results = await _side_by_side(database, works)
    assert [result for result in results if isinstance(result, AgenticError)] == []
    assert await subject.store.intents.fills(LIVE) == tuple(fills)


async def test_fills_written_in_opposite_orders_do_not_stop_each_other(database: str, subject: StoreUnderTest) -> None:
    """Where each waits for what the other has begun, one is undone by the database and written again."""
    (made,) = await prepared(subject, [intent(0)], signing=SIGNING)
    first, second = (fill(name, made.intent.cloid) for name in ("f1", "f2"))
    done: list[bool] = []

    async def note() -> None:
        await subject.store.intents.note(subject.fence, IntentRecord(prepared=made, sends=1), [first, second], at=AT)
        done.append(True)

    copied = (
        "insert into fills (account_key, fill_id, deployment_id, symbol, side, size, price, fee, liquidity, kind,"
        " closed_pnl, filled_at, recorded_at)"
        " select account_key, %s, deployment_id, 'BTC', 'buy', 1, 1, 0, 'taker', 'order', 0, now(), now()"
        " from order_intents"
    )
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute(copied.encode(), ["f2"])
                tasks.start_soon(note)
                await _until_somebody_waits(database)
                other.execute(copied.encode(), ["f1"])
                assert done == []
    assert done == [True]
    assert execute(database, "select sends from order_intents") == [(1,)]
    assert execute(database, "select fill_id, size from fills order by fill_id") == [("f1", 1), ("f2", 1)]
