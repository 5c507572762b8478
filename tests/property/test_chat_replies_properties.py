"""Any text is read or refused, what a chat model may say is read exactly, and a damaged reply says nothing else."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.chat.reading.replies import Parsed, Unreadable, parse_reply
from agentic_core.chat.scripted import said
from agentic_core.domain import ActionKind, Price, ProposedAction, Side, Size, Symbol, Usd

AMOUNTS = st.decimals(min_value="-1e9", max_value="1e9", allow_nan=False, allow_infinity=False, places=9)
SYMBOLS = st.sampled_from([Symbol("BTC"), Symbol("kPEPE"), Symbol("xyz:GOLD"), Symbol("@107"), Symbol("PURR/USDC")])
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


def objects(inner: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Draw objects that have fields of the schema."""
    names = st.sampled_from(
        ["text", "action", "kind", "symbol", "side", "size", "sizeUsd", "limitPrice", "reason", "x"]
    )
    return st.dictionaries(names, inner)


@st.composite
def actions(draw: st.DrawFn) -> ProposedAction:
    """Draw an action of the form that the schema gives, with any numbers."""
    symbol, reason, amount = draw(SYMBOLS), draw(PLAIN), draw(AMOUNTS)
    if draw(st.booleans()):
        size = Size(amount) if draw(st.booleans()) else None
        return ProposedAction(kind=ActionKind.CLOSE, symbol=symbol, size=size, reason=reason)
    in_units = draw(st.booleans())
    limit = draw(st.none() | AMOUNTS)
    return ProposedAction(
        kind=ActionKind.OPEN,
        symbol=symbol,
        side=draw(st.sampled_from(Side)),
        size=Size(amount) if in_units else None,
        size_usd=None if in_units else Usd(amount),
        limit_price=None if limit is None else Price(limit),
        reason=reason,
    )


@given(st.text(max_size=200) | st.text('{}[]":,0123456789.eE-+ntrufalsNI \\', max_size=200))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    """No text raises, and none that is not JSON is taken for anything."""
    read = parse_reply(text)
    if isinstance(read, Unreadable):
        assert read.errors
    else:
        assert json.loads(text)["action"] is None or read.action is not None


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | objects(inner))
)
def test_any_json_is_read_or_refused_with_a_reason(value: object) -> None:
    """Fields of the schema in any wrong place included."""
    assert isinstance(parse_reply(json.dumps(value)), Parsed | Unreadable)


@given(st.none() | actions(), PLAIN)
def test_reply_of_the_schema_is_read_exactly(action: ProposedAction | None, text: str) -> None:
    """To the last digit, whatever the numbers are."""
    assert parse_reply(said(action, text).text) == Parsed(action=action, text=text)


@given(actions(), st.data())
def test_reply_that_was_cut_off_is_never_read(action: ProposedAction, data: st.DataObject) -> None:
    """Half of an answer is none, not even one to do nothing."""
    whole = said(action, "because").text
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert isinstance(parse_reply(part), Unreadable)


@given(actions(), st.sampled_from(["leverage", "Size", "size_usd", "sizeusd", "confirm", ""]), AMOUNTS)
def test_reply_with_a_further_field_is_never_read(action: ProposedAction, name: str, amount: Decimal) -> None:
    """A field that is not known may mean anything."""
    whole = said(action, "because").text
    assert isinstance(parse_reply(whole.replace('"reason":', f'"{name}":{amount:f},"reason":', 1)), Unreadable)
