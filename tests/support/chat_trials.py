"""Backtests of a chat-model skill with a provider that is a function: from what it is asked to what it wishes."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from agentic_core.backtest.chat.paying import PayingTransport
from agentic_core.backtest.chat.purse import Purse
from agentic_core.backtest.chat.running import trial_runner
from agentic_core.backtest.chat.trial import ChatTrial, RunTrial
from agentic_core.backtest.columns import CandleColumns
from agentic_core.chat.catalogue import Catalogue
from agentic_core.chat.provider.provider_chat_model import ProviderChatModel, ProviderWay
from agentic_core.chat.setup import ChatSetup
from agentic_core.chat.tapes.taping import ReplayTransport, TapingTransport
from agentic_core.chat.toolbox import Toolbox
from agentic_core.chat.tools import built_in_tools
from agentic_core.chat.transport import NO_HEADERS, ChatTransport, HttpOutcome, NoAnswer, RawAnswer
from agentic_core.domain import Usd
from agentic_core.domain.chat import CallId
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.ports.tape import Tape
from tests.support.backtests import FREE, dataset_of
from tests.support.chat_answers import MODEL, completion
from tests.support.clocks import VirtualClock
from tests.support.markets import LISTED
from tests.support.skill_files import skill_with

__all__ = ["CARD", "Provider", "buying_every_third", "chat_setup", "hold", "paid", "replayed", "trial_of"]

D = Decimal
CARD: Final = ChatModelCard(id=MODEL, name="Name", prompt_usd_mtok=D(1), completion_usd_mtok=D(4))
_THESIS: Final[Mapping[str, object]] = {
    "mode": None,
    "rules": None,
    "model": MODEL,
    "thesis": "Buy what falls.",
    "tools": [],
    "schedule": {"interval": "1m"},
    "context": {"interval": "1m", "lookback": 3},
    "risk.maxMonthlyCostUsd": 100,
}

Decide = Callable[[int, Mapping[str, object]], Mapping[str, object]]
"""From how many were asked before, and what is asked, to an answer of the provider."""


class Provider:
    """Answers every call at once from a function."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        self.asked: list[bytes] = []

    async def post(
        self,
        path: str,
        body: bytes,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        within_ms: int,
        call: CallId | None = None,
        question: bytes | None = None,
    ) -> HttpOutcome:
        """Answer."""
        self.asked.append(body)
        said = self._decide(len(self.asked) - 1, msgspec.json.decode(body, type=dict[str, object]))
        return RawAnswer(status=200, headers=(("content-type", "application/json"),), body=json.dumps(said).encode())

    async def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS, *, within_ms: int) -> HttpOutcome:
        """Know nothing."""
        return NoAnswer(cause="nothing is known afterwards")


def hold(number: int, asked: Mapping[str, object]) -> Mapping[str, object]:
    """Wish to do nothing."""
    return completion()


def buying_every_third(number: int, asked: Mapping[str, object]) -> Mapping[str, object]:
    """Buy, wait, close, and so on."""
    wishes = (
        {"kind": "open", "symbol": "BTC", "side": "buy", "sizeUsd": 500, "limitPrice": None, "reason": "it fell"},
        None,
        {"kind": "close", "symbol": "BTC", "size": None, "reason": "it rose"},
    )
    return completion(json.dumps({"text": f"turn {number}", "action": wishes[number % 3]}))


def trial_of(*columns: CandleColumns, **changes: object) -> ChatTrial:
    """Return a trial of a thesis skill over candles of a minute."""
    return ChatTrial(skill=skill_with({**_THESIS, **changes}), dataset=dataset_of(*columns), instruments=LISTED)


def chat_setup(transport: ChatTransport) -> ChatSetup:
    """Return the setup of a host whose provider is reached over a transport."""
    catalogue, clock = Catalogue(own=[CARD]), VirtualClock()
    return ChatSetup(
        chat_model_for=lambda model_id, session: ProviderChatModel(
            transport, catalogue, clock, ProviderWay(model_id=model_id, session_id=session)
        ),
        tools=Toolbox(built_in_tools()),
    )


def paid(provider: ChatTransport, tape: Tape, purse: Purse) -> RunTrial:
    """Return what runs trials, records them and pays from a purse."""
    clock = VirtualClock()
    way_out = TapingTransport(PayingTransport(provider, purse, clock), tape, clock)
    return trial_runner(lambda _: chat_setup(ReplayTransport(tape, way_out)), FREE, purse)


def replayed(tape: Tape, purse: Purse | None = None) -> RunTrial:
    """Return what runs trials from a tape alone."""
    return trial_runner(lambda _: chat_setup(ReplayTransport(tape)), FREE, purse or Purse(Usd(D(0))))
