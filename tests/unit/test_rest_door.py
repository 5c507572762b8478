"""Questions are asked again where that can help, actions never; both end by their deadline."""

from collections.abc import Callable, Coroutine
from itertools import pairwise

import anyio
import pytest

from agentic_core.errors import UsageError
from agentic_core.system import SystemClock
from agentic_hl.rest import (
    Answered,
    FailureKind,
    HttpOutcome,
    HyperliquidRest,
    IpBudget,
    MemoryBudgets,
    NeverLeft,
    Priority,
    RestFailure,
    RestLimits,
    Unclear,
    query_of,
    weight_bucket,
)
from agentic_hl.rest.queries import all_mids, candle_snapshot, fills, fills_by_time, l2_book, order_status, user_role
from tests.support.clocks import VirtualClock
from tests.support.resting import GivenEntropy, ScriptedTransport, json_answer

pytestmark = pytest.mark.anyio

HTML = b"<!DOCTYPE html><html><title>502</title></html>"
MIDS = json_answer(b'{"BTC":"77558.5"}')
HALTED = json_answer(b"null", status=429)


class Room:
    """A door over a script, and the time."""

    def __init__(
        self, *script: HttpOutcome | Callable[[], HttpOutcome], takes_ms: int = 0, limits: RestLimits | None = None
    ) -> None:
        self.clock = VirtualClock()
        self.transport = ScriptedTransport(self.clock, script, takes_ms=takes_ms)
        self.ledger, self.bucket = MemoryBudgets(self.clock), weight_bucket("here")
        budget = IpBudget(self.ledger, self.clock, self.bucket)
        self.door = HyperliquidRest(self.transport, self.clock, GivenEntropy(), budget, limits)
        self.answer: object = None
        self.took_ms = 0

    async def ask(self, within_ms: int = 60_000) -> object:
        """Ask for all mids, and let time pass until there is an answer."""
        return await self._wait(self._ask, within_ms)

    async def act(self, within_ms: int = 60_000) -> object:
        """Post an action, and let time pass until there is an answer."""
        return await self._wait(self._act, within_ms)

    async def _ask(self) -> None:
        began = self.clock.boottime_ms()
        answer = await self.door.query(all_mids())
        self.answer = answer
        self.took_ms = self.clock.boottime_ms() - began

    async def _act(self) -> None:
        began = self.clock.boottime_ms()
        self.answer = await self.door.exchange(b'{"signed":1}')
        self.took_ms = self.clock.boottime_ms() - began

    async def _wait(self, work: Callable[[], Coroutine[object, object, None]], within_ms: int) -> object:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(work)
            await self.clock.let_pass(within_ms)
        return self.answer


async def test_answer_of_the_venue_is_read() -> None:
    """One post to `/info` with the question's type and fields."""
    room = Room(MIDS)
    assert await room.ask() == {"BTC": "77558.5"}
    assert [(path, body) for path, body, _ in room.transport.posts] == [("/info", b'{"type":"allMids","dex":""}')]


@pytest.mark.parametrize(
    "trouble",
    [
        NeverLeft(cause="connection refused"),
        Unclear(cause="reset by peer"),
        Unclear(cause="no whole answer", timed_out=True),
        json_answer(b"oops", status=500),
        Answered(status=502, body=HTML, content_type="text/html"),
        Answered(status=200, body=HTML, content_type="text/html"),
        Answered(status=200, body=HTML, content_type="application/json"),
    ],
)
async def test_question_is_asked_again_where_that_can_help(trouble: HttpOutcome) -> None:
    """Twice in vain, then with an answer."""
    room = Room(trouble, trouble, MIDS)
    assert await room.ask() == {"BTC": "77558.5"}
    assert len(room.transport.posts) == 3


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (json_answer(b"Failed to deserialize the JSON body into the target type", status=422), FailureKind.REFUSED),
        (Answered(status=403, body=HTML, content_type="text/html"), FailureKind.REFUSED),
        (Answered(status=302, body=b""), FailureKind.REFUSED),
        (json_answer(b'{"BTC":77558.5}'), FailureKind.UNREADABLE),
        (json_answer(b"null"), FailureKind.UNREADABLE),
    ],
)
async def test_question_is_not_asked_again_in_vain(outcome: HttpOutcome, kind: FailureKind) -> None:
    """The same would be answered to the same."""
    room = Room(outcome, MIDS)
    failure = await room.ask()
    assert isinstance(failure, RestFailure)
    assert (failure.kind, failure.retryable, len(room.transport.posts)) == (kind, False, 1)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (NeverLeft(cause="refused"), FailureKind.NOT_CONNECTED),
        (Unclear(cause="reset"), FailureKind.BROKEN_OFF),
        (Unclear(cause="slow", timed_out=True), FailureKind.TIMED_OUT),
        (json_answer(b"", status=503), FailureKind.SERVER_ERROR),
        (Answered(status=200, body=HTML, content_type="text/html"), FailureKind.NOT_JSON),
    ],
)
async def test_trouble_that_stays_is_told_by_its_kind(outcome: HttpOutcome, kind: FailureKind) -> None:
    """After five tries, all within the deadline."""
    room = Room(outcome)
    failure = await room.ask()
    assert isinstance(failure, RestFailure)
    assert (failure.kind, failure.retryable) == (kind, True)
    assert len(room.transport.posts) == 5
    assert room.took_ms <= 20_000


async def test_waits_between_tries_double() -> None:
    """With the least of chance they are half of 500, 1,000, 2,000 and 4,000 ms."""
    room = Room(NeverLeft(cause="refused"))
    await room.ask()
    times = room.transport.times
    assert [later - at for at, later in pairwise(times)] == [250, 500, 1_000, 2_000]


async def test_time_that_the_venue_asks_for_is_waited() -> None:
    """A refusal for the rate holds the whole address back for at least that long."""
    room = Room(json_answer(b"null", status=429, retry_after_ms=4_000), MIDS)
    assert await room.ask() == {"BTC": "77558.5"}
    first, second = room.transport.times
    assert second - first >= 4_000


async def test_refusal_for_the_rate_empties_the_shared_weight() -> None:
    """Everybody on the address waits ten seconds, not only who was refused."""
    room = Room(HALTED)
    await room.act(0)
    assert await room.ledger.available(room.bucket) == 0
    assert await room.ledger.take(room.bucket, 1) > 10_000


class Silent:
    """A transport that never answers."""

    def __init__(self) -> None:
        self.timeouts: list[int] = []

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Wait for ever."""
        self.timeouts.append(timeout_ms)
        await anyio.sleep_forever()
        raise AssertionError


async def test_silent_venue_is_left_by_the_deadline_even_if_the_transport_never_returns() -> None:
    """Each try ends by its own time, all of them by the whole one, and an action by its own."""
    clock, silent = SystemClock(), Silent()
    budget = IpBudget(MemoryBudgets(clock), clock, weight_bucket("here"))
    limits = RestLimits(query_deadline_ms=300, attempt_ms=80, exchange_deadline_ms=120, first_pause_ms=10)
    door = HyperliquidRest(silent, clock, GivenEntropy(), budget, limits)
    began = clock.boottime_ms()
    with anyio.fail_after(10):
        failure = await door.query(all_mids())
        outcome = await door.exchange(b"{}")
    assert isinstance(failure, RestFailure)
    assert failure.kind is FailureKind.TIMED_OUT
    assert isinstance(outcome, Unclear)
    assert outcome.timed_out
    assert len(silent.timeouts) >= 3
    assert clock.boottime_ms() - began < 5_000


async def test_action_is_sent_once_whatever_happens() -> None:
    """Not even where no byte left is it sent again by itself."""
    for outcome in (
        NeverLeft(cause="refused"),
        Unclear(cause="reset"),
        json_answer(b"null", status=429),
        json_answer(b"", status=500),
        Answered(status=502, body=HTML, content_type="text/html"),
        json_answer(b'{"status":"ok","response":{"type":"default"}}'),
    ):
        room = Room(outcome)
        assert await room.act() == outcome
        assert [(path, body) for path, body, _ in room.transport.posts] == [("/exchange", b'{"signed":1}')]


async def test_action_without_weight_never_leaves() -> None:
    """It says so, and how long there will be none."""
    room = Room(MIDS)
    await room.ledger.block(room.bucket, 60_000)
    outcome = await room.act()
    assert isinstance(outcome, NeverLeft)
    assert outcome.waits_for_weight_ms is not None
    assert (room.transport.posts, room.took_ms) == ([], 0)


async def test_question_without_weight_says_that_it_was_us() -> None:
    """And is asked no more than its deadline allows."""
    room = Room(MIDS)
    await room.ledger.block(room.bucket, 60_000)
    failure = await room.ask()
    assert isinstance(failure, RestFailure)
    assert (failure.kind, room.transport.posts) == (FailureKind.OUT_OF_WEIGHT, [])
    assert room.took_ms <= 20_000


async def test_weight_of_what_never_left_is_given_back() -> None:
    """And of what may have left it is not."""
    room = Room(NeverLeft(cause="refused"), Unclear(cause="reset"))
    await room.act(0)
    assert await room.ledger.available(room.bucket) == 240
    await room.act(0)
    assert await room.ledger.available(room.bucket) == 239


async def test_long_answer_costs_more_than_its_question() -> None:
    """Twenty for asking and one for each twenty fills."""
    fill = (
        b'{"coin":"ETH","px":"1","sz":"1","side":"A","time":1,"startPosition":"0","dir":"","closedPnl":"0",'
        b'"hash":"0x","oid":1,"crossed":true,"fee":"0","tid":1,"feeToken":"USDC"}'
    )
    room = Room(json_answer(b"[" + b",".join([fill] * 41) + b"]"))
    found = await room.door.query(fills("0xab"), priority=Priority.URGENT)
    assert isinstance(found, tuple)
    assert len(found) == 41
    assert await room.ledger.available(room.bucket) == 240 - 20 - 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (l2_book("BTC").body, b'{"type":"l2Book","coin":"BTC"}'),
        (user_role("0xAb").body, b'{"type":"userRole","user":"0xAb"}'),
        (order_status("0xab", 7).body, b'{"type":"orderStatus","user":"0xab","oid":7}'),
        (order_status("0xab", "0xbeef").body, b'{"type":"orderStatus","user":"0xab","oid":"0xbeef"}'),
        (
            candle_snapshot("BTC", "1m", start=-5, end=9).body,
            b'{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1m","startTime":0,"endTime":9}}',
        ),
        (
            fills_by_time("0xab", start=3).body,
            b'{"type":"userFillsByTime","user":"0xab","startTime":3,"aggregateByTime":false}',
        ),
        (query_of("marginTable", id=56).body, b'{"type":"marginTable","id":56}'),
    ],
)
def test_question_is_written_as_the_venue_takes_it(body: bytes, expected: bytes) -> None:
    """A negative start, which the venue refuses, is cut off."""
    assert body == expected


def test_question_nobody_can_read_the_answer_of_is_refused() -> None:
    """By name."""
    with pytest.raises(UsageError, match="validatorSummaries"):
        query_of("validatorSummaries")
