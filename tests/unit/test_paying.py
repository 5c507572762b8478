"""The way out of a backtest: what is paid, what is asked again, and what stops a run."""

from decimal import Decimal

import anyio
import pytest

from agentic_core.backtest.chat.paying import PayingTransport
from agentic_core.backtest.chat.purse import Purse, Spending
from agentic_core.chat.transport import HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain import Usd
from agentic_core.domain.chat import CostSource
from agentic_core.errors import AgenticError, ConfigError, TapeMiss, UsageError, VenueUnavailable
from tests.support.clocks import VirtualClock, settle
from tests.support.taped import Answers, answer, call_of

pytestmark = pytest.mark.anyio

D = Decimal
CALL = call_of()
BOUND = Usd(D("0.10"))


def purse(cap: str | None = "1") -> Purse:
    """Return a purse that expects one call."""
    money = Purse(None if cap is None else Usd(D(cap)))
    money.expect(CALL, BOUND)
    return money


async def sent(money: Purse, *outcomes: HttpOutcome) -> tuple[HttpOutcome | AgenticError, int, int]:
    """Send a call; returns what came of it, how often it left, and the seconds that were waited."""
    clock, outside = VirtualClock(), Answers(outcomes)
    heard: list[HttpOutcome | AgenticError] = []
    began = clock.now()

    async def post() -> None:
        try:
            heard.append(await PayingTransport(outside, money, clock).post("/x", b"{}", within_ms=1, call=CALL))
        except AgenticError as error:
            heard.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(post)
        await settle()
        while not heard:
            await clock.let_pass(1_000)
    return heard[0], len(outside.posted), (clock.now() - began) // 1_000


async def test_answered_call_costs_what_it_is_settled_at() -> None:
    """Its bound is held as long as it is under way."""
    money = purse()
    assert await sent(money, answer(b"yes")) == (answer(b"yes"), 1, 0)
    assert money.spending == Spending(paid=0, replayed=0, cost_usd=Usd(D(0)), held_usd=BOUND)
    money.settle(CALL, Usd(D("0.03")), CostSource.REPORTED)
    assert money.spending == Spending(paid=1, replayed=0, cost_usd=Usd(D("0.03")), held_usd=Usd(D(0)))


async def test_call_that_was_answered_from_the_tape_is_counted_and_costs_nothing() -> None:
    """And one that was refused before it left is neither paid nor replayed."""
    money = purse()
    money.settle(CALL, Usd(D("0.03")), CostSource.REPORTED)
    money.expect(CALL, BOUND)
    money.settle(CALL, Usd(D(0)), CostSource.NEVER_LEFT)
    assert money.spending == Spending(paid=0, replayed=1, cost_usd=Usd(D(0)), held_usd=Usd(D(0)))


@pytest.mark.parametrize(
    ("trouble", "lost"),
    [
        (answer(b"busy", 429), "0"),
        (answer(b"down", 503), "0"),
        (answer(b"broken", 500), "0.10"),
        (answer(b"slow", 408), "0.10"),
        (NoAnswer(cause="refused", never_left=True), "0"),
        (NoAnswer(cause="nothing came", timed_out=True), "0.10"),
    ],
)
async def test_what_passes_is_asked_again_and_counts_where_it_may_have_cost_something(
    trouble: HttpOutcome, lost: str
) -> None:
    """The time of the candles stands still, so a run can wait."""
    money = purse()
    assert await sent(money, trouble, answer(b"yes")) == (answer(b"yes"), 2, 2)
    assert (money.spending.cost_usd, money.spending.held_usd) == (D(lost), BOUND)


async def test_provider_that_says_when_to_come_back_is_listened_to() -> None:
    """Up to a minute."""
    busy = RawAnswer(status=429, headers=(("retry-after", "20"),), body=b"")
    late = RawAnswer(status=429, headers=(("retry-after", "9999"),), body=b"")
    odd = RawAnswer(status=429, headers=(("retry-after", "Wed, 21 Oct"),), body=b"")
    assert await sent(purse(), busy, late, odd, answer()) == (answer(), 4, 20 + 2 + 60 + 4 + 8)


async def test_provider_that_stays_away_stops_the_run() -> None:
    """Six times in a row; nothing of it is an answer, so nothing of it may be on the tape."""
    error, times, _ = await sent(purse(), *[answer(b"down", 503)] * 6)
    assert isinstance(error, VenueUnavailable)
    assert "6 times in a row, last: status 503" in str(error)
    assert times == 6


@pytest.mark.parametrize(("status", "cure"), [(401, "the key"), (402, "credit"), (404, "no such model")])
async def test_refusal_that_somebody_has_to_look_at_stops_the_run(status: int, cure: str) -> None:
    """It would be the same at every mark, and the tape would keep it for ever."""
    money = purse()
    error, times, _ = await sent(money, answer(b"no", status))
    assert isinstance(error, ConfigError)
    assert cure in str(error)
    assert (times, money.spending.cost_usd, money.spending.held_usd) == (1, D(0), D(0))


@pytest.mark.parametrize("status", [400, 403, 413, 422])
async def test_refusal_of_what_was_asked_is_an_answer(status: int) -> None:
    """The same question would be refused again; the turn has none, and the run goes on."""
    assert await sent(purse(), answer(b"no", status)) == (answer(b"no", status), 1, 0)


async def test_call_that_does_not_fit_stays_here() -> None:
    """To the microcent: what is held, what was lost and the next bound together."""
    for cap, times in (("0.09999999", 0), ("0.10", 1), ("0.19999999", 1), ("0.20", 2)):
        error, left, _ = await sent(purse(cap), answer(b"", 500), answer(b"", 500), answer(b"", 500))
        assert isinstance(error, TapeMiss)
        assert left == times, cap
    error, left, _ = await sent(purse(None))
    assert isinstance(error, TapeMiss)
    assert "allow some with --max-cost" in str(error)
    assert left == 0


async def test_call_that_nobody_reserved_does_not_leave() -> None:
    """What it can cost is not known."""
    outside = Answers([answer()])
    with pytest.raises(UsageError, match="without a reservation"):
        await PayingTransport(outside, Purse(Usd(D(1))), VirtualClock()).post("/x", b"{}", within_ms=1, call=CALL)
    assert outside.posted == []
