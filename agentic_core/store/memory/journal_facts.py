"""What a record tells of each thing; the names are those of the columns the database takes it from."""

from decimal import Decimal

import msgspec

from agentic_core.domain.account_events import Transfer
from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.journal import JournalFacts
from agentic_core.domain.money import plain
from agentic_core.domain.order import PreparedIntent
from agentic_core.domain.records import Command, DeploymentRecord, IntentRecord, LeaseRecord, SkillVersionRecord
from agentic_core.domain.times import Instant

__all__ = [
    "Settlement",
    "command_facts",
    "decision_facts",
    "fill_facts",
    "funding_facts",
    "genesis_facts",
    "intent_facts",
    "lease_facts",
    "noted_facts",
    "numbered_facts",
    "private_text",
    "result_facts",
    "status_facts",
    "transfer_facts",
]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a settlement left beside the state of an intent."""

    venue_order_id: str | None = None
    cause: str | None = None
    settled_at: Instant | None = None


def genesis_facts(deployment: DeploymentRecord, version: SkillVersionRecord) -> JournalFacts:
    """Return what is told of a new deployment."""
    return _facts(
        account_key=deployment.account_key,
        broker_kind=deployment.broker_kind,
        created_at=deployment.created_at,
        desired=deployment.desired,
        error_text=deployment.error_text,
        halt_reason=deployment.halt_reason,
        halted_at=deployment.halted_at,
        hyperliquid_agent_id=deployment.hyperliquid_agent_id,
        loss_bound=None if version.loss_bound is None else _json(version.loss_bound),
        payload_hash=version.payload_hash,
        skill_id=deployment.skill_id,
        skill_version=deployment.skill_version,
        status=deployment.status,
        user_id=deployment.user_id,
    )


def status_facts(deployment: DeploymentRecord) -> JournalFacts:
    """Return what is told of a deployment that moved."""
    return _facts(
        desired=deployment.desired,
        error_text=deployment.error_text,
        halt_reason=deployment.halt_reason,
        halted_at=deployment.halted_at,
        hyperliquid_agent_id=deployment.hyperliquid_agent_id,
        status=deployment.status,
    )


def lease_facts(lease: LeaseRecord) -> JournalFacts:
    """Return what is told of a lease."""
    return _facts(account_key=lease.account, epoch=lease.epoch, holder=lease.holder, state=lease.state)


def decision_facts(decision: Decision, result: EngineResult | None) -> JournalFacts:
    """Return what is told of a decision to everybody who reads the journal."""
    usage = decision.usage
    return _facts(
        completion_tokens=usage.completion_tokens,
        context_hash=decision.context_hash,
        cost_usd=usage.cost_usd,
        decided_by=decision.decided_by,
        equity_usd=decision.equity,
        id=decision.decision_id,
        marks=_json(decision.marks),
        prompt_tokens=usage.prompt_tokens,
        result=None if result is None else _json(result),
        skill_id=decision.skill,
        skill_version=decision.skill_version,
        steps=_json(decision.steps) if decision.steps else None,
        tick_at=decision.tick_at,
        trace_id=decision.trace_id,
        verdict=_json(decision.verdict),
    )


def private_text(decision: Decision) -> str | None:
    """Return what of a decision is told to nobody; None where there is nothing."""
    action = decision.proposed_action
    if action is None and not decision.final_text:
        return None
    proposed = {} if action is None else {"proposed_action": _json(action)}
    return _json({"final_text": decision.final_text, **proposed})


def result_facts(decision: Decision, result: EngineResult) -> JournalFacts:
    """Return what is told of the result of a decision that was recorded before."""
    return _facts(id=decision.decision_id, result=_json(result))


def intent_facts(prepared: PreparedIntent, trace_id: str) -> JournalFacts:
    """Return what is told of a prepared order."""
    intent, trigger = prepared.intent, prepared.intent.trigger
    return _facts(
        attempt=intent.attempt,
        cloid=intent.cloid,
        decision_id=prepared.decision,
        epoch=prepared.fence.epoch,
        expires_at=prepared.expires_at,
        isolated=intent.isolated,
        kind=intent.kind,
        leg=intent.leg,
        leverage=intent.leverage,
        limit_price=intent.limit_price,
        nonce=prepared.nonce,
        position_before=intent.position_before,
        prepared_at=prepared.prepared_at,
        reduce_only=intent.reduce_only,
        side=intent.side,
        signer=prepared.signer,
        size=intent.size,
        state="prepared",
        symbol=intent.symbol,
        target_cloid=intent.target,
        target_order=intent.target_order,
        time_in_force=intent.time_in_force,
        trace_id=trace_id,
        trigger_kind=None if trigger is None else trigger.kind,
        trigger_position_sized=None if trigger is None else trigger.position_sized,
        trigger_price=None if trigger is None else trigger.price,
    )


def numbered_facts(prepared: PreparedIntent) -> JournalFacts:
    """Return what is told of an order that got its nonce."""
    return _facts(
        cloid=prepared.intent.cloid,
        expires_at=prepared.expires_at,
        nonce=prepared.nonce,
        signer=prepared.signer,
    )


def noted_facts(cloid: ClientOrderId, record: IntentRecord, settlement: Settlement) -> JournalFacts:
    """Return what is told of an order's life."""
    return _facts(
        absent_at=record.absent_at,
        booked=record.booked,
        burns=record.burns,
        cause=settlement.cause,
        cloid=cloid,
        ended_by=record.ended_by,
        filled=record.filled,
        filled_at=record.filled_at,
        sends=record.sends,
        settled_at=settlement.settled_at,
        state=record.state,
        uncounted=record.uncounted,
        venue_order_id=settlement.venue_order_id,
    )


def fill_facts(fill: Fill) -> JournalFacts:
    """Return what is told of an execution."""
    return _facts(
        cloid=fill.cloid,
        closed_pnl=fill.closed_pnl,
        fee=fill.fee,
        fill_id=fill.fill_id,
        filled_at=fill.time,
        kind=fill.kind,
        liquidity=fill.liquidity,
        price=fill.price,
        side=fill.side,
        size=fill.size,
        symbol=fill.symbol,
    )


def funding_facts(payment: FundingPayment) -> JournalFacts:
    """Return what is told of a funding payment."""
    return _facts(
        amount_usd=payment.amount,
        paid_at=payment.time,
        payment_id=payment.payment_id,
        rate=payment.rate,
        size=payment.size,
        symbol=payment.symbol,
    )


def transfer_facts(transfer: Transfer) -> JournalFacts:
    """Return what is told of money that came or went."""
    return _facts(
        amount_usd=transfer.amount,
        kind=transfer.kind,
        moved_at=transfer.at,
        transfer_id=transfer.transfer_id,
    )


def command_facts(command: Command) -> JournalFacts:
    """Return what is told of a command."""
    return _facts(
        acked_at=command.acked_at,
        claimed_epoch=command.claimed_epoch,
        finished_at=command.finished_at,
        id=command.id,
        issued_at=command.issued_at,
        kind=command.kind,
        outcome=command.outcome,
        payload=_json(command.payload),
        seq=command.seq,
        state=command.state,
    )


def _facts(**fields: str | int | Decimal | None) -> JournalFacts:
    told = {name: plain(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
    return {name: value for name, value in told.items() if value is not None}


def _json(value: object) -> str:
    return _ENCODER.encode(value).decode()
