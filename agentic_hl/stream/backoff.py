"""How long to wait before connecting again."""

__all__ = ["JITTER_ONE", "Backoff"]

JITTER_ONE = 1_000
"""Jitter is given as a number from 0 up to, and not including, this."""

_FIRST_MS = 1_000
_CAP_MS = 60_000
_STABLE_MS = 60_000


class Backoff:
    """Waits that double up to a limit, each of them shortened by chance to at least half.

    They begin anew after a connection that lasted a minute; one that breaks off at once counts as a failure.
    """

    def __init__(self, *, first_ms: int = _FIRST_MS, cap_ms: int = _CAP_MS, stable_ms: int = _STABLE_MS) -> None:
        """Take the first wait, the longest one, and how long a connection must last to be called stable."""
        self._first_ms = first_ms
        self._cap_ms = cap_ms
        self._stable_ms = stable_ms
        self._failures = 0
        self._opened_at: int | None = None

    def opened(self, now: int) -> None:
        """Note that there is a connection."""
        self._opened_at = now

    def wait_ms(self, now: int, jitter: int) -> int:
        """Return how long to wait after a failure to connect or the loss of a connection.

        >>> backoff = Backoff()
        >>> [backoff.wait_ms(0, 0) for _ in range(8)]
        [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
        """
        if self._opened_at is not None and now - self._opened_at >= self._stable_ms:
            self._failures = 0
        self._opened_at = None
        whole = min(self._cap_ms, self._first_ms << min(self._failures, 32))
        self._failures += 1
        return whole // 2 + whole * jitter // (2 * JITTER_ONE)
