"""The gate in front of every broker."""

from decimal import Decimal

import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import Accepted, Denied, Side, TradingState
from tests.support.markets import AT, BTC, Paper, order, prepared

D = Decimal
OPEN = prepared(order(0, Side.BUY, "1", "101"))
CLOSE = prepared(order(1, Side.SELL, "1", "99", reduce_only=True))


class Gate:
    """A guarded paper broker whose trading state is set by hand; it holds one BTC bought before."""

    def __init__(self) -> None:
        self.paper = Paper()
        self.state = TradingState.ACTIVE
        self.guarded = GuardedBroker(
            self.paper.broker,
            state=lambda: self.state,
            now=lambda: AT,
            mark=self.paper.market.mark,
            mark_age_ms_max=30_000,
        )

    async def holding_one(self) -> "Gate":
        """Buy one BTC past the gate."""
        await self.paper.broker.send(prepared(order(2, Side.BUY, "1", "101")))
        return self


@pytest.mark.anyio
async def test_gate_lets_an_open_pass_while_active_and_fresh() -> None:
    """The broker's own outcome comes back."""
    gate = Gate()
    gate.paper.market.set(BTC, "100", age_ms=30_000)
    outcome = await gate.guarded.submit(OPEN)
    assert isinstance(outcome, Accepted)
    assert outcome.filled_size == D(1)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("state", "rule"), [(TradingState.REDUCING, "R3_REDUCING"), (TradingState.HALTED, "R3_HALTED")]
)
async def test_gate_denies_an_open_when_trading_is_no_longer_active(state: TradingState, rule: str) -> None:
    """What was approved a moment ago is looked at again, and nothing reaches the broker."""
    gate = Gate()
    gate.state = state
    outcome = await gate.guarded.submit(OPEN)
    assert isinstance(outcome, Denied)
    assert outcome.rule == rule
    assert (gate.paper.ledger.day.orders, dict(gate.paper.ledger.positions)) == (0, {})


@pytest.mark.anyio
async def test_gate_denies_an_open_on_a_stale_mark() -> None:
    """One millisecond too old is too old, and the verdict says so."""
    gate = Gate()
    gate.paper.market.set(BTC, "100", age_ms=30_001)
    outcome = await gate.guarded.submit(OPEN)
    assert isinstance(outcome, Denied)
    assert (outcome.rule, outcome.numbers) == ("R4_STALE_MARK", {"age_ms": 30_001, "age_ms_max": 30_000})
    assert gate.paper.ledger.day.orders == 0


@pytest.mark.anyio
async def test_gate_denies_an_open_without_a_mark() -> None:
    """A missing mark is its own refusal, as in the risk engine."""
    gate = Gate()
    del gate.paper.market.marks[BTC]
    outcome = await gate.guarded.submit(OPEN)
    assert isinstance(outcome, Denied)
    assert (outcome.rule, outcome.numbers) == ("R4_NO_MARK", {"age_ms": None, "age_ms_max": 30_000})


@pytest.mark.anyio
@pytest.mark.parametrize("state", list(TradingState))
@pytest.mark.parametrize("age_ms", [0, 86_400_000])
async def test_gate_lets_a_reducing_order_pass_in_every_state_and_at_any_age(state: TradingState, age_ms: int) -> None:
    """Nothing stands between a position and its close."""
    gate = await Gate().holding_one()
    gate.state = state
    gate.paper.market.set(BTC, "100", age_ms=age_ms)
    outcome = await gate.guarded.submit(CLOSE)
    assert isinstance(outcome, Accepted)
    assert dict(gate.paper.ledger.positions) == {}


@pytest.mark.anyio
async def test_gate_passes_a_reducing_order_on_even_without_a_mark() -> None:
    """What to do about it is the broker's business: the paper broker has no price to execute at, and says so."""
    gate = await Gate().holding_one()
    del gate.paper.market.marks[BTC]
    outcome = await gate.guarded.submit(CLOSE)
    assert not isinstance(outcome, Denied)
    assert gate.paper.ledger.day.orders == 2
