"""What a journal in either store promises: one chain, private text apart and erasable, heads that are signed once."""

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from agentic_core.domain import DeploymentId, Fence
from agentic_core.domain.journal import Checkpoint
from agentic_core.domain.records import CommandKind
from agentic_core.errors import Conflict, Fenced
from tests.support.agent_wallets import live_deployment
from tests.support.journal_by_hand import committed, links_of
from tests.support.narrow_roles import open_narrow_store
from tests.support.numbered_intents import prepared
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_memory, in_postgres
from tests.support.stored_values import AT, DEPLOYMENT, HELD, LIVE, PAPER, decision, intent

PORTS = ("agentic_core.ports.journal.JournalStore",)

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

STRANGER = DeploymentId("99999999-9999-4999-8999-999999999999")


@pytest.fixture
async def journaled(address: str | None) -> AsyncIterator[StoreUnderTest]:
    """Yield each store in turn, with a deployment and its lease; each call is made by the role that makes it."""
    if address is None:
        yield await in_memory(journaled=True)
        return
    async with open_narrow_store(address) as store:
        yield await in_postgres(store, address)


async def signed(subject: StoreUnderTest, seq: int) -> Checkpoint:
    """Return a checkpoint of a record; stores do not look at signatures."""
    (entry,) = await subject.store.journal.after(DEPLOYMENT, seq - 1, 1)
    return Checkpoint(
        deployment=DEPLOYMENT,
        seq=seq,
        hash=entry.hash,
        key_id="k1",
        statement=f'{{"seq":{seq}}}',
        signature=bytes([seq]) * 64,
        made_at=AT,
    )


async def decides(subject: StoreUnderTest, text: str = "", minute: int = 0) -> int:
    """Record a decision and return the number of its record."""
    await subject.store.decisions.record(subject.fence, decision(subject.skill, minute=minute, text=text), HELD)
    head = await subject.store.journal.head(DEPLOYMENT)
    assert head is not None
    return head.seq


async def test_journal_of_an_unknown_deployment_is_empty(journaled: StoreUnderTest) -> None:
    """There is no head, no record, no text to erase and nothing that was signed; nothing raises."""
    journal = journaled.store.journal
    assert await journal.head(STRANGER) is None
    assert await journal.after(STRANGER, 0, 10) == ()
    assert await journal.payload(STRANGER, 1) is None
    assert not await journal.erase_payload(STRANGER, 1)
    assert await journal.checkpoints(STRANGER) == ()
    assert STRANGER not in [head.deployment for head in await journal.due(0)]


async def test_journal_begins_with_the_deployment_and_is_one_chain(journaled: StoreUnderTest) -> None:
    """Every record holds the hash of the one before it, as the page of the format says; the head is the last one."""
    for minute in range(3):
        await decides(journaled, 'said “ä” \\ "quoted"\n\t\u2028 🙂', minute)
    entries = await journaled.store.journal.after(DEPLOYMENT, 0, 100)
    said = links_of(DEPLOYMENT, entries)
    assert [record.kind for record in said] == ["genesis", "lease", "decision", "decision", "decision"]
    assert [record.epoch for record in said] == [None, 1, 1, 1, 1]
    head = await journaled.store.journal.head(DEPLOYMENT)
    assert head is not None
    assert (head.deployment, head.seq, head.hash, head.epoch) == (DEPLOYMENT, 5, entries[-1].hash, 1)


async def test_journal_is_read_in_pieces_from_any_record(journaled: StoreUnderTest) -> None:
    """After a number come the next ones, at most so many; behind the last there is nothing."""
    for minute in range(3):
        await decides(journaled, minute=minute)
    journal = journaled.store.journal
    whole = await journal.after(DEPLOYMENT, 0, 100)
    assert [entry.seq for entry in whole] == [1, 2, 3, 4, 5]
    assert await journal.after(DEPLOYMENT, 0, 2) == whole[:2]
    assert await journal.after(DEPLOYMENT, 2, 2) == whole[2:4]
    assert await journal.after(DEPLOYMENT, 4, 2) == whole[4:]
    assert await journal.after(DEPLOYMENT, 5, 2) == await journal.after(DEPLOYMENT, 99, 2) == ()


async def test_journal_tells_nothing_of_what_was_refused(journaled: StoreUnderTest) -> None:
    """A stale fence, a decision that was prepared before: nothing was written, and nothing is told."""
    await prepared(journaled, [intent()])
    before = await journaled.store.journal.head(DEPLOYMENT)
    stale = Fence(account=PAPER, epoch=journaled.fence.epoch + 1)
    with pytest.raises(Fenced):
        await prepared(journaled, [intent(1)], minute=1, fence=stale)
    with pytest.raises(Fenced):
        await journaled.store.decisions.record(stale, decision(journaled.skill, minute=2), HELD)
    with pytest.raises(Conflict):
        await prepared(journaled, [intent()])
    assert await journaled.store.journal.head(DEPLOYMENT) == before


async def test_journal_holds_a_commitment_and_keeps_private_text_apart(journaled: StoreUnderTest) -> None:
    """The text opens the commitment under its salt, and is in no record; two equal texts do not look alike."""
    numbers = [await decides(journaled, "a secret thought", minute) for minute in range(2)]
    records = [each.record for each in await journaled.store.journal.after(DEPLOYMENT, 0, 100)]
    assert not any("secret" in record for record in records)
    commitments = []
    for seq in numbers:
        kept = await journaled.store.journal.payload(DEPLOYMENT, seq)
        assert kept is not None
        assert (kept.deployment, kept.seq, len(kept.salt)) == (DEPLOYMENT, seq, 32)
        assert '"final_text":"a secret thought"' in kept.payload
        commitments.append(committed(kept.salt, kept.payload))
        assert f'"commit":"{commitments[-1]}"' in records[seq - 1]
    assert len(set(commitments)) == 2


async def test_journal_forgets_private_text_and_stays_whole(journaled: StoreUnderTest) -> None:
    """It is gone from the decision as well; the records are as they were, and other texts stay."""
    first, second = [await decides(journaled, f"thought {minute}", minute) for minute in range(2)]
    journal = journaled.store.journal
    before = await journal.after(DEPLOYMENT, 0, 100)
    assert await journal.erase_payload(DEPLOYMENT, first)
    assert not await journal.erase_payload(DEPLOYMENT, first)
    assert await journal.payload(DEPLOYMENT, first) is None
    assert await journal.payload(DEPLOYMENT, second) is not None
    assert await journal.after(DEPLOYMENT, 0, 100) == before
    recent = await journaled.store.decisions.recent(DEPLOYMENT, 2)
    assert [each.decision.final_text for each in recent] == ["thought 1", ""]


async def test_journal_has_no_text_to_erase_where_nothing_was_private(journaled: StoreUnderTest) -> None:
    """A decision that says nothing commits to nothing; neither does any other record."""
    seq = await decides(journaled)
    journal = journaled.store.journal
    assert await journal.payload(DEPLOYMENT, seq) is None
    assert [await journal.erase_payload(DEPLOYMENT, each) for each in (1, seq, seq + 1)] == [False, False, False]
    assert "commit" not in links_of(DEPLOYMENT, await journal.after(DEPLOYMENT, 0, 100))[-1].body


async def test_journal_keeps_signed_heads_of_its_own_records_only(journaled: StoreUnderTest) -> None:
    """One of another hash, of a number that is not there, or of a stranger is refused, and nothing is kept."""
    journal, good = journaled.store.journal, await signed(journaled, 2)
    for wrong in (
        replace(good, hash="0" * 64),
        replace(good, seq=1),
        replace(good, seq=0),
        replace(good, seq=3),
        replace(good, deployment=STRANGER),
    ):
        with pytest.raises(Conflict, match="has no record"):
            await journal.add_checkpoint(wrong)
    assert await journal.checkpoints(DEPLOYMENT) == ()


async def test_journal_keeps_the_first_signature_of_a_record(journaled: StoreUnderTest) -> None:
    """A second one, of the same key or another, is answered with False; they come back oldest first, as they were."""
    journal = journaled.store.journal
    newer, older = await signed(journaled, 2), await signed(journaled, 1)
    assert await journal.add_checkpoint(newer)
    assert await journal.add_checkpoint(older)
    assert not await journal.add_checkpoint(newer)
    assert not await journal.add_checkpoint(replace(older, key_id="k2", signature=bytes(64)))
    assert await journal.checkpoints(DEPLOYMENT) == (older, newer)


async def test_journal_that_has_grown_since_it_was_signed_is_due(journaled: StoreUnderTest) -> None:
    """By as many records as are asked for, counted from the newest signature; zero asks for all there are."""
    journal = journaled.store.journal
    due = [[head.seq for head in await journal.due(every)] for every in (0, 1, 2, 3)]
    assert due == [[2], [2], [2], []]
    await journal.add_checkpoint(await signed(journaled, 2))
    await journal.add_checkpoint(await signed(journaled, 1))
    await journaled.store.commands.queue(DEPLOYMENT, CommandKind.SNAPSHOT, payload={}, at=AT)
    due = [[head.seq for head in await journal.due(every)] for every in (0, 1, 2)]
    assert due == [[3], [3], []]


async def test_journals_are_due_in_the_order_of_their_deployments(journaled: StoreUnderTest) -> None:
    """Each has a head of its own."""
    live = await live_deployment(journaled.store, journaled.skill)
    await journaled.store.leases.acquire(LIVE, "runner", TTL_MS, deployment=live.id)
    heads = await journaled.store.journal.due(0)
    assert [head.deployment for head in heads] == sorted([DEPLOYMENT, live.id])
    assert {head.seq for head in heads} == {2}
