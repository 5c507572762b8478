"""Whether everything that left a machine was on its disk before, and whether its copy is the database's journal."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.lifecycles.machines import PATH, Machine, Sent
from tests.lifecycles.scene import Scene
from tests.lifecycles.written import Line, Piece, pieces_of

__all__ = ["faults_of_copies"]

_NEVER = 1 << 62


class _Index:
    # Where on the disk of a machine each fact was whole.
    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.owners: dict[int, str] = {}
        self.numbered: dict[int, int] = {}
        self.sends: defaultdict[str, list[int]] = defaultdict(list)
        self.burns: defaultdict[str, list[int]] = defaultdict(list)
        for piece in pieces:
            self._take(piece)

    def _take(self, piece: Piece) -> None:
        if '"cloid":' not in piece.text:
            return
        record = json.loads(piece.text)
        body = record["body"]
        cloid = body["cloid"]
        if "nonce" in body:
            self.owners[body["nonce"]], self.numbered[body["nonce"]] = cloid, piece.end
        if record["kind"] == "noted":
            for known, count in ((self.sends[cloid], body["sends"]), (self.burns[cloid], body["burns"])):
                known.extend([piece.end] * (count - len(known)))


def faults_of_copies(scene: Scene, lines: Sequence[Line]) -> Iterator[str]:
    """Compare every copy with the journal, and everything that was sent with the copy of where it was sent."""
    indices: dict[int, _Index] = {}
    for machine in scene.machines:
        pieces, end = pieces_of(bytes(machine.disk.contents.get(PATH, b"")))
        indices[machine.number] = _Index(pieces)
        yield from _differences(machine, pieces, end, lines)
    counted = Counter[str]()
    for sent in scene.sent:
        counted.update(sent.cloids)
        yield from _unwritten(sent, indices[sent.machine], counted)


def _differences(machine: Machine, pieces: Sequence[Piece], end: int, lines: Sequence[Line]) -> Iterator[str]:
    name, disk = f"the copy of machine {machine.number}", machine.disk
    if [piece.hash for piece in pieces] != [line.hash for line in lines[: len(pieces)]]:
        yield f"{name} is not how the journal begins"
    # What a failed write left may still lie there, where nobody has opened the file since.
    if end != disk.size(PATH) != disk.torn_at.get(PATH):
        yield f"{name} is damaged at byte {end}"
    yield from (f"{name} was found damaged: {path}" for path in disk.contents if path.name.endswith(".quarantine"))


def _unwritten(sent: Sent, index: _Index, counted: Counter[str]) -> Iterator[str]:
    owner = index.owners.get(sent.nonce, "")
    if index.numbered.get(sent.nonce, _NEVER) > sent.durable:
        yield f"{sent.kind} was sent from machine {sent.machine}, and its nonce {sent.nonce} was not on the disk"
    if sent.kind == "noop":
        if _nth(index.burns[owner], 1) > sent.durable:
            yield f"nonce {sent.nonce} was burned, and that was not on the disk when it was sent"
        return
    for cloid in sent.cloids or (owner,):
        if _nth(index.sends[cloid], max(1, counted[cloid])) > sent.durable:
            yield f"{cloid} was sent, and that was not on the disk when it was sent"


def _nth(ends: Sequence[int], number: int) -> int:
    return ends[number - 1] if len(ends) >= number else _NEVER
