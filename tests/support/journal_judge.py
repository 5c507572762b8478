"""Whether the journals of both stores tell the same, hold together, and add up to what the stores answer."""

import json
from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import asdict

from agentic_core.domain import DeploymentRecord, Fill
from agentic_core.domain.journal import JournalEntry
from agentic_core.journal.chain import Verified, empty_chain, read_record, verify_chain
from agentic_core.journal.facts import Projections
from agentic_core.journal.fold import Fold
from agentic_core.ops.journal_audit import audit_journal
from agentic_core.store.postgres import PostgresStore
from agentic_core.store.postgres.journal_tables import read_tables
from tests.support.journal_by_hand import Record, committed, links_of
from tests.support.journal_room import Half, JournalRoom

__all__ = ["judge"]

_ALL = 100_000
_NESTED = ("loss_bound", "marks", "payload", "result", "verdict")
"""What is told as JSON in a string, which PostgreSQL spells in its own way."""


async def judge(room: JournalRoom, deployed: DeploymentRecord) -> list[str]:
    """Look at the journals of a deployment, and return the kinds of their records."""
    told = []
    for half in room.halves:
        entries = await half.store.journal.after(deployed.id, 0, _ALL)
        said = links_of(deployed.id, entries)
        await _judge_chain(half, deployed, entries)
        await _judge_private_text(half, deployed, said)
        _judge_sums(_added_up(entries), said)
        told.append([_plainly(record) for record in said])
    memory, postgres = told
    assert memory == postgres
    await _judge_tables(room.postgres.store, deployed)
    await _judge_answers(room, deployed)
    return [kind for kind, _, _ in postgres]


async def _judge_chain(half: Half, deployed: DeploymentRecord, entries: tuple[JournalEntry, ...]) -> None:
    verified = verify_chain(empty_chain(deployed.id), entries)
    assert isinstance(verified, Verified)
    assert verified.head == await half.store.journal.head(deployed.id)


async def _judge_private_text(half: Half, deployed: DeploymentRecord, said: list[Record]) -> None:
    recent = await half.store.decisions.recent(deployed.id, _ALL)
    texts: dict[str, str] = {each.decision.decision_id: each.decision.final_text for each in recent}
    for seq, record in enumerate(said, start=1):
        kept = await half.store.journal.payload(deployed.id, seq)
        shown = texts.get(str(record.body.get("id"))) if record.kind == "decision" else None
        if kept is None:
            assert not shown
            continue
        text = json.loads(kept.payload)["final_text"]
        assert record.body["commit"] == committed(kept.salt, kept.payload)
        assert shown in {None, text}


async def _judge_tables(store: object, deployed: DeploymentRecord) -> None:
    assert isinstance(store, PostgresStore)
    entries = await store.journal.after(deployed.id, 0, _ALL)
    tables = await read_tables(store.database, deployed.id)
    sums = _added_up(entries)
    assert tables.newest == len(entries)
    for name, told in asdict(sums).items():
        if name not in {"epoch", "nonces", "texts"}:  # the audit below compares them
            assert told == getattr(tables.projections, name), name
    report = await audit_journal(store, deployed.id, {})
    assert report.is_whole, report


async def _judge_answers(room: JournalRoom, deployed: DeploymentRecord) -> None:
    sums = _added_up(await room.memory.store.journal.after(deployed.id, 0, _ALL))
    for half in room.halves:
        store = half.store
        now = await store.deployments.load(deployed.id)
        assert sums.deployment is not None
        assert (sums.deployment.status, sums.deployment.desired) == (now.status, now.desired)
        assert (sums.deployment.error_text, sums.deployment.halt_reason) == (now.error_text, now.halt_reason)
        for facts in sums.intents.values():
            (made,) = [each for each in room.made if each.intent.cloid == facts.cloid]
            known = await store.intents.find(deployed.account_key, made.intent.cloid)
            assert known is not None
            noted, signing = facts.noted, facts.signing
            assert (known.state, known.filled, known.booked) == (noted.state, noted.filled, noted.booked)
            assert (known.sends, known.burns, known.ended_by) == (noted.sends, noted.burns, noted.ended_by)
            assert (known.prepared.nonce, known.prepared.signer) == (signing.nonce, signing.signer)
        commands = await store.commands.recent(deployed.id, _ALL)
        assert {(each.seq, each.state, each.outcome) for each in commands} == {
            (each.seq, each.state, each.outcome) for each in sums.commands.values()
        }
        if len(room.deployments) == 1 or not room.is_live:
            assert sums.positions == _held(await store.intents.fills(deployed.account_key))


def _added_up(entries: tuple[JournalEntry, ...]) -> Projections:
    fold = Fold()
    for entry in entries:
        record = read_record(entry.record)
        assert record is not None
        assert fold.take(record) is None
    return fold.projections()


def _judge_sums(sums: Projections, said: Iterable[Record]) -> None:
    units: dict[str, Decimal] = {}
    last: dict[str, Record] = {}
    for record in said:
        if record.kind == "fill":
            signed = Decimal(str(record.body["size"])) * (1 if record.body["side"] == "buy" else -1)
            units[str(record.body["symbol"])] = units.get(str(record.body["symbol"]), Decimal(0)) + signed
        if record.kind == "noted":
            last[str(record.body["cloid"])] = record
    assert sums.positions == {symbol: size for symbol, size in units.items() if size}
    assert {cloid: str(sums.intents[cloid].noted.state) for cloid in last} == {
        cloid: record.body["state"] for cloid, record in last.items()
    }


def _held(fills: tuple[Fill, ...]) -> dict[str, Decimal]:
    units: dict[str, Decimal] = {}
    for fill in fills:
        units[fill.symbol] = units.get(fill.symbol, Decimal(0)) + (fill.size if fill.side == "buy" else -fill.size)
    return {symbol: size for symbol, size in units.items() if size}


def _plainly(record: Record) -> tuple[str, int | None, dict[str, object]]:
    body: dict[str, object] = dict(record.body)
    body |= {name: json.loads(str(body[name]), parse_float=Decimal) for name in _NESTED if name in body}
    body["commit"] = "commit" in body
    if record.kind == "command":
        del body["id"]
    return record.kind, record.epoch, body
