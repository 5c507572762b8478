"""Deciders that know the future by one thing or another, or only read how prices move, and markets to try them on."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import TypeAlias

import msgspec

from agentic_core.backtest.chat.study import StudyPlan
from agentic_core.backtest.chat.trial import ChatTrial, RunTrial
from agentic_core.backtest.columns import CandleColumns
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.engine import run_backtest
from agentic_core.backtest.engine_run import Progress
from agentic_core.backtest.funding import constant_funding
from agentic_core.backtest.generator import Regime, synthetic
from agentic_core.backtest.instruments import instrument_for
from agentic_core.domain import DAY_MS, Instant, Interval, Price, ProposedAction, RunRecord, Side, Symbol, Usd
from agentic_core.domain.account import AccountView
from agentic_core.domain.decision import ActionKind
from agentic_core.domain.ids import DeploymentId, SkillId, paper_account
from agentic_core.domain.market import MarketView
from agentic_core.domain.run import Coverage
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.runtime import ByRules, Mandate
from agentic_core.runtime.terms import Terms
from agentic_core.skills.schema import Skill
from agentic_core.skills.validation import load_skill
from tests.support.backtests import MIDNIGHT
from tests.support.markets import BTC

__all__ = [
    "CANDLES",
    "UNKNOWN_CARD",
    "Opinion",
    "asking",
    "by_date",
    "by_level",
    "by_luck",
    "by_momentum",
    "by_name",
    "by_shaky_momentum",
    "known_moves",
    "market",
    "plan_of",
    "skill_of",
    "trial_of",
]

D = Decimal
CANDLES = 360
_AHEAD = 5
_EVERY = 3
"""Candles between two opinions."""

_LEGS = 60
UNKNOWN_CARD = ChatModelCard(id="fake/one", name="Fake", prompt_usd_mtok=D(1), completion_usd_mtok=D(1))
"""A chat model of which nobody says what it may have read."""

Opinion: TypeAlias = Callable[[MarketView, Symbol], int]
"""Where the price will go: 1 up, -1 down, 0 no idea."""


def market(seed: int, *, symbol: Symbol = BTC) -> CandleColumns:
    """Return 5-minute candles whose trends last up to an hour and a half, long enough to be seen."""
    digest = sha256(f"legs {seed}".encode()).digest() * 2
    legs: list[Regime] = []
    for place in range(_LEGS):
        length = 5 + digest[place] % 16
        sign = 1 if place % 2 else -1
        legs.append(Regime.trend(length, sign * 12 * length, volatility_bps=10))
    start = Instant(MIDNIGHT + seed * DAY_MS)
    price = Price(D("46377.5"))
    return synthetic(symbol, seed=seed, interval=Interval.M5, start=start, start_price=price, regimes=legs).prefix(
        CANDLES
    )


def skill_of(symbol: Symbol = BTC, thesis: str = "Follow what moves.") -> Skill:
    """Return a thesis skill whose caps get in nobody's way."""
    return load_skill(
        msgspec.json.encode(
            {
                "name": "Study",
                "model": "fake/one",
                "thesis": thesis,
                "tools": [],
                "schedule": {"interval": "5m"},
                "risk": {
                    "maxPositionPct": 100,
                    "maxTotalExposurePct": 100,
                    "maxOrdersPerDay": 10_000,
                    "maxLeverage": 1,
                    "allowedSymbols": [symbol],
                    "dailyLossHaltPct": 99,
                    "maxDrawdownPct": 99,
                },
            }
        ).decode(),
        source="study",
    )


def trial_of(columns: CandleColumns, thesis: str = "Follow what moves.") -> ChatTrial:
    """Return a trial over candles."""
    symbol = columns.symbol
    return ChatTrial(
        skill=skill_of(symbol, thesis),
        dataset=Dataset([columns], {symbol: constant_funding(D("0.0000125"))}),
        instruments={symbol: instrument_for(symbol)},
    )


def plan_of(card: ChatModelCard | None = UNKNOWN_CARD, *, masked: bool = True, random_runs: int = 39) -> StudyPlan:
    """Return a plan small enough for a test."""
    return StudyPlan(card=card, masked=masked, random_runs=random_runs)


class _Opinionated:
    name = "opinion"

    def __init__(self, opinion: Opinion, symbol: Symbol, start: int, step: int) -> None:
        self._opinion = opinion
        self._symbol = symbol
        self._start = start
        self._step = step

    def __call__(self, view: MarketView, account: AccountView) -> ProposedAction | None:
        """Hold half the account in the direction of the opinion."""
        place = (view.as_of - self._start) // self._step
        if place % _EVERY:
            return None
        wanted, held = self._opinion(view, self._symbol), account.position(self._symbol).size
        if not wanted or (held and (held > 0) == (wanted > 0)):
            return None
        side = Side.BUY if wanted > 0 else Side.SELL
        size_usd = Usd((account.equity / 2).quantize(D("0.01")))
        return ProposedAction(kind=ActionKind.OPEN, symbol=self._symbol, side=side, size_usd=size_usd)


def asking(opinion: Opinion, *, answered: int = 1_000) -> RunTrial:
    """Return what runs a trial with a fake in place of a chat model; so many of a thousand turns count as answered."""

    async def run(trial: ChatTrial, progress: Progress | None) -> RunRecord:
        (symbol,) = trial.dataset.series
        deployment = DeploymentId(f"run-{symbol}")
        policy = _Opinionated(opinion, symbol, trial.dataset.start, trial.dataset.interval.ms)
        mandate = Mandate(
            deployment=deployment,
            account=paper_account(deployment),
            skill=SkillId("study"),
            skill_name=trial.skill.name,
            skill_version=1,
            payload_hash="",
            symbols=(symbol,),
            interval=trial.dataset.interval,
            limits=trial.skill.limits(),
            decider=ByRules(policy=policy),
        )
        record = run_backtest(mandate, trial.dataset, instruments=trial.instruments, terms=Terms(), progress=progress)
        coverage = Coverage(turns=1_000, answered=answered, unusable={}, skipped={}, calls=1_000, cost_usd=Usd(D(1)))
        return msgspec.structs.replace(record, coverage=coverage, decided_by="chat:fake/one")

    return run


def by_name(columns: CandleColumns) -> Opinion:
    """Know what became of a name, at the n-th candle of its story; guess about any other name."""
    known = known_moves(columns)

    def opinion(view: MarketView, symbol: Symbol) -> int:
        place = len(view.candles(symbol, CANDLES)) - 1
        return known[place] if symbol == columns.symbol else _guess(view, symbol)

    return opinion


def by_date(columns: CandleColumns) -> Opinion:
    """Know what happened after a date, whatever the name; guess about any other date."""
    dates = {opened + columns.interval.ms: place for place, opened in enumerate(columns.open_times)}
    return _remembering(columns, lambda view, _symbol: dates.get(view.as_of))


def by_level(columns: CandleColumns) -> Opinion:
    """Know what happened after a price, whatever the name and the date; guess where it never was."""
    levels = {columns.candle(place).close: place for place in range(len(columns))}

    def find(view: MarketView, symbol: Symbol) -> int | None:
        mark = view.mark(symbol)
        return None if mark is None else levels.get(mark.price)

    return _remembering(columns, find)


def by_momentum(view: MarketView, symbol: Symbol) -> int:
    """Follow the last four candles."""
    closes = [candle.close for candle in view.candles(symbol, 5)]
    return 0 if len(closes) < 5 else (closes[-1] > closes[0]) - (closes[-1] < closes[0])


def by_shaky_momentum(view: MarketView, symbol: Symbol) -> int:
    """Follow the last four candles three times in four and guess otherwise, differently whenever it is asked anew."""
    draw = sha256(f"{symbol} {view.as_of}".encode()).digest()
    return by_momentum(view, symbol) if draw[0] % 4 else _guess(view, symbol)


def by_luck(view: MarketView, symbol: Symbol) -> int:
    """Guess."""
    return _guess(view, symbol)


def _remembering(columns: CandleColumns, find: Callable[[MarketView, Symbol], int | None]) -> Opinion:
    known = known_moves(columns)

    def opinion(view: MarketView, symbol: Symbol) -> int:
        place = find(view, symbol)
        return _guess(view, symbol) if place is None else known[place]

    return opinion


def known_moves(columns: CandleColumns) -> Mapping[int, int]:
    """Return where the price goes after every candle: 1 up, -1 down, 0 nowhere."""
    closes = columns.closes
    last = len(closes) - 1
    later = {place: closes[min(last, place + _AHEAD)] - closes[place] for place in range(len(closes))}
    return {place: (rise > 0) - (rise < 0) for place, rise in later.items()}


def _guess(view: MarketView, symbol: Symbol) -> int:
    return 1 if sha256(f"guess {symbol} {view.as_of}".encode()).digest()[0] & 1 else -1
