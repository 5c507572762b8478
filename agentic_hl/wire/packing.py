"""MessagePack, byte for byte as the venue packs an action again before hashing it.

Maps keep the order of their keys, integers take their shortest form, and nothing is a float.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from agentic_hl.wire.actions import L1Action

__all__ = ["Packable", "pack"]

Packable: TypeAlias = L1Action | Mapping[str, object] | Sequence[object]
"""A typed action; or a map or list, whose keys then have to be in the venue's order already."""

pack = msgspec.msgpack.Encoder().encode
"""Pack an action into bytes."""
