"""A chat model that says what was written down beforehand, for tests and for trying out a skill without a key."""

from collections.abc import Iterable

from agentic_core.domain.money import Usd
from agentic_core.errors import UsageError
from agentic_core.ports.chat_model import Question, Reply

__all__ = ["ScriptedChatModel"]


class ScriptedChatModel:
    """Gives the replies of a script in their order, whatever the questions are."""

    def __init__(self, replies: Iterable[Reply], *, bound: Usd | None) -> None:
        """Take the script.

        Args:
            replies: what is answered, first to last.
            bound: what every question can cost at most; None says that nobody knows, so that no budget lets it pass.
        """
        self._replies = tuple(replies)
        self._bound = bound
        self._questions: list[Question] = []

    @property
    def model_id(self) -> str:
        """The name it goes by, which no provider's model has."""
        return "scripted"

    @property
    def questions(self) -> tuple[Question, ...]:
        """What was asked so far, first to last."""
        return tuple(self._questions)

    @property
    def questions_asked(self) -> int:
        """How many questions were asked so far."""
        return len(self._questions)

    def bound(self, question: Question) -> Usd | None:
        """Return the bound of the script."""
        return self._bound

    async def ask(self, question: Question) -> Reply:
        """Return the next reply.

        Raises:
            UsageError: the script has no more replies; its author counted wrongly.
        """
        if len(self._questions) == len(self._replies):
            message = f"the script of {len(self._replies)} replies is used up; write one for every question"
            raise UsageError(message)
        self._questions.append(question)
        return self._replies[len(self._questions) - 1]
