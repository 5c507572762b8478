"""The store in memory and PostgreSQL answer the same, whatever is written to them in whatever order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

import pytest

from agentic_core.domain import (
    Accepted,
    Fence,
    Instant,
    IntentState,
    PreparedIntent,
    Rejected,
    SendOutcome,
    Size,
    Unresolved,
)
from agentic_core.domain.order import Signing
from agentic_core.domain.records import IntentRecord
from agentic_core.errors import AgenticError
from agentic_core.ports.intents import IntentStore
from tests.support.dice import OFF_ON, Dice
from tests.support.narrow_roles import open_narrow_store
from tests.support.numbered_intents import OTHER_SIGNING, SIGNING, prepared, stop, successor
from tests.support.store_under_test import StoreUnderTest, in_memory, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, fill, intent

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

STEPS = 60
UNIT = Decimal("0.00065")
STATES = tuple(IntentState)


def dice(seed: int) -> Dice:
    """Return the same long row of numbers for a seed each time."""
    return Dice(b"".join(sha256(f"{seed}.{block}".encode()).digest() for block in range(STEPS * 4)))


@dataclass(slots=True, kw_only=True)
class Pair:
    """Both stores, and what was prepared in either."""

    stores: tuple[StoreUnderTest, StoreUnderTest]
    fences: list[Fence]
    made: list[PreparedIntent] = field(default_factory=list)
    minute: int = 0

    async def take_over(self) -> None:
        """Let the lease run out and go to the next."""
        first, second = self.stores
        for one in self.stores:
            one.run_out(LIVE)
        fence = await successor(first)
        assert await successor(second) == fence
        self.fences.append(fence)


@pytest.fixture
async def pair(database: str) -> AsyncIterator[Pair]:
    """Yield both, furnished the same."""
    async with open_narrow_store(database) as store:
        first, second = await in_memory(live=True), await in_postgres(store, database, live=True)
        assert (first.fence, first.skill) == (second.fence, second.skill)
        yield Pair(stores=(first, second), fences=[first.fence])


async def told(work: Awaitable[object]) -> object:
    """Return what comes of it; a refusal is its kind and its words."""
    try:
        return await work
    except AgenticError as error:
        return type(error), str(error)


def signing(rolled: Dice) -> Signing:
    """Roll who signs."""
    return rolled.any_of(SIGNING, OTHER_SIGNING)


def amount(rolled: Dice) -> Size:
    """Roll a few units."""
    return Size(UNIT * rolled.whole(0, 6))


def outcome(rolled: Dice, of: PreparedIntent) -> SendOutcome:
    """Roll what became of an order; its fills are some that others may have brought before."""
    cloid = of.intent.cloid
    total = rolled.any_of(None, amount(rolled))
    fills = tuple(fill(rolled.any_of(*"abcdefgh"), cloid) for _ in range(rolled.whole(0, 3)))
    accepted = Accepted(cloid=cloid, state=rolled.any_of(*STATES), fills=fills, venue_order_id="7", total=total)
    lost = Unresolved(cloid=cloid, cause="timeout")
    outcomes: tuple[SendOutcome, ...] = (accepted, accepted, lost, Rejected(cloid=cloid, reason="no"))
    return rolled.any_of(*outcomes)


def record(rolled: Dice, of: PreparedIntent) -> IntentRecord:
    """Roll what may be noted of an intent."""
    return IntentRecord(
        prepared=of,
        state=rolled.any_of(*STATES),
        filled=amount(rolled),
        booked=amount(rolled),
        sends=rolled.whole(0, 1),
        burns=rolled.whole(0, 1),
        absent_at=rolled.any_of(None, Instant(AT + rolled.whole(0, 99))),
        uncounted=rolled.any_of(*OFF_ON),
        filled_at=rolled.any_of(None, AT),
        ended_by=rolled.any_of(None, "booked"),
    )


async def prepare(pair: Pair, rolled: Dice, fence: Fence) -> tuple[object, object]:
    """Prepare a tick, or one that was prepared before."""
    pair.minute += rolled.mostly(1, 0)
    legs = [rolled.any_of(intent, intent, stop)(pair.minute, leg=leg) for leg in range(rolled.whole(0, 3))]
    at, by = AT + rolled.whole(0, 9), rolled.any_of(None, signing(rolled))
    first, second = [
        await told(prepared(one, legs, minute=pair.minute, at=at, signing=by, fence=fence)) for one in pair.stores
    ]
    if isinstance(first, tuple) and first and isinstance(first[0], PreparedIntent):
        pair.made += first
    return first, second


async def step(pair: Pair, rolled: Dice) -> tuple[object, object]:
    """Do one thing to both stores, and return what came of it in each."""
    fence = rolled.mostly(pair.fences[-1], pair.fences[0])
    what = rolled.any_of("prepare", "assign", "note", "settle", "note", "settle", "record", "prepare")
    if not pair.made or what == "prepare":
        return await prepare(pair, rolled, fence)
    chosen = pair.made[-1 - rolled.whole(0, min(7, len(pair.made) - 1))]
    fills = [fill(rolled.any_of(*"abcdefgh"), chosen.intent.cloid, at=AT + rolled.whole(0, 2)) for _ in range(2)]
    by, became, known = signing(rolled), outcome(rolled, chosen), record(rolled, chosen)
    works: dict[str, Callable[[IntentStore], Awaitable[object]]] = {
        "assign": lambda intents: intents.assign(fence, chosen, by, at=AT),
        "note": lambda intents: intents.note(fence, known, fills, at=AT),
        "settle": lambda intents: intents.settle(fence, chosen, became, at=AT),
        "record": lambda intents: intents.record_fills(fence, DEPLOYMENT, fills, at=AT),
    }
    first, second = [await told(works[what](one.store.intents)) for one in pair.stores]
    return first, second


async def shown(subject: StoreUnderTest, made: list[PreparedIntent]) -> list[object]:
    """Return all that can be read."""
    intents = subject.store.intents
    found = [await intents.find(LIVE, each.intent.cloid) for each in made[-4:]]
    return [await intents.living(LIVE), await intents.unresolved(LIVE), await intents.fills(LIVE), found]


@pytest.mark.parametrize("seed", range(8))
async def test_stores_answer_the_same_whatever_is_written(pair: Pair, seed: int) -> None:
    """Values, refusals with their words, and everything that can be read after each step."""
    rolled = dice(seed)
    for number in range(STEPS):
        if number % 20 == 19:
            await pair.take_over()
        first, second = await step(pair, rolled)
        assert first == second, f"seed {seed}, step {number}"
        memory, postgres = [await shown(one, pair.made) for one in pair.stores]
        assert memory == postgres, f"seed {seed}, step {number}"
        nonces = [(each.signer, each.nonce) for each in await _numbered(pair)]
        assert len(set(nonces)) == len(nonces), f"seed {seed}, step {number}"


async def _numbered(pair: Pair) -> list[PreparedIntent]:
    found = [await pair.stores[0].store.intents.find(LIVE, each.intent.cloid) for each in pair.made]
    return [each.prepared for each in found if each is not None and each.prepared.nonce is not None]
