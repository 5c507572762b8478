"""The database is killed at every step of its transactions: nothing it acknowledged is lost, and nothing is doubled."""

import pytest

from agentic_core.errors import StoreUnavailable
from tests.support.acts import Act
from tests.support.acts_of_journal import ACTS
from tests.support.killing import Minute, Premises
from tests.support.stored_values import LIVE

pytest_plugins = ["tests.support.mortal_postgres"]
pytestmark = pytest.mark.anyio

each_act = pytest.mark.parametrize("act", ACTS, ids=[act.name for act in ACTS])


@pytest.fixture
def lent(act: Act, request: pytest.FixtureRequest) -> Premises:
    """Return the premises that most acts share."""
    found = request.getfixturevalue("premises" if act.frees_lease else "shared_premises")
    assert isinstance(found, Premises)
    return found


@each_act
async def test_transaction_writes_what_is_listed_and_stores_all_of_it(act: Act, lent: Premises) -> None:
    """A table that a transaction comes to write is a step at which it has to be killed, so it has to be listed."""
    async with lent.desk() as desk:
        minute = await desk.begin(act, lent.next())
        assert await desk.say(minute) == "stored"
        assert await desk.gates.passed() == [(*act.writes.split(), "commit")]
        await desk.judge(minute, is_stored=True)
        if act.may_be_repeated:
            await desk.insist(minute)
            await desk.judge(minute, is_stored=True)
        await desk.audit()


@each_act
async def test_database_killed_before_any_write_or_before_the_commit_has_nothing_of_it(
    act: Act, premises: Premises
) -> None:
    """And what is said again because nothing of it is there is stored once."""
    killed: list[Minute] = []
    for step in (*range(1, len(act.writes.split()) + 2), None):
        async with premises.desk() as desk:
            if killed:
                await desk.judge(killed[-1], is_stored=False)
                await desk.audit()
                await desk.say_again(killed[-1])
                await desk.judge(killed[-1], is_stored=True)
            if step is None:
                await desk.audit()
                assert await desk.is_leased() is not act.frees_lease
                return
            minute = await desk.begin(act, premises.next())
            await desk.gates.shut(step)
            async with desk.saying(minute) as answers:
                await desk.gates.standing(step)
                desk.mortal.kill()
            assert answers == ["not stored" if step <= act.before_commit else "stored or not"]
            killed.append(minute)


@each_act
async def test_database_killed_before_its_acknowledgement_is_heard_has_all_of_it(act: Act, lent: Premises) -> None:
    """Whoever reads before saying it again finds it, and nothing is doubled."""
    async with lent.desk() as desk:
        minute = await desk.begin(act, lent.next())
        async with desk.gates.unheard_commits(), desk.saying(minute) as answers:
            await desk.gates.flushed()
            desk.mortal.kill()
        assert answers == ["stored or not"]
    async with lent.desk() as desk:
        await desk.judge(minute, is_stored=True)
        await desk.say_again(minute)
        await desk.judge(minute, is_stored=True)
        await desk.audit()


@each_act
async def test_database_killed_after_its_acknowledgement_has_all_of_it(act: Act, lent: Premises) -> None:
    """Also where it was killed at once; and who says anything to a dead one is told so."""
    async with lent.desk() as desk:
        minute = await desk.begin(act, lent.next())
        assert await desk.say(minute) == "stored"
        desk.mortal.kill()
        with pytest.raises(StoreUnavailable):
            await desk.room.store.intents.living(LIVE)
    async with lent.desk() as desk:
        await desk.judge(minute, is_stored=True)
        await desk.audit()
