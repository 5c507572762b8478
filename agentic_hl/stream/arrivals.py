"""Where a frame belongs, when the venue says it was, and which entries it brings."""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeAlias, TypeVar

import msgspec

from agentic_hl.stream.topics import Route
from agentic_hl.wire.messages import channels
from agentic_hl.wire.messages.fills import FundingDelta, FundingUpdate, LedgerUpdate, TwapSliceFill, WireFill
from agentic_hl.wire.messages.frames import ChannelFrame, Frame
from agentic_hl.wire.messages.market import MarketPrint
from agentic_hl.wire.messages.orders import OrderUpdate
from agentic_hl.wire.messages.twaps import TwapRecord

__all__ = ["TYPES_OF_CHANNELS", "Arrival", "Entry", "arrival_of", "entry_key", "entry_time", "with_entries"]

Entry: TypeAlias = (
    FundingDelta | FundingUpdate | LedgerUpdate | MarketPrint | OrderUpdate | TwapRecord | TwapSliceFill | WireFill
)
"""What a log consists of."""

TYPES_OF_CHANNELS: Mapping[str, str] = {"user": "userEvents", "activeSpotAssetCtx": "activeAssetCtx"}
"""Channels that are not called like what was subscribed to."""

_F = TypeVar("_F", bound=ChannelFrame)

_MS_PER_S = 1_000


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """A frame, placed."""

    route: Route
    at: int | None = None
    """Venue time of a state; None where it tells none, and of logs, whose entries have their own."""

    entries: tuple[Entry, ...] | None = None
    """None where the frame is no log."""


def arrival_of(frame: Frame) -> Arrival | None:
    """Return where a frame belongs, or None when it belongs to no topic."""
    place = _PLACES.get(type(frame))
    return None if place is None else place(frame)


def entry_key(entry: Entry) -> Hashable:
    """Return what names an entry of a log and no other one of it.

    Assumed: of the fills that no two sides met for (trade number 0) no two share coin, order and time.
    """
    match entry:
        case WireFill():
            return entry.key if entry.tid else (*entry.key, entry.time)
        case TwapSliceFill(fill=fill):
            return entry.twap_id, entry_key(fill)
        case MarketPrint():
            return entry.time, entry.coin, entry.tid
        case FundingDelta():
            return entry.time, entry.coin
        case FundingUpdate():
            return entry.time, entry.delta.coin
        case _:
            return entry


def entry_time(entry: Entry) -> int:
    """Return the venue time of an entry of a log."""
    match entry:
        case OrderUpdate():
            return entry.status_timestamp
        case TwapSliceFill(fill=fill):
            return fill.time
        case TwapRecord():
            return entry.time * _MS_PER_S
        case _:
            return entry.time or 0


def with_entries(frame: Frame, entries: tuple[Entry, ...]) -> Frame:
    """Return the frame of a log with other entries."""
    field = _FIELDS.get(type(frame))
    match frame:
        case channels.OrderUpdatesFrame() | channels.PrintsFrame():
            return msgspec.structs.replace(frame, payload=entries)
        case (
            channels.FillsFrame()
            | channels.FundingsFrame()
            | channels.LedgerFrame()
            | channels.OrderHistoryFrame()
            | channels.TwapFillsFrame()
            | channels.TwapHistoryFrame()
            | channels.UserEventFrame()
        ) if field is not None:
            return msgspec.structs.replace(frame, payload=msgspec.structs.replace(frame.payload, **{field: entries}))
        case _:
            return frame


def _route(kind: str, coin: str = "", interval: str = "", user: str = "", dex: str = "") -> Route:
    return kind, coin, interval, user.lower(), dex


def _placing(kind: type[_F], place: Callable[[_F], Arrival]) -> tuple[type[object], Callable[[Frame], Arrival]]:
    def placed(frame: Frame) -> Arrival:
        assert isinstance(frame, kind), "the table is asked by type"
        return place(frame)

    return kind, placed


def _log(kind: str, user: str, entries: tuple[Entry, ...] | None) -> Arrival:
    return Arrival(_route(kind, user=user), None, entries)


def _prints(frame: channels.PrintsFrame) -> Arrival:
    coin = frame.payload[0].coin if frame.payload else ""
    return Arrival(_route("trades", coin), None, frame.payload)


_FIELDS: Mapping[type[object], str] = {
    channels.FillsFrame: "fills",
    channels.FundingsFrame: "fundings",
    channels.LedgerFrame: "non_funding_ledger_updates",
    channels.OrderHistoryFrame: "order_history",
    channels.TwapFillsFrame: "twap_slice_fills",
    channels.TwapHistoryFrame: "history",
    channels.UserEventFrame: "fills",
}

_PLACES: Mapping[type[object], Callable[[Frame], Arrival]] = dict(
    (
        _placing(channels.ActiveContextFrame, lambda f: Arrival(_route("activeAssetCtx", f.payload.coin))),
        _placing(channels.ActiveSpotContextFrame, lambda f: Arrival(_route("activeAssetCtx", f.payload.coin))),
        _placing(
            channels.AssetSettingsFrame,
            lambda f: Arrival(_route("activeAssetData", f.payload.coin, user=f.payload.user)),
        ),
        _placing(channels.BestQuoteFrame, lambda f: Arrival(_route("bbo", f.payload.coin), f.payload.time)),
        _placing(channels.BookFrame, lambda f: Arrival(_route("l2Book", f.payload.coin), f.payload.time)),
        _placing(
            channels.CandleFrame,
            lambda f: Arrival(_route("candle", f.payload.coin, f.payload.interval), f.payload.open_time),
        ),
        _placing(channels.DexContextsFrame, lambda f: Arrival(_route("assetCtxs", dex=f.payload.dex))),
        _placing(channels.DexesContextsFrame, lambda _: Arrival(_route("allDexsAssetCtxs"))),
        _placing(channels.FastContextsFrame, lambda _: Arrival(_route("fastAssetCtxs"))),
        _placing(channels.FillsFrame, lambda f: _log("userFills", f.payload.user, f.payload.fills)),
        _placing(channels.FundingsFrame, lambda f: _log("userFundings", f.payload.user, f.payload.fundings)),
        _placing(
            channels.LedgerFrame,
            lambda f: _log("userNonFundingLedgerUpdates", f.payload.user, f.payload.non_funding_ledger_updates),
        ),
        _placing(channels.MidsFrame, lambda f: Arrival(_route("allMids", dex=f.payload.dex))),
        _placing(channels.NotificationFrame, lambda _: Arrival(_route("notification"))),
        _placing(
            channels.OpenOrdersFrame,
            lambda f: Arrival(_route("openOrders", user=f.payload.user, dex=f.payload.dex)),
        ),
        _placing(
            channels.OrderHistoryFrame,
            lambda f: _log("userHistoricalOrders", f.payload.user, f.payload.order_history),
        ),
        _placing(channels.OrderUpdatesFrame, lambda f: _log("orderUpdates", "", f.payload)),
        _placing(channels.PrintsFrame, _prints),
        _placing(channels.SpotContextsFrame, lambda _: Arrival(_route("spotAssetCtxs"))),
        _placing(channels.SpotStateFrame, lambda f: Arrival(_route("spotState", user=f.payload.user))),
        _placing(
            channels.StateFrame,
            lambda f: Arrival(
                _route("clearinghouseState", user=f.payload.user, dex=f.payload.dex),
                f.payload.clearinghouse_state.time,
            ),
        ),
        _placing(
            channels.StatesFrame,
            lambda f: Arrival(_route("allDexsClearinghouseState", user=f.payload.user)),
        ),
        _placing(
            channels.TwapFillsFrame, lambda f: _log("userTwapSliceFills", f.payload.user, f.payload.twap_slice_fills)
        ),
        _placing(channels.TwapHistoryFrame, lambda f: _log("userTwapHistory", f.payload.user, f.payload.history)),
        _placing(channels.TwapsFrame, lambda f: Arrival(_route("twapStates", user=f.payload.user, dex=f.payload.dex))),
        _placing(channels.UserEventFrame, lambda f: _log("userEvents", "", f.payload.fills)),
        _placing(
            channels.UserStateFrame,
            lambda f: Arrival(_route("webData3", user=f.payload.user_state.user), f.payload.user_state.server_time),
        ),
    )
)
