"""What seals keys, held against published answers, and envelopes against a reader written from their description."""

from hashlib import sha256
from typing import NamedTuple

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agentic_core.domain import DeploymentId
from agentic_core.ports.secrets import KeyScope, SealedKey
from agentic_core.store.sealed_keys import name_of
from agentic_core.store.vault import KeyRing
from agentic_core.store.vault.envelope import opened, rewrapped, sealed
from tests.support.plain_crypto import gcm_open, gcm_seal, hkdf, open_envelope, seal_envelope
from tests.support.sealed_keys import KEY, ROOT_A, ROOT_B, SCOPE, CountedEntropy
from tests.support.stored_values import DEPLOYMENT, uuid_of

ROOTS = {name: sha256(name.encode()).digest() for name in ("root-a", "root-b")}
BOUND = KeyScope(tenant=SCOPE.tenant, network=SCOPE.network, deployment=DEPLOYMENT)


class Gcm(NamedTuple):
    """A test case of the GCM specification, in hex."""

    key: str
    nonce: str
    text: str
    bound: str
    hidden: str
    tag: str


_KEY = "feffe9928665731c6d6a8f9467308308" * 2
_NONCE = "cafebabefacedbaddecaf888"
_TEXT = (
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_HIDDEN = (
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
)

# McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16: those of 256 bits with 96-bit nonces.
GCM = [
    Gcm("00" * 32, "00" * 12, "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
    Gcm("00" * 32, "00" * 12, "00" * 16, "", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"),
    Gcm(_KEY, _NONCE, _TEXT, "", _HIDDEN, "b094dac5d93471bdec1a502270e3cc6c"),
    Gcm(
        _KEY,
        _NONCE,
        _TEXT[:120],
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        _HIDDEN[:120],
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
]


class Hkdf(NamedTuple):
    """A test case of RFC 5869 with SHA-256, in hex."""

    root: str
    salt: str
    info: str
    derived: str


# RFC 5869, appendix A.1 to A.3.
HKDF_CASES = [
    Hkdf(
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    Hkdf(
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    Hkdf("0b" * 22, "", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
]


@pytest.mark.parametrize("case", GCM)
def test_cipher_gives_the_published_answers(case: Gcm) -> None:
    """The library's and the plain one of the tests, in both directions."""
    key, nonce, text, bound, hidden, tag = map(bytes.fromhex, case)
    assert AESGCM(key).encrypt(nonce, text, bound) == gcm_seal(key, nonce, text, bound) == hidden + tag
    assert AESGCM(key).decrypt(nonce, hidden + tag, bound) == gcm_open(key, nonce, hidden + tag, bound) == text


@pytest.mark.parametrize("at", range(16))
def test_cipher_refuses_each_altered_byte_of_the_tag(at: int) -> None:
    """Also the last ones, which a truncated comparison would not look at."""
    key, nonce, _, bound, hidden, tag = map(bytes.fromhex, GCM[3])
    altered = hidden + tag[:at] + bytes([tag[at] ^ 1]) + tag[at + 1 :]
    assert gcm_open(key, nonce, altered, bound) is None
    with pytest.raises(InvalidTag):
        AESGCM(key).decrypt(nonce, altered, bound)


@pytest.mark.parametrize("case", HKDF_CASES)
def test_derivation_gives_the_published_answers(case: Hkdf) -> None:
    """The library's and the plain one of the tests; no salt is the same as none of the RFC."""
    root, salt, info, derived = map(bytes.fromhex, case)
    library = HKDF(algorithm=SHA256(), length=len(derived), salt=salt or None, info=info)
    assert library.derive(root) == hkdf(root, salt=salt, info=info, length=len(derived)) == derived


@pytest.mark.parametrize("scope", [SCOPE, BOUND])
def test_envelope_opens_by_its_description(scope: KeyScope) -> None:
    """Without the vault and its library, whether a deployment has it or none."""
    made = sealed(KEY, scope, KeyRing.from_text(ROOT_A).wrapping_keys(scope.deployment), CountedEntropy())
    assert open_envelope(name_of(made), made.envelope, ROOTS["root-a"]) == KEY.reveal()
    assert open_envelope(name_of(made), made.envelope, ROOTS["root-b"]) is None


def test_rewrapped_envelope_opens_by_its_description() -> None:
    """Under the new root and for the new deployment only; what is sealed within is the same text."""
    ring = KeyRing.from_text(f"{ROOT_B},{ROOT_A}")
    before = sealed(KEY, SCOPE, KeyRing.from_text(ROOT_A).wrapping_keys(None), CountedEntropy())
    after = rewrapped(before, ring.wrapping_keys(None), BOUND, ring.wrapping_keys(DEPLOYMENT), CountedEntropy())
    assert open_envelope(name_of(after), after.envelope, ROOTS["root-b"]) == KEY.reveal()
    assert open_envelope(name_of(before), after.envelope, ROOTS["root-b"]) is None
    assert before.envelope.split(".")[3] == after.envelope.split(".")[3]


def test_envelope_made_by_its_description_opens() -> None:
    """What the description says is all there is to it."""
    name = f"agent_key/{BOUND.network}/{BOUND.tenant}/{KEY.address}/{DEPLOYMENT}"
    envelope = seal_envelope(name, "root-a", ROOTS["root-a"], KEY.reveal())
    made = SealedKey(scope=BOUND, address=KEY.address, envelope=envelope)
    found = opened(made, KeyRing.from_text(ROOT_A).wrapping_keys(DEPLOYMENT))
    assert (found.address, found.reveal()) == (KEY.address, KEY.reveal())


def test_wrapping_keys_differ_by_root_its_id_and_deployment() -> None:
    """Two roots of the same bytes, and ids that run into the deployment when they are put side by side."""
    same = ROOT_A.replace("root-a", "root")
    other = DeploymentId(uuid_of("another"))
    found = {
        KeyRing.from_text(text).wrapping_keys(deployment).reveal(kek_id)
        for kek_id, text in (("root-a", ROOT_A), ("root", same), ("root-b", ROOT_B))
        for deployment in (None, DEPLOYMENT, other)
    }
    assert len(found) == 9
