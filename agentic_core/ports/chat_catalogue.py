"""The chat models that are offered, with what they cost: one source for the skill editor, the meter and the checks."""

from decimal import Decimal
from typing import Protocol

import msgspec

from agentic_core.domain.money import Usd
from agentic_core.domain.times import Instant

__all__ = ["ChatModelCard", "ChatModelCatalogue"]


class ChatModelCard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One chat model."""

    id: str
    """As a skill names it, such as vendor/name."""
    name: str
    prompt_usd_mtok: Decimal | None
    """The highest price of a million tokens read, over every condition; None is unknown, never free."""
    completion_usd_mtok: Decimal | None
    """The same of tokens written."""
    request_usd: Decimal = Decimal(0)
    """What every call costs besides."""
    context_tokens: int | None = None
    knowledge_until: Instant | None = None
    """What happened later it cannot have learned; None where nobody says."""
    knowledge_source: str = ""
    """Who says so."""

    @property
    def prices(self) -> tuple[Decimal, Decimal] | None:
        """What a million tokens cost, read and written; None where one of the two is unknown."""
        if self.prompt_usd_mtok is None or self.completion_usd_mtok is None:
            return None
        return self.prompt_usd_mtok, self.completion_usd_mtok


class ChatModelCatalogue(Protocol):
    """Every model that can be chosen."""

    @property
    def as_of(self) -> str:
        """Which edition of the prices this is."""

    def cards(self) -> tuple[ChatModelCard, ...]:
        """Return all of them by id."""

    def find(self, model_id: str) -> ChatModelCard | None:
        """Return one, or None; an alias that moves to newer models is found under what it names today."""

    def bound(self, model_id: str, *, prompt_bytes: int, completion_tokens: int) -> Usd | None:
        """Return the most a call can cost, rounded up to a hundred-millionth of a dollar; None when unknown.

        A token is at least one byte of text, so the bytes of a request are never fewer than its tokens but for what
        the provider's own template adds, which is allowed for.
        """
