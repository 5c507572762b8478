"""A host whose chat models are at a provider on this machine, and a skill that asks one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import anyio

from agentic_core.chat.catalogue import cards_text
from agentic_core.cli.chat_services import ChatDoor, open_chat
from agentic_core.cli.services import Services
from agentic_core.domain import SkillId
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.skills.versions import canonical_json, payload_hash
from tests.support.chat_answers import MODEL
from tests.support.chat_server import ChatServer, served_chat
from tests.support.command_room import services_with
from tests.support.skill_files import skill_with

__all__ = ["THESIS", "connected", "services", "version"]

THESIS = skill_with(
    {
        "mode": None,
        "rules": None,
        "model": MODEL,
        "thesis": "Up.",
        "schedule": {"interval": "1m"},
        "risk.allowedSymbols": ["BTC"],
    }
)


def version() -> SkillVersionRecord:
    """Return the version row of the skill."""
    payload = canonical_json(THESIS)
    return SkillVersionRecord(skill_id=SkillId("s"), version=1, payload=payload, payload_hash=payload_hash(payload))


def services(tmp_path: Path, address: str, **variables: str) -> Services:
    """Return the services of a host that is told where its chat models are, and what the one of the skill costs."""
    card = ChatModelCard(
        id=MODEL, name=MODEL, prompt_usd_mtok=Decimal(1), completion_usd_mtok=Decimal(4), context_tokens=100_000
    )
    cards = tmp_path / "cards.json"
    cards.write_text(cards_text("by hand", (card,)))
    settings = {"AGENTIC_CHAT_URL": address, "AGENTIC_CHAT_MODELS": str(cards), "AGENTIC_HOME": str(tmp_path)}
    return services_with({**settings, **variables})


@asynccontextmanager
async def connected(tmp_path: Path, server: ChatServer, **variables: str) -> AsyncIterator[ChatDoor]:
    """Open the way to a provider on this machine."""
    with anyio.fail_after(30):
        async with served_chat(server) as address, open_chat(services(tmp_path, address, **variables)) as door:
            assert door is not None
            yield door
