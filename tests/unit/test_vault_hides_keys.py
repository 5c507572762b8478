"""No text, copy, traceback or line of a log shows a key, what it is sealed with, or what that is wrapped under."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256

import msgspec
import pytest

from agentic_core.errors import AgenticError, ConfigError, KeyUnavailable
from agentic_core.ports.wallet import WalletKey
from agentic_core.store.memory import MemoryStore
from agentic_core.store.sealed_keys import name_of
from agentic_core.store.vault import KeyRing, LeasedKeyOpener, Rewrapping, SealingKeyVault, WrappingKeys
from agentic_core.store.vault.envelope import opened, sealed
from tests.support.canaries import Canary, spotted
from tests.support.plain_crypto import seal_envelope
from tests.support.sealed_keys import KEY, ROOT_A, ROOT_B, SCOPE, CountedEntropy, KeyRoom, address_of
from tests.support.stored_values import DEPLOYMENT
from tests.support.told import error_of, told_of_error, told_of_object

pytestmark = pytest.mark.anyio

RING = KeyRing.from_text(f"{ROOT_A},{ROOT_B}")
OWN = CountedEntropy().token_bytes(32)
CANARIES = [
    Canary("the key", KEY.reveal()),
    Canary("what it is sealed with", OWN),
    Canary("what it is sealed with by the plain cipher", sha256(b"of its own" + KEY.reveal()).digest()),
    *(Canary(f"the root key {name}", sha256(name.encode()).digest()) for name in ("root-a", "root-b")),
    *(
        Canary(f"the wrapping key of {deployment}", RING.wrapping_keys(deployment).reveal(name))
        for deployment in (None, DEPLOYMENT)
        for name in ("root-a", "root-b")
    ),
]
CONTROL = Canary("the control", sha256(b"in the mine").digest())


class DryEntropy(CountedEntropy):
    """Counted entropy that gives so many values and then fails."""

    def __init__(self, count: int) -> None:
        """Take how many."""
        super().__init__()
        self.left = count

    def token_bytes(self, count: int) -> bytes:
        """Return the next bytes, or fail."""
        if self.left == 0:
            message = "the system has no entropy"
            raise OSError(message)
        self.left -= 1
        return super().token_bytes(count)


async def fails_in_clear(secret: bytes, *, says: str) -> None:
    """Fail as a careless program does: with a secret in the frame, or in what is said."""
    written = CONTROL.written[says].decode() if says else "nothing"
    raise ValueError(written if secret else "")


@pytest.mark.parametrize("form", [form for form in CONTROL.written if form not in {"raw", "text"}])
async def test_secret_in_a_message_would_be_seen(form: str) -> None:
    """In each form."""
    told = told_of_error(await error_of(lambda: fails_in_clear(b"?", says=form)))
    assert form in spotted([CONTROL], told)["the control"]


async def test_secret_in_a_frame_would_be_seen() -> None:
    """By the traceback with variables, and by a log that shows them."""
    told = told_of_error(await error_of(lambda: fails_in_clear(CONTROL.secret, says="")))
    assert spotted([CONTROL], told)["the control"] >= {"printed", "printed within JSON"}


async def test_secret_in_an_object_would_be_seen() -> None:
    """One that is printed, pickled or encoded as it is."""
    told = told_of_object({"key": CONTROL.secret})
    assert spotted([CONTROL], told)["the control"] >= {"raw", "printed", "base64"}


async def vault_objects() -> list[object]:
    """Return everything that holds keys."""
    store = MemoryStore()
    under = RING.wrapping_keys(DEPLOYMENT)
    return [
        KEY,
        RING,
        under,
        SealingKeyVault(store.secrets, RING, CountedEntropy(), address_of),
        LeasedKeyOpener(store.secrets, under, address_of),
        Rewrapping(store.secrets, RING, CountedEntropy()),
        sealed(KEY, SCOPE, RING.wrapping_keys(None), CountedEntropy()),
    ]


async def test_no_object_shows_what_it_holds() -> None:
    """Alone and within others, printed, copied, pickled and encoded."""
    subjects = await vault_objects()
    for subject in (*subjects, subjects):
        assert spotted(CANARIES, told_of_object(subject)) == {}


async def altered(place: int) -> None:
    """Open a key that somebody altered: in its wrapping, or within, with a wrapping that fits."""
    under = RING.wrapping_keys(None)
    made = sealed(KEY, SCOPE, under, CountedEntropy())
    parts = made.envelope.split(".")
    parts[place] = ("B" if parts[place][0] == "A" else "A") + parts[place][1:]
    opened(msgspec.structs.replace(made, envelope=".".join(parts)), under)


async def sealed_for_another() -> None:
    """Open a key whose wrapping is right, and which was sealed for another purpose within."""
    made = sealed(KEY, SCOPE, RING.wrapping_keys(None), CountedEntropy())
    root = sha256(b"root-a").digest()
    forged = seal_envelope(name_of(made), "root-a", root, KEY.reveal(), purpose="withdraw", wrapped_for="sign_orders")
    del root  # this frame is looked at as well
    opened(msgspec.structs.replace(made, envelope=forged), RING.wrapping_keys(None))


async def draws(count: int) -> None:
    """Seal a key where entropy runs out."""
    sealed(KEY, SCOPE, RING.wrapping_keys(None), DryEntropy(count))


async def binds_without_entropy() -> None:
    """Seal a key anew where entropy runs out."""
    room = KeyRoom(MemoryStore())
    wallet = await room.approved()
    made = await room.deployed(wallet)
    await Rewrapping(room.store.secrets, RING, DryEntropy(0)).rebind(wallet.vault_key_id, made.id)


async def opens_with_other_keys() -> None:
    """Open a key with the wrapping keys of another deployment."""
    room = KeyRoom(MemoryStore())
    _, made, fence = await room.ready()
    await room.opener(made.id, keys_of=DEPLOYMENT).open(fence, "machine-1")


async def keeps_what_is_another_address() -> None:
    """Keep a key under an address that is not its own."""
    await KeyRoom(MemoryStore()).vault().keep(WalletKey("0x" + "0" * 40, KEY.reveal()), SCOPE)


async def keeps_twice() -> None:
    """Keep a key that is kept."""
    room = KeyRoom(MemoryStore())
    await room.approved()
    await room.approved()


FAILURES: list[Callable[[], Awaitable[None]]] = [
    lambda: altered(2),
    lambda: altered(3),
    sealed_for_another,
    lambda: draws(0),
    lambda: draws(1),
    lambda: draws(2),
    binds_without_entropy,
    opens_with_other_keys,
    keeps_what_is_another_address,
    keeps_twice,
]


@pytest.mark.parametrize("fail", FAILURES)
async def test_no_failure_with_a_key_at_hand_shows_it(fail: Callable[[], Awaitable[None]]) -> None:
    """In no text, in no variable of any frame, in no pickle and no line of a log."""
    error = await error_of(fail)
    assert isinstance(error, AgenticError | OSError)
    assert spotted(CANARIES, told_of_error(error)) == {}


KEY_TEXT = b64encode(sha256(b"root-a").digest()).decode()


@pytest.mark.parametrize(
    "make",
    [
        lambda: f"{ROOT_A},{ROOT_A}",
        lambda: f"{ROOT_A},root-c",
        lambda: f"root-a:{KEY_TEXT}x",
        lambda: f"root-a:{KEY_TEXT[:-4]}",
        lambda: f"Root-A:{KEY_TEXT}",
        lambda: KEY_TEXT,
        lambda: f"{KEY_TEXT}:root-a",
        lambda: sha256(b"root-a").hexdigest(),
        lambda: f"root-a:{sha256(b'root-a').hexdigest()}",
        lambda: f"root-a:ß{KEY_TEXT}",
    ],
)
async def test_settings_that_cannot_be_read_are_not_repeated(make: Callable[[], str]) -> None:
    """Root keys and wrapping keys that were pasted badly."""
    for read in (KeyRing.from_text, partial(WrappingKeys.from_text, DEPLOYMENT)):
        with pytest.raises(ConfigError) as refused:
            read(make())
        assert refused.value.__traceback__ is not None
        error = refused.value.with_traceback(refused.value.__traceback__.tb_next)
        assert spotted(CANARIES, told_of_error(error)) == {}


async def test_key_that_opens_to_another_address_is_not_shown() -> None:
    """A vault whose rule of addresses changed refuses without a word of the key."""
    room = KeyRoom(MemoryStore())
    _, made, fence = await room.ready()
    under = KeyRing.from_text(ROOT_A).wrapping_keys(made.id)
    opener = LeasedKeyOpener(room.store.secrets, under, lambda _: "0x" + "0" * 40)
    error = await error_of(lambda: opener.open(fence, "machine-1"))
    assert isinstance(error, KeyUnavailable)
    assert spotted(CANARIES, told_of_error(error)) == {}
