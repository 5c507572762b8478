"""The way to a chat model: money is held before a call, every call that left has a cost, tools see what they may."""

from decimal import Decimal

import anyio
import msgspec
import pytest

from agentic_core.chat import said
from agentic_core.chat.effects import Ask, Refused, Reserve, Reserved, UseTool
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Usd
from agentic_core.domain.chat import ChatPurpose, CostCaps, CostSource
from agentic_core.domain.money import ZERO
from agentic_core.errors import StoreUnavailable, TapeMiss
from agentic_core.logevents import LogEvent
from agentic_core.ports.chat_model import CallFailure, ChatRequest, ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.runtime.chat_desk import cost_caps
from agentic_core.runtime.effects import Forgo
from tests.support.desk_room import BOUND, CENT, ME, Answers, DeskRoom, call_of, priced
from tests.support.markets import AT, BTC, AccountByHand, MarketByHand
from tests.support.thinking import failed
from tests.support.turns import limits

pytestmark = pytest.mark.anyio

D = Decimal
REQUEST = ChatRequest(model_id="vendor/name", messages=(), completion_tokens_max=10)


def wanted(step: int = 0, bound: Usd | None = BOUND) -> Reserve:
    """Return the wish to hold money."""
    return Reserve(call=call_of(step), purpose=ChatPurpose.POSITION, bound=bound)


def question(step: int = 0, *, wait_ms: int = 0) -> Ask:
    """Return the wish to make a call."""
    return Ask(call=call_of(step), request=REQUEST, wait_ms=wait_ms)


async def test_desk_reserves_only_what_fits_into_the_month() -> None:
    """Two reservations of 0.40 fit into a dollar, a third does not, and says why."""
    desk = await DeskRoom(Answers(None)).desk()
    assert [await desk.reserve(wanted(step)) for step in (0, 1)] == [Reserved(), Reserved()]
    refused = await desk.reserve(wanted(2))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("cost_guard: ")


async def test_desk_refuses_a_call_of_unknown_cost() -> None:
    """Unknown is not zero."""
    refused = await (await DeskRoom(Answers(None)).desk()).reserve(wanted(bound=None))
    assert isinstance(refused, Refused)
    assert "unknown" in refused.reason


@pytest.mark.parametrize(
    ("chat_model", "counted", "source"),
    [
        (Answers(said(None, usage=priced(CENT))), CENT, CostSource.REPORTED),
        (Answers(said(None, usage=priced(None))), BOUND, CostSource.BOUND),
        (Answers(failed(CallFailure.OVERLOADED)), BOUND, CostSource.BOUND),
        (Answers(failed(CallFailure.REFUSED, cost=CENT)), CENT, CostSource.REPORTED),
        (Answers(failed(CallFailure.UNREACHABLE, never_left=True)), D(0), CostSource.NEVER_LEFT),
    ],
    ids=["reported", "unknown", "failed", "failed and paid", "never left"],
)
async def test_desk_settles_a_call_at_its_cost_or_at_its_bound(
    chat_model: Answers, counted: Decimal, source: CostSource
) -> None:
    """A call of which nobody knows the cost has cost all that was held for it."""
    room = DeskRoom(chat_model)
    desk = await room.desk()
    await desk.reserve(wanted())
    asked = await desk.ask(question())
    assert (asked.cost_usd, asked.is_broken_off) == (counted, False)
    assert await room.cost() == (counted, source)


@pytest.mark.parametrize(("knows", "counted"), [(CENT, CENT), (None, BOUND)])
async def test_desk_looks_up_a_cost_that_was_not_said(knows: Usd | None, counted: Usd) -> None:
    """By the generation that the answer names."""
    unsaid = msgspec.structs.replace(said(None, usage=priced(None)), generation="gen-7")
    chat_model = Answers(unsaid, knows=knows)
    room = DeskRoom(chat_model)
    desk = await room.desk()
    await desk.reserve(wanted())
    assert (await desk.ask(question())).cost_usd == counted
    assert chat_model.looked_up == ["gen-7"]


async def test_desk_waits_before_a_question_that_is_sent_again() -> None:
    """As long as the thought says."""
    room = DeskRoom(Answers(said(None)))
    desk = await room.desk()
    await desk.reserve(wanted())
    await desk.ask(question(wait_ms=1_500))
    assert room.slept == [1.5]


async def test_desk_tells_of_a_call_that_cost_more_than_was_held() -> None:
    """It counts as it is, and somebody has to look at the prices."""
    room = DeskRoom(Answers(said(None, usage=priced(Usd(D("0.5"))))))
    desk = await room.desk()
    await desk.reserve(wanted())
    assert (await desk.ask(question())).cost_usd == D("0.5")
    assert room.said == [(LogEvent.CHAT_COST_ABOVE_BOUND, {"cost_usd": "0.5", "bound_usd": "0.4"})]


async def test_desk_settles_a_call_that_is_broken_off_at_its_bound() -> None:
    """It may have left; whoever broke it off is told what it counts as."""
    room = DeskRoom(Answers(None))
    desk = await room.desk()
    await desk.reserve(wanted())
    with anyio.move_on_after(0):
        await desk.ask(question())
    assert await room.cost() == (BOUND, CostSource.BOUND)
    forgone = await desk.forgo(Forgo(ask=question(), cause="time"))
    assert (forgone.cost_usd, forgone.is_broken_off, forgone.outcome.usage.cost_usd) == (BOUND, True, None)


async def test_desk_settles_a_call_that_nobody_made_at_nothing() -> None:
    """What was held for it is free again."""
    room = DeskRoom(Answers(None))
    desk = await room.desk()
    await desk.reserve(wanted())
    assert (await desk.forgo(Forgo(ask=question(), cause="held back"))).cost_usd == ZERO
    assert await room.cost() == (ZERO, CostSource.NEVER_LEFT)


@pytest.mark.parametrize(
    ("failure", "counted"), [(TapeMiss("not on the tape"), ZERO), (RuntimeError("a bug"), BOUND)], ids=["miss", "bug"]
)
async def test_desk_settles_a_call_that_raised(failure: Exception, counted: Decimal) -> None:
    """A replay never leaves; of anything else nobody knows."""
    room = DeskRoom(Answers(failure))
    desk = await room.desk()
    await desk.reserve(wanted())
    with pytest.raises(type(failure)):
        await desk.ask(question())
    assert (await room.cost())[0] == counted


@pytest.mark.parametrize("is_stored", [True, False])
async def test_desk_in_doubt_about_a_reservation_asks_whether_it_is_held(*, is_stored: bool) -> None:
    """Only what is held is asked; otherwise the turn is left out and says that the store was away."""
    room = DeskRoom(Answers(said(None)))
    desk = await room.desk()
    room.ledger.breaks = [("reserve", is_stored)]
    reply = await desk.reserve(wanted())
    assert reply == (Reserved() if is_stored else Refused(reason="store: gone"))


async def test_desk_that_cannot_know_of_a_reservation_lets_go_of_it_later() -> None:
    """It is not asked, and what may be held narrows the budget no longer than until the store answers again."""
    room = DeskRoom(Answers(said(None)))
    desk = await room.desk()
    room.ledger.breaks = [("reserve", True), ("find", True)]
    assert await desk.reserve(wanted()) == Refused(reason="store: gone")
    assert (await room.store.costs.standing(ME, AT)).month_held == BOUND
    await desk.reserve(wanted(1))
    assert await room.cost() == (ZERO, CostSource.NEVER_LEFT)


@pytest.mark.parametrize("is_stored", [True, False])
async def test_desk_in_doubt_about_a_cost_says_it_once_more(*, is_stored: bool) -> None:
    """A call that has a cost keeps it, so twice is once."""
    room = DeskRoom(Answers(said(None, usage=priced(CENT))))
    desk = await room.desk()
    await desk.reserve(wanted())
    room.ledger.breaks = [("settle", is_stored)]
    assert (await desk.ask(question())).cost_usd == CENT
    assert await room.cost() == (CENT, CostSource.REPORTED)


async def test_desk_that_cannot_write_down_a_cost_leaves_it_held() -> None:
    """It counts like its bound, and the turn fails."""
    room = DeskRoom(Answers(said(None, usage=priced(CENT))))
    desk = await room.desk()
    await desk.reserve(wanted())
    room.ledger.breaks = [("settle", False), ("settle", False)]
    with pytest.raises(StoreUnavailable):
        await desk.ask(question())
    assert (await room.store.costs.standing(ME, AT)).month_held == BOUND


async def test_desk_of_a_later_lease_does_not_make_a_call_that_was_settled() -> None:
    """The turn of a mark is asked once, whoever takes it up again."""
    room = DeskRoom(Answers(said(None)))
    desk = await room.desk()
    await desk.reserve(wanted())
    await desk.ask(question())
    refused = await desk.reserve(wanted())
    assert isinstance(refused, Refused)
    assert "earlier runner" in refused.reason


class Looks:
    """A tool that notes what it may see."""

    spec = ToolSpec(name="looks", description="", parameters=b"{}")
    mode = ToolMode.READ

    def __init__(self) -> None:
        self.seen: list[ToolContext] = []

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Note it."""
        self.seen.append(context)
        return ToolResult(content=arguments)


@pytest.mark.parametrize("books", [True, False])
async def test_desk_shows_order_books_to_tools_where_there_are_any(*, books: bool) -> None:
    """In a backtest they would show what comes next."""
    tool, market = Looks(), MarketByHand({BTC: "100"})
    desk = await DeskRoom(Answers(None), tools=Toolbox([tool]), books=books).desk()
    context = ToolContext(deployment=ME, as_of=AT, market=market, account=AccountByHand(market), symbols=(BTC,))
    result = await desk.use(UseTool(call=call_of(), tool="looks", arguments='{"a":1}', context=context))
    assert result == ToolResult(content='{"a":1}')
    assert [(one.books is not None, one.symbols) for one in tool.seen] == [(books, (BTC,))]


@pytest.mark.parametrize("day", [None, Usd(D(2))])
def test_caps_of_a_skill_are_those_of_its_month_and_day(day: Usd | None) -> None:
    """The rest is ours."""
    caps = cost_caps(limits(cost_usd_month_max=Usd(D(7)), cost_usd_day_max=day))
    assert caps == CostCaps(month_usd=Usd(D(7)), day_usd=day)
