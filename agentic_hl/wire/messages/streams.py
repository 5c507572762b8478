"""What lies inside the frames of the streams, channel by channel."""

from typing import TypeVar

import msgspec

from agentic_hl.wire.messages.account import ClearinghouseState, SpotState
from agentic_hl.wire.messages.fills import (
    FundingDelta,
    LedgerUpdate,
    LiquidationNotice,
    OrderRef,
    TwapSliceFill,
    WireFill,
)
from agentic_hl.wire.messages.market import AssetContext, AssetContextMark, SpotContext
from agentic_hl.wire.messages.orders import OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Millis, Reader, Unreadable, unreadable
from agentic_hl.wire.messages.twaps import TwapRecord, TwapState

__all__ = [
    "ActiveContext",
    "ActiveSpotContext",
    "DexContexts",
    "DexState",
    "DexStatus",
    "DexesContexts",
    "DexesStates",
    "Notification",
    "PostResponse",
    "PostedAnswer",
    "UserEvent",
    "UserFills",
    "UserFundings",
    "UserLedger",
    "UserOpenOrders",
    "UserOrderHistory",
    "UserSpotState",
    "UserState",
    "UserStatus",
    "UserTwapFills",
    "UserTwapHistory",
    "UserTwaps",
]

_T = TypeVar("_T")


class ActiveContext(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One perpetual's context: the feed of marks; it carries no time."""

    coin: str
    ctx: AssetContext


class ActiveSpotContext(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One spot pair's context."""

    coin: str
    ctx: SpotContext


class DexContexts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The contexts of one dex, aligned by index with its listings."""

    ctxs: tuple[AssetContextMark, ...]
    dex: str = ""


class _MainContexts(msgspec.Struct, frozen=True, gc=False, array_like=True):
    dex: str
    ctxs: tuple[AssetContextMark, ...]


class _FirstOfDexes(msgspec.Struct, frozen=True, gc=False, array_like=True):
    first: _MainContexts  # what follows in the array is stepped over: builder dexes are not traded


class DexesContexts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The contexts of all dexes at once, of which the main dex is read.

    Assumed (W-6): the main dex comes first, as in the recorded frame.
    """

    ctxs: _FirstOfDexes

    @property
    def main(self) -> tuple[AssetContextMark, ...]:
        """The contexts of the main dex, aligned by index with its listings; empty where another dex came first."""
        return self.ctxs.first.ctxs if self.ctxs.first.dex == "" else ()


class UserFills(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Fills of an account; the first message after each subscription repeats history."""

    user: str
    fills: tuple[WireFill, ...]
    is_snapshot: bool | None = None
    """Only True marks the snapshot; later messages leave it out."""


class UserFundings(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Funding of an account."""

    user: str
    fundings: tuple[FundingDelta, ...]
    is_snapshot: bool | None = None


class UserLedger(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Movements of money of an account."""

    user: str
    non_funding_ledger_updates: tuple[LedgerUpdate, ...]
    is_snapshot: bool | None = None


class UserOrderHistory(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Orders of an account and what became of them, with a snapshot."""

    user: str
    order_history: tuple[OrderUpdate, ...]
    is_snapshot: bool | None = None


class UserTwapHistory(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Sliced orders of an account and what became of them."""

    user: str
    history: tuple[TwapRecord, ...]
    is_snapshot: bool | None = None


class UserTwapFills(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Fills of an account's sliced orders."""

    user: str
    twap_slice_fills: tuple[TwapSliceFill, ...]
    is_snapshot: bool | None = None


class UserEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Something that happened to an account: exactly one of these, or a kind not known here, then none.

    It names no account, and nothing is repeated after a reconnect.
    """

    fills: tuple[WireFill, ...] | None = None
    funding: FundingDelta | None = None
    liquidation: LiquidationNotice | None = None
    non_user_cancel: tuple[OrderRef, ...] | None = None
    twap_history: tuple[TwapRecord, ...] | None = None
    twap_slice_fills: tuple[TwapSliceFill, ...] | None = None

    @property
    def is_known(self) -> bool:
        """Whether it was of a kind known here."""
        return self != _NOTHING


_NOTHING = UserEvent()


class DexState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account on one dex, in full each time."""

    user: str
    clearinghouse_state: ClearinghouseState
    dex: str = ""


class DexesStates(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account on all dexes."""

    user: str
    clearinghouse_states: tuple[tuple[str, ClearinghouseState], ...]

    @property
    def main(self) -> ClearinghouseState | None:
        """The account on the main dex."""
        return next((state for dex, state in self.clearinghouse_states if dex == ""), None)


class UserOpenOrders(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All open orders of an account on one dex."""

    user: str
    orders: tuple[WireOrder, ...]
    dex: str = ""


class UserSpotState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """The token balances of an account."""

    user: str
    spot_state: SpotState


class UserTwaps(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The running sliced orders of an account."""

    user: str
    states: tuple[tuple[int, TwapState], ...]
    dex: str = ""


class UserStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """An account's standing: its unnamed agent wallet, its mode, and the venue's clock."""

    user: str
    server_time: Millis
    agent_wallet: str | None = msgspec.field(default=None, name="agentAddress")
    agent_wallet_valid_until: int | None = msgspec.field(default=None, name="agentValidUntil")
    is_vault: bool = False
    abstraction: str | None = None
    """`unifiedAccount`, `portfolioMargin`, `disabled`, something newer, or None for the default."""


class DexStatus(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """One dex as `webData3` tells of it."""

    perps_at_open_interest_cap: tuple[str, ...] | None = None
    """The perpetuals that take no orders which would raise their open interest."""


class _MainStatus(msgspec.Struct, frozen=True, gc=False, array_like=True):
    first: DexStatus = DexStatus()  # the main dex; builder dexes after it are stepped over


class UserState(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """`webData3`: an account's standing, without positions and orders."""

    user_state: UserStatus
    perp_dex_states: _MainStatus = _MainStatus()

    @property
    def main(self) -> DexStatus:
        """The main dex; assumed (W-6) to come first, as in the list of dexes."""
        return self.perp_dex_states.first


class Notification(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sentence for the account's owner."""

    notification: str


class PostResponse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a posted request was answered with: `info`, `action` or `error`."""

    type: str
    payload: msgspec.Raw


class PostedAnswer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to a request sent over the stream."""

    id: int
    response: PostResponse

    def answer_of(self, reader: Reader[_T]) -> _T | Unreadable:
        """Return the answer to a posted question."""
        if self.response.type != "info":
            return unreadable(
                f"the request was answered with {self.response.type!r}", reader.what, self.response.payload
            )
        wrapped = _WRAPPED.read(self.response.payload)
        return wrapped if isinstance(wrapped, Unreadable) else reader.read(wrapped.payload)


class _Wrapped(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    payload: msgspec.Raw = msgspec.field(name="data")
    type: str = ""


_WRAPPED = Reader(_Wrapped, "post")
