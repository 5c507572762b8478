"""Heads that are signed where no runner can sign, so that nobody can shorten or rewrite a journal unnoticed.

What is signed is a statement in canonical JSON with a line before it that nothing else signed here begins with. A
statement tells that this deployment's record of this number had this hash at this time.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, Self, TypeAlias

import msgspec

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import Checkpoint, JournalHead
from agentic_core.domain.times import Instant
from agentic_core.errors import ConfigError, UsageError

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
except ImportError as exc:
    _MISSING = "checkpoints are signed with cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["CheckpointKey", "PublicKey", "Refused", "SignatureCheck", "Signed", "Unproven", "check_signature"]

_TAG: Final = b"agentic journal checkpoint 1\n"
_SEED_BYTES: Final = 32
_ID_DIGITS: Final = 16


class _Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # The fields in the order in which they are written.
    at: Instant
    deployment: DeploymentId
    epoch: int | None
    hash: str
    key_id: str
    seq: int


class Signed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A key that is trusted signed exactly this."""

    epoch: int | None
    """Of the trading lease, as it was signed."""


class Unproven(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The key that is said to have signed is not known here."""

    key_id: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """It is not what was signed."""

    why: str


SignatureCheck: TypeAlias = Signed | Unproven | Refused


class PublicKey:
    """The half of a key that everybody may have."""

    def __init__(self, raw: bytes) -> None:
        """Take the 32 bytes.

        Raises:
            ConfigError: they are no key.
        """
        try:
            self._key: Final = Ed25519PublicKey.from_public_bytes(raw)
        except ValueError as exc:
            message = f"a public key of Ed25519 has {_SEED_BYTES} bytes, and this has {len(raw)}"
            raise ConfigError(message) from exc
        self.raw: Final = raw
        self.key_id: Final = sha256(raw).hexdigest()[:_ID_DIGITS]

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `str` writes.

        Raises:
            ConfigError: it is none.
        """
        try:
            raw = b64decode(text.strip(), validate=True)
        except ValueError as exc:
            message = f"{text.strip()!r} is no public key; it is written in base64"
            raise ConfigError(message) from exc
        return cls(raw)

    def __str__(self) -> str:
        return b64encode(self.raw).decode()

    def is_signer_of(self, content: bytes, signature: bytes) -> bool:
        """Tell whether its private half signed these bytes."""
        try:
            self._key.verify(signature, content)
        except InvalidSignature:
            return False
        return True


class CheckpointKey:
    """The key that signs; it belongs where no runner is."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes that the key is made of.

        Raises:
            ConfigError: they are not 32.
        """
        if len(seed) != _SEED_BYTES:
            message = f"a signing key of Ed25519 is made of {_SEED_BYTES} bytes, not {len(seed)}"
            raise ConfigError(message)
        self._key: Final = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: Final = PublicKey(self._key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"CheckpointKey({self.public.key_id})"

    def __reduce__(self) -> str:
        message = "a signing key is not copied by pickling it"
        raise UsageError(message)

    def sign(self, head: JournalHead, at: Instant) -> Checkpoint:
        """Sign a head that was verified.

        Raises:
            UsageError: there is no record to sign.
        """
        if head.seq < 1:
            message = f"the journal of {head.deployment} is empty; there is nothing to sign"
            raise UsageError(message)
        statement = _statement(head, self.public.key_id, at)
        return Checkpoint(
            deployment=head.deployment,
            seq=head.seq,
            hash=head.hash,
            key_id=self.public.key_id,
            statement=statement,
            signature=self._key.sign(_TAG + statement.encode()),
            made_at=at,
        )


def check_signature(checkpoint: Checkpoint, keys: Mapping[str, PublicKey]) -> SignatureCheck:
    """Judge whether a checkpoint says what a key that is trusted signed.

    Args:
        checkpoint: as it is stored.
        keys: those that are trusted, by their ids.
    """
    try:
        said = msgspec.json.decode(checkpoint.statement, type=_Statement)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return Refused(why="its statement cannot be read")
    head = JournalHead(deployment=said.deployment, seq=said.seq, hash=said.hash, epoch=said.epoch)
    if _statement(head, said.key_id, said.at) != checkpoint.statement:
        return Refused(why="its statement is not spelled as statements are")
    stored = (checkpoint.deployment, checkpoint.seq, checkpoint.hash, checkpoint.key_id, checkpoint.made_at)
    if stored != (said.deployment, said.seq, said.hash, said.key_id, said.at):
        return Refused(why="its row and its statement tell different things")
    key = keys.get(said.key_id)
    if key is None:
        return Unproven(key_id=said.key_id)
    if key.key_id != said.key_id or not key.is_signer_of(_TAG + checkpoint.statement.encode(), checkpoint.signature):
        return Refused(why=f"key {said.key_id} did not sign it")
    return Signed(epoch=said.epoch)


def _statement(head: JournalHead, key_id: str, at: Instant) -> str:
    statement = _Statement(
        at=at, deployment=head.deployment, epoch=head.epoch, hash=head.hash, key_id=key_id, seq=head.seq
    )
    return msgspec.json.encode(statement).decode()
