"""Nothing is lost and nothing appears: `python -m tests.conservation [--operations N] [--seed K]`.

Random orders, marks and funding on the shipped paper account; after every operation cash and positions are worth, to
the last digit, what was put in plus realised and open profit plus funding less fees.
"""

import argparse
import random  # noqa: TID251 - a seeded command of the test suite
import sys
from decimal import Decimal

from agentic_core.domain import (
    ZERO,
    DecisionId,
    Fence,
    FundingPayment,
    Instant,
    OrderIntent,
    PreparedIntent,
    Price,
    Side,
    Size,
    paper_account,
)
from agentic_core.domain.ids import ClientOrderId, DeploymentId
from agentic_core.domain.order import Accepted
from agentic_core.runtime.drive import immediately
from tests.support.markets import AT, BTC, ETH, Paper

_FENCE = Fence(account=paper_account(DeploymentId("conservation")), epoch=1)
_REPORT = 50_000


class Books:
    """What was realised, paid and received so far, added up apart from the account."""

    def __init__(self) -> None:
        """Open an account with a fee and a slippage that leave odd digits."""
        self.paper = Paper(equity="1000000", leverage=20, taker_rate="0.00045", slippage_bps="1.5")
        self.moved = Decimal(0)
        self.count = 0

    def operate(self, dice: random.Random) -> None:
        """Do one thing and check."""
        self.count += 1
        symbol = dice.choice((BTC, ETH))
        kind = dice.random()
        if kind < 0.3:
            self.paper.set(str(Decimal(dice.randint(7_000, 13_000)).scaleb(-2)), symbol=symbol)
        elif kind < 0.4:
            self._fund(dice)
        else:
            self._order(dice, symbol)
        ledger = self.paper.ledger
        unrealised = sum((one.unrealised_pnl(ledger.price(one.symbol)) for one in ledger.positions.values()), ZERO)
        expected = ledger.starting_equity + self.moved + unrealised
        if ledger.equity != expected:
            raise AssertionError(f"operation {self.count}: equity is {ledger.equity}, all parts make {expected}")

    def _fund(self, dice: random.Random) -> None:
        ledger = self.paper.ledger
        rate = Decimal(dice.randint(-999, 999)).scaleb(-7)
        for held in list(ledger.positions.values()):
            price = ledger.price(held.symbol)
            payment = FundingPayment.settle(held.symbol, Instant(AT), size=held.size, price=price, rate=rate)
            ledger.settle(payment)
            self.moved += payment.amount

    def _order(self, dice: random.Random, symbol: str) -> None:
        side = dice.choice((Side.BUY, Side.SELL))
        intent = OrderIntent(
            cloid=ClientOrderId(f"0x{self.count:032x}"),
            symbol=BTC if symbol == BTC else ETH,
            side=side,
            size=Size(Decimal(dice.randint(1, 90_000)).scaleb(-3)),
            limit_price=Price(Decimal(1_000 if side is Side.BUY else 1)),
            reduce_only=dice.random() < 0.3,
        )
        prepared = PreparedIntent(
            intent=intent, fence=_FENCE, decision=DecisionId("conservation"), prepared_at=Instant(AT)
        )
        outcome = immediately(self.paper.broker.send(prepared))
        if isinstance(outcome, Accepted):
            self.moved += sum((fill.closed_pnl - fill.fee for fill in outcome.fills), ZERO)


def main() -> int:
    """Run as many operations as asked for."""
    parser = argparse.ArgumentParser(description="Check that the paper account conserves every digit.")
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice, books = random.Random(options.seed), Books()  # noqa: S311 - not for secrets
    for done in range(1, options.operations + 1):
        books.operate(dice)
        if done % _REPORT == 0:
            sys.stdout.write(
                f"{done:,} of {options.operations:,} operations, {len(books.paper.broker.fills):,} fills, equity {books.paper.ledger.equity}\n"
            )
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
