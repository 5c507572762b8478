"""`agentic chat models`: what may be chosen, what it costs, and until when it can have learned."""

from decimal import ROUND_UP, Decimal
from typing import Annotated

import anyio
import msgspec
import typer
from rich.table import Table
from rich.text import Text

from agentic_core.chat.catalogue import cards_listed
from agentic_core.chat.catalogue.price_list import PRICES_CURE
from agentic_core.chat.transport import RawAnswer
from agentic_core.cli.chat_catalogue import catalogue_of, keep_listing
from agentic_core.cli.chat_services import open_transport
from agentic_core.cli.console import JsonFlag, console, say
from agentic_core.cli.services import Services
from agentic_core.domain.money import plain
from agentic_core.domain.times import Instant, show, to_datetime
from agentic_core.errors import ConfigError, InputError, VenueUnavailable
from agentic_core.ports.chat_catalogue import ChatModelCard, ChatModelCatalogue

__all__ = ["add_catalogue"]

_WITHIN_MS = 30_000
_OK = 200
_CENT = Decimal("0.01")
_DAY_MS = 86_400_000

_WordsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[WORDS]", help="Show those whose id or name has every word.")
]
_RefreshOption = Annotated[bool, typer.Option("--refresh", help="First fetch the provider's own list, and keep it.")]


class _Cards(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="agentic-chat-models/1"):
    as_of: str
    cards: tuple[ChatModelCard, ...] = msgspec.field(name="models")


def add_catalogue(app: typer.Typer, services: Services) -> None:
    """Add the command to a group."""

    @app.command("models")
    def show_cards(
        words: _WordsArgument = None,
        refresh: _RefreshOption = False,  # noqa: FBT002 - a flag of the command line
        as_json: JsonFlag = False,  # noqa: FBT002 - a flag of the command line
    ) -> None:
        """List the chat models that a skill may name, with the highest price each can have.

        Exit codes: 0 done, 2 no model is meant, or a file of cards is wrong, 3 the provider does not answer.
        """
        if refresh:
            anyio.run(_refresh, services)
        catalogue = catalogue_of(services)
        found = _matching(catalogue, words or [])
        if as_json:
            say(msgspec.json.encode(_Cards(as_of=catalogue.as_of, cards=found)).decode())
            return
        console.print(_table(found))
        say(f"{len(found)} chat models; prices: {catalogue.as_of}")


async def _refresh(services: Services) -> None:
    async with open_transport(services) as transport:
        answer = await transport.get("/models", within_ms=_WITHIN_MS)
    if not isinstance(answer, RawAnswer) or answer.status != _OK:
        said = f"HTTP {answer.status}" if isinstance(answer, RawAnswer) else answer.cause
        raise VenueUnavailable(f"the provider does not list its models: {said}; what was kept before stays")
    cards = cards_listed(answer.body)
    keep_listing(services, show(services.clock.now()), cards)


def _matching(catalogue: ChatModelCatalogue, words: list[str]) -> tuple[ChatModelCard, ...]:
    cards, folded = catalogue.cards(), [word.lower() for word in words]
    if not cards:  # neither the offline list nor a listing, and no cards of one's own
        raise ConfigError(f"no chat model is known here: {PRICES_CURE}")
    found = tuple(card for card in cards if all(word in f"{card.id} {card.name}".lower() for word in folded))
    if not found:
        wanted = " ".join(words) or "any chat model"
        cure = "try fewer words, fetch the provider's list with --refresh, or name your own in AGENTIC_CHAT_MODELS"
        raise InputError(f"nothing is known of {wanted}; {cure}")
    return found


def _table(cards: tuple[ChatModelCard, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("chat model", "USD a million read", "written", "learned until"):
        right = title not in {"chat model", "learned until"}
        table.add_column(title, justify="right" if right else "left", no_wrap=title == "chat model")
    for card in cards:
        read, written = _price(card.prompt_usd_mtok), _price(card.completion_usd_mtok)
        table.add_row(Text(card.id), read, written, _day(card.knowledge_until))
    return table


def _price(price: Decimal | None) -> str:
    if price is None:
        return "unknown"
    return plain(price if price < _CENT else price.quantize(_CENT, rounding=ROUND_UP))


def _day(until: Instant | None) -> str:
    return "unknown" if until is None else to_datetime(Instant(until - _DAY_MS)).date().isoformat()
