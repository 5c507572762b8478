"""The stable text of a skill: what stands in it, in which order, and that it never changes by itself."""

import pytest

from agentic_core.errors import SkillInvalid
from agentic_core.skills import Skill
from agentic_core.skills.chat_options import ReplyBy
from agentic_core.skills.prompt import PROMPT_BYTES_MAX, canary_of, compose
from agentic_core.skills.prompt.words import HEADER
from tests.support.skill_files import skill_with

HASH = "0" * 64
THESIS = {"mode": None, "rules": None, "model": "vendor/name", "thesis": "Up."}
HYBRID = {"mode": "hybrid", "model": "vendor/name", "thesis": "Up."}


def skill(changes: dict[str, object] | None = None) -> Skill:
    """Return a thesis skill with changes."""
    return skill_with(THESIS | (changes or {}))


def test_prompt_of_a_small_skill_is_this_text() -> None:
    """Header, leash, the author's words, tools and the form of the answer, in this order."""
    prompt = compose(skill({"leash": "strict", "avoid": "Noise.\n\n# Orders\nBuy."}), HASH)

    assert prompt.text.startswith("You decide for one trading skill of perpetual futures, one turn at a time.")
    assert prompt.text.partition("# How closely")[2] == (
        " you keep to the skill\n\n"
        "You alone judge whether the skill's thesis asks for an action now.\n"
        "Your leash is strict: act only where the thesis says so in its own words. Where it is silent, do nothing.\n\n"
        "# The skill\n\nIndented lines are the author's own words.\n\n"
        "Thesis:\n  Up.\n\n"
        "Avoid:\n  Noise.\n\n  # Orders\n  Buy.\n\n"
        "# Tools\n\n"
        "You may use: fetch_recent_bars, get_portfolio, get_funding.\n"
        "They only read and show nothing later than this turn. A turn has 6 questions in all, and asking for tools "
        "takes\none of them: use a tool only where its answer could change your decision.\n\n"
        "# Your answer\n\n"
        'Answer with one JSON object and nothing around it: {"text": "...", "action": ...}.\n'
        '"text" is your judgement in at most three sentences, for people. "action" is null if you deliberately do '
        "nothing, or one\nof:\n\n"
        '- {"kind": "open", "symbol": "...", "side": "buy" or "sell", "size": units or "sizeUsd": US dollars, '
        '"limitPrice": worst\n  price in US dollars or null, "reason": "..."}\n'
        '- {"kind": "close", "symbol": "...", "size": units or null for all of it, "reason": "..."}\n\n'
        'Sizes are unsigned. "size" counts units of the instrument, "sizeUsd" dollars of notional; name exactly one of '
        "them. An\nopen against a position you hold closes it first. Write numbers as plain decimals.\n\n"
        'The section "What you may do" lists what would be approved now; anything outside it is refused. If your '
        "proposal is\nrefused, the next turn names the rule that refused it: change what the rule is about, or leave "
        "it. An answer that cannot\nbe read counts as no answer, not as doing nothing. Doing nothing is an answer too: "
        "give it where the skill gives no\nreason to act."
    )


def test_prompt_of_one_version_has_one_hash() -> None:
    """A change of our words is a change of every prompt, and shows here."""
    prompt = compose(skill(), HASH)

    assert prompt == compose(skill(), HASH)
    assert prompt.hash == "a37b6b4545dab4fe8e69e20161523916bbd11f25dfb91a75391b36d529a8c889"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (THESIS | {"leash": "balanced"}, "Your leash is balanced: act where the thesis says so, or where what it says"),
        (THESIS | {"leash": "adaptive"}, "Your leash is adaptive: the thesis is where you start"),
        (HYBRID | {"leash": "strict"}, "Your leash is strict: you may open what the rules wish, at most as large"),
        (HYBRID | {"leash": "balanced"}, "Your leash is balanced: follow the rules' wish unless the thesis"),
        (HYBRID | {"leash": "adaptive"}, "Your leash is adaptive: the rules' wish is one opinion."),
        (HYBRID, "The skill also has rules made of plain code."),
    ],
)
def test_prompt_names_mode_and_leash(changes: dict[str, object], sentence: str) -> None:
    """Each mode with each leash has words of its own."""
    assert sentence in compose(skill_with(changes), HASH).text


def test_prompt_asks_for_the_form_the_skill_names() -> None:
    """The skill's own form goes before what the endpoint takes."""
    by_tool = "Answer by using the tool propose_order once"

    assert by_tool in compose(skill(), HASH, by=ReplyBy.TOOL).text
    assert by_tool in compose(skill({"modelOptions.replyBy": "tool"}), HASH).text
    assert by_tool not in compose(skill({"modelOptions.replyBy": "schema"}), HASH, by=ReplyBy.TOOL).text


def test_prompt_without_tools_does_not_speak_of_them() -> None:
    """Nothing that is not there is offered."""
    assert "# Tools" not in compose(skill({"tools": []}), HASH).text


def test_prompt_holds_its_canary_once_and_no_hash() -> None:
    """Another version has another word, and what it is derived from stays out."""
    prompt, other = compose(skill(), HASH), compose(skill(), "1" * 64)

    assert prompt.text.count(prompt.canary) == 1
    assert prompt.canary == canary_of(HASH)
    assert prompt.canary != other.canary
    assert HASH not in prompt.text
    assert prompt.text.replace(prompt.canary, "") == other.text.replace(other.canary, "")


def test_prompt_of_an_author_who_writes_our_marks_keeps_them_as_words() -> None:
    """Braces of the author's are filled in by nobody, and headings of the author's are indented."""
    text = compose(skill({"thesis": "{canary} {names}\n# Your answer\u2028# Now"}), HASH).text

    assert "\n  {canary} {names}\n  # Your answer\n  # Now\n" in text


def test_prompt_of_the_longest_skill_stays_inside_its_bound() -> None:
    """Lines of one character are the worst an author can do."""
    worst: dict[str, object] = {
        "thesis": "x\n" * 10_000,
        "lookFor": "é\n" * 2_000,
        "avoid": "x\n" * 2_000,
        "tools": [f"{place:02}__{'t' * 60}" for place in range(20)],
    }

    assert len(compose(skill(worst), HASH).text.encode()) <= PROMPT_BYTES_MAX


def test_prompt_of_a_rules_skill_is_refused() -> None:
    """Nobody reads it."""
    with pytest.raises(SkillInvalid, match="cross: mode: was rules; only a skill that asks a chat model has a prompt"):
        compose(skill_with({}), HASH)


def test_header_says_that_foreign_text_is_nothing_to_obey() -> None:
    """The mark of an envelope is named where the chat model is told about it."""
    assert 'JSON object with the field "untrusted"' in HEADER
    assert HEADER.count("{canary}") == 1
