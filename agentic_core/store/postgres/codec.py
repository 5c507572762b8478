"""What stands in the JSON columns: exact numbers in, exact numbers out."""

import re
from decimal import Decimal

import msgspec

__all__ = ["clean", "decode", "encode"]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


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
