"""The world of a bound, played by the attacker: marks at turns, one wish a turn, halts that close everything."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.adversary.account import Account
from tests.adversary.gate import Gate, Leg, Proposal
from tests.adversary.scenario import WHOLE, Fill, Losses, Scenario, Turn, Wish
from tests.adversary.sizing import least_lots, room
from tests.adversary.terms import BPS, DOLLAR, Terms

__all__ = ["Executed", "Narrate", "World"]

_WHOLE_DOLLAR = 1_000_000
_MARGIN = DOLLAR // 100
"""So that a turn that should just not halt does not, whatever is rounded."""


class Executed(NamedTuple):
    """One execution, as it is told."""

    symbol: int
    lots: int
    price: int


Narrate = Callable[[Account, str, Executed | None], None]


class _Opened(NamedTuple):
    # What is remembered of an open until the next turn.
    symbol: int
    lots: int
    price: int
    fee: int
    equity: int


class World:
    """Plays scenarios one after the other; each starts anew."""

    def __init__(self, terms: Terms, gate: Gate, *, halts: bool = True, narrate: Narrate | None = None) -> None:
        """Take the numbers and the gate; a world without halts is one the bound was not made for."""
        self._terms = terms
        self._gate = gate
        self._halts = halts
        self._narrate = narrate
        self._begin()

    def play(self, scenario: Scenario) -> Losses:
        """Play to the end, or until everything has been closed for good."""
        self._begin()
        last = len(scenario) - 1
        for place, turn in enumerate(scenario):
            if self._comes(turn):
                break
            if place < last:
                self._acts(turn)
        return Losses(self._order, self._day, self._deployment)

    def _begin(self) -> None:
        self._account = Account(self._terms)
        self._ceilings: list[int] | None = None
        self._opened: _Opened | None = None
        self._way = 0
        self._order = self._day = self._deployment = 0.0

    def _comes(self, turn: Turn) -> bool:
        # Time passes and the marks move; whether this was the end.
        account = self._account
        marks = self._moved(turn)
        way = turn.funding
        if turn.depth <= WHOLE:
            marks, way = self._softened(self._carried(marks), turn)
        elif not self._may_stand(marks, turn):
            marks = self._carried(marks)
        account.pass_time(midnight=turn.midnight)
        due = account.funding(marks, way)
        self._way = way
        account.marks = marks
        account.cash -= due
        account.equity = account.worth(marks)
        self._tell("marks, funding" if due else "marks")
        return self._settles(midnight=turn.midnight)

    def _moved(self, turn: Turn) -> list[int]:
        marks, gap = list(self._account.marks), self._terms.gap
        for symbol, move in enumerate(turn.moves):
            if move:
                mark = marks[symbol]
                falls = turn.against and self._account.sizes[symbol] > 0
                step = mark * gap * abs(move) // (BPS * WHOLE)
                marks[symbol] = mark - step if falls is (move > 0) else mark + step
        return marks

    def _carried(self, marks: list[int]) -> list[int]:
        # Before the last gap no mark rises further above where it stood at the last approved open.
        if self._ceilings is None:
            return marks
        return [min(mark, ceiling) for mark, ceiling in zip(marks, self._ceilings, strict=True)]

    def _may_stand(self, marks: Sequence[int], turn: Turn) -> bool:
        if self._ceilings is None or not any(map(int.__gt__, marks, self._ceilings)):
            return True
        account = self._account
        equity = account.worth(marks) - account.funding(marks, turn.funding)
        halted = self._halts and equity <= account.floor(midnight=turn.midnight)
        return halted or account.is_liquidated(marks, equity)

    def _softened(self, marks: list[int], turn: Turn) -> tuple[list[int], int]:
        # Moves that lose no more than was meant to be lost, and the way of the funding that this leaves room for.
        account, way = self._account, turn.funding
        allowed = (account.worth(account.marks) - account.floor(midnight=turn.midnight) - _MARGIN) * turn.depth // WHOLE
        if allowed <= 0:
            return list(account.marks), 0
        due = account.funding(marks, 1) if way > 0 else 0
        lost = account.value(account.marks) - account.value(marks)
        if lost + due <= allowed:
            return marks, way
        # A smaller move can leave more notional to pay funding on.
        due = max(due, account.funding(account.marks, 1)) if way > 0 else 0
        if due >= allowed:
            due = way = 0
        if lost <= allowed - due:
            return marks, way
        left = allowed - due
        return [old + (new - old) * left // lost for old, new in zip(account.marks, marks, strict=True)], way

    def _settles(self, *, midnight: bool) -> bool:
        account = self._account
        liquidated = account.is_liquidated(account.marks, account.equity)
        self._weigh_open(at_mark=liquidated)
        if liquidated:
            account.close_all(at_marks=True)
            self._tell("liquidation")
        self._weigh()
        if liquidated:
            return True
        if midnight:
            account.open_day()
        account.peak = max(account.peak, account.equity)
        if not self._halts or account.equity > account.floor(midnight=midnight):
            return False
        account.close_all()
        self._tell("halt")
        self._weigh()
        return True

    def _weigh_open(self, *, at_mark: bool) -> None:
        # What the last open costs if it is closed at this turn, which nothing refuses.
        opened, account = self._opened, self._account
        if opened is None:
            return
        self._opened = None
        symbol, lots, price, paid, equity = opened
        mark = account.marks[symbol]
        out = mark if at_mark else account.collar_end(symbol, buy=lots < 0)
        units = abs(lots)
        due = units * mark * self._terms.funding * self._way // BPS
        cost = lots * (price - out) + paid + self._terms.fee(units * out) + due
        self._order = max(self._order, cost / equity)

    def _weigh(self) -> None:
        account = self._account
        equity = account.equity
        self._day = max(self._day, (account.baseline - equity) / account.baseline)
        self._deployment = max(self._deployment, (account.peak - equity) / account.peak)

    def _acts(self, turn: Turn) -> None:
        wish = turn.wish
        if wish is Wish.OPEN:
            self._opens(turn)
        elif wish is Wish.CLOSE and self._account.sizes[turn.symbol]:
            held = abs(self._account.sizes[turn.symbol])
            lots = None if turn.share >= WHOLE else max(1, held * turn.share // WHOLE)
            self._carry_out(Proposal(turn.symbol, lots, None), turn.fill)

    def _opens(self, turn: Turn) -> None:
        account, symbol = self._account, turn.symbol
        lots = room(account, symbol, buy=turn.buy) * turn.share // WHOLE
        least = least_lots(account, symbol)
        # Smaller ones are refused, and too many of them would be spent on that.
        if lots < least and turn.share > 1:
            return
        limit = self._limit(turn)
        self._carry_out(Proposal(symbol, max(lots, least), turn.buy, limit), turn.fill)

    def _limit(self, turn: Turn) -> int | None:
        if turn.fill < Fill.MISSED:
            return None
        end = self._account.collar_end(turn.symbol, buy=turn.buy is (turn.fill is Fill.LIMIT))
        down = turn.buy
        return end // _WHOLE_DOLLAR * _WHOLE_DOLLAR if down else -(-end // _WHOLE_DOLLAR) * _WHOLE_DOLLAR

    def _carry_out(self, proposal: Proposal, fill: Fill) -> None:
        account = self._account
        equity = account.equity
        legs = self._gate.legs(proposal, account)
        account.orders += len(legs)
        for leg in legs:
            self._executes(leg, proposal, fill, equity)
        if legs and legs[-1].opens:
            carry = BPS + self._terms.carry
            self._ceilings = [mark * carry // BPS for mark in account.marks]

    def _executes(self, leg: Leg, proposal: Proposal, fill: Fill, equity: int) -> None:
        account, symbol = self._account, proposal.symbol
        if fill is Fill.MARK:
            price = account.marks[symbol]
        elif leg.opens and proposal.limit is not None:
            if fill is Fill.MISSED:
                self._tell("approved, not executed: open", Executed(symbol, leg.lots, proposal.limit))
                return
            price = proposal.limit
        else:
            price = account.collar_end(symbol, buy=leg.lots > 0)
        fee = account.execute(symbol, leg.lots, price)
        if leg.opens:
            self._opened = _Opened(symbol, leg.lots, price, fee, equity)
        self._tell("opens" if leg.opens else "closes", Executed(symbol, leg.lots, price))

    def _tell(self, what: str, executed: Executed | None = None) -> None:
        if self._narrate is not None:
            self._narrate(self._account, what, executed)
