"""A skill survives being stored: canonical text, jsonb and back."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.skills import IntactVersion, canonical_json, load_skill, load_version, payload_hash
from agentic_core.skills.exact_json import canonical_text, parse_exact
from tests.support.skill_files import skill_with

PERCENTS = st.decimals("0.01", "100", places=2)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.decimals(-1_000, 1_000, places=6) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(position=PERCENTS, loss=PERCENTS, description=TEXTS, reverse=st.booleans())
def test_skill_survives_canonical_text_and_jsonb(
    position: Decimal, loss: Decimal, description: str, *, reverse: bool
) -> None:
    """Reading a stored version gives an equal skill, an equal text and an equal hash, in whatever order keys come."""
    numbers = {"HERE": str(position), "THERE": str(loss)}
    text = canonical_json(skill_with({"description": description, "risk.maxTotalExposurePct": 100}))
    text = text.replace('"maxPositionPct":20', f'"maxPositionPct":{numbers["HERE"]}')
    text = text.replace('"dailyLossHaltPct":5', f'"dailyLossHaltPct":{numbers["THERE"]}')
    text = text.replace('"maxDrawdownPct":25', '"maxDrawdownPct":100')
    skill = load_skill(text, source="s")
    canonical = canonical_json(skill)
    keys = sorted(json.loads(canonical), reverse=reverse)
    stored = "{" + ", ".join(f'"{key}" : {canonical_text(_field(canonical, key))}' for key in keys) + "}"

    assert load_skill(canonical, source="s") == skill
    assert canonical_json(load_skill(canonical, source="s")) == canonical
    assert load_version(stored, payload_hash(canonical)) == IntactVersion(skill=skill)


@given(JSON)
def test_canonical_text_is_read_back_as_the_same_value(value: object) -> None:
    """Writing canonically loses nothing, and writing again changes nothing."""
    text = canonical_text(value)
    again = parse_exact(text, source="f")

    assert again == value
    assert canonical_text(again) == text


def _field(canonical: str, key: str) -> object:
    whole = parse_exact(canonical, source="s")
    assert isinstance(whole, dict)
    return whole[key]
