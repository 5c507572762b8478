"""Reading JSON without losing a digit, and saying where it is broken."""

from decimal import Decimal

import pytest

from agentic_core.errors import SkillInvalid, UsageError
from agentic_core.skills.exact_json import canonical_text, parse_exact


def test_numbers_are_read_exactly() -> None:
    """A number keeps every digit; whole ones are integers."""
    assert parse_exact("[0.1, 2.50, 12345678901234567890.123, 7, -3, 1e3]", source="f") == [
        Decimal("0.1"),
        Decimal("2.50"),
        Decimal("12345678901234567890.123"),
        7,
        -3,
        Decimal(1000),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: the file is empty; `agentic skill new NAME` writes one to start from"),
        ("\ufeff \n", "f: the file is empty; `agentic skill new NAME` writes one to start from"),
        (
            '{\n  "a": 1,\n}',
            (
                "f: line 3, column 1: this is not JSON (expecting property name enclosed in double quotes), in '}'; "
                "remove the comma before it"
            ),
        ),
        (
            '{\n  "a": 1\n  "b": 2\n}',
            "f: line 3, column 3: this is not JSON (expecting ',' delimiter), in '\"b\": 2'; correct it there",
        ),
        (
            "{'a': 1}",
            (
                "f: line 1, column 2: this is not JSON (expecting property name enclosed in double quotes), "
                "in \"{'a': 1}\"; write double quotes"
            ),
        ),
        (
            "// hello\n{}",
            "f: line 1, column 1: this is not JSON (expecting value), in '// hello'; JSON has no comments: remove it",
        ),
        ('{"a": {"b": 1, "b": 2}}', "f: b: is written twice in one object; keep one of them"),
        (
            '{"a": "\\ud83d"}',
            "f: a text holds \\ud83d, which is half a character; remove it, or write its other half too",
        ),
        ("[" * 100_000, "f: lists or objects are nested too deeply; a skill needs three levels"),
    ],
)
def test_text_broken_is_refused_with_its_place(text: str, message: str) -> None:
    """What is not JSON is refused with line, column and cure."""
    with pytest.raises(SkillInvalid) as refusal:
        parse_exact(text, source="f")

    assert str(refusal.value) == message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e99999999999999999999", "9" * 5_000])
def test_number_that_is_none_is_read_as_nothing_a_field_takes(number: str) -> None:
    """Numbers without a finite, sane value arrive as something that is no number and shows what was written."""
    value = parse_exact(number, source="f")

    assert not isinstance(value, int | float | Decimal | str)
    assert str(value) == number


def test_canonical_text_has_one_spelling() -> None:
    """Keys are sorted, white space is gone, and equal numbers are spelled alike."""
    value = parse_exact('{"b": [2, 2.0, 2.00, 2e0, 0.10, -0.0, 1e2], "a": {"é": null, "d": true}}', source="f")

    assert canonical_text(value) == '{"a":{"d":true,"é":null},"b":[2,2,2,2,0.1,0,100]}'


@pytest.mark.parametrize("value", [0.5, Decimal("NaN"), {"a": {1, 2}}])
def test_canonical_text_of_something_inexact_is_refused(value: object) -> None:
    """What has no exact spelling is a programming error."""
    with pytest.raises(UsageError, match="has no exact spelling in JSON"):
        canonical_text(value)
