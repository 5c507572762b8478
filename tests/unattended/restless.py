"""Who decides in a story: wants something at nearly every mark, and notices when it is asked again."""

import hashlib
from decimal import Decimal

from agentic_core.domain import ActionKind, ProposedAction, Side, Usd
from agentic_core.domain.account import AccountView
from agentic_core.domain.market import MarketView
from tests.unattended.scene import INTERVAL_MS, MARKS, Scene

__all__ = ["Restless"]

_SYMBOLS = tuple(MARKS)
_SIDES = (Side.BUY, Side.SELL)


class Restless:
    """Opens, adds and closes by the number of the mark alone, so that every process decides the same."""

    name = "restless"

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Want something at nearly every mark."""
        number = view.as_of // INTERVAL_MS
        self._note(number * INTERVAL_MS)
        draw = hashlib.sha256(f"mark {number}".encode()).digest()
        symbol = _SYMBOLS[draw[0] % len(_SYMBOLS)]
        held = account.position(symbol).size
        if draw[1] < 40:
            return None
        if held and draw[1] < 150:
            return ProposedAction(kind=ActionKind.CLOSE, symbol=symbol)
        side = _SIDES[draw[2] % 2 if not held else held < 0]
        usd = Usd(Decimal(4_000 + 40 * draw[3]))
        return ProposedAction(kind=ActionKind.OPEN, symbol=symbol, side=side, size_usd=usd)

    def _note(self, mark: int) -> None:
        decided = self._scene.store.decisions.decisions.values()
        if any(one.tick_at == mark and one.decided_by.startswith("rules:") for one in decided):
            self._scene.again.append(mark)
