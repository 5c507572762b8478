"""Kinds of fields in what clients send: what is accepted, and what it becomes in the canonical form."""

import re
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

import msgspec

from agentic_hl.venue.protocol.numbers import canonical_text, plain_decimal

__all__ = [
    "Address",
    "AddressText",
    "AssetId",
    "ChainId",
    "ChainName",
    "Cloid",
    "CloidText",
    "Figure",
    "Uint",
    "read_field",
    "write_field",
]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CLOID = re.compile(r"0x[0-9a-fA-F]{32}")


class Figure(Decimal):
    """A price or a size; received as text, hashed without trailing zeros."""

    __slots__ = ()


class Address(str):
    """An address in lower case, whatever case it came in."""

    __slots__ = ()


class Cloid(str):
    """A client's order id in lower case."""

    __slots__ = ()


AddressText: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{40}\Z")]
"""An address that is hashed as text, in the case it came in."""
CloidText: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{32}\Z")]
"""A client's order id where a number may stand as well; its case is as it came."""
Uint: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
AssetId: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
ChainId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-fA-F]{1,16}\Z")]
ChainName: TypeAlias = Literal["Mainnet", "Testnet"]


def read_field(kind: type, received: object) -> object:
    """Decode a field of one of our kinds; for msgspec.

    Raises:
        ValueError: it does not fit.
        NotImplementedError: the kind is none of ours.
    """
    if not isinstance(received, str):
        raise ValueError(f"expected text, got {received!r}")  # noqa: TRY004 - msgspec turns only this into its own error
    if kind is Figure:
        return Figure(plain_decimal(received))
    if kind is Address:
        return Address(_matching(_ADDRESS, received))
    if kind is Cloid:
        return Cloid(_matching(_CLOID, received))
    raise NotImplementedError(kind)


def write_field(value: object) -> object:
    """Encode a field of one of our kinds; for msgspec.

    Raises:
        NotImplementedError: the kind is none of ours.
    """
    if isinstance(value, Figure):
        return canonical_text(value)
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value))


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(f"{text!r} does not fit")
    return text.lower()
