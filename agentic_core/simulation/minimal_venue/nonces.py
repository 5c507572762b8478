"""At-most-once nonces, as the venue keeps them for each signer."""

from bisect import insort

from agentic_core.domain.times import DAY_MS, Instant

__all__ = ["NonceBook"]

_PAST_MS = 2 * DAY_MS
_FUTURE_MS = DAY_MS


class NonceBook:
    """The highest nonces of each signer; a new one has to be unused, above the lowest kept, and near venue time."""

    def __init__(self, kept: int = 20) -> None:
        """Take how many are kept for each signer."""
        self._kept = kept
        self._used: dict[str, list[int]] = {}

    def use(self, signer: str, nonce: int, at: Instant) -> str | None:
        """Use a nonce up, or return why it is refused."""
        if not at - _PAST_MS < nonce < at + _FUTURE_MS:
            return f"Invalid nonce: {nonce} is not within (T - 2 days, T + 1 day) of {at}"
        used = self._used.setdefault(signer, [])
        if nonce in used:
            return f"Invalid nonce: duplicate nonce {nonce}"
        if len(used) == self._kept and nonce < used[0]:
            return f"Invalid nonce: {nonce} is too low, the lowest kept is {used[0]}"
        insort(used, nonce)
        del used[: -self._kept]
        return None
