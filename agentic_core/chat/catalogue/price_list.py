"""The price list that comes with the package genai-prices, read at its worst: every condition and tier at once."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from types import ModuleType
from typing import Protocol

from agentic_core.chat.catalogue.knowledge import KNOWLEDGE_SOURCE, knowledge_until
from agentic_core.errors import ConfigError
from agentic_core.ports.chat_catalogue import ChatModelCard

__all__ = ["PRICES_CURE", "PriceList", "price_list"]

PRICES_CURE = "the prices of chat models come with the chat extra; run: pip install 'agentic-perps[chat]'"
"""What to do where the package is missing."""

_PROVIDER = "openrouter"
_READ = ("input_mtok", "cache_write_mtok", "cache_write_1h_mtok", "cache_read_mtok")
_WRITTEN = ("output_mtok",)
_EACH = ("requests_kcount",)


class _Offered(Protocol):
    # What is read of the package's own class, whose prices know their names only at run time.
    id: str
    name: str | None
    context_window: int | None
    prices: object

    def is_match(self, spelled: str, /) -> bool: ...


class PriceList:
    """The cards of a router's chat models; the package is imported on first use, because that takes a while."""

    @property
    def edition(self) -> str:
        """Which release of the package this is."""
        _snapshot()
        return f"genai-prices {version('genai-prices')}"

    def cards(self) -> dict[str, ChatModelCard]:
        """Return the cards by id."""
        return _cards()

    def find(self, model_id: str) -> ChatModelCard | None:
        """Return the card under which a chat model is priced, also where its id has a date or an older spelling."""
        return _cards().get(model_id) or _alike(model_id)


def price_list() -> PriceList | None:
    """Return the list, or None where its package is not installed; it is not imported yet."""
    return None if find_spec("genai_prices") is None else PriceList()


@cache
def _snapshot() -> ModuleType:
    try:
        from genai_prices import data_snapshot  # noqa: PLC0415 - takes a quarter of a second, and is an extra
    except ImportError as exc:
        raise ConfigError(PRICES_CURE) from exc
    return data_snapshot


@cache
def _listed() -> tuple[_Offered, ...]:
    providers = _snapshot().get_snapshot().providers
    return tuple(listed for provider in providers if provider.id == _PROVIDER for listed in provider.models)


@cache
def _cards() -> dict[str, ChatModelCard]:
    return {listed.id: _card(listed) for listed in _listed()}


@lru_cache(maxsize=256)
def _alike(model_id: str) -> ChatModelCard | None:
    # Asked twice for every call, and tries every pattern of the list.
    listed = next((listed for listed in _listed() if listed.is_match(model_id)), None)
    return None if listed is None else _cards()[listed.id]


def _card(listed: _Offered) -> ChatModelCard:
    prices = _conditions(listed)
    until = knowledge_until(listed.id)
    each = _highest(prices, _EACH)
    return ChatModelCard(
        id=listed.id,
        name=listed.name or listed.id,
        # What is read may be written into a cache, which costs more than reading; so that is what a bound takes.
        prompt_usd_mtok=_highest(prices, _READ, needed="input_mtok"),
        completion_usd_mtok=_highest(prices, _WRITTEN, needed="output_mtok"),
        request_usd=Decimal(0) if each is None else each / 1_000,
        context_tokens=listed.context_window,
        knowledge_until=until,
        knowledge_source="" if until is None else KNOWLEDGE_SOURCE,
    )


def _conditions(listed: _Offered) -> tuple[object, ...]:
    if not isinstance(listed.prices, list):
        return (listed.prices,)
    return tuple(conditional.prices for conditional in listed.prices)


def _highest(prices: Iterable[object], names: Iterable[str], *, needed: str | None = None) -> Decimal | None:
    found: list[Decimal] = []
    for price in prices:
        if needed is not None and getattr(price, needed, None) is None:
            return None
        for name in names:
            found += _figures(getattr(price, name, None))
    return max(found, default=None)


def _figures(price: object) -> list[Decimal]:
    if price is None or isinstance(price, Decimal):
        return [] if price is None else [price]
    tiers = getattr(price, "tiers", ())
    return [Decimal(price.base), *(Decimal(tier.price) for tier in tiers)] if hasattr(price, "base") else []
