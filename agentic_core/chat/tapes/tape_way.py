"""How the exchanges of a tape were asked for, which is in none of them: the form of requests, and the prices held."""

from collections.abc import Iterable
from typing import Self

import msgspec

from agentic_core.chat.wire import Flavour
from agentic_core.ports.chat_catalogue import ChatModelCard, ChatModelCatalogue

__all__ = ["TapeWay"]


class TapeWay(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay on another machine needs besides the exchanges, so as to ask and to reckon the same."""

    flavour: Flavour
    cards: dict[str, ChatModelCard]
    """By the names that skills use; those that were known."""

    @classmethod
    def of(cls, flavour: Flavour, catalogue: ChatModelCatalogue, names: Iterable[str]) -> Self:
        """Return the way to the chat models of these names."""
        found = {name: catalogue.find(name) for name in names}
        return cls(flavour=flavour, cards={name: card for name, card in found.items() if card is not None})

    def after(self, earlier: "TapeWay | None") -> "TapeWay":
        """Return this way with the cards of an earlier one that it does not know."""
        known = {} if earlier is None else earlier.cards
        return TapeWay(flavour=self.flavour, cards={**known, **self.cards})

    def own_cards(self) -> tuple[ChatModelCard, ...]:
        """Return the cards under the names that skills use."""
        return tuple(msgspec.structs.replace(card, id=name) for name, card in self.cards.items())
