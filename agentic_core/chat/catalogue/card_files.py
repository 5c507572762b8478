"""Cards as people write them, and as a fetched listing is kept."""

import json
from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentic_core.chat.catalogue.knowledge import end_of_day
from agentic_core.domain.times import Instant, to_datetime
from agentic_core.errors import InputError
from agentic_core.ports.chat_catalogue import ChatModelCard

__all__ = ["cards_in", "cards_text"]

_DAY_MS = 86_400_000
_Price = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]
    name: str = ""
    prompt_usd_per_mtok: _Price | None = Field(None, alias="promptUsdPerMtok")
    completion_usd_per_mtok: _Price | None = Field(None, alias="completionUsdPerMtok")
    usd_per_request: _Price = Field(Decimal(0), alias="usdPerRequest")
    context_tokens: Annotated[int, Field(gt=0)] | None = Field(None, alias="contextTokens")
    knowledge_until: date | None = Field(None, alias="knowledgeUntil")

    def card(self, source: str) -> ChatModelCard:
        """Return the card."""
        until = None if self.knowledge_until is None else end_of_day(self.knowledge_until)
        return ChatModelCard(
            id=self.id,
            name=self.name or self.id,
            prompt_usd_mtok=self.prompt_usd_per_mtok,
            completion_usd_mtok=self.completion_usd_per_mtok,
            request_usd=self.usd_per_request,
            context_tokens=self.context_tokens,
            knowledge_until=until,
            knowledge_source="" if until is None else source,
        )


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    edition: str = ""
    cards: tuple[_Written, ...] = Field(alias="models")


def cards_in(text: str, *, source: str) -> tuple[str, tuple[ChatModelCard, ...]]:
    """Read a file of cards; returns its edition and the cards. A price that is not written is unknown, 0 is free.

    Raises:
        InputError: it is no such file, with every place that is wrong.
    """
    try:
        raw = json.loads(text, parse_float=Decimal)
        file = _File.model_validate(raw)
    except json.JSONDecodeError as exc:
        message = f"{source}: line {exc.lineno}, column {exc.colno}: {exc.msg}; write JSON such as {_EXAMPLE}"
        raise InputError(message) from exc
    except ValidationError as exc:
        problems = (f"{'.'.join(map(str, error['loc'])) or 'the file'}: {error['msg']}" for error in exc.errors())
        raise InputError("\n".join([f"{source}: write {_EXAMPLE}", *problems])) from exc
    twice = [card.id for place, card in enumerate(file.cards) if card.id in {one.id for one in file.cards[:place]}]
    if twice:
        raise InputError(f"{source}: {twice[0]} is there twice; keep one of them")
    return file.edition, tuple(written.card(source) for written in file.cards)


def cards_text(edition: str, cards: tuple[ChatModelCard, ...]) -> str:
    """Write cards as a file that `cards_in` reads."""
    written = [_dumped(card) for card in cards]
    encoder = msgspec.json.Encoder(decimal_format="number")
    return msgspec.json.format(encoder.encode({"edition": edition, "models": written}), indent=1).decode() + "\n"


def _dumped(card: ChatModelCard) -> dict[str, object]:
    fields: dict[str, object] = {
        "id": card.id,
        "name": card.name,
        "promptUsdPerMtok": card.prompt_usd_mtok,
        "completionUsdPerMtok": card.completion_usd_mtok,
        "usdPerRequest": card.request_usd,
        "contextTokens": card.context_tokens,
        "knowledgeUntil": None if card.knowledge_until is None else _last_day(card.knowledge_until),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _last_day(until: Instant) -> str:
    return to_datetime(Instant(until - _DAY_MS)).date().isoformat()


_EXAMPLE = '{"models": [{"id": "local/qwen3", "promptUsdPerMtok": 0, "completionUsdPerMtok": 0}]}'
