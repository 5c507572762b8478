"""Questions to a chat model as tests need them: a small market, an account, and how a skill thinks about them."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from agentic_core.chat.scripted import ScriptedChatModel
from agentic_core.chat.setup import ChatSetup, thinking_for
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Question
from agentic_core.domain import (
    AccountSnapshot,
    Bps,
    DayCounters,
    DeploymentId,
    Envelope,
    Instant,
    Position,
    Price,
    RiskLimits,
    Room,
    Side,
    Size,
    Symbol,
    TradingState,
    Usd,
)
from agentic_core.domain.ids import DecisionId
from agentic_core.ports.chat_tools import ToolContext
from tests.support.skill_files import skill_with
from tests.support.views import BTC, SeriesOf, ViewAt

__all__ = ["LIMITS", "account_with", "question_about", "room", "thinking_about"]

D = Decimal
LIMITS = RiskLimits(
    position_bps_max=Bps(2_000),
    exposure_bps_max=Bps(4_000),
    orders_per_day_max=20,
    leverage_max=1,
    order_usd_min=Usd(D(10)),
    symbols_allowed=frozenset({BTC}),
    cost_usd_month_max=Usd(D(200)),
    daily_loss_bps_max=Bps(500),
    drawdown_bps_max=Bps(2_500),
)


def account_with(positions: Mapping[Symbol, tuple[str, str]] | None = None, *, at: int = 0) -> AccountSnapshot:
    """Return an account of 10,000 dollars that holds signed sizes at what they cost."""
    held = {
        symbol: Position(symbol=symbol, size=Size(D(size)), entry_cost=Usd(D(cost)))
        for symbol, (size, cost) in (positions or {}).items()
    }
    return AccountSnapshot(
        as_of=Instant(at),
        equity=Usd(D(9_950)),
        margin_used=Usd(D(100)),
        exposure_usd=Usd(sum((one.entry_cost for one in held.values()), D(0))),
        day=DayCounters(day=0, baseline=Usd(D(10_000)), orders=3),
        peak=Usd(D(10_200)),
        positions=held,
    )


def room(symbol: Symbol = BTC, side: Side = Side.BUY, *, most: str = "10") -> Room:
    """Return room for sizes of up to so many units at a mark of 100."""
    worst = Price(D(101) if side is Side.BUY else D(99))
    return Room(
        symbol=symbol,
        side=side,
        size_min=Size(D("0.1")),
        size_max=Size(D(most)),
        size_step=D("0.0001"),
        mark=Price(D(100)),
        limit_price_worst=worst,
    )


def question_about(
    account: AccountSnapshot | None = None, *, candles: int = 4, opens: tuple[Room, ...] = ()
) -> Question:
    """Return a question at the close of the last of some candles of BTC that close at 100 dollars and more."""
    series = SeriesOf([1_000 + place for place in range(candles)])
    market = ViewAt(series, candles - 1, funding_rate=D("0.0000125"))
    context = ToolContext(
        deployment=DeploymentId("d"),
        as_of=market.as_of,
        market=market,
        account=account or account_with(at=market.as_of),
        symbols=(BTC,),
    )
    envelope = Envelope(as_of=market.as_of, state=TradingState.ACTIVE, opens=opens, closes=(), shut=(), orders_left=7)
    return Question(
        decision=DecisionId("00000000-0000-8000-8000-000000000001"),
        mark=market.as_of,
        context=context,
        limits=LIMITS,
        envelope=envelope,
    )


def thinking_about(changes: Mapping[str, object] | None = None, **fields: object) -> Thinking:
    """Return how a thesis skill without tools thinks, with changes of its file and then of single fields."""
    thesis: dict[str, object] = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up.", "tools": []}
    setup = ChatSetup.of(ScriptedChatModel((), bound=Usd(D(1))))
    thinking = thinking_for(skill_with(thesis | dict(changes or {})), "0" * 64, setup)
    return msgspec.structs.replace(thinking, **fields)
