"""What the live broker makes of a status and of fills that do not agree, or that are hard to find."""

import json
from typing import Any

import pytest

from agentic_core.domain import Instant, IntentState, Side
from agentic_core.errors import VenueUnavailable
from agentic_core.ports.broker import Absent, Known, Searched
from agentic_hl.rest import Answered, HttpOutcome
from tests.support.clocks import VirtualClock
from tests.support.hyperliquid_desk import access_over, broker_over, sendable
from tests.support.markets import AT, order
from tests.support.resting import GivenEntropy

pytestmark = pytest.mark.anyio

READY = sendable(order(0, Side.BUY, "2", "101"))
CLOID = READY.intent.cloid
FOREIGN = "0x" + "ab" * 16
OID = 77


def status(word: str, *, remaining: str = "1.5", reduce_only: bool = False, cloid: str = CLOID) -> object:
    """Make the answer about an order of two units that ended at the beginning."""
    order_told = {"coin": "BTC", "side": "B", "limitPx": "101.0", "sz": remaining, "oid": OID, "timestamp": AT}
    order_told |= {"origSz": "2.0", "cloid": cloid, "reduceOnly": reduce_only}
    return {"status": "order", "order": {"order": order_told, "status": word, "statusTimestamp": AT}}


def fill(size: str, number: int = 1, **other: object) -> dict[str, object]:
    """Make a fill of the order."""
    told: dict[str, object] = {"coin": "BTC", "px": "100", "sz": size, "side": "B", "time": AT + number, "fee": "0"}
    told |= {"startPosition": "0", "dir": "Open Long", "closedPnl": "0", "oid": OID, "crossed": True, "tid": number}
    return told | {"cloid": CLOID} | other


class Told:
    """A venue that answers each kind of question with the next thing told, and with the last for ever."""

    def __init__(self, told: dict[str, list[object]], *, takes_ms: int = 0) -> None:
        self.clock, self.takes_ms = VirtualClock(), takes_ms
        self.told = {kind: list(answers) for kind, answers in told.items()}
        self.asked: list[dict[str, Any]] = []
        self.broker = broker_over(access_over(self, self.clock, GivenEntropy()))

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Answer a question."""
        assert path == "/info"
        assert timeout_ms > 0
        self.clock.freeze(self.takes_ms)
        question = json.loads(body)
        self.asked.append(question)
        answers = self.told[question["type"]]
        content = answers.pop(0) if len(answers) > 1 else answers[0]
        return Answered(status=200, body=json.dumps(content).encode(), content_type="application/json")


def told(answer: object, *lists: object, venue_ahead: int = 0, takes_ms: int = 0) -> Told:
    """Make a venue of a status, lists of fills one after the other, and its time."""
    clock = {"time": AT + venue_ahead, "specialStatuses": None}
    answers: dict[str, list[object]] = {"orderStatus": [answer], "userFillsByTime": [*lists], "exchangeStatus": [clock]}
    return Told(answers, takes_ms=takes_ms)


async def state_seen(answer: object, *lists: object, venue_ahead: int = 0) -> tuple[str, str]:
    """Return the state that is made of a status, lists of fills one after the other, and the venue's time."""
    seen = await told(answer, *lists, venue_ahead=venue_ahead).broker.observe(READY)
    assert isinstance(seen, Known)
    return seen.state.value, " ".join(str(one.size) for one in seen.fills)


@pytest.mark.parametrize(
    ("word", "listed", "state"),
    [
        ("open", [], "resting"),
        ("filled", [], "filled"),
        ("filled", [fill("2")], "filled"),
        ("iocCancelRejected", [], "rejected"),
        ("perpMarginRejected", [fill("2")], "unknown"),
        ("canceled", [fill("0.5")], "partial"),
        ("canceled", [fill("0.75")], "unknown"),
        ("canceled", [], "partial"),
        ("marginCanceled", [fill("0.25")], "partial"),
        ("triggered", [], "unknown"),
        ("paused", [], "unknown"),
    ],
)
async def test_hyperliquid_order_is_called_ended_only_where_status_and_fills_agree(
    word: str, listed: list[object], state: str
) -> None:
    """Half a unit of two executed by the status; a list that lacks it is behind, and one that holds more is not."""
    assert (await state_seen(status(word), listed, venue_ahead=60_000))[0] == state


async def test_hyperliquid_order_cancelled_untouched_is_dead() -> None:
    """All of it remains, and no fill is listed."""
    assert await state_seen(status("canceled", remaining="2.0"), []) == ("dead", "")


@pytest.mark.parametrize(
    ("ahead", "listed", "seen"),
    [
        (5_000, [fill("0.25")], ("unknown", "0.25")),
        (5_001, [fill("0.25")], ("partial", "0.25")),
        (5_001, [], ("dead", "")),
    ],
)
async def test_hyperliquid_shrunk_close_is_judged_by_its_fills_once_they_cannot_be_missing(
    ahead: int, listed: list[object], seen: tuple[str, str]
) -> None:
    """The venue's time, read before the list, is more than five seconds after its end."""
    assert await state_seen(status("canceled", reduce_only=True), listed, venue_ahead=ahead) == seen


async def test_hyperliquid_fill_without_client_order_id_is_found_by_the_order_number() -> None:
    """Older fills name the number alone; one that names another order's id is not ours."""
    nameless = fill("0.5", cloid=None)
    foreign = fill("1", 2, cloid=FOREIGN)
    other = fill("1", 3, cloid=None, oid=OID + 1)
    assert await state_seen(status("canceled"), [nameless, foreign, other]) == ("partial", "0.5")


async def test_hyperliquid_fills_are_searched_over_pages_and_each_counts_once() -> None:
    """A page of 2,000 may end within a millisecond, so the next begins at its last one."""
    others = [fill("1", number, cloid=FOREIGN) for number in range(1, 1_999)]
    split = [fill("0.25", 1_999), fill("0.25", 2_000)]
    venue = told(status("canceled"), others + split, [split[1]])
    seen = await venue.broker.observe(READY)
    assert isinstance(seen, Known)
    assert (seen.state, len(seen.fills)) == (IntentState.PARTIAL, 2)
    starts = [each["startTime"] for each in venue.asked if each["type"] == "userFillsByTime"]
    assert starts == [AT - 60_000, AT + 2_000]


async def test_hyperliquid_search_through_too_many_fills_is_no_answer() -> None:
    """What was not read through may hold the order's fills; a minute a page leaves weight for the next."""
    others: list[object] = [fill("1", number, cloid=FOREIGN) for number in range(2_000)]
    venue = told(status("filled"), others, takes_ms=60_000)
    with pytest.raises(VenueUnavailable, match="more fills since"):
        await venue.broker.observe(READY)


async def test_hyperliquid_answer_about_another_order_is_no_answer() -> None:
    """The question named one order only."""
    venue = told(status("filled", cloid=FOREIGN), [])
    with pytest.raises(VenueUnavailable, match="asked for"):
        await venue.broker.observe(READY)


@pytest.mark.parametrize("spoilt", [{"feeToken": "HYPE", "fee": "1"}, {"px": "1e5"}, {"side": "X"}])
async def test_hyperliquid_fill_that_cannot_be_read_is_no_answer(spoilt: dict[str, object]) -> None:
    """Leaving it out would tell too little."""
    venue = told(status("filled"), [fill("2") | spoilt])
    with pytest.raises(VenueUnavailable):
        await venue.broker.observe(READY)


async def test_hyperliquid_order_of_another_process_is_searched_since_before_it_was_prepared() -> None:
    """A fill with its id beside `unknownOid` is found all the same, and the venue's time was read first."""
    venue = told({"status": "unknownOid"}, [fill("2")], venue_ahead=7_000)
    seen = await venue.broker.observe(READY)
    assert isinstance(seen, Absent)
    assert [one.size for one in seen.fills] == [2]
    assert seen.searched == Searched(since=Instant(AT - 60_000), read_at=Instant(AT + 7_000))
    assert [each["type"] for each in venue.asked] == ["exchangeStatus", "orderStatus", "userFillsByTime"]
    assert venue.asked[-1]["startTime"] == AT - 60_000
