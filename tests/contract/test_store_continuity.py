"""What both stores say of the things a runner remembers."""

import pytest

from agentic_core.domain import DeploymentId
from agentic_core.domain.continuity import Found
from agentic_core.ports.continuity import ContinuityReads
from agentic_core.store.memory import MemoryStore
from agentic_core.store.postgres import PostgresStore
from tests.support.numbered_intents import SIGNING, prepared
from tests.support.store_under_test import TTL_MS, StoreUnderTest, in_memory
from tests.support.stored_values import AT, DEPLOYMENT, LIVE, intent

PORTS = ("agentic_core.ports.continuity.ContinuityReads",)

pytest_plugins = ["tests.support.stores"]
pytestmark = pytest.mark.anyio

SIGNER = "0x9999999999999999999999999999999999999999"
STRANGER = "0x6666666666666666666666666666666666666666"


def _reads(subject: StoreUnderTest) -> ContinuityReads:
    assert isinstance(subject.store, MemoryStore | PostgresStore)
    return subject.store.continuity


async def test_continuity_of_an_unknown_deployment_knows_nothing(subject: StoreUnderTest) -> None:
    """No record, no lease, no nonce; nothing raises."""
    stranger = DeploymentId("99999999-9999-4999-8999-999999999999")
    assert await _reads(subject).find(stranger, 1, [STRANGER]) == Found(hash_at_head=None, epoch=None, nonces={})


async def test_continuity_knows_the_epoch_and_the_nonces_of_the_signers_asked_for(
    live_subject: StoreUnderTest,
) -> None:
    """The epoch is the one of the last taking, the nonce the last one given; who never signed is missing."""
    subject = live_subject
    await prepared(subject, [intent(leg=0), intent(leg=1)], signing=SIGNING)
    found = await _reads(subject).find(DEPLOYMENT, 0, [SIGNER, STRANGER])
    assert (found.epoch, found.nonces, found.hash_at_head) == (1, {SIGNER: AT + 1}, None)
    subject.run_out(LIVE)
    assert await subject.store.leases.acquire(LIVE, "runner-2", TTL_MS, deployment=DEPLOYMENT) is not None
    found = await _reads(subject).find(DEPLOYMENT, 0, [])
    assert (found.epoch, found.nonces) == (2, {})


async def test_continuity_knows_a_record_by_its_number(subject: StoreUnderTest) -> None:
    """A record that is not there has no hash, and nobody has answered for a restored database."""
    if isinstance(subject.store, MemoryStore):
        subject = await in_memory(journaled=True)
    assert isinstance(subject.store, MemoryStore | PostgresStore)
    entries = await subject.store.journal.after(DEPLOYMENT, 0, 10)
    assert [entry.kind for entry in entries[:2]] == ["genesis", "lease"]
    found = [await subject.store.continuity.find(DEPLOYMENT, seq, []) for seq in (1, 2, len(entries) + 1)]
    assert [each.hash_at_head for each in found] == [entries[0].hash, entries[1].hash, None]
    assert {(each.restored_seq, each.restored_hash) for each in found} == {(None, None)}
