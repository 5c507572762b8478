"""What the runner that holds the lease may do about one attempt: what the shipped machine tells it to, and no more."""

from collections.abc import Iterator

from msgspec.structs import replace

from agentic_core.execution.evidence import Evidence, NeverLeft, Withdrawn
from agentic_core.execution.resolution import Book, Burn, Observe, Send
from agentic_core.simulation.protocol.attempt import Answer, Attempt, Box, Look, Move, Nonce, Phase
from agentic_core.simulation.protocol.design import Ablation, Design, Invariant
from agentic_core.simulation.protocol.knowledge import (
    ANSWERED_FILLED,
    ANSWERED_LIMITED,
    ANSWERED_REFUSED,
    BURN_BEGAN,
    BURN_DONE,
    BURN_LOST,
    BURN_USED,
    FILL_PUSHED,
    FILLS_BOOKED,
    FORGOTTEN,
    SEEN_FILLED,
    SEEN_REJECTED,
    Knowledge,
)

__all__ = ["RunnerMoves"]


_FAILED_SENDS_MAX = 1
"""How many sends of an attempt may fail before their first byte; more would only add states like these."""

_SUCCESSOR = 0
"""An epoch that prepared nothing: asked as this one, the machine never says to send."""


class RunnerMoves:
    """The moves of runners about single attempts."""

    def __init__(self, knowledge: Knowledge, design: Design, *, burns: bool) -> None:
        """Take what is known, and what of the design is left out."""
        self._knowledge = knowledge
        self._design = design
        self._burns = burns

    def moves(self, attempt: Attempt, epoch: int, *, killed: bool) -> Iterator[Move]:
        """Say what the runner of an epoch may do; `killed` once it has latched a kill."""
        if attempt.life == FORGOTTEN:
            return
        inherited = self._knowledge[attempt.life].epoch != epoch
        if not (inherited and self._design.drops(Ablation.INHERITED_IGNORED)):
            yield from self._next(attempt, epoch, killed=killed and not attempt.closes)
        yield from self._answers(attempt)
        yield from self._burn_answers(attempt)
        yield from self._looks(attempt)

    def _next(self, attempt: Attempt, epoch: int, *, killed: bool) -> Iterator[Move]:
        life = self._knowledge[attempt.life]
        if killed and life.sends == 0 and life.burns == 0 and life.epoch == epoch and not life.is_terminal:
            yield self._learn(attempt, Withdrawn(epoch=epoch), "{runner} withdraws {it}")
            return
        asked_as = _SUCCESSOR if killed else epoch
        match self._knowledge.step(attempt.life, attempt.phase, epoch=asked_as, can_burn=self._burns):
            case Send():
                yield self._began(attempt)
            case Burn():
                yield self._burning(attempt, "{runner} writes down that it burns the nonce of {it}")
            case Observe() if not self._design.drops(Ablation.NO_DEADLINE):
                yield from self._observe(attempt)
            case Book() if attempt.shown:
                yield self._learn(attempt, FILLS_BOOKED, "{runner} books the fill of {it}")
            case _:
                pass

    def _began(self, attempt: Attempt) -> Move:
        learnt = self._knowledge.sending(attempt.life)
        after = replace(attempt, life=learnt.life, box=Box.CURRENT, awaits=True)
        written = "writes down that it sends" if attempt.recorded else "begins to send"
        return Move(f"{{runner}} {written} {{it}}", after)

    def _burning(self, attempt: Attempt, label: str) -> Move:
        learnt = self._knowledge.learn(attempt.life, BURN_BEGAN)
        return Move(label, replace(attempt, life=learnt.life, burn_box=Box.CURRENT, burn_awaits=True))

    def _observe(self, attempt: Attempt) -> Iterator[Move]:
        life = self._knowledge[attempt.life]
        if self._design.drops(Ablation.SECOND_BURN_IS_PROOF) and life.burns == 1 and not attempt.burn_awaits:
            yield self._burning(attempt, "{runner} burns the nonce of {it} a second time")
        if attempt.look is Look.NONE:
            look, told = Look(attempt.phase), "nothing"
            if attempt.shown:
                filled = attempt.nonce is Nonce.FILLED
                look, told = (Look.FILLED, "it filled") if filled else (Look.REJECTED, "it rejected")
            yield Move(f"{{runner}} asks about {{it}}; the venue shows {told}", replace(attempt, look=look))

    def _answers(self, attempt: Attempt) -> Iterator[Move]:
        sends = self._knowledge[attempt.life].sends
        if attempt.box is Box.CURRENT:
            if sends <= _FAILED_SENDS_MAX:
                failed = replace(attempt, box=Box.EMPTY, awaits=False)
                yield self._learn(failed, NeverLeft(send=sends), "the connection of {runner} fails before {it} leaves")
        elif attempt.awaits:
            heard = replace(attempt, awaits=False, answers=Answer.NONE)
            yield self._learn(heard, self._knowledge.lost_answer(), "{runner} hears 503, or nothing, about {it}")
            for answer, told in _TOLD.items():
                if answer in attempt.answers:
                    yield self._learn(heard, self._evidence(answer), f"{{runner}} hears that {{it}} {told}")
        if attempt.shown and attempt.nonce is Nonce.FILLED and not self._knowledge[attempt.life].filled:
            yield self._learn(attempt, FILL_PUSHED, "{runner} sees the fill of {it} in its stream")

    def _evidence(self, answer: Answer) -> Evidence:
        match answer:
            case Answer.FILLED:
                return ANSWERED_FILLED
            case Answer.REFUSED:
                return ANSWERED_REFUSED
            case Answer.USED:
                return self._knowledge.used_answer()
            case Answer.EXPIRED:
                return self._knowledge.expired_answer()
            case _:
                return ANSWERED_LIMITED

    def _burn_answers(self, attempt: Attempt) -> Iterator[Move]:
        if not attempt.burn_awaits or attempt.burn_box is Box.CURRENT:
            return
        heard = replace(attempt, burn_awaits=False, burn_answers=Answer.NONE)
        yield self._learn(heard, BURN_LOST, "{runner} hears nothing about the noop for {it}")
        if Answer.DONE in attempt.burn_answers:
            yield self._learn(heard, BURN_DONE, "{runner} hears that the nonce of {it} is burned")
        if Answer.USED in attempt.burn_answers:
            yield self._used(heard)

    def _used(self, heard: Attempt) -> Move:
        label = "{runner} hears that the nonce of {it} was used before the noop"
        if self._design.drops(Ablation.SECOND_BURN_IS_PROOF) and self._knowledge[heard.life].burns > 1:
            return Move(label, replace(heard, life=self._knowledge.proven_burned(heard.life).life))
        if self._design.drops(Ablation.USED_NOOP_IS_PROOF):
            heard = replace(heard, said_used=True)
        return self._learn(heard, BURN_USED, label)

    def _looks(self, attempt: Attempt) -> Iterator[Move]:
        if attempt.look is Look.NONE:
            return
        heard = replace(attempt, look=Look.NONE)
        yield Move("what {runner} asked about {it} is lost", heard)
        match attempt.look:
            case Look.FILLED:
                yield self._learn(heard, SEEN_FILLED, "{runner} reads that {it} is filled")
            case Look.REJECTED:
                yield self._learn(heard, SEEN_REJECTED, "{runner} reads that {it} was rejected")
            case _ if attempt.said_used:
                after = replace(heard, life=self._knowledge.proven_burned(heard.life).life)
                yield Move("{runner} reads that the venue does not know {it}", after)
            case _:
                evidence = self._knowledge.absence(Phase(attempt.look))
                yield self._learn(heard, evidence, "{runner} reads that the venue does not know {it}")

    def _learn(self, attempt: Attempt, evidence: Evidence, label: str) -> Move:
        learnt = self._knowledge.learn(attempt.life, evidence)
        breaks = Invariant.CONTRADICTION if learnt.contradicts else None
        return Move(label, replace(attempt, life=learnt.life, recorded=True), breaks=breaks)


_TOLD = {
    Answer.FILLED: "filled",
    Answer.REFUSED: "was refused",
    Answer.USED: "has a duplicate nonce",
    Answer.EXPIRED: "was already expired",
    Answer.LIMITED: "was rate-limited",
}
