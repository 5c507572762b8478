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

    What PostgreSQL cannot store and a chat model can say, the character NUL and half characters, is replaced.
    """
    try:
        text = _ENCODER.encode(value).decode()
    except UnicodeEncodeError:
        text = _ENCODER.encode(_cleaned(msgspec.to_builtins(value, builtin_types=(Decimal,)))).decode()
    return _ESCAPED_NUL.sub(r"\1\\ufffd", text) if r"\u0000" in text else text


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
