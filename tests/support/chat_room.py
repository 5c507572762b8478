"""A place to run commands in, with a skill that asks a chat model, and a provider on a local socket."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from anyio.from_thread import start_blocking_portal

from agentic_core.chat.catalogue import cards_text
from tests.support.chat_answers import MODEL
from tests.support.chat_server import KEY, ChatServer, served_chat
from tests.support.chat_trials import CARD
from tests.support.command_room import NOWHERE, CommandRoom, candle_rows

__all__ = ["THESIS", "TURNS", "ChatRoom"]

THESIS: Final[Mapping[str, object]] = {
    "mode": None,
    "rules": None,
    "model": MODEL,
    "thesis": "Buy what falls.",
    "tools": [],
    "context.lookback": 3,
    "risk.maxMonthlyCostUsd": 50,
}
TURNS: Final = 19
"""Of twenty candles; at the last mark there is none."""


class ChatRoom(CommandRoom):
    """A room with a thesis skill, a card of its chat model and a place for a tape."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], database: str = NOWHERE) -> None:
        super().__init__(folder, capsys, database)
        self.tape = folder / "run.tape"
        cards = folder / "cards.json"
        cards.write_text(cards_text("by hand", (CARD,)))
        self.environment["AGENTIC_CHAT_MODELS"] = str(cards)
        self.write_skill(THESIS)
        self.write_candles(candle_rows(TURNS + 1))

    @contextmanager
    def connected(self) -> Iterator[ChatServer]:
        """Serve a provider that wishes to do nothing, and connect the room to it."""
        server = ChatServer()
        with start_blocking_portal() as portal, portal.wrap_async_context_manager(served_chat(server)) as address:
            self.environment |= {"AGENTIC_CHAT_URL": address, "AGENTIC_CHAT_API_KEY": KEY}
            yield server
