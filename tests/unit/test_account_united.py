"""What a stream makes of an account whose dollars lie in its spot balances, while the two are told apart."""

from decimal import Decimal

import msgspec

from agentic_core.domain import DayCounters, Instant, Usd
from agentic_core.domain.account_events import AccountEvent, AccountTold
from agentic_core.domain.times import day_of
from agentic_core.runtime.orders import AccountBook
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.account.telling import AccountTelling
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.account import ClearinghouseState, SpotState
from agentic_hl.wire.messages.reading import Unreadable
from tests.support.wire_answers import AT, MASTER, POSITION, STATE

NOW = Instant(AT)


class Told:
    """What is told of a united account, and what its owner remembers of it."""

    def __init__(self) -> None:
        self.book = AccountBook(
            day=DayCounters(day=day_of(NOW), baseline=Usd(Decimal(1_000))), peak=Usd(Decimal(1_000))
        )
        self.equities: list[Decimal] = []
        self.complaints: list[Unreadable] = []
        account = FollowedAccount(address=Address(MASTER), mode="unifiedAccount")
        self.telling = AccountTelling(account, self.book, lambda: NOW, tell=self._hear, complain=self.complaints.append)

    def _hear(self, event: AccountEvent) -> None:
        if isinstance(event, AccountTold):
            self.equities.append(event.account.equity)

    def dollars(self, total: str) -> None:
        """Tell the balances."""
        told = {"balances": [{"coin": "USDC", "token": 0, "hold": "0.0", "total": total, "entryNtl": "0.0"}]}
        self.telling.spot(msgspec.convert(told, SpotState))

    def holding(self, seconds: int, **won: str) -> None:
        """Tell one unit long of each of some coins, and what they won."""
        held = [
            {"type": "oneWay", "position": {**POSITION, "coin": coin, "szi": "1.0", "unrealizedPnl": profit}}
            for coin, profit in won.items()
        ]
        told = {**STATE, "time": AT + 1_000 * seconds, "assetPositions": held}
        self.telling.state(msgspec.convert(told, ClearinghouseState))


def test_united_account_is_not_told_with_the_dollars_from_before_a_close() -> None:
    """500 lost and 500 won: without the loss it would be an account of 1,500, and that its peak for ever."""
    told = Told()
    told.dollars("1000.0")
    told.holding(1, BTC="-500.0", ETH="500.0")
    told.dollars("1000.0")
    told.holding(2, ETH="500.0")
    told.dollars("500.0")
    told.holding(3, ETH="500.0")
    told.dollars("500.0")
    assert told.equities == [1_000, 1_000]
    assert told.book.peak == 1_000
    assert told.complaints == []


def test_united_account_is_told_by_the_newest_state_between_equal_dollars() -> None:
    """Those before it say nothing that it does not."""
    told = Told()
    told.dollars("1000.0")
    told.holding(1, BTC="-20.0")
    told.holding(2, BTC="-10.0")
    told.dollars("1000.0")
    told.dollars("1000.0")
    assert told.equities == [990]
