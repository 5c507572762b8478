r"""The official SDK sending orders in a process of its own, with coincurve or, as pip installs it, without.

    python -c "import sys; sys.modules['coincurve'] = None; from tests.bench import sdk_trader; sdk_trader.main()" \
        URL TRADER

It writes by what it signs. Each line `[count, with_fills]` is answered by the microseconds that each of so many orders
took, and by the microseconds of processor time of each. With fills it asks for them after the answer.
"""

import gc
import sys
import time
from decimal import Decimal
from itertools import count as counting
from typing import Any

from eth_account import Account
from eth_keys.main import KeyAPI
from hyperliquid.exchange import Exchange
from hyperliquid.utils.types import Cloid

from tests.bench.trading_place import COIN, SIZE, limit_of, secret_of
from tests.bench.workers import attend, tell

_IOC = {"limit": {"tif": "Ioc"}}
_TIMEOUT_S = 10


class _Trader:
    def __init__(self, url: str, name: str) -> None:
        wallet = Account.from_key(secret_of(name))
        self._address = wallet.address
        self._exchange = Exchange(wallet, url, timeout=_TIMEOUT_S)
        self._numbers = counting(1)

    def send(self, count: int, with_fills: bool) -> tuple[list[float], float]:
        gc.collect()
        took, orders = [], [self._order() for _ in range(count)]
        since = int(time.time() * 1000)
        began_cpu = time.process_time()
        for is_buy, size, price, cloid in orders:
            began = time.perf_counter_ns()
            answer = self._exchange.order(COIN, is_buy, size, price, _IOC, cloid=cloid)
            if with_fills:
                fills = self._exchange.info.user_fills_by_time(self._address, since)
                found = [fill for fill in fills if fill.get("cloid") == cloid.to_raw()]
                assert sum(Decimal(fill["sz"]) for fill in found) == Decimal(SIZE), found
                since = found[-1]["time"]
            took.append((time.perf_counter_ns() - began) / 1000)
            (status,) = answer["response"]["data"]["statuses"]
            assert Decimal(status["filled"]["totalSz"]) == Decimal(SIZE), answer
        return took, (time.process_time() - began_cpu) / count * 1e6

    def _order(self) -> tuple[bool, float, float, Any]:
        number = next(self._numbers)
        is_buy = number % 2 == 1
        cloid = Cloid.from_int(int(time.time()) << 32 | number)
        return is_buy, float(SIZE), float(limit_of(is_buy=is_buy)), cloid


def main() -> None:
    """Send orders until the bench has no more."""
    trader = _Trader(*sys.argv[1:])
    gc.disable()
    tell(KeyAPI().backend.__class__.__name__)
    attend(trader.send)


if __name__ == "__main__":
    main()
