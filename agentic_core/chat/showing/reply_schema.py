"""What a chat model is told about the envelope: in words for its prompt, and as the JSON schema of its reply.

A reply is `{"text": …, "action": …}`, where the action is null or decodes to a `ProposedAction`. Sizes and prices are
JSON numbers, because only numbers can be bounded in a schema; they are decoded to the digits that were written.
The schema cannot say which prices are legal between its bounds, nor that a size is rounded down to a step (so all sizes
between its bounds are as good as a step), nor that a close below the venue's minimum is raised to it. The risk engine
decides about every reply, whatever a schema let through.
"""

from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_core.domain.decision import ActionKind
from agentic_core.domain.envelope import Closable, Closed, Envelope, Room
from agentic_core.domain.money import ZERO, plain
from agentic_core.domain.side import Side
from agentic_core.domain.times import show
from agentic_core.risk.rules import RULES

__all__ = ["describe", "reply_schema", "reply_schema_json"]

_Schema: TypeAlias = dict[str, object]

_NULL: _Schema = {"type": "null"}
_TEXT: _Schema = {"type": "string"}
_NUMBERS_AS_NUMBERS = msgspec.json.Encoder(decimal_format="number")
_MEANINGS = {rule.id: rule.meaning for rule in RULES}


def reply_schema(envelope: Envelope) -> dict[str, object]:
    """Return a strict JSON schema of the replies that stay inside the envelope; its bounds are Decimals.

    An open names its size in units or in dollars, each room has a branch for both.
    """
    opens = [_open(room, size) for room in envelope.opens for size in (_units(room), _dollars(room))]
    action: _Schema = {"anyOf": [_NULL, *opens, *(_close(held) for held in envelope.closes)]}
    return _strict({"text": _TEXT, "action": action})


def reply_schema_json(envelope: Envelope) -> bytes:
    """Return the schema as JSON, each bound with all its digits."""
    return _NUMBERS_AS_NUMBERS.encode(reply_schema(envelope))


def describe(envelope: Envelope) -> str:
    """Return the envelope in words; the same envelope gives the same words."""
    lines = [f"Trading is {envelope.state} at {show(envelope.as_of)}. Orders left: {envelope.orders_left}."]
    lines += _section("You may open:", [_room_line(room) for room in envelope.opens])
    lines += _section("You may close, whole or in part:", [_held_line(held) for held in envelope.closes])
    lines += _section("You may not open:", [_shut_line(shut) for shut in envelope.shut])
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _open(room: Room, size: _Schema) -> _Schema:
    price: _Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": room.limit_price_worst}
    if room.side is Side.SELL:
        price = {"type": "number", "minimum": room.limit_price_worst}
    return _strict(
        {
            "kind": _only(ActionKind.OPEN),
            "symbol": _only(room.symbol),
            "side": _only(room.side),
            **size,
            "limitPrice": price if room.limit_needed else {"anyOf": [_NULL, price]},
            "reason": _TEXT,
        }
    )


def _units(room: Room) -> _Schema:
    return {"size": {"type": "number", "minimum": room.size_min, "maximum": room.size_max}}


def _dollars(room: Room) -> _Schema:
    least, too_much = room.size_min * room.mark, (room.size_max + room.size_step) * room.mark
    return {"sizeUsd": {"type": "number", "minimum": least, "exclusiveMaximum": too_much}}


def _close(held: Closable) -> _Schema:
    part: _Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": abs(held.size)}
    return _strict(
        {
            "kind": _only(ActionKind.CLOSE),
            "symbol": _only(held.symbol),
            "size": {"anyOf": [_NULL, part]},
            "reason": _TEXT,
        }
    )


def _strict(properties: _Schema) -> _Schema:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _only(word: str) -> _Schema:
    return {"type": "string", "enum": [str(word)]}


def _room_line(room: Room) -> str:
    bound = "at most" if room.side is Side.BUY else "at least"
    none = "" if room.limit_needed else ", or none"
    return (
        f"- {room.symbol} {room.side}: size {plain(room.size_min)} to {plain(room.size_max)} "
        f"in steps of {plain(room.size_step)} ({_usd(room.size_min, room)} to {_usd(room.size_max, room)} USD "
        f"at the mark {plain(room.mark)}); limitPrice {bound} {plain(room.limit_price_worst)}{none}"
    )


def _usd(size: Decimal, room: Room) -> str:
    return plain(size * room.mark)


def _held_line(held: Closable) -> str:
    return f"- {held.symbol}: {plain(abs(held.size))} held {'long' if held.size > ZERO else 'short'}"


def _shut_line(shut: Closed) -> str:
    return f"- {shut.symbol} {shut.side}: {shut.rule}, {_MEANINGS[shut.rule]}"
