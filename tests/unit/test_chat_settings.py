"""How chat models are reached, from a mapping: whose key goes where, and where none may go."""

from pathlib import Path

import pytest

from agentic_core.errors import ConfigError
from agentic_core.settings import OPENROUTER_URL, ChatAccess, chat_access, chat_files

ROUTER = {"OPENROUTER_API_KEY": "sk-or-1"}
OWN = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("environment", "access"),
    [
        ({}, None),
        ({"OPENROUTER_API_KEY": " "}, None),
        (ROUTER, ChatAccess(url=OPENROUTER_URL, key="sk-or-1", is_openrouter=True)),
        ({"AGENTIC_CHAT_URL": OWN}, ChatAccess(url=OWN, key=None, is_openrouter=False)),
        (
            {"AGENTIC_CHAT_URL": OWN, "AGENTIC_CHAT_API_KEY": "own"},
            ChatAccess(url=OWN, key="own", is_openrouter=False),
        ),
        (
            {"AGENTIC_CHAT_URL": "https://llm.example.com/v1", "AGENTIC_CHAT_API_KEY": "own", **ROUTER},
            ChatAccess(url="https://llm.example.com/v1", key="own", is_openrouter=False),
        ),
        (
            {"AGENTIC_CHAT_URL": "https://eu.openrouter.ai/api/v1", **ROUTER},
            ChatAccess(url="https://eu.openrouter.ai/api/v1", key="sk-or-1", is_openrouter=True),
        ),
        (
            {"AGENTIC_CHAT_URL": OPENROUTER_URL, "AGENTIC_CHAT_API_KEY": "own", **ROUTER},
            ChatAccess(url=OPENROUTER_URL, key="own", is_openrouter=True),
        ),
    ],
)
def test_way_to_chat_models_is_the_address_or_else_openrouter(
    environment: dict[str, str], access: ChatAccess | None
) -> None:
    """Nothing at all means that rules alone can decide here."""
    assert chat_access(environment) == access


@pytest.mark.parametrize(
    "url",
    [
        OWN,
        "https://llm.example.com/v1",
        "https://openrouter.ai.example.com/v1",
        "https://notopenrouter.ai/v1",
        "https://example.com/openrouter.ai/v1",
    ],
)
def test_key_of_openrouter_is_sent_to_no_other_host(url: str) -> None:
    """However much an address looks like it."""
    access = chat_access({"AGENTIC_CHAT_URL": url, **ROUTER})
    assert access is not None
    assert (access.key, access.is_openrouter) == (None, False)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"AGENTIC_CHAT_API_KEY": "own"}, "opens nothing; set AGENTIC_CHAT_URL"),
        ({"AGENTIC_CHAT_URL": "llm.example.com/v1"}, "is no address of a server"),
        ({"AGENTIC_CHAT_URL": "ftp://llm.example.com/v1"}, "is no address of a server"),
        ({"AGENTIC_CHAT_URL": "http://[::1/v1"}, "is no address of a server"),
        ({"AGENTIC_CHAT_URL": "https://llm.example.com/v1?key=own"}, "is no address of a server"),
        ({"AGENTIC_CHAT_URL": "https://me:own@llm.example.com/v1"}, "holds a password; set AGENTIC_CHAT_API_KEY"),
        ({"AGENTIC_CHAT_URL": "http://llm.example.com/v1", "AGENTIC_CHAT_API_KEY": "own"}, "in the clear"),
        ({"AGENTIC_CHAT_URL": "http://openrouter.ai/api/v1", **ROUTER}, "in the clear"),
    ],
)
def test_way_that_cannot_be_meant_is_a_config_error(environment: dict[str, str], said: str) -> None:
    """What to set instead is said, and no key is repeated."""
    with pytest.raises(ConfigError, match=said) as refusal:
        chat_access(environment)
    assert "own" not in str(refusal.value).replace("unknown", "")


def test_way_to_chat_models_does_not_show_its_key() -> None:
    """Not where it is printed, either."""
    assert "sk-or-1" not in repr(chat_access(ROUTER))


def test_files_of_tools_are_named_by_their_settings() -> None:
    """None is one that nobody named."""
    environment = {"AGENTIC_CHAT_NEWS": "/srv/news.jsonl", "AGENTIC_CHAT_NOTES": " ", "AGENTIC_CHAT_MCP": "mcp.json"}
    assert chat_files(environment) == (Path("/srv/news.jsonl"), None, Path("mcp.json"))
