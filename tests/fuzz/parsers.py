"""Every parser of the wire, with sound texts to spoil and with whatever is done to what it reads."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from agentic_core.domain import Instant
from agentic_hl.wire import conversions
from agentic_hl.wire.errors import Scope, classify
from agentic_hl.wire.messages.answers import ANSWERS, L2_BOOK
from agentic_hl.wire.messages.channels import FastContextsFrame, MidsFrame, PostAnswered
from agentic_hl.wire.messages.fast_contexts import read_fast_contexts
from agentic_hl.wire.messages.frames import read_frame
from agentic_hl.wire.messages.mids import read_mids
from agentic_hl.wire.messages.reading import Reader, Unreadable
from agentic_hl.wire.messages.subscriptions import read_stream_error
from agentic_hl.wire.replies import Statuses, proof_of, read_posted_reply, read_reply
from tests.support.wire_answers import ANSWER_EXAMPLES, encoded
from tests.support.wire_frames import ERROR_TEXTS, FRAME_EXAMPLES, deflated, frame_text
from tests.support.wire_replies import ERROR_STRINGS, REPLY_EXAMPLES

__all__ = ["PARSERS", "Parser"]


class Parser(NamedTuple):
    """One parser."""

    name: str
    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    """Returns everything that came of a text."""


_NOW = Instant(1_785_000_000_000)
_STATUSES = (200, 200, 200, 200, 200, 429, 422, 500, 404, 302)


def _each(convert: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda values: tuple(convert(value) for value in values)


_CONVERTED: Mapping[str, Callable[[Any], object]] = {
    "candleSnapshot": conversions.candles_of,
    "clearinghouseState": lambda state: tuple(conversions.position_of(held) for held in state.positions),
    "frontendOpenOrders": _each(conversions.open_intent_of),
    "fundingHistory": conversions.funding_rates_of,
    "l2Book": conversions.book_of,
    "metaAndAssetCtxs": lambda pair: conversions.marks_of(pair.meta, pair.contexts, _NOW),
    "openOrders": _each(conversions.open_intent_of),
    "userFees": conversions.fees_of,
    "userFills": conversions.fills_of,
    "userFillsByTime": _each(partial(conversions.fill_of, user="0x" + "ab" * 20)),
    "userFunding": _each(lambda update: conversions.funding_of(update.delta, update.time)),
}
_CONVERTED_FRAMES: Mapping[str, Callable[[Any], object]] = {
    "activeAssetCtx": lambda payload: conversions.mark_of(payload.coin, payload.ctx, _NOW),
    "bbo": conversions.quote_of,
    "candle": conversions.candle_of,
    "l2Book": conversions.book_of,
    "userFills": lambda payload: conversions.fills_of(payload.fills, user=payload.user),
    "userFundings": lambda payload: tuple(conversions.funding_of(delta) for delta in payload.fundings),
}


def _answer(reader: Reader[Any], raw: bytes) -> object:
    found = reader.read(raw)
    convert = _CONVERTED.get(reader.what)
    return found if convert is None or isinstance(found, Unreadable) else (found, convert(found))


def _frame(channel: str, raw: bytes) -> object:
    frame = read_frame(raw)
    match frame:
        case MidsFrame(payload=mids):
            return frame, mids.prices(), mids.prices(["BTC", "ETH"])
        case FastContextsFrame(payload=text):
            return frame, read_fast_contexts(text)
        case PostAnswered(payload=answer):
            return frame, read_posted_reply(answer), answer.answer_of(L2_BOOK)
        case _:
            convert = _CONVERTED_FRAMES.get(channel)
            of_channel = type(frame).__struct_config__.tag == channel
            return frame if convert is None or not of_channel else (frame, convert(getattr(frame, "payload")))  # noqa: B009 - no frame type in particular


def _reply(raw: bytes) -> object:
    reply = read_reply(_STATUSES[len(raw) % len(_STATUSES)], raw)
    items = reply.aligned(len(raw) % 4) if isinstance(reply, Statuses) else ()
    return reply, items, proof_of(reply), tuple(proof_of(item) for item in items)


def _fast_contexts(raw: bytes) -> object:
    # Spoilt before it was compressed, and as if spoilt after.
    return read_fast_contexts(deflated(raw)), read_fast_contexts(raw.decode("utf-8", "surrogateescape"))


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


_ALL = (
    *(
        Parser(f"info/{kind}", tuple(map(encoded, ANSWER_EXAMPLES[kind])), partial(_answer, reader))
        for kind, reader in ANSWERS.items()
    ),
    *(
        Parser(f"stream/{channel}", tuple(frame_text(channel, one) for one in examples), partial(_frame, channel))
        for channel, examples in FRAME_EXAMPLES.items()
    ),
    Parser("exchange", REPLY_EXAMPLES, _reply),
    Parser("mids", tuple(map(encoded, ANSWER_EXAMPLES["allMids"])), lambda raw: read_mids(raw, ["BTC", "@107"])),
    Parser(
        "fast-contexts",
        (encoded({"BTC": {"markPx": "1.5", "midPx": None}}), deflated(b'{"A":{"midPx":"2"}}').encode()),
        _fast_contexts,
    ),
    Parser("stream-error", tuple(map(str.encode, ERROR_TEXTS)), lambda raw: read_stream_error(_text(raw))),
    Parser("refusal", tuple(map(str.encode, ERROR_STRINGS)), lambda raw: classify(_text(raw), Scope.ITEM)),
)

PARSERS: Mapping[str, Parser] = {parser.name: parser for parser in _ALL}
"""By name."""
