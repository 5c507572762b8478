"""Whatever is altered in a sealed key, or in what is said of it, it does not open."""

from functools import partial
from hashlib import sha256

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentic_core.domain import DeploymentId, UserId
from agentic_core.errors import KeyUnavailable
from agentic_core.ports.secrets import KeyScope, SealedKey
from agentic_core.ports.wallet import WalletKey
from agentic_core.store.sealed_keys import name_of, sealed_as
from agentic_core.store.vault import KeyRing
from agentic_core.store.vault.envelope import opened, rewrapped, sealed
from tests.support.plain_crypto import open_envelope, seal_envelope
from tests.support.sealed_keys import ROOT_A, ROOT_B, CountedEntropy, address_of
from tests.support.stored_values import DEPLOYMENT, USER

RING = KeyRing.from_text(f"{ROOT_A},{ROOT_B}")
SCOPE = KeyScope(tenant=USER, network="Testnet", deployment=DEPLOYMENT)
ROOT = sha256(b"root-a").digest()

uuids = st.uuids(version=4).map(str)
deployments = st.none() | uuids.map(DeploymentId)
networks = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
scopes = st.builds(KeyScope, tenant=uuids.map(UserId), network=networks, deployment=deployments)
keys = st.binary(min_size=32, max_size=32).map(lambda secret: WalletKey(address_of(secret), secret))
letters = st.characters(codec="utf-8", max_codepoint=0x17F)


def made_of(key: WalletKey, scope: KeyScope) -> SealedKey:
    """Seal a key as the vault does."""
    return sealed(key, scope, RING.wrapping_keys(scope.deployment), CountedEntropy())


MADE = made_of(WalletKey(address_of(ROOT), ROOT), SCOPE)
OTHER = made_of(WalletKey(address_of(sha256(b"other").digest()), sha256(b"other").digest()), SCOPE)


def refuses(kept: SealedKey) -> None:
    """Check that a sealed key does not open with the keys of the deployment it names, and that it is not repeated."""
    with pytest.raises(KeyUnavailable) as refused:
        opened(kept, RING.wrapping_keys(kept.scope.deployment))
    assert MADE.envelope[-80:] not in str(refused.value)


@given(key=keys, scope=scopes)
def test_sealed_key_opens_in_its_scope(key: WalletKey, scope: KeyScope) -> None:
    """By the vault and by the plain reader, after it went through what it is called; every opening is the same."""
    made = made_of(key, scope)
    kept = sealed_as(name_of(made), made.envelope)
    assert kept == made
    assert opened(kept, RING.wrapping_keys(scope.deployment)).reveal() == key.reveal()
    assert open_envelope(name_of(kept), kept.envelope, ROOT) == key.reveal()


@given(at=st.integers(0, len(MADE.envelope) - 1), letter=letters)
def test_altered_letter_is_refused(at: int, letter: str) -> None:
    """Any letter in any place: the version, the root key's id, both parts and the dots between them."""
    assume(letter != MADE.envelope[at])
    refuses(msgspec.structs.replace(MADE, envelope=f"{MADE.envelope[:at]}{letter}{MADE.envelope[at + 1 :]}"))


@pytest.mark.parametrize("at", [at for at, letter in enumerate(MADE.envelope) if at >= MADE.envelope.index(".", 3)])
def test_each_letter_counts(at: int) -> None:
    """One bit of six in every place: no letter of the two parts says the same as another."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    number = alphabet.find(MADE.envelope[at])
    flipped = alphabet[number ^ 1] if number >= 0 else "_"
    refuses(msgspec.structs.replace(MADE, envelope=f"{MADE.envelope[:at]}{flipped}{MADE.envelope[at + 1 :]}"))


@given(at=st.integers(0, len(MADE.envelope)), more=st.text(letters, min_size=1, max_size=4))
def test_inserted_text_is_refused(at: int, more: str) -> None:
    """Also at the end, where a lenient reader of base64 would look past it."""
    refuses(msgspec.structs.replace(MADE, envelope=MADE.envelope[:at] + more + MADE.envelope[at:]))


@given(start=st.integers(0, len(MADE.envelope) - 1), count=st.integers(1, 200))
def test_missing_text_is_refused(start: int, count: int) -> None:
    """Whatever is cut out, wherever."""
    refuses(msgspec.structs.replace(MADE, envelope=MADE.envelope[:start] + MADE.envelope[start + count :]))


@given(scope=scopes)
def test_other_scope_is_refused(scope: KeyScope) -> None:
    """Any one of tenant, network and deployment, with the wrapping keys of the deployment that is named then."""
    for field in ("tenant", "network", "deployment"):
        said = getattr(scope, field)
        assume(said != getattr(SCOPE, field))
        refuses(msgspec.structs.replace(MADE, scope=msgspec.structs.replace(SCOPE, **{field: said})))


@given(at=st.integers(2, 41), digit=st.sampled_from("0123456789abcdef"))
def test_other_address_is_refused(at: int, digit: str) -> None:
    """Any one digit of it."""
    assume(digit != MADE.address[at])
    refuses(msgspec.structs.replace(MADE, address=MADE.address[:at] + digit + MADE.address[at + 1 :]))


@given(deployment=deployments)
def test_other_deployments_wrapping_keys_are_refused(deployment: DeploymentId | None) -> None:
    """What is said of the key stays as it was."""
    assume(deployment != DEPLOYMENT)
    with pytest.raises(KeyUnavailable):
        opened(MADE, RING.wrapping_keys(deployment))


@pytest.mark.parametrize(
    "parts", [("2", 2, 3), ("3", 3, 2), ("2 of another", 2, 2), ("3 of another", 3, 3)], ids=lambda parts: str(parts[0])
)
def test_parts_that_were_not_made_together_are_refused(parts: tuple[str, int, int]) -> None:
    """One in the place of the other, or the same of another key in the same scope."""
    name, place, source = parts
    altered = MADE.envelope.split(".")
    altered[place] = (OTHER if "another" in name else MADE).envelope.split(".")[source]
    refuses(msgspec.structs.replace(MADE, envelope=".".join(altered)))


def test_other_id_of_the_same_root_key_is_refused() -> None:
    """A root that was given two ids, and one whose id was given to another root."""
    twice = KeyRing.from_text(f"{ROOT_A},{ROOT_A.replace('root-a', 'root-c')}").wrapping_keys(DEPLOYMENT)
    swapped = KeyRing.from_text(ROOT_B.replace("root-b", "root-a")).wrapping_keys(DEPLOYMENT)
    renamed = msgspec.structs.replace(MADE, envelope=MADE.envelope.replace(".root-a.", ".root-c."))
    assert opened(MADE, twice).reveal() == ROOT
    for kept, under in ((renamed, twice), (MADE, swapped)):
        with pytest.raises(KeyUnavailable, match="does not open"):
            opened(kept, under)


@pytest.mark.parametrize("purpose", ["sign_order", "withdraw", ""])
def test_key_sealed_for_another_purpose_is_refused(purpose: str) -> None:
    """In either part or in both; whoever holds the root keys could make one, and the right purpose opens."""
    made = partial(seal_envelope, name_of(MADE), "root-a", ROOT, ROOT)
    assert opened(msgspec.structs.replace(MADE, envelope=made()), RING.wrapping_keys(DEPLOYMENT)).reveal() == ROOT
    for wrong in (
        made(purpose=purpose),
        made(purpose=purpose, wrapped_for="sign_orders"),
        made(wrapped_for=purpose + "!"),
    ):
        refuses(msgspec.structs.replace(MADE, envelope=wrong))


@given(first=scopes, deployment=deployments)
def test_rewrapped_key_opens_for_the_new_deployment_only(first: KeyScope, deployment: DeploymentId | None) -> None:
    """And what was altered before is not sealed anew."""
    assume(first.deployment != deployment)
    key = WalletKey(address_of(ROOT), ROOT)
    before, second = made_of(key, first), msgspec.structs.replace(first, deployment=deployment)
    under, newly = RING.wrapping_keys(first.deployment), RING.wrapping_keys(deployment)
    after = rewrapped(before, under, second, newly, CountedEntropy())
    assert opened(after, newly).reveal() == ROOT
    for kept, wrong in ((after, under), (before, newly), (msgspec.structs.replace(after, scope=first), under)):
        with pytest.raises(KeyUnavailable):
            opened(kept, wrong)
    with pytest.raises(KeyUnavailable):
        rewrapped(msgspec.structs.replace(before, address=OTHER.address), under, second, newly, CountedEntropy())
