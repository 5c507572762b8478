"""A skill whose chat model has no price says so before it is deployed."""

import json

import pytest

from agentic_core.chat.catalogue import Catalogue, cards_in
from agentic_core.deployments.pricing import check_priced, prices_in_words, unpriced
from agentic_core.errors import InputError
from agentic_core.skills.schema import Skill
from agentic_core.skills.sections import SkillMode
from agentic_core.skills.starter import starter
from agentic_core.skills.validation import load_skill

KNOWN = """{"models": [
    {"id": "local/known", "promptUsdPerMtok": 0.5, "completionUsdPerMtok": 2},
    {"id": "local/half", "promptUsdPerMtok": 0.5}
]}"""


def catalogue() -> Catalogue:
    """Return a catalogue of two cards, one without the price of what is written."""
    return Catalogue(own=cards_in(KNOWN, source="own")[1])


def asking(model_id: str, *fallbacks: str) -> Skill:
    """Return a thesis skill that asks these."""
    written = json.loads(starter("Asks", SkillMode.THESIS)) | {"model": model_id}
    if fallbacks:
        written["modelOptions"] = {"fallbacks": list(fallbacks)}
    return load_skill(json.dumps(written), source="asks.json")


def test_priced_skill_passes_and_says_the_price() -> None:
    """Both prices are known."""
    skill = asking("local/known")
    check_priced(skill, catalogue(), source="asks.json")
    assert prices_in_words(skill, catalogue()) == (
        "chat model local/known: at most 0.5 USD a million tokens read, 2 USD written",
    )


@pytest.mark.parametrize("model_id", ["local/half", "nobody/knows"])
def test_unpriced_skill_is_refused_with_what_to_do(model_id: str) -> None:
    """Half a price is none: nobody could say what a call costs at most."""
    skill = asking(model_id)
    with pytest.raises(InputError, match=rf"asks.json: model: nobody knows what {model_id} costs.*--refresh"):
        check_priced(skill, catalogue(), source="asks.json")
    assert "never be asked" in prices_in_words(skill, catalogue())[0]


def test_unpriced_fallback_is_refused_as_well() -> None:
    """Whoever answers is paid, also where the first choice cannot."""
    skill = asking("local/known", "nobody/knows")
    assert unpriced(skill, catalogue()) == ("nobody/knows",)
    with pytest.raises(InputError, match=r"modelOptions\.fallbacks: nobody knows what nobody/knows costs"):
        check_priced(skill, catalogue(), source="asks.json")


def test_rules_skill_asks_nobody() -> None:
    """A rule policy has no price."""
    skill = load_skill(starter("Rules", SkillMode.RULES), source="rules.json")
    check_priced(skill, Catalogue(), source="rules.json")
    assert prices_in_words(skill, Catalogue()) == ()
