"""What a chat model can wish for, read from the schema in the request itself."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, cast

from agentic_core.simulation.chance import Chance

__all__ = ["Wish", "allowed", "foolish", "wise"]

_Branch = Mapping[str, Mapping[str, object]]


class Wish(NamedTuple):
    """An action as it is written, or none."""

    action: dict[str, object] | None
    is_outside: bool = False


def allowed(request: Mapping[str, object]) -> Sequence[_Branch]:
    """Return the fields of every kind of action that a request allows."""
    found = request.get("response_format")
    if found is not None:
        schema = cast("dict[str, dict[str, dict[str, object]]]", found)["json_schema"]["schema"]
    else:
        tools = cast("list[dict[str, dict[str, object]]]", request["tools"])
        offered = [tool["function"] for tool in tools if tool["function"]["name"] == "propose_order"]
        schema = cast("dict[str, object]", offered[0]["parameters"])
    action = cast("dict[str, dict[str, list[dict[str, object]]]]", schema["properties"])["action"]
    return [cast("_Branch", each["properties"]) for each in action["anyOf"] if "properties" in each]


def wise(chance: Chance, branches: Sequence[_Branch]) -> Wish:
    """Wish for something that is allowed, or for nothing."""
    if not branches or chance.happens(250):
        return Wish(None)
    branch = chance.pick(branches)
    if _word(branch, "kind") == "close":
        return Wish(_close(_word(branch, "symbol"), None))
    return Wish(_open(chance, branch, Decimal(chance.between(20, 700)) / 1_000))


def foolish(chance: Chance, branches: Sequence[_Branch]) -> Wish:
    """Wish for something well written that is not allowed."""
    opens = [branch for branch in branches if _word(branch, "kind") == "open"]
    kind = chance.pick(("large", "negative", "zero", "stranger", "nothing held", "dust")) if opens else "stranger"
    match kind:
        case "large" | "negative" | "zero" | "dust":
            branch = chance.pick(opens)
            share = {"large": Decimal(1_000), "zero": Decimal(0), "dust": Decimal(0)}.get(kind, Decimal(1))
            action = _open(chance, branch, share)
            name = "size" if "size" in action else "sizeUsd"
            amount = {"negative": -abs(float(str(action[name]))), "zero": 0, "dust": 1e-9}.get(kind, action[name])
            return Wish({**action, name: amount}, is_outside=True)
        case _:
            side = chance.pick(("buy", "sell"))
            action = {"kind": "open", "symbol": "DOGE", "side": side, "sizeUsd": 500, "limitPrice": None, "reason": ""}
            return Wish(action, is_outside=True)


def _open(chance: Chance, branch: _Branch, share: Decimal) -> dict[str, object]:
    name = "size" if "size" in branch else "sizeUsd"
    least = Decimal(str(branch[name]["minimum"]))
    most = Decimal(str(branch[name].get("maximum", branch[name].get("exclusiveMaximum"))))
    amount = round(float(least + (most - least) * share), 5 if name == "size" else 2)
    action: dict[str, object] = {"kind": "open", "symbol": _word(branch, "symbol"), "side": _word(branch, "side")}
    return {**action, name: amount, "limitPrice": None, "reason": chance.pick(("", "it goes up", "x" * 300))}


def _close(symbol: str, size: float | None) -> dict[str, object]:
    return {"kind": "close", "symbol": symbol, "size": size, "reason": "enough"}


def _word(branch: _Branch, name: str) -> str:
    return str(cast("list[str]", branch[name]["enum"])[0])
