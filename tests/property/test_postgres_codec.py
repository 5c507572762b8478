"""What goes into JSON columns: always storable, and nothing lost but what cannot be stored."""

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from agentic_core.store.postgres.codec import clean, decode, encode

HALVES = st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF, categories=["Cs"])
TEXTS = st.text(st.one_of(st.characters(), HALVES, st.sampled_from(["\0", "\\", "u", "0"])))


@given(TEXTS)
@example("\\u0000")
@example("\\\\\0\\u0000\0")
@example("\0\ud800")
def test_postgres_text_is_storable_and_otherwise_unchanged(text: str) -> None:
    """In a JSON column as in a text column: no NUL and no half character is left, and all other text stays."""
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert len(cleaned) == len(text)
    assert all(was in {now, "\0"} or "\ud800" <= was <= "\udfff" for was, now in zip(text, cleaned, strict=True))
    assert decode(encode({"text": text})) == {"text": cleaned}


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_postgres_json_keeps_every_digit_of_a_number(number: Decimal) -> None:
    """No float comes near it."""
    back = decode(encode([number]))
    assert back == [number]
    assert encode([number]).strip("[]").lower() == str(number).lower()
