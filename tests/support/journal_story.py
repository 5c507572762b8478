"""A deployment on mainnet with a record of every kind in its journal, signed in the middle and at the end."""

from decimal import Decimal

from msgspec.structs import replace

from agentic_core.domain import (
    Accepted,
    DeploymentId,
    DeploymentStatus,
    Fence,
    FundingPayment,
    Instant,
    IntentState,
    PreparedIntent,
    Rejected,
    Size,
    SkillId,
    Usd,
)
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.records import CommandKind, CommandState, IntentRecord
from agentic_core.domain.trading import Desired
from agentic_core.journal.checkpoints import CheckpointKey
from agentic_core.ports.repositories import Store
from agentic_core.store.journal_signing import JournalSigner
from tests.support.agent_wallets import live_deployment
from tests.support.numbered_intents import SIGNING, stop
from tests.support.stored_values import AT, BTC, HELD, LIVE, USER, decision, executed, fill, hash_of, intent

__all__ = ["FORGER", "KEY", "KINDS", "LATER", "SECRET", "tell_story"]

KEY = CheckpointKey(bytes(range(32)))
"""Signs the journal."""
FORGER = CheckpointKey(bytes(32))
"""A key that nobody trusts."""
SECRET = "because the averages crossed"
LATER = Instant(AT + 60_000)

KINDS = """
genesis lease decision intent intent noted noted fill noted fill numbered noted result decision
decision funding transfer command command status status lease lease fill
"""
"""Of the records, from the first to the last."""

_TTL_MS = 3_600_000
_PAYLOAD = '{"model":"rules"}'


async def tell_story(store: Store) -> DeploymentId:
    """Let everything happen once, in an empty store, and return the deployment."""
    saved = await store.skills.save(USER, name="S", slug="s", payload=_PAYLOAD, payload_hash=hash_of(_PAYLOAD))
    run = (await live_deployment(store, saved.skill_id)).id
    lease = await store.leases.acquire(LIVE, "runner-1", _TTL_MS, deployment=run)
    assert lease is not None
    fence = Fence(account=LIVE, epoch=lease.epoch)
    await _trade(store, fence, saved.skill_id, run)
    await store.decisions.record(fence, decision(saved.skill_id, minute=2, run=run, text="", cost=None), HELD)
    signer = JournalSigner(store.journal, KEY, lambda: AT)
    assert await signer.sign(run) is not None
    await _live_on(store, fence, run)
    await store.leases.release(lease)
    taken = await store.leases.acquire(LIVE, "runner-2", _TTL_MS, deployment=run)
    assert taken is not None
    late = replace(fence, epoch=taken.epoch)
    await store.intents.record_fills(late, run, [fill("away")], at=LATER)
    assert await signer.sign(run) is not None
    return run


async def _trade(store: Store, fence: Fence, skill: SkillId, run: DeploymentId) -> None:
    wanted = replace(decision(skill, run=run, opens=True, text=SECRET), decided_by="chat:m")
    legs = [intent(account=LIVE, run=run), replace(stop(leg=1), cloid=intent(leg=1, account=LIVE, run=run).cloid)]
    entry, guard = await store.intents.prepare(fence, wanted, legs, at=AT, signing=SIGNING)
    await store.intents.note(fence, _sent(entry), at=AT)
    cloid = entry.intent.cloid
    first, second = fill("first", cloid), fill("second", cloid, at=LATER)
    partly = Accepted(cloid=cloid, state=IntentState.RESTING, fills=(first,), venue_order_id="77")
    await store.intents.settle(fence, entry, partly, at=AT)
    done = replace(
        _sent(entry), state=IntentState.BOOKED, filled=Size(Decimal("0.0026")), booked=Size(Decimal("0.0026"))
    )
    await store.intents.note(fence, replace(done, ended_by="executed_all", filled_at=LATER), [second], at=LATER)
    numbered = await store.intents.assign(fence, guard, SIGNING, at=LATER)
    refused = Rejected(cloid=guard.intent.cloid, reason="no trigger")
    await store.intents.settle(fence, numbered, refused, at=LATER)
    await store.decisions.record(fence, wanted, executed(cloid))
    await store.decisions.record(
        fence, decision(skill, minute=1, run=run, text="forget me", cost=Decimal("0.01")), HELD
    )


def _sent(prepared: PreparedIntent) -> IntentRecord:
    return IntentRecord(prepared=prepared, state=IntentState.SENT, sends=1)


async def _live_on(store: Store, fence: Fence, run: DeploymentId) -> None:
    paid = FundingPayment(symbol=BTC, time=AT, size=Size(Decimal(1)), rate=Decimal("0.00001"), amount=Usd(Decimal(-2)))
    await store.ledger.record_funding(fence, run, [paid], at=AT)
    came = Transfer(transfer_id="t", kind="deposit", amount=Usd(Decimal(100)), at=AT)
    await store.ledger.record_transfers(fence, run, [came], at=AT)
    pause = await store.commands.queue(run, CommandKind.PAUSE, payload={"why": "lunch"}, at=AT)
    await store.commands.ack(pause, CommandState.APPLIED, "done", at=LATER)
    await store.deployments.move(run, DeploymentStatus.RUNNING, at=AT)
    await store.deployments.set_desired(run, Desired.RUNNING)
    await store.deployments.move(run, DeploymentStatus.HALTED, at=LATER, reason="daily_loss")
