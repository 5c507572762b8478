"""A whole duel on a database, from the first lease to the verdict."""

from collections import Counter

import msgspec

from agentic_core.domain import CommandKind, Fence
from agentic_core.domain.ids import SkillId
from agentic_core.store.postgres import PostgresStore, open_store
from agentic_core.store.postgres.roles import enrol_runner
from agentic_core.system import SystemEntropy
from tests.support.agent_wallets import live_deployment
from tests.support.numbered_intents import SIGNING
from tests.support.store_under_test import PAYLOAD
from tests.support.stored_values import AT, LIVE, USER, hash_of
from tests.takeovers.duel import dueling
from tests.takeovers.journaled import journal_faults
from tests.takeovers.judging import faults_of, start_audit
from tests.takeovers.marks import RESERVED, RUN, decided, legs
from tests.takeovers.reports import Lost

__all__ = ["Fought", "fight", "furnish"]


_ALL = 1_000_000


class Fought(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a duel."""

    takeovers: int
    """While the holder was stopped."""
    rounds: dict[str, int]
    epochs: int
    rows: Counter[str]
    """That were stored, by the words of the audit."""
    caught: Counter[str]
    """Calls that were refused to one who took itself for the holder."""
    refused: Counter[str]
    """Calls that were refused afterwards."""
    records: int
    """Of the journal."""
    faults: list[str]


async def fight(dsn: str, takeovers: int, seed: int) -> Fought:
    """Let two processes fight for the account of a migrated, empty database, each with the rights of a runner."""
    async with open_store(dsn) as store:
        skill = await furnish(store)
        start_audit(dsn)
        narrow = await enrol_runner(dsn, RUN, SystemEntropy())
        async with dueling(store, dsn, narrow, skill, seed) as duel:
            await duel.fight(takeovers)
        entries = await store.journal.after(RUN, 0, _ALL)
    rows, caught, refused = Counter[str](), Counter[str](), Counter[str]()
    for report in duel.reports:
        if isinstance(report, Lost):
            rows += Counter(report.acked)
            caught += Counter(report.caught)
            refused += Counter(report.refused)
    return Fought(
        takeovers=duel.takeovers,
        rounds=dict(duel.counts),
        epochs=max(report.epoch for report in duel.reports),
        rows=rows,
        caught=caught,
        refused=refused,
        records=len(entries),
        faults=[*faults_of(dsn, duel.reports), *journal_faults(entries)],
    )


async def furnish(store: PostgresStore) -> SkillId:
    """Save a skill, deploy it on mainnet, and leave a tick and a command that are there for stale writes only."""
    saved = await store.skills.save(
        USER, name="Crossing", slug="crossing", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD)
    )
    await live_deployment(store, saved.skill_id)
    lease = await store.leases.acquire(LIVE, "setup", 60_000, deployment=RUN)
    assert lease is not None
    fence, reserved = Fence(account=LIVE, epoch=lease.epoch), decided(saved.skill_id, 0, RESERVED)
    await store.intents.prepare(fence, reserved, legs(0, RESERVED), at=AT, signing=SIGNING)
    await store.commands.queue(RUN, CommandKind.SNAPSHOT, payload={}, at=AT)
    await store.leases.release(lease)
    return saved.skill_id
