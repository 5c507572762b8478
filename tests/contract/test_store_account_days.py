"""What both stores promise about accounts from day to day: baselines and peaks, and the orders of a stretch of time."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import (
    AccountDay,
    AccountKey,
    Fence,
    Instant,
    IntentState,
    OrdersCounted,
    PreparedIntent,
    Rejected,
    Unresolved,
    Usd,
)
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import Fenced, UsageError
from tests.support.numbered_intents import stop
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, MINUTE_MS, PAPER, accepted, decision, intent

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.account_days.AccountDayStore",)

DAY = AccountDay(
    account=PAPER,
    day=18_993,
    baseline_usd=Usd(Decimal("10000.000000000000000001")),
    opened_at=AT,
    peak_usd=Usd(Decimal("12345.6")),
    as_of=Instant(AT + 7),
)
MINUTE = AT // MINUTE_MS
ALL_DAY = (Instant(AT - AT % 86_400_000), Instant(AT - AT % 86_400_000 + 86_400_000))


async def test_account_has_no_day_before_the_first_is_written(subject: StoreUnderTest) -> None:
    """Nobody knows its equity."""
    assert await subject.store.days.newest(PAPER) is None


async def test_day_of_an_account_comes_back_exactly_and_is_replaced(subject: StoreUnderTest) -> None:
    """To the last digit; what is written again takes its place."""
    days = subject.store.days
    await days.write(subject.fence, DAY)
    assert await days.newest(PAPER) == DAY
    paid_in = replace(DAY, baseline_usd=Usd(Decimal(-1)), opened_at=Instant(AT + 1), peak_usd=Usd(Decimal(1)), as_of=AT)
    await days.write(subject.fence, paid_in)
    assert await days.newest(PAPER) == paid_in


async def test_newest_day_is_the_one_of_the_latest_date(subject: StoreUnderTest) -> None:
    """Whatever was written last."""
    days = subject.store.days
    for number in (1, 3, 2):
        await days.write(subject.fence, replace(DAY, day=DAY.day + number))
    assert await days.newest(PAPER) == replace(DAY, day=DAY.day + 3)


async def test_day_outlives_the_lease_it_was_written_under(subject: StoreUnderTest) -> None:
    """The next holder goes on from it."""
    days = subject.store.days
    await days.write(subject.fence, DAY)
    lease = await subject.store.leases.acquire(PAPER, HOLDER, TTL_MS, deployment=DEPLOYMENT)
    assert lease is not None
    assert await days.newest(PAPER) == DAY
    with pytest.raises(Fenced):
        await days.write(subject.fence, replace(DAY, day=DAY.day + 1))
    assert await days.newest(PAPER) == DAY


async def test_day_of_another_account_is_not_written(subject: StoreUnderTest) -> None:
    """A lease covers one account."""
    with pytest.raises(UsageError, match="the lease is of account 'paper:"):
        await subject.store.days.write(subject.fence, replace(DAY, account=AccountKey("mainnet:0x1")))
    stale = Fence(account=PAPER, epoch=subject.fence.epoch + 1)
    with pytest.raises(Fenced):
        await subject.store.days.write(stale, DAY)
    assert await subject.store.days.newest(PAPER) is None


async def _prepared(subject: StoreUnderTest, minute: int, *, at: int | None = None) -> PreparedIntent:
    when = Instant(AT + minute * MINUTE_MS if at is None else at)
    wanted = decision(subject.skill, minute=minute, opens=True)
    legs = [intent(minute), stop(minute, leg=1)]
    order, _ = await subject.store.intents.prepare(subject.fence, wanted, legs, at=when)
    return order


async def test_orders_of_nobody_are_none(subject: StoreUnderTest) -> None:
    """Neither of an account that never traded, nor prepared ones that nobody sent, nor one that was withdrawn."""
    days = subject.store.days
    assert await days.orders(PAPER, *ALL_DAY) == OrdersCounted()
    await _prepared(subject, 0)
    withdrawn = IntentRecord(prepared=await _prepared(subject, 1), state=IntentState.DEAD, ended_by="withdrawn")
    await subject.store.intents.note(subject.fence, withdrawn, at=AT)
    assert await days.orders(PAPER, *ALL_DAY) == OrdersCounted()


async def test_orders_are_counted_once_they_may_have_been_sent(subject: StoreUnderTest) -> None:
    """However they ended, or did not; stops are none. The newest minute counts by itself."""
    intents = subject.store.intents
    sent = IntentRecord(prepared=await _prepared(subject, 0), state=IntentState.SENT, sends=1)
    await intents.note(subject.fence, sent, at=AT)
    dead = IntentRecord(prepared=await _prepared(subject, 1), state=IntentState.DEAD, sends=1)
    await intents.note(subject.fence, dead, at=AT)
    filled, rejected, unknown = [await _prepared(subject, minute, at=AT + 130_000) for minute in (2, 3, 4)]
    await intents.settle(subject.fence, filled, accepted(filled.intent.cloid, IntentState.FILLED), at=AT)
    await intents.settle(subject.fence, rejected, Rejected(cloid=rejected.intent.cloid, reason="no"), at=AT)
    await intents.settle(subject.fence, unknown, Unresolved(cloid=unknown.intent.cloid, cause="timeout"), at=AT)
    counted = await subject.store.days.orders(PAPER, *ALL_DAY)
    assert counted == OrdersCounted(orders=5, minute=MINUTE + 2, minute_orders=3)


async def test_orders_are_counted_from_an_instant_until_before_another(subject: StoreUnderTest) -> None:
    """By when they were prepared."""
    for minute in range(3):
        record = IntentRecord(prepared=await _prepared(subject, minute), state=IntentState.SENT, sends=1)
        await subject.store.intents.note(subject.fence, record, at=AT)
    first, last = AT, Instant(AT + 2 * MINUTE_MS)
    assert await subject.store.days.orders(PAPER, first, last) == OrdersCounted(
        orders=2, minute=MINUTE + 1, minute_orders=1
    )
    assert await subject.store.days.orders(PAPER, Instant(first + 1), Instant(last + 1)) == OrdersCounted(
        orders=2, minute=MINUTE + 2, minute_orders=1
    )
    assert await subject.store.days.orders(AccountKey("mainnet:0x1"), *ALL_DAY) == OrdersCounted()
