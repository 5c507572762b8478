"""What a story with a chat model begins with, drawn from its seed."""

from collections.abc import Sequence
from decimal import Decimal

from agentic_core.domain import DAY_MS, Instant
from agentic_core.simulation.chance import Chance
from tests.unattended.chat.cost_book import Caps
from tests.unattended.chat.oracle import CHAT_KINDS
from tests.unattended.chat.stage import ChatPlan

__all__ = ["CHAT", "plan_of", "start_of"]

CHAT = frozenset((*CHAT_KINDS, "chat"))
"""Where one of these is asked for, a chat model decides; the last one is nothing but that."""

_JANUARY = Instant(1_767_225_600_000)
_AMPLE = Decimal(200)
_LOW, _HIGH = (6, 26), (40, 250)
"""Cents of a month: some calls, or most of a story."""


def start_of(chance: Chance, kinds: Sequence[str]) -> Instant:
    """Return when the story begins; where days and months roll over, some minutes before one does."""
    if "rollover" not in kinds:
        return _JANUARY
    days = chance.pick((14, 31))
    return Instant(_JANUARY + days * DAY_MS - chance.between(90_000, 480_000))


def plan_of(chance: Chance, kinds: Sequence[str], *, is_alone: bool) -> ChatPlan:
    """Return how the chat model is asked, and what it may cost; caps that are asked for alone are always near."""
    by_tool = chance.happens(350)
    is_tight = "caps" in kinds
    caps = Caps(_AMPLE, None)
    if is_tight:
        month = Decimal(chance.between(*(_LOW if is_alone else chance.pick((_LOW, _HIGH))))) / 100
        caps = Caps(month, chance.pick((None, (month * 7 / 10).quantize(Decimal("0.01")))))
    return ChatPlan(kinds=tuple(kinds), caps=caps, by_tool=by_tool, is_tight=is_tight)
