"""What goes wrong with the money of a chat model: caps that somebody lowers, and reservations that fail."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from agentic_core.simulation.chance import Chance
from tests.lifecycles.database import Mishap
from tests.unattended.chat.skill import CENT, just_above, lowered, with_caps
from tests.unattended.scene import Scene

__all__ = ["chat_deeds"]

_COSTS = ("reserve", "reserve", "settle", "settle", "keep", "keep", "settle_abandoned")
_FATES = (Mishap.FAILED, Mishap.UNKNOWN, Mishap.UNKNOWN)


class SetPayload(Protocol):
    """Changes the stored skill, or puts it back."""

    def __call__(self, *, is_edited: bool) -> None:
        """Do it."""


def chat_deeds(scene: Scene, chance: Chance, set_payload: SetPayload) -> Mapping[str, Callable[[], None]]:
    """Return what can be done, by kinds of trouble."""
    return {
        "caps": partial(_lower_caps, scene, chance, set_payload),
        "ledger": partial(_spoil_costs, scene, chance),
    }


def _spoil_costs(scene: Scene, chance: Chance) -> None:
    name, fate = chance.pick(_COSTS), chance.pick(_FATES)
    if not scene.database.spoiled and chance.happens(250):
        scene.database.spoiled.extend([("reserve", Mishap.UNKNOWN), ("find", Mishap.FAILED)])
    elif not scene.database.spoiled:
        scene.database.spoiled.extend([(name, fate)] * chance.pick((1, 1, 2)))


def _lower_caps(scene: Scene, chance: Chance, set_payload: SetPayload) -> None:
    chat = scene.chat
    if chat is None or scene.database.is_payload_edited:
        return
    if not scene.held and chance.happens(800):
        return  # while the skill is another one, nobody is asked but about what is held
    spent = sum((row.cost_usd or row.bound_usd for row in chat.book.rows.values()), CENT)
    caps = chance.pick((lowered(chat.plan.caps, chance.between(1, 7)), just_above(chat.plan.caps, spent)))
    chat.lower(caps)
    scene.database.edit = partial(with_caps, caps=caps)
    set_payload(is_edited=True)
    scene.world.after(chance.between(90_000, 240_000), partial(set_payload, is_edited=False))
