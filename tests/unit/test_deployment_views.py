"""What the commands say of deployments: which one is meant, and how it stands."""

from decimal import Decimal

import msgspec
import pytest

from agentic_core.cli.command import in_words
from agentic_core.cli.deployed import find_deployment
from agentic_core.cli.deployment_views import log_in_words, look_at, rows, view_in_words
from agentic_core.domain import (
    AgentStateRecord,
    CommandKind,
    DeploymentId,
    DeploymentRecord,
    DeploymentStatus,
    Fence,
    HaltReason,
    Instant,
    Position,
    Size,
    Usd,
)
from agentic_core.domain.records import CommandState
from agentic_core.domain.times import MINUTE_MS
from agentic_core.errors import InputError, NotFound
from agentic_core.store.memory import MemoryStore
from tests.support.stored_values import AT, BTC, USER, deployment, hash_of, log_line

pytestmark = pytest.mark.anyio

PAYLOAD = '{"name":"Cross"}'
LATER = Instant(AT + 3 * MINUTE_MS)


async def furnished(*ids: str) -> tuple[MemoryStore, list[DeploymentRecord]]:
    """Return a store with stopped deployments of these ids, or with one that waits."""
    store = MemoryStore(now=lambda: AT)
    saved = await store.skills.save(USER, name="Cross", slug="cross", payload=PAYLOAD, payload_hash=hash_of(PAYLOAD))
    made = [deployment(saved.skill_id)]
    if ids:
        stopped = deployment(saved.skill_id, status=DeploymentStatus.STOPPED)
        made = [msgspec.structs.replace(stopped, id=DeploymentId(each), account_key=f"paper:{each}") for each in ids]
    for each in made:
        await store.deployments.create(each)
    return store, made


ONE, TWO = "aaaa1111-0000-4000-8000-000000000001", "aaaa2222-0000-4000-8000-000000000002"


@pytest.mark.parametrize("typed", [ONE, ONE.upper(), "aaaa1", " aaaa1111-0000"])
async def test_deployment_is_found_by_its_id_or_a_beginning(typed: str) -> None:
    """In any case, as long as it fits no other."""
    store, _ = await furnished(ONE, TWO)
    assert (await find_deployment(store.deployments, typed)).id == ONE


@pytest.mark.parametrize(
    ("typed", "kind", "words"),
    [
        ("aaaa", InputError, "'aaaa' fits 2 deployments"),
        ("aaa", InputError, "'aaa' is too short for a deployment; give at least 4 characters"),
        ("bbbb", NotFound, "no deployment begins with 'bbbb'; `agentic deployments list` shows them"),
    ],
)
async def test_deployment_that_is_not_one_is_refused(typed: str, kind: type[Exception], words: str) -> None:
    """With what was typed and what to do."""
    store, _ = await furnished(ONE, TWO)
    with pytest.raises(kind, match=words):
        await find_deployment(store.deployments, typed)


async def test_list_names_skill_and_equity() -> None:
    """Nothing is known of the equity before the first turn."""
    store, (record,) = await furnished()
    (row,) = await rows(store, 5)
    assert (row.deployment, row.skill, row.equity_usd, row.seen_at) == (record, "Cross v1", None, None)


async def test_view_of_a_deployment_that_nobody_ran_says_so() -> None:
    """Every line is there, each with its own words for nothing."""
    store, (record,) = await furnished()
    assert list(view_in_words(await look_at(store, record, AT))) == [
        f"deployment {record.id}",
        "  skill     Cross v1",
        f"  broker    paper, account paper:{record.id}",
        "  status    provisioning",
        "  runner    none so far",
        "  since     2022-01-01 00:00:00Z",
        "  state     none so far",
        "  commands  none",
        "  log",
    ]


async def test_view_of_a_deployment_that_runs_shows_account_commands_and_log() -> None:
    """Who runs it, what it holds, what was ordered and what came of it, what it said."""
    store, (record,) = await furnished()
    lease = await store.leases.acquire(record.account_key, "runner:1", 60_000)
    assert lease is not None
    fence = Fence(account=record.account_key, epoch=lease.epoch)
    await store.states.write(fence, _state(record))
    pause = await store.commands.queue(record.id, CommandKind.PAUSE, payload={"reason": "lunch"}, at=AT)
    await store.commands.ack(pause, CommandState.APPLIED, "paused", at=AT, fence=fence)
    flatten = await store.commands.queue(record.id, CommandKind.FLATTEN, payload={}, at=AT)
    claimed = await store.commands.claim(flatten, fence=fence, at=AT)
    await store.commands.step(claimed, "closing BTC", fence=fence, at=AT)
    line = log_line("turn taken")
    await store.logs.append([line])
    said = list(view_in_words(await look_at(store, record, LATER)))
    assert said[4:] == [
        "  runner    runner:1 holds the lease, epoch 1",
        "  since     2022-01-01 00:00:00Z",
        "  state     written 3 min ago, last turn 2022-01-01 00:00:00Z",
        "  equity    10012.5 USD, -3.25 USD today",
        "  holds     -0.5 BTC (mark 101)",
        "  orders    none open",
        "  commands  newest is #2",
        "    2022-01-01 00:00:00Z  #1 pause applied: paused, because lunch",
        "    2022-01-01 00:00:00Z  #2 flatten claimed (closing BTC)",
        "  log",
        f"    {log_in_words(line)}",
    ]


async def test_view_of_a_halt_tells_what_clears_it() -> None:
    """The moment of the halt is what clear-halt is tied to."""
    store, (record,) = await furnished()
    await store.deployments.move(record.id, DeploymentStatus.RUNNING, at=AT)
    halted = await store.deployments.move(record.id, DeploymentStatus.HALTED, at=LATER, reason=HaltReason.DAILY_LOSS)
    said = list(view_in_words(await look_at(store, halted, LATER)))
    assert f"  status    halted (daily_loss; to clear: --expects {LATER})" in said


async def test_command_is_told_in_one_line() -> None:
    """Its number, what was ordered, how far it is, and what came of it."""
    store, (record,) = await furnished()
    command = await store.commands.queue(record.id, CommandKind.STOP, payload={}, at=AT)
    assert in_words(command) == "#1 stop queued"
    refused = await store.commands.ack(command, CommandState.REFUSED, "it is over", at=AT)
    assert in_words(refused) == "#1 stop refused: it is over"


def _state(record: DeploymentRecord) -> AgentStateRecord:
    held = Position(symbol=BTC, size=Size(Decimal("-0.5")), entry_cost=Usd(Decimal(50)))
    return AgentStateRecord(
        deployment_id=record.id,
        equity_usd=Usd(Decimal("10012.50")),
        day_pnl_usd=Usd(Decimal("-3.25")),
        positions=(held,),
        marks={BTC: Decimal(101)},
        last_tick_at=AT,
        updated_at=AT,
    )
