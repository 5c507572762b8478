"""Which account is followed."""

import msgspec

from agentic_core.domain.times import Instant
from agentic_hl.wire.addresses import Address
from agentic_hl.wire.messages.account import is_united

__all__ = ["FollowedAccount"]


class FollowedAccount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The traded account, as far as its reader has to know it."""

    address: Address
    """Of the account itself; of an agent wallet the venue shows an empty one."""
    mode: str
    """As the boot checks read it."""
    since: Instant = Instant(0)
    """Executions, funding and transfers before it are history, which a feed does not tell."""

    @property
    def is_united(self) -> bool:
        """Whether its dollars lie in the spot balances."""
        return is_united(self.mode)
