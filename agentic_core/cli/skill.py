"""`agentic skill`: make, check and show skill files."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from agentic_core.backtest.instruments import instrument_for
from agentic_core.cli.bounds import in_words
from agentic_core.cli.chat_catalogue import catalogue_of
from agentic_core.cli.console import console, say
from agentic_core.cli.services import Services
from agentic_core.deployments import admit
from agentic_core.deployments.pricing import prices_in_words
from agentic_core.domain.bounds import LossBound, Unbounded
from agentic_core.domain.ids import Symbol
from agentic_core.domain.instrument import Instrument
from agentic_core.domain.money import Usd, bps_of, exact, plain
from agentic_core.errors import InputError
from agentic_core.risk.loss_bound import loss_bound
from agentic_core.skills.prompt import compose
from agentic_core.skills.registry import policy_for
from agentic_core.skills.schema import Skill, slug_of
from agentic_core.skills.sections import SkillMode
from agentic_core.skills.starter import starter
from agentic_core.skills.tradability import Tradable, TradableVerdict, Untradable, check_tradable
from agentic_core.skills.validation import load_skill
from agentic_core.skills.versions import canonical_json, payload_hash

__all__ = ["build"]

_FILE_MODE = 0o644
_EQUITY_DEFAULT = "10000"

_FileArgument: TypeAlias = Annotated[Path, typer.Argument(metavar="FILE", help="The skill file.")]
_EquityOption: TypeAlias = Annotated[str, typer.Option("--equity", metavar="USD", help="What the account holds.")]


def build(services: Services) -> typer.Typer:
    """Build the group."""
    commands = _Commands(services)
    app = typer.Typer(
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        help="Make, check and show skill files.",
    )
    for command in (commands.new, commands.validate, commands.show, commands.prompt):
        app.command()(command)
    return app


class _Commands:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._files = services.files

    def new(
        self,
        name: Annotated[str, typer.Argument(metavar="NAME", help="What the skill is called.")],
        mode: Annotated[
            SkillMode, typer.Option(help="Who decides: a chat model, a rule policy, or both.")
        ] = SkillMode.THESIS,
        file: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Where to write it; NAME.json by default.")
        ] = None,
    ) -> None:
        """Write a skill file to start from; a file that exists is never overwritten.

        Exit codes: 0 written, 2 refused.
        """
        name = name.removesuffix(".json").strip()
        slug = slug_of(name)
        if not slug:
            message = f'NAME: "{name}" has no Latin letter and no digit to name a file by; start with one that has'
            raise InputError(message)
        path = file or Path(f"{slug}.json")
        text = starter(name, mode)
        skill = load_skill(text, source=str(path))
        if self._files.status(path) is not None:
            message = f"{path}: is there already; choose another NAME, or another place with --file"
            raise InputError(message)
        try:
            self._files.write_bytes(path, text.encode(), mode=_FILE_MODE)
        except OSError as exc:
            message = f"{path}: cannot be written: {exc.strerror}"
            raise InputError(message) from exc
        say(f"{path}: written, decided by {_decided_by(skill)}")
        say(f"next: edit it, then run agentic skill validate {path}")

    def validate(self, file: _FileArgument, equity: _EquityOption = _EQUITY_DEFAULT) -> None:
        """Check a skill file, that its caps let orders pass on an account of this size, and bound what it can lose.

        Exit codes: 0 valid, 2 refused with every problem named.
        """
        skill = self._read(file)
        bound = admit(skill, _instruments(skill), source=str(file))
        match check_tradable(skill, _dollars(equity)):
            case Untradable() as finding:
                message = f"{file}: {finding.detail}"
                raise InputError(message)
            case Tradable() as finding:
                say(f"{file}: valid, decided by {_decided_by(skill)}")
                say(_room(finding))
                say(in_words(bound))
                self._say_prices(skill)

    def show(
        self,
        file: _FileArgument,
        equity: _EquityOption = _EQUITY_DEFAULT,
        as_json: Annotated[  # noqa: FBT002 - a flag of the command line
            bool, typer.Option("--json", help="Print one JSON object for programs.")
        ] = False,
    ) -> None:
        """Show what a skill may do: who decides, when, on what, and its caps in dollars.

        Exit codes: 0 shown, 2 the file was refused.
        """
        skill = self._read(file)
        finding = check_tradable(skill, _dollars(equity))
        bound = loss_bound(skill.limits(), _instruments(skill))
        if as_json:
            say(_as_json(skill, finding, bound))
        else:
            console.print(_sheet(skill, finding.equity))
            say(_room(finding) if isinstance(finding, Tradable) else finding.detail)
            say(in_words(bound))

    def prompt(self, file: _FileArgument) -> None:
        """Show the text that the chat model of a skill reads first in every turn, with its size and its hash.

        Exit codes: 0 shown, 2 the file was refused, or is of a skill that asks no chat model.
        """
        skill = self._read(file)
        if skill.chat_model is None:
            raise InputError(f"{file}: mode was {skill.mode}; only a skill that asks a chat model has a prompt")
        prompt = compose(skill, payload_hash(canonical_json(skill)))
        say(prompt.text)
        say(f"\n{file}: {len(prompt.text.encode())} bytes, SHA-256 {prompt.hash}")

    def _say_prices(self, skill: Skill) -> None:
        if skill.chat_model is not None:
            for line in prices_in_words(skill, catalogue_of(self._services)):
                say(line)

    def _read(self, path: Path) -> Skill:
        try:
            content = self._files.read_bytes(path)
        except OSError as exc:
            message = f"{path}: cannot be read: {exc.strerror}"
            raise InputError(message) from exc
        if content is None:
            message = f"{path}: there is no such file; `agentic skill new NAME` writes one"
            raise InputError(message)
        try:
            text = content.decode()
        except UnicodeDecodeError as exc:
            message = f"{path}: byte {exc.start + 1} is not UTF-8 text; save the file as UTF-8"
            raise InputError(message) from exc
        return load_skill(text, source=str(path))


def _dollars(text: str) -> Usd:
    return Usd(exact(text, "--equity"))


def _decided_by(skill: Skill) -> str:
    rules = None if skill.rules is None else f"rules:{policy_for(skill).name}"
    chat_model = None if skill.chat_model is None else f"chat:{skill.chat_model}"
    return " with ".join(label for label in (chat_model, rules) if label is not None)


def _room(finding: Tradable) -> str:
    least, most = plain(finding.order_usd_min), plain(finding.position_usd_max)
    return f"on {plain(finding.equity)} USD it may open from {least} USD, and hold up to {most} USD of a symbol"


def _instruments(skill: Skill) -> dict[Symbol, Instrument]:
    return {symbol: instrument_for(symbol) for symbol in skill.symbols}


def _as_json(skill: Skill, finding: TradableVerdict, bound: LossBound | Unbounded) -> str:
    canonical = canonical_json(skill)
    summary = {
        "schema": "agentic-skill/1",
        "decided_by": _decided_by(skill),
        "payload_hash": payload_hash(canonical),
        "tradability": finding,
        "loss_bound": bound,
        # As the text that was hashed: exact numbers, in their one spelling.
        "skill": msgspec.Raw(canonical.encode()),
    }
    return msgspec.json.encode(summary).decode()


def _sheet(skill: Skill, equity: Usd) -> Table:
    table = Table(title=Text(skill.name), title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in [*_rows(skill), *_cap_rows(skill, equity), ("hash", payload_hash(canonical_json(skill)))]:
        table.add_row(label, Text(text))
    return table


def _rows(skill: Skill) -> list[tuple[str, str]]:
    rows = [("slug", skill.slug), ("about", skill.description), ("decided by", _decided_by(skill))]
    if skill.rules is not None:
        rows.append(("rules", _rules_in_words(skill)))
    rows += [(name, text) for name, text in skill.thesis_texts().items()]
    seen = f"{skill.context.lookback} candles of {skill.candle_interval}: {', '.join(skill.context.symbols)}"
    rows += [
        ("ticks", f"every {skill.schedule.interval}"),
        ("sees", seen),
        ("may open", ", ".join(skill.risk.allowed_symbols)),
    ]
    if skill.tools is not None:
        rows += [("leash", skill.leash.value), ("tools", ", ".join(skill.tools) or "none")]
    return [(label, text) for label, text in rows if text]


def _rules_in_words(skill: Skill) -> str:
    assert skill.rules is not None, "asked for skills with rules only"
    fields = skill.rules.model_dump(by_alias=True, exclude_none=True, exclude={"policy"})
    return ", ".join(
        f"{name} {plain(value) if isinstance(value, Decimal) else value}" for name, value in fields.items()
    )


def _cap_rows(skill: Skill, equity: Usd) -> list[tuple[str, str]]:
    risk, limits = skill.risk, skill.limits()
    per_day, per_minute = risk.max_orders_per_day, risk.max_orders_per_minute

    def share(percent: Decimal, bps: int) -> str:
        return f"{plain(percent)} % of equity ({plain(bps_of(equity, bps))} of {plain(equity)} USD)"

    rows = [
        ("position", f"at most {share(risk.max_position_pct, limits.position_bps_max)} in one symbol"),
        ("exposure", f"at most {share(risk.max_total_exposure_pct, limits.exposure_bps_max)} together"),
        ("leverage", f"at most {risk.max_leverage}x"),
        ("orders", f"from {plain(risk.min_order_usd)} USD, at most {per_day} a UTC day and {per_minute} a minute"),
        ("halts", f"after losing {share(risk.daily_loss_halt_pct, limits.daily_loss_bps_max)} in a UTC day,"),
        ("", f"or {plain(risk.max_drawdown_pct)} % of the most it was ever worth"),
    ]
    if risk.stop_pct is not None:
        rows.append(("stop", f"{plain(risk.stop_pct)} % from the entry"))
    if skill.chat_model is not None:
        today = "" if risk.max_daily_cost_usd is None else f", {plain(risk.max_daily_cost_usd)} USD a UTC day"
        rows.append(("chat cost", f"at most {plain(risk.max_monthly_cost_usd)} USD a UTC month{today}"))
    return rows
