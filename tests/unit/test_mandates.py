"""From a skill version to the mandate its deployment runs under."""

from pathlib import Path

import pytest

from agentic_core.chat import ScriptedChatModel
from agentic_core.chat.setup import ChatSetup
from agentic_core.chat.toolbox import Toolbox
from agentic_core.chat.tools import built_in_tools
from agentic_core.domain import DeploymentId, Interval, SkillId, SkillVersionRecord, Symbol
from agentic_core.errors import InputError
from agentic_core.runtime import ByChatModel, ByRules
from agentic_core.runtime.mandates import mandate_for
from agentic_core.skills import Skill, load_skill
from agentic_core.skills.prompt import canary_of
from tests.support.skill_files import skill_with

EXAMPLES = Path(__file__).parents[2] / "examples" / "skills"
VERSION = SkillVersionRecord(skill_id=SkillId("s-1"), version=4, payload='{"name":"x"}', payload_hash="ab" * 32)
RUN = DeploymentId("d-1")
CHAT_MODEL = ScriptedChatModel([], bound=None)
CHAT = ChatSetup.of(CHAT_MODEL, Toolbox(built_in_tools()))


def thesis() -> Skill:
    """Return the thesis skill of the examples."""
    return load_skill((EXAMPLES / "thesis-btc.json").read_text(), source="thesis-btc.json")


def test_mandate_of_a_rules_skill_pins_its_version_caps_and_policy() -> None:
    """Everything a turn reads is taken from the version; nobody can change it later."""
    skill = skill_with({"schedule": {"interval": "15m"}, "risk.allowedSymbols": ["BTC", "ETH"]})
    mandate = mandate_for(skill, VERSION, RUN)
    assert (mandate.deployment, mandate.account) == (RUN, "paper:d-1")
    assert (mandate.skill, mandate.skill_version, mandate.payload_hash) == ("s-1", 4, "ab" * 32)
    assert (mandate.skill_name, mandate.interval) == ("Cross", Interval.M15)
    assert mandate.symbols == (Symbol("BTC"), Symbol("ETH"))
    assert mandate.limits == skill.limits()
    assert isinstance(mandate.decider, ByRules)
    assert mandate.decider.label == "rules:sma-cross"
    assert mandate.review_after is None


def test_mandate_says_after_how_many_executions_a_person_has_to_look() -> None:
    """Where the skill asks for it."""
    skill = skill_with({"review.afterExecutions": 12})
    assert mandate_for(skill, VERSION, RUN).review_after == 12


def test_mandate_of_a_rules_skill_does_not_ask_a_chat_model_that_is_there() -> None:
    """Rules decide where the skill says so."""
    assert isinstance(mandate_for(skill_with({}), VERSION, RUN, CHAT).decider, ByRules)


def test_mandate_of_a_thesis_skill_asks_the_chat_model() -> None:
    """With the tools on the skill's list, and so many candles as it wants; its canary comes from the version."""
    decider = mandate_for(thesis(), VERSION, RUN, CHAT).decider
    assert isinstance(decider, ByChatModel)
    thinking = decider.thinking
    assert (thinking.chat_model, thinking.model_id, thinking.lookback) == (
        CHAT_MODEL,
        "anthropic/claude-sonnet-4.5",
        96,
    )
    assert thinking.tools.names == ("fetch_recent_bars", "get_portfolio", "get_funding")
    assert thinking.canary == canary_of("ab" * 32)
    assert decider.label == "chat:scripted"


def test_mandate_of_a_thesis_skill_without_a_chat_model_is_refused() -> None:
    """Which chat model is missing is said, and what runs without one."""
    with pytest.raises(InputError) as refusal:
        mandate_for(thesis(), VERSION, RUN)
    assert str(refusal.value) == (
        "trend-days-on-btc is a thesis skill and asks the chat model anthropic/claude-sonnet-4.5, but none is "
        "connected here; set OPENROUTER_API_KEY, or AGENTIC_CHAT_URL to the address of an OpenAI-compatible server, or "
        "write a skill with mode rules to run without one"
    )


def test_mandate_of_a_skill_with_two_intervals_is_refused() -> None:
    """Candles of one length and turns of another cannot be run yet, and both are named."""
    text = (EXAMPLES / "thesis-btc.json").read_text().replace('"lookback": 96', '"lookback": 96, "interval": "1h"')
    skill = load_skill(text, source="thesis-btc.json")
    with pytest.raises(InputError, match=r"btc: context.interval 1h differs from schedule.interval 15m"):
        mandate_for(skill, VERSION, RUN, CHAT)
