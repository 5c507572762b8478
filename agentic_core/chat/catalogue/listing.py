"""From a router's `GET /models` to cards: prices are US dollars a token, written as text, and may have conditions."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from agentic_core.errors import InputError
from agentic_core.ports.chat_catalogue import ChatModelCard

__all__ = ["cards_listed"]

_MILLION = Decimal(1_000_000)
_READ = ("prompt", "input_cache_write", "input_cache_write_1h", "input_cache_read")
_WRITTEN = ("completion", "internal_reasoning")


class _Prices(msgspec.Struct):
    prompt: str | None = None
    completion: str | None = None
    request: str | None = None
    internal_reasoning: str | None = None
    input_cache_read: str | None = None
    input_cache_write: str | None = None
    input_cache_write_1h: str | None = None


class _Pricing(_Prices):
    overrides: tuple[_Prices, ...] | None = None


class _Listed(msgspec.Struct):
    id: str
    name: str = ""
    context_length: int | None = None
    pricing: _Pricing | None = None


class _Listing(msgspec.Struct):
    listed: tuple[_Listed, ...] = msgspec.field(name="data")


def cards_listed(body: bytes) -> tuple[ChatModelCard, ...]:
    """Return the cards of a listing; a price that is missing, negative or no number is unknown.

    Raises:
        InputError: it is no listing.
    """
    try:
        listing = msgspec.json.decode(body, type=_Listing)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"the provider's list of models cannot be read: {exc}") from exc
    return tuple(_card(listed) for listed in listing.listed)


def _card(listed: _Listed) -> ChatModelCard:
    pricing = listed.pricing or _Pricing()
    conditions = (pricing, *(pricing.overrides or ()))
    request = _highest(conditions, ("request",))
    known = _price(pricing.prompt) is not None and _price(pricing.completion) is not None
    read, written = _highest(conditions, _READ), _highest(conditions, _WRITTEN)
    return ChatModelCard(
        id=listed.id,
        name=listed.name or listed.id,
        prompt_usd_mtok=read * _MILLION if known and read is not None else None,
        completion_usd_mtok=written * _MILLION if known and written is not None else None,
        request_usd=Decimal(0) if request is None else request,
        context_tokens=listed.context_length,
    )


def _highest(conditions: Iterable[_Prices], names: Iterable[str]) -> Decimal | None:
    prices = (_price(getattr(each, name)) for each in conditions for name in names)
    return max((price for price in prices if price is not None), default=None)


def _price(text: str | None) -> Decimal | None:
    try:
        price = Decimal(text or "-1")
    except InvalidOperation:
        return None
    return price if price.is_finite() and price >= 0 else None
