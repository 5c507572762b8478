"""Envelopes: a key sealed under a key of its own, which is wrapped under a wrapping key.

What the inner seal is bound to never changes: tenant, network, address, purpose and version. The wrapping is bound to
all of it, to the sealed text, to the root key and to the deployment, and is all that sealing anew changes.
"""

import base64
from collections.abc import Callable
from hashlib import sha256
from typing import TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agentic_core.errors import KeyUnavailable
from agentic_core.ports.entropy import Entropy
from agentic_core.ports.secrets import KeyScope, SealedKey
from agentic_core.ports.wallet import WalletKey
from agentic_core.store.sealed_keys import ENVELOPE
from agentic_core.store.vault.key_ring import WrappingKeys

__all__ = ["opened", "rewrapped", "sealed"]

_VERSION = "v1"
_PURPOSE = "sign_orders"
_KEY_BYTES = 32
_NONCE_BYTES = 12


_Hidden: TypeAlias = Callable[[], bytes]
"""Secret bytes as frames hold them here: a traceback that shows variables shows none of these."""


def sealed(key: WalletKey, scope: KeyScope, under: WrappingKeys, entropy: Entropy) -> SealedKey:
    """Seal a key under a fresh one of its own, and wrap that under the newest wrapping key."""
    own = _hidden(entropy.token_bytes(_KEY_BYTES))
    inner = _text(_closed(own, key.reveal, _inner_bound(scope, key.address), entropy))
    return _enveloped(own, inner, key.address, scope, under, entropy)


def opened(kept: SealedKey, under: WrappingKeys) -> WalletKey:
    """Return what was sealed; whether it is the key of that address is not looked at.

    Raises:
        KeyUnavailable: it is sealed under other keys, for somebody else, or was altered.
    """
    own, inner = _unwrapped(kept, under)
    return WalletKey(kept.address, _open(own, _bytes(inner), _inner_bound(kept.scope, kept.address), kept))


def rewrapped(
    kept: SealedKey, under: WrappingKeys, scope: KeyScope, newly_under: WrappingKeys, entropy: Entropy
) -> SealedKey:
    """Wrap the key of its own anew; what it seals is not opened, and stays as it is.

    Raises:
        KeyUnavailable: as for `opened`.
    """
    own, inner = _unwrapped(kept, under)
    return _enveloped(own, inner, kept.address, scope, newly_under, entropy)


def _enveloped(
    own: _Hidden, inner: str, address: str, scope: KeyScope, under: WrappingKeys, entropy: Entropy
) -> SealedKey:
    kek_id = under.newest
    bound = _outer_bound(scope, address, kek_id, inner)
    outer = _text(_closed(lambda: under.reveal(kek_id), own, bound, entropy))
    return SealedKey(scope=scope, address=address, envelope=f"{_VERSION}.{kek_id}.{outer}.{inner}")


def _unwrapped(kept: SealedKey, under: WrappingKeys) -> tuple[_Hidden, str]:
    found = ENVELOPE.fullmatch(kept.envelope)
    if found is None:
        raise KeyUnavailable(
            f"what the vault keeps for {kept.address} is not a sealed key; somebody has overwritten it"
        )
    kek_id, outer, inner = found.groups()
    if kek_id not in under:
        raise KeyUnavailable(
            f"the key of {kept.address} is sealed under {kek_id!r}, and there is only {under!r} here; add that key, or "
            "rotate with both"
        )
    bound = _outer_bound(kept.scope, kept.address, kek_id, inner)
    return _hidden(_open(lambda: under.reveal(kek_id), _bytes(outer), bound, kept)), inner


def _closed(key: _Hidden, content: _Hidden, bound: bytes, entropy: Entropy) -> bytes:
    nonce = entropy.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key()).encrypt(nonce, content(), bound)


def _open(key: _Hidden, content: bytes, bound: bytes, kept: SealedKey) -> bytes:
    try:
        return AESGCM(key()).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound)
    except InvalidTag:
        pass
    raise KeyUnavailable(
        f"the key of {kept.address} does not open for {kept.scope.deployment or 'no deployment'} on "
        f"{kept.scope.network}: it was sealed for another scope or under another key of that id, or was altered"
    )


def _hidden(content: bytes) -> _Hidden:
    return lambda: content


def _inner_bound(scope: KeyScope, address: str) -> bytes:
    return msgspec.json.encode(["agentic-perps/key", _VERSION, _PURPOSE, scope.tenant, scope.network, address])


def _outer_bound(scope: KeyScope, address: str, kek_id: str, inner: str) -> bytes:
    of_inner = _inner_bound(scope, address).decode()
    sealed_hash = sha256(inner.encode()).hexdigest()
    return msgspec.json.encode(["agentic-perps/wrap", kek_id, scope.deployment, of_inner, sealed_hash])


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)
