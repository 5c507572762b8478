"""Text that strangers wrote: news and remembered notes."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.times import Instant

__all__ = ["Headline", "Memory", "NewsFeed", "Note", "TextChannel"]


class TextChannel(StrEnum):
    """Through which door foreign text comes in."""

    HEADLINE = "headline"
    TOOL_OUTPUT = "tool_output"
    SYMBOL_NAME = "symbol_name"
    MEMORY = "memory"


class Headline(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One piece of news."""

    published_at: Instant
    source: str
    text: str
    symbols: tuple[Symbol, ...] = ()


class NewsFeed(Protocol):
    """News as it was known at an instant."""

    async def headlines(self, symbols: Sequence[Symbol], *, as_of: Instant, limit: int) -> tuple[Headline, ...]:
        """Return the newest headlines published at `as_of` or before, newest first.

        Raises:
            VenueUnavailable: the source does not answer.
        """


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something written down in an earlier turn."""

    written_at: Instant
    text: str


class Memory(Protocol):
    """Notes of a deployment as they stood at an instant."""

    async def recall(self, deployment: DeploymentId, *, as_of: Instant, limit: int) -> tuple[Note, ...]:
        """Return the newest notes written before `as_of`, newest first.

        Raises:
            VenueUnavailable: the source does not answer.
        """
