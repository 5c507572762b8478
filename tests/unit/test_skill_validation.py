"""Refusals of skill files: every problem, with the value it has and what to write instead."""

import pytest

from agentic_core.errors import SkillInvalid
from agentic_core.skills import load_skill, validate_payload
from tests.support.skill_files import refusals, rules_skill, skill_with

PERCENT = "write a percentage of equity from 0.01 to 5000 with at most 2 decimals"
SLUG = "lower-case letters, digits and hyphens, such as sma-cross,"
INTERVALS = "1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 8h, 12h, 1d"


def test_skill_valid_is_not_refused() -> None:
    """The skill that the other tests change is valid."""
    assert refusals({}) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"risk.maxPositionPct": 0}, f"risk.maxPositionPct: was 0; {PERCENT}"),
        ({"risk.maxPositionPct": 2.345}, f"risk.maxPositionPct: was 2.345; {PERCENT}"),
        ({"risk.maxPositionPct": "2"}, f'risk.maxPositionPct: was "2"; {PERCENT}'),
        ({"risk.maxPositionPct": True}, f"risk.maxPositionPct: was true; {PERCENT}"),
        ({"risk.maxLeverage": 1.5}, "risk.maxLeverage: was 1.5; write the leverage, a whole number from 1 to 50"),
        ({"risk.maxLeverage": 51}, "risk.maxLeverage: was 51; write the leverage, a whole number from 1 to 50"),
        (
            {"risk.minOrderUsd": 9.99},
            "risk.minOrderUsd: was 9.99; write an amount of US dollars from 10 to 1000000000 with at most 2 decimals",
        ),
        (
            {"risk.maxOrdersPerDay": 0},
            "risk.maxOrdersPerDay: was 0; write the orders of one UTC day, a whole number from 1 to 10000",
        ),
        (
            {"risk.maxOrdersPerMinute": 601},
            "risk.maxOrdersPerMinute: was 601; write the orders of one UTC minute, a whole number from 1 to 600",
        ),
        (
            {"review.afterExecutions": 0},
            "review.afterExecutions: was 0; write how many executed decisions, a whole number from 1 to 100000",
        ),
        (
            {"risk.maxDrawdownPct": 100.5},
            "risk.maxDrawdownPct: was 100.5; write a percentage of equity from 0.01 to 100 with at most 2 decimals",
        ),
        (
            {"risk.allowedSymbols": []},
            'risk.allowedSymbols: was a list of 0; write a list of 1 to 20 symbols, such as ["BTC", "ETH"]',
        ),
        (
            {"risk.allowedSymbols": ["BTC", "ETH", "BTC"]},
            'risk.allowedSymbols: names "BTC" twice; name each symbol once',
        ),
        (
            {"risk.allowedSymbols": ["BTC", "ETH-PERP"]},
            'risk.allowedSymbols.1: was "ETH-PERP"; write the name as the venue spells it, here probably ETH',
        ),
        ({"schedule.interval": "7m"}, f'schedule.interval: was "7m"; write one of {INTERVALS}'),
        (
            {"context.lookback": 501},
            "context.lookback: was 501; write how many candles are shown, a whole number from 1 to 500",
        ),
        ({"leash": "strikt"}, 'leash: was "strikt"; write one of strict, balanced, adaptive (did you mean strict?)'),
        ({"name": " Cross"}, 'name: was " Cross"; write a name of at most 80 characters'),
        ({"name": "Cr\x00oss"}, "name: holds the control character U+0000 at place 3; take it out"),
        (
            {"lookFor": "a dip\r\nor two"},
            "lookFor: holds the control character U+000D at place 6; take it out, and end lines with \\n alone",
        ),
        ({"name": "x" * 81}, f'name: was "{"x" * 58}… (81 characters); write a name of at most 80 characters'),
        (
            {"slug": "Cross!"},
            f'slug: was "Cross!"; write {SLUG} of at most 64 characters',
        ),
        (
            {"name": "比特币"},
            'slug: cannot be derived from the name "比特币"; write it, in lower-case letters, digits and hyphens',
        ),
        ({"risk": 3}, "risk: was 3; write an object in braces"),
        ({"name": {"en": "Cross"}}, "name: was an object; write a name of at most 80 characters"),
        (
            {"model": "a b"},
            'model: was "a b"; write the id of a chat model, such as vendor/name, of at most 200 characters',
        ),
        ({"mode": "ruls"}, 'mode: was "ruls"; write one of thesis, rules, hybrid (did you mean rules?)'),
        ({"risk": None}, 'risk: is missing; add it, such as "risk": {"maxPositionPct": 20, …}'),
        ({"risk.maxLeverage": None}, 'risk.maxLeverage: is missing; add it, such as "maxLeverage": 1'),
        ({"rules.fast": None}, 'rules.fast: is missing; add it, such as "fast": 10'),
    ],
)
def test_field_wrong_is_refused_with_value_and_cure(changes: dict[str, object], line: str) -> None:
    """One wrong field gives one line: where, what it was, what to write."""
    assert refusals(changes) == [line]


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("risk.maxPositonPct", "did you mean maxPositionPct?"),
        ("risk.max_position_pct", "did you mean maxPositionPct?"),
        ("look_for", "did you mean lookFor?"),
        ("rules.fats", "did you mean fast?"),
    ],
)
def test_field_unknown_suggests_nearest_name(path: str, advice: str) -> None:
    """A misspelt field is answered with the one that was probably meant."""
    assert refusals({path: 1}) == [f"{path}: there is no such field; {advice}"]


@pytest.mark.parametrize(
    ("path", "home"),
    [("maxLeverage", "risk"), ("lookback", "context"), ("direction", "rules"), ("risk.thesis", "the top level")],
)
def test_field_in_wrong_section_names_its_home(path: str, home: str) -> None:
    """A field that exists elsewhere is sent there."""
    assert refusals({path: 1}) == [f"{path}: there is no such field here; move it to {home}"]


def test_field_unlike_any_other_lists_known_names() -> None:
    """A field that resembles nothing is answered with everything the section has."""
    known = "interval"
    assert refusals({"schedule.zzz": 1}) == [
        f"schedule.zzz: there is no such field; remove it, or write one of {known}",
    ]


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ("sma-crosss", 'was "sma-crosss"'),
        (7, "was 7"),
        (None, "is missing"),
    ],
)
def test_policy_unknown_names_the_known_ones(policy: object, fault: str) -> None:
    """A policy that does not exist is answered with those that do."""
    hint = " (did you mean sma-cross?)" if policy == "sma-crosss" else ""
    names = "breakout, ema-cross, funding-carry, hold, sma-cross"
    assert refusals({"rules.policy": policy}) == [f"rules.policy: {fault}; write one of {names}{hint}"]


def test_problems_in_many_sections_are_all_listed() -> None:
    """Everything that is wrong is said at once, between the sections too."""
    lines = refusals(
        {
            "rules.symbol": "ETH",
            "rules.fast": 30,
            "rules.slow": 10,
            "risk.maxLeverage": 0,
            "model": "vendor/name",
            "colour": "red",
        }
    )

    assert [line.partition(": ")[0] for line in lines] == [
        "rules.slow",
        "risk.maxLeverage",
        "colour",
        "model",
        "rules.symbol",
    ]


def test_problem_line_carries_the_name_of_the_source() -> None:
    """Every line begins with the file it is about."""
    with pytest.raises(SkillInvalid) as refusal:
        load_skill("{}", source="dir/a b.json")

    assert all(line.startswith("dir/a b.json: ") for line in str(refusal.value).splitlines())


def test_payload_with_float_is_refused() -> None:
    """A float cannot hold a percentage exactly, so even a harmless one is refused."""
    with pytest.raises(SkillInvalid, match=r"^p: risk\.maxPositionPct: was the float 20\.0; write a percentage"):
        validate_payload(rules_skill({"risk.maxPositionPct": 20.0}), source="p")


@pytest.mark.parametrize(("text", "value"), [("[1]", "a list"), ("null", "null"), ("3", "3")])
def test_file_that_is_no_object_is_refused(text: str, value: str) -> None:
    """A skill is an object; anything else is refused as a whole."""
    with pytest.raises(SkillInvalid) as refusal:
        load_skill(text, source="f")

    assert str(refusal.value) == f"f: was {value}; write an object in braces"


def test_payload_with_a_key_that_is_no_text_is_refused() -> None:
    """What JSON cannot express is refused too when a program hands it over."""
    with pytest.raises(SkillInvalid, match=r"^p: 1: was 1; keys should be strings$"):
        validate_payload(rules_skill({}) | {1: 2}, source="p")


def test_skill_loaded_cannot_be_changed() -> None:
    """What was validated stays what it was."""
    skill = skill_with({})

    with pytest.raises(ValueError, match="frozen"):
        skill.name = "other"  # type: ignore[misc]  # the point of the test: mypy refuses it too
