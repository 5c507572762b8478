"""The skill that a chat model decides for, and what stands behind it in every process."""

import json
from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from agentic_core.chat.catalogue import Catalogue
from agentic_core.domain import DeploymentId
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.chat_model import ToolSpec
from agentic_core.ports.chat_tools import ToolContext, ToolMode, ToolResult
from agentic_core.ports.repositories import Store
from agentic_core.ports.tape import Tape
from tests.unattended.chat.cost_book import Caps
from tests.unattended.chat.provider import COMPLETION_USD_MTOK, PROMPT_USD_MTOK
from tests.unattended.chat.stage import ChatPlan, ChatStage

__all__ = [
    "CATALOGUE",
    "CENT",
    "STEPS_MAX",
    "TOOLS",
    "SpyTool",
    "Taped",
    "chat_changes",
    "just_above",
    "lowered",
    "with_caps",
]

TOOLS = ("fetch_recent_bars", "get_portfolio", "get_funding")
STEPS_MAX = 4
_ID = "sim/oracle"
CENT = Decimal("0.01")
CATALOGUE = Catalogue(
    own=[ChatModelCard(id=_ID, name="Oracle", prompt_usd_mtok=PROMPT_USD_MTOK, completion_usd_mtok=COMPLETION_USD_MTOK)]
)


def chat_changes(plan: ChatPlan) -> Mapping[str, object]:
    """Return what makes a rules skill one that a chat model decides for."""
    day = {} if plan.caps.day is None else {"risk.maxDailyCostUsd": float(plan.caps.day)}
    return {
        "mode": "thesis",
        "rules": None,
        "thesis": "What rises for a minute goes on rising for another.",
        "model": _ID,
        "modelOptions": {"maxSteps": STEPS_MAX, "maxTokens": 1_000, "replyBy": "tool" if plan.by_tool else "schema"},
        "tools": list(TOOLS),
        "context": {"symbols": ["BTC", "ETH"], "lookback": 5},
        "risk.maxMonthlyCostUsd": float(plan.caps.month),
        **day,
    }


def lowered(caps: Caps, tenths: int) -> Caps:
    """Return caps that are so many tenths of others, in whole cents."""
    month, day = (None if cap is None else max(CENT, (cap * tenths / 10).quantize(CENT, ROUND_DOWN)) for cap in caps)
    return Caps(month or CENT, day)


def just_above(caps: Caps, spent: Decimal) -> Caps:
    """Return caps of which nothing is left but a cent or two, and none that is higher than before."""
    most = spent.quantize(CENT, ROUND_UP)
    return Caps(min(most, caps.month), None if caps.day is None else min(most, caps.day))


def with_caps(payload: str, caps: Caps) -> str:
    """Return a payload with other caps of costs, as an owner writes them into the database."""
    skill: dict[str, dict[str, object]] = json.loads(payload)
    skill["risk"]["maxMonthlyCostUsd"] = float(caps.month)
    if caps.day is not None:
        skill["risk"]["maxDailyCostUsd"] = float(caps.day)
    return json.dumps(skill)


class Taped:
    """A store whose tapes are others; it has nothing but these."""

    def __init__(self, store: Store, change: Callable[[Tape], Tape]) -> None:
        self._store = store
        self._change = change

    @property
    def tapes(self) -> "Taped":
        """Itself."""
        return self

    def of(self, deployment: DeploymentId) -> Tape:
        """Return the tape of a deployment."""
        return self._change(self._store.tapes.of(deployment))


class SpyTool:
    """A tool that the host has and the skill does not list."""

    mode = ToolMode.READ
    spec = ToolSpec(name="wipe_account", description="Never to be seen.", parameters=b'{"type":"object"}')

    def __init__(self, stage: ChatStage) -> None:
        self._stage = stage

    async def use(self, arguments: str, context: ToolContext) -> ToolResult:
        """Take note that it was used."""
        del arguments, context
        self._stage.spied += 1
        return ToolResult(content="{}")
