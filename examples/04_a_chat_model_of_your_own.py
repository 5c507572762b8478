"""A chat model of your own: whatever answers in the form that is asked for may wish, and the risk engine decides.

This one opens, overreaches (and is denied), says half a wish (and is asked again) and closes; it needs no key.
Run it with `python examples/04_a_chat_model_of_your_own.py`.
"""

from decimal import Decimal

import anyio

from agentic_core import domain as d
from agentic_core.backtest.chat.running import run_chat
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.backtest.markets import trending_market
from agentic_core.chat import said
from agentic_core.chat.setup import ChatSetup
from agentic_core.domain.chat import CallId
from agentic_core.ports.chat_model import CallOutcome, ChatRequest
from agentic_core.runtime.mandates import mandate_for
from agentic_core.runtime.terms import Terms
from agentic_core.skills import canonical_json, load_skill, payload_hash

BTC, START = d.Symbol("BTC"), d.Instant(1_767_225_600_000)
SKILL = """{
  "name": "Moods", "mode": "thesis", "thesis": "It rises or it falls.", "model": "house/moods", "tools": [],
  "schedule": {"interval": "1h"}, "context": {"symbols": ["BTC"], "lookback": 6},
  "risk": {"maxPositionPct": 20, "maxTotalExposurePct": 20, "maxOrdersPerDay": 12, "maxLeverage": 1,
           "allowedSymbols": ["BTC"], "maxMonthlyCostUsd": 1, "dailyLossHaltPct": 5}
}"""


class Moods:
    """A chat model with four moods, one after the other."""

    model_id = "house/moods"

    def __init__(self) -> None:
        """Begin with the first one."""
        self._asked = 0

    def bound(self, _request: ChatRequest) -> d.Usd | None:
        """Cost nothing, and say so: a chat model of unknown cost would never be asked."""
        return d.Usd(Decimal(0))

    async def call(self, _call: CallId, _request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Answer in the mood of the moment; the market is described in the last message of the request."""
        assert within_ms > 0
        self._asked += 1
        some, all_in = d.Usd(Decimal(500)), d.Usd(Decimal(50_000))
        match self._asked % 4:
            case 1:
                return said(_buy(some), "it will rise")
            case 2:
                return said(_buy(all_in), "I am sure of it")
            case 3:
                return said(d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC), "half a wish: no side and no size")
            case _:
                return said(d.ProposedAction(kind=d.ActionKind.CLOSE, symbol=BTC), "enough")

    async def cost_of(self, _generation: str) -> d.Usd | None:
        """Say that nothing is to be looked up."""
        return None


def _buy(size: d.Usd) -> d.ProposedAction:
    return d.ProposedAction(kind=d.ActionKind.OPEN, symbol=BTC, side=d.Side.BUY, size_usd=size)


async def run() -> None:
    """Let it decide for half a day, and print what came of every wish."""
    skill = load_skill(SKILL, source="example")
    payload = canonical_json(skill)
    version = d.SkillVersionRecord(
        skill_id=d.SkillId("moods"), version=1, payload=payload, payload_hash=payload_hash(payload)
    )
    candles = trending_market(BTC, seed=5, start=START, start_price=d.Price(Decimal(60_000)), days=1)
    dataset = Dataset([candles], {BTC: constant_funding(Decimal("0.0000125"))}).resampled(skill.schedule.interval)
    mandate = mandate_for(skill, version, d.DeploymentId("example"), ChatSetup.of(Moods()))
    record = await run_chat(mandate, dataset, instruments={BTC: instrument_for(BTC)}, terms=Terms())
    for one in record.decisions:
        print(d.show(one.decision.tick_at), one.decision.final_text, "->", one.result)


if __name__ == "__main__":
    anyio.run(run)
