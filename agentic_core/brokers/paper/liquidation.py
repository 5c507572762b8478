"""What the venue does with positions whose margin is gone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

import msgspec

from agentic_core.brokers.paper.floor import Floor
from agentic_core.brokers.paper.history import OrderStatus
from agentic_core.domain.fill import Fill, FillKind, Liquidity
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import ZERO, Price, Size, Usd
from agentic_core.domain.position import Position
from agentic_core.domain.times import Instant
from agentic_core.execution.matching import Execution, walk

__all__ = ["Liquidation", "LiquidationMethod", "Liquidator"]

_STAGED_USD_MIN = Decimal(100_000)
_STAGE_SHARE = Decimal("0.2")
_COOLDOWN_MS = 30_000


class LiquidationMethod(StrEnum):
    """Who takes the positions."""

    AT_MARK = "at_mark"
    MARKET = "market"
    BACKSTOP = "backstop"


class Liquidation(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one pot of margin: the cross positions together, or one isolated position."""

    time: Instant
    isolated: Symbol | None
    """The isolated position; None: all cross positions."""
    method: LiquidationMethod
    equity: Usd
    """What carried the positions."""
    maintenance: Usd
    fills: tuple[Fill, ...]


class Liquidator:
    """Watches the margin of one account."""

    def __init__(self, floor: Floor) -> None:
        """Work on an account."""
        self._floor = floor
        self._staged_at: dict[Symbol | None, Instant] = {}
        self._numbers: dict[tuple[Symbol, Instant], int] = {}

    @property
    def staged(self) -> Mapping[Symbol | None, Instant]:
        """When a part of a position was closed last, by pot of margin."""
        return self._staged_at

    def restore(self, staged: Mapping[Symbol | None, Instant]) -> None:
        """Go on from what an earlier process knew."""
        self._staged_at.update(staged)

    async def enforce(self) -> tuple[Liquidation, ...]:
        """Liquidate what can no longer be carried at the marks of this moment, isolated positions first."""
        ledger = self._floor.ledger
        found = []
        for symbol, pocket in list(ledger.margins.pockets.items()):
            worth = Usd(pocket.worth(ledger.price(symbol)))
            found.append(await self._enforce(symbol, [ledger.position(symbol)], worth))
        cross = ledger.cross_positions()
        if cross:
            found.append(await self._enforce(None, cross, ledger.cross_equity))
        return tuple(one for one in found if one is not None)

    def at_mark(self, position: Position, mark: Decimal) -> Fill:
        """End the open orders of a position and close it at its mark with the taker fee."""
        self._end_orders(frozenset({position.symbol}))
        whole = Execution(size=Size(abs(position.size)), price=Price(mark))
        return self._seize(position, [whole])[0]

    async def _enforce(self, pot: Symbol | None, held: Sequence[Position], equity: Usd) -> Liquidation | None:
        floor = self._floor
        maintenance = Usd(sum((floor.ledger.maintenance_of(one) for one in held), ZERO))
        if equity >= maintenance:
            self._recover(pot)
            return None
        self._end_orders(self._symbols_of(pot))
        standing = [one for one in held if not floor.is_out(one.symbol)]
        if not floor.rules.staged_liquidation:
            method = LiquidationMethod.AT_MARK
            fills = [self.at_mark(one, floor.ledger.price(one.symbol)) for one in standing]
        elif equity * 3 < maintenance * 2 and len(standing) == len(held):
            method, fills = LiquidationMethod.BACKSTOP, self._take_over(held, equity)
        else:
            method, fills = LiquidationMethod.MARKET, await self._sell_off(pot, standing)
        if not fills:
            return None
        return Liquidation(
            time=floor.ledger.as_of,
            isolated=pot,
            method=method,
            equity=equity,
            maintenance=maintenance,
            fills=tuple(fills),
        )

    def _take_over(self, held: Sequence[Position], equity: Usd) -> list[Fill]:
        # The liquidator vault gets the positions at their marks and all margin with them, or makes up what is missing:
        # the last fill's fee is the margin itself, so that the books add up.
        ledger = self._floor.ledger
        fills = []
        for place, one in enumerate(held, 1):
            whole = Execution(size=Size(abs(one.size)), price=Price(ledger.price(one.symbol)))
            fills += self._seize(one, [whole], fee=equity if place == len(held) else Usd(ZERO))
        return fills

    async def _sell_off(self, pot: Symbol | None, held: Sequence[Position]) -> list[Fill]:
        floor, now = self._floor, self._floor.ledger.as_of
        staged_at = self._staged_at.get(pot)
        if staged_at is not None and now < staged_at + _COOLDOWN_MS:
            return []
        fills: list[Fill] = []
        for one in held:
            book = await floor.books.book(one.symbol)
            if book is None:
                continue
            rules = floor.instruments.get(one.symbol) or Instrument.generic(one.symbol)
            size = abs(one.size)
            if staged_at is None and size * floor.ledger.price(one.symbol) > _STAGED_USD_MIN:
                size = max(rules.size_down(size * _STAGE_SHARE), rules.size_step)
            executions = walk(
                one.closing_side, size, None, floor.depth.left(book), rules, floor.factors[one.closing_side]
            )
            floor.depth.take(book, one.closing_side, sum((part.size for part in executions), ZERO))
            fills += self._seize(one, executions)
            if executions and size < abs(one.size):
                self._staged_at[pot] = now
            if self._is_carried(pot):
                break
        return fills

    def _is_carried(self, pot: Symbol | None) -> bool:
        ledger = self._floor.ledger
        if pot is None:
            return ledger.cross_equity >= ledger.cross_maintenance
        return True  # an isolated pot holds one position only

    def _seize(self, position: Position, executions: Sequence[Execution], *, fee: Usd | None = None) -> list[Fill]:
        floor, symbol, side = self._floor, position.symbol, position.closing_side
        fills = []
        for part in executions:
            charged = floor.fees.fee(part.size * part.price, Liquidity.TAKER) if fee is None else fee
            after, gain = position.after(side, part.size, part.price)
            pocket = floor.ledger.margins.pockets.get(symbol)
            if pocket is not None and not after.size:  # isolated margin is all that an isolated position can lose
                charged = Usd(min(charged, pocket.worth(part.price)))
            fill = Fill(
                fill_id=self._name(symbol),
                cloid=None,
                symbol=symbol,
                side=side,
                size=part.size,
                price=part.price,
                fee=charged,
                liquidity=Liquidity.TAKER,
                time=floor.ledger.as_of,
                closed_pnl=gain,
                kind=FillKind.LIQUIDATION,
            )
            floor.book((fill,), after)
            fills.append(fill)
            position = after
        if floor.orders.live:
            floor.follow(symbol)
        return fills

    def _name(self, symbol: Symbol) -> str:
        at = self._floor.ledger.as_of
        number = self._numbers[symbol, at] = self._numbers.get((symbol, at), -1) + 1
        return f"liquidation:{symbol}:{at}" + (f":{number}" if number else "")

    def _symbols_of(self, pot: Symbol | None) -> frozenset[Symbol]:
        if pot is not None:
            return frozenset({pot})
        return frozenset(self._floor.orders.symbols()) - self._floor.ledger.margins.pockets.keys()

    def _end_orders(self, symbols: frozenset[Symbol]) -> None:
        floor = self._floor
        if floor.orders.live:
            reason = "the margin fell below what its positions need"
            floor.orders.end_all(symbols, OrderStatus.LIQUIDATED_CANCELED, floor.ledger.as_of, reason)
            floor.show_orders()

    def _recover(self, pot: Symbol | None) -> None:
        staged_at = self._staged_at.get(pot)
        if staged_at is not None and self._floor.ledger.as_of >= staged_at + _COOLDOWN_MS:
            del self._staged_at[pot]
