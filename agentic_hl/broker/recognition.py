"""Whether the venue knows who signed: what it says when it does not, and what is held back from then on."""

from typing import Final

from agentic_core.domain.order import OrderIntent
from agentic_hl.broker.intent_actions import opens
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.errors import ErrorClass, Refusal

__all__ = ["Recognition"]

_UNRECOGNISED: Final = frozenset({ErrorClass.WALLET_UNKNOWN, ErrorClass.NO_DEPOSIT})


class Recognition:
    """Remembers that the venue did not recognise our signature; after that nothing opens, and exits are still tried.

    The venue recovers the signer from the bytes that it reads. Where it names another address than ours, it read other
    bytes than we signed, which is a fault of this program; where it names ours, the agent wallet has ended.
    """

    def __init__(self, wallet: Address) -> None:
        """Take the address of the key that signs."""
        self._wallet: Final = wallet
        self._cause: str | None = None

    def heard(self, refusal: Refusal | None) -> str | None:
        """Return what a refusal says of our signature where it was not recognised, in words; None otherwise."""
        if refusal is None or refusal.error_class not in _UNRECOGNISED:
            return None
        self._cause = self._words(refusal.address, refusal.text)
        return self._cause

    def denial(self, intent: OrderIntent) -> str | None:
        """Return why an intent may not leave now, or None."""
        return self._cause if opens(intent) else None

    def _words(self, named: str | None, text: str) -> str:
        if named == self._wallet:
            return f"the agent wallet {self._wallet} may trade no longer; let the owner approve a fresh key ({text})"
        return (
            f"the venue takes the signer to be {named or 'nobody named'}, and it is {self._wallet}: it read "
            f"other bytes than were signed, a fault of this program or a wrong network; report it ({text})"
        )
