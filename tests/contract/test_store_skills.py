"""What both stores promise about skills, their immutable versions, and backtests of them."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.domain import (
    DecisionRecord,
    DeploymentId,
    Instant,
    LossBound,
    SimRun,
    SimRunStatus,
    SkillId,
    SkillRecord,
    SkillVersionRecord,
    UserId,
)
from agentic_core.errors import Conflict, NotFound, UsageError
from tests.support.store_under_test import PAYLOAD, StoreUnderTest
from tests.support.stored_values import AT, BOUND, HELD, USER, decision, executed, hash_of, intent, sim_run, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.repositories.SkillStore", "agentic_core.ports.repositories.SimRunStore")

TIGHTER = PAYLOAD.replace("200", "100")
RUN = DeploymentId(uuid_of("run"))


async def _save(
    subject: StoreUnderTest,
    payload: str,
    *,
    user: UserId = USER,
    name: str = "Crossing",
    bound: LossBound | None = None,
) -> SkillVersionRecord:
    return await subject.store.skills.save(
        user, name=name, slug="crossing", payload=payload, payload_hash=hash_of(payload), loss_bound=bound
    )


async def test_skill_saved_first_is_version_one(subject: StoreUnderTest) -> None:
    """A new slug makes a skill with one version, whose payload comes back letter by letter."""
    expected = SkillVersionRecord(skill_id=subject.skill, version=1, payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
    assert await subject.store.skills.version(subject.skill, 1) == expected
    found = await subject.store.skills.find(USER, "crossing")
    assert found == SkillRecord(id=subject.skill, user_id=USER, name="Crossing", slug="crossing", latest_version=1)


async def test_skill_saved_with_the_same_payload_adds_nothing(subject: StoreUnderTest) -> None:
    """Saving what is already the newest version returns that version."""
    assert (await _save(subject, PAYLOAD, name="Other")).version == 1
    found = await subject.store.skills.find(USER, "crossing")
    assert (found.latest_version, found.name) == (1, "Crossing")


async def test_skill_saved_with_another_payload_adds_a_version(subject: StoreUnderTest) -> None:
    """Versions count up, the older one stays as it was, and the skill takes the newest name."""
    added = await _save(subject, TIGHTER, name="Crossing, tighter")
    assert (added.skill_id, added.version, added.payload) == (subject.skill, 2, TIGHTER)
    assert (await subject.store.skills.version(subject.skill, 1)).payload == PAYLOAD
    found = await subject.store.skills.find(USER, "crossing")
    assert (found.latest_version, found.name) == (2, "Crossing, tighter")


async def test_skill_payload_of_an_older_version_is_a_new_version(subject: StoreUnderTest) -> None:
    """Only the newest version is compared: going back is a change like any other."""
    await _save(subject, TIGHTER)
    assert (await _save(subject, PAYLOAD)).version == 3


async def test_skill_payload_keeps_every_digit_and_letter(subject: StoreUnderTest) -> None:
    """Numbers are not made floats, and text beyond ASCII is text."""
    payload = '{"a":0.1,"big":123456789012345678901234567890,"tiny":0.000000000000000000001,"ü":"naïve ☃ \\"q\\""}'
    assert (await _save(subject, payload)).payload == payload
    assert (await subject.store.skills.version(subject.skill, 2)).payload == payload


async def test_skill_version_keeps_its_loss_bound(subject: StoreUnderTest) -> None:
    """The figures and everything they assume come back as they were saved, to the digit."""
    saved = await _save(subject, TIGHTER, bound=BOUND)
    assert saved.loss_bound == BOUND
    assert (await subject.store.skills.version(subject.skill, 2)).loss_bound == BOUND
    assert (await subject.store.skills.version(subject.skill, 1)).loss_bound is None
    assert (await _save(subject, TIGHTER, bound=BOUND)).version == 2


async def test_skill_saved_with_another_loss_bound_adds_a_version(subject: StoreUnderTest) -> None:
    """What a version can lose is part of it: where that is told anew, also the first time, there is a new one."""
    assert (await _save(subject, PAYLOAD, bound=BOUND)).version == 2
    assert (await _save(subject, PAYLOAD, bound=msgspec.structs.replace(BOUND, day_bps=929))).version == 3
    assert (await subject.store.skills.version(subject.skill, 2)).loss_bound == BOUND


async def test_skill_of_one_user_is_not_that_of_another(subject: StoreUnderTest) -> None:
    """Slugs are the user's own."""
    other = UserId(uuid_of("other user"))
    assert (await _save(subject, PAYLOAD, user=other)).skill_id != subject.skill


async def test_skill_that_does_not_exist_is_not_found(subject: StoreUnderTest) -> None:
    """A slug, a skill or a version nobody saved is said to be missing."""
    with pytest.raises(NotFound, match="you have no skill 'nope'"):
        await subject.store.skills.find(USER, "nope")
    with pytest.raises(NotFound, match="has no version 2"):
        await subject.store.skills.version(subject.skill, 2)
    with pytest.raises(NotFound, match="has no version 1"):
        await subject.store.skills.version(SkillId(uuid_of("nothing")), 1)


async def test_sim_run_comes_back_as_created(subject: StoreUnderTest) -> None:
    """Every field survives."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    assert await subject.store.sim_runs.load(RUN) == sim_run(subject.skill)


async def test_sim_run_of_a_missing_skill_version_is_refused(subject: StoreUnderTest) -> None:
    """A backtest belongs to a version that exists."""
    with pytest.raises(NotFound, match="version"):
        await subject.store.sim_runs.create(sim_run(subject.skill, version=7))
    with pytest.raises(NotFound, match="no backtest"):
        await subject.store.sim_runs.load(RUN)


async def test_sim_run_of_an_unknown_user_is_refused(subject: StoreUnderTest) -> None:
    """A backtest belongs to a user who exists."""
    stranger = msgspec.structs.replace(sim_run(subject.skill), user_id=UserId(uuid_of("stranger")))
    with pytest.raises(NotFound, match="user"):
        await subject.store.sim_runs.create(stranger)


async def test_sim_run_created_twice_is_a_conflict(subject: StoreUnderTest) -> None:
    """Ids are given once."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    with pytest.raises(Conflict, match="a backtest with this id exists"):
        await subject.store.sim_runs.create(sim_run(subject.skill))


async def test_sim_run_update_replaces_progress_and_figures_only(subject: StoreUnderTest) -> None:
    """What a run was created with stays; how far it came is replaced, its figures letter by letter."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    figures = '{"return": "0.1000",  "trades": 3}'
    changed = _finished(sim_run(subject.skill), figures)
    await subject.store.sim_runs.update(msgspec.structs.replace(changed, range_to=Instant(AT + 1)))
    assert await subject.store.sim_runs.load(RUN) == changed


async def test_sim_run_update_of_an_unknown_run_is_not_found(subject: StoreUnderTest) -> None:
    """There is nothing to replace."""
    with pytest.raises(NotFound, match="no backtest"):
        await subject.store.sim_runs.update(sim_run(subject.skill))


async def test_sim_run_records_its_decisions(subject: StoreUnderTest) -> None:
    """They are read like those of a deployment, newest first, and come back exactly."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    records = (
        DecisionRecord(decision=decision(subject.skill, run=RUN, minute=0), result=HELD),
        DecisionRecord(
            decision=decision(subject.skill, run=RUN, minute=1, opens=True, cost=None, text="tab\tand \\ and ☃"),
            result=executed(intent(1).cloid),
        ),
        DecisionRecord(decision=decision(subject.skill, run=RUN, minute=2, cost=Decimal("0.0123")), result=HELD),
    )
    await subject.store.sim_runs.record(RUN, records)
    assert await subject.store.decisions.recent(RUN, 2) == (records[2], records[1])
    assert await subject.store.decisions.recent(RUN, 9) == tuple(reversed(records))


async def test_sim_run_decisions_are_written_all_or_none(subject: StoreUnderTest) -> None:
    """One that is there already lets none of the others in."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    first, second = (
        DecisionRecord(decision=decision(subject.skill, run=RUN, minute=minute), result=HELD) for minute in (0, 1)
    )
    await subject.store.sim_runs.record(RUN, [first])
    with pytest.raises(Conflict, match="decided before"):
        await subject.store.sim_runs.record(RUN, [second, first])
    assert await subject.store.decisions.recent(RUN, 9) == (first,)


async def test_sim_run_refuses_the_decisions_of_another(subject: StoreUnderTest) -> None:
    """A decision names its run, and that has to be this one."""
    await subject.store.sim_runs.create(sim_run(subject.skill))
    stray = DecisionRecord(decision=decision(subject.skill, minute=0), result=HELD)
    with pytest.raises(UsageError, match="is of"):
        await subject.store.sim_runs.record(RUN, [stray])


async def test_sim_run_that_does_not_exist_records_nothing(subject: StoreUnderTest) -> None:
    """Decisions need their run."""
    record = DecisionRecord(decision=decision(subject.skill, run=RUN), result=HELD)
    with pytest.raises(NotFound, match="no backtest"):
        await subject.store.sim_runs.record(RUN, [record])
    assert await subject.store.decisions.recent(RUN, 9) == ()


def _finished(run: SimRun, figures: str) -> SimRun:
    return msgspec.structs.replace(
        run,
        status=SimRunStatus.COMPLETE,
        progress_pct=100,
        metrics_json=figures,
        started_at=Instant(AT + 5),
        finished_at=Instant(AT + 6),
    )
