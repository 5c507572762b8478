"""Adds the records of a deployment up, one after the other."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from msgspec.structs import asdict, replace

from agentic_core.domain.journal import JournalKind, JournalRecord
from agentic_core.domain.money import ZERO
from agentic_core.domain.side import Side
from agentic_core.domain.times import to_datetime
from agentic_core.journal.chain import Broken
from agentic_core.journal.facts import (
    CommandFacts,
    DecisionFacts,
    DeploymentFacts,
    FillFacts,
    FundingFacts,
    MonthFacts,
    NotedFacts,
    NumberedFacts,
    OrderFacts,
    Projections,
    TransferFacts,
    intent_facts,
)
from agentic_core.journal.orders import order_of

__all__ = ["Fold"]

_Facts = TypeVar("_Facts", bound=msgspec.Struct)

_MOVES: Final = ("desired", "error_text", "halt_reason", "halted_at", "hyperliquid_agent_id", "status")

_Body = Mapping[str, str | int | bool]


class Fold:
    """Takes records in their order; `projections` is what they come to."""

    def __init__(self) -> None:
        """Start before the first record."""
        self._sums = Projections()
        self.is_adopted = False
        """Whether there was a deployment before there was a journal: then the tables hold more."""
        self._takers: Final[Mapping[str, Callable[[_Body], str | None]]] = {
            JournalKind.GENESIS: self._genesis,
            JournalKind.DECISION: self._decision,
            JournalKind.RESULT: self._result,
            JournalKind.INTENT: self._intent,
            JournalKind.NUMBERED: self._numbered,
            JournalKind.NOTED: self._noted,
            JournalKind.FILL: self._fill,
            JournalKind.FUNDING: self._funding,
            JournalKind.TRANSFER: self._transfer,
            JournalKind.COMMAND: self._command,
            JournalKind.STATUS: self._status,
        }

    def take(self, record: JournalRecord) -> Broken | None:
        """Take in a record; a kind that is not known here tells nothing that is added up.

        Returns:
            What is wrong with it, where it does not fit those before it.
        """
        if record.epoch is not None:
            self._sums.epoch = max(record.epoch, self._sums.epoch or 0)
        taker = self._takers.get(record.kind)
        if taker is None:
            return None
        try:
            why = taker(record.body)
        except msgspec.ValidationError as error:
            why = f"its body is none of a {record.kind}: {error}"
        return None if why is None else Broken(seq=record.seq, why=why)

    def projections(self) -> Projections:
        """Return what all records so far come to."""
        sums = self._sums
        sums.months = self._months()
        sums.positions = _positions(sums.fills)
        sums.orders = {} if self._is_paper() else _orders(sums)
        return sums

    def _genesis(self, body: _Body) -> str | None:
        self._sums.deployment = msgspec.convert(body, DeploymentFacts)
        self.is_adopted = bool(body.get("adopted", False))
        return None

    def _decision(self, body: _Body) -> str | None:
        return _added(self._sums.decisions, "decision", "id", msgspec.convert(body, DecisionFacts))

    def _result(self, body: _Body) -> str | None:
        key, result = str(body.get("id")), body.get("result")
        before = self._sums.decisions.get(key)
        if before is None:
            return self._unknown("decision", key)
        self._sums.decisions[key] = replace(before, result=result)
        return None

    def _intent(self, body: _Body) -> str | None:
        facts = intent_facts(body)
        self._remember(facts.signing)
        return _added(self._sums.intents, "order", "cloid", facts)

    def _numbered(self, body: _Body) -> str | None:
        signing = msgspec.convert(body, NumberedFacts)
        self._remember(signing)
        return self._change(str(body.get("cloid")), signing=signing)

    def _noted(self, body: _Body) -> str | None:
        return self._change(str(body.get("cloid")), noted=msgspec.convert(body, NotedFacts))

    def _fill(self, body: _Body) -> str | None:
        return _added(self._sums.fills, "fill", "fill_id", msgspec.convert(body, FillFacts))

    def _funding(self, body: _Body) -> str | None:
        return _added(self._sums.funding, "payment", "payment_id", msgspec.convert(body, FundingFacts))

    def _transfer(self, body: _Body) -> str | None:
        return _added(self._sums.transfers, "transfer", "transfer_id", msgspec.convert(body, TransferFacts))

    def _command(self, body: _Body) -> str | None:
        command = msgspec.convert(body, CommandFacts)
        if command.outcome is not None and command.finished_at is None:
            # A record from before commands could be claimed: acknowledged was done.
            command = replace(command, finished_at=command.acked_at)
        self._sums.commands[command.id] = command
        return None

    def _status(self, body: _Body) -> str | None:
        deployment = self._sums.deployment
        if deployment is not None:
            self._sums.deployment = replace(deployment, **{name: body.get(name) for name in _MOVES})
        return None

    def _change(self, cloid: str, **news: NumberedFacts | NotedFacts) -> str | None:
        before = self._sums.intents.get(cloid)
        if before is None:
            return self._unknown("order", cloid)
        self._sums.intents[cloid] = replace(before, **news)
        return None

    def _remember(self, signing: NumberedFacts) -> None:
        if signing.signer is not None and signing.nonce is not None:
            nonces = self._sums.nonces
            nonces[signing.signer] = max(signing.nonce, nonces.get(signing.signer, signing.nonce))

    def _unknown(self, what: str, key: str) -> str | None:
        return None if self.is_adopted else f"it tells of {what} {key}, of which no record before it does"

    def _is_paper(self) -> bool:
        deployment = self._sums.deployment
        return deployment is None or deployment.account_key.startswith("paper:")

    def _months(self) -> dict[str, MonthFacts]:
        months: dict[str, MonthFacts] = {}
        for decision in self._sums.decisions.values():
            if decision.cost_usd != ZERO:
                name = _month(decision)
                before = months.get(name, MonthFacts())
                months[name] = MonthFacts(
                    cost_usd=before.cost_usd + (decision.cost_usd or ZERO),
                    unknown_costs=before.unknown_costs + (decision.cost_usd is None),
                )
        return months


def _added(known: dict[str, _Facts], what: str, name: str, facts: _Facts) -> str | None:
    key = asdict(facts)[name]
    if key in known:
        return f"it tells of {what} {key} a second time"
    known[key] = facts
    return None


def _month(decision: DecisionFacts) -> str:
    return to_datetime(decision.tick_at).strftime("%Y-%m")


def _positions(fills: Mapping[str, FillFacts]) -> dict[str, Decimal]:
    units: dict[str, Decimal] = {}
    for fill in fills.values():
        signed = fill.size if fill.side == Side.BUY else -fill.size
        units[fill.symbol] = units.get(fill.symbol, ZERO) + signed
    return {symbol: size for symbol, size in units.items() if size}


def _orders(sums: Projections) -> dict[str, OrderFacts]:
    executed: dict[str, list[FillFacts]] = {}
    for fill in sums.fills.values():
        if fill.cloid is not None:
            executed.setdefault(fill.cloid, []).append(fill)
    orders = ((cloid, order_of(intent, executed.get(cloid, ()))) for cloid, intent in sums.intents.items())
    return {cloid: order for cloid, order in orders if order is not None}
