"""The worst that a chat model can say: replies of every shape, drawn and changed, made of pieces that hurt."""

import re
from decimal import Decimal
from typing import NamedTuple, TypeVar

from agentic_core.ports.chat_model import CallFailure, CallOutcome, CallUsage, ChatRequest, Failed
from tests.adversary.draws import Draws
from tests.injection.orders import Writing
from tests.injection.saying import ANSWER_TOOL, asking, written

__all__ = ["Script", "Utterance", "any_script", "changed", "said"]

_Kind = TypeVar("_Kind")

_UTTERANCES_MAX = 5
_SIZE = re.compile(r"\d{1,4}(\.\d{1,4})?")

_SIZES: tuple[str, ...] = (
    "20",
    "20.0001",
    "40",
    "0.1",
    "5000",
    "-5",
    "0",
    "1e30",
    "1e-30",
    "1e400",
    "NaN",
    "Infinity",
    '"20"',
    "true",
)
_SIZES += ("null", "[20]", "19.99999999999999999999999999999999999999999", "0x14", "2_0", "1E1", "20.", ".5", "-0")
_PRICES: tuple[str, ...] = (
    "null",
    "100",
    "100.9",
    "101",
    "101.01",
    "1e9",
    "0",
    "-1",
    "0.000001",
    '"101"',
    "99",
    "98.99",
    "NaN",
)
_SYMBOLS: tuple[str, ...] = (
    "BTC",
    "ETH",
    "DOGE",
    "btc",
    "BTC ",
    "B\\u0422C",
    "BTC\\u0000",
    "",
    "paper:BTC",
    "BTC/USDC",
    "@0",
    "*",
)
_SIDES: tuple[str, ...] = ('"buy"', '"sell"', '"BUY"', '"long"', "null", "1", '["buy","sell"]')
_KINDS: tuple[str, ...] = ('"open"', '"close"', '"OPEN"', '"flatten"', '"withdraw"', "null", '"open\\u0000"')
_EXTRAS: tuple[tuple[str, str], ...] = (
    ("leverage", "50"),
    ("reduceOnly", "false"),
    ("size", "5000"),
    ("symbol", '"DOGE"'),
    ("size_usd", "9999999"),
)
_EXTRAS += (("sizeUsd", "9999999"), ("side", '"sell"'), ("account", '"mainnet"'), ("limits", '{"positionBps":999999}'))
_TOOLS: tuple[str, ...] = (
    "fetch_recent_bars",
    "fetch_news",
    "propose_order",
    "withdraw_all",
    "fetch_recent_bars ",
    "FETCH_RECENT_BARS",
)
_TOOLS += (
    "",
    "unlisted",
    "desk__search",
    "../fetch_recent_bars",
    "fetch_recent_bars\x00",
    "__init__",
    "use",
    "x" * 5_000,
)
_ARGUMENTS: tuple[str, ...] = (
    "{}",
    "",
    "null",
    "[]",
    "{",
    '{"symbol":"BTC","interval":"5m","lookback":5}',
    '{"a":' * 2_000,
    "\ud800",
)
_ARGUMENTS += ('{"symbol":"BTC","interval":"5m","lookback":1e9}', '{"symbol":"DOGE","interval":"1m","lookback":500}')
_GARBAGE: tuple[str, ...] = (
    "",
    " ",
    "null",
    "[]",
    "{}",
    '{"text":"","action":[]}',
    "I would rather not.",
    "```json\n{}\n```",
    "\ufeff{}",
)
_GARBAGE += (
    "[" * 5_000,
    '{"text":"a","action":null}{"text":"b","action":null}',
    '{"text":"a"',
    "\x00",
    "\ud800",
    "NaN",
)
_GARBAGE += ('{"text":1,"action":null}', '{"action":null}', '{"text":"a","action":null,"canary":""}', "9" * 200_000)


class Utterance(NamedTuple):
    """What is said to one question."""

    fields: tuple[tuple[str, str], ...] = ()
    """Of an action, by name, each with the JSON it is written as."""
    text: str = ""
    raw: str | None = None
    """Said in place of an answer."""
    calls: tuple[tuple[str, str], ...] = ()
    failure: CallFailure | None = None
    listed: int = 1
    """So many actions in one answer."""


Script = tuple[Utterance, ...]


def said(utterance: Utterance, request: ChatRequest) -> CallOutcome:
    """Put an utterance into the form that the request asks for."""
    if utterance.failure is not None:
        usage = CallUsage(prompt_tokens=9)
        return Failed(failure=utterance.failure, detail=utterance.text, usage=usage, request_hash="ab" * 32)
    answer = utterance.raw if utterance.raw is not None else _answer(utterance)
    by_tool = any(tool.name == ANSWER_TOOL for tool in request.tools)
    if by_tool and not utterance.calls:
        return asking(request, ((ANSWER_TOOL, answer),))
    return asking(request, utterance.calls, answer)


def any_script(draws: Draws, secret: str) -> Script:
    """Draw everything that is said in a turn."""
    return tuple(_any_utterance(draws, secret) for _ in range(draws.between(1, _UTTERANCES_MAX)))


def changed(script: Script, draws: Draws, secret: str) -> Script:
    """Return a script in which one utterance is changed, added or left out."""
    place, kind = draws.below(len(script)), draws.below(8)
    if kind == 0 and len(script) < _UTTERANCES_MAX:
        return (*script[:place], _any_utterance(draws, secret), *script[place:])
    if kind == 1 and len(script) > 1:
        return script[:place] + script[place + 1 :]
    other = _any_utterance(draws, secret) if kind == 2 else _retuned(script[place], draws, secret)
    return (*script[:place], other, *script[place + 1 :])


def _answer(utterance: Utterance) -> str:
    action = "{" + ",".join(f'"{name}":{token}' for name, token in utterance.fields) + "}"
    if utterance.listed > 1:
        action = f"[{','.join([action] * utterance.listed)}]"
    return f'{{"text":"{utterance.text}","action":{action if utterance.fields else "null"}}}'


def _any_utterance(draws: Draws, secret: str) -> Utterance:
    kind = draws.below(20)
    text = _any_text(draws, secret)
    if kind < 12:
        return Utterance(fields=_any_action(draws, secret), text=text, listed=2 if draws.chance(5) else 1)
    if kind < 16:
        calls = tuple((_any(draws, _TOOLS), _any_arguments(draws, secret)) for _ in range(draws.between(1, 9)))
        return Utterance(fields=_any_action(draws, secret), text=text, calls=calls)
    if kind < 18:
        return Utterance(raw=_any(draws, _GARBAGE))
    return Utterance(failure=_any(draws, tuple(CallFailure)), text=text)


def _any_action(draws: Draws, secret: str) -> tuple[tuple[str, str], ...]:
    # Mostly in the right form, because the wrong one ends early.
    odd = draws.chance(30)
    closes = draws.chance(20)
    fields = [
        ("kind", _any(draws, _KINDS) if odd else '"close"' if closes else '"open"'),
        ("symbol", f'"{_any(draws, _SYMBOLS)}"' if draws.chance(30) else '"BTC"'),
        ("size", _any_size(draws)),
        ("reason", f'"{_any_text(draws, secret)}"'),
    ]
    if not closes:
        fields += [("side", _any(draws, _SIDES) if odd else _any(draws, _SIDES[:2])), ("limitPrice", _price(draws))]
    if draws.chance(15):
        fields.append(_any(draws, _EXTRAS))
    return tuple(fields)


def _any_size(draws: Draws) -> str:
    if draws.chance(40):
        return _any(draws, _SIZES)
    # In steps of the instrument, around what the caps leave.
    return f"{draws.between(1, 450_000) / 10_000:.4f}"


def _near(size: str, draws: Draws) -> str:
    # Up or down by at most a fifth, in steps of the instrument, where there is a size to begin with.
    if not _SIZE.fullmatch(size):
        return _any_size(draws)
    return f"{Decimal(size) * draws.between(800, 1_200) / 1_000:.4f}"


def _price(draws: Draws) -> str:
    return _any(draws, _PRICES) if draws.chance(30) else "null"


def _any_text(draws: Draws, secret: str) -> str:
    if draws.chance(88):
        return "as I like"
    word = written(secret, _any(draws, tuple(Writing)))
    return word[: draws.between(1, len(word))] if draws.chance(50) else word


def _any_arguments(draws: Draws, secret: str) -> str:
    return f'{{"symbol":"{_any_text(draws, secret)}"}}' if draws.chance(40) else _any(draws, _ARGUMENTS)


def _retuned(utterance: Utterance, draws: Draws, secret: str) -> Utterance:
    fields = list(utterance.fields)
    if not fields or draws.chance(20):
        return utterance._replace(text=_any_text(draws, secret))
    place = draws.below(len(fields))
    name, token = fields[place]
    again = {
        "size": _near(token, draws) if draws.chance(60) else _any_size(draws),
        "limitPrice": _price(draws),
        "reason": f'"{_any_text(draws, secret)}"',
    }
    again |= {"side": _any(draws, _SIDES[:2]), "kind": _any(draws, _KINDS[:2])}
    if name in again:
        fields[place] = (name, again[name])
    else:
        fields[place] = (name, f'"{_any(draws, _SYMBOLS)}"')
    return utterance._replace(fields=tuple(fields))


def _any(draws: Draws, choices: tuple[_Kind, ...]) -> _Kind:
    return choices[draws.below(len(choices))]
