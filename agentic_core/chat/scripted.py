"""A chat model that says what was written down beforehand, for tests and for trying out a skill without a key."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from agentic_core.domain.chat import CallId
from agentic_core.domain.decision import ProposedAction
from agentic_core.domain.money import Usd
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import CallOutcome, CallUsage, ChatRequest, Completion

__all__ = ["ScriptedChatModel", "said"]

_FREE = CallUsage(cost_usd=Usd(Decimal(0)))
_NUMBERS_AS_NUMBERS = msgspec.json.Encoder(decimal_format="number")


class ScriptedChatModel:
    """Gives the outcomes of a script in their order, whatever is asked."""

    def __init__(self, outcomes: Iterable[CallOutcome], *, bound: Usd | None) -> None:
        """Take the script.

        Args:
            outcomes: what comes of the calls, first to last.
            bound: what every call can cost at most; None says that nobody knows, so that no budget lets it pass.
        """
        self._outcomes = tuple(outcomes)
        self._bound = bound
        self._requests: list[ChatRequest] = []

    @property
    def model_id(self) -> str:
        """The name it goes by, which no provider's model has."""
        return "scripted"

    @property
    def requests(self) -> tuple[ChatRequest, ...]:
        """What was asked so far, first to last."""
        return tuple(self._requests)

    def bound(self, request: ChatRequest) -> Usd | None:
        """Return the bound of the script."""
        return self._bound

    async def call(self, call: CallId, request: ChatRequest, *, within_ms: int) -> CallOutcome:
        """Return the next outcome.

        Raises:
            UsageError: the script is used up; its author counted wrongly.
        """
        if len(self._requests) == len(self._outcomes):
            message = f"the script of {len(self._outcomes)} outcomes is used up; write one for every call"
            raise UsageError(message)
        self._requests.append(request)
        return self._outcomes[len(self._requests) - 1]

    async def cost_of(self, generation: str) -> Usd | None:
        """Return None: the script says every cost with its outcome."""
        return None


def said(action: ProposedAction | None, text: str = "", *, usage: CallUsage = _FREE) -> Completion:
    """Return the answer in which a chat model wishes an action, or deliberately none."""
    reply = {"text": text, "action": None if action is None else _wish(action)}
    return Completion(
        text=_NUMBERS_AS_NUMBERS.encode(reply).decode(), usage=usage, request_hash="0" * 64, model_id="scripted"
    )


def _wish(action: ProposedAction) -> dict[str, object]:
    wish: dict[str, object] = {"kind": action.kind, "symbol": action.symbol}
    if action.side is not None:
        wish |= {"side": action.side, "limitPrice": action.limit_price}
    if action.size_usd is not None:
        return wish | {"sizeUsd": action.size_usd, "reason": action.reason}
    return wish | {"size": action.size, "reason": action.reason}
