"""The SQL of the launch checklist runs as written for the owner of the tables, and answers what its page expects."""

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import pytest

from agentic_core.domain import CommandKind, CommandState, DeploymentStatus, IntentState
from agentic_core.errors import Fenced
from agentic_core.skills.versions import payload_hash
from agentic_core.store.postgres import PostgresStore, open_store
from tests.support.agent_wallets import approved_wallet
from tests.support.by_hand import execute
from tests.support.checklist import BLOCKS, read_blocks, statements
from tests.support.checklist_desk import ORDERED, ChecklistDesk
from tests.support.store_under_test import PAYLOAD, TTL_MS, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, MASTER, PAPER, WALLET, log_line, state

pytest_plugins = ["tests.support.postgres"]
pytestmark = pytest.mark.anyio

OURS = {"edits by hand", "put the cap back", "stop every live account"}
"""Blocks beside those that operators were given."""
AS_GIVEN = "d378f5036e87c965a103111436e194d3450da0ca94455f0f71727e191ca430d8"
"""SHA-256 of the statements that operators were given, sorted, each on one line."""


@pytest.fixture
async def desk(owned_database: str) -> AsyncIterator[ChecklistDesk]:
    """Yield a furnished store whose owner is no superuser, and the page's statements."""
    async with open_store(owned_database) as store:
        yield ChecklistDesk(owned_database, await in_postgres(store, owned_database))


async def _tables(desk: ChecklistDesk) -> None:
    tables = ("hyperliquid_agents", "hyperliquid_master_wallets", "mainnet_orders", "pending_hyperliquid_agents")
    assert desk.run() == [(table,) for table in tables]


async def _extensions(desk: ChecklistDesk) -> None:
    assert desk.run() == []
    assert desk.by_hand("select to_regclass('vault.decrypted_secrets') is not null") == [(True,)]


async def _keep(desk: ChecklistDesk) -> None:
    ((key,),) = desk.run()
    assert isinstance(key, UUID)
    kept = desk.by_hand("select decrypted_secret, name like 'smoke_test_%%' from vault.decrypted_secrets")
    assert kept == [("test_secret_value", True)]


async def _no_key(desk: ChecklistDesk) -> None:
    desk.run("keep a secret")
    assert desk.run() == [(None,)]


async def _taken_away(desk: ChecklistDesk) -> None:
    desk.run("keep a secret")
    desk.by_hand("select vault.create_secret('another', 'somebody else''s')")
    desk.run()
    assert desk.by_hand("select name from vault.secrets") == [("somebody else's",)]


async def _skills(desk: ChecklistDesk) -> None:
    assert desk.run() == [("Crossing", "crossing", 1, "rules")]


async def _cost_per_tick(desk: ChecklistDesk) -> None:
    for minute, cost in ((0, Decimal("0.25")), (1, None)):
        await desk.tick(cost, minute=minute)
    assert [row[1:] for row in desk.run()] == [(1200, 80, None), (1200, 80, Decimal("0.25"))]


async def _paired(desk: ChecklistDesk) -> None:
    await approved_wallet(desk.store)
    ((address, _, has_proof),) = desk.run()
    assert (address, has_proof) == (MASTER, True)


async def _approved(desk: ChecklistDesk) -> None:
    await approved_wallet(desk.store)
    ((address, _, revoked_at, tx_hash),) = desk.run()
    assert (address, revoked_at, tx_hash) == (WALLET, None, None)
    await desk.store.wallets.revoke(WALLET, at=AT)
    ((_, _, revoked_at, _),) = desk.run()
    assert revoked_at is not None


async def _keys_kept(desk: ChecklistDesk) -> None:
    await approved_wallet(desk.store)
    assert desk.run() == [(0,)]
    ((key,),) = desk.run("keep a secret")
    desk.by_hand("update hyperliquid_agents set vault_key_id = %s", key)
    assert desk.run() == [(1,)]


async def _orders(desk: ChecklistDesk) -> None:
    live, cloid = await desk.order(IntentState.FILLED, fills=2)
    ((*order, placed_at, settled_at),) = desk.run(deployment=live)
    assert order == [cloid, "BTC", "buy", "filled", *ORDERED]
    assert placed_at is not None
    assert settled_at is not None
    assert desk.run(deployment=DEPLOYMENT) == []


async def _order_log(desk: ChecklistDesk) -> None:
    await desk.store.logs.append([log_line("bought")])
    assert [row[1:] for row in desk.run()] == [("info", "order_placed", "bought")]
    assert desk.by_hand("select data ->> 'cloid' from agent_logs") == [("0xab",)]


async def _month_to_date(desk: ChecklistDesk) -> None:
    await desk.tick(Decimal(7), minute=4)  # of a month long ago
    assert desk.run() == [(None,)]
    await desk.tick_now(Decimal("0.25"))
    assert desk.run() == [(Decimal("0.25"),)]


async def _lowered(desk: ChecklistDesk) -> None:
    desk.run()
    edited = await desk.store.skills.version(desk.subject.skill, 1)
    assert edited.payload == PAYLOAD.replace("200", "0.01")
    assert edited.payload_hash == payload_hash(PAYLOAD)
    assert edited.payload_hash != payload_hash(edited.payload)


async def _edits(desk: ChecklistDesk) -> None:
    desk.run("lower the cap")
    ((_, role, *edit),) = desk.run()
    assert edit == ["public.skill_versions", "update", {"skill_id": desk.subject.skill, "version": 1}]
    assert desk.by_hand("select session_user") == [(role,)]


async def _put_back(desk: ChecklistDesk) -> None:
    desk.run("lower the cap")
    desk.run()
    restored = await desk.store.skills.version(desk.subject.skill, 1)
    assert restored.payload == PAYLOAD
    assert payload_hash(restored.payload) == restored.payload_hash


async def _status(desk: ChecklistDesk) -> None:
    await desk.store.deployments.move(DEPLOYMENT, DeploymentStatus.ERROR, at=AT, reason="heartbeat lost: 16 min")
    assert desk.run() == [("error", "heartbeat lost: 16 min")]


async def _freshness(desk: ChecklistDesk) -> None:
    await desk.store.deployments.move(DEPLOYMENT, DeploymentStatus.RUNNING, at=AT)
    ((_, kind, status, heartbeat, stale),) = desk.run()
    assert (kind, status, heartbeat, stale) == ("paper", "running", None, None)
    await desk.store.states.write(desk.subject.fence, state("10000"))
    ((_, _, _, _, stale),) = desk.run()
    assert isinstance(stale, int)
    assert stale > 86_400


async def _cost_today(desk: ChecklistDesk) -> None:
    await desk.tick(Decimal(7), minute=4)
    await desk.tick_now(Decimal("0.25"))
    assert [(str(row[0]), *row[1:]) for row in desk.run()] == [(DEPLOYMENT, Decimal("0.25"), 1)]


async def _orders_of_the_day(desk: ChecklistDesk) -> None:
    _, cloid = await desk.order(IntentState.PARTIAL, fills=1)
    assert desk.run() == []  # it is of long ago
    (_, fresh) = await desk.order(IntentState.FILLED, fills=0, at=desk.now())
    ((found, *_),) = desk.run()
    assert found == fresh != cloid


async def _stopped(desk: ChecklistDesk) -> None:
    fence = (await desk.go_live())[1]
    desk.run()
    leases, live = desk.store.leases, await desk.store.leases.read(LIVE)
    assert live is not None
    assert (live.state, live.epoch) == ("revoked", fence.epoch + 1)
    with pytest.raises(Fenced):
        await desk.store.intents.record_fills(fence, DEPLOYMENT, [], at=AT)
    assert await leases.acquire(LIVE, "runner-2", TTL_MS, deployment=desk.live) is None
    assert await leases.renew(desk.subject.lease)
    paper = await leases.read(PAPER)
    assert paper is not None
    assert paper.epoch == 1


Expectation = Callable[[ChecklistDesk], Awaitable[None]]
EXPECTATIONS: dict[str, Expectation] = {
    "tables of wallets and orders": _tables,
    "extensions of the vault": _extensions,
    "keep a secret": _keep,
    "key of no wallet": _no_key,
    "take the secret away": _taken_away,
    "skills and their versions": _skills,
    "cost of the newest ticks": _cost_per_tick,
    "newest paired account": _paired,
    "newest agent wallet": _approved,
    "wallets whose key is kept": _keys_kept,
    "orders of a deployment": _orders,
    "log of the orders of a deployment": _order_log,
    "month to date": _month_to_date,
    "lower the cap": _lowered,
    "edits by hand": _edits,
    "put the cap back": _put_back,
    "status of a deployment": _status,
    "freshness of what is active": _freshness,
    "cost of today": _cost_today,
    "orders of the last day": _orders_of_the_day,
    "stop every live account": _stopped,
}


@pytest.mark.parametrize("block", BLOCKS)
async def test_checklist_block_runs_as_written_and_answers_what_the_page_says(desk: ChecklistDesk, block: str) -> None:
    """Each block by its own expectation; one of which nobody expects anything fails."""
    desk.block = block
    assert block in EXPECTATIONS, "nobody expects anything of this block"
    await EXPECTATIONS[block](desk)
    assert block in desk.ran


async def test_checklist_has_every_block_that_is_expected() -> None:
    """None was taken off the page, and none is there twice or nameless."""
    assert EXPECTATIONS.keys() == BLOCKS.keys()
    for page in ("```sql\nselect 1;\n```\n", "```sql\n-- a\nselect 1;\n```\n```sql\n-- a\nselect 2;\n```\n"):
        with pytest.raises(ValueError, match="names it and no other"):
            read_blocks(page)


async def test_checklist_statements_are_those_that_operators_were_given() -> None:
    """Whoever has the older page types the same; only line breaks and comments may differ."""
    given = sorted(statements(sql) for name, sql in BLOCKS.items() if name not in OURS)
    assert sha256("\n".join(given).encode()).hexdigest() == AS_GIVEN


async def test_checklist_cost_guard_evidence_is_where_it_is_looked_for(desk: ChecklistDesk) -> None:
    """A pause with its reason in the payload, and acknowledged."""
    pause = await desk.store.commands.queue(
        DEPLOYMENT, CommandKind.PAUSE, payload={"reason": "cost_guard: 0.02 of 0.01 USD"}, at=AT
    )
    await desk.store.commands.ack(pause, CommandState.APPLIED, "paused", at=AT)
    found = desk.by_hand(
        "select kind, payload->>'reason' like 'cost_guard:%%', acked_at is not null from agent_commands"
    )
    assert found == [("pause", True, True)]


async def test_checklist_borders_are_utc_in_our_sessions(database: str) -> None:
    """The queries compare with a bare timestamp, which is right in a UTC session only."""
    ((name,),) = execute(database, "select quote_ident(current_database())")
    execute(database, f"alter database {name} set timezone to 'Asia/Tokyo'")
    async with open_store(database) as store:
        assert await _timezone(store) == "UTC"


async def _timezone(store: PostgresStore) -> str:
    async with store.database.transaction() as session:
        cursor = await session.connection.execute("select current_setting('timezone') as name")
        row = await cursor.fetchone()
    assert row is not None
    return str(row["name"])
