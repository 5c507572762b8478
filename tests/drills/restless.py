"""A skill that orders something at every mark, so that no turn of a drill is without an order."""

from decimal import Decimal

import msgspec

from agentic_core.domain import ActionKind, DeploymentRecord, ProposedAction, Side, Symbol, Usd
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import MarketView
from agentic_core.ports.repositories import Store
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.mandates import MandateOf, mandates
from tests.support.skill_files import skill_text

__all__ = ["SKILL", "STAKE_USD", "SYMBOLS", "Restless", "restless_mandates"]

SYMBOLS = (Symbol("BTC"), Symbol("ETH"))
STAKE_USD = Usd(Decimal(200))
_MINUTE_MS = 60_000

SKILL = skill_text(
    {
        "name": "Restless",
        "rules": {"policy": "sma-cross", "symbol": "BTC", "fast": 2, "slow": 3, "sizePct": 5},
        "schedule": {"interval": "1m"},
        "risk.allowedSymbols": list(SYMBOLS),
        "risk.maxOrdersPerDay": 10_000,
        "risk.maxOrdersPerMinute": 600,
        "risk.maxPositionPct": 10,
        "risk.maxTotalExposurePct": 20,
        "risk.maxLeverage": 2,
        "risk.stopPct": 10,
    }
)
"""Its rules are never asked: drills put their own in their place."""


class Restless:
    """Opens what is flat and closes what is held, one symbol a mark, in turn."""

    name = "restless"

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Go by the mark's number, so that the same mark proposes the same thing to the same account."""
        number = view.as_of // _MINUTE_MS
        symbol = SYMBOLS[number % len(SYMBOLS)]
        held = account.position(symbol)
        if held.size:
            return ProposedAction(kind=ActionKind.CLOSE, symbol=symbol)
        side = Side.BUY if number // len(SYMBOLS) % 2 else Side.SELL
        return ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=side, size_usd=STAKE_USD)


def restless_mandates(store: Store) -> MandateOf:
    """Return the mandates of the store, decided by the restless policy."""
    pinned = mandates(store)

    async def mandate_of(record: DeploymentRecord) -> Mandate:
        return msgspec.structs.replace(await pinned(record), decider=ByRules(policy=Restless()))

    return mandate_of
