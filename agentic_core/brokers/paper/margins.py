"""Leverage settings of one paper account, and the margin that isolated positions keep apart."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.domain.fill import Fill, FillKind
from agentic_core.domain.funding import FundingPayment
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.execution.margining import Pocket

__all__ = ["LeverageSetting", "Margins"]


class LeverageSetting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a symbol was set to."""

    leverage: int
    isolated: bool


class Margins:
    """How much leverage each symbol has, and the pockets of isolated positions."""

    def __init__(self, leverage: int) -> None:
        """Start with cross margin and one leverage for every symbol."""
        self._leverage = leverage
        self._settings: dict[Symbol, LeverageSetting] = {}
        self._pockets: dict[Symbol, Pocket] = {}
        self.isolated = False
        """Whether any symbol was ever set to isolated margin; until then nothing has to be kept apart."""
        self.settings: Final[Mapping[Symbol, LeverageSetting]] = self._settings
        """What symbols were set to; where nothing was set, the account's own leverage holds."""
        self.pockets: Final[Mapping[Symbol, Pocket]] = self._pockets
        """By symbol, of open isolated positions only."""

    def set(self, symbol: Symbol, setting: LeverageSetting) -> None:
        """Set the leverage of a symbol; the margin of an open isolated position stays as it is."""
        self._settings[symbol] = setting
        self.isolated = self.isolated or setting.isolated

    def restore(self, settings: Mapping[Symbol, LeverageSetting], pockets: Mapping[Symbol, Pocket]) -> None:
        """Go on from what an earlier process of this account knew."""
        for symbol, setting in settings.items():
            self.set(symbol, setting)
        self._pockets.update(pockets)

    def is_isolated(self, symbol: Symbol) -> bool:
        """Tell whether positions of a symbol have margin of their own."""
        setting = self._settings.get(symbol)
        return setting is not None and setting.isolated

    def leverage(self, rules: Instrument, notional: Decimal) -> int:
        """Return the leverage of a position: what is set, but no more than the venue gives a notional of its tier."""
        highest = rules.leverage_at(notional) if rules.tiers else rules.leverage_max
        if not self._settings:
            return min(self._leverage, highest)
        setting = self._settings.get(rules.symbol)
        return min(self._leverage if setting is None else setting.leverage, highest)

    def needed(self, rules: Instrument, size: Decimal, price: Decimal) -> Decimal:
        """Return the initial margin of a signed size; for an isolated symbol, what its pocket would hold."""
        notional = abs(size) * price
        leverage = self.leverage(rules, notional)
        if self.isolated and self.is_isolated(rules.symbol):
            pocket = self._pockets.get(rules.symbol) or Pocket.empty()
            return pocket.needed(size, price, leverage=leverage)
        return notional / leverage

    def follow(self, fill: Fill, rules: Instrument, mark: Decimal) -> None:
        """Move margin with an execution of an isolated symbol, at the leverage of the position that it leads to."""
        symbol = fill.symbol
        if not self.is_isolated(symbol):
            return
        pocket = self._pockets.get(symbol) or Pocket.empty()
        if fill.kind is FillKind.LIQUIDATION:
            after = pocket.seized(fill.signed_size, fill.price, fill.fee)
        else:
            leverage = self.leverage(rules, abs(pocket.units + fill.signed_size) * mark)
            after = pocket.after(fill.signed_size, fill.price, leverage=leverage)
        if after.units:
            self._pockets[symbol] = after
        else:
            self._pockets.pop(symbol, None)

    def pay(self, payment: FundingPayment) -> None:
        """Enter a funding payment on an isolated position."""
        pocket = self._pockets.get(payment.symbol)
        if pocket is not None:
            self._pockets[payment.symbol] = pocket.paid(payment.amount)
