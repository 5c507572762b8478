"""Decisions and log lines that share a commit: nobody is told before it, and nobody pays for another's mistake."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial

import anyio
import psycopg
import pytest
from msgspec.structs import replace

from agentic_core.domain import Decision, DeploymentId, Fence, MonthCost, SkillId, Usage, Usd
from agentic_core.domain.chat import ThoughtStep
from agentic_core.errors import AgenticError
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.by_hand import execute
from tests.support.store_under_test import StoreUnderTest, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, PAPER, decision, log_line, uuid_of
from tests.support.waiting import SOMEBODY_WAITS, until

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

Work = Callable[[], Awaitable[None]]
COST = Decimal("0.25")
MANY = 40


@pytest.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    """Yield a store with one connection, so that whoever comes second gathers."""
    async with open_store(database, pool_max=1) as opened:
        yield opened


@pytest.fixture
async def subject(database: str, store: PostgresStore) -> StoreUnderTest:
    """Yield the same, furnished."""
    return await in_postgres(store, database)


def _tick(subject: StoreUnderTest, minute: int) -> Decision:
    thought = (ThoughtStep(step=0, outcome="completed", request_hash="ab" * 32, cost_usd=Usd(COST)),)
    return replace(decision(subject.skill, minute=minute, cost=COST), context_hash="ab" * 32, steps=thought)


def _asked(store: PostgresStore, subject: StoreUnderTest, minutes: Iterable[int]) -> list[Work]:
    return [partial(store.decisions.record, subject.fence, _tick(subject, minute), HELD) for minute in minutes]


async def _stored(store: PostgresStore) -> list[Decision]:
    return [record.decision for record in reversed(await store.decisions.recent(DEPLOYMENT, 99))]


async def _at_once(store: PostgresStore, works: Sequence[Work]) -> list[str]:
    told: dict[int, str] = {}

    async def tell(number: int, work: Work) -> None:
        try:
            await work()
        except (AgenticError, ValueError) as error:
            told[number] = type(error).__name__
        else:
            told[number] = "stored"

    async with anyio.create_task_group() as tasks, store.unit():
        for number, work in enumerate(works):
            tasks.start_soon(tell, number, work)
        await anyio.wait_all_tasks_blocked()
    return [told[number] for number in range(len(works))]


async def test_decisions_asked_for_at_once_share_a_commit_and_are_each_there(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """One transaction wrote all of them; what they cost is their sum, and the journal has each once."""
    assert await _at_once(store, _asked(store, subject, range(MANY))) == ["stored"] * MANY
    writers = execute(database, "select count(distinct xmin::text), count(*) from decision_snapshots")
    assert writers == [(1, MANY)]
    assert await _stored(store) == [_tick(subject, minute) for minute in range(MANY)]
    assert await store.decisions.month_to_date(DEPLOYMENT, AT) == MonthCost(cost_usd=Usd(MANY * COST), unknown_costs=0)
    assert execute(database, "select count(*) from journal where kind = 'decision'") == [(MANY,)]


async def test_nobody_of_a_group_is_answered_before_its_commit(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """While the commit waits for the journal, no call has returned; each that returns finds its row stored."""
    returned: list[bool] = []

    async def record(number: int) -> None:
        await store.decisions.record(subject.fence, _tick(subject, number), HELD)
        stored = execute(database, "select exists (select from decision_snapshots where id = %s)", ids[number])
        returned.append(stored == [(True,)])

    ids = [_tick(subject, n).decision_id for n in range(MANY)]
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            with psycopg.connect(database) as other:
                other.execute("select from journal_heads for update")
                for number in range(MANY):
                    tasks.start_soon(record, number)
                await until(database, SOMEBODY_WAITS)
                assert returned == []
    assert returned == [True] * MANY


async def test_mistakes_in_a_group_are_told_to_those_who_made_them(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """A stale fence, a number for no column, an unknown skill, text that cannot be sent: all others are stored."""
    tokens = Usage(prompt_tokens=2**63, completion_tokens=0, cost_usd=Usd(COST))
    mistakes = {
        3: ("Fenced", Fence(account=PAPER, epoch=2), _tick(subject, 3)),
        7: ("UsageError", subject.fence, replace(_tick(subject, 7), usage=tokens)),
        11: ("NotFound", subject.fence, replace(_tick(subject, 11), skill=SkillId(uuid_of("none")))),
        13: ("UnicodeEncodeError", subject.fence, replace(_tick(subject, 13), deployment=DeploymentId("\ud800"))),
    }
    for chosen in ({3}, {7}, {11}, {13}, {3, 7, 11, 13}):
        execute(database, "delete from cost_rollups; delete from decision_snapshots")
        works, expected = _asked(store, subject, range(20)), ["stored"] * 20
        for number in chosen:
            expected[number], fence, tick = mistakes[number]
            works[number] = partial(store.decisions.record, fence, tick, HELD)
        assert await _at_once(store, works) == expected, chosen
        assert await _stored(store) == [_tick(subject, n) for n in range(20) if n not in chosen], chosen
        spent = await store.decisions.month_to_date(DEPLOYMENT, AT)
        assert spent.cost_usd == (20 - len(chosen)) * COST, chosen


async def test_a_decision_said_twice_in_a_group_is_stored_and_paid_once(
    database: str, store: PostgresStore, subject: StoreUnderTest
) -> None:
    """As it is when it is said twice one after the other."""
    works = _asked(store, subject, [minute // 2 for minute in range(12)])
    assert await _at_once(store, works) == ["stored"] * 12
    assert await _stored(store) == [_tick(subject, minute) for minute in range(6)]
    assert (await store.decisions.month_to_date(DEPLOYMENT, AT)).cost_usd == 6 * COST


async def test_log_lines_in_a_group_are_all_there_but_those_of_nobody(
    store: PostgresStore, subject: StoreUnderTest
) -> None:
    """One call's lines stay together; a call for an unknown deployment harms no other, not even a decision."""
    stray = [log_line("mine"), replace(log_line("stray"), deployment_id=DeploymentId(uuid_of("none")))]
    works: list[Work] = [
        lambda: store.logs.append([log_line("a"), log_line("b")]),
        lambda: store.logs.append(stray),
        lambda: store.decisions.record(subject.fence, _tick(subject, 0), HELD),
        lambda: store.logs.append([log_line("c")]),
        lambda: store.logs.append([]),
    ]
    assert await _at_once(store, works) == ["stored", "NotFound", "stored", "stored", "stored"]
    assert {line.message for line in await store.logs.recent(DEPLOYMENT, 9)} == {"a", "b", "c"}
    assert await _stored(store) == [_tick(subject, 0)]


@pytest.mark.parametrize("called_off", [0, 1, 11])
async def test_one_who_is_called_off_while_a_group_gathers_takes_nobody_along(
    store: PostgresStore, subject: StoreUnderTest, called_off: int
) -> None:
    """Not even who would have led; what was not sent yet is not stored."""
    done: list[int] = []

    async def record(number: int) -> None:
        with scopes[number]:
            await store.decisions.record(subject.fence, _tick(subject, number), HELD)
            done.append(number)

    scopes = [anyio.CancelScope() for _ in range(12)]
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks, store.unit():
            for number in range(12):
                tasks.start_soon(record, number)
            await anyio.wait_all_tasks_blocked()
            scopes[called_off].cancel()
            await anyio.wait_all_tasks_blocked()
    others = [number for number in range(12) if number != called_off]
    assert sorted(done) == others
    assert await _stored(store) == [_tick(subject, number) for number in others]
