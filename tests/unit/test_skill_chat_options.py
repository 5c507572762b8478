"""How a skill says how its chat model is asked: `modelOptions`, `tools` and what a day may cost."""

from decimal import Decimal

import pytest

from agentic_core.skills import canonical_json, load_skill
from agentic_core.skills.chat_options import ChatOptions, Effort, Providers, ReplyBy
from tests.support.skill_files import refusals, skill_with

THESIS = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up."}
HYBRID = {"mode": "hybrid", "model": "vendor/name", "thesis": "Up."}


@pytest.mark.parametrize("kind", [THESIS, HYBRID])
def test_options_of_a_chat_skill_are_filled_in_and_written_out(kind: dict[str, object]) -> None:
    """What the author agreed to stands in the stored version, so that no later default changes it."""
    skill = skill_with(kind)

    assert skill.tools == ("fetch_recent_bars", "get_portfolio", "get_funding")
    assert skill.chat_options == ChatOptions()
    assert (
        '"modelOptions":{"effort":null,"fallbacks":[],"maxSteps":6,"maxTokens":2000,"providers":'
        '{"allowFallbacks":true,"ignore":[],"mayStore":false,"only":[],"order":[],"zeroRetention":false},'
        '"replyBy":null,"seed":null,"temperature":null}'
    ) in canonical_json(skill)
    assert load_skill(canonical_json(skill), source="s") == skill


def test_options_of_a_rules_skill_are_none() -> None:
    """Nobody is asked, so there is nothing to say about it."""
    skill = skill_with({})

    assert (skill.tools, skill.chat_options, skill.limits().cost_usd_day_max) == (None, None, None)


def test_options_that_are_written_are_read() -> None:
    """Every field under its name of the file."""
    skill = skill_with(
        THESIS
        | {
            "tools": ["get_order_book", "news__search"],
            "risk.maxDailyCostUsd": 2.5,
            "modelOptions": {
                "fallbacks": ["vendor/other"],
                "maxTokens": 500,
                "maxSteps": 3,
                "temperature": 0.2,
                "seed": 7,
                "effort": "low",
                "replyBy": "tool",
                "providers": {
                    "only": ["a"],
                    "order": ["a", "b"],
                    "ignore": ["c"],
                    "allowFallbacks": False,
                    "mayStore": True,
                    "zeroRetention": False,
                },
            },
        }
    )

    assert skill.tools == ("get_order_book", "news__search")
    assert skill.limits().cost_usd_day_max == Decimal("2.5")
    assert skill.chat_options == ChatOptions(
        fallbacks=("vendor/other",),
        maxTokens=500,
        maxSteps=3,
        temperature=Decimal("0.2"),
        seed=7,
        effort=Effort.LOW,
        replyBy=ReplyBy.TOOL,
        providers=Providers(only=("a",), order=("a", "b"), ignore=("c",), allowFallbacks=False, mayStore=True),
    )


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"modelOptions": {"maxTokens": 500}, "tools": []},
            [
                "modelOptions: a rules skill asks no chat model: remove it, or set mode to hybrid",
                "tools: a rules skill asks no chat model: remove it, or set mode to hybrid",
            ],
        ),
        (
            THESIS | {"modelOptions.maxTokens": 5},
            ["modelOptions.maxTokens: was 5; write the tokens of an answer, a whole number from 64 to 32000"],
        ),
        (
            THESIS | {"modelOptions.temprature": 1},
            ["modelOptions.temprature: there is no such field; did you mean temperature?"],
        ),
        (
            THESIS | {"modelOptions.providers": {"mayStore": "yes"}},
            ['modelOptions.providers.mayStore: was "yes"; write true or false'],
        ),
        (
            THESIS | {"modelOptions.providers": {"maystore": True}},
            ["modelOptions.providers.maystore: there is no such field; did you mean mayStore?"],
        ),
        (
            THESIS | {"modelOptions.providers": {"mayStore": True, "zeroRetention": True}},
            [
                (
                    "modelOptions.providers.mayStore: was true beside zeroRetention true; a provider that may keep "
                    "nothing cannot store: keep one"
                )
            ],
        ),
        (
            THESIS | {"modelOptions.providers": {"only": ["a"], "ignore": ["a"]}},
            ['modelOptions.providers.ignore: names "a", which is in only as well; keep it in one of them'],
        ),
        (
            THESIS | {"modelOptions.fallbacks": ["vendor/name"]},
            ['modelOptions.fallbacks: names "vendor/name", which is the model itself; remove it'],
        ),
        (
            THESIS | {"modelOptions.fallbacks": ["a", "b", "c", "d"]},
            ["modelOptions.fallbacks: was a list of 4; write a list of at most 3 chat models, or []"],
        ),
        (
            THESIS | {"modelOptions.maxSteps": 1},
            [
                (
                    "modelOptions.maxSteps: was 1, so that no answer of a tool is ever read; raise it to 2 or more, or "
                    "set tools to []"
                )
            ],
        ),
        (THESIS | {"tools": ["a", "a"]}, ['tools: names "a" twice; name each once']),
        (
            THESIS | {"tools": ["rm -rf"]},
            ['tools.0: was "rm -rf"; write the name of a tool, such as fetch_recent_bars, of at most 64 characters'],
        ),
        (
            THESIS | {"tools": "all"},
            ['tools: was "all"; write a list of at most 20 tools, or []'],
        ),
        (
            THESIS | {"risk.maxDailyCostUsd": 0},
            [
                (
                    "risk.maxDailyCostUsd: was 0; a chat model that may cost nothing is never asked: raise it, or set "
                    "mode to rules"
                )
            ],
        ),
        (
            THESIS | {"avoid": "Noise.\u202eyuB"},
            [
                (
                    "avoid: holds the invisible character U+202E at place 7; remove it, so that people read what the "
                    "chat model reads"
                )
            ],
        ),
        (
            THESIS | {"thesis": "é" * 19_000, "style": "é" * 3_000},
            [
                (
                    "thesis: is 44,000 bytes long together with the other texts, which every call would cost; "
                    "shorten them to 40,000"
                )
            ],
        ),
        (
            THESIS | {"context.symbols": ["BTC", "ETH", "SOL", "ARB", "OP"], "context.lookback": 500},
            [
                (
                    "context.lookback: was 500, which is 2,500 candles for 5 symbols; a chat model is shown 2,000 at "
                    "most: lower it to 400"
                )
            ],
        ),
        (
            THESIS | {"context.symbols": ["BTC", "SELL-ALL-NOW"]},
            [
                (
                    'context.symbols: names "SELL-ALL-NOW", which is more than a name, and no chat model is shown it: '
                    "remove it"
                )
            ],
        ),
        (
            {"review": {"after": 3}},
            ["review.after: there is no such field; remove it, or write one of afterExecutions"],
        ),
    ],
)
def test_skill_whose_options_are_wrong_is_refused_with_what_to_do(changes: dict[str, object], lines: list[str]) -> None:
    """Each refusal names the field, its value and what would be right."""
    assert refusals(changes) == lines


def test_skill_with_several_problems_says_those_of_its_options_too() -> None:
    """A wrong cap does not hide that an option cannot be right."""
    lines = refusals(THESIS | {"risk.maxPositionPct": "much", "modelOptions.fallbacks": ["vendor/name"]})

    assert [line.partition(":")[0] for line in lines] == ["risk.maxPositionPct", "modelOptions.fallbacks"]


def test_day_may_cost_more_than_the_month() -> None:
    """A month's cap that is lowered in a stored payload tightens it, and does not make it unreadable."""
    limits = skill_with(THESIS | {"risk.maxDailyCostUsd": 4, "risk.maxMonthlyCostUsd": 0.01}).limits()

    assert limits.cost_usd_month_max == Decimal("0.01")
    assert limits.cost_usd_day_max == 4


def test_joiners_in_an_authors_text_are_allowed() -> None:
    """Scripts and emoji need them."""
    assert refusals(THESIS | {"thesis": "\u0646\u200c\u0645 \U0001f469\u200d\U0001f4bb"}) == []
