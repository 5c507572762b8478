"""A provider of chat models in virtual time: what it answers, when, and what it charges, all from the seed."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

from agentic_core.domain.chat import CallId
from agentic_core.simulation.world import World
from tests.unattended.chat.answers import JSON, Sheet, Wire, told_cost
from tests.unattended.chat.arrivals import Arrival
from tests.unattended.chat.oracle import Asked, Oracle

__all__ = ["COMPLETION_USD_MTOK", "PROMPT_USD_MTOK", "Provider"]

PROMPT_USD_MTOK = Decimal(2)
COMPLETION_USD_MTOK = Decimal(10)
_MILLION = Decimal(1_000_000)
_BYTES_PER_TOKEN = 4


class Provider:
    """One address that every process reaches; it outlives them all."""

    def __init__(self, world: World, kinds: Sequence[str]) -> None:
        self.arrivals: list[Arrival] = []
        self.is_calm = False
        """Whether it is quick, honest and well from now on."""
        self._clock = world.clock
        self._chance = world.chance("provider")
        self._oracle = Oracle(world.chance("oracle"), kinds)
        self._costs: dict[str, tuple[Decimal, int]] = {}
        """Of a generation: what it cost, and from when on that is told."""
        self._serial = 0

    @property
    def ms(self) -> int:
        """The world's time."""
        return self._clock.boottime_ms()

    def takes(self, process: int, call: CallId, body: bytes, question: bytes, *, was_held: bool) -> Arrival:
        """Take a request, and decide at once about everything that comes of it."""
        request = json.loads(body)
        self._serial += 1
        charged = self._charge(request, len(body))
        usage, is_told = self._usage(charged)
        generation = f"gen-{self._serial}"
        asked = Asked(call=call, request=request, charged=charged, sheet=Sheet(generation, usage), is_told=is_told)
        served = self._oracle.calm(asked) if self.is_calm else self._oracle.serve(asked)
        arrival = Arrival(
            at=self._clock.boottime_ms(),
            process=process,
            call=call,
            question=question,
            body=body,
            offered=tuple(tool["function"]["name"] for tool in request.get("tools", ())),
            was_held=was_held,
            served=served,
        )
        self.arrivals.append(arrival)
        if served.plan != "again":
            self._costs[generation] = (served.charged, self._tells_from())
        return arrival

    def tells(self, generation: str) -> Wire | None:
        """Return what is said of the cost of an answer; None where nothing ever comes."""
        known = self._costs.get(generation)
        if self._oracle.has("costs") and not self.is_calm and self._chance.happens(200):
            return self._chance.pick((None, Wire(500, JSON, b"oops"), Wire(200, JSON, b'{"data":{}}')))
        if known is None or self._clock.boottime_ms() < known[1]:
            return Wire(404, JSON, b'{"error":{"code":404,"message":"no such generation"}}')
        return told_cost(generation, known[0])

    def _tells_from(self) -> int:
        return self._clock.boottime_ms() + self._chance.pick((0, 400, 1_200, 3_000, 60_000))

    def _charge(self, request: Mapping[str, object], length: int) -> Decimal:
        # A token is never less than a byte, and nobody writes more than was asked for.
        most = int(str(request.get("max_completion_tokens", request.get("max_tokens"))))
        written = self._chance.between(20, most) if self._chance.happens(150) else self._chance.between(20, 300)
        cost = (length // _BYTES_PER_TOKEN) * PROMPT_USD_MTOK + min(written, most) * COMPLETION_USD_MTOK
        return cost / _MILLION + Decimal(self._chance.below(1_000)) / 10**11

    def _usage(self, charged: Decimal) -> tuple[Mapping[str, object] | None, bool]:
        tokens: dict[str, object] = {"prompt_tokens": 900, "completion_tokens": 40}
        if self.is_calm or not self._oracle.has("costs") or self._chance.happens(450):
            return {**tokens, "cost": charged, "is_byok": False}, True
        behind = {"upstream_inference_cost": charged / 2}
        forms: Sequence[tuple[Mapping[str, object] | None, bool]] = (
            (tokens, False),
            ({**tokens, "cost": None}, False),
            (None, False),
            ({**tokens, "cost": str(charged)}, False),
            ({**tokens, "cost": Decimal(-1)}, False),
            ({**tokens, "cost": charged - charged / 2, "is_byok": True, "cost_details": behind}, True),
        )
        return self._chance.pick(forms)
