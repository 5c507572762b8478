"""Who asks, for whom, and when."""

from decimal import Decimal

import msgspec

from agentic_hl.venue.exchange.signers import AgentWalletRules
from agentic_hl.venue.protocol.signatures import Network

__all__ = ["Acting", "ExchangeOptions"]


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose signer is known."""

    signer: str
    master: str
    account: str
    """The one to act for: the master, or a sub-account."""
    nonce: int
    now: int

    @property
    def is_agent_wallet(self) -> bool:
        """Whether an agent signed."""
        return self.signer != self.master


class ExchangeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the chain side is set up."""

    networks: tuple[Network, ...] = (Network.TESTNET,)
    """For which networks signatures are accepted; where nobody is recognised, the first one's address is named."""
    agents: AgentWalletRules = AgentWalletRules()
    nonce_margin_ms: int = 0
    """The real network was seen to narrow the window by 2 minutes at either end."""
    sub_accounts: int = 10
    """Of one master."""
    sub_account_volume: Decimal = Decimal(0)
    """USD traded before one may open sub-accounts; the real network asks for 100,000."""
    withdrawal_fee: Decimal = Decimal(1)
    referral_codes: frozenset[str] | None = None
    """Codes that exist; None is any."""
