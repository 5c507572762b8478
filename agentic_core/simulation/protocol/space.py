"""All states as whole numbers, and the states that follow each: what the search walks.

A state is a number made of the account's and one for each attempt. What may happen to an attempt depends on little
else, so it is worked out once, kept as differences, and added.
"""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from agentic_core.execution.life import Life
from agentic_core.simulation.protocol.account import (
    AccountMove,
    AccountMoves,
    Kill,
    Loss,
    Shared,
    Standing,
    after_loss,
    standing_of,
)
from agentic_core.simulation.protocol.attempt import Attempt, Move, outside_moves
from agentic_core.simulation.protocol.design import Ablation, Design, Invariant, Scope
from agentic_core.simulation.protocol.knowledge import FORGOTTEN, Knowledge
from agentic_core.simulation.protocol.numbering import Numbering
from agentic_core.simulation.protocol.runner import RunnerMoves
from agentic_core.simulation.protocol.settling import broken_by, earlier, settle

__all__ = ["Break", "Space", "Step"]

_SHARED_BITS = 12
_ATTEMPT_BITS = 20
_STANDING_BITS = 8
_SHARED_MASK = (1 << _SHARED_BITS) - 1
_ATTEMPT_MASK = (1 << _ATTEMPT_BITS) - 1
_EMPTY = 0


_Rare: TypeAlias = tuple[tuple[int, int, Invariant | None], ...]


class Break(msgspec.Struct, frozen=True, gc=False):
    """An invariant that the step from one state to another breaks."""

    before: int
    after: int
    invariant: Invariant


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step, for people."""

    label: str
    after: int


class _Ways(msgspec.Struct, frozen=True, gc=False):
    # What may happen to one attempt in one state of the account, as differences to add.
    plain: tuple[int, ...]
    """To the attempt's number alone."""
    rare: _Rare
    """To the attempt's number and to the account's; with what is broken then."""


class _Around(msgspec.Struct, frozen=True, gc=False):
    # What may happen to the account, as differences to add to the whole state.
    plain: tuple[int, ...]
    losses: tuple[tuple[Loss, int], ...]
    rare: _Rare


class Space:
    """The states of one design within one scope."""

    def __init__(self, scope: Scope, design: Design) -> None:
        """Begin with the empty account."""
        self._scope, self.design = scope, design
        self.knowledge = Knowledge(design)
        self._runners = RunnerMoves(self.knowledge, design, burns=scope.burns)
        self._account = AccountMoves(self.knowledge, design, scope)
        self._shared = Numbering[Shared]()
        self._attempts = Numbering[Attempt | None]()
        self._attempts.number(None)
        self._standings = Numbering[Standing | None]()
        self._standings.number(None)
        self._standing: list[int] = [0]
        self._moves: dict[tuple[int, int, bool, bool, bool], tuple[Move, ...]] = {}
        self._ways: list[dict[int, _Ways]] = []
        self._around: dict[int, _Around] = {}
        self._kept: dict[Loss, dict[int, int]] = {loss: {} for loss in Loss}
        self._shifts = tuple(_SHARED_BITS + _ATTEMPT_BITS * slot for slot in range(scope.opens + scope.closes))
        self.broken: list[Break] = []
        """What `successors` found broken so far; such states are not returned."""
        self.initial = self._number_shared(Shared())

    def successors(self, state: int) -> list[int]:
        """Return the states that follow, some of them perhaps twice."""
        key = shared = state & _SHARED_MASK
        table, standing, key_shift = self._ways[shared], self._standing, _SHARED_BITS
        found: list[int] = []
        for shift in self._shifts:
            number = (state >> shift) & _ATTEMPT_MASK
            if number:
                key += standing[number] << key_shift
                ways = table.get(number) or self._work_out(shared, number)
                for difference in ways.plain:
                    found.append(state + (difference << shift))  # noqa: PERF401 - the hottest line: no generator
                if ways.rare:
                    self._take(ways.rare, state, shift, found)
            key_shift += _STANDING_BITS
        around = self._around.get(key) or self._work_out_account(key, state)
        for difference in around.plain:
            found.append(state + difference)  # noqa: PERF401 - the same
        for loss, difference in around.losses:
            found.append(self._lose(state, loss) + difference)
        if around.rare:
            self._take(around.rare, state, 0, found)
        return found

    def _take(self, rare: _Rare, state: int, shift: int, found: list[int]) -> None:
        for difference, account, invariant in rare:
            after = state + (difference << shift) + account
            if invariant is None:
                found.append(after)
            else:
                self.broken.append(Break(state, after, invariant))

    def steps(self, state: int) -> Iterator[Step]:
        """Return every step from a state, those that break something among them."""
        shared = self._shared[state & _SHARED_MASK]
        numbers = self._numbers_of(state)
        for slot, (shift, number) in enumerate(zip(self._shifts, numbers, strict=True)):
            if number:
                for move in self._moves_of(shared, number):
                    label = move.label.format(it=self._name(slot), runner=f"runner {shared.epoch}")
                    change, _ = self._change(shared, move)
                    moved = self._number_attempt(move.after) - number
                    yield Step(label, state + (moved << shift) + change - (state & _SHARED_MASK))
        for account_move in self._account_moves_of(state):
            label = self._account_label(account_move, shared, numbers)
            yield Step(label, self._lose(state, account_move.loss) + self._difference(state, account_move))

    def read(self, state: int) -> tuple[Shared, dict[str, Attempt]]:
        """Return what a state stands for: the account, and the attempts by name."""
        attempts = {self._name(slot): self._attempts[number] for slot, number in enumerate(self._numbers_of(state))}
        begun = {name: attempt for name, attempt in attempts.items() if attempt is not None}
        return self._shared[state & _SHARED_MASK], begun

    def life_of(self, attempt: Attempt) -> Life | None:
        """Return what is written down about an attempt; None where nobody wrote anything."""
        return None if attempt.life == FORGOTTEN else self.knowledge[attempt.life]

    def settled(self, attempt: Attempt) -> Attempt:
        """Return the attempt that stands for all that differ from it in nothing that can still matter."""
        return settle(attempt, self.knowledge, self.design) if self._scope.merges else attempt

    def is_end(self, state: int) -> bool:
        """Tell whether nothing is left to do: everything has ended, and a kill has reported."""
        kill = self._shared[state & _SHARED_MASK].kill
        if kill in {Kill.ORDERED, Kill.LATCHED}:
            return False
        standings = (self._standings[self._standing[number]] for number in self._numbers_of(state))
        return all(one is None or one.settled for one in standings)

    # ── attempts ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _work_out(self, shared_number: int, number: int) -> _Ways:
        shared = self._shared[shared_number]
        plain: list[int] = []
        rare: list[tuple[int, int, Invariant | None]] = []
        for move in self._moves_of(shared, number):
            after = self._number_attempt(move.after) - number
            change, invariant = self._change(shared, move)
            change -= shared_number
            if invariant is not None or change:
                rare.append((after, change, invariant))
            elif after:
                plain.append(after)
        ways = _Ways(tuple(plain), tuple(rare))
        self._ways[shared_number][number] = ways
        return ways

    def _moves_of(self, shared: Shared, number: int) -> tuple[Move, ...]:
        runs = shared.alive and (shared.kill < Kill.FLAT or self.design.drops(Ablation.KILL_FORGOTTEN))
        key = (number, shared.epoch if runs else 0, runs, shared.kill is Kill.LATCHED, shared.held > 0)
        known = self._moves.get(key)
        if known is None:
            known = self._moves[key] = tuple(self._find_moves(shared, number, runs=runs))
        return known

    def _find_moves(self, shared: Shared, number: int, *, runs: bool) -> Iterator[Move]:
        attempt = self._attempts[number]
        assert attempt is not None, "an empty place has no moves"
        moves = list(outside_moves(attempt, self.design, holds=shared.held > 0))
        later = earlier(attempt, self.knowledge)
        if later is not None:
            moves.append(Move("two seconds pass", later))
        if runs:
            moves += self._runners.moves(attempt, shared.epoch, killed=shared.kill is Kill.LATCHED)
        for move in moves:
            breaks = move.breaks or broken_by(move.after, self.knowledge)
            after = self.settled(move.after)
            yield Move(move.label, after, move.fills, breaks if breaks and self.design.counts(breaks) else None)

    def _change(self, shared: Shared, move: Move) -> tuple[int, Invariant | None]:
        if not move.fills:
            return self._number_shared(shared), move.breaks
        opened = 0 if move.after.closes else 1
        after = msgspec.structs.replace(shared, fills=shared.fills + opened, held=shared.held + (1 if opened else -1))
        breaks = move.breaks
        if after.fills > 1:
            breaks = breaks or self._counted(Invariant.CAP)
        if shared.kill is Kill.FLAT and after.held:
            breaks = breaks or self._counted(Invariant.FALSE_FLAT)
        return self._number_shared(after), breaks

    def _counted(self, invariant: Invariant) -> Invariant | None:
        return invariant if self.design.counts(invariant) else None

    # ── the account ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _work_out_account(self, key: int, state: int) -> _Around:
        plain: list[int] = []
        losses: list[tuple[Loss, int]] = []
        rare: list[tuple[int, int, Invariant | None]] = []
        for move in self._account_moves_of(state):
            difference = self._difference(state, move)
            if move.breaks is not None:
                rare.append((difference, 0, move.breaks))
            elif move.loss is not Loss.NONE:
                losses.append((move.loss, difference))
            else:
                plain.append(difference)
        around = self._around[key] = _Around(tuple(plain), tuple(losses), tuple(rare))
        return around

    def _account_moves_of(self, state: int) -> list[AccountMove]:
        standings = (self._standings[self._standing[number]] for number in self._numbers_of(state))
        shared = self._shared[state & _SHARED_MASK]
        return list(self._account.moves(shared, [one for one in standings if one is not None]))

    def _difference(self, state: int, move: AccountMove) -> int:
        difference = self._number_shared(move.after) - (state & _SHARED_MASK)
        if move.begins is not None:
            slot = self._free_slot(state, closes=move.begins.closes)
            difference += self._number_attempt(move.begins) << self._shifts[slot]
        return difference

    def _lose(self, state: int, loss: Loss) -> int:
        after, kept = state, self._kept[loss]
        for shift in self._shifts:
            number = (state >> shift) & _ATTEMPT_MASK
            if number:
                left = kept.get(number)
                if left is None:
                    left = kept[number] = self._after_loss(number, loss)
                after += (left - number) << shift
        return after

    def _after_loss(self, number: int, loss: Loss) -> int:
        if loss is Loss.NONE:
            return number
        attempt = self._attempts[number]
        assert attempt is not None, "an empty place loses nothing"
        return self._number_attempt(self.settled(after_loss(attempt, loss)))

    def _free_slot(self, state: int, *, closes: bool) -> int:
        places = range(self._scope.opens, len(self._shifts)) if closes else range(self._scope.opens)
        numbers = self._numbers_of(state)
        return next(slot for slot in places if numbers[slot] == _EMPTY)

    def _account_label(self, move: AccountMove, shared: Shared, numbers: tuple[int, ...]) -> str:
        closes = move.begins is not None and move.begins.closes
        places = range(self._scope.opens, len(numbers)) if closes else range(self._scope.opens)
        slot = next((slot for slot in places if numbers[slot] == _EMPTY), 0)
        return move.label.format(epoch=shared.epoch, next=shared.epoch + 1, it=self._name(slot))

    def _name(self, slot: int) -> str:
        opens = self._scope.opens
        return f"open {slot + 1}" if slot < opens else f"close {slot - opens + 1}"

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _numbers_of(self, state: int) -> tuple[int, ...]:
        return tuple((state >> shift) & _ATTEMPT_MASK for shift in self._shifts)

    def _number_shared(self, shared: Shared) -> int:
        number = self._shared.number(shared)
        if number == len(self._ways):
            self._ways.append({})
        return number

    def _number_attempt(self, attempt: Attempt) -> int:
        number = self._attempts.number(attempt)
        if number == len(self._standing):
            self._standing.append(self._standings.number(standing_of(attempt, self.knowledge)))
        return number
