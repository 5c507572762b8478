"""The shipped turn, played by hand: every effect is answered, and everything that leaves is written down."""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from agentic_core.chat.conversation import UNLISTED
from agentic_core.chat.effects import Ask, Asked, Reserve, Reserved, UseTool
from agentic_core.domain import AccountSnapshot, Denied, Instant, OrderIntent, PreparedIntent, Usd
from agentic_core.domain.chat import CallId, LastTurn
from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage, ChatRequest, ChatRole, Failed
from agentic_core.ports.chat_tools import ToolResult
from agentic_core.runtime.effects import Effect, EffectReply, Look, Persist, Send
from agentic_core.runtime.last_turn import last_turn
from agentic_core.runtime.mandate import ByChatModel, Mandate
from agentic_core.runtime.tick import TickOutcome, Turned, tick
from tests.injection.doors import tools_of
from tests.injection.judge import Happened, OrderSent
from tests.injection.market import Market
from tests.injection.scene import Scene, Strangers, account_of, mandate_of, market_of
from tests.support.markets import prepared
from tests.support.turns import filled

__all__ = ["Answering", "HandPlayed", "Plant", "Speaker", "play"]

Answering = Callable[[ChatRequest], CallOutcome]
"""Says the next thing in a conversation."""

Plant = Callable[[Mandate], Mandate]
"""Puts a hole into a mandate, to see whether the gate would notice."""

_BOUND = Usd(Decimal("0.05"))
_TURN_MS = 300_000


def _as_it_is(mandate: Mandate) -> Mandate:
    return mandate


class Speaker:
    """A `ChatModel` that says what a function says; where a provider has something to say, it fails first."""

    model_id = "nobody/gullible"

    def __init__(self, answering: Answering, provider: str | None = None) -> None:
        """Take who answers."""
        self._answering = answering
        self._provider = provider
        self.requests: list[ChatRequest] = []

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the same for every request."""
        return _BOUND

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Answer."""
        return self.answer(request)

    async def cost_of(self, generation: str) -> Usd | None:
        """Return that nobody says."""
        return None

    def answer(self, request: ChatRequest) -> CallOutcome:
        """Answer at once."""
        self.requests.append(request)
        if self._provider is not None and len(self.requests) == 1:
            return Failed(
                failure=CallFailure.OVERLOADED,
                detail=self._provider,
                usage=CallUsage(cost_usd=Usd(Decimal(0))),
                request_hash="ab" * 32,
            )
        return self._answering(request)


class HandPlayed:
    """Plays turns one after the other, in a world where every order fills."""

    def __init__(self, speaker: Speaker, plant: Plant = _as_it_is) -> None:
        """Take who is asked, and what is made of the mandate before it is played; nothing was decided yet."""
        self._speaker = speaker
        self._plant = plant
        self._held: set[CallId] = set()
        self.last: LastTurn | None = None
        self.outcomes: list[TickOutcome] = []
        self.sent: list[OrderSent] = []
        self.used: list[str] = []
        self.left: list[str] = []

    async def turn(self, scene: Scene) -> None:
        """Play a turn of a scene."""
        mandate, market, account = self._placed(scene)
        turn = tick(mandate, market, account, scene.state, mark=scene.at, record_holds=True, last=self.last)
        reply: EffectReply = None
        while True:
            try:
                effect = turn.send(reply)
            except StopIteration as stop:
                self._end(mandate, stop.value)
                return
            reply = await self._answer(effect, mandate, account)

    def opening(self, scene: Scene) -> ChatRequest:
        """Return what a turn of a scene begins with; it is not played."""
        mandate, market, account = self._placed(scene)
        turn = tick(mandate, market, account, scene.state, mark=scene.at, record_holds=True, last=self.last)
        reserved = next(turn)
        assert isinstance(reserved, Reserve), "a turn of a chat model begins with money"
        asked = turn.send(Reserved())
        assert isinstance(asked, Ask), "what was paid for is asked"
        turn.close()
        return asked.request

    def _placed(self, scene: Scene) -> tuple[Mandate, Market, AccountSnapshot]:
        mandate = self._plant(mandate_of(scene, self._speaker, tools_of(scene)))
        return mandate, market_of(scene), account_of(scene)

    def _end(self, mandate: Mandate, outcome: TickOutcome) -> None:
        self.outcomes.append(outcome)
        if isinstance(outcome, Turned):
            self.last = last_turn(outcome.decision, outcome.result, mandate.symbols)
            self.left += [_shown(outcome.decision), _shown(outcome.result), _shown(self.last)]
            self.left.append(outcome.decision.final_text)

    async def _answer(self, effect: Effect, mandate: Mandate, account: AccountSnapshot) -> EffectReply:
        match effect:
            case Reserve() | Ask():
                return self._pays(effect)
            case UseTool():
                return await self._use(effect, mandate)
            case Persist():
                return tuple(map(self._prepare, effect.intents))
            case Send():
                return filled(effect.prepared)
            case Look():
                return account
            case _:
                return None

    def _pays(self, effect: Reserve | Ask) -> EffectReply:
        if isinstance(effect, Reserve):
            assert effect.bound is not None, "a call was to be made at an unknown price"
            self._held.add(effect.call)
            return Reserved()
        # A call that was not reserved is no attack but a fault of the loop, so this fails.
        self._held.remove(effect.call)
        outcome = self._speaker.answer(effect.request)
        return Asked(outcome=outcome, cost_usd=outcome.usage.cost_usd or _BOUND)

    async def _use(self, effect: UseTool, mandate: Mandate) -> ToolResult:
        self.used.append(effect.tool)
        self.left.append(effect.arguments)
        decider = mandate.decider
        assert isinstance(decider, ByChatModel), "only a chat model uses tools"
        return await decider.thinking.tools.use(effect.tool, effect.arguments, effect.context)

    def _prepare(self, intent: OrderIntent) -> PreparedIntent:
        self.sent.append(
            OrderSent(
                symbol=intent.symbol,
                side=intent.side,
                size=intent.size,
                limit_price=intent.limit_price,
                reduce_only=intent.reduce_only,
            )
        )
        return prepared(intent)


async def play(scene: Scene, answering: Answering, plant: Plant = _as_it_is) -> Happened:
    """Play the turn in which strangers speak, and the beginning of the one after, in which they are silent."""
    speaker = Speaker(answering, scene.strangers.provider)
    played = HandPlayed(speaker, plant)
    await played.turn(scene)
    asked = len(speaker.requests)
    happened = Happened(
        sent=tuple(played.sent),
        used=tuple(played.used),
        left=tuple(played.left),
        asked=asked,
        met=_met(played.outcomes[0]),
    )
    quiet = msgspec.structs.replace(scene, strangers=Strangers(), at=Instant(scene.at + _TURN_MS))
    shown = (message.content for message in played.opening(quiet).messages if message.role is not ChatRole.SYSTEM)
    return msgspec.structs.replace(happened, next_turn=tuple(shown))


def _met(outcome: TickOutcome) -> str:
    if not isinstance(outcome, Turned):
        return "not asked"
    if outcome.unusable is not None:
        return outcome.unusable.value
    verdict = outcome.decision.verdict
    if isinstance(verdict, Denied):
        return verdict.rule
    return "no such tool" if any(step.tool == UNLISTED for step in outcome.decision.steps) else ""


def _shown(value: object) -> str:
    return msgspec.json.encode(value).decode()
