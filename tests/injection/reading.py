"""Every way in which a text can be read by somebody who is eager to understand it."""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from tests.injection.disguises import LATIN_OF, MORSE

__all__ = ["folded", "readings"]

_DEPTH = 2
_TAGS_FIRST, _TAGS_LAST = 0xE0020, 0xE007E
_SELECTORS, _SELECTORS_LAST = 0xFE00, 0xFE0F
_MORE, _MORE_LAST = 0xE0100, 0xE01EF
_PRINTABLE = 0.9
_LATIN = dict(LATIN_OF)
_UNLEET = str.maketrans("431057", "aeiost")
_LETTER_OF = {code: letter for letter, code in MORSE.items()}

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){12,}")
_CODES = re.compile(r"\d{2,6}(?: \d{2,6}){8,}")
_BINARY = re.compile(r"[01]{8,20}(?: [01]{8,20}){8,}")
_ESCAPE = re.compile(r"[\\/]u([0-9a-fA-F]{4})")
_SPACED = re.compile(r"(?<=\w)[.\-](?=\w(?:[.\-]|\b))")
_WORDS = re.compile(r"\S+")
_MORSE_WORDS = re.compile(r"[.\-/|_ ]{12,}")


def folded(text: str) -> str:
    """Return a text without accents, letter case, directions and everything that cannot be seen."""
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(one for one in plain if unicodedata.category(one) not in {"Mn", "Me", "Cf"} or one == "\n")
    return " ".join(kept.casefold().split())


def readings(text: str) -> Iterator[str]:
    """Yield the text, folded, and everything it can be unfolded or decoded to, each once."""
    seen: set[str] = set()
    for raw in _unpacked(text, _DEPTH):
        for read in (raw, *(unfold(raw) for unfold in _UNFOLDINGS)):
            plain = folded(read)
            if plain not in seen:
                seen.add(plain)
                yield plain


def _unpacked(text: str, depth: int) -> Iterator[str]:
    yield text
    for decode in _DECODERS if depth else ():
        other = decode(text)
        if other and other != text:
            yield from _unpacked(other, depth - 1)


def _printable(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    return text if sum(map(str.isprintable, text)) >= _PRINTABLE * len(text) else ""


def _from_base64(text: str) -> str:
    return " ".join(filter(None, map(_base64_word, _BASE64.findall(text))))


def _base64_word(word: str) -> str:
    try:
        return _printable(base64.b64decode(word + "=" * (-len(word) % 4)))
    except binascii.Error:
        return ""


def _from_hex(text: str) -> str:
    return " ".join(filter(None, (_printable(bytes.fromhex(word)) for word in _HEX.findall(text))))


def _from_codes(pattern: re.Pattern[str], base: int) -> Callable[[str], str]:
    def decode(text: str) -> str:
        codes = [int(word, base) for run in pattern.findall(text) for word in run.split()]
        return "".join(chr(code) for code in codes if 31 < code < 0x3000)

    return decode


def _from_tags(text: str) -> str:
    return "".join(chr(ord(one) - 0xE0000) for one in text if _TAGS_FIRST <= ord(one) <= _TAGS_LAST)


def _from_selectors(text: str) -> str:
    found = bytearray()
    for code in map(ord, text):
        if _SELECTORS <= code <= _SELECTORS_LAST:
            found.append(code - _SELECTORS)
        elif _MORE <= code <= _MORE_LAST:
            found.append(code - _MORE + 16)
    return _printable(bytes(found))


def _from_morse(text: str) -> str:
    runs = _MORSE_WORDS.findall(text)
    words = (word for run in runs for word in run.split("|"))
    return " ".join("".join(_LETTER_OF.get(letter.strip(), "") for letter in word.split("/")) for word in words)


def _unleet(text: str) -> str:
    def word(found: re.Match[str]) -> str:
        one = found[0]
        return one.translate(_UNLEET) if any(map(str.isalpha, one)) else one

    return _WORDS.sub(word, text)


_UNFOLDINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text.translate(_LATIN),
    _unleet,
    lambda text: _SPACED.sub("", text),
    lambda text: text[::-1],
    lambda text: codecs.encode(text, "rot13"),
)
_DECODERS: tuple[Callable[[str], str], ...] = (
    unquote,
    html.unescape,
    lambda text: _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text),
    _from_base64,
    _from_hex,
    _from_codes(_BINARY, 2),
    _from_codes(_CODES, 10),
    _from_tags,
    _from_selectors,
    _from_morse,
)
