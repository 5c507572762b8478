"""The journal's format once more, written from `docs/concepts/journal.md` alone and sharing nothing with the code."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JournalEntry

__all__ = ["Record", "committed", "digest_of", "framed", "is_signed", "line_of", "link", "links_of"]

_START = "0" * 64
_BLOCK = 64

Facts: TypeAlias = dict[str, str | int | bool]


class Record(NamedTuple):
    """What one record says."""

    kind: str
    epoch: int | None
    body: Facts


def digest_of(text: str) -> str:
    """Return SHA-256 over a zero byte, the tag, a line feed and the text."""
    return sha256(bytes([0]) + b"journal/v1" + bytes([10]) + text.encode("utf-8")).hexdigest()


def committed(salt: bytes, text: str) -> str:
    """Return HMAC-SHA256 of a text under a salt of 32 bytes, put together from RFC 2104."""
    assert len(salt) == 32
    key = salt + bytes(_BLOCK - len(salt))
    inner = sha256(bytes(byte ^ 0x36 for byte in key) + text.encode("utf-8")).digest()
    return sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def is_signed(public: bytes, statement: str, signature: bytes) -> bool:
    """Tell whether the key signed the statement behind its line."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, b"agentic journal checkpoint 1\n" + statement.encode()
        )
    except InvalidSignature:
        return False
    return True


def line_of(record: dict[str, object]) -> str:
    """Write a record in the one way there is."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(
    deployment: DeploymentId, seq: int, prev: str, kind: str, body: object, *, epoch: int | None = None
) -> JournalEntry:
    """Make a record that follows another one, as somebody would who writes a chain anew."""
    told: dict[str, object] = {"at": 1, "body": body, "deployment": deployment, "kind": kind, "prev": prev, "seq": seq}
    text = line_of({**told, "v": 1} | ({} if epoch is None else {"epoch": epoch}))
    return JournalEntry(deployment=deployment, seq=seq, epoch=epoch, kind=kind, record=text, hash=digest_of(text))


def links_of(deployment: str, entries: Sequence[JournalEntry]) -> list[Record]:
    """Return what the records of a whole journal say, once every word of the format holds of them."""
    prev, highest, said = _START, 0, []
    for number, entry in enumerate(entries, start=1):
        told = json.loads(entry.record, object_pairs_hook=_without_repeats, parse_float=_refuse, parse_constant=_refuse)
        assert entry.record == line_of(told), "there is one way to write a record"
        assert entry.hash == digest_of(entry.record)
        assert (told["prev"], told["seq"], told["deployment"]) == (prev, number, deployment)
        assert (entry.seq, entry.kind, entry.deployment) == (number, told["kind"], deployment)
        assert (told["kind"] == "genesis") == (number == 1)
        assert entry.epoch == told.get("epoch")
        assert (entry.epoch or 0) >= highest, "the epoch never falls"
        assert highest == 0 or entry.epoch is not None
        assert all(isinstance(value, str | int) for value in told["body"].values())
        prev, highest = entry.hash, entry.epoch or 0
        said.append(Record(told["kind"], entry.epoch, told["body"]))
    return said


def framed(content: bytes) -> bytes:
    """Wrap content as the runner's copy does: length, CRC-32 of length and content, content."""
    length = len(content).to_bytes(4, "big")
    return length + _crc(length + content).to_bytes(4, "big") + content


def _crc(content: Iterable[int]) -> int:
    # CRC-32 as ISO 3309 has it, bit by bit.
    rest = 0xFFFFFFFF
    for byte in content:
        rest ^= byte
        for _ in range(8):
            rest = rest >> 1 ^ (0xEDB88320 if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), "a name stands twice"
    return dict(pairs)


def _refuse(text: str) -> None:
    message = f"a record holds no fraction, and this holds {text}"
    raise AssertionError(message)
