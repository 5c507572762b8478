"""The kinds of frames, one a channel; the tag is the channel's name and `payload` what the venue calls its data."""

import msgspec

from agentic_hl.wire.messages.account import AssetSettings
from agentic_hl.wire.messages.legacy import LegacyState
from agentic_hl.wire.messages.market import (
    BestQuote,
    MarketPrint,
    SpotContext,
    WireBook,
    WireCandle,
)
from agentic_hl.wire.messages.mids import AllMids
from agentic_hl.wire.messages.orders import OrderUpdate
from agentic_hl.wire.messages.streams import (
    ActiveContext,
    ActiveSpotContext,
    DexContexts,
    DexesContexts,
    DexesStates,
    DexState,
    Notification,
    PostedAnswer,
    UserEvent,
    UserFills,
    UserFundings,
    UserLedger,
    UserOpenOrders,
    UserOrderHistory,
    UserSpotState,
    UserState,
    UserTwapFills,
    UserTwapHistory,
    UserTwaps,
)
from agentic_hl.wire.messages.subscriptions import StreamError, SubscriptionEcho, read_stream_error

__all__ = [
    "ActiveContextFrame",
    "ActiveSpotContextFrame",
    "AssetSettingsFrame",
    "BestQuoteFrame",
    "BookFrame",
    "CandleFrame",
    "DexContextsFrame",
    "DexesContextsFrame",
    "ErrorFrame",
    "FastContextsFrame",
    "FillsFrame",
    "FundingsFrame",
    "LedgerFrame",
    "LegacyStateFrame",
    "MidsFrame",
    "NotificationFrame",
    "OpenOrdersFrame",
    "OrderHistoryFrame",
    "OrderUpdatesFrame",
    "OutcomeMetaFrame",
    "Pong",
    "PostAnswered",
    "PrintsFrame",
    "SpotContextsFrame",
    "SpotStateFrame",
    "StateFrame",
    "StatesFrame",
    "SubscriptionAnswered",
    "TwapFillsFrame",
    "TwapHistoryFrame",
    "TwapsFrame",
    "UserEventFrame",
    "UserStateFrame",
]


class _Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="channel"):
    pass


class SubscriptionAnswered(_Frame, frozen=True, kw_only=True, gc=False, tag="subscriptionResponse"):
    """A subscription began or ended as asked."""

    payload: SubscriptionEcho = msgspec.field(name="data")


class PostAnswered(_Frame, frozen=True, kw_only=True, gc=False, tag="post"):
    """A request sent over the stream was answered."""

    payload: PostedAnswer = msgspec.field(name="data")


class ErrorFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="error"):
    """The venue did not do something, or will not."""

    payload: str = msgspec.field(name="data")

    @property
    def error(self) -> StreamError:
        """What it is about."""
        return read_stream_error(self.payload)


class Pong(_Frame, frozen=True, kw_only=True, gc=False, tag="pong"):
    """A ping was answered."""


class MidsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="allMids"):
    """Mids of everything on a dex."""

    payload: AllMids = msgspec.field(name="data")


class BookFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="l2Book"):
    """A whole book."""

    payload: WireBook = msgspec.field(name="data")


class BestQuoteFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="bbo"):
    """A best bid or ask changed."""

    payload: BestQuote = msgspec.field(name="data")


class PrintsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="trades"):
    """Executions between anybody; the first frame may be history."""

    payload: tuple[MarketPrint, ...] = msgspec.field(name="data")


class CandleFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="candle"):
    """A candle changed; it is closed only once the next one begins."""

    payload: WireCandle = msgspec.field(name="data")


class ActiveContextFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="activeAssetCtx"):
    """A perpetual's context."""

    payload: ActiveContext = msgspec.field(name="data")


class ActiveSpotContextFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="activeSpotAssetCtx"):
    """A spot pair's context."""

    payload: ActiveSpotContext = msgspec.field(name="data")


class DexContextsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="assetCtxs"):
    """Contexts of one dex."""

    payload: DexContexts = msgspec.field(name="data")


class DexesContextsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="allDexsAssetCtxs"):
    """Contexts of all dexes."""

    payload: DexesContexts = msgspec.field(name="data")


class SpotContextsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="spotAssetCtxs"):
    """Contexts of all spot pairs."""

    payload: tuple[SpotContext, ...] = msgspec.field(name="data")


class FastContextsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="fastAssetCtxs"):
    """Marks and mids, compressed; `fast_contexts.read_fast_contexts` reads them."""

    payload: str = msgspec.field(name="data")


class AssetSettingsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="activeAssetData"):
    """Leverage and room of an account in one symbol."""

    payload: AssetSettings = msgspec.field(name="data")


class FillsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userFills"):
    """Fills of an account."""

    payload: UserFills = msgspec.field(name="data")


class UserEventFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="user"):
    """Something happened to an account (subscribed as `userEvents`)."""

    payload: UserEvent = msgspec.field(name="data")


class OrderUpdatesFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="orderUpdates"):
    """Orders changed; it names no account, and nothing is repeated."""

    payload: tuple[OrderUpdate, ...] = msgspec.field(name="data")


class FundingsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userFundings"):
    """Funding of an account."""

    payload: UserFundings = msgspec.field(name="data")


class LedgerFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userNonFundingLedgerUpdates"):
    """Movements of money of an account."""

    payload: UserLedger = msgspec.field(name="data")


class TwapHistoryFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userTwapHistory"):
    """Sliced orders of an account."""

    payload: UserTwapHistory = msgspec.field(name="data")


class TwapFillsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userTwapSliceFills"):
    """Fills of an account's sliced orders."""

    payload: UserTwapFills = msgspec.field(name="data")


class OrderHistoryFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="userHistoricalOrders"):
    """Orders of an account, with a snapshot."""

    payload: UserOrderHistory = msgspec.field(name="data")


class StateFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="clearinghouseState"):
    """An account on one dex."""

    payload: DexState = msgspec.field(name="data")


class StatesFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="allDexsClearinghouseState"):
    """An account on all dexes."""

    payload: DexesStates = msgspec.field(name="data")


class OpenOrdersFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="openOrders"):
    """All open orders of an account."""

    payload: UserOpenOrders = msgspec.field(name="data")


class SpotStateFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="spotState"):
    """Token balances of an account."""

    payload: UserSpotState = msgspec.field(name="data")


class TwapsFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="twapStates"):
    """Running sliced orders of an account."""

    payload: UserTwaps = msgspec.field(name="data")


class UserStateFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="webData3"):
    """Standing of an account."""

    payload: UserState = msgspec.field(name="data")


class LegacyStateFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="webData2"):
    """The retired all-in-one state of an account."""

    payload: LegacyState = msgspec.field(name="data")


class NotificationFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="notification"):
    """A sentence for the account's owner."""

    payload: Notification = msgspec.field(name="data")


class OutcomeMetaFrame(_Frame, frozen=True, kw_only=True, gc=False, tag="outcomeMetaUpdates"):
    """News of outcome markets, as they came."""

    payload: msgspec.Raw = msgspec.field(name="data")
