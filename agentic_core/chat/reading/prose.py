"""Prose of a chat model, made fit to be stored and shown to people."""

import unicodedata

__all__ = ["prose"]

_KEPT = frozenset("\n\t")
_INSTEAD = "\ufffd"


def prose(text: str, most: int) -> str:
    r"""Return at most so many characters, without halves of characters and without control characters.

    PostgreSQL stores neither a NUL nor half a character, and a terminal obeys the other control characters.

    >>> prose("up\x00\x1b[2J\nthen down", 7)
    'up[2J\nt'
    """
    return "".join(kept for one in text[: 2 * most] if (kept := _shown(one)))[:most]


def _shown(one: str) -> str:
    if one in _KEPT:
        return one
    category = unicodedata.category(one)
    if category == "Cs":
        return _INSTEAD
    return "" if category in {"Cc", "Cf"} else one
