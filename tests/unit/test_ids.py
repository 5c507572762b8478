"""Derived identifiers: stable over releases, formed as the venue and the database expect."""

import re
from uuid import RFC_4122, UUID

from agentic_core.domain import AccountKey, DeploymentId, Instant, TickId, client_order_id, derived_uuid, paper_account

TICK = TickId(deployment=DeploymentId("5f0c7d5e-0000-8000-8000-000000000001"), mark=Instant(1_640_995_260_000))
ACCOUNT = paper_account(TICK.deployment)


def test_identifiers_of_a_turn_are_the_same_in_every_release() -> None:
    """Orders of the release before are recognised; SHA-256 by another program gave these digits."""
    turn = TickId(deployment=DeploymentId("d1"), mark=Instant(60_000))
    cloid = client_order_id(AccountKey("paper:d1"), turn.digest(), leg=1, attempt=0)
    assert cloid == "0x5d175af3cfd0a4a34876f6280b20adbf"
    assert turn.trace == "a6db49a43ec6a2f2d75183c6249e3629"
    assert turn.decision == "45e8fa97-159c-8b52-a0ad-c91ba08c58f6"
    assert derived_uuid("decision", "a") == "3a250777-b61c-8774-9f75-7238e9c10a73"


def test_client_order_id_is_sixteen_bytes_in_hex() -> None:
    """The venue takes 0x and 32 digits."""
    assert re.fullmatch(r"0x[0-9a-f]{32}", client_order_id(ACCOUNT, TICK.digest(), leg=0, attempt=0))


def test_client_order_id_of_a_repeated_turn_is_the_same() -> None:
    """A second runner that repeats the turn from its own objects names the same order."""
    again = TickId(deployment=DeploymentId(str(TICK.deployment)), mark=Instant(int(TICK.mark)))
    assert client_order_id(ACCOUNT, again.digest(), leg=1, attempt=2) == client_order_id(
        AccountKey(str(ACCOUNT)), TICK.digest(), leg=1, attempt=2
    )


def test_client_order_id_of_a_command_differs_from_the_schedules() -> None:
    """A command that acts at a mark does not collide with the tick of that mark."""
    commanded = TickId(deployment=TICK.deployment, mark=TICK.mark, cause="command:7")
    assert client_order_id(ACCOUNT, commanded.digest(), leg=0, attempt=0) != client_order_id(
        ACCOUNT, TICK.digest(), leg=0, attempt=0
    )


def test_trace_and_decision_name_one_turn() -> None:
    """The trace is 32 hex digits, the decision a UUID, and both differ between turns."""
    later = TickId(deployment=TICK.deployment, mark=Instant(TICK.mark + 60_000))
    assert re.fullmatch(r"[0-9a-f]{32}", TICK.trace)
    assert str(UUID(TICK.decision)) == TICK.decision
    assert (TICK.trace, TICK.decision) != (later.trace, later.decision)
    assert TICK.trace != later.trace
    assert TICK.decision != later.decision


def test_derived_uuid_is_a_custom_one() -> None:
    """RFC 9562 keeps version 8 for UUIDs that are computed."""
    derived = UUID(derived_uuid("decision", "a"))
    assert (derived.version, derived.variant) == (8, RFC_4122)


def test_derived_uuid_keeps_its_parts_apart() -> None:
    """Where one part ends and the next begins makes a difference."""
    assert derived_uuid("ab", "c") != derived_uuid("a", "bc") != derived_uuid("abc")


def test_paper_account_names_its_deployment() -> None:
    """Every paper deployment has an account of its own."""
    assert paper_account(DeploymentId("d1")) == "paper:d1"
