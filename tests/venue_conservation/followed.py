"""What a venue tells, added up apart from it: every account's money and units, fees, and what is nobody's."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, InvalidOperation, localcontext

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.entities import Account, Event, Fill, FundingPaid, Liquidated, OrderChanged, Traded
from tests.conservation.accounts import OutOfBalance

__all__ = ["Followed"]

_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Clamped])
_ZERO = Decimal(0)


class Followed:
    """Sums over what was told; only `check` looks at the venue's own books."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._money: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._units: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        self._fees = self._others = self._came = self._went = _ZERO
        self._liquidated: set[str] = set()

    def came(self, address: str, usd: Decimal) -> None:
        """Note a deposit."""
        self._came += usd
        self._money[address] += usd

    def moved(self, source: str, destination: str | None, usd: Decimal, fee: Decimal) -> None:
        """Note a transfer, or a withdrawal."""
        self._money[source] -= usd + fee
        self._fees += fee
        if destination is None:
            self._went += usd
        else:
            self._money[destination] += usd

    def follow(self, events: Iterable[Event]) -> None:
        """Add up what was told."""
        with localcontext(_EXACT):
            for event in events:
                match event:
                    case Traded(fill=fill, buyer=buyer, seller=seller):
                        self._trade(fill, seller if fill.is_buy else buyer)
                    case FundingPaid():
                        self.seen["payments"] += 1
                        self._money[event.user] += event.usdc
                        self._others -= event.usdc
                    case Liquidated():
                        self.seen[f"liquidations ({'cross' if event.is_cross else 'isolated'} {event.method})"] += 1
                        self._liquidated.add(event.user)
                    case OrderChanged():
                        self.seen[event.status] += event.status != "open"
                    case _:
                        pass

    def _trade(self, fill: Fill, other: str) -> None:
        signed = fill.sz if fill.is_buy else -fill.sz
        self.seen["fills"] += 1
        self.seen[fill.dir] += fill.dir == "Auto-Deleveraging"
        self._money[fill.user] -= signed * fill.px + fill.fee
        self._units[fill.user, fill.asset] += signed
        self._fees += fill.fee
        if other[2:] in {"1" * 40, "2" * 40}:  # the house and the liquidator: their side is not told
            self._others += signed * fill.px

    def check(self, engine: Engine) -> None:
        """Compare with the venue's books.

        Raises:
            OutOfBalance: something was lost or made.
        """
        with localcontext(_EXACT):
            for account in engine.accounts():
                self._check_account(account)
            self._liquidated.clear()
            self._check_books(engine.books())

    def _check_account(self, account: Account) -> None:
        address = account.address
        has = account.cash + account.spot_usdc
        for asset, position in account.positions.items():
            has += position.isolated_usd or _ZERO
            if position.szi != self._units[address, asset]:
                message = f"{address} has {position.szi} of {asset}, and traded {self._units[address, asset]}"
                raise OutOfBalance(message)
        missing = self._money[address] - has
        if missing and address in self._liquidated:  # what it had passed to the liquidator, or was made up for
            self._others += missing
            self._money[address] = has
        elif missing:
            message = f"{address} should have {missing} more than {has}"
            raise OutOfBalance(message)

    def _check_books(self, books: Mapping[str, Decimal]) -> None:
        sums = {
            "all pots": sum(books.values(), _ZERO),
            "fees": books["fees"] - self._fees,
            "deposited": books["deposited"] + self._came,
            "withdrawn": books["withdrawn"] - self._went,
            "house and liquidator": books["house"] + books["liquidator"] - self._others,
        }
        wrong = {name: amount for name, amount in sums.items() if amount}
        if wrong:
            message = f"what is too much: {wrong}"
            raise OutOfBalance(message)
