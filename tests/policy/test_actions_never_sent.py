"""Some of the venue's actions have a place in the wire and in no order code: they cost more than they give."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.policy.tree import PACKAGES, ROOT, parsed

_PARTS = ("agentic_hl/wire/", "agentic_hl/venue/")
"""Where every action is spelled: how it is written, and how the simulated venue takes it."""

MODIFY = {"BatchModify", "Modify", "ModifyLine", "batchModify", "modify"}
SCHEDULED = {"ScheduleCancel", "scheduleCancel"}
MODE = {"AgentWalletSetAbstraction", "UserSetAbstraction", "agentSetAbstraction", "userSetAbstraction"}
BUILDER = {"ApproveBuilderFee", "BuilderFee", "approveBuilderFee", "builder"}
OWNERS = {"UserAction", "UserSignedAction", "sign_user", "sign_user_request", "user_digest"}


def mentions(root: Path, words: set[str], *folders: str) -> list[str]:
    """Name the places outside the wire and the venue that name one of some words."""
    return [f"{place} {word}" for place, word in _spelled(root, folders or PACKAGES) if word in words]


@cache
def _spelled(root: Path, folders: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (f"{name}:{getattr(node, 'lineno', 0)}", word)
        for name, tree in parsed(root, *folders)
        if not name.startswith(_PARTS)
        for node in ast.walk(tree)
        for word in _words_of(node)
    ]


def _words_of(node: ast.AST) -> set[str]:
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.alias(name=word) | ast.keyword(arg=str(word)):
            return {word}
        case ast.Constant(value=str(word)):
            return {word}
        case _:
            return set()


def test_no_order_is_ever_modified() -> None:
    """A replacement races with fills under a new number; ours cancels, looks what became of it, and places anew."""
    assert mentions(ROOT, MODIFY) == []


def test_no_cancel_is_ever_scheduled_at_the_venue() -> None:
    """It needs a million dollars of volume; every order ends by its own expiry instead."""
    assert mentions(ROOT, SCHEDULED) == []


def test_mode_of_the_account_is_never_changed() -> None:
    """There is no way back from some of them, so it is the owner's alone."""
    assert mentions(ROOT, MODE) == []


def test_no_order_ever_names_a_builder() -> None:
    """Its fee has to be approved by the owner first, or every order fails."""
    assert mentions(ROOT, BUILDER) == []


def test_broker_knows_no_action_of_the_owner() -> None:
    """It holds the agent wallet's key, which the venue would refuse for them."""
    assert mentions(ROOT, OWNERS, "agentic_core", "agentic_hl/broker") == []


@pytest.mark.parametrize(
    "line",
    [
        "from agentic_hl.wire.actions import Modify",
        "made = actions.Modify(order=line)",
        "body = {'type': 'modify'}",
        "made = PlaceOrders(orders=lines, modify=True)",
    ],
)
def test_action_that_is_named_in_any_way_is_found(tmp_path: Path, line: str) -> None:
    """By import, attribute, text or keyword; in the wire itself it has its place."""
    for folder in ("agentic_hl/broker", "agentic_hl/wire"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "orders.py").write_text(line + "\n", encoding="utf-8")
    (found,) = mentions(tmp_path, MODIFY)
    assert found.startswith("agentic_hl/broker/orders.py:1 ")
