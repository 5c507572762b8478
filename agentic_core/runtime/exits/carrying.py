"""Where stops belong: asks what carries a position, and remembers it for a while because asking costs a lot."""

from decimal import Decimal
from functools import partial
from typing import Final

import msgspec

from agentic_core.domain.account import AccountSnapshot
from agentic_core.domain.ids import Symbol
from agentic_core.domain.money import ZERO, Price, Usd
from agentic_core.domain.position import Position
from agentic_core.errors import VenueUnavailable
from agentic_core.execution.margining import initial_margin
from agentic_core.execution.stop_pricing import (
    Carried,
    ProtectiveStop,
    liquidation_estimate,
    stop_distance,
    stop_of,
)
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.runtime.exits.exit_orders import ExitOrders
from agentic_core.runtime.together import both, first_of

__all__ = ["Belonging", "Carrying"]

_MS_PER_S: Final = 1_000
_HALF: Final = Decimal("0.5")
_ALL: Final = Decimal(1)


class _Weighed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    # What one position was found to be carried by.
    at: int
    position: Position
    carried: Carried
    liquidation: Price | None


class Belonging(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which stop belongs to a position, and what that rests on."""

    stop: ProtectiveStop | None
    mark: Price | None
    """None where none was asked for, or none was there in time."""
    liquidation: Price | None
    """None where nothing tells it, or no price leads to one."""


class Carrying:
    """Says which stop belongs to a position."""

    def __init__(self, orders: ExitOrders) -> None:
        """Ask on behalf of one account."""
        self._orders: Final = orders
        self._weighed: dict[Symbol, _Weighed] = {}
        self._settings: dict[Symbol, tuple[int, SymbolLeverage]] = {}
        self._asked_at: dict[Symbol, int] = {}

    async def belonging(self, position: Position, account: AccountSnapshot, *, fresh: bool) -> Belonging:
        """Return which stop belongs to a position.

        Where the venue does not tell in time what carries it, the skill's distance has to do: a stop too far away
        protects better than one that waits.

        Args:
            position: what is to be protected.
            account: of the moment at which the position was read.
            fresh: whether something is about to be sent, so that a mark is needed and nothing remembered will do.
        """
        terms, symbol = self._orders.terms, position.symbol
        asked_at = self._orders.ports.clock.boottime_ms()
        known = self._weighed.get(symbol)
        age_max = terms.rules.retry_ms if fresh else terms.rules.carry_ms
        old = known is None or known.position != position or asked_at - known.at >= age_max
        # Asking costs a lot also where the answer comes too late: what only keeps up to date asks less often.
        pause_ms = terms.rules.retry_ms if fresh else terms.rules.rest_ms
        if old and asked_at - self._asked_at.get(symbol, -pause_ms) >= pause_ms:
            patience = partial(self._orders.ports.clock.sleep, terms.rules.carry_wait_ms / _MS_PER_S)
            await first_of(partial(self._weigh, position, account, asked_at), patience)
        known = self._weighed.get(symbol)
        if known is not None and known.position.direction is not position.direction:
            known = None  # what liquidates a long says nothing of a short
        liquidation = None if known is None else known.liquidation
        instrument, distance = terms.instrument(symbol), stop_distance(terms.limits(symbol), terms.assumed)
        young = known is not None and known.at >= asked_at - terms.rules.retry_ms
        return Belonging(
            stop=stop_of(position, instrument, distance, terms.rules.protection, liquidation=liquidation),
            mark=known.carried.mark if fresh and young and known is not None else None,
            liquidation=liquidation,
        )

    def forget(self, symbol: Symbol) -> None:
        """Let go of what was found of a symbol."""
        self._weighed.pop(symbol, None)
        self._settings.pop(symbol, None)
        self._asked_at.pop(symbol, None)

    async def _weigh(self, position: Position, account: AccountSnapshot, at: int) -> None:
        symbol, ports = position.symbol, self._orders.ports
        self._asked_at[symbol] = ports.clock.boottime_ms()
        try:
            price, setting = await both(partial(ports.prices.fresh, symbol), partial(self._setting, symbol, at))
        except VenueUnavailable:
            return
        own = initial_margin(position.notional(price.mark), setting.leverage)
        carried = Carried(
            mark=price.mark,
            leverage=setting.leverage,
            isolated=setting.isolated,
            equity=account.equity,
            reserved=Usd(max(ZERO, account.margin_used - own) * self._share_reserved(symbol, account)),
        )
        liquidation = liquidation_estimate(position, self._orders.terms.instrument(symbol), carried)
        self._weighed[symbol] = _Weighed(at=at, position=position, carried=carried, liquidation=liquidation)

    async def _setting(self, symbol: Symbol, at: int) -> SymbolLeverage:
        known = self._settings.get(symbol)
        if known is None or at - known[0] >= self._orders.terms.rules.carry_ms:
            known = at, await self._orders.ports.reads.leverage(symbol)
            self._settings[symbol] = known
        return known[1]

    def _share_reserved(self, symbol: Symbol, account: AccountSnapshot) -> Decimal:
        # A maintenance margin is at most half of the initial one, and what is isolated is out of reach altogether.
        others = [self._weighed.get(each) for each in account.positions if each != symbol]
        shared = all(known is not None and not known.carried.isolated for known in others)
        return _HALF if shared else _ALL
