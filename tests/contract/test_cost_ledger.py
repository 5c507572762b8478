"""What both stores promise about the costs of chat models."""

from hashlib import sha256

import msgspec
import pytest

from agentic_core.domain import DAY_MS, Fence, Instant
from agentic_core.domain.chat import CallRecord, ChatPurpose, CostSource, CostStanding
from agentic_core.errors import Conflict, Fenced, NotFound
from agentic_core.ports.cost_ledger import CostLedger
from agentic_core.ports.tape import TapeEntry, TapeKey
from tests.support.chat_costs import call, caps, standing, usd
from tests.support.store_under_test import HOLDER, TTL_MS, StoreUnderTest
from tests.support.stored_values import AT, DEPLOYMENT, PAPER
from tests.support.unit_work import units_of

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

PORTS = ("agentic_core.ports.cost_ledger.CostLedger",)

LOOK, POSITION, REPAIR = ChatPurpose.LOOK, ChatPurpose.POSITION, ChatPurpose.REPAIR
CAPS = caps()
NEXT_DAY = Instant(AT + DAY_MS)
NEXT_MONTH = Instant(AT + 31 * DAY_MS)
"""`AT` is in the first second of a January."""


async def held(subject: StoreUnderTest, bound: str, *, step: int = 0, at: Instant = AT) -> CostLedger:
    """Hold money for a call of the first minute, and return the ledger."""
    costs = subject.store.costs
    assert await costs.reserve(subject.fence, call(step=step), LOOK, usd(bound), CAPS, at=at) is None
    return costs


async def retaken(subject: StoreUnderTest) -> Fence:
    """Let another runner take the lease over."""
    subject.run_out(PAPER)
    lease = await subject.store.leases.acquire(PAPER, f"after {HOLDER}", TTL_MS, deployment=DEPLOYMENT)
    assert lease is not None
    return Fence(account=PAPER, epoch=lease.epoch)


async def test_cost_is_held_before_it_is_settled(subject: StoreUnderTest) -> None:
    """A record has all of it, to the microcent; the rest of what was held is there again."""
    costs = await held(subject, "0.123456789")
    record = CallRecord(call=call(), purpose=LOOK, at=AT, bound_usd=usd("0.12345679"))
    assert await costs.find(call()) == record
    assert await costs.standing(DEPLOYMENT, AT) == standing(held="0.12345679", day_held="0.12345679")
    assert await costs.settle(call(), usd("0.1"), CostSource.REPORTED, at=NEXT_DAY) == usd("0.1")
    ended = msgspec.structs.replace(record, cost_usd=usd("0.1"), source=CostSource.REPORTED)
    assert await costs.find(call()) == ended
    assert await costs.standing(DEPLOYMENT, AT) == standing(settled="0.1", day_settled="0.1")


async def test_cost_that_does_not_fit_holds_nothing(subject: StoreUnderTest) -> None:
    """The reason has the numbers; 8 of the 10 dollars are not kept for positions, and 7 are held."""
    costs = await held(subject, "7")
    refused = await costs.reserve(subject.fence, call(step=1), LOOK, usd("1.00000001"), CAPS, at=AT)
    assert refused is not None
    assert refused.startswith("8.00000001 USD would be committed this month")
    assert await costs.find(call(step=1)) is None
    assert await costs.reserve(subject.fence, call(step=2), POSITION, usd("3.00000001"), CAPS, at=AT) is not None
    assert await costs.reserve(subject.fence, call(step=2), POSITION, usd("3"), CAPS, at=AT) is None
    assert (await costs.standing(DEPLOYMENT, AT)).month_held == usd("10")


async def test_cost_nobody_knows_is_refused_before_and_all_that_was_held_after(subject: StoreUnderTest) -> None:
    """Unknown is never zero, on either side of the call."""
    costs = subject.store.costs
    refused = await costs.reserve(subject.fence, call(), LOOK, None, CAPS, at=AT)
    assert refused == "the cost of the call is unknown"
    await held(subject, "2")
    assert await costs.settle(call(), None, CostSource.LOOKED_UP, at=AT) == usd("2")
    known = await costs.find(call())
    assert known is not None
    assert known.source is CostSource.BOUND


async def test_cost_of_a_call_reserved_again_is_held_once(subject: StoreUnderTest) -> None:
    """Also where nothing else would fit any more; once it is settled, its number is used up."""
    costs = await held(subject, "7")
    assert await costs.reserve(subject.fence, call(), POSITION, usd("9"), CAPS, at=NEXT_DAY) is None
    assert (await costs.standing(DEPLOYMENT, AT)).month_held == usd("7")
    await costs.settle(call(), usd("1"), CostSource.REPORTED, at=AT)
    with pytest.raises(Conflict, match="settled before"):
        await costs.reserve(subject.fence, call(), LOOK, usd("7"), CAPS, at=AT)
    assert await costs.standing(DEPLOYMENT, AT) == standing(settled="1", day_settled="1")


async def test_cost_is_settled_once(subject: StoreUnderTest) -> None:
    """Whoever comes later is told what it counts as."""
    costs = await held(subject, "2")
    assert await costs.settle(call(), usd("0.5"), CostSource.REPORTED, at=AT) == usd("0.5")
    assert await costs.settle(call(), None, CostSource.BOUND, at=AT) == usd("0.5")
    assert await costs.settle(call(), usd("9"), CostSource.REPORTED, at=AT) == usd("0.5")
    assert await costs.standing(DEPLOYMENT, AT) == standing(settled="0.5", day_settled="0.5")


async def test_cost_above_its_bound_counts_in_full(subject: StoreUnderTest) -> None:
    """A provider that asks more than it said is believed, and leaves less for the rest of the month."""
    costs = await held(subject, "1")
    assert await costs.settle(call(), usd("7.5"), CostSource.REPORTED, at=AT) == usd("7.5")
    assert await costs.reserve(subject.fence, call(step=1), LOOK, usd("0.6"), CAPS, at=AT) is not None


async def test_cost_of_a_call_that_was_never_held_is_refused(subject: StoreUnderTest) -> None:
    """Nobody settles what was not reserved."""
    with pytest.raises(NotFound, match="nothing was held for step 3, attempt 1"):
        await subject.store.costs.settle(call(step=3, attempt=1), usd("1"), CostSource.REPORTED, at=AT)


async def test_costs_are_counted_by_utc_month_and_day(subject: StoreUnderTest) -> None:
    """A call counts when it was reserved, whenever it is settled."""
    costs = await held(subject, "2")
    await held(subject, "3", step=1, at=NEXT_DAY)
    await held(subject, "4", step=2, at=NEXT_MONTH)
    await costs.settle(call(), usd("1"), CostSource.REPORTED, at=NEXT_MONTH)
    assert await costs.standing(DEPLOYMENT, AT) == standing(settled="1", held="3", day_settled="1")
    assert await costs.standing(DEPLOYMENT, NEXT_DAY) == standing(settled="1", held="3", day_held="3")
    assert await costs.standing(DEPLOYMENT, NEXT_MONTH) == standing(held="4", day_held="4")


async def test_costs_of_a_day_have_a_cap_of_their_own(subject: StoreUnderTest) -> None:
    """The next day opens it anew, and the month goes on."""
    costs, daily = subject.store.costs, caps("10", "1")
    assert await costs.reserve(subject.fence, call(), LOOK, usd("0.8"), daily, at=AT) is None
    refused = await costs.reserve(subject.fence, call(step=1), LOOK, usd("0.1"), daily, at=AT)
    assert refused is not None
    assert refused.startswith("0.9 USD would be committed today")
    assert await costs.reserve(subject.fence, call(step=1), LOOK, usd("0.8"), daily, at=NEXT_DAY) is None


async def test_costs_of_repairs_have_a_share_of_the_month(subject: StoreUnderTest) -> None:
    """What repairs cost less than they could is theirs again."""
    costs = subject.store.costs
    assert await costs.reserve(subject.fence, call(), REPAIR, usd("0.9"), CAPS, at=AT) is None
    assert await costs.reserve(subject.fence, call(step=1), REPAIR, usd("0.2"), CAPS, at=AT) is not None
    await costs.settle(call(), usd("0.8"), CostSource.REPORTED, at=AT)
    assert await costs.reserve(subject.fence, call(step=1), REPAIR, usd("0.2"), CAPS, at=AT) is None
    assert (await costs.standing(DEPLOYMENT, AT)).repair_committed == usd("1")


async def test_costs_left_by_an_earlier_lease_are_settled_at_their_bounds(subject: StoreUnderTest) -> None:
    """Whatever the runner before had under way may have been charged; what is ours stays held."""
    costs = await held(subject, "2")
    await held(subject, "3", step=1, at=NEXT_MONTH)
    await costs.settle(call(step=1), usd("1"), CostSource.REPORTED, at=AT)
    await held(subject, "1", step=2, at=NEXT_MONTH)
    assert await costs.settle_abandoned(subject.fence, DEPLOYMENT, at=AT) == 0
    fence = await retaken(subject)
    assert await costs.reserve(fence, call(1), LOOK, usd("0.5"), CAPS, at=AT) is None
    assert await costs.settle_abandoned(fence, DEPLOYMENT, at=AT) == 2
    assert await costs.settle_abandoned(fence, DEPLOYMENT, at=AT) == 0
    assert await costs.settle(call(), usd("0.1"), CostSource.REPORTED, at=AT) == usd("2")
    assert await costs.standing(DEPLOYMENT, AT) == standing(settled="2", held="0.5", day_settled="2", day_held="0.5")
    assert await costs.standing(DEPLOYMENT, NEXT_MONTH) == standing(settled="2", day_settled="2")


async def test_costs_of_a_lost_lease_are_refused_and_settled_all_the_same(subject: StoreUnderTest) -> None:
    """A fenced runner holds nothing more, and what it held before it says what it cost."""
    costs = await held(subject, "2")
    fence = await retaken(subject)
    with pytest.raises(Fenced):
        await costs.reserve(subject.fence, call(step=1), LOOK, usd("1"), CAPS, at=AT)
    with pytest.raises(Fenced):
        await costs.settle_abandoned(subject.fence, DEPLOYMENT, at=AT)
    assert fence.epoch > subject.fence.epoch
    assert await costs.standing(DEPLOYMENT, AT) == standing(held="2", day_held="2")
    assert await costs.settle(call(), usd("1"), CostSource.REPORTED, at=AT) == usd("1")


async def test_calls_of_a_decision_are_listed_in_order(subject: StoreUnderTest) -> None:
    """By step and attempt, whichever came first; those of another turn are not among them."""
    for step, attempt in ((1, 0), (0, 1), (0, 0)):
        one = call(step=step, attempt=attempt)
        assert await subject.store.costs.reserve(subject.fence, one, LOOK, usd("0.1"), CAPS, at=AT) is None
    assert await subject.store.costs.reserve(subject.fence, call(1), LOOK, usd("0.1"), CAPS, at=AT) is None
    found = await subject.store.costs.calls(call().decision)
    assert [(one.call.step, one.call.attempt) for one in found] == [(0, 0), (0, 1), (1, 0)]


async def test_standing_of_nothing_is_zero(subject: StoreUnderTest) -> None:
    """Whoever was never asked costs nothing."""
    nothing: CostStanding = await subject.store.costs.standing(DEPLOYMENT, AT)
    assert nothing == standing()
    assert await subject.store.costs.calls(call().decision) == ()


async def test_costs_and_exchanges_of_a_unit_are_stored_with_it_or_not_at_all(subject: StoreUnderTest) -> None:
    """A reservation can be part of a larger whole."""
    request = b"asked"
    kept = TapeEntry(
        key=TapeKey(f"{sha256(request).hexdigest()}/0"),
        call=call(),
        request=request,
        status=200,
        body=b"answered",
        recorded_at=AT,
    )

    async def work(*, fails: bool) -> None:
        async with units_of(subject).unit(subject.fence) as unit:
            assert await unit.costs.reserve(subject.fence, call(), LOOK, usd("2"), CAPS, at=AT) is None
            await unit.tapes.of(DEPLOYMENT).keep(kept)
            if fails:
                raise NotFound

    with pytest.raises(NotFound):
        await work(fails=True)
    assert await subject.store.costs.standing(DEPLOYMENT, AT) == standing()
    assert await subject.store.tapes.entries(DEPLOYMENT) == ()
    await work(fails=False)
    assert await subject.store.costs.standing(DEPLOYMENT, AT) == standing(held="2", day_held="2")
    assert await subject.store.tapes.of(DEPLOYMENT).find(kept.key) == kept
