"""Texts spoilt at random, mostly so that they are still JSON or nearly so: a parser sees more than its first check."""

import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import shake_256

__all__ = ["Chance", "Spoiler"]

_BLOCK_BYTES = 1 << 16
_FEW = 8
_REPEATS = (2, 3, 50)
_TIMES = (1, 1, 1, 2, 2, 3, 6)

_tokens = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+').findall

_DIGITS = b"9" * 400
NASTY = (
    b"null", b"true", b"false", b"0", b"-0", b"-1", b"1.5", b"1.0", b"1e5", b"-1E-7", b"1e999", b"-1e999", b"NaN",
    b"Infinity", b"-Infinity", b"4294967296", b"9223372036854775808", b"18446744073709551616", b"253402300800000",
    _DIGITS, b"-" + _DIGITS, b"0." + _DIGITS, b"{}", b"[]", b"[[]]", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\",
    b'""', b'"0"', b'"-0"', b'"-0.0"', b'"0.0"', b'"1e5"', b'"NaN"', b'"sNaN"', b'"Infinity"', b'"+1"', b'".5"',
    b'"1."', b'"1_000"', b'"01"', b'" 1"', b'"1\\n"', b'"\\u0661"', b'"-1"', b'"99999999999999999999999.99999999999"',
    b'"' + _DIGITS + b'"', b'"0.' + b"0" * 60 + b'1"', b'"\\ud800"', b'"\xff"', b'"\xc3\x28"', b"\x00", b"\xff\xfe",
    b'"B"', b'"A"', b'"1"', b'"0.5"', b'"77558.0"',
    b'"cross"', b'"agent"', b'"order"', b'"open"', b'"err"', b'"ok"', b'"success"', b'"error"',
    b'"statuses"', b'"channel"', b'"data"', b'"coin"', b'"BTC"', b'"USDC"', b'"isSnapshot"', b'{"a":', b'[1,"2",null]',
    b"[" * 900, b"[" * 60_000, b'{"a":' * 2_000, b"[" * 300 + b"]" * 300,
)  # fmt: skip
"""What is put where something else belongs."""

_STRINGS = tuple(one for one in NASTY if len(one) > 1 and one[:1] == b'"')
_NUMBERS = tuple(one for one in NASTY if one[:1] in b"-0123456789")
_WORDS = (b"null", b"true", b"false")


class Chance:
    """Numbers that look random and are the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._words = self._drawn(seed)

    def below(self, limit: int) -> int:
        """Return a number from 0 up to a limit, which it does not reach."""
        return next(self._words) % limit

    def _drawn(self, seed: str) -> Iterator[int]:
        block = 0
        while True:
            yield from memoryview(shake_256(f"{seed} {block}".encode()).digest(_BLOCK_BYTES)).cast("I")
            block += 1


class Spoiler:
    """Makes spoilt texts out of sound ones."""

    def __init__(self, seeds: Sequence[bytes], chance: Chance) -> None:
        """Take the sound texts, at least one, and where the numbers come from."""
        self._seeds = [_tokens(seed) for seed in seeds]
        self._chance = chance
        self._ways: tuple[Callable[[list[bytes], int], None], ...] = (
            *[self._retold] * 9, self._replaced, self._replaced, self._deleted, self._doubled, self._swapped,
            self._inserted, self._range_deleted, self._range_repeated, self._spliced,
        )  # fmt: skip

    def text(self) -> bytes:
        """Return one spoilt text."""
        below = self._chance.below
        tokens = self._seeds[below(len(self._seeds))].copy()
        for _ in range(_TIMES[below(len(_TIMES))]):
            self._ways[below(len(self._ways))](tokens, below(max(1, len(tokens))))
        text = b"".join(tokens)
        die = below(16)
        if die > 1 or not text:
            return text
        at = below(len(text))
        return text[:at] if die else text[:at] + bytes((below(256),)) + text[at + 1 :]

    def _replaced(self, tokens: list[bytes], at: int) -> None:
        tokens[at : at + 1] = (NASTY[self._chance.below(len(NASTY))],)

    def _retold(self, tokens: list[bytes], at: int) -> None:
        # By something of the same kind, so that the text stays sound JSON and often of the right type.
        old = tokens[at] if tokens else b""
        others = _STRINGS if old[:1] == b'"' else _NUMBERS if old[:1] in b"-0123456789" else _WORDS
        if old[:1] not in b"{}[],:":
            tokens[at] = others[self._chance.below(len(others))]

    def _inserted(self, tokens: list[bytes], at: int) -> None:
        tokens.insert(at, NASTY[self._chance.below(len(NASTY))])

    def _deleted(self, tokens: list[bytes], at: int) -> None:
        del tokens[at : at + 1]

    def _doubled(self, tokens: list[bytes], at: int) -> None:
        tokens[at:at] = tokens[at : at + 1]

    def _swapped(self, tokens: list[bytes], at: int) -> None:
        if tokens:
            other = self._chance.below(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]

    def _range_deleted(self, tokens: list[bytes], at: int) -> None:
        del tokens[at : at + self._chance.below(_FEW)]

    def _range_repeated(self, tokens: list[bytes], at: int) -> None:
        part = tokens[at : at + 1 + self._chance.below(_FEW)]
        tokens[at:at] = part * _REPEATS[self._chance.below(len(_REPEATS))]

    def _spliced(self, tokens: list[bytes], at: int) -> None:
        other = self._seeds[self._chance.below(len(self._seeds))]
        tokens[at:] = other[self._chance.below(max(1, len(other))) :]
