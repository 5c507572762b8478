"""From a skill version to how it thinks."""

from decimal import Decimal

import pytest

from agentic_core.chat.scripted import ScriptedChatModel
from agentic_core.chat.setup import ChatSetup, thinking_for
from agentic_core.chat.toolbox import Toolbox
from agentic_core.domain import Usd
from agentic_core.errors import ConfigError, SkillInvalid
from agentic_core.ports.chat_model import ChatModel, Routing, ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.skills.prompt import canary_of, compose
from agentic_core.skills.sections import Leash
from tests.support.skill_files import skill_with

HASH = "a" * 64
THESIS = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up."}


class Named:
    """A tool that has a name and answers nothing of interest."""

    mode = ToolMode.READ

    def __init__(self, name: str) -> None:
        self.spec = ToolSpec(name=name, description="Nothing.", parameters=b"{}")

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Answer."""
        return ToolResult(content="{}")


BOX = Toolbox([Named("get_order_book"), Named("get_funding"), Named("get_portfolio"), Named("fetch_recent_bars")])
SCRIPTED = ScriptedChatModel((), bound=Usd(Decimal(1)))


def test_thinking_of_a_skill_with_defaults() -> None:
    """The prompt of the version, the default tools in their order, and the platform's bounds."""
    skill = skill_with(THESIS)

    thinking = thinking_for(skill, HASH, ChatSetup.of(SCRIPTED, BOX))

    assert thinking.chat_model is SCRIPTED
    assert thinking.model_id == "vendor/name"
    assert thinking.system == compose(skill, HASH).text
    assert thinking.canary == canary_of(HASH)
    assert thinking.tools.names == ("fetch_recent_bars", "get_portfolio", "get_funding")
    assert (thinking.lookback, thinking.leash, thinking.signal) == (100, Leash.BALANCED, None)
    assert (thinking.completion_tokens_max, thinking.steps_max, thinking.has_reply_schema) == (2_000, 6, True)
    assert (thinking.temperature, thinking.seed, thinking.effort, thinking.fallbacks) == (None, None, None, ())
    assert thinking.routing == Routing()
    assert (thinking.repairs_max, thinking.attempts_max, thinking.call_ms_max) == (1, 3, 120_000)


def test_thinking_of_a_skill_with_options_has_them_all() -> None:
    """Nothing that the author wrote is lost on the way to a request."""
    skill = skill_with(
        THESIS
        | {
            "leash": "adaptive",
            "tools": ["get_order_book"],
            "context.lookback": 7,
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
                    "order": ["b"],
                    "ignore": ["c"],
                    "allowFallbacks": False,
                    "zeroRetention": True,
                },
            },
        }
    )

    thinking = thinking_for(skill, HASH, ChatSetup.of(SCRIPTED, BOX))

    assert (thinking.fallbacks, thinking.completion_tokens_max, thinking.steps_max) == (("vendor/other",), 500, 3)
    assert (thinking.temperature, thinking.seed, thinking.effort) == (Decimal("0.2"), 7, "low")
    assert (thinking.tools.names, thinking.lookback, thinking.leash) == (("get_order_book",), 7, Leash.ADAPTIVE)
    assert thinking.has_reply_schema is False
    assert "propose_order" in thinking.system
    assert thinking.routing == Routing(
        only=("a",), order=("b",), ignore=("c",), allow_fallbacks=False, may_store=False, zero_retention=True
    )


def test_thinking_of_a_hybrid_skill_has_its_rules() -> None:
    """They are asked at every mark, before the chat model is."""
    skill = skill_with({"mode": "hybrid", "model": "vendor/name", "thesis": "Up.", "tools": []})

    signal = thinking_for(skill, HASH, ChatSetup.of(SCRIPTED)).signal

    assert signal is not None
    assert signal.name == "sma-cross"


def test_chat_model_is_made_for_the_skills_model_and_the_session() -> None:
    """A host makes one way to a chat model per deployment."""
    made: list[tuple[str, str]] = []

    def make(model_id: str, session_id: str) -> ChatModel:
        made.append((model_id, session_id))
        return SCRIPTED

    thinking_for(skill_with(THESIS), HASH, ChatSetup(chat_model_for=make, tools=BOX), session_id="d-1")

    assert made == [("vendor/name", "d-1")]


def test_endpoint_without_reply_schemas_is_asked_by_tool_unless_the_skill_insists() -> None:
    """The prompt and the request agree on the form."""
    plain = ChatSetup(chat_model_for=lambda _model, _session: SCRIPTED, tools=BOX, has_reply_schema=False)
    insists = skill_with(THESIS | {"modelOptions.replyBy": "schema"})

    assert thinking_for(skill_with(THESIS), HASH, plain).has_reply_schema is False
    assert "propose_order" in thinking_for(skill_with(THESIS), HASH, plain).system
    assert thinking_for(insists, HASH, plain).has_reply_schema is True
    assert "propose_order" not in thinking_for(insists, HASH, plain).system


def test_skill_whose_tool_is_not_there_cannot_think() -> None:
    """It says which one, of which skill, and what there is."""
    skill = skill_with(THESIS | {"tools": ["get_funding", "news__search"]})

    with pytest.raises(ConfigError, match=r"cross: tools: no tool is called news__search; there are: get_order_book, "):
        thinking_for(skill, HASH, ChatSetup.of(SCRIPTED, BOX))


def test_skill_without_a_chat_model_does_not_think() -> None:
    """A rules skill is decided by its policy."""
    with pytest.raises(SkillInvalid, match="cross: model: is missing; a rules skill without one asks no chat model"):
        thinking_for(skill_with({}), HASH, ChatSetup.of(SCRIPTED))


@pytest.mark.parametrize(
    ("tool", "source"),
    [
        ("fetch_news", "fetch_news comes from the file of headlines that AGENTIC_CHAT_NEWS names"),
        ("recall_notes", "AGENTIC_CHAT_NOTES names, and a backtest has none"),
        ("desk__quote", "desk__quote comes from a server that AGENTIC_CHAT_MCP lists"),
    ],
)
def test_tool_that_is_not_always_there_is_refused_with_where_it_comes_from(tool: str, source: str) -> None:
    """Whoever replays a tape of somebody else needs their headlines too."""
    setup = ChatSetup.of(ScriptedChatModel([], bound=None))
    with pytest.raises(ConfigError, match=source):
        thinking_for(skill_with({**THESIS, "tools": [tool]}), HASH, setup)
