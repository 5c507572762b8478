"""JSON without loss: numbers are read exactly, and every value has one canonical spelling.

The canonical spelling has sorted keys, no white space and numbers without exponent and trailing zeros, so it survives
a `jsonb` column, which keeps neither the order of keys nor the spelling of numbers that people chose.
"""

import json
from decimal import Decimal, InvalidOperation

from agentic_core.domain.money import plain
from agentic_core.errors import SkillInvalid, UsageError

__all__ = ["canonical_text", "parse_exact"]

_DIGITS_MAX = 40
_EXCERPT_MAX = 60


class _Unreadable:
    # A number that no field takes, kept as it was written so that the field's own refusal can show it.
    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


def parse_exact(text: str, *, source: str) -> object:
    """Read JSON with whole numbers as int and all others as Decimal.

    Raises:
        SkillInvalid: the text is not JSON, with the line and column, or an object names a field twice.
    """
    repeated: list[str] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        collected = dict(pairs)
        if len(collected) < len(pairs):
            names = [name for name, _ in pairs]
            repeated.extend(name for name in collected if names.count(name) > 1)
        return collected

    text = text.removeprefix("\ufeff")
    if not text.strip():
        message = f"{source}: the file is empty; `agentic skill new NAME` writes one to start from"
        raise SkillInvalid(message)
    try:
        value: object = json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_Unreadable, object_pairs_hook=collect
        )
    except json.JSONDecodeError as exc:
        raise SkillInvalid(_syntax_message(exc, source)) from exc
    except RecursionError as exc:
        message = f"{source}: lists or objects are nested too deeply; a skill needs three levels"
        raise SkillInvalid(message) from exc
    _refuse_half_characters(value, source)
    if repeated:
        lines = [f"{source}: {name}: is written twice in one object; keep one of them" for name in repeated]
        raise SkillInvalid("\n".join(lines))
    return value


def canonical_text(value: object) -> str:
    """Write a JSON value in its canonical spelling.

    Raises:
        UsageError: the value holds a float or something else that JSON cannot say exactly.

    >>> canonical_text({"b": [Decimal("2.00"), 2, None], "a": "é"})
    '{"a":"é","b":[2,2,null]}'
    """
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return plain(value)
        case list() | tuple():
            return f"[{','.join(canonical_text(item) for item in value)}]"
        case dict():
            names = sorted(value, key=str)
            return f"{{{','.join(f'{canonical_text(name)}:{canonical_text(value[name])}' for name in names)}}}"
        case _:
            pass
    message = f"{value!r} has no exact spelling in JSON; pass text, whole numbers or finite Decimals"
    raise UsageError(message)


def _refuse_half_characters(value: object, source: str) -> None:
    # An escape such as \\ud83d alone is legal in JSON, and no encoding can write it down again.
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as exc:
        half = exc.object[exc.start : exc.end].encode(errors="backslashreplace").decode()
        message = f"{source}: a text holds {half}, which is half a character; remove it, or write its other half too"
        raise SkillInvalid(message) from exc


def _number(text: str) -> int | Decimal | _Unreadable:
    try:
        exact = Decimal(text)
    except InvalidOperation:
        return _Unreadable(text)
    if len(text) > _DIGITS_MAX or abs(exact.adjusted()) > _DIGITS_MAX:
        return _Unreadable(text)
    return int(text) if text.lstrip("-").isdigit() else exact


def _syntax_message(exc: json.JSONDecodeError, source: str) -> str:
    lines = exc.doc.splitlines() or [""]
    line = lines[min(exc.lineno, len(lines)) - 1].strip()
    excerpt = line if len(line) <= _EXCERPT_MAX else line[: _EXCERPT_MAX - 1] + "…"
    what = exc.msg[0].lower() + exc.msg[1:]
    place = f"{source}: line {exc.lineno}, column {exc.colno}"
    return f"{place}: this is not JSON ({what}), in {excerpt!r}; {_cure(exc.doc, exc.pos)}"


def _cure(text: str, place: int) -> str:
    here = text[place : place + 1]
    if here in {"/", "#"}:
        return "JSON has no comments: remove it"
    if here == "'":
        return "write double quotes"
    comma_before = text[:place].rstrip().endswith(",")
    return "remove the comma before it" if comma_before and here in {"}", "]"} else "correct it there"
