"""What every tool promises: how it is offered, that it only answers, and that nothing said to it is an exception."""

import json
import re

import pytest

from agentic_core.chat.mcp.tools import McpAnswer
from agentic_core.chat.tools import built_in_tools
from agentic_core.chat.tools.news_file import RecordedNews, RecordedNotes
from agentic_core.ports.chat_tools import ChatTool, ToolContext, ToolMode
from tests.support.mcp_sessions import SessionByHand, tool_of
from tests.support.thoughts import context

PORTS = ("agentic_core.ports.chat_tools.ChatTool",)
pytestmark = pytest.mark.anyio

TOOLS: tuple[ChatTool, ...] = (
    *built_in_tools(news=RecordedNews(()), memory=RecordedNotes(())),
    tool_of(SessionByHand(McpAnswer(text="4 %"))),
    tool_of(SessionByHand(None)),
)
WORDS = (
    "",
    "{}",
    "null",
    "[]",
    "7",
    '"buy"',
    "{",
    "not json",
    '{"symbol": "BTC", "interval": "1h", "lookback": 3, "limit": 3, "depth": 3}',
    '{"symbol": "BTC", "interval": "1m", "lookback": 3}',
    '{"symbol": "BTC", "depth": 3}',
    '{"limit": 3}',
    '{"limit": 1e400}',
    '{"symbol": "\\ud800"}',
    "\ud800",
    "{" * 100_000,
    '{"a":' * 5_000 + "1" + "}" * 5_000,
)


@pytest.fixture(params=TOOLS, ids=lambda tool: tool.spec.name)
def tool(request: pytest.FixtureRequest) -> ChatTool:
    """Return each tool in turn."""
    found: ChatTool = request.param
    return found


@pytest.fixture
def turn() -> ToolContext:
    """Return a turn with something held."""
    return context(size="1")


def test_tool_is_offered_as_providers_take_it(tool: ChatTool) -> None:
    """A plain name of at most 64 characters, a description, and the schema of an object."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tool.spec.name)
    assert tool.spec.description
    assert json.loads(tool.spec.parameters)["type"] == "object"


def test_tool_in_a_box_only_reads(tool: ChatTool) -> None:
    """What proposes is added by the loop, where the skill answers by tool."""
    assert tool.mode is ToolMode.READ


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
async def test_tool_answers_whatever_it_is_told(tool: ChatTool, turn: ToolContext, words: str) -> None:
    """With bounded JSON, and where it is an error, it says so."""
    result = await tool.use(words, turn)
    told = json.loads(result.content)
    assert isinstance(told, dict)
    assert len(result.content) <= 60_000
    assert result.is_error is ("error" in told)


async def test_tool_answers_the_same_at_the_same_turn(tool: ChatTool, turn: ToolContext) -> None:
    """So that a turn can be taken again."""
    words = '{"limit": 3}' if "limit" in tool.spec.parameters.decode() else "{}"
    assert await tool.use(words, turn) == await tool.use(words, turn)
