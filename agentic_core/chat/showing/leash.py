"""What the leash of a skill leaves of the envelope.

Only a strict hybrid skill narrows it: its chat model may open what the rules wish at this mark, at most as large, and
close whatever is held. The risk engine knows nothing of a leash, so `outside_leash` is asked about every answer.
"""

from decimal import Decimal

import msgspec

from agentic_core.chat.thinking import Thinking
from agentic_core.chat.thought import Question
from agentic_core.domain.decision import ActionKind, ProposedAction
from agentic_core.domain.envelope import Envelope, Room
from agentic_core.domain.money import Price, Size, round_to
from agentic_core.domain.side import Side
from agentic_core.skills.fields import PLAIN_NAME
from agentic_core.skills.sections import Leash

__all__ = ["is_narrow", "narrowed", "outside_leash"]


def is_narrow(thinking: Thinking) -> bool:
    """Tell whether only what the rules wish may be opened."""
    return thinking.signal is not None and thinking.leash is Leash.STRICT


def narrowed(thinking: Thinking, question: Question) -> Envelope:
    """Return what the chat model is offered: never more than the envelope of the question.

    Names that are more than names are left out of it, because an envelope is shown outside of quotations.
    """
    envelope = question.envelope
    opens = tuple(room for room in envelope.opens if PLAIN_NAME.fullmatch(room.symbol))
    if is_narrow(thinking):
        opens = tuple(kept for room in opens if (kept := _wished(room, question.signal)) is not None)
    return msgspec.structs.replace(
        envelope,
        opens=opens,
        closes=tuple(held for held in envelope.closes if PLAIN_NAME.fullmatch(held.symbol)),
        shut=tuple(shut for shut in envelope.shut if PLAIN_NAME.fullmatch(shut.symbol)),
    )


def outside_leash(thinking: Thinking, question: Question, action: ProposedAction) -> str | None:
    """Return why the leash does not let an action pass, or None where it does; in words of ours only."""
    if action.kind is ActionKind.CLOSE or not is_narrow(thinking):
        return None
    wish = question.signal
    if wish is None or wish.kind is not ActionKind.OPEN:
        return "the rules wish no open now, so nothing may be opened"
    if (action.symbol, action.side) != (wish.symbol, wish.side):
        return "it opens something else than the rules wish"
    room = next(
        (room for room in question.envelope.opens if (room.symbol, room.side) == (wish.symbol, wish.side)), None
    )
    if room is None:
        return None  # the risk engine refuses it and names its rule
    if _is_larger(action, wish, room):
        return "it is larger than what the rules wish"
    return "its price may be worse than the rules wish" if _is_dearer(action, wish) else None


def _wished(room: Room, wish: ProposedAction | None) -> Room | None:
    if wish is None or wish.kind is not ActionKind.OPEN or (room.symbol, room.side) != (wish.symbol, wish.side):
        return None
    units = _units(wish, room.mark)
    most = room.size_max if units is None else min(room.size_max, round_to(units, room.size_step, up=False))
    if most < room.size_min:
        return None
    return msgspec.structs.replace(
        room,
        size_max=Size(most),
        limit_price_worst=_worst(room, wish.limit_price),
        limit_needed=wish.limit_price is not None,
    )


def _is_larger(action: ProposedAction, wish: ProposedAction, room: Room) -> bool:
    # By the sizes that would be sent: both are rounded down to a step.
    asked, most = _units(action, room.mark), _units(wish, room.mark)
    if asked is None or most is None or asked <= most:
        return False
    return asked >= most + room.size_step or round_to(asked, room.size_step, up=False) > most


def _is_dearer(action: ProposedAction, wish: ProposedAction) -> bool:
    if wish.limit_price is None:
        return False
    if action.limit_price is None:
        return True  # the collar would stand for it
    if wish.side is Side.BUY:
        return action.limit_price > wish.limit_price
    return action.limit_price < wish.limit_price


def _worst(room: Room, limit: Price | None) -> Price:
    if limit is None:
        return room.limit_price_worst
    return min(room.limit_price_worst, limit) if room.side is Side.BUY else max(room.limit_price_worst, limit)


def _units(action: ProposedAction, mark: Decimal) -> Decimal | None:
    return action.size if action.size is not None else None if action.size_usd is None else action.size_usd / mark
