"""What a record says of a text that it does not hold: enough to know the text again, nothing to find it by.

Text and salt lie beside the chain. Once both are erased nobody can tell what the text was, and the chain stays whole.
"""

import hmac
from hashlib import sha256
from typing import Final

from agentic_core.errors import UsageError

__all__ = ["SALT_BYTES", "commit", "opens"]

SALT_BYTES: Final = 32
"""As many as the hash has: whoever guesses the text still has to guess these."""


def commit(salt: bytes, payload: str) -> str:
    """Return the commitment to a text: 64 hex digits.

    Raises:
        UsageError: the salt is not 32 bytes long.

    >>> commit(bytes(32), "hold")[:16]
    'b65b58e00be631fa'
    """
    if len(salt) != SALT_BYTES:
        message = f"a commitment needs a salt of {SALT_BYTES} bytes, not of {len(salt)}; draw it from an Entropy"
        raise UsageError(message)
    return hmac.new(salt, payload.encode(), sha256).hexdigest()


def opens(commitment: str, salt: bytes, payload: str) -> bool:
    """Tell whether a text is the one that was committed to."""
    return len(salt) == SALT_BYTES and hmac.compare_digest(commitment.encode(), commit(salt, payload).encode())
