"""What masters approve: agents, builders' fees, and how their accounts hold collateral.

Assumed: an address that has an account of its own cannot become an agent.
"""

from typing import TypeAlias

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.exchange.account_desk import AccountDesk
from agentic_hl.venue.exchange.acting import Acting
from agentic_hl.venue.exchange.builders import BuilderBook
from agentic_hl.venue.exchange.signers import AgentWalletBook, Approval
from agentic_hl.venue.protocol.catalogue import WALLET_USED, not_simulated, vault_not_registered
from agentic_hl.venue.protocol.user_actions import (
    ApproveAgentWallet,
    ApproveBuilderFee,
    UserPortfolioMargin,
    UserSetAbstraction,
)
from agentic_hl.venue.terms import Refused

__all__ = ["ApprovalAction", "ApprovalDesk"]

ApprovalAction: TypeAlias = ApproveAgentWallet | ApproveBuilderFee | UserSetAbstraction | UserPortfolioMargin


class ApprovalDesk:
    """Takes approvals."""

    def __init__(self, engine: Engine, agents: AgentWalletBook, builders: BuilderBook, accounts: AccountDesk) -> None:
        """Know where approvals are kept."""
        self._engine = engine
        self._agents = agents
        self._builders = builders
        self._accounts = accounts

    def carry_out(self, acting: Acting, action: ApprovalAction) -> object:
        """Take an approval, and return the `response`.

        Raises:
            Refused: it will not do.
        """
        match action:
            case ApproveAgentWallet():
                self._approve(acting, action)
            case ApproveBuilderFee(builder=builder, max_fee_rate=rate):
                self._builders.approve(acting.master, str(builder), rate)
            case UserSetAbstraction(user=user, abstraction=abstraction):
                self._accounts.set_abstraction(self._own(acting.master, user), abstraction)
            case UserPortfolioMargin(user=user):
                self._accounts.check_portfolio(self._own(acting.master, user))
                raise Refused(not_simulated("userPortfolioMargin"))
        return {"type": "default"}

    def _approve(self, acting: Acting, action: ApproveAgentWallet) -> None:
        if self._engine.account(str(action.address)) is not None:
            raise Refused(WALLET_USED)
        approval = Approval(
            master=acting.master,
            address=str(action.address),
            label=action.name or "",
            sub_accounts=len(self._accounts.sub_accounts(acting.master)),
        )
        self._agents.approve(approval, acting.now)

    def _own(self, master: str, user: str) -> str:
        account = self._engine.account(str(user))
        if account is None or master not in {account.address, account.master}:
            raise Refused(vault_not_registered(user))
        return account.address
