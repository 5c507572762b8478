"""A backtest of a skill that asks a chat model: its tape, its money, and what is said before and after."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Self, TypeAlias

import msgspec
import typer

from agentic_core.backtest.chat.estimate import Estimate, estimate
from agentic_core.backtest.chat.paying import PayingTransport
from agentic_core.backtest.chat.purse import Purse
from agentic_core.backtest.chat.running import trial_mandate, trial_runner
from agentic_core.backtest.chat.study import StudyPlan, card_for, may_answer, study
from agentic_core.backtest.chat.trial import ChatTrial
from agentic_core.chat.setup import ChatSetup
from agentic_core.chat.tapes.tape_file import FileTape
from agentic_core.chat.tapes.tape_way import TapeWay
from agentic_core.chat.tapes.taping import LimitedTransport, ReplayTransport, TapingTransport
from agentic_core.chat.transport import ChatTransport
from agentic_core.chat.wire import Flavour
from agentic_core.cli.chat_services import ChatDoor, is_connected, open_chat, open_transport
from agentic_core.cli.console import say
from agentic_core.cli.inputs import Prepared, typed_number
from agentic_core.cli.reporting import progress_bar
from agentic_core.cli.services import Services
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.money import Usd, plain
from agentic_core.domain.records import SkillVersionRecord
from agentic_core.domain.run import RunRecord
from agentic_core.errors import InputError
from agentic_core.ports.chat_catalogue import ChatModelCard
from agentic_core.runtime import Mandate
from agentic_core.runtime.mandates import CHAT_CURE, mandate_for
from agentic_core.skills.sections import SkillMode

__all__ = ["AtOnceOption", "ChatPlan", "MaxCostOption", "PlainOnlyOption", "TapeOption", "run_chat_skill"]

_AT_ONCE_MAX = 64

TapeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--tape", metavar="FILE", help="Where exchanges with the chat model are kept and replayed from."),
]
MaxCostOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--max-cost", metavar="USD", help="The most that may be spent now; without it nothing is asked."),
]
PlainOnlyOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--plain-only/--masked", help="Leave out the second run in disguise; half the cost, and less to believe."
    ),
]
AtOnceOption: TypeAlias = Annotated[
    int, typer.Option("--at-once", min=1, max=_AT_ONCE_MAX, help="How many calls may be under way at the same time.")
]


class ChatPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a chat model is asked in a backtest."""

    tape: Path
    max_cost: Usd | None
    """None only replays."""
    masked: bool
    at_once: int

    @classmethod
    def of(
        cls, inputs: Prepared, *, tape: Path | None, max_cost: str | None, plain_only: bool, at_once: int
    ) -> Self | None:
        """Read the options as they were typed; None where rules decide.

        Raises:
            InputError: they do not fit the skill, or each other.
        """
        if inputs.skill.mode is SkillMode.RULES:
            if tape is None and max_cost is None:
                return None
            raise InputError(f"--tape, --max-cost: {inputs.skill.slug} decides by rules and asks no chat model")
        if tape is None:
            raise InputError(
                f"--tape: {inputs.skill.slug} asks a chat model; name the file its exchanges are kept in, such as "
                f"--tape {inputs.skill.slug}.tape"
            )
        cap = None if max_cost is None else typed_number(max_cost, "--max-cost", such_as="5")
        if cap is not None and cap < 0:
            raise InputError(f"--max-cost: {max_cost} is less than nothing; give some dollars, such as 5")
        return cls(tape=tape, max_cost=None if cap is None else Usd(cap), masked=not plain_only, at_once=at_once)


async def run_chat_skill(
    services: Services,
    inputs: Prepared,
    plan: ChatPlan,
    version: SkillVersionRecord,
    named: DeploymentId,
    *,
    quiet: bool,
) -> RunRecord:
    """Run a skill over recorded candles, plain and in disguise, and return the plain run with what may be believed.

    Raises:
        InputError: no chat model is connected, its price is not known, or the tape cannot be used.
        TapeMiss: a call is not on the tape, and there is no money left for it.
        VenueUnavailable: the provider does not answer.
    """
    if plan.max_cost is not None and not is_connected(services):
        raise InputError(f"--max-cost: no chat model is connected here; {CHAT_CURE}, or leave it out to replay only")
    purse = Purse(plan.max_cost)
    tape = FileTape.open(plan.tape, services.files, records=plan.max_cost is not None)
    async with AsyncExitStack() as stack:
        stack.callback(tape.close)
        otherwise = await _way_out(services, plan, purse, tape, stack)
        transport, way = ReplayTransport(tape, otherwise), tape.way if otherwise is None else None
        door = await stack.enter_async_context(open_chat(services, transport=transport, way=way))
        assert door is not None, "a transport is there"
        work = _Work(inputs=inputs, plan=plan, door=door, version=version, named=named)
        if plan.max_cost is None:
            _check_known(work, tape)
        else:
            _say_estimate(work, plan.max_cost, quiet=quiet)
            tape.keep_way(TapeWay.of(door.flavour, door.catalogue, may_answer(inputs.skill)))
        try:
            return await work.run(purse, quiet=quiet)
        finally:
            _say_spending(purse, tape, quiet=quiet)


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    inputs: Prepared
    plan: ChatPlan
    door: ChatDoor
    version: SkillVersionRecord
    named: DeploymentId

    @property
    def card(self) -> ChatModelCard | None:
        return self.door.catalogue.find(self.inputs.skill.chat_model or "")

    @property
    def trial(self) -> ChatTrial:
        market = self.inputs.market
        return ChatTrial(skill=self.inputs.skill, dataset=market.dataset, instruments=market.instruments)

    def mandate(self, setup: ChatSetup) -> Mandate:
        return mandate_for(self.inputs.skill, self.version, self.named, setup)

    async def run(self, purse: Purse, *, quiet: bool) -> RunRecord:
        plain_run = self.trial

        def mandate_of(trial: ChatTrial, setup: ChatSetup) -> Mandate:
            return self.mandate(setup) if trial is plain_run else trial_mandate(trial, setup)

        run = trial_runner(
            lambda trial: self.door.recorded(news=trial.news), self.inputs.terms, purse, mandate_of=mandate_of
        )
        card = card_for(self.inputs.skill, self.door.catalogue)
        plan = StudyPlan(card=card, masked=self.plan.masked, at_once=self.plan.at_once)
        with progress_bar(f"backtest {self.inputs.skill.slug}", quiet=quiet) as progress:
            return (await study(plain_run, run, self.inputs.terms, plan, progress=progress)).record


async def _way_out(
    services: Services, plan: ChatPlan, purse: Purse, tape: FileTape, stack: AsyncExitStack
) -> ChatTransport | None:
    if plan.max_cost is None:
        return None
    real = LimitedTransport(await stack.enter_async_context(open_transport(services)), plan.at_once)
    return TapingTransport(PayingTransport(real, purse, services.clock), tape, services.clock)


def _check_known(work: _Work, tape: FileTape) -> None:
    # Otherwise no call could be held for, and the run would end as one in which nobody was asked.
    skill, catalogue = work.inputs.skill, work.door.catalogue
    asked = may_answer(skill)[: 1 if work.door.flavour is Flavour.PLAIN else None]
    unknown = [name for name in asked if catalogue.bound(name, prompt_bytes=0, completion_tokens=0) is None]
    if unknown:
        recorded = "nobody" if tape.way is None else ", ".join(tape.way.cards) or "nobody"
        raise InputError(
            f"{tape.path}: nobody knows what {unknown[0]} costs, and it was not recorded with it but with {recorded}; "
            f"name the chat model it was recorded with, or record it anew with --max-cost"
        )


def _say_estimate(work: _Work, cap: Usd, *, quiet: bool) -> None:
    inputs, trial = work.inputs, work.trial
    found = estimate(
        work.mandate(work.door.recorded()),
        trial.dataset,
        instruments=trial.instruments,
        terms=inputs.terms,
        card=work.card,
    )
    if found.call_bound_usd is None or found.expected_usd is None:
        raise InputError(
            f"--max-cost: nobody knows what {inputs.skill.chat_model} costs, so no call could be paid for; fetch the "
            "list with `agentic chat models --refresh`, or write a card of your own and set AGENTIC_CHAT_MODELS"
        )
    if not quiet:
        say(_in_words(found, found.expected_usd, found.call_bound_usd, cap, runs=2 if work.plan.masked else 1))


def _in_words(found: Estimate, expected: Usd, call_bound: Usd, cap: Usd, *, runs: int) -> str:
    twice = " and again in disguise" if runs > 1 else ""
    asked = f"{found.turns:,} turns{twice}, about {found.prompt_tokens:,} tokens to read in each"
    costs = f"about {plain(runs * expected)} USD, at most {plain(runs * found.bound_usd)} by the caps of the skill"
    line = f"chat model: {asked}: {costs}; at most {plain(cap)} is spent now, nothing on what is on the tape"
    if cap < call_bound:
        return (
            f"{line}\nchat model: one call can cost {plain(call_bound)} USD, so none fits into --max-cost {plain(cap)}"
        )
    if cap < runs * expected:
        return f"{line}\nchat model: it will probably stop before its end; the same command goes on from there"
    return line


def _say_spending(purse: Purse, tape: FileTape, *, quiet: bool) -> None:
    spending = purse.spending
    if quiet or not spending.paid + spending.replayed:
        return
    said = (
        f"chat model: {spending.replayed:,} calls replayed, {spending.paid:,} paid with {plain(spending.cost_usd)} USD"
    )
    say(f"{said}; {len(tape):,} exchanges on {tape.path}")
