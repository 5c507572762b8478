"""Actions on their way to the venue."""

from collections.abc import Iterator

from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import IntentKind, OpenIntent, PreparedIntent
from agentic_core.domain.times import Instant

__all__ = ["Transit"]


class Transit:
    """A way of one length, so that actions arrive in the order they were sent."""

    def __init__(self, latency_ms: int) -> None:
        """Start with nothing on its way."""
        self.latency_ms = latency_ms
        self._under_way: dict[ClientOrderId, tuple[Instant, PreparedIntent]] = {}

    def __bool__(self) -> bool:
        """Tell whether anything is on its way."""
        return bool(self._under_way)

    def __len__(self) -> int:
        """Count what is on its way."""
        return len(self._under_way)

    def __contains__(self, cloid: ClientOrderId) -> bool:
        """Tell whether an action is on its way."""
        return cloid in self._under_way

    @property
    def next_due(self) -> Instant | None:
        """When the next action arrives; None where none is on its way."""
        return next((due for due, _ in self._under_way.values()), None)

    def start(self, prepared: PreparedIntent, now: Instant) -> Instant:
        """Set an action on its way and return when it arrives."""
        due = Instant(now + self.latency_ms)
        self._under_way[prepared.intent.cloid] = (due, prepared)
        return due

    def first_due(self, now: Instant) -> PreparedIntent | None:
        """Return the next action if it has arrived by now."""
        due, prepared = next(iter(self._under_way.values()), (now, None))
        return prepared if due <= now else None

    def take(self, cloid: ClientOrderId) -> bool:
        """Take an action off the way; false where another has taken it already."""
        return self._under_way.pop(cloid, None) is not None

    def intents(self) -> Iterator[OpenIntent]:
        """List what the orders on their way may execute."""
        for _, prepared in self._under_way.values():
            intent = prepared.intent
            if intent.kind in {IntentKind.ORDER, IntentKind.STOP}:
                yield OpenIntent(
                    cloid=intent.cloid,
                    symbol=intent.symbol,
                    side=intent.side,
                    size=intent.size,
                    limit_price=intent.limit_price,
                    reduce_only=intent.reduce_only,
                    resting=False,
                )
