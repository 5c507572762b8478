"""What every catalogue of chat models promises: prices at their worst, and nothing unknown for free."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from agentic_core.chat.catalogue import Catalogue, cards_in, cards_listed, cards_text
from agentic_core.chat.catalogue.price_list import PriceList
from agentic_core.ports.chat_catalogue import ChatModelCatalogue

PORTS = ("agentic_core.ports.chat_catalogue.ChatModelCatalogue",)

PRICED, UNPRICED = "anthropic/claude-sonnet-4.5", "nobody/knows-this"

OWN = """{"models": [
    {"id": "anthropic/claude-sonnet-4.5", "promptUsdPerMtok": 7.5, "completionUsdPerMtok": 22.5},
    {"id": "nobody/half-known", "promptUsdPerMtok": 1}
]}"""

LISTING = b"""{"data": [
    {"id": "anthropic/claude-sonnet-4.5", "name": "Sonnet", "context_length": 1000000,
     "pricing": {"prompt": "0.000003", "completion": "0.000015", "input_cache_write": "0.00000375",
                 "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.000006", "input_cache_write": "0.0000075",
                                "completion": "0.0000225"}]}},
    {"id": "nobody/half-known", "name": "Router", "pricing": {"prompt": "-1", "completion": "-1"}}
]}"""


def _own() -> ChatModelCatalogue:
    return Catalogue(own=cards_in(OWN, source="own.json")[1])


def _listed() -> ChatModelCatalogue:
    return Catalogue(listed=cards_listed(LISTING), edition="2026-11-20")


def _kept() -> ChatModelCatalogue:
    edition, cards = cards_in(cards_text("2026-11-20", cards_listed(LISTING)), source="kept.json")
    return Catalogue(listed=cards, edition=edition)


def _offline() -> ChatModelCatalogue:
    return Catalogue(price_list=PriceList())


CATALOGUES: dict[str, Callable[[], ChatModelCatalogue]] = {
    "own": _own,
    "listed": _listed,
    "kept": _kept,
    "offline": _offline,
}


@pytest.fixture(params=sorted(CATALOGUES))
def catalogue(request: pytest.FixtureRequest) -> ChatModelCatalogue:
    """Give each catalogue in turn."""
    return CATALOGUES[request.param]()


def test_catalogue_knows_the_highest_price_of_every_condition(catalogue: ChatModelCatalogue) -> None:
    """Long prompts and writing into a cache cost more, and a bound has to hold for them too."""
    card = catalogue.find(PRICED)
    assert card is not None
    assert (card.prompt_usd_mtok, card.completion_usd_mtok) == (Decimal("7.5"), Decimal("22.5"))


def test_catalogue_bounds_a_call_by_its_bytes_and_what_may_be_written(catalogue: ChatModelCatalogue) -> None:
    """10,000 bytes and 4,096 tokens of a template at 7.5, 2,000 tokens at 22.5 dollars a million."""
    assert catalogue.bound(PRICED, prompt_bytes=10_000, completion_tokens=2_000) == Decimal("0.15072")


def test_catalogue_bound_is_rounded_up_to_a_hundred_millionth(catalogue: ChatModelCatalogue) -> None:
    """One byte more is 0.0000075 dollars; eight decimals hold that exactly, and what they do not is rounded up."""
    bound = catalogue.bound(PRICED, prompt_bytes=1, completion_tokens=1)
    assert bound == Decimal("0.03075000")
    assert bound is not None
    assert bound.as_tuple().exponent == -8


def test_catalogue_bound_grows_with_what_is_asked(catalogue: ChatModelCatalogue) -> None:
    """Neither a longer prompt nor a longer answer makes a call cheaper."""
    figures = [catalogue.bound(PRICED, prompt_bytes=size, completion_tokens=size) for size in (0, 1, 1_000, 10**6)]
    known = [bound for bound in figures if bound is not None]
    assert len(known) == 4
    assert known == sorted(known)


def test_catalogue_bounds_nothing_that_it_does_not_know(catalogue: ChatModelCatalogue) -> None:
    """What is unknown is never free."""
    assert catalogue.find(UNPRICED) is None
    assert catalogue.bound(UNPRICED, prompt_bytes=1, completion_tokens=1) is None


def test_catalogue_bounds_nothing_of_which_half_the_price_is_known(catalogue: ChatModelCatalogue) -> None:
    """A price for reading alone, or one that a router decides call by call, bounds nothing."""
    assert catalogue.bound("nobody/half-known", prompt_bytes=1, completion_tokens=1) is None


def test_catalogue_finds_whatever_it_lists(catalogue: ChatModelCatalogue) -> None:
    """Every card of the list is found under its id, and the ids are sorted and unique."""
    cards = catalogue.cards()
    assert [card.id for card in cards] == sorted({card.id for card in cards})
    assert all(catalogue.find(card.id) == card for card in cards[:50])


def test_catalogue_says_its_edition(catalogue: ChatModelCatalogue) -> None:
    """Whoever reads a price can say where it is from."""
    assert catalogue.as_of
