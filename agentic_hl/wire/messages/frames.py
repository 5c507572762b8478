"""One frame of the stream to one value.

The union of channels is tagged by the channel's name, so a frame of a known channel is decoded in a single pass,
straight into its type, and keys nobody reads are stepped over. Whatever that refuses is looked at again, envelope
first, to tell an unknown channel from a broken frame.
"""

from collections.abc import Callable
from typing import TypeAlias, get_args

import msgspec

from agentic_hl.wire.messages.channels import (
    ActiveContextFrame,
    ActiveSpotContextFrame,
    AssetSettingsFrame,
    BestQuoteFrame,
    BookFrame,
    CandleFrame,
    DexContextsFrame,
    DexesContextsFrame,
    ErrorFrame,
    FastContextsFrame,
    FillsFrame,
    FundingsFrame,
    LedgerFrame,
    LegacyStateFrame,
    MidsFrame,
    NotificationFrame,
    OpenOrdersFrame,
    OrderHistoryFrame,
    OrderUpdatesFrame,
    OutcomeMetaFrame,
    Pong,
    PostAnswered,
    PrintsFrame,
    SpotContextsFrame,
    SpotStateFrame,
    StateFrame,
    StatesFrame,
    SubscriptionAnswered,
    TwapFillsFrame,
    TwapHistoryFrame,
    TwapsFrame,
    UserEventFrame,
    UserStateFrame,
)
from agentic_hl.wire.messages.reading import FAILURES, Unreadable, unreadable

__all__ = ["CHANNELS", "GREETING", "ChannelFrame", "Frame", "Greeting", "UnknownChannel", "channel_of", "read_frame"]

GREETING = b"Websocket connection established."
"""What the server may say first; it is no JSON."""


class Greeting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The server's first words."""


class UnknownChannel(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A well-formed frame of a channel that is not known here."""

    channel: str
    payload: msgspec.Raw = msgspec.Raw(b"null")


ChannelFrame: TypeAlias = (
    ActiveContextFrame
    | ActiveSpotContextFrame
    | AssetSettingsFrame
    | BestQuoteFrame
    | BookFrame
    | CandleFrame
    | DexContextsFrame
    | DexesContextsFrame
    | ErrorFrame
    | FastContextsFrame
    | FillsFrame
    | FundingsFrame
    | LedgerFrame
    | LegacyStateFrame
    | MidsFrame
    | NotificationFrame
    | OpenOrdersFrame
    | OrderHistoryFrame
    | OrderUpdatesFrame
    | OutcomeMetaFrame
    | Pong
    | PostAnswered
    | PrintsFrame
    | SpotContextsFrame
    | SpotStateFrame
    | StateFrame
    | StatesFrame
    | SubscriptionAnswered
    | TwapFillsFrame
    | TwapHistoryFrame
    | TwapsFrame
    | UserEventFrame
    | UserStateFrame
)
"""A frame of a known channel."""

Frame: TypeAlias = ChannelFrame | Greeting | UnknownChannel | Unreadable
"""Everything a frame can be."""


CHANNELS = frozenset(str(kind.__struct_config__.tag) for kind in get_args(ChannelFrame))
"""The names of the known channels."""


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    channel: str
    payload: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"null"), name="data")


_decode_channel: Callable[[bytes], ChannelFrame] = msgspec.json.Decoder(ChannelFrame).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_GREETING = Greeting()


def read_frame(raw: bytes) -> Frame:
    """Return what a frame says; nothing it may hold raises.

    >>> read_frame(b'{"channel":"pong"}')
    Pong()
    """
    try:
        return _decode_channel(raw)
    except FAILURES as exc:
        return _odd_frame(raw, exc)


def channel_of(frame: ChannelFrame) -> str:
    """Return the name of a frame's channel."""
    return str(frame.__struct_config__.tag)


def _odd_frame(raw: bytes, refused: Exception) -> Greeting | UnknownChannel | Unreadable:
    if raw.strip() == GREETING:
        return _GREETING
    try:
        envelope = _decode_envelope(raw)
    except FAILURES as exc:
        return unreadable(exc, "frame", raw)
    if envelope.channel in CHANNELS:
        return unreadable(refused, envelope.channel, raw)
    return UnknownChannel(channel=envelope.channel, payload=envelope.payload)
