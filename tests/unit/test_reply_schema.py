"""What a chat model is told about the envelope, in words and as the schema of its reply."""

import json
from decimal import Decimal

import msgspec

from agentic_core.chat.showing.reply_schema import describe, reply_schema, reply_schema_json
from agentic_core.domain import (
    ActionKind,
    Closable,
    Closed,
    Envelope,
    Price,
    ProposedAction,
    Room,
    Side,
    Size,
    TradingState,
)
from tests.support.markets import AT, BTC, ETH

D = Decimal
ROOM = Room(
    symbol=BTC,
    side=Side.BUY,
    size_min=Size(D("0.00020")),
    size_max=Size(D("0.10000")),
    size_step=D("0.00001"),
    mark=Price(D(50_000)),
    limit_price_worst=Price(D(50_500)),
)
SHORT = msgspec.structs.replace(ROOM, side=Side.SELL, limit_price_worst=Price(D(49_500)))
NOTHING = Envelope(as_of=AT, state=TradingState.HALTED, opens=(), closes=(), shut=(), orders_left=0)
FULL = Envelope(
    as_of=AT,
    state=TradingState.ACTIVE,
    opens=(ROOM, SHORT),
    closes=(Closable(symbol=ETH, size=Size(D("-0.8000"))), Closable(symbol=BTC, size=Size(D("0.01")))),
    shut=(Closed(symbol=ETH, side=Side.BUY, rule="R3_UNRESOLVED_ORDER"),),
    orders_left=7,
)
SIZES = "size 0.0002 to 0.1 in steps of 0.00001 (10 to 5000 USD at the mark 50000)"
BUY_UNITS = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["open"]},
        "symbol": {"type": "string", "enum": ["BTC"]},
        "side": {"type": "string", "enum": ["buy"]},
        "size": {"type": "number", "minimum": D("0.00020"), "maximum": D("0.10000")},
        "limitPrice": {"anyOf": [{"type": "null"}, {"type": "number", "exclusiveMinimum": 0, "maximum": D(50_500)}]},
        "reason": {"type": "string"},
    },
    "required": ["kind", "symbol", "side", "size", "limitPrice", "reason"],
    "additionalProperties": False,
}
SELL_DOLLARS = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["open"]},
        "symbol": {"type": "string", "enum": ["BTC"]},
        "side": {"type": "string", "enum": ["sell"]},
        "sizeUsd": {"type": "number", "minimum": D(10), "exclusiveMaximum": D("5000.5")},
        "limitPrice": {"anyOf": [{"type": "null"}, {"type": "number", "minimum": D(49_500)}]},
        "reason": {"type": "string"},
    },
    "required": ["kind", "symbol", "side", "sizeUsd", "limitPrice", "reason"],
    "additionalProperties": False,
}
CLOSE_SHORT = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["close"]},
        "symbol": {"type": "string", "enum": ["ETH"]},
        "size": {"anyOf": [{"type": "null"}, {"type": "number", "exclusiveMinimum": 0, "maximum": D("0.8")}]},
        "reason": {"type": "string"},
    },
    "required": ["kind", "symbol", "size", "reason"],
    "additionalProperties": False,
}


def branches(envelope: Envelope) -> list[object]:
    """Return what the action of a reply may be."""
    schema = msgspec.convert(reply_schema(envelope), dict[str, object])
    properties = msgspec.convert(schema["properties"], dict[str, object])
    return msgspec.convert(properties["action"], dict[str, list[object]])["anyOf"]


def test_reply_schema_of_an_empty_envelope_leaves_only_nothing_to_do() -> None:
    """A text and null, and no other key."""
    assert reply_schema(NOTHING) == {
        "type": "object",
        "properties": {"text": {"type": "string"}, "action": {"anyOf": [{"type": "null"}]}},
        "required": ["text", "action"],
        "additionalProperties": False,
    }


def test_reply_schema_has_a_branch_for_each_room_in_units_and_in_dollars() -> None:
    """Bounded by the room's sizes, by what rounds down to them at the mark, and by the worst limit price."""
    found = branches(FULL)
    assert len(found) == 7
    assert (found[0], found[1], found[4]) == ({"type": "null"}, BUY_UNITS, SELL_DOLLARS)


def test_reply_schema_has_a_branch_for_each_position_to_close() -> None:
    """Whole, or a part of what is held, of a short too."""
    assert branches(FULL)[5] == CLOSE_SHORT


def test_reply_schema_as_json_has_numbers_with_all_their_digits() -> None:
    """No bound becomes a text, and none is rounded."""
    size = Size(D("0.1234567890123456789012"))
    text = reply_schema_json(msgspec.structs.replace(FULL, opens=(msgspec.structs.replace(ROOM, size_max=size),)))
    assert b'"maximum":0.1234567890123456789012' in text
    assert json.loads(text)["required"] == ["text", "action"]


def test_reply_inside_the_schema_decodes_to_an_action_exactly() -> None:
    """A number of a reply keeps its digits; a null is a word that was not said."""
    reply = b'{"kind":"open","symbol":"BTC","side":"buy","size":0.1000000000000000000001,"limitPrice":null,"reason":""}'
    assert msgspec.json.decode(reply, type=ProposedAction) == ProposedAction(
        kind=ActionKind.OPEN, symbol=BTC, side=Side.BUY, size=Size(D("0.1000000000000000000001"))
    )


def test_description_tells_the_rooms_the_positions_and_what_is_shut() -> None:
    """Every number of the envelope, in plain words."""
    assert describe(FULL).splitlines() == [
        "Trading is active at 2022-01-01 00:01:00Z. Orders left: 7.",
        "",
        "You may open:",
        f"- BTC buy: {SIZES}; limitPrice at most 50500, or none",
        f"- BTC sell: {SIZES}; limitPrice at least 49500, or none",
        "",
        "You may close, whole or in part:",
        "- ETH: 0.8 held short",
        "- BTC: 0.01 held long",
        "",
        "You may not open:",
        "- ETH buy: R3_UNRESOLVED_ORDER, the fate of an earlier order is not known",
    ]


def test_description_of_an_empty_envelope_is_one_line() -> None:
    """Sections without a line are left out."""
    assert describe(NOTHING) == "Trading is halted at 2022-01-01 00:01:00Z. Orders left: 0."
