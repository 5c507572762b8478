"""One run of a chat-model skill as a value, and the callable that runs it, so that a study can ask for several."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import msgspec

from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine_run import Progress
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.run import RunRecord
from agentic_core.ports.untrusted_text import NewsFeed
from agentic_core.skills.schema import Skill

__all__ = ["ChatTrial", "RunTrial"]


class ChatTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is about; a masked run differs in all of it from the plain one."""

    skill: Skill
    dataset: Dataset
    """Candles at the skill's interval."""
    instruments: Mapping[Symbol, Instrument]
    news: Callable[[NewsFeed], NewsFeed] | None = None
    """How a feed of the real world is read in this market; None as it is."""


RunTrial: TypeAlias = Callable[[ChatTrial, Progress | None], Awaitable[RunRecord]]
"""Runs a trial; several may be under way at once, and share one tape, one limit of calls and one purse.

Raises `TapeMiss` where an exchange is not on the tape and nothing may be spent on it.
"""
