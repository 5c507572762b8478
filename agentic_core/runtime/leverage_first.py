"""Sees to the leverage of a symbol before it is opened for the first time."""

from collections.abc import Mapping, Sequence
from typing import Final

from agentic_core.domain.decision import ActionKind, Decision, Denied, ProposedAction
from agentic_core.domain.figures import Figures
from agentic_core.domain.ids import Symbol
from agentic_core.domain.limits import RiskLimits
from agentic_core.domain.money import ZERO
from agentic_core.domain.order import IntentKind, OrderIntent, PreparedIntent, SendOutcome
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.clock import Clock
from agentic_core.risk import deny
from agentic_core.runtime.interpreter import Sender
from agentic_core.runtime.live_account import LiveAccount

__all__ = ["LeverageFirst"]

_AGAIN_MS: Final = 60_000
"""How soon a symbol is tried again that could not be set."""


class LeverageFirst:
    """A `Sender` before another; margin and stops of a symbol that is set otherwise would be reckoned wrongly.

    Nothing is asked at the start: of many symbols most are not opened soon, and each question costs weight.
    """

    def __init__(
        self,
        sender: Sender,
        account: LiveAccount,
        wanted: Mapping[Symbol, SymbolLeverage],
        *,
        limits: RiskLimits,
        clock: Clock,
        say: Say,
    ) -> None:
        """Stand before a sender with what has to be set."""
        self._sender: Final = sender
        self._account: Final = account
        self._unset: Final = dict(wanted)
        self._limits: Final = limits
        self._clock: Final = clock
        self._say: Final = say
        self._try_from: dict[Symbol, int] = {}

    async def prepare(self, decision: Decision, intents: Sequence[OrderIntent]) -> tuple[PreparedIntent, ...]:
        """See to the leverage of what is opened, then write the decision and its intents down."""
        for symbol in dict.fromkeys(intent.symbol for intent in intents if self._is_unset(intent)):
            await self._see_to(symbol)
        return await self._sender.prepare(decision, intents)

    async def submit(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        """Send a durable intent, unless it opens what is not set."""
        intent = prepared.intent
        if not self._is_unset(intent):
            return await self._sender.submit(prepared)
        await self._sender.withdraw(prepared, "R6_LEVERAGE_CHANGE")
        action = ProposedAction(kind=ActionKind.OPEN, symbol=intent.symbol, side=intent.side, size=intent.size)
        figures = Figures(held=intent.position_before or ZERO, unresolved=0, leverage_max=self._limits.leverage_max)
        return deny("R6_LEVERAGE_CHANGE", action, figures)

    async def withdraw(self, prepared: PreparedIntent, cause: str) -> None:
        """Give up an intent that was never sent."""
        await self._sender.withdraw(prepared, cause)

    def _is_unset(self, intent: OrderIntent) -> bool:
        return intent.kind is IntentKind.ORDER and not intent.reduce_only and intent.symbol in self._unset

    async def _see_to(self, symbol: Symbol) -> None:
        # Here nothing is written down of the open yet, so that it keeps no change from passing the gate.
        now = self._clock.boottime_ms()
        if self._try_from.get(symbol, now) > now:
            return
        failures = await self._account.set_leverages({symbol: self._unset[symbol]})
        if symbol not in failures:
            del self._unset[symbol]
            return
        self._try_from[symbol] = self._clock.boottime_ms() + _AGAIN_MS
        message = f"{symbol} is not opened before its leverage is set: {failures[symbol]}"
        self._say(LogEvent.SETTINGS_CHANGED, message, level=LogLevel.WARN, symbol=symbol, setting="leverage")
