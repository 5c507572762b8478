"""The desk at a venue that loses answers, is slow to remove and may not hear: it believes what the venue lists."""

import json
from functools import partial

import msgspec
import pytest

from agentic_core.domain.times import Instant
from agentic_core.errors import InputError, VenueUnavailable
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    ApprovalTaken,
    ApprovalUnclear,
    Gone,
    RevocationStep,
    WalletGone,
    WalletListed,
    WalletUnknown,
    next_step,
)
from agentic_hl.rest import HttpOutcome, NeverLeft, Unclear
from agentic_hl.wire.addresses import checksummed
from agentic_hl.wire.network import Network
from tests.support.resting import json_answer
from tests.support.wallet_room import CHAIN, OWNER, WalletRoom, typed_signature

pytestmark = pytest.mark.anyio

OK = json_answer(b'{"status":"ok","response":{"type":"default"}}')
PENDING = json_answer(b'{"status":"err","response":"User has pending agent removal"}')
NOBODY = "0x" + "0" * 40


@pytest.fixture
def room() -> WalletRoom:
    """Give a room at the test network."""
    return WalletRoom()


def sent(room: WalletRoom) -> list[bytes]:
    """List the actions that were posted."""
    return [body for path, body in room.posts if path == "/exchange"]


def deaf_to_revocations(path: str, body: bytes) -> HttpOutcome | None:
    """Say yes to the zero address and do nothing, as a venue would on which it revokes nobody."""
    if path == "/exchange" and json.loads(body)["action"].get("agentAddress") == NOBODY:
        return OK
    return None


def lose_answers(room: WalletRoom, path: str, body: bytes) -> HttpOutcome | None:
    """Let the venue act, and its answer never come."""
    if path == "/info":
        return None
    room.at_venue(path, body)
    return Unclear(cause="reset by peer")


async def test_approval_after_a_revocation_waits_until_the_removal_is_over(room: WalletRoom) -> None:
    """The signature is sent once, and is not used up by a refusal."""
    _, wallet = await room.approved()
    revocation = room.desk.revocation(wallet, chain_id=CHAIN)
    signature = typed_signature(revocation.typed_json)
    assert await room.wait(partial(room.desk.submit, revocation, signature), within_ms=0) == ApprovalTaken()
    room.posts.clear()
    new = room.wallet(room.desk.draw())
    assert await room.submit(room.desk.approval(new, chain_id=CHAIN)) == ApprovalTaken()
    assert len(sent(room)) == 1
    assert await room.state(new) == WalletListed(name="desk", valid_until=new.valid_until)


async def test_approval_after_a_revocation_without_answer_waits_too(room: WalletRoom) -> None:
    """The venue may have heard it."""
    _, wallet = await room.approved()
    revocation = room.desk.revocation(wallet, chain_id=CHAIN)
    room.interfere = partial(lose_answers, room)
    signature = typed_signature(revocation.typed_json)
    unclear = await room.wait(partial(room.desk.submit, revocation, signature), within_ms=0)
    assert isinstance(unclear, ApprovalUnclear)
    room.interfere = lambda _path, _body: None
    room.posts.clear()
    new = room.wallet(room.desk.draw())
    assert await room.submit(room.desk.approval(new, chain_id=CHAIN)) == ApprovalTaken()
    assert len(sent(room)) == 1


async def test_revocation_is_settled_with_as_little_weight_as_it_takes(room: WalletRoom) -> None:
    """The list every two seconds, and the heavier role once the list says that the wallet is gone."""
    _, wallet = await room.approved()
    revocation = room.desk.revocation(wallet, chain_id=CHAIN)
    signature = typed_signature(revocation.typed_json)
    await room.wait(partial(room.desk.submit, revocation, signature), within_ms=0)
    room.posts.clear()
    assert await room.settle(revocation) == WalletGone(how=Gone.NOT_LISTED)
    assert [json.loads(body)["type"] for _, body in room.posts] == ["extraAgents", "extraAgents", "userRole"]


async def test_wallet_is_looked_up_by_addresses_in_any_case(room: WalletRoom) -> None:
    """As people paste them."""
    _, wallet = await room.approved()
    pasted = msgspec.structs.replace(wallet, master=checksummed(OWNER), address=checksummed(wallet.address))
    assert await room.state(pasted) == WalletListed(name="desk", valid_until=wallet.valid_until)
    assert await room.desk.listed(checksummed(OWNER)) == (wallet,)


async def test_approval_soon_after_a_revocation_by_another_process_has_to_be_signed_again(room: WalletRoom) -> None:
    """The venue's refusal uses the nonce up; the desk says so instead of guessing."""
    _, wallet = await room.approved()
    revocation = room.desk.revocation(wallet, chain_id=CHAIN)
    signature = typed_signature(revocation.typed_json)
    await room.wait(partial(room.desk.submit, revocation, signature), within_ms=0)
    room.clock.freeze(1)
    restarted, new = room.another_desk(), room.wallet(room.desk.draw())
    refused = await room.submit(restarted.approval(new, chain_id=CHAIN), desk=restarted)
    assert isinstance(refused, ApprovalRejected)
    assert refused.sign_again
    assert await room.submit(restarted.approval(new, chain_id=CHAIN), desk=restarted) == ApprovalTaken()
    assert await room.state(new) == WalletListed(name="desk", valid_until=new.valid_until)


async def test_pending_removal_is_waited_for_with_the_same_bytes(room: WalletRoom) -> None:
    """A venue that leaves the nonce unused takes them in the end."""
    refusals = [PENDING] * 3
    room.interfere = lambda path, _: refusals.pop() if path == "/exchange" and refusals else None
    wallet = room.wallet(room.desk.draw())
    assert await room.submit(room.desk.approval(wallet, chain_id=CHAIN)) == ApprovalTaken()
    assert len(sent(room)) == 4
    assert len(set(sent(room))) == 1


async def test_pending_removal_that_never_ends_is_given_up(room: WalletRoom) -> None:
    """After a quarter of a minute a person hears of it."""
    room.interfere = lambda path, _: PENDING if path == "/exchange" else None
    refused = await room.submit(room.desk.approval(room.wallet(room.desk.draw()), chain_id=CHAIN))
    assert isinstance(refused, ApprovalRejected)
    assert refused.sign_again
    assert len(sent(room)) == 16


async def test_wallet_that_outlives_its_revocation_is_replaced_by_an_address_without_key(room: WalletRoom) -> None:
    """Where the zero address revokes nobody, the name does; the throwaway ends within the hour."""
    room.interfere = deaf_to_revocations
    key, wallet = await room.approved()
    revocation = room.desk.revocation(wallet, chain_id=CHAIN)
    assert await room.submit(revocation) == ApprovalTaken()
    settled = await room.settle(revocation)
    assert next_step(revocation, settled) is RevocationStep.REPLACE
    assert room.may_act(key)
    replacement = room.desk.replacement(wallet, chain_id=CHAIN)
    assert await room.submit(replacement) == ApprovalTaken()
    settled = await room.settle(replacement)
    assert settled == WalletGone(how=Gone.REPLACED, replaced_by=replacement.approves)
    assert next_step(replacement, settled) is RevocationStep.DONE
    assert not room.may_act(key)
    (throwaway,) = await room.desk.listed(OWNER)
    assert throwaway.valid_until == Instant(replacement.nonce + 3_600_000)
    room.clock.freeze(3_600_000)
    assert await room.desk.listed(OWNER) == ()


async def test_answer_that_was_lost_is_settled_by_the_list(room: WalletRoom) -> None:
    """The venue acted and nobody heard; the same signature again changes nothing."""
    room.interfere = partial(lose_answers, room)
    wallet = room.wallet(room.desk.draw())
    challenge = room.desk.approval(wallet, chain_id=CHAIN)
    assert isinstance(await room.submit(challenge), ApprovalUnclear)
    assert await room.settle(challenge) == WalletListed(name="desk", valid_until=wallet.valid_until)
    room.interfere = lambda _path, _body: None
    assert isinstance(await room.submit(challenge), ApprovalUnclear)
    assert await room.desk.listed(OWNER) == (wallet,)


async def test_signature_that_never_left_may_be_handed_in_again(room: WalletRoom) -> None:
    """The owner need not sign twice for our network's trouble."""
    room.interfere = lambda path, _: NeverLeft(cause="connection refused") if path == "/exchange" else None
    challenge = room.desk.approval(room.wallet(room.desk.draw()), chain_id=CHAIN)
    assert await room.submit(challenge) == ApprovalNotSent(cause="connection refused")
    room.interfere = lambda _path, _body: None
    assert await room.submit(challenge) == ApprovalTaken()


async def test_revocation_does_not_hit_the_wallet_that_has_the_name_now(room: WalletRoom) -> None:
    """The old one lost its rights to it already; taking the name would stop the new one."""
    _, old = await room.approved()
    new_key, new = await room.approved()
    room.posts.clear()
    for challenge in (room.desk.revocation(old, chain_id=CHAIN), room.desk.replacement(old, chain_id=CHAIN)):
        refused = await room.submit(challenge)
        assert isinstance(refused, ApprovalNotSent)
        assert new.address in refused.cause
    assert sent(room) == []
    assert room.may_act(new_key)


async def test_revocation_is_sent_though_the_list_cannot_be_read(room: WalletRoom) -> None:
    """What takes rights away is not held up; afterwards nothing is said to be gone that nobody saw."""
    key, wallet = await room.approved()
    page = json_answer(b"<html></html>", status=403)
    room.interfere = lambda path, _: page if path == "/info" else None
    challenge = room.desk.revocation(wallet, chain_id=CHAIN)
    assert await room.submit(challenge) == ApprovalTaken()
    settled = await room.settle(challenge)
    assert isinstance(settled, WalletUnknown)
    assert next_step(challenge, settled) is RevocationStep.LOOK_AGAIN
    assert not room.may_act(key)
    with pytest.raises(VenueUnavailable):
        await room.desk.listed(OWNER)


async def test_signature_for_another_network_is_refused_by_the_venue_too() -> None:
    """A desk of the main network reaches nothing at a test venue, and repeats the words that nobody pinned."""
    mainnet = WalletRoom(Network.MAINNET)
    challenge = mainnet.desk.approval(mainnet.wallet(mainnet.desk.draw()), chain_id=CHAIN)
    refused = await mainnet.submit(challenge)
    assert refused == ApprovalUnclear(cause="Mainnet and testnet require different signature.")
    assert await mainnet.settle(challenge) == WalletGone(how=Gone.NOT_LISTED)


async def test_text_that_is_no_address_is_refused(room: WalletRoom) -> None:
    """Before the venue is asked about nobody, which it would answer with an empty list."""
    with pytest.raises(InputError, match="address"):
        await room.desk.listed("nobody")
    wallet = room.wallet(room.desk.draw())
    with pytest.raises(InputError, match="zero address"):
        await room.desk.state(msgspec.structs.replace(wallet, master=NOBODY))
    assert room.posts == []
