"""What the triggers of PostgreSQL write down is what the store in memory writes down, record by record."""

import hmac
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from hashlib import sha256

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    DeploymentId,
    DeploymentStatus,
    Fence,
    FillKind,
    FundingPayment,
    Instant,
    IntentState,
    NoopResult,
    Price,
    Rejected,
    Size,
    Unresolved,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.chat import ThoughtStep
from agentic_core.domain.journal import JournalEntry
from agentic_core.domain.records import CommandKind, CommandState, IntentRecord
from agentic_core.domain.trading import Desired
from agentic_core.journal.chain import Verified, empty_chain, verify_chain
from agentic_core.store.postgres import open_store
from tests.support.agent_wallets import live_deployment
from tests.support.numbered_intents import SIGNING, prepared, stop
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest, in_memory, in_postgres
from tests.support.stored_values import AT, BTC, DEPLOYMENT, HELD, PAPER, decision, executed, fill, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

LATER = Instant(AT + 60_000)
NESTED = ("loss_bound", "marks", "payload", "result", "steps", "verdict")
"""What is told as JSON in a string, which PostgreSQL spells in its own way."""

THOUGHT = (
    ThoughtStep(step=0, request_hash="cd" * 32, outcome="completed", prompt_tokens=9, cost_usd=Usd(Decimal("0.0012"))),
    ThoughtStep(step=0, outcome="answered", tool="get_funding"),
)

KINDS = """
genesis lease decision intent intent noted noted fill noted fill numbered noted noted fill
result decision decision funding funding transfer
command command status status status status status lease lease status lease lease lease
"""


@pytest.fixture
async def journaled(database: str) -> AsyncIterator[tuple[StoreUnderTest, StoreUnderTest]]:
    """Yield both stores, each with a deployment and its lease."""
    async with open_store(database) as store:
        yield await in_memory(journaled=True), await in_postgres(store, database)


async def entries_of(subject: StoreUnderTest, deployment: DeploymentId = DEPLOYMENT) -> tuple[JournalEntry, ...]:
    """Return a whole journal whose chain was verified."""
    entries = await subject.store.journal.after(deployment, 0, 1_000)
    assert isinstance(verify_chain(empty_chain(deployment), entries), Verified)
    assert await subject.store.journal.head(deployment) is not None
    return entries


def told(entry: JournalEntry) -> tuple[str, int | None, dict[str, object]]:
    """Return what a record tells, without what differs from store to store."""
    body = json.loads(entry.record)["body"]
    nested = {name: json.loads(body[name], parse_float=Decimal) for name in NESTED if name in body}
    if entry.kind == "command":
        del body["id"]
    return entry.kind, entry.epoch, {**body, **nested, "commit": "commit" in body}


async def trade(subject: StoreUnderTest) -> None:
    """Let a runner do all that a runner does with orders."""
    store, fence = subject.store.intents, subject.fence
    entry, guard = await prepared(subject, [intent(), stop(leg=1)], signing=SIGNING)
    await store.note(fence, IntentRecord(prepared=entry, state=IntentState.SENT, sends=1), at=AT)
    half = fill("half", entry.intent.cloid)
    partly = Accepted(cloid=entry.intent.cloid, state=IntentState.RESTING, fills=(half,), venue_order_id="77")
    await store.settle(fence, entry, partly, at=AT)
    await store.settle(fence, entry, partly, at=LATER)
    booked = IntentRecord(
        prepared=entry,
        state=IntentState.BOOKED,
        filled=Size(Decimal("0.0026")),
        booked=Size(Decimal("0.00260")),
        sends=1,
        ended_by="executed_all",
        filled_at=LATER,
    )
    await store.note(fence, booked, [half, fill("rest", entry.intent.cloid)], at=LATER)
    numbered = await store.assign(fence, guard, replace(SIGNING, expires_at=LATER), at=LATER)
    await store.settle(fence, numbered, Unresolved(cloid=guard.intent.cloid, cause="timeout"), at=LATER)
    await store.settle(fence, numbered, Rejected(cloid=guard.intent.cloid, reason='no "trigger"'), at=LATER)
    await store.settle(fence, numbered, Unresolved(cloid=guard.intent.cloid, cause="too late"), at=LATER)
    await store.record_fills(fence, DEPLOYMENT, [fill("away", kind=FillKind.LIQUIDATION)], at=LATER)


async def decide(subject: StoreUnderTest) -> None:
    """Record a result, a tick that says why it orders nothing, a thought of unknown cost, and each of them twice."""
    store, fence = subject.store.decisions, subject.fence
    for _ in range(2):
        first = decision(subject.skill, opens=True)
        await store.record(fence, first, executed(intent().cloid))
        await store.record(fence, decision(subject.skill, minute=1, text="the “averages” agree\n"), HELD)
        unknown = replace(decision(subject.skill, minute=2, cost=None), context_hash="cd" * 32, steps=THOUGHT)
        await store.record(fence, unknown, NoopResult(reason="x"))


async def move_money(subject: StoreUnderTest) -> None:
    """Let funding and a transfer come, and come again."""
    late = FundingPayment.settle(BTC, LATER, size=Decimal(1), price=Decimal(40_000), rate=Decimal("0.0000125"))
    early = replace(late, time=AT, size=Size(Decimal("-0.50")))
    deposit = Transfer(transfer_id="t-1", kind="deposit", amount=Usd(Decimal("100.50")), at=AT)
    for _ in range(2):
        await subject.store.ledger.record_funding(subject.fence, DEPLOYMENT, [late, early], at=LATER)
        await subject.store.ledger.record_transfers(subject.fence, DEPLOYMENT, [deposit], at=LATER)


async def operate(subject: StoreUnderTest) -> None:
    """Let people do all that people do with a deployment."""
    store = subject.store
    pause = await store.commands.queue(DEPLOYMENT, CommandKind.PAUSE, payload={"why": "lunch"}, at=AT)
    for outcome in ("done", "done again"):
        await store.commands.ack(pause, CommandState.APPLIED, outcome, at=LATER, fence=subject.fence)
    for status in (DeploymentStatus.RUNNING, DeploymentStatus.RUNNING, DeploymentStatus.PAUSED):
        await store.deployments.move(DEPLOYMENT, status, at=LATER)
    await store.deployments.move(DEPLOYMENT, DeploymentStatus.HALTED, at=LATER, reason="daily_loss")
    await store.deployments.set_desired(DEPLOYMENT, Desired.FLATTEN)
    await store.deployments.set_desired(DEPLOYMENT, Desired.RUNNING)
    await store.leases.renew(subject.lease)
    await store.leases.release(subject.lease)
    await store.leases.release(subject.lease)
    assert await store.leases.acquire(PAPER, "runner-2", TTL_MS) is not None
    await store.leases.revoke(PAPER, desired=Desired.STOPPED)
    await store.leases.revoke(PAPER)
    await store.leases.allow(PAPER)
    await store.leases.raise_epoch(PAPER, 41)


async def test_every_effect_is_told_alike_by_both_stores(journaled: tuple[StoreUnderTest, StoreUnderTest]) -> None:
    """Orders, decisions, money, commands and leases leave the same records in the same order; repeats leave none."""
    told_by = []
    for subject in journaled:
        for act in (trade, decide, move_money, operate):
            await act(subject)
        told_by.append([told(entry) for entry in await entries_of(subject)])
    memory, postgres = told_by
    assert memory == postgres
    assert [kind for kind, _, _ in memory] == KINDS.split()
    assert [epoch for _, epoch, _ in memory[:3]] == [None, 1, 1]
    assert memory[-1][1] == 42


async def test_private_text_is_committed_to_and_can_be_erased(
    journaled: tuple[StoreUnderTest, StoreUnderTest],
) -> None:
    """The record holds a commitment only; once its text is erased, the chain is whole and nothing else is lost."""
    for subject in journaled:
        journal = subject.store.journal
        secret = decision(subject.skill, opens=True, text="because I think so")
        await subject.store.decisions.record(subject.fence, secret, HELD)
        entry = (await entries_of(subject))[-1]
        payload = await journal.payload(DEPLOYMENT, entry.seq)
        assert payload is not None
        assert "because" not in entry.record
        commitment = hmac.new(payload.salt, payload.payload.encode(), sha256).hexdigest()
        assert json.loads(entry.record)["body"]["commit"] == commitment
        private = json.loads(payload.payload)
        assert private["final_text"] == "because I think so"
        assert json.loads(private["proposed_action"])["symbol"] == "BTC"

        assert await journal.erase_payload(DEPLOYMENT, entry.seq)
        assert not await journal.erase_payload(DEPLOYMENT, entry.seq)
        assert await journal.payload(DEPLOYMENT, entry.seq) is None
        assert (await entries_of(subject))[-1] == entry
        (kept,) = await subject.store.decisions.recent(DEPLOYMENT, 1)
        assert (kept.decision.final_text, kept.decision.proposed_action) == ("", None)


async def test_a_deployment_on_mainnet_has_a_chain_of_its_own(
    journaled: tuple[StoreUnderTest, StoreUnderTest],
) -> None:
    """What happens to one deployment stands in its journal and in no other."""
    for subject in journaled:
        before = await entries_of(subject)
        live = await live_deployment(subject.store, subject.skill)
        lease = await subject.store.leases.acquire(live.account_key, HOLDER, TTL_MS, deployment=live.id)
        assert lease is not None
        fence = Fence(account=live.account_key, epoch=lease.epoch)
        wanted = decision(subject.skill, run=live.id, opens=True)
        leg = replace(intent(account=live.account_key, run=live.id), limit_price=Price(Decimal("46841.30")))
        await subject.store.intents.prepare(fence, wanted, [leg], at=AT, signing=SIGNING)
        kinds = [entry.kind for entry in await entries_of(subject, live.id)]
        assert kinds == ["genesis", "lease", "decision", "intent"]
        assert await entries_of(subject) == before
