"""One source of chat models and prices: an operator's own cards first, then the provider's listing, then the list."""

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal

import msgspec

from agentic_core.chat.catalogue.knowledge import KNOWLEDGE_SOURCE, knowledge_until
from agentic_core.chat.catalogue.price_list import PriceList
from agentic_core.domain.money import Usd
from agentic_core.ports.chat_catalogue import ChatModelCard

__all__ = ["TEMPLATE_TOKENS", "Catalogue"]

TEMPLATE_TOKENS = 4_096
"""Allowed for what a provider puts around a request: its chat template and its instructions for tools."""

_MICROCENT = Decimal("0.00000001")
_MILLION = Decimal(1_000_000)


class Catalogue:
    """Chat models by id."""

    def __init__(
        self,
        *,
        own: Iterable[ChatModelCard] = (),
        listed: Iterable[ChatModelCard] = (),
        edition: str = "",
        price_list: PriceList | None = None,
    ) -> None:
        """Put the sources in their order.

        Args:
            own: what an operator wrote; a card of theirs stands for every other of its id.
            listed: what a provider listed, as it was fetched last.
            edition: when that was.
            price_list: the offline list; None where nothing else shall be known.
        """
        self._own = {card.id: card for card in own}
        self._listed = {card.id: _dated(card) for card in listed}
        self._edition = edition
        self._price_list = price_list

    @property
    def as_of(self) -> str:
        """Which edition of the prices this is."""
        sources = [f"{len(self._own)} of your own"] if self._own else []
        sources += [f"{len(self._listed)} listed {self._edition}".strip()] if self._listed else []
        sources += [self._price_list.edition] if self._price_list is not None else []
        return ", ".join(sources) or "nothing is known"

    def cards(self) -> tuple[ChatModelCard, ...]:
        """Return all of them by id."""
        offline = {} if self._price_list is None else self._price_list.cards()
        merged = {**offline, **self._listed, **self._own}
        return tuple(merged[model_id] for model_id in sorted(merged))

    def find(self, model_id: str) -> ChatModelCard | None:
        """Return one, or None; a dated or older spelling of an id is found under what it is priced as."""
        card = self._own.get(model_id) or self._listed.get(model_id)
        return card if card is not None or self._price_list is None else self._price_list.find(model_id)

    def bound(self, model_id: str, *, prompt_bytes: int, completion_tokens: int) -> Usd | None:
        """Return the most a call can cost, rounded up to a hundred-millionth of a dollar; None when unknown."""
        card = self.find(model_id)
        if card is None or card.prices is None:
            return None
        read, written = card.prices
        cost = ((prompt_bytes + TEMPLATE_TOKENS) * read + completion_tokens * written) / _MILLION + card.request_usd
        return Usd(cost.quantize(_MICROCENT, rounding=ROUND_UP))


def _dated(card: ChatModelCard) -> ChatModelCard:
    if card.knowledge_until is not None:
        return card
    until = knowledge_until(card.id)
    return (
        card
        if until is None
        else msgspec.structs.replace(card, knowledge_until=until, knowledge_source=KNOWLEDGE_SOURCE)
    )
