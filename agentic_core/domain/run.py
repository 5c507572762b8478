"""The record of one run, the same for a backtest and for paper trading."""

from decimal import Decimal

import msgspec

from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.money import Usd
from agentic_core.domain.order import OrderIntent, SendOutcome
from agentic_core.domain.times import Instant, Interval
from agentic_core.domain.trading import HaltReason

__all__ = ["Assumptions", "DecisionRecord", "EquityPoint", "Halt", "OrderRecord", "RunRecord"]


class Assumptions(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a simulated execution takes for granted; printed with every report."""

    starting_equity: Usd
    taker_rate: Decimal
    maker_rate: Decimal
    slippage_bps: Decimal
    funding: str
    """Where the funding rates came from, in words."""
    fill_model: str
    """How and when an order executes, in words."""


class DecisionRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A decision with its recorded result."""

    decision: Decision
    result: EngineResult


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order with what became of it."""

    time: Instant
    intent: OrderIntent
    outcome: SendOutcome


class Halt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A latched halt."""

    time: Instant
    reason: HaltReason
    detail: str
    numbers: dict[str, Decimal]


class EquityPoint(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The account at one mark."""

    time: Instant
    equity: Usd
    exposure: Usd


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything a report is made from."""

    run: DeploymentId
    environment: str
    """`backtest` or `paper`."""
    skill_name: str
    skill_version: int
    payload_hash: str
    decided_by: str
    symbols: tuple[Symbol, ...]
    interval: Interval
    start: Instant
    """The first mark."""
    end: Instant
    """The last mark."""
    ticks: int
    """Turns taken, holds included."""
    assumptions: Assumptions
    decisions: tuple[DecisionRecord, ...]
    """Turns that were not holds, in order."""
    orders: tuple[OrderRecord, ...]
    fills: tuple[Fill, ...]
    funding: tuple[FundingPayment, ...]
    halts: tuple[Halt, ...]
    equity: tuple[EquityPoint, ...]
    """One point per mark; a long run keeps the turning points of every stretch, each day's first mark and both ends."""
    marks: dict[Symbol, Decimal]
    """What every symbol was valued at last."""
    final_equity: Usd
