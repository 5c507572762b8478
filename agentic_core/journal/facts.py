"""What the records of a deployment add up to, in the shape of the tables that hold the same facts.

Fields carry the names of their columns. What the tables hold is read into the same shapes, by statements that have
nothing to do with those that write.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from agentic_core.domain.money import ZERO, Size
from agentic_core.domain.order import IntentState
from agentic_core.domain.times import Instant

__all__ = [
    "CommandFacts",
    "DecisionFacts",
    "DeploymentFacts",
    "FillFacts",
    "FundingFacts",
    "IntentFacts",
    "MonthFacts",
    "NotedFacts",
    "NumberedFacts",
    "OrderFacts",
    "Projections",
    "TextFacts",
    "TransferFacts",
    "intent_facts",
]


class DeploymentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What runs."""

    user_id: str
    account_key: str
    broker_kind: str
    skill_id: str
    skill_version: int
    payload_hash: str
    """Of that version."""
    loss_bound: str | None = None
    """Of that version; JSON as it is stored."""
    created_at: Instant
    status: str
    desired: str
    hyperliquid_agent_id: str | None = None
    error_text: str | None = None
    halt_reason: str | None = None
    halted_at: Instant | None = None


class DecisionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One turn, without what is private about it."""

    id: str
    trace_id: str
    tick_at: Instant
    decided_by: str
    skill_id: str
    skill_version: int
    context_hash: str | None = None
    verdict: str
    """JSON as it is stored; so are the two after it."""
    result: str | None = None
    marks: str
    equity_usd: Decimal
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal | None = None
    """None is unknown, never free."""
    steps: str | None = None
    """JSON as it is stored; None where no chat model was asked."""


class TextFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is private of a decision, by SHA-256: enough to compare it, nothing to show it."""

    final_text: str
    proposed_action: str | None = None
    """Of the JSON as it is stored."""


class NotedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an intent."""

    state: IntentState
    filled: Size = Size(ZERO)
    booked: Size = Size(ZERO)
    sends: int = 0
    burns: int = 0
    absent_at: Instant | None = None
    uncounted: bool = False
    filled_at: Instant | None = None
    ended_by: str | None = None
    venue_order_id: str | None = None
    cause: str | None = None
    settled_at: Instant | None = None


class NumberedFacts(msgspec.Struct, frozen=True, kw_only=True):
    """With which number an intent is signed, and until when the venue takes it; all or nothing."""

    signer: str | None = None
    nonce: int | None = None
    expires_at: Instant | None = None


class IntentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it was prepared, and what became of it."""

    cloid: str
    decision_id: str
    trace_id: str
    epoch: int
    kind: str
    leg: int
    attempt: int
    symbol: str
    side: str
    size: Size
    limit_price: Decimal
    reduce_only: bool
    time_in_force: str
    trigger_kind: str | None = None
    trigger_price: Decimal | None = None
    trigger_position_sized: bool | None = None
    target_cloid: str | None = None
    target_order: str | None = None
    leverage: int | None = None
    isolated: bool | None = None
    position_before: Decimal | None = None
    prepared_at: Instant
    signing: NumberedFacts = NumberedFacts()
    noted: NotedFacts


class FillFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One execution."""

    fill_id: str
    cloid: str | None = None
    symbol: str
    side: str
    size: Decimal
    price: Decimal
    fee: Decimal
    liquidity: str
    kind: str
    closed_pnl: Decimal
    filled_at: Instant


class FundingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One payment between longs and shorts."""

    payment_id: str
    symbol: str
    amount_usd: Decimal
    """Negative where it was paid."""
    rate: Decimal
    size: Decimal
    paid_at: Instant


class TransferFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came or went without trading."""

    transfer_id: str
    kind: str
    amount_usd: Decimal
    """Negative where it went."""
    moved_at: Instant


class CommandFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One order of the deployer, and its outcome."""

    id: str
    seq: int
    kind: str
    payload: str
    """JSON as it is stored."""
    state: str
    outcome: str | None = None
    issued_at: Instant
    acked_at: Instant | None = None
    claimed_epoch: int | None = None
    finished_at: Instant | None = None


class MonthFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a UTC month of decisions cost."""

    cost_usd: Decimal = ZERO
    unknown_costs: int = 0


class OrderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One order at the venue, as people look it up."""

    cloid: str
    symbol: str
    side: str
    kind: str
    reduce_only: bool
    status: str
    size_base: Decimal
    filled_size_base: Decimal
    avg_fill_price: Decimal | None
    """To 18 decimals; None while nothing executed."""
    fee_usd: Decimal
    limit_price: Decimal
    venue_order_id: str | None
    placed_at: Instant
    settled_at: Instant | None
    """Of the intent, or of the newest fill where they cover the size; None while it may go on."""


class Projections(msgspec.Struct, kw_only=True):
    """Everything of one deployment, by what names it."""

    deployment: DeploymentFacts | None = None
    decisions: dict[str, DecisionFacts] = {}
    texts: dict[str, TextFacts] = {}
    """By decision; what was erased is missing."""
    intents: dict[str, IntentFacts] = {}
    fills: dict[str, FillFacts] = {}
    funding: dict[str, FundingFacts] = {}
    transfers: dict[str, TransferFacts] = {}
    commands: dict[str, CommandFacts] = {}
    months: dict[str, MonthFacts] = {}
    """By `YYYY-MM`; a month in which nothing cost anything is missing."""
    orders: dict[str, OrderFacts] = {}
    positions: dict[str, Decimal] = {}
    """Signed units by symbol; what is flat is missing."""
    nonces: dict[str, int] = {}
    """By signer, the highest number given."""
    epoch: int | None = None
    """The highest of the trading lease."""


def intent_facts(columns: Mapping[str, object]) -> IntentFacts:
    """Make an intent of what stands in one row, or in one record.

    Raises:
        msgspec.ValidationError: something is missing or of another type.
    """
    signing, noted = msgspec.convert(columns, NumberedFacts), msgspec.convert(columns, NotedFacts)
    return msgspec.convert({**columns, "signing": signing, "noted": noted}, IntentFacts)
