"""What every rule policy has in common: a symbol, the size of an open, and the shape of its proposals."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind, ProposedAction
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import Size, Usd, bps_of
from agentic_core.domain.side import Side
from agentic_core.skills.fields import CapPercent, Dollars, Problem, Section, SymbolText, number

__all__ = ["OpeningRules", "Sizing"]

_SIZES = ("sizePct", "sizeUsd", "size")


class OpeningRules(Section):
    """Fields of the `rules` section that do not depend on the policy."""

    symbol: SymbolText = Field(examples=['"BTC"'])
    size_pct: CapPercent | None = Field(None, alias="sizePct")
    """Size of an open in percent of equity."""
    size_usd: Dollars | None = Field(None, alias="sizeUsd")
    """Size of an open in dollars."""
    size: Annotated[Size, number("units of the instrument", "0.000001", "1000000000", places=6)] | None = None
    """Size of an open in units of the instrument."""

    def sizes_named(self) -> list[str]:
        """List the names of the size fields that are set."""
        sizes = (self.size_pct, self.size_usd, self.size)
        return [name for name, size in zip(_SIZES, sizes, strict=True) if size is not None]

    def inconsistencies(self) -> Iterator[Problem]:
        """Refuse rules that do not say how large an open is, or say it twice."""
        named = self.sizes_named()
        if not named:
            yield Problem(path="sizePct", message='is missing; say how large an open is, such as "sizePct": 10')
        if len(named) > 1:
            message = f"stands beside {' and '.join(named[1:])}; keep exactly one of {', '.join(_SIZES)}"
            yield Problem(path=named[0], message=message)


class Sizing:
    """Turns what a policy wants into proposals of the size that its rules name."""

    __slots__ = ("_share_bps", "_size", "_size_usd", "symbol")

    def __init__(self, rules: OpeningRules) -> None:
        self.symbol: Symbol = rules.symbol
        self._share_bps = None if rules.size_pct is None else int(rules.size_pct * 100)
        self._size_usd = rules.size_usd
        self._size = rules.size

    def open(self, side: Side, account: AccountView, reason: str) -> ProposedAction:
        """Propose to open."""
        return ProposedAction(
            kind=ActionKind.OPEN,
            symbol=self.symbol,
            side=side,
            size_usd=self._dollars(account.equity),
            size=self._size,
            reason=reason,
        )

    def close(self, reason: str) -> ProposedAction:
        """Propose to close the whole position."""
        return ProposedAction(kind=ActionKind.CLOSE, symbol=self.symbol, reason=reason)

    def _dollars(self, equity: Decimal) -> Usd | None:
        return self._size_usd if self._share_bps is None else Usd(bps_of(equity, self._share_bps))
