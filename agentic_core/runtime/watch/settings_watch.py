"""Leverage and account mode as they were set, and whether somebody else changes them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from agentic_core.domain.account_events import LeverageTold, ModeTold
from agentic_core.domain.ids import Symbol
from agentic_core.domain.order import IntentKind
from agentic_core.domain.trading import HaltReason
from agentic_core.execution.life import Life
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.runtime.watch.watched import Watched

__all__ = ["AccountSettings", "SettingsWatch"]


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How the account was set when the watch began."""

    mode: str
    """In the venue's words."""
    leverage: Mapping[Symbol, SymbolLeverage] = {}
    """Of a symbol that is not named, the first telling counts as the beginning."""
    modes_accepted: frozenset[str] = frozenset()
    """Other modes in which the deployment may run as well."""


class SettingsWatch:
    """Says each change that was not ours once; into a mode that is not accepted it halts trading."""

    def __init__(self, watched: Watched, settings: AccountSettings) -> None:
        """Begin with what was set."""
        self._watched: Final = watched
        self._mode = settings.mode
        self._modes_accepted: Final = settings.modes_accepted | {settings.mode}
        self._leverage: Final = dict(settings.leverage)

    def leverage_told(self, told: LeverageTold) -> None:
        """Take in what a symbol is set to."""
        new = SymbolLeverage(leverage=told.leverage, isolated=told.isolated)
        old = self._leverage.get(told.symbol, new)
        self._leverage[told.symbol] = new
        if new == old or any(_sets(life, told.symbol, new) for life in self._watched.orders.lives.values()):
            return
        message = f"the leverage of {told.symbol} was changed from {_said(old)} to {_said(new)}, and not by us"
        self._watched.say(
            LogEvent.SETTINGS_CHANGED,
            message,
            level=LogLevel.WARN,
            symbol=told.symbol,
            setting="leverage",
            before=_said(old),
            after=_said(new),
        )

    async def mode_told(self, told: ModeTold) -> None:
        """Take in how the account keeps its money."""
        old = self._mode
        if told.mode == old:
            return
        detail = f"the account's mode was changed from {old} to {told.mode}"
        accepted = told.mode in self._modes_accepted
        if not accepted:
            await self._watched.halt(HaltReason.MODE_CHANGED, detail)
        self._mode = told.mode
        self._watched.say(
            LogEvent.SETTINGS_CHANGED,
            detail
            if accepted
            else f"{detail}, in which this deployment does not run; change it back, then clear the halt",
            level=LogLevel.WARN if accepted else LogLevel.ERROR,
            setting="mode",
            before=old,
            after=told.mode,
        )


def _sets(life: Life, symbol: Symbol, wanted: SymbolLeverage) -> bool:
    intent = life.intent
    is_asked = intent.kind is IntentKind.LEVERAGE and intent.symbol == symbol and life.sends > 0
    return is_asked and (intent.leverage, intent.isolated) == (wanted.leverage, wanted.isolated)


def _said(setting: SymbolLeverage) -> str:
    return f"{setting.leverage}x {'isolated' if setting.isolated else 'cross'}"
