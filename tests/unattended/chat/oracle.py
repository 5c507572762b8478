"""The chat model behind the provider: wise, foolish, silent or broken, by kinds that can be asked for alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from agentic_core.domain.chat import CallId
from agentic_core.simulation.chance import Chance
from tests.unattended.chat.answers import JSON, Sheet, Wire, error, events, said, wished
from tests.unattended.chat.arrivals import Served, What
from tests.unattended.chat.wishes import Wish, allowed, foolish, wise

__all__ = ["CHAT_KINDS", "Asked", "Oracle"]

CHAT_KINDS = ("waits", "refusals", "garble", "folly", "tools", "costs", "dear", "cuts", "caps", "rollover", "ledger")
"""What can go wrong with a chat model, its provider and its money, besides everything else."""

_HOLD = '{"text":"nothing to do","action":null}'
_SPY = "wipe_account"
_PROPOSE = "propose_order"


class Asked(NamedTuple):
    """A request, and what it will cost."""

    call: CallId
    request: Mapping[str, object]
    charged: Decimal
    sheet: Sheet
    is_told: bool


class Oracle:
    """Draws what becomes of every request."""

    def __init__(self, chance: Chance, kinds: Sequence[str]) -> None:
        self._chance = chance
        self._kinds = frozenset(kinds)
        self._endless: set[str] = set()
        """Turns in which nothing but tools is wished for."""
        self._last: Served | None = None
        ways: Mapping[str, Callable[[Asked], Served]] = {
            "waits": self._wait,
            "refusals": self._refuse,
            "garble": self._garble,
            "folly": self._be_foolish,
            "tools": self._wish_for_tools,
            "dear": self._be_dear,
        }
        self._ways = [ways[kind] for kind in kinds if kind in ways]

    def has(self, kind: str) -> bool:
        """Tell whether a kind of trouble is played."""
        return kind in self._kinds

    def serve(self, asked: Asked) -> Served:
        """Decide about a request in trouble."""
        if asked.call.decision in self._endless:
            return self._wish_for_tools(asked)
        if self._ways and self._chance.happens(550):
            return self._chance.pick(self._ways)(asked)
        return self.calm(asked)

    def calm(self, asked: Asked) -> Served:
        """Answer as one should."""
        return self._answer("answer", asked, wise(self._chance, allowed(asked.request)))

    def _answer(self, plan: str, asked: Asked, wish: Wish, *, delay_ms: int | None = None) -> Served:
        text = _HOLD if wish.action is None else json.dumps({"text": "so be it", "action": wish.action})
        return self._meant(plan, asked, self._spoken(asked, text), wish, delay_ms=delay_ms)

    def _spoken(self, asked: Asked, text: str) -> Wire:
        if _by_tool(asked.request):
            return wished(asked.sheet, [(_PROPOSE, text)])
        if self._chance.happens(200):
            return events(asked.sheet, [text[:9], text[9:]], None)
        return said(asked.sheet, text)

    def _meant(self, plan: str, asked: Asked, wire: Wire, wish: Wish, *, delay_ms: int | None = None) -> Served:
        self._last = Served(
            plan=plan,
            what=What.NOTHING if wish.action is None else What.ACTION,
            wire=wire,
            delay_ms=self._chance.between(200, 3_000) if delay_ms is None else delay_ms,
            action=wish.action,
            is_outside=wish.is_outside,
            charged=asked.charged,
            is_told=asked.is_told,
        )
        return self._last

    def _spoiled(
        self, plan: str, asked: Asked, wire: Wire | None, *, is_free: bool = False, told: bool = True
    ) -> Served:
        return Served(
            plan=plan,
            wire=wire,
            delay_ms=self._chance.between(100, 2_000),
            charged=Decimal(0) if is_free else asked.charged,
            is_told=told and asked.is_told,
        )

    # ── the kinds ────────────────────────────────────────────────────────────────────────────────────────────────

    def _wait(self, asked: Asked) -> Served:
        if self._chance.happens(400):
            return self._spoiled("hangs", asked, None, told=False)
        wish = wise(self._chance, allowed(asked.request))
        return self._answer("slow", asked, wish, delay_ms=self._chance.between(8_000, 90_000))

    def _refuse(self, asked: Asked) -> Served:
        status, code, kind = self._chance.pick(_REFUSALS)
        after = self._chance.pick((None, "1", "7", "300", "soon")) if status in {429, 503} else None
        wire = error(status, code, "not now", retry_after=after, kind=kind)
        if status >= _SERVER and self._chance.happens(300):
            wire = Wire(status, (("content-type", "text/html"),), b"<html>bad gateway</html>")
        is_free = status != _OK and (status < _SERVER or status in {503, 529})
        return self._spoiled(f"status {status} {code}", asked, wire, is_free=is_free, told=False)

    def _garble(self, asked: Asked) -> Served:
        sheet, wish = asked.sheet, self._chance.pick(_GARBLED)
        plan, content, finish, about = wish
        if plan == "in the middle":
            return self._spoiled(plan, asked, events(sheet, ['{"text":', '"a'], "the provider fell over"), told=False)
        if plan in {"no JSON", "half a body"}:
            return self._spoiled(plan, asked, Wire(200, JSON, content.encode()), told=False)
        wire = said(sheet._replace(finish=finish), content, **about)
        if _by_tool(asked.request) and plan in _IN_A_TOOL:
            wire = wished(sheet, [(_PROPOSE, content)])
        return self._spoiled(plan, asked, wire)

    def _be_foolish(self, asked: Asked) -> Served:
        if self._last is not None and self._last.wire is not None and self._chance.happens(150):
            # The answer to another question, word for word; its generation is that of the other one too.
            found = self._last
            return Served(
                plan="again",
                what=found.what,
                wire=found.wire,
                delay_ms=400,
                action=found.action,
                is_outside=found.is_outside,
                charged=found.charged if found.is_told else Decimal(0),
                is_told=found.is_told,
            )
        return self._answer("folly", asked, foolish(self._chance, allowed(asked.request)))

    def _wish_for_tools(self, asked: Asked) -> Served:
        if self._chance.happens(250):
            self._endless.add(asked.call.decision)
        names = [str(name) for name in _offered(asked.request) if name != _PROPOSE]
        wishes: list[tuple[str, str]] = []
        for _ in range(self._chance.pick((1, 1, 2, 8, 9))):
            name = self._chance.pick((*names, *names, _SPY, "withdraw", "")) if names else _SPY
            wishes.append((name or "propose_orders", self._chance.pick(_ARGUMENTS)))
        wire = wished(asked.sheet, wishes)
        return Served(
            plan=f"tools {len(wishes)}",
            what=What.TOOLS,
            wire=wire,
            delay_ms=self._chance.between(100, 1_500),
            charged=asked.charged,
            is_told=asked.is_told,
        )

    def _be_dear(self, asked: Asked) -> Served:
        # More than anybody could know: ten times the charge, and the answer says so.
        charged = asked.charged * 30
        usage = {"prompt_tokens": 900, "completion_tokens": 40, "cost": charged}
        dear = asked._replace(charged=charged, sheet=asked.sheet._replace(usage=usage), is_told=True)
        return self._answer("dear", dear, wise(self._chance, allowed(asked.request)))


_OK = 200
_SERVER = 500
_REFUSALS: Sequence[tuple[int, int, str | None]] = (
    (429, 429, "rate_limit_exceeded"),
    (429, 429, None),
    (500, 500, "server"),
    (502, 502, "provider_unavailable"),
    (503, 503, None),
    (504, 504, None),
    (529, 529, "provider_overloaded"),
    (402, 402, "payment_required"),
    (401, 401, "authentication"),
    (404, 404, None),
    (400, 400, None),
    (200, 502, "provider_unavailable"),
    (200, 429, None),
    (200, 402, "payment_required"),
)
_NONE: Mapping[str, object] = {}
_GARBLED: Sequence[tuple[str, str, str | None, Mapping[str, object]]] = (
    ("refusal", "", "stop", {"refusal": "I cannot help with that."}),
    ("filtered", "", "content_filter", _NONE),
    ("truncated", '{"text":"I would buy', "length", _NONE),
    ("empty", "", "stop", _NONE),
    ("blank", " \n ", "stop", _NONE),
    ("reasoning only", "", "stop", {"reasoning": "Let me think about BTC."}),
    ("no end", '{"text":"', None, _NONE),
    ("prose", "I would buy 2 BTC now.", "stop", _NONE),
    ("fenced", f"```json\n{_HOLD}\n```", "stop", _NONE),
    ("two", f"{_HOLD}{_HOLD}", "stop", _NONE),
    ("list", "[]", "stop", _NONE),
    ("null", "null", "stop", _NONE),
    ("no action", '{"text":"hold"}', "stop", _NONE),
    ("a word for an action", '{"text":"","action":"hold"}', "stop", _NONE),
    ("more fields", '{"text":"","action":null,"leverage":50}', "stop", _NONE),
    ("other words", '{"text":"","action":{"kind":"buy","symbol":"BTC","size":1,"reason":""}}', "stop", _NONE),
    ("quoted", '{"text":"","action":{"kind":"close","symbol":"BTC","size":"0.1","reason":""}}', "stop", _NONE),
    ("NaN", '{"text":"","action":{"kind":"close","symbol":"BTC","size":NaN,"reason":""}}', "stop", _NONE),
    ("endless", '{"text":"","action":{"kind":"close","symbol":"BTC","size":1e999,"reason":""}}', "stop", _NONE),
    ("in the middle", "", "stop", _NONE),
    ("no JSON", "<html>hello</html>", None, _NONE),
    ("half a body", '{"id":"gen-half","choices":[{"index":0,"mess', None, _NONE),
)
_IN_A_TOOL = frozenset(
    {"prose", "fenced", "two", "list", "null", "no action", "more fields", "quoted", "NaN", "endless"}
)
_ARGUMENTS = ("{}", '{"symbol":"BTC","interval":"5m","lookback":10}', "[]", "{", '{"symbol":"DOGE"}', '{"lookback":-1}')


def _by_tool(request: Mapping[str, object]) -> bool:
    return _PROPOSE in _offered(request)


def _offered(request: Mapping[str, object]) -> list[str]:
    tools = request.get("tools", [])
    assert isinstance(tools, list)
    return [str(tool["function"]["name"]) for tool in tools]
