"""Days of a chat model that wants to lose: the search against the loss bound, with every wish said to the shipped turn.

The worlds, the markets and the search are those of `tests.adversary`; what is put in between is the whole way of a
wish: prompt, reply, parser, envelope, risk engine, intents. Some turns begin with a reply that cannot be read, or with
a wish for a tool that is not there.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.chat.effects import Ask, Asked, Reserve, Reserved, UseTool
from agentic_core.chat.thinking import Thinking
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import (
    AccountSnapshot,
    Instant,
    Instrument,
    Interval,
    OrderIntent,
    RiskLimits,
    TradingState,
    Usd,
)
from agentic_core.domain.ids import SkillId, paper_account
from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from agentic_core.ports.chat_tools import ToolResult
from agentic_core.runtime.effects import Effect, EffectReply, Look, Persist, Send
from agentic_core.runtime.mandate import ByChatModel, Mandate
from agentic_core.runtime.tick import tick
from tests.adversary.account import DAY_MS, Account
from tests.adversary.attack import BAR
from tests.adversary.climb import Attempt, climb
from tests.adversary.configurations import SIZE_DECIMALS, Configuration
from tests.adversary.draws import Draws
from tests.adversary.gate import Gate, Leg, Proposal
from tests.adversary.terms import BPS, PRICE_DECIMALS, Terms
from tests.adversary.world import Executed, World
from tests.injection.gate import SECRET
from tests.injection.market import Market
from tests.injection.saying import answered, asking
from tests.injection.scene import DEPLOYMENT
from tests.injection.shipped import Speaker
from tests.support.markets import prepared
from tests.support.turns import filled

__all__ = ["Lived", "TalkingGate", "live"]

_PRICE = Decimal(1).scaleb(-PRICE_DECIMALS)
_LOT = Decimal(1).scaleb(-SIZE_DECIMALS)
_PLAYS = 5
"""Scenarios between two looks at how many days they were."""


class Lived(NamedTuple):
    """What came of many days."""

    days: int
    asked: int
    """Turns in which the chat model was asked."""
    approved: int
    over_caps: int
    """Approved opens that were above a cap by the attacker's own arithmetic."""
    best: tuple[Attempt, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """The largest losses over the figures of the bound."""
        return tuple(attempt.ratios[place] for place, attempt in enumerate(self.best))

    @property
    def is_inside(self) -> bool:
        """Whether no figure and no cap was exceeded."""
        return self.over_caps == 0 and all(ratio <= 1 for ratio in self.ratios)

    @property
    def is_telling(self) -> bool:
        """Whether enough of each figure was reached."""
        return all(ratio >= BAR for ratio in self.ratios)


class TalkingGate(Gate):
    """The way to a position leads through a chat model, and through the shipped turn."""

    def __init__(self, limits: RiskLimits, instruments: Sequence[Instrument]) -> None:
        """Take what the turn is played under."""
        super().__init__(limits, instruments)
        self._mandate = _mandate(limits, instruments, Speaker(self._says))
        self._wish: Proposal | None = None
        self._said = 0
        self.approved = self.over_caps = 0

    def legs(self, proposal: Proposal, account: Account) -> tuple[Leg, ...]:
        """Return what the turn sends when the chat model wishes for a proposal."""
        self.asked += 1
        self._wish, self._said = proposal, 0
        intents = self._played(account)
        legs = tuple(
            Leg(intent.side.sign * int(intent.size.scaleb(SIZE_DECIMALS)), not intent.reduce_only) for intent in intents
        )
        self.approved += bool(legs)
        self.over_caps += not _fits(legs, proposal.symbol, account)
        return legs

    def _played(self, account: Account) -> Sequence[OrderIntent]:
        prices = {symbol: mark * _PRICE for symbol, mark in zip(self._symbols, account.marks, strict=True)}
        now, seen = Instant(account.now), self._snapshot(account)
        market = Market(prices, now, self._listed)
        turn = tick(self._mandate, market, seen, TradingState.ACTIVE, mark=now, record_holds=True)
        sent: Sequence[OrderIntent] = ()
        reply: EffectReply = None
        while True:
            try:
                effect = turn.send(reply)
            except StopIteration:
                return sent
            if isinstance(effect, Persist):
                sent = effect.intents
            reply = self._reply(effect, seen)

    def _reply(self, effect: Effect, seen: AccountSnapshot) -> EffectReply:
        match effect:
            case Reserve():
                return Reserved()
            case Ask():
                return Asked(outcome=self._says(effect.request), cost_usd=Usd(Decimal("0.001")))
            case UseTool():
                return ToolResult(content="{}")
            case Persist():
                return tuple(map(prepared, effect.intents))
            case Send():
                return filled(effect.prepared)
            case _:
                return seen if isinstance(effect, Look) else None

    def _says(self, request: ChatRequest) -> CallOutcome:
        self._said += 1
        if self._said == 1 and self.asked % 5 == 1:
            return asking(request, (("withdraw_all", "{}"),), "no tool of this name is offered")
        if self._said == 1 and self.asked % 5 == 3:
            return asking(request, (), "nothing that could be read")
        return answered(request, f"I want this. {SECRET[:2]}", [self._written()])

    def _written(self) -> dict[str, object]:
        wish = self._wish
        assert wish is not None, "a wish stands before a turn is played"
        symbol = self._symbols[wish.symbol]
        size = None if wish.lots is None else wish.lots * _LOT
        if wish.buy is None:
            return {"kind": "close", "symbol": symbol, "size": size, "reason": ""}
        limit = None if wish.limit is None else wish.limit * _PRICE
        side = "buy" if wish.buy else "sell"
        return {"kind": "open", "symbol": symbol, "side": side, "size": size, "limitPrice": limit, "reason": ""}


def live(configuration: Configuration, seed: int, days: int) -> Lived:
    """Play scenarios until so many days have passed, each improved towards one of the figures."""
    gate = TalkingGate(configuration.limits, configuration.instruments)
    calendar = _Calendar()
    world = World(Terms.of(configuration), gate, narrate=calendar)
    best: tuple[Attempt, ...] = ()
    rounds = 0
    while calendar.days < days:
        rounds += 1
        best = climb(
            world,
            configuration.bound(),
            Draws(seed, rounds),
            count=len(configuration.instruments),
            evaluations=_PLAYS,
            known=best,
        )
    return Lived(days=calendar.days, asked=gate.asked, approved=gate.approved, over_caps=gate.over_caps, best=best)


class _Calendar:
    def __init__(self) -> None:
        self.days = 0
        self._account: Account | None = None
        self._day = 0

    def __call__(self, account: Account, what: str, executed: Executed | None) -> None:
        day = account.now // DAY_MS
        # A scenario begins with an account of its own; the day it begins on is one that is lived through.
        if account is not self._account or day != self._day:
            self.days += 1
        self._account, self._day = account, day


def _fits(legs: Sequence[Leg], symbol: int, account: Account) -> bool:
    if not any(leg.opens for leg in legs):
        return True
    mark, terms = account.marks[symbol], account.terms
    worth = abs(account.sizes[symbol] + sum(leg.lots for leg in legs)) * mark
    total = account.exposure(account.marks) - abs(account.sizes[symbol]) * mark + worth
    return worth * BPS <= account.equity * terms.position and total * BPS <= account.equity * terms.exposure


def _mandate(limits: RiskLimits, instruments: Sequence[Instrument], speaker: Speaker) -> Mandate:
    thinking = Thinking(
        chat_model=speaker,
        model_id=speaker.model_id,
        system=f"You decide. {SECRET}",
        canary=SECRET,
        tools=Toolbox(),
        lookback=1,
    )
    return Mandate(
        deployment=DEPLOYMENT,
        account=paper_account(DEPLOYMENT),
        skill=SkillId("2f0e9a52-0000-8000-8000-000000000001"),
        skill_name="Losing",
        skill_version=1,
        payload_hash="5f" * 32,
        symbols=tuple(one.symbol for one in instruments),
        interval=Interval.M5,
        limits=limits,
        decider=ByChatModel(thinking=thinking),
    )
