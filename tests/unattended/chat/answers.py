"""What a provider of chat models writes over the wire, good and bad; nothing here knows how it will be read."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

__all__ = ["JSON", "Sheet", "Wire", "error", "events", "said", "told_cost", "wished"]

JSON = (("content-type", "application/json"),)
_EVENTS = (("content-type", "text/event-stream"),)


class Wire(NamedTuple):
    """An answer as it goes over the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Sheet(NamedTuple):
    """What stands around the words of an answer."""

    generation: str
    usage: Mapping[str, object] | None
    finish: str | None = "stop"


def said(sheet: Sheet, content: str | None, **message: object) -> Wire:
    """Return a whole answer; further words go into its message."""
    choice = {
        "index": 0,
        "finish_reason": sheet.finish,
        "message": {"role": "assistant", "content": content, "refusal": None, **message},
    }
    return Wire(200, JSON, _numbers(_envelope(sheet, [choice])))


def wished(sheet: Sheet, wishes: Sequence[tuple[str, str]]) -> Wire:
    """Return an answer that wishes for tools, each with its name and its arguments."""
    calls = [
        {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for at, (name, arguments) in enumerate(wishes)
    ]
    return said(sheet._replace(finish="tool_calls"), None, tool_calls=calls)


def error(status: int, code: int, message: str, *, retry_after: str | None = None, kind: str | None = None) -> Wire:
    """Return an error, with the status of one or within HTTP 200."""
    about = {} if kind is None else {"error_type": kind}
    body = json.dumps({"error": {"code": code, "message": message, "metadata": about}}).encode()
    return Wire(status, JSON if retry_after is None else (*JSON, ("retry-after", retry_after)), body)


def events(sheet: Sheet, pieces: Sequence[str], failure: str | None) -> Wire:
    """Return an answer in pieces, which may break with an error in the middle."""
    chunks: list[Mapping[str, object]] = [
        _envelope(sheet._replace(usage=None), [{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
        for piece in pieces
    ]
    if failure is None:
        chunks.append(_envelope(sheet, [{"index": 0, "delta": {}, "finish_reason": sheet.finish}]))
    else:
        broken = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        chunks.append({**_envelope(sheet._replace(usage=None), [broken]), "error": {"code": 502, "message": failure}})
    lines = [b": PROCESSING\n\n", *(b"data: " + _numbers(chunk) + b"\n\n" for chunk in chunks), b"data: [DONE]\n\n"]
    return Wire(200, _EVENTS, b"".join(lines))


def told_cost(generation: str, cost: Decimal) -> Wire:
    """Return what is known of a cost afterwards."""
    about = {"id": generation, "total_cost": cost, "is_byok": False, "upstream_inference_cost": None}
    return Wire(200, JSON, _numbers({"data": about}))


def _envelope(sheet: Sheet, choices: Sequence[Mapping[str, object]]) -> dict[str, object]:
    about: dict[str, object] = {"id": sheet.generation, "object": "chat.completion", "model": "sim/oracle"}
    about |= {"provider": "somebody", "choices": choices}
    return about if sheet.usage is None else {**about, "usage": sheet.usage}


def _numbers(value: object) -> bytes:
    # With all digits of every amount, which json does not write by itself.
    marks: list[Decimal] = []

    def keep(number: object) -> str:
        assert isinstance(number, Decimal), f"{number!r} cannot be written"
        marks.append(number)
        return f"\x00{len(marks) - 1}\x00"

    text = json.dumps(value, default=keep)
    for at, number in enumerate(marks):
        text = text.replace(f'"\\u0000{at}\\u0000"', format(number, "f"))
    return text.encode()
