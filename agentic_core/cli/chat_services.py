"""The way to chat models, as the environment configures it, opened for as long as a command or a runner needs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeAlias

import msgspec

from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.mcp import open_mcp_tools, read_mcp_servers
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.setup import ChatSetup
from agentic_core.chat.tapes.tape_way import TapeWay
from agentic_core.chat.tapes.taping import TapingTransport
from agentic_core.chat.toolbox import Toolbox
from agentic_core.chat.tools import built_in_tools
from agentic_core.chat.tools.news_file import read_news, read_notes
from agentic_core.chat.transport import ChatTransport
from agentic_core.chat.wire import Flavour
from agentic_core.cli.chat_catalogue import catalogue_of
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId
from agentic_core.ports.chat_model import ChatModel
from agentic_core.ports.chat_tools import ChatTool
from agentic_core.ports.clock import Clock
from agentic_core.ports.repositories import Store
from agentic_core.ports.untrusted_text import Memory, NewsFeed
from agentic_core.settings import OPENROUTER_URL, chat_access, chat_files

__all__ = ["ChatDoor", "Wrap", "is_connected", "open_chat", "open_transport"]

Wrap: TypeAlias = Callable[[ChatTransport], ChatTransport]
"""Puts something around a transport, such as a tape."""


class ChatDoor(msgspec.Struct, frozen=True, kw_only=True):
    """An open way to chat models, with everything that the tools of skills read."""

    transport: ChatTransport
    catalogue: Catalogue
    clock: Clock
    flavour: Flavour
    news: NewsFeed | None = None
    notes: Memory | None = None
    foreign: tuple[ChatTool, ...] = ()
    """Tools of other people's servers, which know nothing but the present."""

    def live(self, store: Store, deployment: DeploymentId) -> ChatSetup:
        """Return who answers for a deployment in the present; every exchange is kept on its tape in the store."""
        transport = TapingTransport(self.transport, store.tapes.of(deployment), self.clock)
        tools = (*built_in_tools(news=self.news, memory=self.notes), *self.foreign)
        return self._setup(transport, tools)

    def replayed(self, store: Store, deployment: DeploymentId) -> ChatSetup:
        """Return who answers for a deployment over recorded candles: like `live`, with tools that know the past."""
        transport = TapingTransport(self.transport, store.tapes.of(deployment), self.clock)
        return self._setup(transport, built_in_tools(news=self.news, memory=self.notes))

    def recorded(self, wrap: Wrap | None = None, *, news: Callable[[NewsFeed], NewsFeed] | None = None) -> ChatSetup:
        """Return who answers in a backtest.

        Args:
            wrap: put around the transport.
            news: put around the headlines, which stay those of their time; there are no notes in a backtest.
        """
        transport = self.transport if wrap is None else wrap(self.transport)
        feed = self.news if self.news is None or news is None else news(self.news)
        return self._setup(transport, built_in_tools(news=feed))

    def _setup(self, transport: ChatTransport, tools: tuple[ChatTool, ...]) -> ChatSetup:
        def chat_model_for(model_id: str, session_id: str) -> ChatModel:
            way = ProviderWay(model_id=model_id, flavour=self.flavour, session_id=session_id)
            return ProviderChatModel(transport, self.catalogue, self.clock, way)

        return ChatSetup(chat_model_for=chat_model_for, tools=Toolbox(tools))


def is_connected(services: Services) -> bool:
    """Tell whether a way to chat models is configured.

    Raises:
        ConfigError: it is, wrongly.
    """
    return chat_access(services.environment.mapping()) is not None


@asynccontextmanager
async def open_chat(
    services: Services, *, asks: bool = True, transport: ChatTransport | None = None, way: TapeWay | None = None
) -> AsyncIterator[ChatDoor | None]:
    """Open the configured way to chat models, or None where there is none.

    Args:
        services: of the host.
        asks: whether anybody will ask; nothing is opened for rules alone.
        transport: used instead of a connection, such as a tape, which needs no key.
        way: how the exchanges of that tape were asked for; None asks as the environment says.

    Raises:
        ConfigError: a setting is wrong, or a file of cards cannot be read.
        InputError: a file of headlines, notes or servers cannot be read.
    """
    access = chat_access(services.environment.mapping())
    flavour = Flavour.OPENROUTER if access is None or access.is_openrouter else Flavour.PLAIN
    if not asks or (access is None and transport is None):
        yield None
        return
    news, notes, servers = chat_files(services.environment.mapping())
    async with AsyncExitStack() as stack:
        if transport is None:
            foreign = () if servers is None else read_mcp_servers(servers, services.files)
            tools = await stack.enter_async_context(open_mcp_tools(foreign, services.clock)) if foreign else ()
            transport = await stack.enter_async_context(open_transport(services))
        else:
            tools = ()
        yield ChatDoor(
            transport=transport,
            catalogue=catalogue_of(services, () if way is None else way.own_cards()),
            clock=services.clock,
            flavour=flavour if way is None else way.flavour,
            news=None if news is None else read_news(news, services.files),
            notes=None if notes is None else read_notes(notes, services.files),
            foreign=tools,
        )


@asynccontextmanager
async def open_transport(services: Services) -> AsyncIterator[ChatTransport]:
    """Open the connections to the configured provider; without one to OpenRouter, whose listing needs no key.

    Raises:
        ConfigError: a setting is wrong.
    """
    access = chat_access(services.environment.mapping())
    from agentic_core.chat.provider.httpx_transport import HttpxTransport  # noqa: PLC0415 - slow to import, and few need it

    url = OPENROUTER_URL if access is None else access.url
    async with HttpxTransport(url, key=None if access is None else access.key) as transport:
        yield transport
