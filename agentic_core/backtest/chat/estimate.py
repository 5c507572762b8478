"""What a backtest of a chat-model skill will cost, said before it starts."""

from collections.abc import Mapping
from contextlib import suppress
from decimal import ROUND_UP, Decimal
from typing import Final

import msgspec

from agentic_core.backtest.cursor import Cursor
from agentic_core.backtest.dataset import Dataset
from agentic_core.brokers.paper import PaperLedger
from agentic_core.chat.effects import Ask, Reserve, Reserved
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import Usd
from agentic_core.domain.times import DAY_MS, Instant, to_datetime
from agentic_core.domain.trading import TradingState
from agentic_core.errors import UsageError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.chat_model import ChatRequest
from agentic_core.runtime import Mandate, immediately, tick
from agentic_core.runtime.drive import drive
from agentic_core.runtime.effects import Effect, EffectReply
from agentic_core.runtime.terms import Terms

__all__ = ["Estimate", "estimate"]

_BYTES_PER_TOKEN: Final = 4
_COMPLETION_TOKENS: Final = 400
_CALLS_PER_TURN: Final = Decimal("1.5")
_SAMPLES: Final = 5
_CENT: Final = Decimal("0.01")
_MILLION: Final = 1_000_000


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a run may cost; what is on its tape already costs nothing again."""

    turns: int
    prompt_tokens: int
    """Of the longest first question among a few marks, by rule of thumb."""
    expected_usd: Usd | None
    """By rule of thumb: one and a half calls of 400 tokens a turn. None where the price is not known."""
    call_bound_usd: Usd | None
    """The most the longest of those questions can cost; None where the price is not known."""
    bound_usd: Usd
    """What the skill's own caps let its chat model cost in the months and days of the candles."""


def estimate(
    mandate: Mandate,
    dataset: Dataset,
    *,
    instruments: Mapping[Symbol, Instrument],
    terms: Terms,
    card: ChatModelCard | None,
) -> Estimate:
    """Reckon what a run will cost, from the questions it will ask at some of its marks.

    Args:
        mandate: the skill and how it thinks.
        dataset: the candles.
        instruments: rules of the symbols.
        terms: of the account.
        card: prices of the chat model; None where they are not known.

    Raises:
        UsageError: rules decide.
    """
    turns = len(dataset) - 1
    asked = [
        _first_question(mandate, dataset, instruments, terms, turns * number // _SAMPLES) for number in range(_SAMPLES)
    ]
    bounds = [bound for _, bound in asked]
    tokens = max(_size(request) for request, _ in asked) // _BYTES_PER_TOKEN + 1
    return Estimate(
        turns=turns,
        prompt_tokens=tokens,
        expected_usd=_expected(turns, tokens, card),
        call_bound_usd=None if None in bounds else max(bound for bound in bounds if bound is not None),
        bound_usd=_capped(mandate, dataset),
    )


def _first_question(
    mandate: Mandate, dataset: Dataset, instruments: Mapping[Symbol, Instrument], terms: Terms, index: int
) -> tuple[ChatRequest, Usd | None]:
    # The shipped turn is taken up to its first call, which is not made.
    cursor = Cursor(dataset, instruments)
    cursor.move(index)
    account = PaperLedger(
        starting_equity=terms.starting_equity,
        instruments=instruments,
        marks=cursor.mark,
        leverage=mandate.limits.leverage_max,
        at=cursor.as_of,
    )
    found: list[tuple[ChatRequest, Usd | None]] = []
    bounds: list[Usd | None] = []

    async def perform(effect: Effect) -> EffectReply:
        if isinstance(effect, Reserve):
            bounds.append(effect.bound)
            return Reserved()
        if isinstance(effect, Ask):
            found.append((effect.request, bounds[-1]))
        raise _Enough

    turn = tick(mandate, cursor, account, TradingState.ACTIVE, mark=cursor.as_of, record_holds=False)
    with suppress(_Enough):
        immediately(drive(turn, perform))
    if not found:
        raise UsageError(f"{mandate.skill_name} asks no chat model; its run costs nothing")
    return found[0]


class _Enough(Exception):
    # The first question is known.
    pass


def _size(request: ChatRequest) -> int:
    texts = [message.content.encode() for message in request.messages]
    tools = [piece for spec in request.tools for piece in (spec.parameters, spec.description.encode())]
    return sum(map(len, (*texts, *tools, request.reply_schema or b"")))


def _expected(turns: int, tokens: int, card: ChatModelCard | None) -> Usd | None:
    if card is None or card.prices is None:
        return None
    read, written = card.prices
    texts = tokens * read + _COMPLETION_TOKENS * written
    total = turns * _CALLS_PER_TURN * (texts / _MILLION + card.request_usd)
    return Usd(total.quantize(_CENT, rounding=ROUND_UP))


def _capped(mandate: Mandate, dataset: Dataset) -> Usd:
    first, last = to_datetime(dataset.start), to_datetime(Instant(dataset.end - 1))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    capped = months * mandate.limits.cost_usd_month_max
    if mandate.limits.cost_usd_day_max is not None:
        days = (dataset.end - 1) // DAY_MS - dataset.start // DAY_MS + 1
        capped = min(capped, days * mandate.limits.cost_usd_day_max)
    return Usd(capped)
