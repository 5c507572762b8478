"""`/exchange`: from the bytes of a request to the bytes of its answer.

The order of the checks: can it be read (HTTP 422), is it too long, does its nonce lie in the window, who signed, has it
expired, may the account still send, was the nonce used, and only then what it asks for. Whatever comes after the nonce
uses the nonce up, also when it is refused.

Assumed: a request that expired, or that the account may not send, leaves its nonce unused; a request is still good at
the very millisecond of its `expiresAfter`.
"""

from typing import Protocol, TypeAlias

import msgspec

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.exchange.account_desk import AccountAction, AccountDesk, PositionAction
from agentic_hl.venue.exchange.acting import Acting, ExchangeOptions
from agentic_hl.venue.exchange.admission import Admission
from agentic_hl.venue.exchange.approval_desk import ApprovalAction, ApprovalDesk
from agentic_hl.venue.exchange.builders import BuilderBook
from agentic_hl.venue.exchange.nonces import NonceBook
from agentic_hl.venue.exchange.order_desk import OrderDesk
from agentic_hl.venue.exchange.signers import AgentWalletBook
from agentic_hl.venue.exchange.transfer_desk import TransferAction, TransferDesk
from agentic_hl.venue.protocol.account_actions import (
    AgentWalletEnableDexAbstraction,
    GossipPriorityBid,
    MultiSig,
    VaultTransfer,
)
from agentic_hl.venue.protocol.actions import Envelope, L1Action, TradingAction, batch_size, name_of, read_envelope
from agentic_hl.venue.protocol.catalogue import (
    EXPIRED,
    NOT_DESERIALIZED,
    OVER_WEIGHT,
    not_simulated,
    vault_not_registered,
)
from agentic_hl.venue.protocol.order_actions import TwapCancel, TwapOrder
from agentic_hl.venue.protocol.replies import Reply, json_reply, text_reply
from agentic_hl.venue.protocol.user_actions import (
    ConvertToMultiSigUser,
    TokenDelegate,
    UserAction,
    UserDexAbstraction,
)
from agentic_hl.venue.terms import Refused

__all__ = ["Exchange", "Gate"]

_DEFAULTS = ExchangeOptions()
_MOST_ITEMS = 200
_STALE_COST = 5
_UNREADABLE = 422

_NotSimulated: TypeAlias = (
    TwapOrder
    | TwapCancel
    | GossipPriorityBid
    | AgentWalletEnableDexAbstraction
    | UserDexAbstraction
    | TokenDelegate
    | ConvertToMultiSigUser
    | MultiSig
)


class Gate(Protocol):
    """Whether an account may send at all."""

    def __call__(self, address: str, action: str, items: int, now: int) -> str | None:
        """Return the text of the refusal, or None; `items` counts orders and cancels."""
        ...


class Exchange:
    """The chain side of the venue. The engine has to have been advanced to `now` before."""

    def __init__(self, engine: Engine, *, options: ExchangeOptions = _DEFAULTS, gate: Gate | None = None) -> None:
        """Stand in front of an engine; without a gate, accounts may send as much as they like."""
        self.nonces = NonceBook(margin_ms=options.nonce_margin_ms)
        self.agents = AgentWalletBook(self.nonces, options.agents)
        self.builders = BuilderBook()
        self.accounts = AccountDesk(engine, options)
        self._engine = engine
        self._gate = gate
        self._admission = Admission(engine, self.agents, options.networks)
        self._orders = OrderDesk(engine, self.builders)
        self._transfers = TransferDesk(engine, options.withdrawal_fee)
        self._approvals = ApprovalDesk(engine, self.agents, self.builders, self.accounts)

    def handle(self, body: bytes, now: int) -> Reply:
        """Answer a request."""
        try:
            response = self._respond(read_envelope(body), now)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return text_reply(NOT_DESERIALIZED, status=_UNREADABLE)
        except Refused as refusal:
            return json_reply({"status": "err", "response": str(refusal)})
        return json_reply({"status": "ok", "response": response})

    def _respond(self, envelope: Envelope, now: int) -> object:
        items = batch_size(envelope.action)
        if items > _MOST_ITEMS:
            raise Refused(OVER_WEIGHT)
        self.nonces.check_window(envelope.nonce, now)
        acting = self._admission.admit(envelope, now)
        if envelope.expires_after is not None and now > envelope.expires_after:
            self._charge(acting.account, _STALE_COST * items)
            raise Refused(EXPIRED)
        self._pass_gate(acting, envelope.action, items)
        self.nonces.use(acting.signer, envelope.nonce)
        response = self._carry_out(acting, envelope.action)
        self._charge(acting.account, items)
        return response

    def _pass_gate(self, acting: Acting, action: L1Action | MultiSig | UserAction, items: int) -> None:
        if self._gate is None:
            return
        refusal = self._gate(acting.account, name_of(action), items, acting.now)
        if refusal is not None:
            raise Refused(refusal)

    def _carry_out(self, acting: Acting, action: L1Action | MultiSig | UserAction) -> object:
        if isinstance(action, TradingAction):
            return self._orders.carry_out(acting, action)
        if isinstance(action, PositionAction):
            return self.accounts.carry_out_position(acting, action)
        if isinstance(action, AccountAction):
            return self.accounts.carry_out(acting, action)
        if isinstance(action, TransferAction):
            return self._transfers.carry_out(acting, action)
        if isinstance(action, ApprovalAction):
            return self._approvals.carry_out(acting, action)
        if isinstance(action, VaultTransfer):
            raise Refused(vault_not_registered(action.vault_address))
        return _refuse(action)

    def _charge(self, address: str, items: int) -> None:
        account = self._engine.account(address)
        if account is not None:
            account.requests_used += items


def _refuse(action: _NotSimulated) -> object:
    raise Refused(not_simulated(name_of(action)))
