"""The official SDK's websocket client in a process of its own, as `Info` starts it.

    python -m tests.bench.sdk_reader URL

Each line `[count]` is answered twice: when it listens, and with what that many frames took and said. Of a channel that
the SDK cannot subscribe to it drops each frame after decoding it, so nothing is said.
"""

import gc
import sys
import threading
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hyperliquid.websocket_manager import WebsocketManager

from tests.bench.frame_samples import END_COIN, MIDS_READ, USER
from tests.bench.workers import attend, tell

_MINUTE_S = 60


class _Counter:
    """Looks at each message as whoever trades would, and measures until the last one."""

    def __init__(self) -> None:
        self._frames, self._said, self._began, self._took = 0, "", 0.0, 0.0
        self._done = threading.Event()

    def look_at_mids(self, message: Mapping[str, Any]) -> None:
        mids = message["data"]["mids"]
        self._count(" ".join(str(Decimal(mids[coin])) for coin in MIDS_READ))

    def look_at_state(self, message: Mapping[str, Any]) -> None:
        account, orders = message["data"]["clearinghouseState"], message["data"]["openOrders"]
        equity = Decimal(account["marginSummary"]["accountValue"])
        self._count(f"{equity} {len(account['assetPositions'])} {len(orders)}")

    def end(self, _message: Mapping[str, Any]) -> None:
        self._took = time.process_time() - self._began
        self._done.set()

    def measured(self, expected: int) -> tuple[float, str]:
        self._frames, self._said = 0, ""
        self._done.clear()
        gc.collect()
        self._began = time.process_time()
        tell("listening")
        assert self._done.wait(_MINUTE_S), "the last frame did not come"
        assert self._frames in {0, expected}, f"{self._frames} of {expected} frames came"
        return self._took / expected * 1e6, self._said

    def _count(self, said: str) -> None:
        self._frames += 1
        self._said = said


def main() -> None:
    """Read frames until the bench has no more."""
    counter = _Counter()
    manager = WebsocketManager(sys.argv[1])
    manager.start()
    manager.subscribe({"type": "allMids"}, counter.look_at_mids)
    manager.subscribe({"type": "webData2", "user": USER}, counter.look_at_state)
    manager.subscribe({"type": "bbo", "coin": END_COIN}, counter.end)
    gc.disable()
    attend(counter.measured)
    manager.stop()


if __name__ == "__main__":
    main()
