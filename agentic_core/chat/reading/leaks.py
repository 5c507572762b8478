"""Whether a text gives away the canary: a word that stands in the stable text and that no answer has a reason to say.

It is looked for as it stands, and in the disguises that a chat model can be talked into: other cases, accents,
look-alike letters and other scripts, letters apart, backwards, shifted by thirteen, as escapes of JSON, HTML and
addresses, in Base64 and in hexadecimal. A row of its letters is enough. Not every cipher is meant to be found: the
canary holds no secret, it shows that the instructions leak.
"""

import codecs
import html
import re
import unicodedata
from base64 import b64encode
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

__all__ = ["leaks"]

_ESCAPE: Final = re.compile(r"\\u\{?([0-9a-fA-F]{4})\}?")
_UNFOLDINGS: Final = 3
_BASE64_GROUP: Final = 3
_PIECE: Final = 12
"""So many letters in a row are no accident, whatever was left out before and after them."""

_LOOK_ALIKES: Final = {
    "b": "\u0180\u0253\u0299\u0431\u0432\u044c\u03b2",
    "c": "\u1d04\u0441\u0446\u03f2\u2ca5",
    "d": "\u0111\u0257\u1d05\u0434\u0501\u03b4",
    "f": "\u0192\ua730\u0444\u03c6\u03dd",
    "g": "\u01e5\u0261\u0262\u0433\u03b3\u0581",
    "h": "\u0127\u029c\u043d\u0445\u04bb\u0570",
    "j": "\u0237\u1d0a\u0436\u0439\u0458\u03f3",
    "k": "\u0199\u1d0b\u043a\u03ba",
    "m": "\u0271\u1d0d\u043c\u03bc",
    "n": "\u014b\u0274\u043d\u043f\u03b7\u03bd\u0578\u057c",
    "p": "\u01a5\u1d18\u043f\u0440\u03c0\u03c1\u2ca3",
    "q": "\u024b\u043a\u051b\u0563\u0566",
    "r": "\u027d\u0280\u0433\u0440\u03c1\u1d26",
    "s": "\u0455\ua731\u0441\u03c2\u03c3",
    "t": "\u0167\u1d1b\u0442\u03c4",
    "v": "\u028b\u1d20\u0432\u0475\u03bd",
    "w": "\u1d21\u0432\u0448\u051d\u0461\u03c9\u0561",
    "x": "\u0445\u03be\u03c7",
    "z": "\u01b6\u1d22\u0437\u03b6",
}
"""Letters that look or sound like those of a canary, in small."""


def leaks(canary: str, text: str) -> bool:
    """Return whether a text holds the canary; an empty one is in no text."""
    if not canary:
        return False
    read = _unfolded(text)
    if _pattern(canary).search(_letters(read)):
        return True
    packed = "".join(read.split())
    return any(one in packed for one in _encoded(canary))


@lru_cache(maxsize=64)
def _pattern(canary: str) -> re.Pattern[str]:
    plain = _letters(canary)
    words = (plain, plain[::-1], codecs.encode(plain, "rot13"))
    pieces = [_alike(piece) for word in words for piece in _pieces(word)]
    in_hex = [canary.encode().hex(), canary.encode("utf-16-be").hex()]
    return re.compile("|".join(pieces + in_hex))


def _pieces(word: str) -> list[str]:
    return [word[place : place + _PIECE] for place in range(max(1, len(word) - _PIECE + 1))]


def _alike(piece: str) -> str:
    return "".join(f"[{letter}{_LOOK_ALIKES.get(letter, '')}]" for letter in piece)


@lru_cache(maxsize=64)
def _encoded(canary: str) -> tuple[str, ...]:
    # Base64 depends on where in a group of three bytes the word begins; the edges that its neighbours decide are cut.
    found = []
    for offset in range(_BASE64_GROUP):
        text = b64encode(b"\0" * offset + canary.encode()).decode().rstrip("=")
        head = -(-offset * 8 // 6)
        whole = (offset + len(canary.encode())) * 8 // 6
        found.append(text[head:whole])
    return tuple(found)


def _unfolded(text: str) -> str:
    for _ in range(_UNFOLDINGS):
        plain = unquote(html.unescape(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)))
        if plain == text:
            break
        text = plain
    return text


def _letters(text: str) -> str:
    if not text.isascii():
        # Putting a long row of marks in order takes time by its square, and no mark is a letter.
        bare = "".join(one for one in text if not unicodedata.combining(one))
        text = unicodedata.normalize("NFKD", bare)
    return "".join(one for one in text.casefold() if one.isalnum())
