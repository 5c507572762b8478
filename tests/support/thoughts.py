"""Thoughts taken by hand: a small market, and a world that pays, answers and uses tools from a script."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved, ThoughtEffect, ThoughtReply, UseTool
from agentic_core.chat.run_skill import run_skill
from agentic_core.chat.scripted import ScriptedChatModel
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Question, Thought
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Bps, RiskLimits, Symbol, TradingState, Usd
from agentic_core.domain.ids import DecisionId, DeploymentId
from agentic_core.ports.chat_model import (
    CallFailure,
    CallOutcome,
    CallUsage,
    Completion,
    Failed,
    ToolCall,
    ToolSpec,
)
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.risk.envelope import allowed
from tests.support.markets import AT, BTC, ETH, AccountByHand, MarketByHand, held

__all__ = [
    "CANARY",
    "DECISION",
    "DEPLOYMENT",
    "HASH",
    "NOTHING",
    "OPEN_BTC",
    "PRICE",
    "Echo",
    "Stage",
    "broke",
    "context",
    "question",
    "spoke",
    "thinking",
    "wished",
]

D = Decimal
CANARY = "qvm-sjwhtmxfpzkxhdpb"
DEPLOYMENT = DeploymentId("6d1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1")
DECISION = DecisionId("0b1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1")
HASH = "ab" * 32
PRICE = Usd(D("0.01"))
"""What every call costs."""
LIMITS = RiskLimits(
    position_bps_max=Bps(10_000),
    exposure_bps_max=Bps(20_000),
    orders_per_day_max=100,
    leverage_max=2,
    order_usd_min=Usd(D(10)),
    symbols_allowed=frozenset({BTC, ETH}),
    cost_usd_month_max=Usd(D(1)),
    daily_loss_bps_max=Bps(1_000),
)
NOTHING = '{"text": "nothing to do", "action": null}'
OPEN_BTC = (
    '{"text": "up", "action": {"kind": "open", "symbol": "BTC", "side": "buy", "size": 0.5,'
    ' "limitPrice": null, "reason": "it rises"}}'
)


class Echo:
    """A tool that answers what it was asked."""

    mode = ToolMode.READ

    def __init__(self, name: str = "echo") -> None:
        self.spec = ToolSpec(name=name, description="Says it again.", parameters=b'{"type":"object"}')

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Answer with the arguments."""
        return ToolResult(content=arguments)


def thinking(**changes: object) -> Thinking:
    """Return a way of thinking with one tool, with some of it changed."""
    usual = Thinking(
        chat_model=ScriptedChatModel([], bound=Usd(D("0.05"))),
        model_id="vendor/name",
        system=f"Trade carefully. {CANARY}",
        canary=CANARY,
        tools=Toolbox([Echo()]),
        lookback=10,
    )
    return msgspec.structs.replace(usual, **changes)


def context(*, size: str = "0", symbols: tuple[Symbol, ...] = (BTC, ETH)) -> ToolContext:
    """Return a turn in a market of two marks, with so many BTC held."""
    market = MarketByHand({BTC: "100", ETH: "10"})
    account = AccountByHand(market)
    account.hold(held(BTC, size, cost=abs(D(size)) * 90))
    return ToolContext(deployment=DEPLOYMENT, as_of=AT, market=market, account=account.freeze(), symbols=symbols)


def question(*, size: str = "0") -> Question:
    """Return the question of that turn."""
    turn = context(size=size)
    envelope = allowed(turn.account, turn.market, LIMITS, TradingState.ACTIVE)
    return Question(decision=DECISION, mark=AT, context=turn, limits=LIMITS, envelope=envelope)


def spoke(text: str, *, tokens: int = 7) -> Completion:
    """Return an answer in text."""
    usage = CallUsage(prompt_tokens=100, completion_tokens=tokens, cost_usd=PRICE)
    return Completion(text=text, usage=usage, request_hash=HASH, model_id="vendor/name")


def wished(*calls: tuple[str, str], text: str = "") -> Completion:
    """Return an answer that wishes for tools, each a name and its arguments."""
    wishes = tuple(
        ToolCall(id=f"theirs-{place}", name=name, arguments=words) for place, (name, words) in enumerate(calls)
    )
    return msgspec.structs.replace(spoke(text), tool_calls=wishes)


def broke(failure: CallFailure, *, detail: str = "as the provider says", retry_after_ms: int | None = None) -> Failed:
    """Return a call without an answer."""
    return Failed(failure=failure, detail=detail, request_hash=HASH, retry_after_ms=retry_after_ms)


class Stage:
    """Plays thoughts: every call is paid for until `calls_paid` are, and answered from the script."""

    def __init__(
        self,
        outcomes: Iterable[CallOutcome],
        *,
        calls_paid: int = 1_000,
        broken_off_at: int | None = None,
        results: Sequence[ToolResult] = (),
    ) -> None:
        self._outcomes = list(outcomes)
        self._left = calls_paid
        self._broken_off_at = broken_off_at
        self._results = list(results)
        self.effects: list[ThoughtEffect] = []

    def play(self, way: Thinking, asked: Question) -> Thought:
        """Play a thought to its end."""
        turn = run_skill(way, asked)
        reply: ThoughtReply | None = None
        while True:
            try:
                # A generator is begun with None, which is no reply.
                effect = next(turn) if reply is None else turn.send(reply)
            except StopIteration as stop:
                thought: Thought = stop.value
                return thought
            self.effects.append(effect)
            reply = self._reply(effect)

    @property
    def asks(self) -> list[Ask]:
        """The calls that were made."""
        return [effect for effect in self.effects if isinstance(effect, Ask)]

    @property
    def uses(self) -> list[UseTool]:
        """The tools that were used."""
        return [effect for effect in self.effects if isinstance(effect, UseTool)]

    @property
    def reserves(self) -> list[Reserve]:
        """What was to be paid for."""
        return [effect for effect in self.effects if isinstance(effect, Reserve)]

    def _reply(self, effect: ThoughtEffect) -> ThoughtReply:
        match effect:
            case Reserve():
                self._left -= 1
                return Reserved() if self._left >= 0 else Refused(reason="the month is spent")
            case Ask():
                is_broken_off = len(self.asks) - 1 == self._broken_off_at
                return Asked(outcome=self._outcomes.pop(0), cost_usd=PRICE, is_broken_off=is_broken_off)
            case UseTool():
                return self._results.pop(0) if self._results else ToolResult(content='{"ok":true}')
