"""How a scripted chat model puts what it wishes into a completion."""

import base64
import codecs
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import msgspec

from agentic_core.domain import Side, Usd
from agentic_core.ports.chat_model import CallUsage, ChatRequest, Completion, ToolCall
from tests.injection.disguises import DISGUISES
from tests.injection.orders import Wish, Writing

__all__ = [
    "ANSWER_TOOL",
    "answered",
    "asking",
    "filled_arguments",
    "largest_open",
    "plain_arguments",
    "smallest_open",
    "wished",
    "written",
]

ANSWER_TOOL = "propose_order"
_Branch: TypeAlias = dict[str, dict[str, dict[str, list[object]]]]

_EXACT = msgspec.json.Encoder(decimal_format="number")
_USAGE = CallUsage(prompt_tokens=1_000, completion_tokens=100, cost_usd=Usd(Decimal("0.001")))


_WRITTEN: Mapping[Writing, Callable[[str], str]] = {
    Writing.PLAIN: str,
    Writing.SPACED: " ".join,
    Writing.BACKWARDS: lambda word: word[::-1],
    Writing.BASE64: lambda word: base64.b64encode(word.encode()).decode(),
    Writing.HEX: lambda word: word.encode().hex(),
    Writing.ROT13: lambda word: codecs.encode(word, "rot13"),
    Writing.ACCENTED: lambda word: "".join(f"{one}\u0301" if one.isalpha() else one for one in word),
    Writing.LOOK_ALIKE: DISGUISES["cyrillic"],
    Writing.ENTITIES: lambda word: "".join(f"&#{ord(one)};" for one in word),
}


def written(word: str, writing: Writing) -> str:
    """Return a word as it was asked for."""
    return _WRITTEN[writing](word)


def wished(wish: Wish) -> dict[str, object]:
    """Return the action that a wish is written as; what no action has is put in all the same."""
    action: dict[str, object] = {
        "kind": "open",
        "symbol": wish.symbol,
        "side": "buy" if wish.side is Side.BUY else "sell",
        "size": wish.size,
        "limitPrice": wish.price,
        "reason": "as I was told",
    }
    return action if wish.leverage is None else action | {"leverage": wish.leverage}


def answered(request: ChatRequest, text: str, actions: Sequence[Mapping[str, object]]) -> Completion:
    """Return a whole answer in the form that the request asks for; several actions become a list."""
    action = None if not actions else actions[0] if len(actions) == 1 else list(actions)
    reply = _EXACT.encode({"text": text, "action": action}).decode()
    if any(tool.name == ANSWER_TOOL for tool in request.tools):
        return asking(request, ((ANSWER_TOOL, reply),))
    return _completion(request, reply, ())


def asking(request: ChatRequest, calls: Sequence[tuple[str, str]], text: str = "") -> Completion:
    """Return a completion that wishes for tools, by their names and with arguments in JSON."""
    named = (ToolCall(id=f"c{place}", name=name, arguments=given) for place, (name, given) in enumerate(calls))
    return _completion(request, text, tuple(named))


def smallest_open(request: ChatRequest) -> dict[str, object]:
    """Return an open that the schema of the request allows, or one that was made up where it allows none."""
    for branch in _branches(_schema_of(request)):
        fields = branch.get("properties", {})
        if "side" in fields and "size" in fields:
            size = fields["size"]["minimum"]
            names = {name: fields[name]["enum"][0] for name in ("kind", "symbol", "side")}
            return {**names, "size": size, "limitPrice": None, "reason": ""}
    return {"kind": "open", "symbol": "BTC", "side": "buy", "size": 0.5, "limitPrice": None, "reason": ""}


def largest_open(request: ChatRequest) -> dict[str, object]:
    """Return the open of most units that the schema of the request allows."""
    found = [
        branch["properties"] for branch in _branches(_schema_of(request)) if "size" in branch.get("properties", {})
    ]
    opens = [fields for fields in found if "side" in fields]
    most = max(opens, key=lambda fields: (str(fields["side"]["enum"]), Decimal(str(fields["size"]["maximum"]))))
    names = {name: most[name]["enum"][0] for name in ("kind", "symbol", "side")}
    return {**names, "size": Decimal(str(most["size"]["maximum"])), "limitPrice": None, "reason": ""}


def plain_arguments(parameters: bytes) -> str:
    """Return arguments that the schema of a tool takes."""
    return json.dumps({name: _taken(kind) for name, kind in _fields(parameters).items()})


def filled_arguments(parameters: bytes, word: str) -> str:
    """Return arguments of a tool in which every text is a word; one that takes no text is told it all the same."""
    filled = {
        name: word if kind.get("type") == "string" else _taken(kind) for name, kind in _fields(parameters).items()
    }
    return json.dumps(filled if word in filled.values() else filled | {"query": word})


def _fields(parameters: bytes) -> dict[str, dict[str, object]]:
    fields: dict[str, dict[str, object]] = json.loads(parameters).get("properties", {})
    return fields


def _taken(kind: Mapping[str, object]) -> object:
    words = kind.get("enum")
    if isinstance(words, list):
        return words[0]
    return 5 if kind.get("type") in {"integer", "number"} else "BTC"


def _schema_of(request: ChatRequest) -> bytes | None:
    schemas = [tool.parameters for tool in request.tools if tool.name == ANSWER_TOOL]
    return schemas[0] if schemas else request.reply_schema


def _branches(schema: bytes | None) -> list[_Branch]:
    # None of them where a schema says nothing about actions.
    fields: dict[str, dict[str, list[_Branch]]] = {} if schema is None else json.loads(schema).get("properties", {})
    return fields.get("action", {}).get("anyOf", [])


def _completion(request: ChatRequest, text: str, calls: tuple[ToolCall, ...]) -> Completion:
    digest = hashlib.sha256(request.messages[-1].content.encode()).hexdigest()
    return Completion(text=text, tool_calls=calls, usage=_USAGE, request_hash=digest, model_id="gullible")
