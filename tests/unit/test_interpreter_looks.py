"""Reading the account again for a turn, paying for a call that was broken off, and counting a run without end."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import anyio
import pytest

from agentic_core.brokers import GuardedBroker
from agentic_core.domain import Fence, Instant, Side, TickId, TradingState, Usd, paper_account
from agentic_core.domain.account import AccountView
from agentic_core.errors import VenueUnavailable
from agentic_core.metering import MonthBudget
from agentic_core.ports.chat_model import Answer, ChatModel, Question
from agentic_core.risk.envelope import allowed
from agentic_core.runtime import Interpreter, drive, tick
from agentic_core.runtime.effects import Ask, Look, Refused, Reserve, Reserved
from agentic_core.runtime.recorder import RunTally
from agentic_core.store.memory import MemoryStore
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand, Paper, held
from tests.support.turns import DEPLOYMENT, LIMITS, Says, mandate, open_of

pytestmark = pytest.mark.anyio

ACCOUNT = paper_account(DEPLOYMENT)


class Silent:
    """A chat model that never answers."""

    model_id = "silent"

    def bound(self, question: Question) -> Usd | None:
        """Return that it is free."""
        return Usd(Decimal(0))

    async def ask(self, question: Question) -> Answer:
        """Wait for good."""
        await anyio.sleep_forever()
        raise AssertionError


async def interpreter(
    paper: Paper,
    tally: RunTally,
    *,
    look: Callable[[], Awaitable[AccountView]] | None = None,
    chat_model: ChatModel | None = None,
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
        budget=MonthBudget(cap=Usd(Decimal(1))),
        chat_model=chat_model,
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


async def test_interpreter_pays_all_that_was_held_for_a_call_that_was_broken_off() -> None:
    """The call may have left, and nobody will ever say what it cost."""
    paper = Paper()
    subject = await interpreter(paper, RunTally(), chat_model=Silent())
    assert await subject.perform(Reserve(bound=Usd(Decimal("0.4")))) == Reserved()
    question = Question(
        trace_id=TickId(deployment=DEPLOYMENT, mark=AT).trace,
        skill_payload="{}",
        market=paper.market.freeze(1),
        account=paper.ledger.freeze(),
        limits=LIMITS,
        envelope=allowed(paper.ledger, paper.market, LIMITS, TradingState.ACTIVE),
    )
    with anyio.move_on_after(0):
        await subject.perform(Ask(question=question))
    assert isinstance(await subject.perform(Reserve(bound=Usd(Decimal("0.61")))), Refused)
    assert await subject.perform(Reserve(bound=Usd(Decimal("0.6")))) == Reserved()


async def test_tally_counts_what_a_recorder_would_keep() -> None:
    """Decisions and orders, and nothing that grows."""
    paper, tally = Paper(), RunTally()
    subject = await interpreter(paper, tally)
    wanted = mandate(Says(open_of(Side.BUY, "1")))
    for mark in range(2):
        turn = tick(wanted, paper.market, paper.ledger, TradingState.ACTIVE, mark=Instant(AT + mark), record_holds=True)
        await drive(turn, subject.perform)
    assert (tally.decisions, tally.orders) == (2, 2)
