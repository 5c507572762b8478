"""Collects what a run did, for its report; of a run without end only how much it was."""

from typing import Protocol

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import Decision, EngineResult, NoopResult
from agentic_core.domain.fill import Fill
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.market import MarketView
from agentic_core.domain.order import Accepted, OrderIntent, SendOutcome
from agentic_core.domain.run import Assumptions, DecisionRecord, EquityPoint, Halt, OrderRecord, RunRecord
from agentic_core.domain.times import Instant
from agentic_core.runtime.mandate import Mandate

__all__ = ["Recorder", "RunRecorder", "RunTally"]


class Recorder(Protocol):
    """Who is told what turns came to."""

    def turn(self, decision: Decision, result: EngineResult) -> None:
        """Note a decision that was recorded."""

    def order(self, time: Instant, intent: OrderIntent, outcome: SendOutcome) -> None:
        """Note an order that was sent."""


class RunTally:
    """Counts, and keeps nothing: what a run without end did stands in its database."""

    def __init__(self) -> None:
        """Start at zero."""
        self.decisions = 0
        self.orders = 0

    def turn(self, decision: Decision, result: EngineResult) -> None:
        """Count a decision."""
        self.decisions += 1

    def order(self, time: Instant, intent: OrderIntent, outcome: SendOutcome) -> None:
        """Count an order."""
        self.orders += 1


class RunRecorder:
    """The diary of one run; append-only."""

    def __init__(self) -> None:
        """Start empty."""
        self.decisions: list[DecisionRecord] = []
        self.orders: list[OrderRecord] = []
        self.fills: list[Fill] = []
        self.funding: list[FundingPayment] = []
        self.halts: list[Halt] = []
        self.equity: list[EquityPoint] = []
        self.ticks = 0

    def turn(self, decision: Decision, result: EngineResult) -> None:
        """Note a decision; a turn in which rules proposed nothing is only counted."""
        is_noop = decision.proposed_action is None and isinstance(result, NoopResult)
        if is_noop and not decision.final_text and not decision.steps:
            return
        self.decisions.append(DecisionRecord(decision=decision, result=result))

    def order(self, time: Instant, intent: OrderIntent, outcome: SendOutcome) -> None:
        """Note an order that was sent, and its fills."""
        self.orders.append(OrderRecord(time=time, intent=intent, outcome=outcome))
        if isinstance(outcome, Accepted):
            self.fills.extend(outcome.fills)

    def point(self, account: AccountView) -> None:
        """Note what the account is worth."""
        self.equity.append(EquityPoint(time=account.as_of, equity=account.equity, exposure=account.exposure()))

    def record(
        self, mandate: Mandate, environment: str, assumptions: Assumptions, account: AccountView, market: MarketView
    ) -> RunRecord:
        """Return the run as it stands."""
        marks = ((symbol, market.mark(symbol)) for symbol in mandate.symbols)
        return RunRecord(
            run=mandate.deployment,
            environment=environment,
            skill_name=mandate.skill_name,
            skill_version=mandate.skill_version,
            payload_hash=mandate.payload_hash,
            decided_by=mandate.decider.label,
            symbols=mandate.symbols,
            interval=mandate.interval,
            start=self.equity[0].time if self.equity else account.as_of,
            end=account.as_of,
            ticks=self.ticks,
            assumptions=assumptions,
            decisions=tuple(self.decisions),
            orders=tuple(self.orders),
            fills=tuple(self.fills),
            funding=tuple(self.funding),
            halts=tuple(self.halts),
            equity=tuple(self.equity),
            marks={symbol: mark.price for symbol, mark in marks if mark is not None},
            final_equity=account.equity,
        )
