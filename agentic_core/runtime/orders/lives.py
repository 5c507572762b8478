"""The intents of one account that somebody still cares about, and what they forbid meanwhile."""

from collections.abc import Iterator, Mapping

from agentic_core.domain.ids import ClientOrderId, DecisionId, Symbol
from agentic_core.domain.order import IntentKind, IntentState, OpenIntent
from agentic_core.execution.life import Life
from agentic_core.execution.resolution import blocks_opens, worst_case

__all__ = ["Lives", "is_waiting"]


def is_waiting(life: Life) -> bool:
    """Tell whether it is a stop that was never given a nonce: nothing of it was ever signed, so nothing of it lives."""
    unsigned = life.prepared.nonce is None and not life.sends
    return life.intent.kind is IntentKind.STOP and life.state is IntentState.PREPARED and unsigned


class Lives(Mapping[ClientOrderId, Life]):
    """The intents by their client order ids; shared by the desk, which changes them, and those who only count them."""

    def __init__(self) -> None:
        """Start empty, and unknown: until the desk has recovered, something counts as unresolved."""
        self.are_known = False
        self.gated: DecisionId | None = None
        """The decision that the gate looks at now: what is left of it to be sent does not stand in its own way."""
        self._lives: dict[ClientOrderId, Life] = {}

    def __getitem__(self, cloid: ClientOrderId) -> Life:
        """Return what is known of one intent."""
        return self._lives[cloid]

    def __iter__(self) -> Iterator[ClientOrderId]:
        """Go through them, oldest first."""
        return iter(self._lives)

    def __len__(self) -> int:
        """Count them."""
        return len(self._lives)

    def put(self, life: Life) -> None:
        """Replace what is known of an intent."""
        self._lives[life.cloid] = life

    def drop(self, cloid: ClientOrderId) -> None:
        """Forget an intent."""
        self._lives.pop(cloid, None)

    @property
    def unresolved(self) -> int:
        """How many orders there are whose fate is not known; cancels do not count."""
        return sum(blocks_opens([life]) for life in self._counting()) + (not self.are_known)

    def worst_case(self) -> tuple[OpenIntent, ...]:
        """Return what may still execute, as far as the ledger does not show it yet."""
        return worst_case(self._counting())

    def waiting_stop(self, symbol: Symbol) -> Life | None:
        """Return the newest stop of a symbol that waits for its nonce."""
        waiting = [life for life in self._lives.values() if life.intent.symbol == symbol and is_waiting(life)]
        return waiting[-1] if waiting else None

    def _counting(self) -> list[Life]:
        return [life for life in self._lives.values() if not (is_waiting(life) or self._is_gated(life))]

    def _is_gated(self, life: Life) -> bool:
        return life.state is IntentState.PREPARED and life.prepared.decision == self.gated
