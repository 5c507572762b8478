"""Each column of each table that a journal tells of: whoever alters one is found, unless nobody ever told of it."""

from collections.abc import Iterator
from typing import Final

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from agentic_core.ops.journal_audit import JournalReport, audit_journal
from agentic_core.store.postgres import open_store
from tests.support.by_hand import execute
from tests.support.journal_scene import Scene

pytest_plugins = ["tests.support.tampering"]

WHICH: Final = {
    "decision_snapshots": "cost_usd = 0",
    "fills": "fill_id = 'first'",
    "mainnet_orders": "kind = 'order'",
    "order_intents": "kind = 'order'",
}
"""One row of each table; the others have one."""
TABLES: Final = (
    *("agent_commands", "cost_rollups", "decision_snapshots", "deployments", "fills", "funding_payments"),
    *("leases", "mainnet_orders", "order_intents", "signer_nonces", "skill_versions", "transfers"),
)

UNTOLD: Final = {
    "when a row was written": (
        *("decision_snapshots.created_at", "fills.recorded_at", "funding_payments.recorded_at"),
        *("transfers.recorded_at", "mainnet_orders.updated_at", "skill_versions.created_at"),
        *("deployments.started_at", "deployments.stopped_at"),
    ),
    "what serves to find and count rows": (
        *("decision_snapshots.sim_run_id", "deployments.commands_issued"),
        "deployments.error_trace_id",
    ),
    "what a command is at, in words that nobody goes by": ("agent_commands.steps",),
    "where a runner is": ("deployments.fly_machine_id", "deployments.fly_region", "deployments.fly_image"),
    "what belongs to the account, and may be ahead of the journal": (
        *("leases.epoch", "leases.holder", "leases.state", "leases.expires_at", "leases.deployment_id"),
        *("leases.taken_at", "signer_nonces.nonce"),
    ),
    "what the hash in the genesis stands for, and runners compare": ("skill_versions.payload", "skill_versions.notes"),
}
"""Columns that may be altered without a word, by the reason."""

CHANGED: Final = {
    "bigint": "coalesce({0}, 0) + 1",
    "boolean": "not coalesce({0}, false)",
    "date": "{0} + 31",
    "integer": "coalesce({0}, 0) + 1",
    "jsonb": "'{{\"x\": 1}}'",
    "numeric": "coalesce({0}, 0) + 1",
    "smallint": "coalesce({0}, 0) + 5",
    "text": "coalesce({0}, '') || 'x'",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 minute'",
    "uuid": "gen_random_uuid()",
}
ALTER: Final = "update {0} set {1} = {2} where {3}"
AGAIN: Final = "delete from {0}; insert into {0} overriding system value select * from kept.{0}"
SPECIAL: Final = {"order_intents.state": "'dead'"}
"""What may only be one of a few words."""


@pytest.fixture(scope="module")
def unchecked(told_story: Scene) -> Scene:
    """Drop whatever keeps values from making no sense; an owner may do that, too."""
    kept = "select conrelid::regclass::text, conname::text from pg_constraint where contype = 'c' and conrelid > 0"
    for table, name in execute(told_story.dsn, f"{kept} and connamespace = 'public'::regnamespace"):
        told_story.alter(f"alter table {table} drop constraint {name}")
    return told_story


def columns_of(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """List table, column and type of everything that is looked at."""
    listed = """
        select table_name::text, column_name::text, data_type::text from information_schema.columns
        where table_schema = 'public' and is_identity = 'NO' order by table_name, ordinal_position
    """
    for table, column, kind in execute(scene.dsn, listed):
        if table in TABLES:
            yield str(table), str(column), str(kind)


def test_every_altered_column_is_found_or_was_never_told_of(unchecked: Scene) -> None:
    """One column of one row after the other; which ones may be altered unnoticed is written down with a reason."""
    unnoticed = []
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(open_store(unchecked.dsn)) as store,
    ):

        async def audited() -> JournalReport:
            with anyio.fail_after(60):
                return await audit_journal(store, unchecked.run, {})

        assert portal.call(audited).is_whole
        for table, column, kind in columns_of(unchecked):
            name = f"{table}.{column}"
            changed = SPECIAL.get(name, CHANGED[kind].format(column))
            unchecked.alter(ALTER.format(table, column, changed, WHICH.get(table, "true")))
            report = portal.call(audited)
            assert report.broken is None, name
            if not report.differences:
                unnoticed.append(name)
            unchecked.alter(AGAIN.format(table))
        assert portal.call(audited).is_whole
    assert set(unnoticed) == {name for names in UNTOLD.values() for name in names}
