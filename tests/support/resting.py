"""What stands in for the outside where requests are tested: a transport that plays a script, and drawn bytes."""

from collections.abc import Callable, Sequence

from agentic_hl.rest import Answered, HttpOutcome
from tests.support.clocks import VirtualClock

__all__ = ["GivenEntropy", "ScriptedTransport", "json_answer"]


class GivenEntropy:
    """Bytes that are all the same."""

    def __init__(self, byte: int = 0) -> None:
        self._byte = byte

    def uuid(self) -> str:
        """Return the same each time."""
        return "00000000-0000-4000-8000-000000000000"

    def token_bytes(self, count: int) -> bytes:
        """Return so many of the byte."""
        return bytes([self._byte]) * count


class ScriptedTransport:
    """Answers each request with the next thing of a script, the last thing for ever, and keeps what was asked."""

    def __init__(
        self, clock: VirtualClock, script: Sequence[HttpOutcome | Callable[[], HttpOutcome]], *, takes_ms: int = 0
    ) -> None:
        self._clock = clock
        self._script = list(script)
        self._takes_ms = takes_ms
        self.posts: list[tuple[str, bytes, int]] = []
        self.times: list[int] = []

    async def post(self, path: str, body: bytes, timeout_ms: int) -> HttpOutcome:
        """Answer after the time it takes."""
        self.posts.append((path, body, timeout_ms))
        self.times.append(self._clock.boottime_ms())
        next_one = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        await self._clock.sleep(self._takes_ms / 1_000)
        return next_one() if callable(next_one) else next_one


def json_answer(body: bytes, *, status: int = 200, retry_after_ms: int | None = None) -> Answered:
    """Make an answer such as the venue gives."""
    return Answered(status=status, body=body, content_type="application/json", retry_after_ms=retry_after_ms)
