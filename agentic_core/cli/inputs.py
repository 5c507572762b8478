"""What people hand to the commands: skill files, candles, funding, contract rules."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer

from agentic_core.backtest.candle_files import read_candles
from agentic_core.backtest.dataset import Dataset
from agentic_core.backtest.funding import FundingRates, constant_funding, read_funding
from agentic_core.backtest.instruments import instrument_for
from agentic_core.domain.bounds import LossBound, Unbounded
from agentic_core.domain.fees import FeeSchedule
from agentic_core.domain.ids import SkillId, Symbol, derived_uuid
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import Usd, exact, plain
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.errors import InputError
from agentic_core.risk.loss_bound import loss_bound
from agentic_core.runtime.mandates import check_connected, check_intervals
from agentic_core.runtime.terms import PAPER_EQUITY, Terms
from agentic_core.skills.schema import Skill
from agentic_core.skills.tradability import Untradable, check_tradable
from agentic_core.skills.validation import load_skill
from agentic_core.skills.versions import canonical_json, payload_hash

__all__ = [
    "CandlesOption",
    "EquityOption",
    "FundingFileOption",
    "FundingRateOption",
    "HtmlOption",
    "JsonOption",
    "Market",
    "MarketOptions",
    "Prepared",
    "QuietOption",
    "SkillArgument",
    "SlippageOption",
    "SymbolOption",
    "check_runnable",
    "load_market",
    "prepare",
    "read_skill",
    "terms_for",
    "typed_number",
    "unstored_version",
]

_FUNDING_DEFAULT = Decimal("0.0000125")
"""The venue's interest component: 0.01 % in eight hours."""

_EQUITY_MAX = Decimal(10**12)
_EQUITY_STEP = Decimal("0.000001")
"""The dollar of the venue has six decimals."""

_SLIPPAGE_BPS_MAX = 1_000
"""More than a tenth of the price is a typing error."""

SkillArgument: TypeAlias = Annotated[Path, typer.Argument(metavar="SKILL", help="The skill file.")]
CandlesOption: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--candles",
        metavar="FILE",
        help="Candles as CSV, Parquet or candleSnapshot JSON; SYMBOL=FILE, once each, for several symbols.",
    ),
]
SymbolOption: TypeAlias = Annotated[
    str | None, typer.Option("--symbol", help="Whose candles the file holds; not needed when the skill has one symbol.")
]
FundingRateOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--funding-rate", metavar="RATE", help="One hourly rate for the whole run, such as 0.0000125."),
]
FundingFileOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--funding", metavar="FILE", help="Hourly rates as CSV or fundingHistory JSON; SYMBOL=FILE for several."
    ),
]
SlippageOption: TypeAlias = Annotated[
    str, typer.Option("--slippage-bps", metavar="BPS", help="How much worse than the next open every order executes.")
]
EquityOption: TypeAlias = Annotated[str, typer.Option("--equity", metavar="USD", help="What the account starts with.")]
JsonOption: TypeAlias = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write every decision, order, fill and the equity series.")
]
HtmlOption: TypeAlias = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page.")
]
QuietOption: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Print neither progress nor report.")]


class MarketOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options that describe a recorded market, as they were typed."""

    candles: Sequence[str]
    symbol: str | None
    funding_rate: str | None
    funding: Sequence[str]


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded market with the rules of its contracts."""

    dataset: Dataset
    instruments: Mapping[Symbol, Instrument]


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A skill with what it is run on, each checked and fitting the others."""

    skill: Skill
    market: Market
    terms: Terms
    bound: LossBound | Unbounded
    """The most the skill can lose by its caps."""


def prepare(
    skill: Path, options: MarketOptions, *, equity: str, slippage_bps: str, is_connected: bool = False
) -> Prepared:
    """Read and check everything a run needs, before anything is started or written.

    Args:
        skill: the skill file.
        options: the market.
        equity: what the account starts with.
        slippage_bps: how much worse orders execute.
        is_connected: whether a chat model can be asked.

    Raises:
        InputError: the skill, a file or an option was refused.
    """
    terms = terms_for(equity=equity, slippage_bps=slippage_bps)
    parsed = read_skill(skill, terms.starting_equity)
    check_runnable(parsed, is_connected=is_connected)
    market = load_market(parsed, options)
    bound = loss_bound(parsed.limits(), market.instruments)
    return Prepared(skill=parsed, market=market, terms=terms, bound=bound)


def read_skill(path: Path, equity: Usd) -> Skill:
    """Read a skill file and refuse one that could never trade with this equity.

    Raises:
        InputError: the file cannot be read.
        SkillInvalid: it is no skill, or one whose caps leave no order the venue would take.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8 text"
        message = f"{path}: the skill file cannot be read: {reason}; name a file that `agentic skill new` wrote"
        raise InputError(message) from exc
    skill = load_skill(text, source=str(path))
    finding = check_tradable(skill, equity)
    if isinstance(finding, Untradable):
        message = f"{path}: {finding.detail}"
        raise InputError(message)
    return skill


def typed_number(typed: str, option: str, *, such_as: str) -> Decimal:
    """Read the number of an option.

    Raises:
        InputError: it is none, or not a finite one.
    """
    try:
        return exact(typed, option)
    except InputError as exc:
        message = f"{exc}; write it plainly, such as {such_as}"
        raise InputError(message) from exc


def terms_for(*, equity: str, slippage_bps: str) -> Terms:
    """Return the terms of a simulated account as they were typed."""
    start = typed_number(equity, "--equity", such_as=plain(PAPER_EQUITY))
    slippage = typed_number(slippage_bps, "--slippage-bps", such_as="2")
    if start <= 0:
        message = f"--equity: {equity} leaves nothing to trade with; give some dollars, such as {plain(PAPER_EQUITY)}"
        raise InputError(message)
    if start > _EQUITY_MAX or start != start.quantize(_EQUITY_STEP):
        message = f"--equity: {equity} is no account; give at most a trillion dollars with at most six decimals"
        raise InputError(message)
    if not 0 <= slippage <= _SLIPPAGE_BPS_MAX:
        message = f"--slippage-bps: {slippage_bps} is outside 0 to {_SLIPPAGE_BPS_MAX}"
        raise InputError(message)
    return Terms(starting_equity=Usd(start), fees=FeeSchedule.hyperliquid_base(), slippage_bps=slippage)


def load_market(skill: Skill, options: MarketOptions) -> Market:
    """Read the market a skill is run on, at the skill's own interval.

    Raises:
        CandlesInvalid: a file was refused, with the row.
        InputError: the options do not fit the skill.
    """
    files = _by_symbol(skill, options.candles, "--candles", options.symbol)
    columns = [read_candles(path, symbol=symbol) for symbol, path in files.items()]
    dataset = Dataset(columns, _funding(skill, options, tuple(files)))
    instruments = {symbol: instrument_for(symbol) for symbol in files}
    return Market(dataset=dataset.resampled(skill.schedule.interval), instruments=instruments)


def unstored_version(skill: Skill) -> SkillVersionRecord:
    """Return the version row of a skill that is run without being stored."""
    payload = canonical_json(skill)
    identity = SkillId(derived_uuid("skill", skill.slug))
    return SkillVersionRecord(skill_id=identity, version=0, payload=payload, payload_hash=payload_hash(payload))


def check_runnable(skill: Skill, *, is_connected: bool = False) -> None:
    """Refuse a skill that no run here can decide for, before a database is started and the skill stored in it.

    Raises:
        InputError: it needs something that is not there.
    """
    check_intervals(skill)
    check_connected(skill, is_connected=is_connected)


def _funding(skill: Skill, options: MarketOptions, symbols: Sequence[Symbol]) -> dict[Symbol, FundingRates]:
    if options.funding_rate is not None and options.funding:
        message = "--funding-rate and --funding exclude each other; give one of them"
        raise InputError(message)
    if options.funding:
        files = _by_symbol(skill, options.funding, "--funding", options.symbol)
        return {symbol: read_funding(path, symbol=symbol) for symbol, path in files.items()}
    rate = _FUNDING_DEFAULT
    if options.funding_rate is not None:
        rate = typed_number(options.funding_rate, "--funding-rate", such_as=plain(rate))
    return dict.fromkeys(symbols, constant_funding(rate))


def _by_symbol(skill: Skill, arguments: Sequence[str], option: str, symbol: str | None) -> dict[Symbol, Path]:
    known = ", ".join(skill.symbols)
    files: dict[Symbol, Path] = {}
    for argument in arguments:
        name, separator, path = argument.partition("=")
        if not separator:
            name, path = symbol or (skill.symbols[0] if len(skill.symbols) == 1 else ""), argument
        if not name:
            message = (
                f"{option} {argument}: the skill has several symbols ({known}); write SYMBOL={argument} or add --symbol"
            )
            raise InputError(message)
        if name not in skill.symbols:
            message = f"{option} {argument}: {name} is not among the skill's symbols; write one of {known}"
            raise InputError(message)
        if name in files:
            message = f"{option} {argument}: {name} has {files[Symbol(name)]} already; give one file for each symbol"
            raise InputError(message)
        files[Symbol(name)] = Path(path)
    missing = [name for name in skill.symbols if name not in files]
    if missing:
        message = f"{option}: nothing for {', '.join(missing)}; write {option} {missing[0]}=FILE as well"
        raise InputError(message)
    return files
