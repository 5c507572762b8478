"""The building blocks of a skill's schema: sections, exact numbers, and refusals that say what to do.

Nothing is coerced: a number in quotes is not a number, and a float is refused because it cannot be exact. Every refusal
is written as `was <value>; write <what would be right>`.
"""

import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.times import Interval

__all__ = [
    "INCONSISTENT",
    "PLAIN_NAME",
    "CapPercent",
    "Dollars",
    "IntervalText",
    "LossPercent",
    "Problem",
    "Section",
    "StopPercent",
    "SymbolText",
    "Symbols",
    "choice",
    "line",
    "nearest",
    "number",
    "prose",
    "shown",
    "whole",
]

INCONSISTENT = "inconsistent"
"""The pydantic error type under which a section reports fields that do not fit together."""

PLAIN_NAME = re.compile(r"(?:[A-Za-z0-9]{1,12}:)?[@#]?[A-Za-z0-9]{1,16}(?:\.[A-Za-z0-9]{1,3})?(?:/[A-Za-z0-9]{1,12})?")
"""Names of instruments that hold nothing but a name, such as BTC, kPEPE, xyz:GOLD, @107 or PURR/USDC."""

_SHOWN_MAX = 60
_SYMBOLS_MAX = 20
_SYMBOL = re.compile(r"[A-Za-z0-9:._&$!+@/-]{1,32}")
_PAIR = re.compile(r"(?P<base>[A-Za-z0-9]+)[-/_](PERP|USD|USDC|USDT)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a skill."""

    path: str
    """Where, with dots between the names; empty for the whole."""
    message: str
    """What was wrong, and what to do."""

    def under(self, parent: str) -> "Problem":
        """Return the same problem seen from an enclosing section."""
        return Problem(path=".".join(part for part in (parent, self.path) if part), message=self.message)


class Section(BaseModel):
    """An object of a skill file: frozen, strict, and without fields that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def inconsistencies(self) -> Iterable[Problem]:
        """List what is wrong between fields that are right one by one."""
        return ()

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        problems = tuple(self.inconsistencies())
        if problems:
            text = "\n".join(f"{problem.path}: {problem.message}" for problem in problems)
            raise PydanticCustomError(INCONSISTENT, "{text}", {"text": text, "problems": problems})
        return self


def shown(value: object) -> str:
    """Write a value of a JSON file for an error message, shortened.

    >>> shown(None), shown(Decimal("2.50")), shown("BTC"), shown([1, 2])
    ('null', '2.50', '"BTC"', 'a list')
    """
    match value:
        case None | True | False:
            text = {None: "null", True: "true", False: "false"}[value]
        case str():
            text = json.dumps(value, ensure_ascii=False)
        case list() | tuple():
            text = "a list"
        case dict():
            text = "an object"
        case float():
            text = f"the float {value}"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None; case, hyphens and underscores do not count.

    >>> nearest("max_position_pct", ["maxPositionPct", "maxLeverage"])
    'maxPositionPct'
    """
    folded = {_fold(name): name for name in known}
    found = get_close_matches(_fold(word), folded, n=1, cutoff=0.75)
    return folded[found[0]] if found else None


def _fold(word: str) -> str:
    return word.replace("_", "").replace("-", "").lower()


def _exact(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return exact if (exact := Decimal(value)).is_finite() else None


def number(what: str, low: str, high: str, *, places: int) -> BeforeValidator:
    """Take an exact number between two bounds, both included, with at most so many decimals."""
    least, most, step = Decimal(low), Decimal(high), Decimal(1).scaleb(-places)

    def read(value: object) -> Decimal:
        exact = _exact(value)
        # The bounds come first: rounding a number of a thousand digits is an error of its own.
        if exact is None or not least <= exact <= most or exact != exact.quantize(step):
            message = f"was {shown(value)}; write {what} from {low} to {high} with at most {places} decimals"
            raise ValueError(message)
        return Decimal(plain(exact))

    return BeforeValidator(read)


def whole(what: str, low: int, high: int) -> BeforeValidator:
    """Take a whole number between two bounds, both included; 2.0 is one."""

    def read(value: object) -> int:
        exact = _exact(value)
        if exact is None or not low <= exact <= high or exact != int(exact):
            message = f"was {shown(value)}; write {what}, a whole number from {low} to {high}"
            raise ValueError(message)
        return int(exact)

    return BeforeValidator(read)


def choice(options: type[StrEnum]) -> BeforeValidator:
    """Take one of a few words."""
    words = [option.value for option in options]

    def read(value: object) -> StrEnum:
        if isinstance(value, str) and value in words:
            return options(value)
        guess = nearest(value, words) if isinstance(value, str) else None
        hint = f" (did you mean {guess}?)" if guess else ""
        message = f"was {shown(value)}; write one of {', '.join(words)}{hint}"
        raise ValueError(message)

    return BeforeValidator(read)


def _text(what: str, most: int, *, wrong: Callable[[str], bool]) -> BeforeValidator:
    def read(value: object) -> str:
        odd = _UNPRINTABLE.search(value) if isinstance(value, str) else None
        if odd is not None:
            message = f"holds the control character U+{ord(odd[0]):04X} at place {odd.start() + 1}; take it out"
            raise ValueError(f"{message}, and end lines with \\n alone" if odd[0] == "\r" else message)
        if not isinstance(value, str) or len(value) > most or wrong(value):
            size = f" ({len(value)} characters)" if isinstance(value, str) and len(value) > most else ""
            message = f"was {shown(value)}{size}; write {what} of at most {most} characters"
            raise ValueError(message)
        return value

    return BeforeValidator(read)


def line(what: str, most: int, pattern: str = r"\S|\S.*\S") -> BeforeValidator:
    """Take one line of text that matches a pattern, without spaces at its ends."""
    allowed = re.compile(pattern)
    return _text(what, most, wrong=lambda value: allowed.fullmatch(value) is None)


def prose(most: int) -> BeforeValidator:
    """Take text of any number of lines; empty is fine."""
    return _text("text", most, wrong=lambda _value: False)


def _symbol(value: object) -> str:
    if isinstance(value, str) and (pair := _PAIR.fullmatch(value)):
        message = f"was {shown(value)}; write the name as the venue spells it, here probably {pair['base']}"
        raise ValueError(message)
    if not isinstance(value, str) or not _SYMBOL.fullmatch(value):
        message = f"was {shown(value)}; write the name of a perpetual as the venue spells it, such as BTC or kPEPE"
        raise ValueError(message)
    return value


def _symbol_list(value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= _SYMBOLS_MAX:
        size = f" of {len(value)}" if isinstance(value, list | tuple) else ""
        message = f'was {shown(value)}{size}; write a list of 1 to {_SYMBOLS_MAX} symbols, such as ["BTC", "ETH"]'
        raise ValueError(message)
    twice = next((symbol for place, symbol in enumerate(value) if symbol in value[:place]), None)
    if twice is not None:
        message = f"names {shown(twice)} twice; name each symbol once"
        raise ValueError(message)
    return tuple(value)


CapPercent = Annotated[Decimal, number("a percentage of equity", "0.01", "5000", places=2)]
"""A cap on notional; above 100 needs leverage."""

LossPercent = Annotated[Decimal, number("a percentage of equity", "0.01", "100", places=2)]
StopPercent = Annotated[Decimal, number("a percentage of the entry price", "0.01", "99.99", places=2)]
Dollars = Annotated[Usd, number("an amount of US dollars", "0", "1000000000", places=2)]
IntervalText = Annotated[Interval, choice(Interval)]
SymbolText = Annotated[Symbol, BeforeValidator(_symbol)]
Symbols = Annotated[tuple[SymbolText, ...], BeforeValidator(_symbol_list)]
