"""The record of one run, the same for a backtest and for paper trading."""

from decimal import Decimal

import msgspec

from agentic_core.domain.decision import Decision, EngineResult
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.honesty import Honesty
from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.money import Bps, Usd
from agentic_core.domain.order import OrderIntent, SendOutcome
from agentic_core.domain.times import Instant, Interval
from agentic_core.domain.trading import HaltReason

__all__ = [
    "COVERAGE_BPS_MIN",
    "Assumptions",
    "Coverage",
    "DecisionRecord",
    "EquityPoint",
    "Halt",
    "OrderRecord",
    "RunRecord",
]

COVERAGE_BPS_MIN = Bps(9_500)
"""A run of which a smaller share of turns was decided by its chat model is void."""


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


class Coverage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How many turns of a run its chat model decided; the same for a run and for its replay."""

    turns: int
    """Those it was to decide."""
    answered: int
    """With an action, or with a deliberate wish for none."""
    unusable: dict[str, int]
    """Turns in which something was asked and nothing usable came of it, by their cause."""
    skipped: dict[str, int]
    """Turns in which nobody was asked, by their reason, such as `cost_guard`."""
    calls: int
    """Calls made, repairs and repetitions included."""
    cost_usd: Usd
    """Of all calls as they were settled, whether they were paid for now or when their tape was recorded."""

    @property
    def share_bps(self) -> Bps:
        """The share of turns that were answered, rounded down."""
        return Bps(self.answered * 10_000 // self.turns if self.turns else 0)

    @property
    def is_void(self) -> bool:
        """Whether too few turns were answered for the run to say anything about the chat model."""
        return self.share_bps < COVERAGE_BPS_MIN


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
    coverage: Coverage | None = None
    """None where rules decide."""
    honesty: Honesty | None = None
    """What may be believed of it; None where rules decide, and where nobody looked."""
