"""The operating system's source of randomness."""

import secrets
from uuid import uuid4

__all__ = ["SystemEntropy"]


class SystemEntropy:
    """Draws from the operating system."""

    def uuid(self) -> str:
        """Draw a random UUID as text."""
        return str(uuid4())

    def token_bytes(self, count: int) -> bytes:
        """Draw this many bytes fit for keys."""
        return secrets.token_bytes(count)
