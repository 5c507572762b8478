"""Taking an agent wallet its rights: each plane is gone through whatever the others do, and only the venue ends it."""

import json
from collections.abc import Callable

import anyio
import msgspec
import pytest

from agentic_core.deployments.revocation import (
    OwnerNeeded,
    Revocation,
    RevocationFailed,
    RevocationOutcome,
    RevocationUnclear,
    SignReplacement,
    WalletRevoked,
    conclude_revocation,
    revoke,
    submit_revocation,
)
from agentic_core.errors import InputError, UsageError
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.wallet import (
    ChallengePurpose,
    Gone,
    WalletChallenge,
    WalletGone,
    WalletListed,
    WalletUnknown,
    WrongSignature,
)
from agentic_core.ports.wallet_store import AgentWalletRecord, RevocationPlane, WalletEnd
from agentic_hl.rest import HttpOutcome, Unclear
from tests.support.resting import json_answer
from tests.support.wallet_flow import BrokenWallets, WalletFlow
from tests.support.wallet_room import CHAIN, typed_signature

pytestmark = pytest.mark.anyio

OK = json_answer(b'{"status":"ok","response":{"type":"default"}}')
NOBODY = "0x" + "0" * 40
STRANGER_KEY = "0x" + "5a" * 32


@pytest.fixture
def flow() -> WalletFlow:
    """Give somebody who approves and revokes."""
    return WalletFlow()


def deaf_to(*purposes: str) -> Callable[[str, bytes], HttpOutcome | None]:
    """Say yes and do nothing, as a venue would that does not know this way to revoke."""

    def interfere(path: str, body: bytes) -> HttpOutcome | None:
        if path != "/exchange":
            return None
        approved = json.loads(body)["action"].get("agentAddress")
        return OK if ("revoke" if approved == NOBODY else "replace") in purposes else None

    return interfere


def unreadable(path: str, _body: bytes) -> HttpOutcome | None:
    """Answer no question."""
    return json_answer(b"<html></html>", status=403) if path == "/info" else None


async def _revoked(flow: WalletFlow, wallet: AgentWalletRecord) -> Revocation:
    return await flow.room.wait(lambda: revoke(flow.services, wallet, chain_id=CHAIN), within_ms=0)


async def _hand_in(
    flow: WalletFlow, wallet: AgentWalletRecord, challenge: WalletChallenge | None, key: str | None = None
) -> RevocationOutcome:
    assert challenge is not None
    text = challenge.typed_json
    signature = typed_signature(text) if key is None else typed_signature(text, key)
    return await flow.wait(lambda: submit_revocation(flow.services, wallet, challenge, signature))


async def test_wallet_revoked_has_neither_record_nor_lease_nor_key_at_once(flow: WalletFlow) -> None:
    """Before anybody signs; the venue still lists it, and that is what the owner is asked to change."""
    wallet = await flow.active()
    revocation = await _revoked(flow, wallet)
    at = flow.room.clock.now()
    assert await flow.known(wallet.address) == msgspec.structs.replace(
        wallet, revoked_at=at, ended_by=WalletEnd.REVOKED, lease_revoked_at=at, key_destroyed_at=at
    )
    assert flow.no_lease == [wallet.address]
    assert flow.vault == {wallet.vault_key_id: None}
    assert await flow.store.holder(wallet.master_id, "Testnet", "desk") is None
    assert (revocation.failures, type(revocation.state)) == ({}, WalletListed)
    assert revocation.challenge is not None
    assert (revocation.challenge.purpose, revocation.challenge.approves) == (ChallengePurpose.REVOKE, NOBODY)
    assert flow.said == [(LogEvent.WALLET_REVOKED, LogLevel.WARN, {"wallet": wallet.address, "by": "us"})]


PLANES = [
    ({"revoke"}, RevocationPlane.RECORD, (True, True, True)),
    ({"revoke_lease"}, RevocationPlane.LEASE, (False, False, True)),
    ({"destroy"}, RevocationPlane.KEY, (False, True, False)),
]
"""What fails, which plane that is, and whether the record, the lease and the key are gone nevertheless."""


@pytest.mark.parametrize(("failing", "plane", "others"), PLANES)
async def test_plane_that_fails_keeps_no_other_from_being_gone_through(
    failing: set[str], plane: RevocationPlane, others: tuple[bool, bool, bool]
) -> None:
    """It is told at once, the owner can sign all the same, and revoking again goes through what failed."""
    store = BrokenWallets()
    flow = WalletFlow(store)
    wallet = await flow.active()
    flow.failing = store.broken = failing
    revocation = await _revoked(flow, wallet)
    assert list(revocation.failures) == [plane]
    assert revocation.challenge is not None
    kept = await flow.known(wallet.address)
    if plane is RevocationPlane.RECORD:
        assert kept.revoked_at is None
    is_gone = (kept.revoked_at is None, flow.no_lease == [wallet.address], flow.vault[wallet.vault_key_id] is None)
    assert is_gone == others
    assert [line[:2] for line in flow.said] == [
        (LogEvent.WALLET_REVOKED, LogLevel.ERROR),
        (LogEvent.HUMAN_NEEDED, LogLevel.ERROR),
    ]
    flow.failing = store.broken = set()
    again = await _revoked(flow, kept)
    assert again.failures == {}
    kept = await flow.known(wallet.address)
    assert None not in {kept.revoked_at, kept.lease_revoked_at, kept.key_destroyed_at}
    assert flow.vault[wallet.vault_key_id] is None
    assert flow.no_lease == [wallet.address]


async def test_planes_are_gone_through_while_neither_database_nor_venue_can_be_reached() -> None:
    """The lease and the key do not wait for either."""
    store = BrokenWallets()
    flow = WalletFlow(store)
    wallet = await flow.active()
    store.broken, flow.room.interfere = {"revoke", "reached"}, unreadable
    revocation = await _revoked(flow, wallet)
    assert list(revocation.failures) == [RevocationPlane.RECORD, RevocationPlane.LEASE, RevocationPlane.KEY]
    assert isinstance(revocation.state, WalletUnknown)
    assert revocation.challenge is not None
    assert (flow.no_lease, flow.vault) == ([wallet.address], {wallet.vault_key_id: None})


async def test_planes_are_gone_through_before_a_chain_is_refused(flow: WalletFlow) -> None:
    """A wrong number for the challenge costs no time at the others."""
    wallet = await flow.active()
    with pytest.raises(BaseExceptionGroup) as failed:
        await flow.room.wait(lambda: revoke(flow.services, wallet, chain_id=0), within_ms=0)
    assert failed.group_contains(InputError)
    assert (flow.no_lease, flow.vault) == ([wallet.address], {wallet.vault_key_id: None})
    assert (await flow.known(wallet.address)).revoked_at is not None


async def test_revocation_that_was_signed_ends_the_wallet_at_the_venue(flow: WalletFlow) -> None:
    """The name stands free and the key acts no more."""
    wallet = await flow.active()
    key = flow.key(wallet)
    revocation = await _revoked(flow, wallet)
    assert flow.room.may_act(key)
    outcome = await _hand_in(flow, wallet, revocation.challenge)
    assert outcome == WalletRevoked(gone=WalletGone(how=Gone.NOT_LISTED))
    assert not flow.room.may_act(key)
    kept = await flow.known(wallet.address)
    assert kept.ended_by is WalletEnd.REVOKED
    assert kept.gone_at is not None
    assert await flow.store.watched("Testnet") == ()


async def test_wallet_that_outlives_its_revocation_loses_its_name_to_a_throwaway(flow: WalletFlow) -> None:
    """Where the zero address takes nothing away, an address does that nobody has the key of."""
    wallet = await flow.active()
    key = flow.key(wallet)
    revocation = await _revoked(flow, wallet)
    flow.room.interfere = deaf_to("revoke")
    outcome = await _hand_in(flow, wallet, revocation.challenge)
    assert isinstance(outcome, SignReplacement)
    replacement = outcome.challenge
    assert replacement.purpose is ChallengePurpose.REPLACE
    assert replacement.approves not in {NOBODY, wallet.address}
    assert (replacement.wallet.name, replacement.chain_id) == ("desk", CHAIN)
    assert (await flow.known(wallet.address)).gone_at is None
    assert flow.room.may_act(key)
    ended = await _hand_in(flow, wallet, replacement)
    assert ended == WalletRevoked(gone=WalletGone(how=Gone.REPLACED, replaced_by=replacement.approves))
    assert not flow.room.may_act(key)
    kept = await flow.known(wallet.address)
    assert (kept.ended_by, kept.replaced_by) == (WalletEnd.REVOKED, replacement.approves)


async def test_wallet_that_nothing_takes_its_rights_needs_its_owner(flow: WalletFlow) -> None:
    """It is said aloud, and it is not said to be gone."""
    wallet = await flow.active()
    revocation = await _revoked(flow, wallet)
    flow.room.interfere = deaf_to("revoke", "replace")
    outcome = await _hand_in(flow, wallet, revocation.challenge)
    assert isinstance(outcome, SignReplacement)
    flow.said.clear()
    last = await _hand_in(flow, wallet, outcome.challenge)
    assert isinstance(last, OwnerNeeded)
    assert flow.said == [(LogEvent.HUMAN_NEEDED, LogLevel.ERROR, {"wallet": wallet.address})]
    assert (await flow.known(wallet.address)).gone_at is None
    assert await flow.store.watched("Testnet") == (await flow.known(wallet.address),)


async def test_revocation_at_a_venue_that_cannot_be_read_is_not_said_to_be_done(flow: WalletFlow) -> None:
    """Concluded again once it answers; the owner signs only once."""
    wallet = await flow.active()
    challenge = (await _revoked(flow, wallet)).challenge
    assert challenge is not None
    flow.room.interfere = unreadable
    assert isinstance(await _hand_in(flow, wallet, challenge), RevocationUnclear)
    assert (await flow.known(wallet.address)).gone_at is None
    flow.room.interfere = lambda _path, _body: None
    ended = await flow.wait(lambda: conclude_revocation(flow.services, wallet, challenge))
    assert ended == WalletRevoked(gone=WalletGone(how=Gone.NOT_LISTED))
    assert (await flow.known(wallet.address)).gone_at is not None


async def test_revocation_whose_answer_is_lost_is_decided_by_the_venues_list(flow: WalletFlow) -> None:
    """The venue still lists the wallet, so it did not act, and the owner signs the next way."""
    wallet = await flow.active()
    challenge = (await _revoked(flow, wallet)).challenge
    flow.room.interfere = lambda path, _: Unclear(cause="reset by peer") if path == "/exchange" else None
    assert isinstance(await _hand_in(flow, wallet, challenge), SignReplacement)


async def test_revocation_signed_by_somebody_else_takes_nothing_away_at_the_venue(flow: WalletFlow) -> None:
    """The owner may still sign."""
    wallet = await flow.active()
    challenge = (await _revoked(flow, wallet)).challenge
    outcome = await _hand_in(flow, wallet, challenge, STRANGER_KEY)
    assert isinstance(outcome, RevocationFailed)
    assert isinstance(outcome.submission, WrongSignature)
    assert (await flow.known(wallet.address)).gone_at is None
    assert isinstance(await _hand_in(flow, wallet, challenge), WalletRevoked)


async def test_revocation_that_is_no_longer_needed_is_found_to_be_done(flow: WalletFlow) -> None:
    """Another wallet got the name meanwhile, so the desk sends nothing that would hit it, and the old one is gone."""
    wallet = await flow.active()
    challenge = (await _revoked(flow, wallet)).challenge
    newer = await flow.active()
    ended = await _hand_in(flow, wallet, challenge)
    assert ended == WalletRevoked(gone=WalletGone(how=Gone.REPLACED, replaced_by=newer.address))
    assert flow.room.may_act(flow.key(newer))
    assert (await flow.known(newer.address)).revoked_at is None


async def test_wallet_that_the_venue_dropped_already_needs_no_signature(flow: WalletFlow) -> None:
    """The planes on this side are gone through all the same."""
    wallet = await flow.active(days=1)
    flow.room.clock.freeze(86_400_000)
    revocation = await _revoked(flow, wallet)
    assert (revocation.state, revocation.challenge) == (WalletGone(how=Gone.EXPIRED), None)
    kept = await flow.known(wallet.address)
    assert None not in {kept.revoked_at, kept.gone_at, kept.lease_revoked_at, kept.key_destroyed_at}


async def test_challenge_that_is_not_against_the_wallet_is_refused(flow: WalletFlow) -> None:
    """Neither an approval nor a challenge against another wallet ends it."""
    wallet, other = await flow.active(), await flow.active(name="other")
    approval = flow.services.desk.approval(wallet.wallet, chain_id=CHAIN)
    foreign = (await _revoked(flow, other)).challenge
    assert foreign is not None
    for challenge in (approval, foreign):
        signature = typed_signature(challenge.typed_json)
        with anyio.fail_after(5), pytest.raises(UsageError, match="cannot end"):
            await submit_revocation(flow.services, wallet, challenge, signature)
        with anyio.fail_after(5), pytest.raises(UsageError, match="cannot end"):
            await conclude_revocation(flow.services, wallet, challenge)
    assert flow.room.may_act(flow.key(wallet))
