"""Why an answer of a chat model cannot be read: codes and places of ours, so that they may be shown to it again."""

from enum import StrEnum

import msgspec

__all__ = ["Fault", "ReplyError"]


class Fault(StrEnum):
    """Why a reply cannot be read."""

    NOT_JSON = "not_json"
    FENCED = "fenced"
    """The JSON stands in a code fence."""
    SURROUNDED = "surrounded"
    """Something stands before or after the JSON."""
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    TWICE = "twice"
    """A field is written twice in one object."""
    NOT_A_TEXT = "not_a_text"
    NOT_A_NUMBER = "not_a_number"
    """A text, a truth value, NaN or Infinity."""
    NUMBER_TOO_LONG = "number_too_long"
    """More digits or a larger exponent than any order has."""
    NOT_OFFERED = "not_offered"
    """A word that is none of those that the field takes."""
    NOT_A_SYMBOL = "not_a_symbol"
    NOT_ONE_SIZE = "not_one_size"
    """An open names both of size and sizeUsd, or neither."""
    TWO_ANSWERS = "two_answers"
    """The tool for the answer was used more than once, or together with other tools."""
    TOO_MANY_TOOLS = "too_many_tools"
    """More tools were wished for at once than one step uses."""


class ReplyError(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fault and where it is."""

    fault: Fault
    path: str = ""
    """A field of the schema, such as action.size; empty is the whole reply."""
