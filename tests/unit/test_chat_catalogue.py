"""The catalogue of chat models: its sources, their order, and until when models can have learned."""

from decimal import Decimal

import pytest

from agentic_core.chat.catalogue import Catalogue, cards_in, cards_listed
from agentic_core.chat.catalogue.knowledge import knowledge_until
from agentic_core.chat.catalogue.price_list import PriceList
from agentic_core.domain.times import parse_instant
from agentic_core.errors import InputError

LOCAL = '{"models": [{"id": "local/qwen3", "promptUsdPerMtok": 0, "completionUsdPerMtok": 0}]}'


def test_own_cards_stand_before_the_list() -> None:
    """An operator with another contract says what it costs them."""
    text = '{"models": [{"id": "openai/gpt-5", "promptUsdPerMtok": 1, "completionUsdPerMtok": 2}]}'
    catalogue = Catalogue(own=cards_in(text, source="own")[1], price_list=PriceList())
    card = catalogue.find("openai/gpt-5")
    assert card is not None
    assert card.prompt_usd_mtok == Decimal(1)
    assert catalogue.as_of.startswith("1 of your own, genai-prices ")


def test_local_models_are_free_on_purpose() -> None:
    """A price of 0 that somebody wrote is a price; the bound is nothing, not unknown."""
    catalogue = Catalogue(own=cards_in(LOCAL, source="own")[1])
    assert catalogue.bound("local/qwen3", prompt_bytes=10**6, completion_tokens=10**6) == Decimal(0)


def test_own_cards_are_enough_where_there_is_no_list() -> None:
    """Whoever asks a model of their own needs no extra: everything that is known can be listed and named."""
    catalogue = Catalogue(own=cards_in(LOCAL, source="own")[1], price_list=None)
    assert [card.id for card in catalogue.cards()] == ["local/qwen3"]
    assert (catalogue.as_of, catalogue.find("openai/gpt-5")) == ("1 of your own", None)


def test_price_is_known_where_both_of_its_parts_are() -> None:
    """What reading costs alone bounds nothing."""
    halves = '{"id": "half", "promptUsdPerMtok": 1}, {"id": "both", "promptUsdPerMtok": 1, "completionUsdPerMtok": 2}'
    half, both = cards_in(f'{{"models": [{halves}]}}', source="own")[1]
    assert (half.prices, both.prices) == (None, (Decimal(1), Decimal(2)))


def test_offline_list_knows_aliases_that_move() -> None:
    """An alias of a router has a price of its own in the list, and no end of what it has learned."""
    card = Catalogue(price_list=PriceList()).find("~anthropic/claude-haiku-latest")
    assert card is not None
    assert card.completion_usd_mtok == Decimal(5)
    assert card.knowledge_until is None


def test_offline_list_finds_a_dated_spelling() -> None:
    """A snapshot of a model costs what the model costs."""
    catalogue = Catalogue(price_list=PriceList())
    assert catalogue.find("openai/gpt-5-2025-08-07") == catalogue.find("openai/gpt-5")


def test_offline_list_leaves_a_missing_price_unknown() -> None:
    """Some models of the list have no price in it, free variants among them."""
    cards = Catalogue(price_list=PriceList()).cards()
    unpriced = [card for card in cards if card.prompt_usd_mtok is None or card.completion_usd_mtok is None]
    assert 0 < len(unpriced) < len(cards) / 4
    assert all(card.prompt_usd_mtok != 0 for card in cards)


@pytest.mark.parametrize(
    ("model_id", "first_unknown"),
    [
        ("anthropic/claude-sonnet-4.5", "2025-08-01T00:00:00Z"),
        ("openai/gpt-5", "2024-10-01T00:00:00Z"),
        ("openai/gpt-5:floor", "2024-10-01T00:00:00Z"),
    ],
)
def test_knowledge_ends_after_the_last_day(model_id: str, first_unknown: str) -> None:
    """A month that a maker names counts to its end; a variant has learned what the model has."""
    assert knowledge_until(model_id) == parse_instant(first_unknown)


@pytest.mark.parametrize("model_id", ["~anthropic/claude-haiku-latest", "nobody/knows-this"])
def test_knowledge_of_aliases_and_strangers_is_open(model_id: str) -> None:
    """Nothing is claimed of a model of which nobody says it, or which may be another one tomorrow."""
    assert knowledge_until(model_id) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "own: line 1, column 2"),
        ('{"models": [{"id": "a b"}]}', "models.0.id"),
        ('{"models": [{"id": "a", "promptUsdPerMtok": -1}]}', "models.0.promptUsdPerMtok"),
        ('{"models": [{"id": "a", "promptUsdPerMtok": NaN}]}', "models.0.promptUsdPerMtok"),
        ('{"models": [{"id": "a", "price": 1}]}', "models.0.price"),
        ('{"models": [{"id": "a"}, {"id": "a"}]}', "a is there twice"),
    ],
)
def test_cards_that_are_wrong_are_refused_in_words(text: str, words: str) -> None:
    """The refusal names the place."""
    with pytest.raises(InputError, match=words):
        cards_in(text, source="own")


@pytest.mark.parametrize("price", ["-1", "", "free", "NaN", "Infinity"])
def test_listed_prices_that_are_none_are_unknown(price: str) -> None:
    """A router's own choice is listed as -1: nobody knows what it will cost."""
    body = f'{{"data": [{{"id": "a", "pricing": {{"prompt": "{price}", "completion": "0.1"}}}}]}}'
    (card,) = cards_listed(body.encode())
    assert card.prompt_usd_mtok is None


def test_listing_that_is_none_is_refused() -> None:
    """A page of HTML in the place of a list is an error, not an empty list."""
    with pytest.raises(InputError, match="cannot be read"):
        cards_listed(b"<html>")
