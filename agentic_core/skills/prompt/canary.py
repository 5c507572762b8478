"""A word that shows when the text of a skill gets out."""

from hashlib import sha256

__all__ = ["canary_of"]

_LETTERS = "bcdfghjkmnpqrstvwxz"
_LENGTH = 16


def canary_of(payload_hash: str) -> str:
    """Derive the canary of a skill version: a word that no language has, and that occurs nowhere else.

    >>> canary_of("0" * 64)
    'qvm-zpczhrdsmndbjdrh'
    """
    left = int.from_bytes(sha256(f"canary\x1f{payload_hash}".encode()).digest())
    letters: list[str] = []
    for _ in range(_LENGTH):
        left, place = divmod(left, len(_LETTERS))
        letters.append(_LETTERS[place])
    return f"qvm-{''.join(letters)}"
