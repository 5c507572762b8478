"""Prices opening orders by the book before they are written down."""

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from agentic_core.domain.decision import Decision, Denied
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.market import Book
from agentic_core.domain.order import OrderIntent, PreparedIntent, SendOutcome
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.slippage import priced_by_book
from agentic_core.ports.market_data import ExecutionBooks
from agentic_core.runtime.interpreter import Sender

__all__ = ["BookPriced"]

_PATIENCE_S: Final = 1.0
"""How long a book is waited for; without it the collar around the mark is the limit."""


class BookPriced:
    """A `Sender` before another, whose immediate opening orders are limited by what the book asks for their size."""

    def __init__(self, desk: Sender, books: ExecutionBooks, instruments: Mapping[Symbol, Instrument]) -> None:
        """Stand before a desk."""
        self._desk: Final = desk
        self._books: Final = books
        self._instruments: Final = instruments

    async def prepare(self, decision: Decision, intents: Sequence[OrderIntent]) -> tuple[PreparedIntent, ...]:
        """Price the intents, and write them down as the desk does."""
        return await self._desk.prepare(decision, [await self._priced(intent) for intent in intents])

    async def submit(self, prepared: PreparedIntent) -> SendOutcome | Denied:
        """Send as the desk does."""
        return await self._desk.submit(prepared)

    async def withdraw(self, prepared: PreparedIntent, cause: str) -> None:
        """Give up an intent that was never sent."""
        await self._desk.withdraw(prepared, cause)

    async def _priced(self, intent: OrderIntent) -> OrderIntent:
        instrument = self._instruments.get(intent.symbol)
        if intent.reduce_only or instrument is None:
            return intent
        return priced_by_book(intent, await self._book(intent.symbol), instrument)

    async def _book(self, symbol: Symbol) -> Book | None:
        with anyio.move_on_after(_PATIENCE_S):
            try:
                return await self._books.book(symbol)
            except VenueUnavailable:
                pass
        return None
