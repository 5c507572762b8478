"""Performs the effects of a tick through the ports."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, assert_never

from agentic_core.brokers.guarded import GuardedBroker
from agentic_core.chat.effects import Ask, Reserve, UseTool
from agentic_core.domain.account import AccountSnapshot, AccountView
from agentic_core.domain.decision import Decision, Denied
from agentic_core.domain.order import Fence, OrderIntent, PreparedIntent, Rejected, SendOutcome
from agentic_core.domain.times import Instant
from agentic_core.errors import UsageError, VenueUnavailable
from agentic_core.ports.intents import IntentStore
from agentic_core.ports.repositories import DecisionStore
from agentic_core.runtime.chat_desk import ChatDesk
from agentic_core.runtime.effects import Abandon, Effect, EffectReply, Forgo, Look, Persist, Quote, Record, Send
from agentic_core.runtime.recorder import Recorder

__all__ = ["Interpreter", "Sender"]


class Sender(Protocol):
    """Who takes orders from their writing down to their end; `OrderDesk` is one."""

    async def prepare(self, decision: Decision, intents: Sequence[OrderIntent]) -> tuple[PreparedIntent, ...]:
        """Write a decision and its intents down, and return these in their order."""

    async def submit(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        """Send a durable intent through the gate, and note what came of it."""

    async def withdraw(self, prepared: PreparedIntent, cause: str) -> None:
        """Give up an intent that was never sent."""


class Interpreter:
    """What stands behind the ports during one deployment's life under one lease."""

    def __init__(  # noqa: PLR0913 - the ports of a tick, one each
        self,
        *,
        fence: Fence,
        intents: IntentStore,
        decisions: DecisionStore,
        broker: GuardedBroker,
        recorder: Recorder,
        now: Callable[[], Instant],
        chat: ChatDesk | None = None,
        sender: Sender | None = None,
        look: Callable[[], Awaitable[AccountView]] | None = None,
    ) -> None:
        """Join the ports of one deployment.

        Args:
            fence: the lease under which everything is written.
            intents: where intents become durable.
            decisions: where decisions are recorded.
            broker: the gate orders pass.
            recorder: told of decisions and orders, for the report.
            now: the venue's time.
            chat: performs what a thought asks for; None where only rules decide.
            sender: who takes the orders; None where each ends with the broker's answer, as in a backtest.
            look: reads the account again; None where the broker's own account is all there is.
        """
        self._fence = fence
        self._intents = intents
        self._decisions = decisions
        self._broker = broker
        self._recorder = recorder
        self._now = now
        self._chat = chat
        self._sender = sender
        self._read_account = look or broker.broker.account

    def perform(self, effect: Effect) -> Awaitable[EffectReply]:
        """Perform one effect; what is returned waits for its reply."""
        match effect:
            case Persist():
                return self._prepare(effect)
            case Send():
                return self._send(effect.prepared)
            case Record():
                self._recorder.turn(effect.decision, effect.result)
                return self._decisions.record(self._fence, effect.decision, effect.result)
            case Quote():
                return self._broker.price(effect.symbol)
            case Abandon():
                return self._abandon(effect.prepared, effect.cause)
            case Look() | Reserve() | Ask() | UseTool() | Forgo():
                return self._look() if isinstance(effect, Look) else self._think(effect)
            case _:
                assert_never(effect)

    def _think(self, effect: Reserve | Ask | UseTool | Forgo) -> Awaitable[EffectReply]:
        chat = self._chat
        if chat is None:
            message = "a chat model was asked, but none is configured"
            raise UsageError(message)
        match effect:
            case Reserve():
                return chat.reserve(effect)
            case Ask():
                return chat.ask(effect)
            case UseTool():
                return chat.use(effect)
            case Forgo():
                return chat.forgo(effect)

    def _prepare(self, wanted: Persist) -> Awaitable[tuple[PreparedIntent, ...]]:
        if self._sender is not None:
            return self._sender.prepare(wanted.decision, wanted.intents)
        return self._intents.prepare(self._fence, wanted.decision, wanted.intents, at=self._now())

    def _abandon(self, prepared: PreparedIntent, cause: str) -> Awaitable[None]:
        if self._sender is not None:
            return self._sender.withdraw(prepared, cause)
        return self._settle_unsent(prepared, cause)

    async def _send(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        if self._sender is not None:
            outcome = await self._sender.submit(prepared)
            if not isinstance(outcome, Denied):
                self._recorder.order(self._now(), prepared.intent, outcome)
            return outcome
        outcome = await self._broker.submit(prepared)
        if isinstance(outcome, Denied):
            await self._settle_unsent(prepared, outcome.rule)
            return outcome
        at = self._now()
        self._recorder.order(at, prepared.intent, outcome)
        await self._intents.settle(self._fence, prepared, outcome, at=at)
        return outcome

    async def _settle_unsent(self, prepared: PreparedIntent, cause: str) -> None:
        outcome = Rejected(cloid=prepared.intent.cloid, reason=f"not sent: {cause}")
        await self._intents.settle(self._fence, prepared, outcome, at=self._now())

    async def _look(self) -> AccountSnapshot | None:
        try:
            return (await self._read_account()).freeze()
        except VenueUnavailable:
            return None
