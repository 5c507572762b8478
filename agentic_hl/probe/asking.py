"""Asks one question after the other, and lets none of them spoil the others."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

import anyio

from agentic_core.errors import AgenticError, ConfigError, InputError
from agentic_hl.probe import funded, keys, listening, reading
from agentic_hl.probe.answers import Answer, Finding, Outcome, ProbeReport, unclear
from agentic_hl.probe.assumptions import ASSUMPTIONS, Assumption, Needs, by_id
from agentic_hl.probe.room import Room
from agentic_hl.probe.signed_room import SignedRoom
from agentic_hl.wire.network import Network

__all__ = ["chosen", "run_probe"]

_WALLET_NAME = "probe"
_REVOKE_S = 20

_OPEN: Mapping[str, Callable[[Room], Awaitable[Finding]]] = {
    "13.1": listening.ask_webdata2,
    "13.2": listening.ask_cadences,
    "13.3": listening.ask_stream_users,
    "13.9": listening.ask_snapshot_again,
    "13.10": reading.ask_default_leverage,
    "A-11": reading.ask_limit_answer,
    "M-1": reading.ask_candle_page,
    "M-2": reading.ask_candle_gaps,
    "M-3": reading.ask_candle_settles,
    "M-4": reading.ask_funding_stamp,
    "W-5": reading.ask_undecodable,
    "W-6": listening.ask_first_dex,
    "W-7": reading.ask_candle_close,
}
"""What asks without a key."""

_SIGNED: Mapping[str, Callable[[SignedRoom], Awaitable[Finding]]] = {
    "13.4": funded.ask_minimum_partial,
    "13.7": funded.ask_price_band,
    "13.8": keys.ask_batch_cap,
    "A-1": keys.ask_noop_burns,
    "A-2": keys.ask_nonce_texts,
    "A-3": keys.ask_expiry_clock,
    "A-4": funded.ask_inclusion_lag,
    "A-5": funded.ask_cloid_reuse,
    "A-6": keys.ask_revoke,
    "A-7": keys.ask_agent_wallet_actions,
    "A-8": funded.ask_stop_after_ioc,
    "A-9": funded.ask_builder_cloid,
    "A-12": keys.ask_subaccount_nonces,
    "W-1": funded.ask_whole_error,
    "W-4": keys.ask_foreign_account,
    "W-10": keys.ask_default_validity,
    "W-12": keys.ask_action_cost,
}
"""What asks with one."""

_ORDER = (Needs.NOTHING, Needs.KEY, Needs.FUNDS, Needs.EVENT, Needs.LIMITS)
"""Last what leaves nothing for the others."""

_ODD_SHAPE = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What reading an answer of another shape than expected runs into."""


def chosen(ids: Collection[str]) -> Sequence[Assumption]:
    """Return the assumptions with these ids, or all where none is named, in the order in which they are asked.

    Raises:
        InputError: there is none of some id.
    """
    unknown = [name for name in ids if name not in by_id]
    if unknown:
        message = f"there is no question {', '.join(unknown)}; they are {', '.join(by_id)}"
        raise InputError(message)
    wanted = {by_id[name].id for name in ids} or {assumption.id for assumption in ASSUMPTIONS}
    ranked = sorted(ASSUMPTIONS, key=lambda assumption: _ORDER.index(assumption.needs))
    return [assumption for assumption in ranked if assumption.id in wanted]


async def run_probe(
    room: Room,
    wanted: Sequence[Assumption],
    *,
    network: Network,
    signed: SignedRoom | None = None,
    limits: bool = False,
    tell: Callable[[Answer], None] | None = None,
) -> ProbeReport:
    """Ask what can be asked.

    Args:
        room: the venue without a key.
        wanted: what to ask, in this order.
        network: which network it is; goes into the report.
        signed: the venue with the key of an account on the test network.
        limits: whether the question may be asked that uses up the address's weight for a minute.
        tell: is told each answer as it comes.

    Raises:
        ConfigError: a key was given for the main network.
        ProbeFailed: there is no venue.
    """
    if signed is not None and Network.MAINNET in {network, signed.network}:
        message = "a key is used on the test network only; leave it out, or ask the test network"
        raise ConfigError(message)
    started_at = room.clock.now()
    await room.ask("exchangeStatus")
    answers: list[Answer] = []
    async with _approved(signed if any(one.id in _SIGNED for one in wanted) else None) as broken:
        for assumption in wanted:
            reason = _reason_not_to(assumption, signed, limits=limits)
            asked_at = None if reason else room.clock.now()
            finding = reason or (broken if assumption.id in _SIGNED else None) or await _ask(assumption, room, signed)
            answers.append(Answer(id=assumption.id, finding=finding, asked_at=asked_at))
            if tell is not None:
                tell(answers[-1])
    return ProbeReport(network=network, started_at=started_at, answers=tuple(answers))


@asynccontextmanager
async def _approved(signed: SignedRoom | None) -> AsyncIterator[Finding | None]:
    # Yields why no question with a key can be asked, or None.
    if signed is None:
        yield None
        return
    try:
        await signed.approve(signed.agent_wallet, _WALLET_NAME)
    except AgenticError as error:
        yield unclear(str(error))
        return
    try:
        yield None
    finally:
        with anyio.move_on_after(_REVOKE_S, shield=True):
            await signed.revoke(_WALLET_NAME)


async def _ask(assumption: Assumption, room: Room, signed: SignedRoom | None) -> Finding:
    try:
        if assumption.id in _OPEN:
            return await _OPEN[assumption.id](room)
        assert signed is not None, "what needs a key is not asked without one"
        return await _SIGNED[assumption.id](signed)
    except AgenticError as error:
        return unclear(str(error))
    except _ODD_SHAPE as error:
        return unclear(f"an answer has another shape than expected: {error!r}")


def _reason_not_to(assumption: Assumption, signed: SignedRoom | None, *, limits: bool) -> Finding | None:
    reason: str | None = None
    match assumption.needs:
        case Needs.NOTHING:
            pass
        case Needs.LIMITS:
            reason = None if limits else "asking uses up the address's weight for a minute; allow it to be asked"
        case Needs.KEY | Needs.FUNDS:
            reason = None if signed is not None else f"it needs {assumption.needs}"
        case Needs.EVENT:
            reason = "it cannot be brought about; watch for it"
    return None if reason is None else Finding(outcome=Outcome.NOT_ASKED, said=reason)
