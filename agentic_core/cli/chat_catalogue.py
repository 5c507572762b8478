"""The catalogue of chat models as the machine at hand has it."""

from collections.abc import Mapping
from pathlib import Path

from agentic_core.chat.catalogue import Catalogue, cards_in, cards_text
from agentic_core.chat.catalogue.price_list import price_list
from agentic_core.cli.services import Services
from agentic_core.errors import ConfigError, InputError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.files import Files
from agentic_core.settings import home_folder

__all__ = ["catalogue_of", "keep_listing", "listing_file"]


def catalogue_of(services: Services, first: tuple[ChatModelCard, ...] = ()) -> Catalogue:
    """Return the catalogue: the cards of `AGENTIC_CHAT_MODELS`, the listing that was fetched last, the offline list.

    Args:
        services: of the host.
        first: cards that stand for every other of their ids, such as those of a tape.

    Raises:
        ConfigError: a file of cards cannot be read, or is none.
    """
    environment = services.environment.mapping()
    named = environment.get("AGENTIC_CHAT_MODELS")
    _, own = _cards(services.files, Path(named), "AGENTIC_CHAT_MODELS") if named else ("", ())
    kept = listing_file(environment)
    edition, listed = ("", ()) if services.files.status(kept) is None else _cards(services.files, kept, "the listing")
    return Catalogue(own=(*own, *first), listed=listed, edition=edition, price_list=price_list())


def listing_file(environment: Mapping[str, str]) -> Path:
    """Return where a fetched listing is kept."""
    return home_folder(environment) / "chat-models.json"


def keep_listing(services: Services, edition: str, cards: tuple[ChatModelCard, ...]) -> Path:
    """Keep a fetched listing in the place of the one before it."""
    path = listing_file(services.environment.mapping())
    services.files.make_folder(path.parent)
    services.files.write_bytes(path, cards_text(edition, cards).encode())
    return path


def _cards(files: Files, path: Path, what: str) -> tuple[str, tuple[ChatModelCard, ...]]:
    try:
        content = files.read_bytes(path)
        if content is None:
            raise ConfigError(f"{what}: there is no file {path}; write one, or unset it")
        return cards_in(content.decode(), source=str(path))
    except (OSError, UnicodeDecodeError, InputError) as exc:
        raise ConfigError(f"{what}: {exc}") from exc
