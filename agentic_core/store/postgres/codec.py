"""What stands in the JSON columns: exact numbers in, exact numbers out."""

import re
from decimal import Decimal

import msgspec

from agentic_core.domain.decision import ProposedAction

__all__ = ["clean", "decode", "encode", "encode_action"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_DIGITS_MAX = 1_000
"""Far more than any price or size has, and far fewer than a numeric may have."""

_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def encode(value: object) -> str:
    """Write a value as JSON; a Decimal becomes a number with all its digits.

    What PostgreSQL cannot store and a chat model can say, the character NUL and half characters, is replaced.
    """
    try:
        text = _ENCODER.encode(value).decode()
    except UnicodeEncodeError:
        text = _ENCODER.encode(_cleaned(msgspec.to_builtins(value, builtin_types=(Decimal,)))).decode()
    return _ESCAPED_NUL.sub(r"\1\\ufffd", text) if r"\u0000" in text else text


def encode_action(action: ProposedAction) -> str:
    """Write a proposal as JSON; what is no number to PostgreSQL, and anyone may propose it, becomes text."""
    fields = {"size": action.size, "sizeUsd": action.size_usd, "limitPrice": action.limit_price}
    named = {name: amount for name, amount in fields.items() if amount is not None}
    if all(amount.is_finite() and abs(amount.adjusted()) < _DIGITS_MAX for amount in named.values()):
        return encode(action)
    shown = msgspec.structs.replace(action, size=None, size_usd=None, limit_price=None)
    texts = {name: str(amount) for name, amount in named.items()}
    return encode({**msgspec.to_builtins(shown), **texts})


def clean(text: str) -> str:
    """Replace what PostgreSQL cannot store in a text column."""
    text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode(errors="replace").decode()


def decode(text: str | bytes) -> object:
    """Read JSON without making a float of any number."""
    return _DECODER.decode(text)


def _cleaned(value: object) -> object:
    match value:
        case str():
            return clean(value)
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {_cleaned(name): _cleaned(item) for name, item in value.items()}
        case _:
            return value
