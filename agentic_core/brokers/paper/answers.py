"""What became of the newest actions on a paper account."""

from collections.abc import Container, Iterable
from typing import Final

from agentic_core.brokers.paper.keeping import Answered
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.order import IntentState

__all__ = ["Answers"]

_KEPT: Final = 64
"""How many are remembered; whoever asks for an older one finds it in the database, where its answer was noted."""


class Answers:
    """The newest answers, oldest first."""

    def __init__(self) -> None:
        """Start with none."""
        self._answers: dict[ClientOrderId, Answered] = {}

    @property
    def newest(self) -> tuple[Answered, ...]:
        """All that are remembered."""
        return tuple(self._answers.values())

    def get(self, cloid: ClientOrderId) -> Answered | None:
        """Return what became of an action; None where it is not remembered."""
        return self._answers.get(cloid)

    def add(self, cloid: ClientOrderId, state: IntentState, reason: str = "") -> None:
        """Remember what became of an action."""
        self._answers.pop(cloid, None)
        self._answers[cloid] = Answered(cloid=cloid, state=state, reason=reason)

    def restore(self, answered: Iterable[Answered]) -> None:
        """Remember what an earlier process knew."""
        self._answers.update((one.cloid, one) for one in answered)

    def drop_old(self, *, keep: Container[ClientOrderId]) -> tuple[ClientOrderId, ...]:
        """Let go of the oldest but those to be kept, and return them."""
        surplus = [cloid for cloid in self._answers if cloid not in keep][: max(0, len(self._answers) - _KEPT)]
        for cloid in surplus:
            del self._answers[cloid]
        return tuple(surplus)
