"""The chat models that are offered, and what they cost."""

from agentic_core.chat.catalogue.card_files import cards_in, cards_text
from agentic_core.chat.catalogue.catalogue import Catalogue
from agentic_core.chat.catalogue.listing import cards_listed

__all__ = ["Catalogue", "cards_in", "cards_listed", "cards_text"]
