"""What every action and every part of one has in common.

The fields of a structure stand in the order in which they are hashed. Unknown keys are dropped; an optional key that
is not used is left out again when the action is written for its hash.
"""

import msgspec

__all__ = ["Action", "Part"]


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of an action."""


class Action(Part, frozen=True, kw_only=True, tag_field="type"):
    """An action; its `type` comes first."""
