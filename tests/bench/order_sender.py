"""Our broker sending orders, in a process of its own, as it is shipped: from an intent to what became of it.

    python -m tests.bench.order_sender URL

Each line `[trader, count, with_fills]` is answered by the microseconds that each of so many orders took, and by the
microseconds of processor time of each. Only with fills does the broker look for them after the answer.
"""

import gc
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

import anyio
import anyio.to_thread
import msgspec

from agentic_core.domain import Accepted, Instant, OrderIntent, PreparedIntent, Price, Side, Size, Symbol
from agentic_core.ports.budgets import Bucket
from agentic_core.system import SystemClock, SystemEntropy
from agentic_hl.broker import BrokerTimes, HyperliquidBroker, TradedAccount
from agentic_hl.rest.httpx_transport import HttpxTransport
from agentic_hl.wire.network import Network
from agentic_hl.wire.signing import Signer
from tests.bench.trading_place import COIN, SIZE, TRADERS, limit_of, secret_of
from tests.bench.workers import tell
from tests.support.hyperliquid_desk import GivenEnvironment, NothingRemembered, access_over
from tests.support.markets import ACCOUNT, order, prepared

_UNLIMITED = Bucket(name="bench", capacity=10**9, per_minute=10**9)
_LIVE = GivenEnvironment({"HYPERLIQUID_LIVE_ENABLED": "true"})
_EXPIRY_MS = 10_000
_TIMES = {False: BrokerTimes(fills_ms=0), True: BrokerTimes(search_back_ms=0)}


class _Orders:
    """Orders that buy and sell in turn."""

    def __init__(self) -> None:
        self._count, self._nonce = 0, 0
        self._clock = SystemClock()

    def next(self) -> PreparedIntent:
        self._count += 1
        now = self._clock.now()
        self._nonce = max(now, self._nonce + 1)
        ready = msgspec.structs.replace(prepared(self._intent(now)), prepared_at=now, nonce=self._nonce)
        return msgspec.structs.replace(ready, expires_at=Instant(now + _EXPIRY_MS))

    def _intent(self, now: int) -> OrderIntent:
        is_buy = self._count % 2 == 1
        side = Side.BUY if is_buy else Side.SELL
        size, price = Size(Decimal(SIZE)), Price(Decimal(limit_of(is_buy=is_buy)))
        return order(now * 10_000 + self._count, side, size, price, symbol=Symbol(COIN))


class _Traders:
    def __init__(self, brokers: Mapping[tuple[str, bool], HyperliquidBroker]) -> None:
        self._brokers = brokers
        self._orders = _Orders()

    async def send(self, trader: str, count: int, *, with_fills: bool) -> tuple[list[float], float]:
        gc.collect()
        broker, took = self._brokers[trader, with_fills], []
        ready = [self._orders.next() for _ in range(count)]
        began_cpu = time.process_time()
        for each in ready:
            began = time.perf_counter_ns()
            outcome = await broker.send(each)
            took.append((time.perf_counter_ns() - began) / 1000)
            assert isinstance(outcome, Accepted), outcome
            assert outcome.total == each.intent.size, outcome
            assert bool(outcome.fills) is with_fills, outcome
        return took, (time.process_time() - began_cpu) / count * 1e6


async def _trade(url: str) -> None:
    async with HttpxTransport(url) as http:
        access = access_over(http, SystemClock(), SystemEntropy(), bucket=_UNLIMITED)
        brokers = {}
        for trader in TRADERS:
            signer = Signer.from_hex(secret_of(trader))
            account = TradedAccount(key=ACCOUNT, address=signer.address, network=Network.TESTNET, mode="default")
            for with_fills, times in _TIMES.items():
                broker = HyperliquidBroker(account, signer, access, NothingRemembered(), _LIVE, times)
                await broker.warm_up()
                brokers[trader, with_fills] = broker
        traders = _Traders(brokers)
        while line := await anyio.to_thread.run_sync(sys.stdin.buffer.readline):
            trader, count, with_fills = msgspec.json.decode(line)
            tell(await traders.send(trader, count, with_fills=with_fills))


def main() -> None:
    """Send orders until the bench has no more."""
    gc.disable()
    anyio.run(partial(_trade, sys.argv[1]))


if __name__ == "__main__":
    main()
