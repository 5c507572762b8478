"""Every tool that comes with the library and only reads."""

from agentic_core.chat.tools.foreign_text import fetch_news, recall_notes
from agentic_core.chat.tools.order_book import get_order_book
from agentic_core.chat.tools.recent_candles import recent_candles
from agentic_core.chat.tools.standing import get_funding, get_portfolio
from agentic_core.ports.chat_tools import ChatTool
from agentic_core.ports.untrusted_text import Memory, NewsFeed

__all__ = ["built_in_tools"]


def built_in_tools(*, news: NewsFeed | None = None, memory: Memory | None = None) -> tuple[ChatTool, ...]:
    """Return every tool there is something for; a skill gets those that it lists."""
    tools: list[ChatTool] = [recent_candles(), get_portfolio(), get_funding(), get_order_book()]
    if news is not None:
        tools.append(fetch_news(news))
    if memory is not None:
        tools.append(recall_notes(memory))
    return tuple(tools)
