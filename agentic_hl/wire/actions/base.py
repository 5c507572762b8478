"""What all actions share, and the checks of text that is hashed as it stands.

An L1 action is hashed in the order in which its fields are declared; optional fields are left out, never null.
"""

import re
from typing import ClassVar, TypeAlias

import msgspec

from agentic_hl.wire.network import Network
from agentic_hl.wire.units import WireError

__all__ = [
    "SIGNATURE_CHAIN_ID",
    "Fields",
    "L1Action",
    "UserSignedAction",
    "check_address",
    "check_cloid",
    "check_count",
]

SIGNATURE_CHAIN_ID = "0x66eee"
"""The chain that the official SDK signs on; any chain will do that the wallet knows."""

Fields: TypeAlias = tuple[tuple[str, str], ...]
"""Type and wire key of each member of a typed struct, in order."""

_COUNT_MAX = 2**64 - 1

_is_cloid = re.compile(r"0x[0-9a-f]{32}", re.ASCII).fullmatch
_is_lower_address = re.compile(r"0x[0-9a-f]{40}", re.ASCII).fullmatch


class L1Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="type"):
    """An action that the agent wallet may sign."""

    takes_vault: ClassVar[bool] = True
    """Whether it can be done for a sub-account or vault, which is then part of what is signed."""


class UserSignedAction(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    gc=False,
    tag_field="type",
    rename={"signature_chain_id": "signatureChainId", "network": "hyperliquidChain"},
):
    """An action that only the owner wallet may sign, as typed data it can show.

    Each has a last field `nonce`, which has to be the nonce of the request.
    """

    primary_type: ClassVar[str]
    """The name of what is signed, without its prefix."""

    fields: ClassVar[Fields]
    """Type and wire key of what is signed after the network, in order."""

    signature_chain_id: str = SIGNATURE_CHAIN_ID
    network: Network


def check_cloid(text: str | None) -> None:
    """Refuse a client order id that the venue would hash differently.

    Raises:
        WireError: it is not 0x and 32 lower-case hex digits.
    """
    if text is not None and _is_cloid(text) is None:
        message = f"client order id {text!r} must be 0x and 32 lower-case hex digits"
        raise WireError(message)


def check_address(text: str, what: str) -> None:
    """Refuse an address that the venue would hash differently; `what` names it in the error.

    Raises:
        WireError: it is not 0x and 40 lower-case hex digits.
    """
    if _is_lower_address(text) is None:
        message = f"{what}: {text!r} must be 0x and 40 lower-case hex digits; `address_of` writes it so"
        raise WireError(message)


def check_count(count: int, what: str) -> None:
    """Refuse a number that the venue does not hold; `what` names it in the error.

    Raises:
        WireError: it is negative or has more than 64 bits.
    """
    if not 0 <= count <= _COUNT_MAX:
        message = f"{what}: {count} must be from 0 to {_COUNT_MAX}"
        raise WireError(message)
