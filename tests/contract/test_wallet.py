"""What every desk for agent wallets promises: the owner's signature decides, and the venue's lists are believed."""

from collections.abc import Callable

import msgspec
import pytest

from agentic_core.domain.times import DAY_MS, Instant
from agentic_core.errors import InputError
from agentic_core.ports.wallet import (
    AgentWalletDesk,
    ApprovalTaken,
    ChallengePurpose,
    Gone,
    RevocationStep,
    WalletGone,
    WalletListed,
    WrongSignature,
    is_carried_out,
    next_step,
)
from tests.support.wallet_room import CHAIN, OWNER, WalletRoom, typed_signature

PORTS = ("agentic_core.ports.wallet.AgentWalletDesk",)
pytestmark = pytest.mark.anyio

ROOMS: dict[str, Callable[[], WalletRoom]] = {"simulated venue": WalletRoom}
"""Every implementation, each with a venue that judges signatures for itself."""

STRANGER_KEY = "0x" + "5a" * 32


@pytest.fixture(params=sorted(ROOMS))
def room(request: pytest.FixtureRequest) -> WalletRoom:
    """Give each room in turn."""
    return ROOMS[request.param]()


@pytest.fixture
def desk(room: WalletRoom) -> AgentWalletDesk:
    """Give its desk, as the port has it."""
    return room.desk


async def test_key_drawn_is_new_each_time(desk: AgentWalletDesk) -> None:
    """Nobody's key is ever somebody else's."""
    keys = [desk.draw() for _ in range(3)]
    assert len({key.address for key in keys}) == 3
    assert [len(key.reveal()) for key in keys] == [32, 32, 32]


async def test_wallet_is_listed_and_trades_once_its_owner_signed(room: WalletRoom) -> None:
    """Before it does not, whatever key there is."""
    key = room.desk.draw()
    wallet = room.wallet(key)
    assert not room.may_act(key)
    assert await room.state(wallet) == WalletGone(how=Gone.NOT_LISTED)
    challenge = room.desk.approval(wallet, chain_id=CHAIN)
    assert await room.submit(challenge) == ApprovalTaken()
    state = await room.settle(challenge)
    assert state == WalletListed(name="desk", valid_until=wallet.valid_until)
    assert is_carried_out(challenge, state)
    assert room.may_act(key)
    assert await room.desk.listed(OWNER) == (wallet,)


async def test_wallet_is_gone_once_its_owner_revoked_it(room: WalletRoom) -> None:
    """The venue refuses its actions and lists it no more."""
    key, wallet = await room.approved()
    challenge = room.desk.revocation(wallet, chain_id=CHAIN)
    assert await room.submit(challenge) == ApprovalTaken()
    state = await room.settle(challenge)
    assert state == WalletGone(how=Gone.NOT_LISTED)
    assert next_step(challenge, state) is RevocationStep.DONE
    assert not room.may_act(key)


async def test_signature_of_somebody_else_is_not_sent(room: WalletRoom) -> None:
    """The venue hears nothing of it."""
    challenge = room.desk.approval(room.wallet(room.desk.draw()), chain_id=CHAIN)
    refused = await room.desk.submit(challenge, typed_signature(challenge.typed_json, STRANGER_KEY))
    assert isinstance(refused, WrongSignature)
    assert refused.signer not in {None, OWNER}
    assert room.posts == []


@pytest.mark.parametrize("signature", ["", "0x", "hello", "0x" + "00" * 65, "0x" + "ab" * 64])
async def test_text_that_is_no_signature_is_not_sent(room: WalletRoom, signature: str) -> None:
    """As when a person pastes something else."""
    challenge = room.desk.approval(room.wallet(room.desk.draw()), chain_id=CHAIN)
    assert isinstance(await room.desk.submit(challenge, signature), WrongSignature)
    assert room.posts == []


async def test_wallet_approved_under_the_same_name_replaces_the_one_before(room: WalletRoom) -> None:
    """A name is a slot."""
    old_key, old = await room.approved()
    new_key, new = await room.approved()
    assert await room.state(old) == WalletGone(how=Gone.REPLACED, replaced_by=new.address)
    assert [room.may_act(key) for key in (old_key, new_key)] == [False, True]


async def test_wallet_ends_with_its_validity(room: WalletRoom) -> None:
    """Nobody revoked it."""
    key, wallet = await room.approved(days=2)
    room.clock.freeze(2 * DAY_MS)
    assert await room.state(wallet) == WalletGone(how=Gone.EXPIRED)
    assert not room.may_act(key)


async def test_challenges_differ_by_their_nonces(room: WalletRoom) -> None:
    """Also those of the same millisecond: the venue takes each only once."""
    wallet = room.wallet(room.desk.draw())
    made = [
        room.desk.approval(wallet, chain_id=CHAIN),
        room.desk.revocation(wallet, chain_id=CHAIN),
        room.desk.replacement(wallet, chain_id=CHAIN),
    ]
    assert [challenge.purpose for challenge in made] == list(ChallengePurpose)
    assert len({challenge.nonce for challenge in made}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "seventeen letters"},
        {"master": "nobody"},
        {"address": "0x" + "0" * 40},
        {"valid_until": None},
        {"valid_until": Instant(5)},
    ],
    ids=str,
)
async def test_wallet_that_cannot_be_approved_is_refused(room: WalletRoom, change: dict[str, object]) -> None:
    """No name, one too long, no address, nobody, no end, or a past one."""
    wallet = room.wallet(room.desk.draw())
    with pytest.raises(InputError):
        room.desk.approval(msgspec.structs.replace(wallet, **change), chain_id=CHAIN)
