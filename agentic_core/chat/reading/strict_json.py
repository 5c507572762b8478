"""JSON as an answer has to be: one object's text and nothing around it, no field twice, every number exact."""

import json
from decimal import Decimal, InvalidOperation

from agentic_core.chat.reading.faults import Fault

__all__ = ["DIGITS_MAX", "LENGTH_MAX", "BadNumber", "JsonObject", "read_strictly"]

LENGTH_MAX = 100_000
"""Characters that are read at all; an answer takes some hundred."""
DIGITS_MAX = 40
"""Characters of a number, and places before or behind its point."""


class BadNumber:
    """A number that nothing takes: NaN, Infinity, or one with too many digits."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


class JsonObject(dict[str, object]):
    """An object that knows whether its text named a field twice, which a dictionary forgets."""

    is_repeated = False


def read_strictly(text: str) -> object:
    """Read JSON; returns a Fault where it cannot be read, and its numbers as Decimal or BadNumber."""
    if len(text) > LENGTH_MAX:
        return Fault.TOO_LONG
    try:
        value: object = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_no_number, object_pairs_hook=_object
        )
    except json.JSONDecodeError:
        return _fault_of(text.strip())
    except RecursionError:
        return Fault.TOO_DEEP
    return value


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    collected = JsonObject(pairs)
    collected.is_repeated = len(collected) < len(pairs)
    return collected


def _number(text: str) -> Decimal | BadNumber:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return BadNumber(Fault.NUMBER_TOO_LONG)
    if len(text) > DIGITS_MAX or abs(number.adjusted()) > DIGITS_MAX:
        return BadNumber(Fault.NUMBER_TOO_LONG)
    return number


def _no_number(_: str) -> BadNumber:
    return BadNumber(Fault.NOT_A_NUMBER)


def _fault_of(text: str) -> Fault:
    # Only what a chat model does most often is told apart, so that it can be asked for exactly that.
    if text.startswith("{"):
        return Fault.SURROUNDED if _ends_early(text) else Fault.NOT_JSON
    if "{" not in text:
        return Fault.NOT_JSON
    return Fault.FENCED if "```" in text else Fault.SURROUNDED


def _ends_early(text: str) -> bool:
    try:
        json.JSONDecoder(parse_int=_number, parse_float=_number).raw_decode(text)
    except (json.JSONDecodeError, RecursionError):
        return False
    return True
