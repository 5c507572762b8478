"""Turns of the tick taken by hand: a mandate, and a world that answers the effects of a turn from a script."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeAlias, TypeVar, assert_never

import msgspec

from agentic_core.chat.effects import Ask, Asked, Refused, Reserve, Reserved, UseTool
from agentic_core.domain import (
    Accepted,
    ActionKind,
    Bps,
    Denied,
    DeploymentId,
    Fence,
    Figures,
    Fill,
    IntentState,
    Interval,
    Liquidity,
    Mark,
    PreparedIntent,
    ProposedAction,
    Rejected,
    RiskLimits,
    SendOutcome,
    Side,
    Size,
    SkillId,
    Symbol,
    Unresolved,
    Usd,
    paper_account,
)
from agentic_core.domain.account import AccountSnapshot, AccountView
from agentic_core.domain.market import MarketView
from agentic_core.ports.chat_model import CallFailure, CallOutcome, Failed
from agentic_core.ports.chat_tools import ToolResult
from agentic_core.ports.rule_policy import RulePolicy
from agentic_core.runtime import ByRules, Decider, Mandate, TickOutcome
from agentic_core.runtime.effects import Abandon, Effect, EffectReply, Forgo, Look, Persist, Quote, Record, Send
from agentic_core.runtime.tick import TickGenerator
from tests.support.markets import AT, BTC

__all__ = [
    "DEPLOYMENT",
    "LIMITS",
    "Fate",
    "Says",
    "World",
    "close_of",
    "denied_by_the_gate",
    "filled",
    "limits",
    "mandate",
    "open_of",
    "partly_filled",
    "rejected",
    "unresolved",
]

_Kind = TypeVar("_Kind", bound=Effect)
_FREE = Usd(Decimal(0))

D = Decimal
DEPLOYMENT = DeploymentId("6d1f0f0e-58d4-8a0b-9a55-64fd3bb0e3a1")
LIMITS = RiskLimits(
    position_bps_max=Bps(10_000),
    exposure_bps_max=Bps(20_000),
    orders_per_day_max=100,
    leverage_max=2,
    order_usd_min=Usd(D(10)),
    symbols_allowed=frozenset({Symbol("BTC"), Symbol("ETH")}),
    cost_usd_month_max=Usd(D(1)),
    daily_loss_bps_max=Bps(1_000),
)
"""Caps that let an ordinary action pass."""

Fate: TypeAlias = Callable[[PreparedIntent], SendOutcome | Denied]
"""What becomes of an order that is sent."""


class Says:
    """A rule policy that proposes the same thing at every mark."""

    name = "says"

    def __init__(self, action: ProposedAction | None) -> None:
        self._action = action

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Return it."""
        return self._action


def limits(**changes: object) -> RiskLimits:
    """Return the caps with some changed."""
    return msgspec.structs.replace(LIMITS, **changes)


def mandate(
    decider: RulePolicy | Decider,
    *,
    symbols: tuple[Symbol, ...] = (BTC,),
    interval: Interval = Interval.M1,
    caps: RiskLimits = LIMITS,
) -> Mandate:
    """Return the mandate of a deployment."""
    return Mandate(
        deployment=DEPLOYMENT,
        account=paper_account(DEPLOYMENT),
        skill=SkillId("2f0e9a52-0000-8000-8000-000000000001"),
        skill_name="By hand",
        skill_version=3,
        payload_hash="ab" * 32,
        symbols=symbols,
        interval=interval,
        limits=caps,
        decider=decider if isinstance(decider, Decider) else ByRules(policy=decider),
    )


def open_of(side: Side, size: str, *, symbol: Symbol = BTC, reason: str = "") -> ProposedAction:
    """Return the wish to open so many units."""
    return ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=side, size=Size(D(size)), reason=reason)


def close_of(symbol: Symbol = BTC, *, reason: str = "") -> ProposedAction:
    """Return the wish to close a position."""
    return ProposedAction(kind=ActionKind.CLOSE, symbol=symbol, reason=reason)


def filled(prepared: PreparedIntent) -> Accepted:
    """Fill an order whole at its limit, for a fee of a quarter dollar."""
    return _accepted(prepared, IntentState.FILLED, prepared.intent.size)


def partly_filled(prepared: PreparedIntent) -> Accepted:
    """Fill half of an order."""
    return _accepted(prepared, IntentState.PARTIAL, prepared.intent.size / 2)


def rejected(prepared: PreparedIntent) -> Rejected:
    """Let the venue refuse an order."""
    return Rejected(cloid=prepared.intent.cloid, reason="the venue does not want it")


def unresolved(prepared: PreparedIntent) -> Unresolved:
    """Lose an order on its way."""
    return Unresolved(cloid=prepared.intent.cloid, cause="no answer came")


def denied_by_the_gate(prepared: PreparedIntent) -> Denied:
    """Hold an order back at the last moment."""
    return Denied(rule="R3_HALTED", detail="trading became halted", numbers=Figures())


def _accepted(prepared: PreparedIntent, state: IntentState, size: Decimal) -> Accepted:
    intent = prepared.intent
    fill = Fill(
        fill_id=f"{intent.cloid}:0",
        cloid=intent.cloid,
        symbol=intent.symbol,
        side=intent.side,
        size=Size(size),
        price=intent.limit_price,
        fee=Usd(D("0.25")),
        liquidity=Liquidity.TAKER,
        time=AT,
        closed_pnl=Usd(D(0)),
    )
    return Accepted(cloid=intent.cloid, state=state, fills=(fill,), venue_order_id="by-hand")


class World:
    """Answers the effects of turns: orders meet their fates in sequence, a chat model says what was written down."""

    def __init__(
        self,
        *fates: Fate,
        reservation: Reserved | Refused = Reserved(),  # noqa: B008 - a frozen value
        reply: CallOutcome | None = None,
        quote: Mark | None = None,
        account: AccountView | None = None,
    ) -> None:
        self._fates = list(fates)
        self._quote = quote
        self.account = account
        """What a second look at the account shows; None where it cannot be read."""
        self._reservation = reservation
        self._reply = reply
        self._bound: Usd | None = None
        self._has_left = False
        self.effects: list[Effect] = []
        """What was asked for, in order."""

    @property
    def names(self) -> list[str]:
        """The effects by their names."""
        return [type(effect).__name__ for effect in self.effects]

    def play(self, turn: TickGenerator, instead: Mapping[int, object] | None = None) -> TickOutcome:
        """Play a turn to its end; `instead` replaces replies by the number of their effect."""
        other = instead or {}
        reply: EffectReply = None
        while True:
            try:
                effect = turn.send(reply)
            except StopIteration as stop:
                outcome: TickOutcome = stop.value
                return outcome
            number = len(self.effects)
            self.effects.append(effect)
            reply = other[number] if number in other else self.answer(effect)  # type: ignore[assignment] # a wrong one

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the effects of one kind."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def look(self) -> AccountSnapshot | None:
        """Return the account as it is now, where it can be read."""
        return None if self.account is None else self.account.freeze()

    def answer(self, effect: Effect) -> EffectReply:
        """Return the right reply to an effect."""
        match effect:
            case Persist():
                fence = Fence(account=paper_account(DEPLOYMENT), epoch=1)
                decision = effect.decision.decision_id
                return tuple(
                    PreparedIntent(intent=intent, fence=fence, decision=decision, prepared_at=AT)
                    for intent in effect.intents
                )
            case Send():
                return self._fates.pop(0)(effect.prepared)
            case Quote() | Look():
                return self._quote if isinstance(effect, Quote) else self.look()
            case Record() | Abandon():
                return None
            case Reserve() | Ask() | UseTool() | Forgo():
                return self._think(effect)
            case _:
                assert_never(effect)

    def leaves(self) -> None:
        """Take it that a call is on its way, though its answer may not be waited for."""
        self._has_left = True

    def _think(self, effect: Reserve | Ask | UseTool | Forgo) -> EffectReply:
        match effect:
            case Reserve(bound=bound):
                self._bound, self._has_left = bound, False
                return self._reservation
            case Ask():
                assert self._reply is not None, "this turn was not expected to ask"
                cost = self._reply.usage.cost_usd
                return Asked(outcome=self._reply, cost_usd=(self._bound or _FREE) if cost is None else cost)
            case UseTool():
                return ToolResult(content="{}")
            case Forgo(cause=cause):
                lost = Failed(
                    failure=CallFailure.TIMED_OUT, detail=cause, request_hash="", never_left=not self._has_left
                )
                cost = self._bound if self._has_left else None
                return Asked(outcome=lost, cost_usd=cost or _FREE, is_broken_off=True)
