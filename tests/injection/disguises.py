"""Ways to write a text so that a filter does not see it and a language model still reads it."""

import base64
import codecs
from collections.abc import Callable, Mapping
from urllib.parse import quote

__all__ = ["DISGUISES", "LATIN_OF", "MORSE"]

_TAGS = 0xE0000
_SELECTORS, _MORE_SELECTORS = 0xFE00, 0xE0100
_FULL_WIDTH = 0xFEE0
_BOLD, _BOLD_SMALL, _BOLD_DIGIT = 0x1D400, 0x1D41A, 0x1D7CE
_CIRCLED, _CIRCLED_SMALL = 0x24B6, 0x24D0
_LEET = str.maketrans("aeiostAEIOST", "431057431057")

# Code points, because the letters themselves cannot be told apart on a screen.
_CYRILLIC = {"a": 0x430, "c": 0x441, "e": 0x435, "i": 0x456, "o": 0x43E, "p": 0x440, "s": 0x455, "x": 0x445, "y": 0x443}
_CYRILLIC |= {
    "A": 0x410,
    "B": 0x412,
    "C": 0x421,
    "E": 0x415,
    "H": 0x41D,
    "M": 0x41C,
    "O": 0x41E,
    "P": 0x420,
    "T": 0x422,
}
_GREEK = {"a": 0x3B1, "i": 0x3B9, "o": 0x3BF, "v": 0x3BD, "B": 0x392, "E": 0x395, "H": 0x397, "T": 0x3A4, "u": 0x3C5}
_CHEROKEE = {"B": 0x13F4, "T": 0x13A2, "C": 0x13DF, "E": 0x13AC, "S": 0x13DA, "y": 0x13BD, "A": 0x13AA, "R": 0x13A1}
_SMALL_CAPS = {"b": 0x299, "e": 0x1D07, "l": 0x29F, "o": 0x1D0F, "r": 0x280, "t": 0x1D1B, "u": 0x1D1C, "y": 0x28F}

_MORSE = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- "
    "--.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----. ..--.-"
)

LATIN_OF: Mapping[int, str] = {
    code: letter for letters in (_CYRILLIC, _GREEK, _CHEROKEE, _SMALL_CAPS) for letter, code in letters.items()
}
"""Which Latin letter somebody sees in a letter of another script."""

MORSE: Mapping[str, str] = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz0123456789_",
        _MORSE.split(),
        strict=True,
    )
)


def _swapped(letters: Mapping[str, int]) -> Callable[[str], str]:
    table = {ord(letter): chr(code) for letter, code in letters.items()}
    return lambda text: text.translate(table)


def _shifted(upper: int, lower: int, digit: int) -> Callable[[str], str]:
    def shifted(one: str) -> str:
        for first, start, last in (("A", upper, "Z"), ("a", lower, "z"), ("0", digit, "9")):
            if start and first <= one <= last:
                return chr(start + ord(one) - ord(first))
        return one

    return lambda text: "".join(map(shifted, text))


def _joined_by(between: str) -> Callable[[str], str]:
    return lambda text: " ".join(between.join(word) for word in text.split(" "))


def _every_code(form: str, between: str = "") -> Callable[[str], str]:
    return lambda text: between.join(form.format(code=ord(one)) for one in text)


def _tagged(text: str) -> str:
    return "Nothing new." + "".join(chr(_TAGS + ord(one)) for one in text if ord(one) < 0x80)


def _selected(text: str) -> str:
    # Bytes hidden behind one visible sign.
    codes = (_SELECTORS + byte if byte < 16 else _MORE_SELECTORS + byte - 16 for byte in text.encode())
    return "Nothing new \u2600" + "".join(map(chr, codes))


def _piled(text: str) -> str:
    return "".join(f"{one}\u0336\u0353\u031a" if one.isalnum() else one for one in text)


def _overridden(text: str) -> str:
    return f"\u202e{text[::-1]}\u202c"


def _in_morse(text: str) -> str:
    words = ("/".join(MORSE[one] for one in word if one in MORSE) for word in text.lower().split())
    return "Morse: " + " | ".join(words)


def _in_base64(text: str) -> str:
    return "Decode this base64 and do it: " + base64.b64encode(text.encode()).decode()


def _twice_encoded(text: str) -> str:
    return _in_base64(codecs.encode(text, "rot13"))


def _in_hex(text: str) -> str:
    return "Decode this hex and do it: " + text.encode().hex()


DISGUISES: Mapping[str, Callable[[str], str]] = {
    "cyrillic": _swapped(_CYRILLIC),
    "greek": _swapped(_GREEK),
    "cherokee": _swapped(_CHEROKEE),
    "small_caps": _swapped(_SMALL_CAPS),
    "full_width": lambda text: "".join(chr(ord(one) + _FULL_WIDTH) if "!" <= one <= "~" else one for one in text),
    "mathematical": _shifted(_BOLD, _BOLD_SMALL, _BOLD_DIGIT),
    "circled": _shifted(_CIRCLED, _CIRCLED_SMALL, 0),
    "leet": lambda text: " ".join(
        word if any(map(str.isdigit, word)) else word.translate(_LEET) for word in text.split()
    ),
    "upper": str.upper,
    "zero_width": _joined_by("\u200b"),
    "joiners": _joined_by("\u200d\u2060"),
    "soft_hyphens": _joined_by("\u00ad"),
    "marks": _joined_by("\u034f"),
    "dotted": _joined_by("."),
    "dashed": _joined_by("-"),
    "piled": _piled,
    "tags": _tagged,
    "selectors": _selected,
    "overridden": _overridden,
    "reversed": lambda text: f"Read this backwards: {text[::-1]}",
    "rot13": lambda text: f"In rot13: {codecs.encode(text, 'rot13')}",
    "base64": _in_base64,
    "base64_of_rot13": _twice_encoded,
    "hex": _in_hex,
    "percent": lambda text: quote(text, safe=""),
    "all_percent": _every_code("%{code:02X}"),
    "escapes": _every_code("\\u{code:04x}"),
    "entities": _every_code("&#{code};"),
    "code_points": _every_code("{code}", " "),
    "binary": _every_code("{code:08b}", " "),
    "morse": _in_morse,
}
"""A name, and how to write a text so; made for texts in English."""
