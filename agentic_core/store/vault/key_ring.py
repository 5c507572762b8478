"""Root keys, and the wrapping keys that are derived from them for one deployment each."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import NoReturn

from agentic_core.domain.ids import DeploymentId
from agentic_core.errors import ConfigError, UsageError

try:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError as exc:
    _MISSING = "keys are sealed with cryptography: pip install 'agentic-perps[postgres]'"
    raise ConfigError(_MISSING) from exc

__all__ = ["KeyRing", "WrappingKeys"]

_KEY_BYTES = 32
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_UNBOUND = "unbound"
"""No id of a deployment, which are UUIDs."""


class WrappingKeys:
    """The wrapping keys of one deployment, by the root key they come from, the newest first.

    No text, copy, pickle or encoder reveals them.
    """

    __slots__ = ("_keys", "deployment")

    def __init__(self, deployment: DeploymentId | None, keys: Mapping[str, bytes]) -> None:
        self.deployment = deployment
        self._keys = dict(keys)

    @classmethod
    def from_text(cls, deployment: DeploymentId, text: str) -> "WrappingKeys":
        """Read what `to_text` wrote.

        Raises:
            ConfigError: it is none; it is not repeated.
        """
        keys = _read(text, "wrapping key")
        if isinstance(keys, str):
            del text  # a traceback may show the variables of this frame
            raise ConfigError(keys)
        return cls(deployment, keys)

    def to_text(self) -> str:
        """Write them for the runner's environment and for nothing else: `id:base64`, with commas in between."""
        return ",".join(f"{kek_id}:{base64.b64encode(key).decode()}" for kek_id, key in self._keys.items())

    @property
    def newest(self) -> str:
        """The id of the root key that new envelopes are under."""
        return next(iter(self._keys))

    def __contains__(self, kek_id: str) -> bool:
        return kek_id in self._keys

    def reveal(self, kek_id: str) -> bytes:
        """Return one of them, for sealing and opening and for nothing else."""
        return self._keys[kek_id]

    def __repr__(self) -> str:
        return f"WrappingKeys({self.deployment or _UNBOUND}, {', '.join(self._keys)})"

    def __reduce__(self) -> NoReturn:
        raise UsageError(f"{self!r} is neither copied nor pickled; derive it again from the root keys")


class KeyRing:
    """The root keys by their ids, the newest first; no text, copy, pickle or encoder reveals them."""

    __slots__ = ("_roots",)

    def __init__(self, roots: Mapping[str, bytes]) -> None:
        """Take at least one root key of 32 bytes."""
        self._roots = dict(roots)

    @classmethod
    def from_text(cls, text: str) -> "KeyRing":
        """Read `id:base64`, several with commas in between, the newest first.

        Raises:
            ConfigError: it is none; it is not repeated.
        """
        roots = _read(text, "key-encryption key")
        if isinstance(roots, str):
            del text  # a traceback may show the variables of this frame
            raise ConfigError(roots)
        return cls(roots)

    @property
    def newest(self) -> str:
        """The id of the root key that new envelopes are under."""
        return next(iter(self._roots))

    def wrapping_keys(self, deployment: DeploymentId | None) -> WrappingKeys:
        """Derive the keys of a deployment, or those of keys that no deployment has yet."""
        derived = {kek_id: _derived(root, kek_id, deployment or _UNBOUND) for kek_id, root in self._roots.items()}
        return WrappingKeys(deployment, derived)

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._roots)})"

    def __reduce__(self) -> NoReturn:
        raise UsageError(f"{self!r} is neither copied nor pickled; read it again from where it is kept")


def _derived(root: bytes, kek_id: str, deployment: str) -> bytes:
    purpose = f"agentic-perps/wrapping-key/v1/{kek_id}/{deployment}"
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose.encode()).derive(root)


def _read(text: str, what: str) -> dict[str, bytes] | str:
    # The keys, or what is wrong with the text, which is not repeated.
    keys: dict[str, bytes] = {}
    for number, part in enumerate(text.split(","), start=1):
        kek_id, _, encoded = part.strip().partition(":")
        key = _decoded(encoded)
        if _ID.fullmatch(kek_id) is None or key is None:
            return (
                f"{what} {number} cannot be read: write it as id:base64, the id in lower case and the key of exactly "
                f"{_KEY_BYTES} bytes, as `openssl rand -base64 {_KEY_BYTES}` draws one"
            )
        if kek_id in keys:
            return f"{what} {number} has the id {kek_id!r} of an earlier one; ids are given once"
        keys[kek_id] = key
    return keys


def _decoded(encoded: str) -> bytes | None:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == _KEY_BYTES else None
