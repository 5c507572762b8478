"""What stands in the JSON columns: exact numbers in, exact numbers out."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from agentic_core.domain.decision import (
    Approved,
    Denied,
    EngineResult,
    Executed,
    Noop,
    NoopResult,
    Number,
    PlannedOrder,
    RejectedResult,
    Verdict,
)
from agentic_core.errors import StoreError

__all__ = ["canonical", "clean", "decode", "encode", "read_result", "read_verdict"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_CANONICAL = msgspec.json.Encoder(decimal_format="number", order="sorted")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_PLAN = tuple[PlannedOrder, ...]


def encode(value: object) -> str:
    """Write a value as JSON; a Decimal becomes a number with all its digits.

    The character NUL, which PostgreSQL cannot store and a chat model can say, becomes the replacement character.
    """
    text = _ENCODER.encode(value).decode()
    return _ESCAPED_NUL.sub(r"\1\\ufffd", text) if r"\u0000" in text else text


def clean(text: str) -> str:
    """Replace what PostgreSQL cannot store in a text column."""
    return text.replace("\0", "\ufffd")


def decode(text: str | bytes) -> object:
    """Read JSON without making a float of any number."""
    return _DECODER.decode(text)


def canonical(value: object) -> str:
    """Write JSON without spaces and with sorted keys, as skill payloads are hashed."""
    return _CANONICAL.encode(value).decode()


def read_verdict(stored: Mapping[str, Any]) -> Verdict:
    """Read a verdict; msgspec cannot, because a figure is a number or a name.

    Raises:
        StoreError: it is of no kind this release knows.
    """
    match stored:
        case {"kind": "noop", "reason": reason}:
            return Noop(reason=reason)
        case {"kind": "denied", "rule": rule, "detail": detail, "numbers": numbers}:
            return Denied(rule=rule, detail=detail, numbers=_numbers(numbers))
        case {"kind": "approved", "plan": plan, "numbers": numbers}:
            return Approved(plan=msgspec.convert(plan, _PLAN), numbers=_numbers(numbers))
        case _:
            raise StoreError(f"this release knows no verdict of kind {stored.get('kind')!r}")


def read_result(stored: Mapping[str, Any]) -> EngineResult:
    """Read an engine result.

    Raises:
        StoreError: it is of no kind this release knows.
    """
    match stored:
        case {"kind": "noop", "reason": reason}:
            return NoopResult(reason=reason)
        case {"kind": "rejected", "rule": rule, "detail": detail, "numbers": numbers}:
            return RejectedResult(rule=rule, detail=detail, numbers=_numbers(numbers))
        case {"kind": "executed"}:
            return msgspec.convert(stored, Executed)
        case _:
            raise StoreError(f"this release knows no engine result of kind {stored.get('kind')!r}")


def _numbers(stored: Mapping[str, Number]) -> dict[str, Number]:
    return dict(stored)
