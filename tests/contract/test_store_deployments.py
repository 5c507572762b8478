"""What both stores promise about deployments: their place, and their status."""

from collections.abc import Sequence

import msgspec
import pytest

from agentic_core.domain import AccountKey, BrokerKind, DeploymentId, DeploymentStatus, Desired, Instant, UserId
from agentic_core.domain.deployment_states import DEPLOYMENT_MOVES
from agentic_core.errors import Conflict, IllegalTransition, NotFound, UsageError
from tests.support.agent_wallets import approved_wallet, live_deployment
from tests.support.store_under_test import PAYLOAD, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, PAPER, USER, deployment, hash_of, uuid_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.repositories.DeploymentStore",)

S = DeploymentStatus
MAINNET = BrokerKind.HYPERLIQUID_MAINNET
LATER = Instant(AT + 60_000)

WAY_TO: dict[DeploymentStatus, Sequence[DeploymentStatus]] = {
    S.PROVISIONING: (),
    S.RUNNING: (S.RUNNING,),
    S.PAUSED: (S.RUNNING, S.PAUSED),
    S.HALTED: (S.RUNNING, S.HALTED),
    S.STOPPING: (S.STOPPING,),
    S.STOPPED: (S.STOPPING, S.STOPPED),
    S.ERROR: (S.ERROR,),
}


async def test_deployment_comes_back_as_created(subject: StoreUnderTest) -> None:
    """Every field survives, milliseconds included."""
    full = msgspec.structs.replace(
        deployment(subject.skill, name="full", status=S.STOPPED),
        error_text="x",
        halt_reason="daily_loss",
        halted_at=AT,
        started_at=Instant(AT + 1),
        stopped_at=Instant(AT + 2),
    )
    await subject.store.deployments.create(full)
    assert await subject.store.deployments.load(full.id) == full


async def test_deployment_of_a_missing_skill_version_is_refused(subject: StoreUnderTest) -> None:
    """Only a version that exists can run."""
    await subject.store.deployments.move(DEPLOYMENT, S.STOPPING, at=AT)
    with pytest.raises(NotFound, match="version"):
        await subject.store.deployments.create(deployment(subject.skill, name="b", version=2))


async def test_deployment_of_an_unknown_user_is_refused(subject: StoreUnderTest) -> None:
    """Only a user who exists can deploy."""
    stranger = msgspec.structs.replace(deployment(subject.skill, name="b"), user_id=UserId(uuid_of("stranger")))
    with pytest.raises(NotFound, match="user"):
        await subject.store.deployments.create(stranger)


async def test_deployment_that_does_not_exist_is_not_found(subject: StoreUnderTest) -> None:
    """Neither loaded nor moved."""
    nothing = DeploymentId(uuid_of("nothing"))
    with pytest.raises(NotFound, match="no deployment"):
        await subject.store.deployments.load(nothing)
    with pytest.raises(NotFound, match="no deployment"):
        await subject.store.deployments.move(nothing, S.RUNNING, at=AT)


async def test_deployment_created_twice_is_a_conflict(subject: StoreUnderTest) -> None:
    """Ids are given once."""
    again = deployment(subject.skill, status=S.STOPPED)
    with pytest.raises(Conflict, match="a deployment with this id exists"):
        await subject.store.deployments.create(again)


@pytest.mark.parametrize("status", [S.PROVISIONING, S.RUNNING, S.PAUSED, S.HALTED])
async def test_deployment_of_a_skill_that_already_runs_on_the_broker_is_refused(
    subject: StoreUnderTest, status: DeploymentStatus
) -> None:
    """One deployment of a skill on a broker; whoever asks is told which rule it was and what to do."""
    for step in WAY_TO[status]:
        await subject.store.deployments.move(DEPLOYMENT, step, at=AT)
    with pytest.raises(Conflict, match="this skill already runs on this broker; stop that deployment first") as refusal:
        await subject.store.deployments.create(deployment(subject.skill, name="b"))
    assert refusal.value.constraint == "deployments_one_active_per_skill_broker"


@pytest.mark.parametrize("status", [S.STOPPING, S.STOPPED, S.ERROR])
async def test_deployment_may_succeed_one_that_gave_up_its_place(
    subject: StoreUnderTest, status: DeploymentStatus
) -> None:
    """A deployment that is stopping does not stand in its successor's way."""
    for step in WAY_TO[status]:
        await subject.store.deployments.move(DEPLOYMENT, step, at=AT, reason="why")
    successor = deployment(subject.skill, name="b")
    await subject.store.deployments.create(successor)
    assert await subject.store.deployments.load(successor.id) == successor


async def test_recent_deployments_are_the_newest_first(owned_subject: StoreUnderTest) -> None:
    """Ended ones too; the limit cuts the oldest off."""
    newer = msgspec.structs.replace(deployment(owned_subject.skill, name="newer", status=S.STOPPED), created_at=LATER)
    await owned_subject.store.deployments.create(newer)
    assert [each.id for each in await owned_subject.store.deployments.recent(5)] == [newer.id, DEPLOYMENT]
    assert await owned_subject.store.deployments.recent(1) == (newer,)


async def test_occupying_deployments_are_those_of_the_same_place(subject: StoreUnderTest) -> None:
    """One that stopped, or is on another broker, takes no place."""
    store = subject.store.deployments
    (running,) = await store.occupying(USER, subject.skill, BrokerKind.PAPER)
    assert running.id == DEPLOYMENT
    assert await store.occupying(USER, subject.skill, MAINNET) == ()
    assert await store.occupying(UserId(uuid_of("stranger")), subject.skill, BrokerKind.PAPER) == ()
    await store.move(DEPLOYMENT, S.STOPPING, at=AT)
    assert await store.occupying(USER, subject.skill, BrokerKind.PAPER) == ()


async def test_deployment_on_paper_and_one_on_mainnet_go_side_by_side(subject: StoreUnderTest) -> None:
    """The rule is per broker."""
    live = await live_deployment(subject.store, subject.skill)
    assert (await subject.store.deployments.load(live.id)).broker_kind is MAINNET


async def test_second_deployment_on_mainnet_is_refused_whatever_the_skill(subject: StoreUnderTest) -> None:
    """One active mainnet deployment per user."""
    other = await subject.store.skills.save(
        USER, name="Other", slug="other", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
    )
    await live_deployment(subject.store, subject.skill)
    with pytest.raises(Conflict, match="you already have an active mainnet deployment") as refusal:
        await live_deployment(subject.store, other.skill_id, name="second")
    assert refusal.value.constraint == "deployments_one_active_mainnet_per_user"


async def test_deployments_on_paper_have_no_cap_across_skills(subject: StoreUnderTest) -> None:
    """Any number of skills may run on paper."""
    other = await subject.store.skills.save(
        USER, name="Other", slug="other", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
    )
    second = deployment(other.skill_id, name="second")
    await subject.store.deployments.create(second)
    assert await subject.store.deployments.load(second.id) == second


@pytest.mark.parametrize(
    ("broker", "account"), [(BrokerKind.PAPER, AccountKey("mainnet:0xabc")), (MAINNET, AccountKey("paper:x"))]
)
async def test_deployment_whose_account_is_not_its_brokers_is_refused(
    subject: StoreUnderTest, broker: BrokerKind, account: AccountKey
) -> None:
    """Paper accounts are for paper, and real ones never are."""
    await approved_wallet(subject.store)
    with pytest.raises(UsageError, match="account"):
        await subject.store.deployments.create(
            deployment(subject.skill, name="b", status=S.STOPPED, broker=broker, account=account)
        )


async def test_deployment_on_paper_has_no_agent_wallet(subject: StoreUnderTest) -> None:
    """There is nothing to sign on paper."""
    wanted = deployment(subject.skill, name="b", status=S.STOPPED)
    signed = msgspec.structs.replace(wanted, hyperliquid_agent_id=await approved_wallet(subject.store))
    with pytest.raises(UsageError, match="agent"):
        await subject.store.deployments.create(signed)


async def test_deployment_on_mainnet_needs_an_agent_wallet(subject: StoreUnderTest) -> None:
    """Without one nothing could be signed."""
    unsigned = msgspec.structs.replace(deployment(subject.skill, broker=MAINNET), hyperliquid_agent_id=None)
    with pytest.raises(UsageError, match="agent"):
        await subject.store.deployments.create(unsigned)


@pytest.mark.parametrize("owner", [None, "stranger"])
async def test_deployment_signs_only_with_a_wallet_of_its_own_user(subject: StoreUnderTest, owner: str | None) -> None:
    """Neither with one that nobody approved nor with another user's."""
    if owner is not None:
        await approved_wallet(subject.store, user=UserId(uuid_of(owner)))
    with pytest.raises(NotFound, match="agent wallet"):
        await subject.store.deployments.create(deployment(subject.skill, name="b", broker=MAINNET))


async def test_deployment_keeps_what_it_shall_come_to(subject: StoreUnderTest) -> None:
    """It is to run until somebody says otherwise, and its status is another matter."""
    store = subject.store.deployments
    assert await store.desired(DEPLOYMENT) is Desired.RUNNING
    changed = await store.set_desired(DEPLOYMENT, Desired.FLATTEN)
    assert (changed.desired, changed.status) == (Desired.FLATTEN, S.PROVISIONING)
    assert await store.desired(DEPLOYMENT) is Desired.FLATTEN
    assert await store.load(DEPLOYMENT) == changed
    nothing = DeploymentId(uuid_of("nothing"))
    with pytest.raises(NotFound, match="no deployment"):
        await store.set_desired(nothing, Desired.STOPPED)
    with pytest.raises(NotFound, match="no deployment"):
        await store.desired(nothing)


@pytest.mark.parametrize("target", list(S))
@pytest.mark.parametrize("current", list(S))
async def test_deployment_moves_as_the_table_says(
    subject: StoreUnderTest, current: DeploymentStatus, target: DeploymentStatus
) -> None:
    """For every pair of statuses: an allowed move arrives, another one is refused and changes nothing."""
    for step in WAY_TO[current]:
        await subject.store.deployments.move(DEPLOYMENT, step, at=AT, reason="first")
    if DEPLOYMENT_MOVES[current, target]:
        moved = await subject.store.deployments.move(DEPLOYMENT, target, at=LATER, reason="second")
        assert moved.status is target
        assert await subject.store.deployments.load(DEPLOYMENT) == moved
    else:
        before = await subject.store.deployments.load(DEPLOYMENT)
        with pytest.raises(IllegalTransition, match=f"is {current} cannot become {target}"):
            await subject.store.deployments.move(DEPLOYMENT, target, at=LATER, reason="second")
        assert await subject.store.deployments.load(DEPLOYMENT) == before


async def test_deployment_keeps_when_it_first_ran_and_when_it_ended(subject: StoreUnderTest) -> None:
    """Resuming is not starting."""
    move = subject.store.deployments.move
    for minute, status in enumerate((S.RUNNING, S.PAUSED, S.RUNNING, S.STOPPING, S.STOPPED), start=1):
        await move(DEPLOYMENT, status, at=Instant(AT + minute * 60_000))
    stopped = await subject.store.deployments.load(DEPLOYMENT)
    assert (stopped.started_at, stopped.stopped_at) == (AT + 60_000, AT + 300_000)
    assert (stopped.account_key, stopped.created_at) == (PAPER, AT)


async def test_deployment_says_why_it_halted_until_it_runs_again(subject: StoreUnderTest) -> None:
    """A halt keeps its first reason; clearing it forgets the reason; pausing has none."""
    move = subject.store.deployments.move
    await move(DEPLOYMENT, S.RUNNING, at=AT)
    assert (await move(DEPLOYMENT, S.PAUSED, at=AT, reason="tea")).halt_reason is None
    halted = await move(DEPLOYMENT, S.HALTED, at=AT, reason="daily_loss")
    assert (halted.halt_reason, halted.halted_at) == ("daily_loss", AT)
    again = await move(DEPLOYMENT, S.HALTED, at=LATER, reason="liquidation")
    assert (again.halt_reason, again.halted_at) == ("daily_loss", AT)
    cleared = await move(DEPLOYMENT, S.RUNNING, at=LATER)
    assert (cleared.halt_reason, cleared.halted_at) == (None, None)
    assert (await move(DEPLOYMENT, S.HALTED, at=LATER, reason="drawdown")).halted_at == LATER
    assert (await move(DEPLOYMENT, S.STOPPING, at=LATER)).halted_at == LATER


async def test_deployment_in_error_says_why_and_when(subject: StoreUnderTest) -> None:
    """The error text and the end are there for the deployer."""
    await subject.store.deployments.move(DEPLOYMENT, S.ERROR, at=LATER, reason="heartbeat lost: 20 min")
    failed = await subject.store.deployments.load(DEPLOYMENT)
    assert (failed.error_text, failed.stopped_at, failed.halt_reason) == ("heartbeat lost: 20 min", LATER, None)
