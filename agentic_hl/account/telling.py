"""From messages about one account to events, each told once, whether a stream or an answer brought it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from agentic_core.domain.account_events import (
    AccountEvent,
    AccountTold,
    FillTold,
    FundingTold,
    LeverageTold,
    ModeTold,
    Transfer,
    TransferTold,
)
from agentic_core.domain.ids import Symbol
from agentic_core.domain.times import Instant
from agentic_core.ports.account_memory import AccountMemory
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.account.known_orders import KnownOrders
from agentic_hl.account.liquidations import Liquidations
from agentic_hl.account.orders import is_main_perp
from agentic_hl.account.transfers import LIQUIDATION, transfer_of
from agentic_hl.broker.account import dollars_of, snapshot_of
from agentic_hl.stream.arrivals import Entry, entry_time
from agentic_hl.stream.seen import Seen
from agentic_hl.wire.conversions import fill_of, funding_of
from agentic_hl.wire.messages.account import ClearinghouseState, SpotState, is_united
from agentic_hl.wire.messages.fills import FundingDelta, FundingUpdate, LedgerUpdate, WireFill
from agentic_hl.wire.messages.orders import OrderUpdate, WireOrder
from agentic_hl.wire.messages.reading import Unreadable
from agentic_hl.wire.messages.streams import UserEvent
from agentic_hl.wire.units import WireError

__all__ = ["AccountTelling"]

_DEFAULT_MODE: Final = "default"
_ISOLATED: Final = {"cross": False, "isolated": True}


class AccountTelling:
    """Tells of one account; it waits for nothing and asks nothing."""

    def __init__(
        self,
        account: FollowedAccount,
        memory: AccountMemory,
        venue_now: Callable[[], Instant],
        *,
        tell: Callable[[AccountEvent], None],
        complain: Callable[[Unreadable], None],
    ) -> None:
        """Take the account, what the venue does not remember of it, its time, and who hears of what."""
        self._account: Final = account
        self._memory: Final = memory
        self._venue_now: Final = venue_now
        self._tell: Final = tell
        self._complain: Final = complain
        self.orders: Final = KnownOrders()
        """What was told of orders."""
        self._liquidations: Final = Liquidations(account.address)
        self._fills: Final = Seen()
        self._fundings: Final = Seen()
        self._ledger: Final = Seen()
        self._spot: SpotState | None = None
        self._held: ClearinghouseState | None = None
        self._state_at: int = 0
        self._leverage: Final[dict[str, tuple[int, bool]]] = {}
        self._mode: str | None = None
        self._has_moved = False

    def fills(self, fills: Sequence[WireFill]) -> None:
        """Tell of executions."""
        for each in self._new(self._fills, [fill for fill in fills if is_main_perp(fill.coin)]):
            assert isinstance(each, WireFill), "what was put in"
            fill = fill_of(each, user=self._account.address)
            self._say(fill if isinstance(fill, Unreadable) else FillTold(fill=fill))

    def fundings(self, paid: Sequence[FundingDelta | FundingUpdate]) -> None:
        """Tell of funding."""
        for each in self._new(self._fundings, [one for one in paid if is_main_perp(_delta(one).coin)]):
            assert isinstance(each, FundingDelta | FundingUpdate), "what was put in"
            payment = funding_of(_delta(each), None if each.time is None else Instant(each.time))
            self._say(payment if isinstance(payment, Unreadable) else FundingTold(payment=payment))

    def ledger(self, moved: Sequence[LedgerUpdate]) -> None:
        """Tell of transfers and of liquidations."""
        for each in self._new(self._ledger, moved):
            assert isinstance(each, LedgerUpdate), "what was put in"
            if each.delta.type == LIQUIDATION:
                self._say(self._liquidations.booked(each))
                continue
            found = transfer_of(each, self._account)
            self._say(TransferTold(transfer=found) if isinstance(found, Transfer) else found)

    def happened(self, event: UserEvent) -> None:
        """Tell of what happened; what the venue cancelled is told by the updates of orders, which say why."""
        self.fills(event.fills or ())
        self.fundings(() if event.funding is None else (event.funding,))
        if event.liquidation is not None:
            self._say(self._liquidations.noticed(event.liquidation, self._venue_now()))

    def updated(self, updates: Sequence[OrderUpdate]) -> None:
        """Tell what orders have become."""
        for update in updates:
            self._say(self.orders.updated(update))

    def listed(self, orders: Sequence[WireOrder]) -> None:
        """Tell of what rests, as far as it is news."""
        for told in self.orders.listed(orders):
            self._say(told)

    def spot(self, state: SpotState) -> None:
        """Take the balances; a state of the account that came before them is told where its dollars are in them.

        A fill between the two would be in one of them alone. Where the dollars are others than before the state, it is
        not told: its equity would be one that the account never had, and a peak of it would be remembered.
        """
        held, before = self._held, self._spot
        self._held, self._spot = None, state
        if held is not None and before is not None and dollars_of(before) == dollars_of(state):
            self._tell_account(held)

    def state(self, state: ClearinghouseState) -> None:
        """Tell of the whole account, and of leverage that is another; one older than the last is not told.

        Where its dollars lie in the spot balances it is told with the next of these. Where they do not, an account
        without any is not told of: once its owner moves them there the sums read zero, before the mode is heard of.
        """
        if state.time < self._state_at or self._has_moved or self._is_hidden(state):
            return
        self._state_at = state.time
        if self._account.is_united:
            self._held = state
        else:
            self._tell_account(state)
        for position in state.positions:
            if position.size:
                self._set(position.coin, position.leverage.type, position.leverage.value, Instant(state.time))

    def mode(self, mode: str | None) -> None:
        """Tell how the account keeps its money, where that is another than told.

        None says that it keeps its dollars apart, which the venue has two words for.
        """
        mode = mode or (_DEFAULT_MODE if self._account.is_united else self._account.mode)
        if mode != self._mode:
            self._mode = mode
            self._has_moved = is_united(mode) is not self._account.is_united
            self._say(ModeTold(mode=mode))

    def _tell_account(self, state: ClearinghouseState) -> None:
        if self._has_moved:
            return
        snapshot = snapshot_of(state, self._spot if self._account.is_united else None, self._memory)
        self._say(snapshot if isinstance(snapshot, Unreadable) else AccountTold(account=snapshot))

    def _is_hidden(self, state: ClearinghouseState) -> bool:
        if self._account.is_united:
            return self._spot is None
        try:
            return not state.margin_summary.equity
        except WireError:
            return False  # which is for the conversion to say

    def _set(self, coin: str, kind: str, leverage: int, at: Instant) -> None:
        isolated = _ISOLATED.get(kind)
        if isolated is None:
            self._say(Unreadable(cause=f"the leverage of {coin} is of type {kind!r}", what="clearinghouseState"))
        elif self._leverage.get(coin) != (leverage, isolated):
            self._leverage[coin] = (leverage, isolated)
            self._say(LeverageTold(symbol=Symbol(coin), leverage=leverage, isolated=isolated, at=at))

    def _new(self, seen: Seen, entries: Sequence[Entry]) -> Iterable[Entry]:
        return seen.admit([entry for entry in entries if entry_time(entry) >= self._account.since])

    def _say(self, said: AccountEvent | Unreadable | None) -> None:
        if isinstance(said, Unreadable):
            self._complain(said)
        elif said is not None:
            self._tell(said)


def _delta(paid: FundingDelta | FundingUpdate) -> FundingDelta:
    return paid.delta if isinstance(paid, FundingUpdate) else paid
