"""What every ledger of budgets promises: never more than the bucket holds, whoever takes, and back with time."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import NamedTuple

import anyio
import pytest
from psycopg.conninfo import make_conninfo

from agentic_core.errors import UsageError
from agentic_core.ports.budgets import DEBT_MAX_MS, Bucket, BudgetLedger
from agentic_hl.rest import MemoryBudgets, PatientBudgets
from tests.support.by_hand import execute
from tests.support.clocks import VirtualClock
from tests.support.narrow_roles import open_narrow_store

PORTS = ("agentic_core.ports.budgets.BudgetLedger",)
pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

TOKEN_MS = 60_000
SLACK_MS = 20_000
"""The database's own clock runs on while a test does; a third of a token is more than any test takes."""

_numbers = count(1)


class Subject(NamedTuple):
    """A ledger, and how time passes for it."""

    ledger: BudgetLedger
    rival: BudgetLedger
    """Another ledger on the same budgets, as another process has it."""

    let_pass: Callable[[int], None]
    """Milliseconds."""

    ten: Bucket
    """Of ten tokens, nobody else's and full."""


def ten() -> Bucket:
    """Return a bucket of a new name."""
    return Bucket(name=f"ten {next(_numbers)}", capacity=10, per_minute=1)


@asynccontextmanager
async def memory(dsn: str) -> AsyncIterator[Subject]:
    """One process."""
    clock = VirtualClock()
    ledger = MemoryBudgets(clock)
    yield Subject(ledger, ledger, clock.freeze, ten())


@asynccontextmanager
async def postgres(dsn: str) -> AsyncIterator[Subject]:
    """Two processes with connections of their own."""

    def let_pass(milliseconds: int) -> None:
        statement = "update rate_budgets set full_at = full_at - %s * interval '1 millisecond'"
        execute(dsn, statement, milliseconds)

    async with open_narrow_store(dsn) as store, open_narrow_store(dsn) as other:
        yield Subject(store.budgets, other.budgets, let_pass, ten())


@asynccontextmanager
async def patient(dsn: str) -> AsyncIterator[Subject]:
    """Two processes that would go on alone."""
    clock = VirtualClock()
    async with postgres(dsn) as subject:

        def let_pass(milliseconds: int) -> None:
            subject.let_pass(milliseconds)
            clock.freeze(milliseconds)

        yield Subject(
            PatientBudgets(subject.ledger, clock), PatientBudgets(subject.rival, clock), let_pass, subject.ten
        )


Make = Callable[[str], AbstractAsyncContextManager[Subject]]


@pytest.fixture(scope="module")
def shared_database(postgres_server: str, migrated_template: str) -> str:
    """Copy the migrated database once; each test has a bucket of its own in it."""
    execute(postgres_server, f"create database budgets template {migrated_template}")
    return make_conninfo(postgres_server, dbname="budgets")


@pytest.fixture(params=[memory, postgres, patient], ids=lambda make: make.__name__)
async def subject(request: pytest.FixtureRequest, shared_database: str) -> AsyncIterator[Subject]:
    """Yield each kind of ledger."""
    make: Make = request.param
    async with make(shared_database) as made:
        yield made


def about(wait: int, tokens: int) -> bool:
    """Tell whether a wait is the time in which so many tokens flow back."""
    return tokens * TOKEN_MS - SLACK_MS < wait <= tokens * TOKEN_MS


async def test_full_bucket_gives_all_it_holds_at_once_and_then_nothing(subject: Subject) -> None:
    """The wait is told, and nothing is taken while it lasts."""
    assert await subject.ledger.available(subject.ten) == 10
    assert await subject.ledger.take(subject.ten, 7) == 0
    assert about(await subject.ledger.take(subject.ten, 5), 2)
    assert await subject.ledger.take(subject.ten, 3) == 0
    assert await subject.ledger.available(subject.ten) == 0
    assert about(await subject.ledger.take(subject.ten, 1), 1)


async def test_two_processes_take_from_one_bucket(subject: Subject) -> None:
    """What one took the other does not get."""
    assert await subject.ledger.take(subject.ten, 6) == 0
    assert await subject.rival.available(subject.ten) == 4
    assert about(await subject.rival.take(subject.ten, 5), 1)
    assert await subject.rival.take(subject.ten, 4) == 0
    assert about(await subject.ledger.take(subject.ten, 1), 1)


async def test_competitors_together_get_no_more_than_there_is(subject: Subject) -> None:
    """Forty takers of one token at the same time: ten get it."""
    answers: list[int] = []

    async def take(ledger: BudgetLedger) -> None:
        answers.append(await ledger.take(subject.ten, 1))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(take, subject.ledger)
            tasks.start_soon(take, subject.rival)
    assert answers.count(0) == 10
    assert all(0 < wait <= TOKEN_MS for wait in answers if wait)


async def test_tokens_flow_back_evenly_and_no_further_than_full(subject: Subject) -> None:
    """One a minute."""
    await subject.ledger.take(subject.ten, 10)
    subject.let_pass(3 * TOKEN_MS)
    assert await subject.ledger.take(subject.ten, 4) > 0
    assert await subject.ledger.take(subject.ten, 3) == 0
    subject.let_pass(100 * TOKEN_MS)
    assert await subject.ledger.available(subject.ten) == 10
    assert await subject.ledger.take(subject.ten, 10) == 0
    assert await subject.ledger.take(subject.ten, 1) > 0


async def test_wait_that_was_told_is_enough(subject: Subject) -> None:
    """Whoever asks again after it gets what they asked for."""
    await subject.ledger.take(subject.ten, 10)
    wait = await subject.ledger.take(subject.ten, 2)
    subject.let_pass(wait)
    assert await subject.ledger.take(subject.ten, 2) == 0


async def test_what_is_kept_is_left_to_others(subject: Subject) -> None:
    """A reserve cannot be taken by those who have to leave it."""
    assert await subject.ledger.take(subject.ten, 6, keep=4) == 0
    assert about(await subject.ledger.take(subject.ten, 1, keep=4), 1)
    assert await subject.ledger.take(subject.ten, 1) == 0


async def test_charge_goes_below_zero(subject: Subject) -> None:
    """What is owed already is taken even where it is not there."""
    await subject.ledger.take(subject.ten, 9)
    await subject.ledger.charge(subject.ten, 4)
    assert await subject.rival.available(subject.ten) == 0
    assert about(await subject.ledger.take(subject.ten, 1), 4)


async def test_what_is_given_back_can_be_taken(subject: Subject) -> None:
    """And no bucket gets fuller than full."""
    await subject.ledger.take(subject.ten, 9)
    await subject.ledger.give_back(subject.ten, 2)
    assert await subject.rival.available(subject.ten) == 3
    await subject.ledger.give_back(subject.ten, 50)
    assert await subject.rival.available(subject.ten) == 10
    assert await subject.ledger.take(subject.ten, 10) == 0
    assert await subject.ledger.take(subject.ten, 1) > 0


async def test_block_holds_everybody_back(subject: Subject) -> None:
    """For so long, and then the tokens flow again one by one."""
    await subject.rival.block(subject.ten, 2 * TOKEN_MS)
    assert await subject.ledger.available(subject.ten) == 0
    assert about(await subject.ledger.take(subject.ten, 1), 3)
    subject.let_pass(3 * TOKEN_MS)
    assert await subject.ledger.take(subject.ten, 1) == 0


async def test_block_shortens_no_longer_wait(subject: Subject) -> None:
    """A short one after a long one changes nothing."""
    await subject.ledger.block(subject.ten, 3 * TOKEN_MS)
    await subject.ledger.block(subject.ten, 1)
    assert about(await subject.ledger.take(subject.ten, 1), 4)


async def test_nobody_waits_longer_than_the_longest_debt(subject: Subject) -> None:
    """Even where a block or a charge is absurd."""
    await subject.ledger.block(subject.ten, 10**9)
    await subject.ledger.charge(subject.ten, 10**6)
    assert await subject.ledger.take(subject.ten, 1) <= DEBT_MAX_MS + TOKEN_MS + 10**6 * TOKEN_MS
    subject.let_pass(1)
    assert 0 < await subject.ledger.take(subject.ten, 1) <= DEBT_MAX_MS + TOKEN_MS


@pytest.mark.parametrize(("amount", "keep"), [(0, 0), (-1, 0), (11, 0), (5, 6), (1, -1)])
async def test_amount_that_will_never_be_there_is_refused(subject: Subject, amount: int, keep: int) -> None:
    """Waiting for it would be for ever."""
    with pytest.raises(UsageError):
        await subject.ledger.take(subject.ten, amount, keep=keep)
    assert await subject.ledger.available(subject.ten) == 10


async def test_buckets_of_other_names_are_apart(subject: Subject) -> None:
    """What is taken from one is not missing in another."""
    await subject.ledger.take(subject.ten, 10)
    assert await subject.ledger.take(ten(), 10) == 0


@pytest.mark.parametrize(("name", "capacity", "per_minute"), [("", 1, 1), ("x", 0, 1), ("x", 1, 0), ("x", -1, 5)])
def test_bucket_that_could_never_give_anything_is_refused(name: str, capacity: int, per_minute: int) -> None:
    """It would make everybody wait for ever."""
    with pytest.raises(UsageError):
        Bucket(name=name, capacity=capacity, per_minute=per_minute)
