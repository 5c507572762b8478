"""The ledger of an account: funding and transfers once, and what they and the fills add up to."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.domain import DeploymentId, Fence, FundingPayment, Instant, IntentState, Price, Rejected, Size, Usd
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.ledger import LedgerTotals
from agentic_core.domain.placed_orders import PlacedStatus
from agentic_core.errors import Fenced
from tests.support.numbered_intents import prepared
from tests.support.store_under_test import StoreUnderTest
from tests.support.stored_values import AT, BTC, DEPLOYMENT, LIVE, PAPER, accepted, fill, intent, uuid_of

PORTS = ("agentic_core.ports.ledger.LedgerStore",)

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000
LATER = Instant(AT + HOUR_MS)


def _payment(hour: int = 0, usd: str = "-0.125") -> FundingPayment:
    at = Instant(AT + hour * HOUR_MS)
    return FundingPayment(
        symbol=BTC, time=at, size=Size(Decimal("-0.0026")), rate=Decimal("0.0000125"), amount=Usd(Decimal(usd))
    )


def _transfer(name: str = "t", usd: str = "250.5", at: int = AT) -> Transfer:
    return Transfer(transfer_id=name, kind="deposit", amount=Usd(Decimal(usd)), at=Instant(at))


async def test_ledger_answers_which_payments_were_new(subject: StoreUnderTest) -> None:
    """Of two that bear one name the first counts, in one call as in two; it comes back as it was written."""
    ledger = subject.store.ledger
    one, other = _payment(0), _payment(1)
    assert await ledger.record_funding(subject.fence, DEPLOYMENT, [one, other, _payment(0, "9")], at=AT) == (one, other)
    third = _payment(2)
    assert await ledger.record_funding(subject.fence, DEPLOYMENT, [other, third, _payment(0, "7")], at=AT) == (third,)
    assert await ledger.entries(PAPER, Instant(0)) == (one, other, third)


async def test_ledger_answers_which_transfers_were_new(subject: StoreUnderTest) -> None:
    """By their names alone: two of the same amount and instant are two."""
    ledger = subject.store.ledger
    one, other = _transfer("a"), _transfer("b")
    assert await ledger.record_transfers(subject.fence, DEPLOYMENT, [one], at=AT) == (one,)
    assert await ledger.record_transfers(subject.fence, DEPLOYMENT, [other, _transfer("a", "1")], at=AT) == (other,)
    assert await ledger.record_transfers(subject.fence, DEPLOYMENT, [], at=AT) == ()
    assert await ledger.entries(PAPER, Instant(0)) == (one, other)


async def test_ledger_refuses_a_fence_that_is_not_the_lease(subject: StoreUnderTest) -> None:
    """Nothing is written."""
    stale = Fence(account=PAPER, epoch=subject.fence.epoch + 1)
    with pytest.raises(Fenced):
        await subject.store.ledger.record_funding(stale, DEPLOYMENT, [_payment()], at=AT)
    with pytest.raises(Fenced):
        await subject.store.ledger.record_transfers(stale, DEPLOYMENT, [_transfer()], at=AT)
    assert await subject.store.ledger.entries(PAPER, Instant(0)) == ()


async def test_ledger_entries_come_in_the_order_of_their_instants(subject: StoreUnderTest) -> None:
    """Of one instant executions first, then funding, then transfers; the first instant asked for is part of it."""
    ledger = subject.store.ledger
    early, late = fill("early"), fill("late", at=LATER)
    moved, paid, before = _transfer(at=LATER), _payment(1), _transfer("before", at=AT - 1)
    await ledger.record_transfers(subject.fence, DEPLOYMENT, [moved, before], at=LATER)
    await ledger.record_funding(subject.fence, DEPLOYMENT, [paid], at=LATER)
    await subject.store.intents.record_fills(subject.fence, DEPLOYMENT, [late, early], at=LATER)
    assert await ledger.entries(PAPER, AT) == (early, late, paid, moved)


async def test_ledger_totals_add_up_a_stretch_without_its_last_instant(subject: StoreUnderTest) -> None:
    """Fees with their sign, profit before them."""
    ledger = subject.store.ledger
    await subject.store.intents.record_fills(
        subject.fence, DEPLOYMENT, [fill("a"), fill("b"), fill("c", at=LATER)], at=AT
    )
    await ledger.record_funding(subject.fence, DEPLOYMENT, [_payment(0), _payment(1)], at=AT)
    await ledger.record_transfers(subject.fence, DEPLOYMENT, [_transfer("a"), _transfer("b", "-1")], at=AT)
    totals = await ledger.totals(PAPER, AT, LATER)
    assert totals == LedgerTotals(
        fills=2,
        closed_pnl_usd=Usd(Decimal(-1)),
        fees_usd=Usd(Decimal("0.05429")),
        funding_usd=Usd(Decimal("-0.125")),
        transfers_usd=Usd(Decimal("249.5")),
    )
    assert totals.earned_usd == Decimal("-1.17929")
    assert await ledger.totals(PAPER, Instant(0), AT) == LedgerTotals()


async def test_ledger_shows_no_orders_of_paper(subject: StoreUnderTest) -> None:
    """They never were at a venue."""
    (order,) = await prepared(subject, [intent()])
    cloid = order.intent.cloid
    await subject.store.intents.settle(
        subject.fence, order, accepted(cloid, IntentState.FILLED, fill("a", cloid), fill("b", cloid)), at=AT
    )
    assert await subject.store.ledger.orders(DEPLOYMENT, 10) == ()


async def test_ledger_shows_an_order_at_a_venue_as_its_fills_add_up(live_subject: StoreUnderTest) -> None:
    """The price is weighted by size, fees are summed, and a part is a part until the size is covered."""
    subject, intents = live_subject, live_subject.store.intents
    (order,) = await prepared(subject, [intent(account=LIVE)])
    cloid = order.intent.cloid
    assert await subject.store.ledger.orders(DEPLOYMENT, 10) == ()
    part = replace(fill("a", cloid), size=Size(Decimal("0.0006")), price=Price(Decimal(100)), fee=Usd(Decimal("0.1")))
    rest = replace(fill("b", cloid), size=Size(Decimal("0.0020")), price=Price(Decimal(113)), fee=Usd(Decimal("-0.3")))
    await intents.settle(subject.fence, order, accepted(cloid, IntentState.RESTING, part), at=AT)
    (shown,) = await subject.store.ledger.orders(DEPLOYMENT, 10)
    assert (shown.status, shown.filled_size_base) == (PlacedStatus.PARTIALLY_FILLED, part.size)
    assert shown.avg_fill_price == Decimal(100)
    assert (shown.fee_usd, shown.venue_order_id, shown.settled_at) == (Decimal("0.1"), "77", None)
    await intents.settle(subject.fence, order, accepted(cloid, IntentState.FILLED, part, rest), at=LATER)
    (shown,) = await subject.store.ledger.orders(DEPLOYMENT, 10)
    assert (shown.status, shown.filled_size_base) == (PlacedStatus.FILLED, order.intent.size)
    assert shown.avg_fill_price == Decimal(110)
    assert (shown.fee_usd, shown.placed_at, shown.settled_at) == (Decimal("-0.2"), AT, LATER)


async def test_ledger_shows_the_newest_orders_first(live_subject: StoreUnderTest) -> None:
    """As many as are asked for; of one instant by their ids, and of a stranger none."""
    subject = live_subject
    cloids = []
    for minute, at in enumerate((AT, LATER, LATER, AT + 1)):
        (order,) = await prepared(subject, [intent(minute, account=LIVE)], minute=minute, at=at)
        cloids.append(order.intent.cloid)
        refused = Rejected(cloid=order.intent.cloid, reason="no")
        await subject.store.intents.settle(subject.fence, order, refused, at=LATER)
    newest = [*sorted(cloids[1:3], reverse=True), cloids[3], cloids[0]]
    orders = await subject.store.ledger.orders(DEPLOYMENT, 10)
    assert [order.cloid for order in orders] == newest
    assert {order.status for order in orders} == {PlacedStatus.REJECTED}
    assert [order.cloid for order in await subject.store.ledger.orders(DEPLOYMENT, 2)] == newest[:2]
    assert await subject.store.ledger.orders(DeploymentId(uuid_of("stranger")), 10) == ()
