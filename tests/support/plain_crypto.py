"""AES-256-GCM and HKDF-SHA256 once more, and sealed keys read from what `docs/concepts/keys.md` says of their bytes.

Nothing of the vault and no library of ciphers is used here, so that it can contradict both. Slow, and not safe against
who measures time.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from hashlib import sha256

__all__ = ["envelope_bounds", "gcm_open", "gcm_seal", "hkdf", "open_envelope", "seal_envelope"]

_BLOCK = 16
_ROUNDS = 14
_GHASH_POLYNOMIAL = 0xE1 << 120


def hkdf(root: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    """Derive a key as RFC 5869 says."""
    extracted = hmac.digest(salt or bytes(32), root, sha256)
    made, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), sha256)
        made += block
    return made[:length]


def gcm_seal(key: bytes, nonce: bytes, content: bytes, bound: bytes) -> bytes:
    """Encrypt, and append the tag; the nonce has 12 bytes."""
    hidden = _counted(key, nonce, content)
    return hidden + _tag(key, nonce, hidden, bound)


def gcm_open(key: bytes, nonce: bytes, closed: bytes, bound: bytes) -> bytes | None:
    """Decrypt what ends with its tag, or return None where the tag is another."""
    hidden, tag = closed[:-_BLOCK], closed[-_BLOCK:]
    return _counted(key, nonce, hidden) if _tag(key, nonce, hidden, bound) == tag else None


def envelope_bounds(name: str, kek_id: str, sealed: str, *, purpose: str = "sign_orders") -> tuple[bytes, bytes]:
    """Return what `wrapped` and `sealed` are bound to, by what the key is called in the vault."""
    _, network, tenant, address, bound = name.split("/")
    inner = _line(["agentic-perps/key", "v1", purpose, tenant, network, address])
    deployment = None if bound == "unbound" else bound
    outer = _line(["agentic-perps/wrap", kek_id, deployment, inner, sha256(sealed.encode()).hexdigest()])
    return outer.encode(), inner.encode()


def open_envelope(name: str, envelope: str, root: bytes) -> bytes | None:
    """Return the key in an envelope, or None where a tag does not fit."""
    version, kek_id, wrapped, sealed = envelope.split(".")
    assert version == "v1"
    outer, inner = envelope_bounds(name, kek_id, sealed)
    own = _opened(_wrapping(root, kek_id, name), wrapped, outer)
    return None if own is None else _opened(own, sealed, inner)


def seal_envelope(
    name: str, kek_id: str, root: bytes, secret: bytes, *, purpose: str = "sign_orders", wrapped_for: str = ""
) -> str:
    """Return an envelope as the vault makes them; for another purpose where one is named, or wrapped for another."""
    own = sha256(b"of its own" + secret).digest()
    _, inner = envelope_bounds(name, kek_id, "", purpose=purpose)
    sealed = _closed(own, secret, inner)
    outer, _ = envelope_bounds(name, kek_id, sealed, purpose=wrapped_for or purpose)
    return f"v1.{kek_id}.{_closed(_wrapping(root, kek_id, name), own, outer)}.{sealed}"


def _wrapping(root: bytes, kek_id: str, name: str) -> bytes:
    bound = name.split("/")[4]
    return hkdf(root, salt=b"", info=f"agentic-perps/wrapping-key/v1/{kek_id}/{bound}".encode(), length=32)


def _line(parts: list[str | None]) -> str:
    return json.dumps(parts, separators=(",", ":"), ensure_ascii=False)


def _opened(key: bytes, text: str, bound: bytes) -> bytes | None:
    content = urlsafe_b64decode(text)
    return gcm_open(key, content[:12], content[12:], bound)


def _closed(key: bytes, content: bytes, bound: bytes) -> str:
    nonce = sha256(content + bound).digest()[:12]
    return urlsafe_b64encode(nonce + gcm_seal(key, nonce, content, bound)).decode()


def _counted(key: bytes, nonce: bytes, content: bytes) -> bytes:
    # Counter 1 is the tag's.
    made = bytearray()
    for number, at in enumerate(range(0, len(content), _BLOCK), start=2):
        pad = _encrypted(key, nonce + number.to_bytes(4, "big"))
        made += bytes(one ^ other for one, other in zip(content[at : at + _BLOCK], pad, strict=False))
    return bytes(made)


def _tag(key: bytes, nonce: bytes, hidden: bytes, bound: bytes) -> bytes:
    subkey = int.from_bytes(_encrypted(key, bytes(_BLOCK)), "big")
    lengths = (8 * len(bound)).to_bytes(8, "big") + (8 * len(hidden)).to_bytes(8, "big")
    total = 0
    for part in (bound, hidden, lengths):
        for at in range(0, len(part), _BLOCK):
            total = _multiplied(total ^ int.from_bytes(part[at : at + _BLOCK].ljust(_BLOCK, b"\0"), "big"), subkey)
    return (total ^ int.from_bytes(_encrypted(key, nonce + b"\0\0\0\1"), "big")).to_bytes(_BLOCK, "big")


def _multiplied(one: int, other: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (_GHASH_POLYNOMIAL if other & 1 else 0)
    return product


def _encrypted(key: bytes, block: bytes) -> bytes:
    box, keys = _box(), _round_keys(key)
    state = _added(block, keys[0])
    for number in range(1, _ROUNDS):
        state = _added(_mixed(_shifted(state, box)), keys[number])
    return _added(_shifted(state, box), keys[_ROUNDS])


def _added(one: bytes, other: bytes) -> bytes:
    return bytes(first ^ second for first, second in zip(one, other, strict=True))


def _shifted(state: bytes, box: bytes) -> bytes:
    # Columns of four: row r of column c comes from column c + r.
    return bytes(box[state[(at + 4 * (at % 4)) % _BLOCK]] for at in range(_BLOCK))


def _mixed(state: bytes) -> bytes:
    made = bytearray()
    for at in range(0, _BLOCK, 4):
        column = state[at : at + 4]
        for row in range(4):
            first, second, third, fourth = (column[(row + step) % 4] for step in range(4))
            made.append(_times(first, 2) ^ _times(second, 3) ^ third ^ fourth)
    return bytes(made)


@cache
def _times(one: int, other: int) -> int:
    product = 0
    while other:
        product ^= one if other & 1 else 0
        one = one << 1 ^ (0x11B if one & 0x80 else 0)
        other >>= 1
    return product


@cache
def _box() -> bytes:
    made = bytearray([0x63])
    for value in range(1, 256):
        inverse = next(other for other in range(1, 256) if _times(value, other) == 1)
        turned = inverse | inverse << 8
        spread = inverse ^ turned >> 4 ^ turned >> 5 ^ turned >> 6 ^ turned >> 7
        made.append((spread ^ 0x63) & 0xFF)
    return bytes(made)


@cache
def _round_keys(key: bytes) -> tuple[bytes, ...]:
    box = _box()
    words = [key[at : at + 4] for at in range(0, 32, 4)]
    constant = 1
    for number in range(8, 4 * (_ROUNDS + 1)):
        word = words[-1]
        if number % 8 == 0:
            word = bytes(box[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _times(constant, 2)
        elif number % 8 == 4:
            word = bytes(box[byte] for byte in word)
        words.append(_added(words[-8], word))
    return tuple(b"".join(words[at : at + 4]) for at in range(0, len(words), 4))
