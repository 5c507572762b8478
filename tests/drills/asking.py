"""Runner processes whose skill asks a chat model, and the provider that each of their calls comes to."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio

from agentic_core.chat.catalogue import cards_text
from agentic_core.domain import Command, CommandKind, CommandState
from tests.drills.cycles import READY
from tests.drills.seeding import Seeded, seed_mainnet
from tests.drills.stage import Runner, Stage, on_stage
from tests.support.by_hand import execute
from tests.support.chat_answers import HOLD, MODEL, completion
from tests.support.chat_server import KEY, ChatServer, Play, served_chat
from tests.support.chat_trials import CARD
from tests.support.skill_files import skill_text

__all__ = ["BUY", "Asking", "asking", "said"]

SKILL = skill_text(
    {
        "name": "Oracle",
        "mode": None,
        "rules": None,
        "model": MODEL,
        "thesis": "Buy what falls.",
        "schedule": {"interval": "1m"},
        "context": {"interval": "1m", "lookback": 3},
        "risk.maxMonthlyCostUsd": 7,
        "risk.maxOrdersPerDay": 10_000,
        "risk.maxPositionPct": 10,
        "risk.maxTotalExposurePct": 20,
        "risk.maxLeverage": 2,
        "risk.stopPct": 10,
    }
)
_WISH = {"kind": "open", "symbol": "BTC", "side": "buy", "sizeUsd": 200, "limitPrice": None, "reason": "it fell"}
BUY = json.dumps({"text": "up", "action": _WISH})

_LOOK_S = 0.5
"""Of the drill."""


def said(content: str | None, *, after: anyio.Event | None = None, **more: object) -> Play:
    """Return a whole answer, given once something has come about; further words go into its message."""
    finish = "tool_calls" if content is None else "stop"
    return Play(body=json.dumps(completion(content, finish=finish, **more)).encode(), after=after)


class Asking:
    """One deployment, whose provider holds unless something else is planned."""

    def __init__(self, stage: Stage, seeded: Seeded, provider: ChatServer, settings: dict[str, str], dsn: str) -> None:
        self.stage = stage
        self.seeded = seeded
        self.provider = provider
        self._settings = settings
        self._dsn = dsn

    async def start(self, machine: str = "a") -> Runner:
        """Start a process, and wait until it takes turns."""
        runner = await self.stage.start(self.seeded, machine, is_restless=False, settings=self._settings)
        await runner.says("runner_started", READY, within_s=self.stage.patience_s)
        return runner

    async def called(self, *plays: Play) -> None:
        """Answer the next calls like this, and wait until the first of them has come."""
        before = len(self.provider.seen)
        self.provider.plan(*plays)
        await self.until(lambda: len(self.provider.seen) > before)

    async def order(self, kind: CommandKind) -> Command:
        """Order something as a person does, and return the command once it has ended."""
        commands = self.stage.store.commands
        queued = await commands.queue(self.seeded.id, kind, payload={}, at=self.stage.clock.now())
        with anyio.fail_after(self.stage.patience_s):
            while True:
                (found,) = [each for each in await commands.recent(self.seeded.id, 99) if each.id == queued.id]
                if found.state not in {CommandState.QUEUED, CommandState.CLAIMED}:
                    return found
                await self.stage.clock.sleep(_LOOK_S)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        with anyio.fail_after(self.stage.patience_s):
            while not is_so():
                await self.stage.clock.sleep(_LOOK_S)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the database something about the deployment, as its owner."""
        return execute(self._dsn, statement, self.seeded.id)


@asynccontextmanager
async def asking(dsn: str, folder: Path, *, factor: int) -> AsyncGenerator[Asking]:
    """Serve a venue and a provider, and deploy a skill that asks it at every minute of a clock so many times faster."""
    cards = folder / "cards.json"
    cards.write_text(cards_text("by hand", (CARD,)))
    provider = ChatServer(says=completion(HOLD))
    async with served_chat(provider) as address, on_stage(dsn, folder, factor=factor) as stage:
        seeded = await seed_mainnet(stage.store, dsn, stage.clock.now(), skill=SKILL)
        settings = {"AGENTIC_CHAT_URL": address, "AGENTIC_CHAT_API_KEY": KEY, "AGENTIC_CHAT_MODELS": str(cards)}
        yield Asking(stage, seeded, provider, settings, dsn)
