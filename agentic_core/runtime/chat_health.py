"""Counts the turns in a row without a usable answer of the chat model, and calls a human when they are many."""

from collections.abc import Callable
from typing import Final

from agentic_core.domain.chat import UnusableCause
from agentic_core.domain.decision import EngineResult
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.runtime.chat_desk import OVER_CAP
from agentic_core.runtime.last_turn import unusable_cause

__all__ = ["IN_A_ROW", "ChatHealth"]

IN_A_ROW: Final = 3
"""So many turns without a usable answer are no accident any more."""

_AT_ONCE: Final = frozenset({UnusableCause.NOT_ALLOWED, UnusableCause.LEAKED})
"""What asking again does not cure."""


class ChatHealth:
    """How the chat model of one deployment is doing."""

    def __init__(self, say: Say, page: Callable[[str], None]) -> None:
        """Begin with a chat model that is well; `page` calls a human, who may answer with any command."""
        self._say = say
        self._page = page
        self._in_a_row = 0
        self._has_called = False

    def turned(self, result: EngineResult) -> None:
        """Take in what came of a turn in which the chat model was asked."""
        cause = unusable_cause(result)
        if cause is None:
            self._in_a_row, self._has_called = 0, False
        else:
            self._count(cause, cause)

    def refused(self, reason: str) -> None:
        """Take in a turn whose first call was not paid for; only caps go on refusing, and nobody else tells of that."""
        if reason.startswith(OVER_CAP):
            self._count(UnusableCause.OVER_BUDGET, reason)

    def _count(self, cause: UnusableCause, told: str) -> None:
        self._in_a_row += 1
        if not self._has_called and (cause in _AT_ONCE or self._in_a_row >= IN_A_ROW):
            self._has_called = True
            self._call(cause, told)

    def _call(self, cause: UnusableCause, told: str) -> None:
        words = f"the chat model gave no usable answer in {self._in_a_row} turn(s) in a row, the last time: {told}"
        self._say(LogEvent.CHAT_DEGRADED, words, level=LogLevel.ERROR, turns=self._in_a_row, cause=cause)
        self._say(LogEvent.HUMAN_NEEDED, words, level=LogLevel.ERROR)
        self._page(words)
