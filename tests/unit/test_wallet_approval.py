"""Giving an agent wallet its rights: whatever breaks in between, no approved key is forgotten and none is lost."""

import msgspec
import pytest

from agentic_core.deployments.approval import (
    ABANDONED_MS,
    ApprovalFailed,
    ApprovalOpened,
    NotListedYet,
    SlotInUse,
    WalletActive,
    open_approval,
    submit_approval,
    sweep_pending,
)
from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.errors import InputError, NotFound, StoreUnavailable
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.wallet import (
    ApprovalNotSent,
    ApprovalRejected,
    Gone,
    WalletForeign,
    WalletGone,
    WalletListed,
    WalletState,
    WalletUnknown,
    WrongSignature,
)
from agentic_core.ports.wallet_store import PendingWallet, WalletEnd
from agentic_hl.rest import HttpOutcome, NeverLeft, Unclear
from tests.support.resting import json_answer
from tests.support.wallet_flow import BrokenWallets, WalletFlow
from tests.support.wallet_room import CHAIN, OWNER, typed_signature

pytestmark = pytest.mark.anyio

STRANGER_KEY = "0x" + "5a" * 32
BROKEN_PAGE = json_answer(b"<html></html>", status=403)


@pytest.fixture
def flow() -> WalletFlow:
    """Give somebody who approves and revokes."""
    return WalletFlow()


async def _hand_in(flow: WalletFlow, pending: PendingWallet, key: str | None = None) -> object:
    text = pending.challenge.typed_json
    signature = typed_signature(text) if key is None else typed_signature(text, key)
    return await flow.wait(lambda: submit_approval(flow.services, pending.wallet.address, signature))


async def _sweep(flow: WalletFlow) -> tuple[WalletState, ...]:
    return await flow.room.wait(lambda: sweep_pending(flow.services, "Testnet"), within_ms=0)


async def test_wallet_is_kept_with_its_key_before_its_owner_can_sign(flow: WalletFlow) -> None:
    """Nothing has left for the venue, and another process finds all it needs."""
    pending = await flow.opened()
    assert await flow.store.pending(pending.wallet.address) == pending
    assert flow.key(pending).address == pending.wallet.address
    assert pending.challenge.approves == pending.wallet.address
    assert flow.room.posts == []
    assert await flow.store.watched("Testnet") == ()


@pytest.mark.parametrize("what", ["seal", "stage"])
async def test_wallet_that_cannot_be_kept_is_not_shown_for_a_signature(what: str) -> None:
    """Without its key or without its row nobody gets anything to sign."""
    store = BrokenWallets()
    flow = WalletFlow(store)
    master = await flow.master()
    flow.failing, store.broken = {what}, {what}
    until = Instant(flow.room.clock.now() + DAY_MS)
    with pytest.raises((StoreUnavailable, OSError), match=what):
        await open_approval(flow.services, master, name="desk", valid_until=until, chain_id=CHAIN)
    assert await store.waiting("Testnet") == ()
    assert flow.room.posts == []


@pytest.mark.parametrize(
    ("name", "days", "chain"), [("seventeen letters", 1, CHAIN), ("desk", -1, CHAIN), ("desk", 1, 0)]
)
async def test_wallet_that_the_venue_would_not_take_leaves_no_key(
    flow: WalletFlow, name: str, days: int, chain: int
) -> None:
    """Refused before anything is sealed."""
    until = Instant(flow.room.clock.now() + days * DAY_MS)
    with pytest.raises(InputError):
        await open_approval(flow.services, await flow.master(), name=name, valid_until=until, chain_id=chain)
    assert flow.vault == {}


@pytest.mark.parametrize("is_heard", [False, True])
async def test_process_that_dies_over_a_signature_forgets_nothing(flow: WalletFlow, *, is_heard: bool) -> None:
    """Whether the venue heard of it or not: the row and the key are there, and the next process ends what it finds."""
    pending = await flow.opened()

    def die(path: str, body: bytes) -> HttpOutcome | None:
        if path == "/exchange":
            if is_heard:
                flow.room.at_venue(path, body)
            message = "killed"
            raise RuntimeError(message)
        return None

    flow.room.interfere = die
    with pytest.raises(BaseExceptionGroup) as killed:
        await _hand_in(flow, pending)
    assert killed.group_contains(RuntimeError, match="killed")
    assert await flow.store.pending(pending.wallet.address) == pending
    flow.room.interfere = lambda _path, _body: None
    flow.restart()
    assert [type(state) for state in await _sweep(flow)] == [WalletListed if is_heard else WalletGone]
    wallet = await _hand_in(flow, pending)
    assert isinstance(wallet, WalletActive)
    assert flow.room.may_act(flow.key(wallet.wallet))


async def test_wallet_is_active_once_the_venue_lists_it(flow: WalletFlow) -> None:
    """With the end that the venue tells; its key may trade, and handing in again changes nothing."""
    pending = await flow.opened()
    outcome = await _hand_in(flow, pending)
    assert isinstance(outcome, WalletActive)
    wallet = outcome.wallet
    assert (wallet.address, wallet.master, wallet.name) == (pending.wallet.address, OWNER, "desk")
    assert wallet.valid_until == pending.wallet.valid_until
    assert await flow.store.pending(wallet.address) is None
    assert flow.room.may_act(flow.key(wallet))
    posts = len(flow.room.posts)
    assert await _hand_in(flow, pending) == outcome
    assert len(flow.room.posts) == posts
    assert flow.said == []


async def test_approval_handed_in_again_after_the_wallet_was_revoked_is_refused(flow: WalletFlow) -> None:
    """The old signature gives nobody a wallet that may trade no longer."""
    pending = await flow.opened()
    await _hand_in(flow, pending)
    await flow.store.revoke(pending.wallet.address, at=flow.room.clock.now())
    with pytest.raises(NotFound, match="open a new one"):
        await submit_approval(flow.services, pending.wallet.address, "0x")


async def test_signature_of_somebody_else_changes_nothing(flow: WalletFlow) -> None:
    """The owner may still sign."""
    pending = await flow.opened()
    outcome = await _hand_in(flow, pending, STRANGER_KEY)
    assert isinstance(outcome, ApprovalFailed)
    assert isinstance(outcome.submission, WrongSignature)
    assert await flow.store.pending(pending.wallet.address) == pending
    assert isinstance(await _hand_in(flow, pending), WalletActive)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (NeverLeft(cause="connection refused"), ApprovalNotSent),
        (json_answer(b'{"status":"err","response":"Must deposit before performing actions."}'), ApprovalRejected),
    ],
)
async def test_approval_that_failed_may_be_handed_in_again(
    flow: WalletFlow, answer: HttpOutcome, kind: type[object]
) -> None:
    """The wallet still waits."""
    pending = await flow.opened()
    flow.room.interfere = lambda path, _: answer if path == "/exchange" else None
    outcome = await _hand_in(flow, pending)
    assert isinstance(outcome, ApprovalFailed)
    assert type(outcome.submission) is kind
    flow.room.interfere = lambda _path, _body: None
    assert isinstance(await _hand_in(flow, pending), WalletActive)


async def test_approval_whose_answer_is_lost_is_decided_by_the_venues_list(flow: WalletFlow) -> None:
    """It acted, and nobody heard."""
    pending = await flow.opened()

    def lose(path: str, body: bytes) -> HttpOutcome | None:
        if path == "/exchange":
            flow.room.at_venue(path, body)
            return Unclear(cause="reset by peer")
        return None

    flow.room.interfere = lose
    assert isinstance(await _hand_in(flow, pending), WalletActive)


async def test_approval_that_the_venue_cannot_be_asked_about_waits_for_a_sweep(flow: WalletFlow) -> None:
    """Nobody says that it failed; a later process makes it active, with the key that was kept."""
    pending = await flow.opened()
    flow.room.interfere = lambda path, _: BROKEN_PAGE if path == "/info" else None
    outcome = await _hand_in(flow, pending)
    assert isinstance(outcome, NotListedYet)
    assert isinstance(outcome.state, WalletUnknown)
    flow.room.clock.freeze(ABANDONED_MS)
    flow.restart()
    assert [type(state) for state in await _sweep(flow)] == [WalletUnknown]
    assert flow.key(pending).address == pending.wallet.address
    flow.room.interfere = lambda _path, _body: None
    assert [type(state) for state in await _sweep(flow)] == [WalletListed]
    wallet = await flow.known(pending.wallet.address)
    assert (wallet.revoked_at, wallet.vault_key_id) == (None, pending.vault_key_id)
    assert flow.room.may_act(flow.key(wallet))
    assert await _sweep(flow) == ()


async def test_approval_after_which_the_process_died_is_found_by_the_next_one() -> None:
    """The venue lists the wallet and the database went away."""
    store = BrokenWallets()
    flow = WalletFlow(store)
    pending = await flow.opened()
    store.broken = {"activate"}
    with pytest.raises(BaseExceptionGroup) as failed:
        await _hand_in(flow, pending)
    assert failed.group_contains(StoreUnavailable)
    assert await store.find(pending.wallet.address) is None
    store.broken = set()
    flow.restart()
    await _sweep(flow)
    assert (await flow.known(pending.wallet.address)).revoked_at is None


async def test_wallet_that_nobody_signs_is_forgotten_with_its_key_after_an_hour(flow: WalletFlow) -> None:
    """Not a millisecond before, and only because two reads of the venue agree that nobody approved it."""
    pending = await flow.opened()
    flow.room.clock.freeze(ABANDONED_MS - 1)
    assert await _sweep(flow) == (WalletGone(how=Gone.NOT_LISTED),)
    assert await flow.store.pending(pending.wallet.address) == pending
    flow.room.clock.freeze(1)
    await _sweep(flow)
    assert flow.vault == {pending.vault_key_id: None}
    assert await flow.store.pending(pending.wallet.address) is None
    with pytest.raises(NotFound, match="open a new one"):
        await submit_approval(flow.services, pending.wallet.address, "0x")


async def test_wallet_whose_key_cannot_be_destroyed_is_kept_and_told_of(flow: WalletFlow) -> None:
    """A row without a key is swept again; a key without a row would never be found."""
    pending = await flow.opened()
    flow.room.clock.freeze(ABANDONED_MS)
    flow.failing = {"destroy"}
    await _sweep(flow)
    assert flow.said == [(LogEvent.HUMAN_NEEDED, LogLevel.WARN, {"wallet": pending.wallet.address})]
    assert await flow.store.pending(pending.wallet.address) == pending
    flow.failing = set()
    await _sweep(flow)
    assert await flow.store.pending(pending.wallet.address) is None


async def test_wallet_that_trades_for_somebody_else_is_told_of_and_never_used(flow: WalletFlow) -> None:
    """Its address was approved by another account; its key stays until a person looked."""
    pending = await flow.opened()
    role = json_answer(b'{"role":"agent","data":{"user":"0x' + b"b" * 40 + b'"}}')
    flow.room.interfere = lambda path, body: role if path == "/info" and b"userRole" in body else None
    flow.room.clock.freeze(ABANDONED_MS)
    assert await _sweep(flow) == (WalletForeign(owner="0x" + "b" * 40),)
    assert [line[:2] for line in flow.said] == [(LogEvent.HUMAN_NEEDED, LogLevel.ERROR)]
    assert await flow.store.pending(pending.wallet.address) == pending
    assert flow.key(pending).address == pending.wallet.address
    assert await flow.store.find(pending.wallet.address) is None


async def test_name_of_a_wallet_in_use_is_not_taken_from_it(flow: WalletFlow) -> None:
    """Approving another one would end it; neither a new wish nor a signature from before does."""
    waiting = await flow.opened()
    holder = await flow.active()
    flow.in_use = "its lease is held"
    posts, keys = len(flow.room.posts), len(flow.vault)
    until = Instant(flow.room.clock.now() + DAY_MS)
    master = await flow.master()
    wish = await open_approval(flow.services, master, name="desk", valid_until=until, chain_id=CHAIN)
    assert wish == SlotInUse(holder=holder, cause="its lease is held")
    assert await _hand_in(flow, waiting) == wish
    assert (len(flow.room.posts), len(flow.vault)) == (posts, keys)
    other = await open_approval(flow.services, master, name="other", valid_until=until, chain_id=CHAIN)
    assert isinstance(other, ApprovalOpened)
    flow.in_use = None
    outcome = await _hand_in(flow, waiting)
    assert isinstance(outcome, WalletActive)
    assert await flow.known(holder.address) == msgspec.structs.replace(
        holder,
        revoked_at=outcome.wallet.approved_at,
        ended_by=WalletEnd.REPLACED,
        replaced_by=outcome.wallet.address,
    )
    assert [flow.room.may_act(flow.key(one)) for one in (holder, outcome.wallet)] == [False, True]
