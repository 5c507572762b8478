"""Whether anybody knows what a skill's chat models cost: what has no price is never asked."""

from agentic_core.domain.money import plain
from agentic_core.errors import InputError
from agentic_core.ports.chat_catalogue import ChatModelCatalogue
from agentic_core.skills.schema import Skill

__all__ = ["check_priced", "prices_in_words", "unpriced"]

_CURE = (
    "name one that `agentic chat models` lists with its price, fetch the provider's list with "
    "`agentic chat models --refresh`, or write what it costs into the file AGENTIC_CHAT_MODELS"
)


def unpriced(skill: Skill, catalogue: ChatModelCatalogue) -> tuple[str, ...]:
    """Return the chat models of a skill, fallbacks included, whose price is unknown."""
    return tuple(model_id for model_id in _asked(skill) if _bound_unknown(model_id, catalogue))


def check_priced(skill: Skill, catalogue: ChatModelCatalogue, *, source: str) -> None:
    """Refuse a skill that names a chat model of unknown price; `source` names it in the refusal.

    Raises:
        InputError: nobody could say what a call costs at most, so none would ever be made.
    """
    missing = unpriced(skill, catalogue)
    if missing:
        path = "model" if missing[0] == skill.chat_model else "modelOptions.fallbacks"
        message = f"{source}: {path}: nobody knows what {missing[0]} costs, and it is never asked without; {_CURE}"
        raise InputError(message)


def prices_in_words(skill: Skill, catalogue: ChatModelCatalogue) -> tuple[str, ...]:
    """Say of each chat model of a skill what it costs at most, or that nobody knows."""
    return tuple(_line(model_id, catalogue) for model_id in _asked(skill))


def _asked(skill: Skill) -> tuple[str, ...]:
    if skill.chat_model is None:
        return ()
    fallbacks = () if skill.chat_options is None else skill.chat_options.fallbacks
    return (skill.chat_model, *fallbacks)


def _bound_unknown(model_id: str, catalogue: ChatModelCatalogue) -> bool:
    return catalogue.bound(model_id, prompt_bytes=0, completion_tokens=0) is None


def _line(model_id: str, catalogue: ChatModelCatalogue) -> str:
    card = catalogue.find(model_id)
    if card is None or card.prices is None:
        return f"chat model {model_id}: nobody knows what it costs, so it would never be asked; {_CURE}"
    read, written = map(plain, card.prices)
    return f"chat model {model_id}: at most {read} USD a million tokens read, {written} USD written"
