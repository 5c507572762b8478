"""HTML and SVG that cannot be broken out of: every text is escaped where it enters, and markup is a type of its own."""

from html import escape
from typing import TypeAlias

from agentic_core.backtest.report.formats import clean

__all__ = ["Child", "Markup", "join", "tag"]


class Markup(str):
    """Text that is markup already; only this module makes it from foreign text."""

    __slots__ = ()


Child: TypeAlias = str
"""A `Markup` is taken as it is, any other text is escaped."""

_VOID = {"br", "circle", "line", "meta", "path", "polyline", "rect"}


def tag(name: str, *children: Child, **attributes: str | float) -> Markup:
    """Make an element.

    An underscore at the end of an attribute's name is dropped and the others become hyphens: `class_`, `stroke_width`.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_attribute(value))}"' for key, value in attributes.items()
    )
    if name in _VOID and not children:
        return Markup(f"<{name}{written}>" if name in {"br", "meta"} else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """Put pieces one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children))


def _attribute(value: str | float) -> str:
    return clean(value) if isinstance(value, str) else f"{value:.6g}"
