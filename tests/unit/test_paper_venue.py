"""A paper account at a live market: what it keeps, what it tells, and what it answers after a restart."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from agentic_core.brokers.paper import PaperRules, PaperTerms
from agentic_core.domain import (
    Accepted,
    Instant,
    IntentKind,
    IntentState,
    Rejected,
    Usd,
)
from agentic_core.domain.account_events import FillTold, FundingTold, OrderTold
from agentic_core.errors import Fenced, UsageError, VenueUnavailable
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.broker import Absent, Burned, Known, NotBurned
from tests.support.markets import BTC
from tests.support.paper_hands import FLAT, booked, buy, pass_looks, place, ready, stop
from tests.support.paper_market import BEGAN, Died, PaperPlace

pytestmark = pytest.mark.anyio
D = Decimal


async def test_paper_account_is_paid_in_once_whatever_the_terms_say_later() -> None:
    """The opening is a transfer of the ledger, from the moment on that the account is answered for."""
    at = place()
    venue = await at.open()
    richer = PaperPlace(at.market, terms=PaperTerms(starting_equity=Usd(D(5))))
    at.opened = richer.opened
    richer.store, richer.paper = at.store, at.paper
    again = await at.open()
    (opening,) = await again.reads.transfers(Instant(0))
    assert (opening.transfer_id, opening.amount, opening.at) == ("opening", D(10_000), BEGAN)
    assert (await venue.reads.transfers(Instant(BEGAN + 1)), (await again.look()).equity) == ((), D(10_000))


async def test_executed_order_whose_answer_was_lost_is_known_to_the_next_process() -> None:
    """The process died after its books were written: the order has executed, once, and cannot be burned."""
    at = place()
    venue = await at.open()
    order_sent = ready(at, buy(1))
    at.paper.dies_at, at.paper.dies_after = at.paper.writes + 1, True
    with pytest.raises(Died):
        await venue.broker.send(order_sent)
    again = await at.open()
    seen = await again.broker.observe(order_sent)
    assert isinstance(seen, Known)
    assert (seen.state, seen.total, len(seen.fills)) == (IntentState.FILLED, D(2), 1)
    assert isinstance(await again.broker.burn(order_sent), NotBurned)
    outcome = await again.broker.send(order_sent)
    assert isinstance(outcome, Accepted)
    assert outcome.fills == seen.fills
    assert (await again.look()).position(BTC).size == D(2)


async def test_order_of_a_process_that_died_before_its_books_were_written_never_executed() -> None:
    """It is absent, can be burned, and is refused from then on."""
    at = place()
    venue = await at.open()
    order_sent = ready(at, buy(1))
    at.paper.dies_at = at.paper.writes + 1
    with pytest.raises(Died):
        await venue.broker.send(order_sent)
    again = await at.open()
    assert isinstance(await again.broker.observe(order_sent), Absent)
    assert isinstance(await again.broker.burn(order_sent), Burned)
    assert isinstance(await again.broker.send(order_sent), Rejected)
    assert isinstance(await (await at.open()).broker.send(order_sent), Rejected)
    assert (await again.look()).equity == D(10_000)


async def test_order_under_a_lost_lease_is_fenced_and_never_executed() -> None:
    """Whoever opens next sees nothing of it, and it was told to nobody."""
    at = place()
    venue = await at.open()
    order_sent, told = ready(at, buy(1)), at.told
    again = await at.open()
    with pytest.raises(Fenced):
        await venue.broker.send(order_sent)
    assert told == []
    assert isinstance(await again.broker.observe(order_sent), Absent)
    assert (await again.look()).positions == {}


async def test_restart_tells_again_what_the_ledger_lacks_and_nothing_else() -> None:
    """Of two executions one is in the ledger."""
    at = place()
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await at.book()
    await venue.broker.send(ready(at, buy(2, "3")))
    again = await at.open()
    await again.look()
    assert [(type(each), each.fill.size) for each in at.told if isinstance(each, FillTold)] == [(FillTold, D(3))]
    shown = await again.reads.fills(Instant(0))
    assert [fill.size for fill in shown.fills] == [D(2), D(3)]
    await at.book()
    assert await booked(at) == list(shown.fills)
    assert (await again.look()).position(BTC).size == D(5)


async def test_executions_of_two_orders_at_one_instant_keep_their_order() -> None:
    """Each has a time of its own, so that folding them again gives the same position."""
    at = place()
    venue = await at.open()
    outcomes = [await venue.broker.send(ready(at, buy(number))) for number in (1, 2)]
    times = [outcome.fills[0].time for outcome in outcomes if isinstance(outcome, Accepted)]
    assert times == [BEGAN, BEGAN + 1]


async def test_order_that_rested_and_was_cancelled_is_known_as_dead_after_a_restart() -> None:
    """Its end was kept together with the cancel's."""
    at = place()
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    resting = ready(at, stop(2, 90))
    await venue.broker.send(resting)
    assert [each.trigger for each in (await venue.reads.orders()).orders] == [resting.intent.trigger]
    cancel = replace(buy(3), kind=IntentKind.CANCEL, target=resting.intent.cloid)
    await venue.broker.send(ready(at, cancel))
    again = await at.open()
    seen = await again.broker.observe(resting)
    assert isinstance(seen, Known)
    assert (seen.state, (await again.reads.orders()).orders) == (IntentState.DEAD, ())
    words = [each.word for each in at.heard if isinstance(each, OrderTold)]
    assert words == ["filled", "open", "canceled"]


async def test_leverage_and_isolated_margin_outlive_the_process() -> None:
    """What was set, and the margin of the position, are what they were."""
    at = place()
    venue = await at.open()
    setting = replace(buy(1), kind=IntentKind.LEVERAGE, leverage=20, isolated=True)
    assert isinstance(await venue.broker.send(ready(at, setting)), Accepted)
    await venue.broker.send(ready(at, buy(2)))
    before = await venue.look()
    again = await at.open()
    assert await again.reads.leverage(BTC) == SymbolLeverage(leverage=20, isolated=True)
    assert (await again.look()) == before
    assert before.margin_used == D(10)


async def test_funding_waits_for_its_rate_through_a_restart() -> None:
    """Two bought at 100 owe two cents for the hour at one in ten thousand, at the price the hour ended with."""
    at = place(path=[*FLAT[:5], *[(110, 110, 110, 110)] * 6])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await at.book()
    at.market.rates_known = False
    pass_looks(at, 21)
    await venue.look()
    assert await venue.reads.funding(Instant(0)) == ()
    again = await at.open()
    at.market.rates_known = True
    await again.look()
    (paid,) = await again.reads.funding(Instant(0))
    assert (paid.time, paid.size, paid.amount) == (BEGAN + 300_000, D(2), D("-0.02"))
    assert [each.payment for each in at.told if isinstance(each, FundingTold)] == [paid]
    third = await at.open()
    assert (await third.look()).equity == D(10_000) + 20 - D("0.02") - D("0.09")


async def test_what_happened_is_told_only_after_it_was_kept() -> None:
    """A look whose books could not be written tells nothing; the next one tells it."""
    at = place(path=[(100, 100, 90, 90), *[(90, 90, 90, 90)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, stop(2, 95)))
    before = len(at.told)
    pass_looks(at, 2)
    at.paper.dies_at = at.paper.writes + 1
    with pytest.raises(Died):
        await venue.look()
    assert len(at.told) == before
    account = await venue.look()
    assert account.positions == {}
    assert [each.fill.price for each in at.told[before:] if isinstance(each, FillTold)] == [D(90)]


async def test_market_that_is_not_seen_fires_nothing() -> None:
    """Old marks say nothing, and books are not asked either; a stop fires once the market is seen again."""
    at = place(path=[(100, 100, 90, 90), *[(90, 90, 90, 90)] * 4])
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    await venue.broker.send(ready(at, stop(2, 95)))
    at.market.is_seen = False
    pass_looks(at, 2)
    assert (await venue.look()).position(BTC).size == D(2)
    at.market.is_seen = True
    pass_looks(at)
    assert (await venue.look()).positions == {}


async def test_account_at_a_market_that_does_not_answer_is_not_shown() -> None:
    """Neither is anything sent."""
    at = place()
    venue = await at.open()
    at.market.is_away = True
    with pytest.raises(VenueUnavailable):
        await venue.broker.account()
    with pytest.raises(VenueUnavailable):
        await venue.broker.send(ready(at, buy(1)))


async def test_position_that_cannot_be_valued_keeps_the_account_closed() -> None:
    """A market without a mark of it opens nothing."""
    at = place()
    venue = await at.open()
    await venue.broker.send(ready(at, buy(1)))
    at.market.paths = {}
    with pytest.raises(VenueUnavailable, match="no mark of BTC is to be had"):
        await at.open()


def test_paper_account_at_a_live_market_takes_no_latency_of_its_own() -> None:
    """What was on its way would not outlive the process."""
    with pytest.raises(UsageError, match="was 5 ms"):
        PaperTerms(rules=PaperRules(latency_ms=5))


async def test_paper_account_keeps_no_more_of_the_past_than_the_newest_actions() -> None:
    """After 200 orders its books are no longer than after 100, once the ledger has their executions."""
    at = place()
    venue = await at.open()
    lengths = []
    for number in range(200):
        await venue.broker.send(ready(at, buy(number, "0.5")))
        await at.book()
        if number in {99, 199}:
            record = await at.paper.read(at.fence.account)
            assert record is not None
            lengths.append(len(record.state))
    assert abs(lengths[1] - lengths[0]) < 20
    assert venue.broker.capabilities.rests_stops
