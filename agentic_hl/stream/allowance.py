"""How many new links an address of the internet may make."""

from agentic_core.ports.budgets import Bucket, BudgetLedger
from agentic_core.ports.clock import Clock
from agentic_hl.wire.weights import STREAM_LIMITS

__all__ = ["LinkAllowance", "link_bucket"]

_AT_ONCE = 6
_SHARE_PCT = 80


def link_bucket(address: str) -> Bucket:
    """Return the bucket of new links of an address, as its processes know themselves.

    In no span of a minute more than four fifths of what the venue allows are made, so that a browser there still can.
    """
    allowed = STREAM_LIMITS.connections_per_minute * _SHARE_PCT // 100
    return Bucket(name=f"hyperliquid:links:{address}", capacity=_AT_ONCE, per_minute=allowed - _AT_ONCE)


class LinkAllowance:
    """Waits until another link may be made."""

    def __init__(self, ledger: BudgetLedger, clock: Clock, bucket: Bucket) -> None:
        """Take the ledger to share, the clock to wait by, and the address's bucket."""
        self._ledger = ledger
        self._clock = clock
        self._bucket = bucket

    async def wait(self) -> None:
        """Return when it is this process's turn; the link counts, whether it then comes about or not."""
        while wait := await self._ledger.take(self._bucket, 1):
            await self._clock.sleep(wait / 1000)
