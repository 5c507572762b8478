"""What a router says about an answer when it is asked afterwards."""

from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.chat.wire.usage import UNREADABLE, credible
from agentic_core.domain.money import Usd

__all__ = ["generation_cost"]


class _Generation(msgspec.Struct, frozen=True, gc=False):
    total_cost: Decimal | None = None
    is_byok: bool | None = None
    upstream_inference_cost: Decimal | None = None


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    generation: _Generation = msgspec.field(name="data")


_DECODER: Final = msgspec.json.Decoder(_Envelope)


def generation_cost(body: bytes) -> Usd | None:
    """Read the cost from an answer of `GET /generation`; None where it says none."""
    try:
        told = _DECODER.decode(body).generation
    except UNREADABLE:
        return None
    return credible(told.total_cost, is_byok=told.is_byok is True, upstream=told.upstream_inference_cost)
