"""One turn of a deployment: observe, decide, ask the risk engine, persist, send, record.

This generator is the plot of the whole system. It does no I/O: it yields effects and is resumed with their replies,
by an event loop in the live runtime and by a plain loop in a backtest. Nothing is sent that was not made durable in
the step before.
"""

from collections.abc import Generator, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from agentic_core.chat.thought import NotAsked
from agentic_core.domain.account import AccountSnapshot, AccountView
from agentic_core.domain.chat import LastTurn, UnusableCause
from agentic_core.domain.decision import (
    Approved,
    Decision,
    Denied,
    EngineResult,
    Noop,
    NoopResult,
    PlannedOrder,
    RejectedResult,
    Verdict,
)
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import Symbol, TickId, decision_of, trace_of
from agentic_core.domain.market import Mark, MarketView
from agentic_core.domain.money import Size
from agentic_core.domain.order import Accepted, IntentState, PreparedIntent, Rejected, Unresolved
from agentic_core.domain.times import Instant
from agentic_core.domain.trading import TradingState
from agentic_core.errors import UsageError
from agentic_core.execution import Stale, check_mark, plan_intents
from agentic_core.risk import process
from agentic_core.runtime.asking import Wish, ask, question_of
from agentic_core.runtime.effects import Abandon, Effect, EffectReply, Look, Persist, Quote, Record, Send
from agentic_core.runtime.judging import hinges_on_account, judge_again, judge_off_leash
from agentic_core.runtime.last_turn import unusable_cause
from agentic_core.runtime.mandate import ByRules, Mandate
from agentic_core.runtime.results import Leg, compose

__all__ = ["Held", "Skipped", "TickGenerator", "TickOutcome", "Turned", "flatten", "tick"]


class Held(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Nothing was proposed, and nothing was recorded for it."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The turn could not be taken; no proposal was asked for."""

    reason: str
    marks: int = 1
    """For how many marks it stands."""


class Turned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The turn was taken and recorded."""

    decision: Decision
    result: EngineResult

    @property
    def unusable(self) -> UnusableCause | None:
        """Why a chat model that was asked gave no usable answer; None where it gave one, or none was asked."""
        return unusable_cause(self.result)


TickOutcome: TypeAlias = Held | Skipped | Turned
TickGenerator: TypeAlias = Generator[Effect, EffectReply, TickOutcome]

_HELD = Held()
_OUTCOMES = (Accepted, Rejected, Unresolved, Denied)
_Kind = TypeVar("_Kind")


def tick(  # noqa: PLR0913 - what a turn is made of
    mandate: Mandate,
    market: MarketView,
    account: AccountView,
    state: TradingState,
    *,
    mark: Instant,
    record_holds: bool,
    last: LastTurn | None = None,
) -> TickGenerator:
    """Take the turn of a mark.

    Args:
        mandate: what may be done and who decides.
        market: what is visible; valid until the next mark, and in life as young as the venue's present.
        account: what is held; valid until the next mark.
        state: what may be traded.
        mark: names the turn, its decision and its orders, whenever it is taken.
        record_holds: whether a turn without a proposal is recorded too; a backtest counts holds instead.
        last: what became of the turn before, for a chat model; rules do not see it.
    """
    decider = mandate.decider
    if isinstance(decider, ByRules):
        action = decider.policy(market, account)
        if action is None and not record_holds:
            return _HELD
        wish = Wish(action=action)
        verdict = process(action, account, market, mandate.limits, state)
        digest = TickId(deployment=mandate.deployment, mark=mark).digest()
    else:
        digest = TickId(deployment=mandate.deployment, mark=mark).digest()
        question = question_of(mandate, decider, digest, market, account, state, mark=mark, last=last)
        asked = yield from ask(decider, question)
        if isinstance(asked, NotAsked):
            return Skipped(reason=asked.reason)
        wish = asked
        verdict = yield from _judge(mandate, wish, market, account, state)
    decision = _decision(mandate, digest, mark, market, account, wish, verdict)
    result = yield from _carry_out(mandate, digest, market, decision)
    yield Record(decision=decision, result=result)
    return Turned(decision=decision, result=result)


def _judge(
    mandate: Mandate, wish: Wish, market: MarketView, account: AccountView, state: TradingState
) -> Generator[Effect, EffectReply, Verdict]:
    action, limits = wish.action, mandate.limits
    if action is None:
        return Noop() if wish.unusable is None else Noop(reason=wish.unusable)
    if wish.off_leash is not None:
        return judge_off_leash(action, account, market, limits, wish.off_leash)
    verdict = process(action, account, market, limits, state)
    if not hinges_on_account(verdict):
        return verdict
    fresh = yield Look()
    seen_again = None if fresh is None else _expect(fresh, AccountSnapshot)
    return judge_again(action, account, seen_again, market, limits, state)


def flatten(
    mandate: Mandate, tick_id: TickId, market: MarketView, account: AccountView
) -> Generator[Effect, EffectReply, TickOutcome]:
    """Close every position, each on its own, without asking anyone; the turn is recorded as decided by its cause.

    The cause of the turn names it: `command:` and an id for a person's, `halt:` and a reason for a halt's.
    """
    plan = tuple(
        PlannedOrder(symbol=held.symbol, side=held.closing_side, size=Size(abs(held.size)), reduce_only=True)
        for held in account.positions.values()
    )
    verdict: Verdict = Approved(plan=plan, numbers=Figures()) if plan else Noop(reason="nothing_to_close")
    wish = Wish(action=None, text=f"flatten: {len(plan)} position(s)")
    digest = tick_id.digest()
    decision = _decision(mandate, digest, tick_id.mark, market, account, wish, verdict)
    decided_by = tick_id.cause if tick_id.cause.startswith("halt:") else "command:flatten"
    decision = msgspec.structs.replace(decision, decided_by=decided_by)
    result = yield from _carry_out(mandate, digest, market, decision, independent=True)
    yield Record(decision=decision, result=result)
    return Turned(decision=decision, result=result)


def _decision(  # noqa: PLR0913 - what a decision is made of
    mandate: Mandate,
    digest: str,
    mark: Instant,
    market: MarketView,
    account: AccountView,
    wish: Wish,
    verdict: Verdict,
) -> Decision:
    return Decision(
        decision_id=decision_of(digest),
        trace_id=trace_of(digest),
        deployment=mandate.deployment,
        skill=mandate.skill,
        skill_version=mandate.skill_version,
        tick_at=mark,
        decided_by=mandate.decider.label,
        proposed_action=wish.action,
        verdict=verdict,
        equity=account.equity,
        marks={symbol: seen.price for symbol in mandate.symbols if (seen := market.mark(symbol)) is not None},
        usage=wish.usage,
        final_text=wish.text or (wish.action.reason if wish.action is not None else ""),
        context_hash=wish.context_hash,
        steps=wish.steps,
    )


def _carry_out(
    mandate: Mandate, digest: str, market: MarketView, decision: Decision, *, independent: bool = False
) -> Generator[Effect, EffectReply, EngineResult]:
    verdict = decision.verdict
    match verdict:
        case Approved():
            prices = yield from _quote(verdict.plan, market, mandate.limits.mark_age_ms_max)
            plan = [leg for leg in verdict.plan if leg.symbol in prices or market.mark(leg.symbol) is not None]
            if not plan:
                return RejectedResult(rule="R4_NO_PRICE", detail="nothing has a price to close at; look at the venue")
            intents = plan_intents(plan, mandate.account, digest, market, mandate.limits.collar_bps, prices)
            prepared = _expect((yield Persist(decision=decision, intents=intents)), tuple)
            if len(prepared) != len(intents):
                message = f"the reply to Persist has {len(prepared)} intents, {len(intents)} were to be made durable"
                raise UsageError(message)
            legs = yield from _send_all(prepared, independent=independent)
            return compose(legs)
        case Denied():
            return RejectedResult(rule=verdict.rule, detail=verdict.detail, numbers=verdict.numbers)
        case Noop():
            return NoopResult(reason=verdict.reason)


def _quote(
    plan: Sequence[PlannedOrder], market: MarketView, age_ms_max: int
) -> Generator[Effect, EffectReply, dict[Symbol, Mark]]:
    # A close does not wait for a mark, and is not priced off an old one: it finds a price of its own.
    prices: dict[Symbol, Mark] = {}
    for leg in plan:
        if leg.reduce_only and isinstance(check_mark(market.mark(leg.symbol), market.as_of, age_ms_max), Stale):
            reply = yield Quote(symbol=leg.symbol)
            if isinstance(reply, Mark):
                prices[leg.symbol] = reply
    return prices


def _send_all(prepared: Sequence[PreparedIntent], *, independent: bool) -> Generator[Effect, EffectReply, list[Leg]]:
    legs: list[Leg] = []
    for position, one in enumerate(prepared):
        outcome = yield Send(prepared=one)
        if not isinstance(outcome, _OUTCOMES):
            message = f"the reply to Send was {outcome!r}"
            raise UsageError(message)
        legs.append(Leg(intent=one.intent, outcome=outcome))
        if independent or (isinstance(outcome, Accepted) and outcome.state is IntentState.FILLED):
            continue
        # A later leg relies on the ones before it: opening on top of an unclosed position was not approved.
        for left in prepared[position + 1 :]:
            yield Abandon(prepared=left, cause="the leg before it did not fill")
        break
    return legs


def _expect(reply: object, kind: type[_Kind]) -> _Kind:
    if not isinstance(reply, kind):
        message = f"the reply to an effect was {reply!r}, {kind.__name__} was expected"
        raise UsageError(message)
    return reply
