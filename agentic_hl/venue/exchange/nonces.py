"""Which nonces each signer has used.

Source: fact sheet 3. Assumed: a nonce below the smallest one kept is refused only once a hundred are kept.
"""

from bisect import bisect_left

from agentic_hl.venue.protocol.catalogue import duplicate_nonce, nonce_too_high, nonce_too_low
from agentic_hl.venue.terms import Refused
from agentic_hl.venue.times import DAY_MS

__all__ = ["KEPT_NONCES", "NonceBook"]

KEPT_NONCES = 100


class NonceBook:
    """The highest nonces of every signer, and the window around the present that a new one has to lie in."""

    def __init__(self, *, margin_ms: int = 0) -> None:
        """Open an empty book; the margin narrows the window at both ends."""
        self._margin = margin_ms
        self._kept: dict[str, list[int]] = {}

    def check_window(self, nonce: int, now: int) -> None:
        """Refuse a nonce outside of (now - 2 days, now + 1 day); nobody needs to know whose it is.

        Raises:
            Refused: it lies outside.
        """
        least, most = now - 2 * DAY_MS + self._margin, now + DAY_MS - self._margin
        if nonce <= least:
            raise Refused(nonce_too_low(nonce, least))
        if nonce >= most:
            raise Refused(nonce_too_high(nonce, most))

    def use(self, signer: str, nonce: int) -> None:
        """Use a nonce up.

        Raises:
            Refused: the signer used it, or it lies below the hundred highest that they used.
        """
        kept = self._kept.setdefault(signer, [])
        place = bisect_left(kept, nonce)
        if place < len(kept) and kept[place] == nonce:
            raise Refused(duplicate_nonce(nonce))
        if len(kept) == KEPT_NONCES and place == 0:
            raise Refused(nonce_too_low(nonce, kept[0]))
        kept.insert(place, nonce)
        if len(kept) > KEPT_NONCES:
            del kept[0]

    def used(self, signer: str) -> tuple[int, ...]:
        """List what is kept of a signer, ascending."""
        return tuple(self._kept.get(signer, ()))

    def forget(self, signer: str) -> None:
        """Forget a signer, so that what they signed once can be handed in again."""
        self._kept.pop(signer, None)
