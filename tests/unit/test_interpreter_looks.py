"""Reading the account again for a turn, and counting a run without end."""

from collections.abc import Awaitable, Callable

import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import Fence, Instant, Side, TradingState, paper_account
from agentic_core.domain.account import AccountView
from agentic_core.errors import VenueUnavailable
from agentic_core.runtime import Interpreter, drive, tick
from agentic_core.runtime.effects import Look
from agentic_core.runtime.recorder import RunTally
from agentic_core.store.memory import MemoryStore
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand, Paper, held
from tests.support.turns import DEPLOYMENT, LIMITS, Says, mandate, open_of

pytestmark = pytest.mark.anyio

ACCOUNT = paper_account(DEPLOYMENT)


async def interpreter(
    paper: Paper,
    tally: RunTally,
    *,
    look: Callable[[], Awaitable[AccountView]] | None = None,
) -> Interpreter:
    """Join a paper account to a store in memory."""
    store = MemoryStore()
    lease = await store.leases.acquire(ACCOUNT, "here", 60_000)
    assert lease is not None
    gate = GuardedBroker(
        paper.broker,
        state=lambda: TradingState.ACTIVE,
        now=lambda: AT,
        market=paper.market,
        limits=LIMITS,
        books=paper.books,
    )
    return Interpreter(
        fence=Fence(account=ACCOUNT, epoch=lease.epoch),
        intents=store.intents,
        decisions=store.decisions,
        broker=gate,
        recorder=tally,
        now=lambda: AT,
        look=look,
    )


async def test_interpreter_looks_at_the_brokers_own_account_where_there_is_no_other() -> None:
    """A copy of it, which nothing that happens later changes."""
    paper = Paper()
    subject = await interpreter(paper, RunTally())
    seen = await subject.perform(Look())
    assert seen == paper.ledger.freeze()


async def test_interpreter_looks_where_it_is_told_to() -> None:
    """A session reads its account in its own way."""
    account = AccountByHand(MarketByHand({BTC: "100"}), at=Instant(AT + 5))
    account.hold(held(BTC, "3"))

    async def look() -> AccountView:
        return account

    assert await (await interpreter(Paper(), RunTally(), look=look)).perform(Look()) == account.freeze()


async def test_interpreter_tells_a_turn_that_the_account_cannot_be_read() -> None:
    """The turn goes on to a refusal and a record; it does not break."""

    async def look() -> AccountView:
        raise VenueUnavailable

    assert await (await interpreter(Paper(), RunTally(), look=look)).perform(Look()) is None


async def test_tally_counts_what_a_recorder_would_keep() -> None:
    """Decisions and orders, and nothing that grows."""
    paper, tally = Paper(), RunTally()
    subject = await interpreter(paper, tally)
    wanted = mandate(Says(open_of(Side.BUY, "1")))
    for mark in range(2):
        turn = tick(wanted, paper.market, paper.ledger, TradingState.ACTIVE, mark=Instant(AT + mark), record_holds=True)
        await drive(turn, subject.perform)
    assert (tally.decisions, tally.orders) == (2, 2)
