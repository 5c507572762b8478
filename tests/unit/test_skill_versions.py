"""Versions: the canonical text, its hash, and what happens when a stored payload was edited."""

import json

import pytest

from agentic_core.errors import SkillInvalid
from agentic_core.skills import AlteredVersion, IntactVersion, canonical_json, load_skill, load_version, payload_hash
from tests.support.skill_files import skill_text, skill_with

CANONICAL = (
    '{"avoid":"","context":{"interval":null,"lookback":100,"symbols":["BTC"]},"description":"","horizon":"",'
    '"leash":"balanced","lookFor":"","mode":"rules","model":null,"modelOptions":null,"name":"Cross",'
    '"review":{"afterExecutions":null},"risk":{"allowedSymbols":["BTC"],'
    '"dailyLossHaltPct":5,"maxDailyCostUsd":null,"maxDrawdownPct":25,"maxLeverage":1,"maxMonthlyCostUsd":200,"maxOrdersPerDay":20,'
    '"maxOrdersPerMinute":10,"maxPositionPct":20,"maxTotalExposurePct":40,"minOrderUsd":10,"stopPct":null},"rules":{"direction":"long","fast":10,'
    '"policy":"sma-cross","size":null,"sizePct":10,"sizeUsd":null,"slow":30,"symbol":"BTC"},'
    '"schedule":{"interval":"5m"},"sizing":"","slug":"cross","style":"","thesis":"","tools":null}'
)
HASH = "b91a9b28b6c7f0d307135b3a0a863f25a43b87ef359aff0c793d3db5e1d706a1"


def test_canonical_form_writes_out_every_default() -> None:
    """A later default cannot change a stored version, because the version says what it was."""
    assert canonical_json(skill_with({})) == CANONICAL


def test_hash_is_sha256_of_the_canonical_text() -> None:
    """The hash of a version is the same today as on the day it was saved."""
    assert payload_hash(CANONICAL) == HASH


@pytest.mark.parametrize("spelling", ["2", "2.0", "2.00", "2e0", "0.2E1"])
def test_hash_does_not_depend_on_the_spelling_of_a_number(spelling: str) -> None:
    """Equal numbers hash equally, however they were written."""
    text = skill_text({"risk.maxPositionPct": "HERE"}).replace('"HERE"', spelling)
    plain_two = skill_with({"risk.maxPositionPct": 2})

    assert canonical_json(load_skill(text, source="s")) == canonical_json(plain_two)


def test_version_stored_as_jsonb_is_intact() -> None:
    """A column that keeps neither the order of keys nor white space gives the same version back."""
    stored = json.dumps(dict(reversed(json.loads(CANONICAL).items())), indent=1)

    assert load_version(stored, HASH) == IntactVersion(skill=skill_with({}))


def test_version_edited_in_the_database_is_altered_and_still_read() -> None:
    """An edited payload takes effect, and is known to be edited."""
    edited = CANONICAL.replace('"maxMonthlyCostUsd":200', '"maxMonthlyCostUsd":0.01')

    loaded = load_version(edited, HASH)

    assert isinstance(loaded, AlteredVersion)
    assert str(loaded.skill.risk.max_monthly_cost_usd) == "0.01"
    assert loaded.expected_hash == HASH
    assert loaded.found_hash == payload_hash(edited)


def test_version_of_an_older_schema_keeps_its_hash() -> None:
    """A payload that lacks a field of today's schema is intact under the hash it was saved with."""
    older = CANONICAL.replace(',"stopPct":null', "")

    assert isinstance(load_version(older, payload_hash(older)), IntactVersion)


def test_version_that_is_no_skill_any_more_is_refused() -> None:
    """An edit that breaks the schema is refused like a file would be."""
    with pytest.raises(SkillInvalid, match=r"^stored version: risk\.maxLeverage: was 0; write the leverage"):
        load_version(CANONICAL.replace('"maxLeverage":1', '"maxLeverage":0'), HASH)
