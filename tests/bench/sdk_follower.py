"""The official SDK's websocket client following an account, in a process of its own.

    python -m tests.bench.sdk_follower URL TRADER

Each line `[count]` is answered twice: when it listens, and with what each of so many messages took and said.
"""

import gc
import sys
import threading
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from eth_account import Account
from hyperliquid.websocket_manager import WebsocketManager

from tests.bench.trading_place import FOLLOWED, secret_of
from tests.bench.workers import attend, tell

_MINUTE_S = 60


class _Counter:
    """Reads what whoever trades needs of each message, and measures until the last one."""

    def __init__(self) -> None:
        self._frames, self._units, self._expected = 0, Decimal(0), -1
        self._began = self._took = 0.0
        self._snapshot, self._done = threading.Event(), threading.Event()

    def fills(self, message: Mapping[str, Any]) -> None:
        told = message["data"]
        if told.get("isSnapshot"):
            self._snapshot.set()
            return
        for fill in told["fills"]:
            for number in ("px", "fee", "closedPnl", "startPosition"):
                Decimal(fill[number])
            self._units += Decimal(fill["sz"])
        self._count()

    def orders(self, message: Mapping[str, Any]) -> None:
        for update in message["data"]:
            for number in ("limitPx", "sz", "origSz"):
                Decimal(update["order"][number])
        self._count()

    def measured(self, expected: int) -> tuple[float, str]:
        assert self._snapshot.wait(_MINUTE_S), "no snapshot came"
        self._frames, self._units, self._expected = 0, Decimal(0), expected
        self._done.clear()
        gc.collect()
        self._began = time.process_time()
        tell("listening")
        assert self._done.wait(_MINUTE_S), f"{self._frames} of {expected} messages came"
        return self._took / expected * 1e6, str(self._units)

    def _count(self) -> None:
        self._frames += 1
        if self._frames == self._expected:
            self._took = time.process_time() - self._began
            self._done.set()


def main() -> None:
    """Follow until the bench has no more."""
    url, trader = sys.argv[1:]
    counter = _Counter()
    manager = WebsocketManager(url)
    manager.start()
    user = Account.from_key(secret_of(trader)).address
    for topic, look in zip(FOLLOWED, (counter.orders, counter.fills), strict=True):
        manager.subscribe({"type": topic, "user": user}, look)
    gc.disable()
    attend(counter.measured)
    manager.stop()


if __name__ == "__main__":
    main()
