"""A client is killed at every step of what it says: all of it is stored or nothing, and nothing is doubled."""

from collections.abc import Iterator

import pytest

from tests.support.acts import Act
from tests.support.acts_of_journal import ACTS
from tests.support.acts_of_record import Unit
from tests.support.killing import Desk, Minute, Premises
from tests.support.mortal_clients import ACKNOWLEDGED, BETWEEN, Clients, clients

pytest_plugins = ["tests.support.mortal_postgres"]
pytestmark = pytest.mark.anyio

UNIT = Unit()

each_act = pytest.mark.parametrize("act", ACTS, ids=[act.name for act in ACTS])


@pytest.fixture(scope="session")
def nursery() -> Iterator[Clients]:
    """Yield where clients come from."""
    with clients() as nursery:
        yield nursery


@pytest.fixture
def lent(act: Act, request: pytest.FixtureRequest) -> Premises:
    """Return the premises that most acts share."""
    found = request.getfixturevalue("premises" if act.frees_lease else "shared_premises")
    assert isinstance(found, Premises)
    return found


def steps_of(act: Act) -> list[int]:
    """Return the writes of every statement but the last one, and the first, one in the middle and the end of that.

    With the last statement all is said, so that one write of it is as good as another.
    """
    last = len(act.writes.split()) + 1
    return sorted({*range(1, act.before_commit + 2), last // 2, last})


async def make_good(desk: Desk, minute: Minute, *, is_stored: bool) -> None:
    """Check what is left of a killed client's words, and let another one see to it that they are stored."""
    await desk.judge(minute, is_stored=is_stored)
    await desk.say_again(minute)
    await desk.judge(minute, is_stored=True)


@each_act
async def test_client_killed_at_a_write_leaves_all_of_it_where_it_had_said_all_and_else_nothing(
    act: Act, premises: Premises, nursery: Clients
) -> None:
    """The server goes on with what it was told, and undoes what it did not hear the end of."""
    async with premises.desk() as desk:
        for step in steps_of(act):
            minute = await desk.begin(act, premises.next())
            await desk.gates.shut(step)
            client = premises.born(nursery, minute)
            client.go_on(steps=1 + act.pauses)
            await desk.gates.standing(step)
            client.kill()
            await desk.gates.open(step)
            await desk.gates.quiet()
            await make_good(desk, minute, is_stored=step > act.before_commit)
        await desk.audit()


@each_act
async def test_client_killed_before_it_says_anything_or_after_it_heard_the_answer_is_no_riddle(
    act: Act, lent: Premises, nursery: Clients
) -> None:
    """There is nothing in the first case, and all of it in the second and where the answer was under way."""
    async with lent.desk() as desk:
        minute = await desk.begin(act, lent.next())
        lent.born(nursery, minute).kill()
        await make_good(desk, minute, is_stored=False)

        minute = await desk.begin(act, lent.next())
        client = lent.born(nursery, minute)
        async with desk.gates.unheard_commits():
            client.go_on(steps=1 + act.pauses)
            await desk.gates.flushed()
            client.kill()
        await desk.gates.quiet()
        await make_good(desk, minute, is_stored=True)

        minute = await desk.begin(act, lent.next())
        client = lent.born(nursery, minute)
        client.go_on(steps=1 + act.pauses)
        client.await_word(ACKNOWLEDGED)
        client.kill()
        await make_good(desk, minute, is_stored=True)
        await desk.audit()


@pytest.mark.parametrize("statement", range(1, 1 + UNIT.pauses))
async def test_client_killed_between_the_statements_of_a_unit_of_work_leaves_nothing(
    statement: int, shared_premises: Premises, nursery: Clients
) -> None:
    """The server undoes what it did not hear the end of."""
    async with shared_premises.desk() as desk:
        minute = await desk.begin(UNIT, shared_premises.next())
        client = shared_premises.born(nursery, minute)
        for _ in range(statement):
            client.go_on()
            client.await_word(BETWEEN)
        client.kill()
        await desk.gates.quiet()
        await make_good(desk, minute, is_stored=False)
        await desk.audit()
