"""Where unpredictable values come from."""

from typing import Protocol

__all__ = ["Entropy"]


class Entropy(Protocol):
    """Values nobody can guess; whatever can be derived from given values should be derived instead."""

    def uuid(self) -> str:
        """Draw a random UUID (version 4) as lower-case text with hyphens."""

    def token_bytes(self, count: int) -> bytes:
        """Draw this many bytes fit for keys and tokens."""
