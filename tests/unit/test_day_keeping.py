"""Baseline and peak outlive the process together with the transfers that moved them, each exactly once."""

from decimal import Decimal

import pytest

from agentic_core.domain import DAY_MS, AccountKey, Fence, Instant, Usd
from agentic_core.domain.account_events import Transfer
from agentic_core.errors import Fenced
from agentic_core.runtime.day_keeping import DayKeeper
from agentic_core.store.memory import MemoryStore
from tests.support.session_place import ME

pytestmark = pytest.mark.anyio

ACCOUNT = AccountKey("testnet:0xab")
MORNING = Instant(20_000 * DAY_MS)


def usd(amount: int) -> Usd:
    """Return dollars."""
    return Usd(Decimal(amount))


def moved(name: str, amount: int, at: int) -> Transfer:
    """Return money that came or went so long after the day began."""
    return Transfer(transfer_id=name, kind="deposit", amount=usd(amount), at=Instant(MORNING + at))


class Desk:
    """A store, and one keeper after the other."""

    def __init__(self) -> None:
        self.store = MemoryStore(now=lambda: MORNING)
        self.heard: list[tuple[Usd, Usd, Usd]] = []

    async def keeper(self, holder: str = "one") -> DayKeeper:
        """Take the lease, and go on from what is stored."""
        lease = await self.store.leases.acquire(ACCOUNT, holder, DAY_MS)
        assert lease is not None
        fence = Fence(account=ACCOUNT, epoch=lease.epoch)
        return DayKeeper(self.store, fence, ME, await self.store.days.newest(ACCOUNT), lambda: MORNING)


def figures(keeper: DayKeeper) -> tuple[Usd, Usd]:
    """Return baseline and peak."""
    return keeper.book.day.baseline, keeper.book.peak


async def test_account_of_which_nothing_is_known_begins_with_its_first_equity() -> None:
    """What came before it is in it already, whenever it is told of."""
    keeper = await Desk().keeper()
    await keeper.keep([moved("before", 500, 5)])
    assert not keeper.book.is_open
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    await keeper.keep([moved("told late", 300, 8)])
    assert figures(keeper) == (usd(1_000), usd(1_000))


async def test_day_that_was_written_is_gone_on_with() -> None:
    """By whoever comes next, also on a later day."""
    desk = Desk()
    keeper = await desk.keeper()
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    keeper.recall(Instant(MORNING + 20), usd(1_200))
    stored = [keeper.is_day_stored]
    await keeper.write()
    assert [*stored, keeper.is_day_stored] == [False, True]
    later = await desk.keeper()
    assert figures(later) == (usd(1_000), usd(1_200))
    later.recall(Instant(MORNING + DAY_MS + 1), usd(900))
    assert (figures(later), later.is_day_stored) == ((usd(900), usd(1_200)), False)


async def test_transfer_moves_what_is_stored_in_the_same_moment() -> None:
    """Nothing has to be written afterwards, and whoever is told again moves nothing."""
    desk = Desk()
    keeper = await desk.keeper()
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    assert await keeper.keep([moved("a", 500, 20)]) == (moved("a", 500, 20),)
    assert figures(keeper) == (usd(1_500), usd(1_500))
    later = await desk.keeper()
    assert await later.keep([moved("a", 500, 20)]) == ()
    assert figures(later) == (usd(1_500), usd(1_500))


async def test_transfer_that_is_told_only_after_a_restart_is_counted_once() -> None:
    """Though the equity that was stored last was read after it."""
    desk = Desk()
    keeper = await desk.keeper()
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    keeper.recall(Instant(MORNING + 40), usd(700))
    await keeper.write()
    for _ in range(2):
        later = await desk.keeper()
        await later.keep([moved("out", -300, 30)])
        assert later.book.day.baseline == usd(700)


async def test_fenced_keeper_moves_nothing() -> None:
    """Neither the ledger nor the book."""
    desk = Desk()
    keeper = await desk.keeper()
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    await keeper.write()
    await desk.store.leases.revoke(ACCOUNT)
    with pytest.raises(Fenced):
        await keeper.keep([moved("a", 500, 20)])
    assert figures(keeper) == (usd(1_000), usd(1_000))
    assert await desk.store.ledger.entries(ACCOUNT, Instant(0)) == ()


async def test_equity_is_told_whenever_it_is_known() -> None:
    """With the baseline and the peak that it is compared with."""
    desk = Desk()
    keeper = await desk.keeper()
    keeper.listen(lambda day, peak, equity: desk.heard.append((day.baseline, peak, equity)))
    keeper.recall(Instant(MORNING + 10), usd(1_000))
    keeper.recall(Instant(MORNING + 20), usd(900))
    assert desk.heard == [(usd(1_000), usd(1_000), usd(1_000)), (usd(1_000), usd(1_000), usd(900))]
