"""Who may ask: whoever says one of the secrets, which are kept as digests only."""

from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest

__all__ = ["Bearer"]

_SCHEME = "bearer"


class Bearer:
    """Compares what `Authorization` says with every secret, in a time that tells nothing of them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets; without any nobody may ask."""
        # As an environment has it, which may be no text at all.
        self._digests = tuple(sha256(secret.encode(errors="surrogateescape")).digest() for secret in secrets if secret)

    def may(self, authorization: str | None) -> bool:
        """Tell whether a header, read as Latin-1 as HTTP has it, says one of the secrets."""
        scheme, _, said = (authorization or "").partition(" ")
        digest = sha256(said.encode("latin-1", "replace")).digest()
        # Digests are of one length, and all of them are looked at.
        matches = [compare_digest(digest, known) for known in self._digests]
        return scheme.lower() == _SCHEME and any(matches)
