"""What becomes of the commands that wait, table by table."""

import pytest

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus, Desired, Instant
from agentic_core.runtime.commands import Begin, Known, Obey, plan, saga_due
from tests.support.planned_commands import command, final_status, refused, waiting

S = DeploymentStatus
K = CommandKind
APPLIED = CommandState.APPLIED
KINDS = [K.KILL, K.STOP, K.FLATTEN, K.PAUSE, K.RESUME, K.CLEAR_HALT, K.SNAPSHOT]
"""The columns of the tables, and their rows."""

ALONE = """
provisioning | stopping stopping paused   paused -       -       provisioning
running      | stopping stopping paused   paused running -       running
paused       | stopping stopping paused   paused running -       paused
halted       | stopping stopping halted   -      -       running halted
stopping     | stopping stopping stopping -      -       -       stopping
stopped      | -        -        -        -      -       -       stopped
error        | -        -        -        -      -       -       error
"""
"""Where each leads from each status; nowhere where it is refused."""

WHILE_RUNNING = """
kill       | stopping stopping stopping stopping stopping stopping stopping
stop       | stopping stopping stopping stopping stopping stopping stopping
flatten    | stopping stopping paused   paused   paused   paused   paused
pause      | stopping stopping paused   paused   running  paused   paused
resume     | stopping stopping paused   paused   running  running  running
clear_halt | stopping stopping paused   paused   running  running  running
snapshot   | stopping stopping paused   paused   running  running  running
"""
"""Where two lead that wait together, the first of them (by row) being older."""

WHILE_HALTED = """
kill       | stopping stopping stopping stopping stopping stopping stopping
stop       | stopping stopping stopping stopping stopping stopping stopping
flatten    | stopping stopping halted   halted   halted   halted   halted
pause      | stopping stopping halted   halted   halted   running  halted
resume     | stopping stopping halted   halted   halted   running  halted
clear_halt | stopping stopping halted   halted   running  running  running
snapshot   | stopping stopping halted   halted   halted   running  halted
"""
"""The same while a halt is latched."""


def cells(table: str) -> dict[tuple[str, CommandKind], str]:
    """Return a table by its row and its column."""
    rows = (row.split() for row in table.strip().splitlines())
    return {(row[0], kind): cell for row in rows for kind, cell in zip(KINDS, row[2:], strict=True)}


@pytest.mark.parametrize("status", S)
@pytest.mark.parametrize("kind", KINDS)
def test_command_alone_leads_where_the_table_says(status: DeploymentStatus, kind: CommandKind) -> None:
    """Or is refused, with words that name it and the status."""
    answers = plan(waiting(kind), Known(status=status))
    expected = cells(ALONE)[status.value, kind]
    if expected != "-":
        assert (len(answers), refused(answers), final_status(status, answers).value) == (1, {}, expected)
        return
    latched = "a halt is latched; read its reason and send clear_halt"
    words = f"{kind.value} does nothing while the deployment is {status.value}"
    assert refused(answers) == {1: latched if (kind, status) == (K.RESUME, S.HALTED) else words}


@pytest.mark.parametrize("older", KINDS)
@pytest.mark.parametrize("newer", KINDS)
@pytest.mark.parametrize(("status", "table"), [(S.RUNNING, WHILE_RUNNING), (S.HALTED, WHILE_HALTED)])
def test_commands_that_wait_together_lead_where_precedence_says(
    older: CommandKind, newer: CommandKind, status: DeploymentStatus, table: str
) -> None:
    """Every pair in both orders; each has one answer."""
    answers = plan(waiting(older, newer), Known(status=status))
    assert sorted(answer.command.seq for answer in answers) == [1, 2]
    assert final_status(status, answers).value == cells(table)[older.value, newer]


def test_commands_are_answered_in_the_order_of_their_precedence() -> None:
    """And of their numbers where that is the same."""
    order = [K.CLEAR_HALT, K.RESUME, K.SNAPSHOT, K.PAUSE, K.STOP, K.FLATTEN, K.KILL, K.KILL, K.SNAPSHOT]
    answers = plan(waiting(*order), Known(status=S.RUNNING))
    assert [answer.command.seq for answer in answers] == [7, 8, 6, 5, 4, 3, 9, 1, 2]


def test_outcomes_say_what_is_so_now() -> None:
    """The words that are stored with what is done at once."""
    running = plan(waiting(K.PAUSE, K.RESUME, K.SNAPSHOT), Known(status=S.RUNNING))
    halted = plan(waiting(K.CLEAR_HALT), Known(status=S.HALTED))
    assert [answer.outcome for answer in (*running, *halted) if isinstance(answer, Obey)] == [
        "paused; positions stay open and are still watched",
        "state written",
        "running",
        "the halt is cleared; running",
    ]


def test_snapshot_is_refused_while_there_is_nothing_to_write() -> None:
    """Before the first look at the account."""
    assert refused(plan(waiting(K.SNAPSHOT), Known(status=S.RUNNING, has_state=False))) == {
        1: "the account was not looked at yet, so there is no state to write; send it again once it was"
    }


@pytest.mark.parametrize("newer", [K.PAUSE, K.FLATTEN, K.STOP, K.KILL])
@pytest.mark.parametrize("state", CommandState)
def test_resume_is_refused_by_whatever_holds_back_and_came_after_it(newer: CommandKind, state: CommandState) -> None:
    """Also where that has long been answered, so that a crash between two answers changes nothing."""
    resume, later = command(4, K.RESUME), command(5, newer, state)
    words = f"{newer.value} (command 5) came after what its sender had seen; look again before repeating it"
    assert refused(plan([resume], Known(status=S.PAUSED, history=[later, resume]))) == {4: words}


@pytest.mark.parametrize("newer", [K.RESUME, K.CLEAR_HALT, K.SNAPSHOT])
def test_resume_is_not_refused_by_what_holds_nothing_back(newer: CommandKind) -> None:
    """A newer snapshot or resume asks for no less trading."""
    resume = command(4, K.RESUME)
    known = Known(status=S.PAUSED, history=[command(5, newer, APPLIED), resume, command(3, K.PAUSE, APPLIED)])
    assert refused(plan([resume], known)) == {}


@pytest.mark.parametrize(("expects", "applies"), [("2", False), ("3", True), ("4", True), ("99", True), (None, True)])
def test_resume_that_says_what_its_sender_saw_undoes_nothing_newer(expects: str | None, *, applies: bool) -> None:
    """The pause is number 3."""
    payload = {} if expects is None else {"expects_seq": expects}
    resume = command(4, K.RESUME, payload=payload)
    known = Known(status=S.PAUSED, history=[resume, command(3, K.PAUSE, APPLIED), command(2, K.RESUME, APPLIED)])
    words = "pause (command 3) came after what its sender had seen; look again before repeating it"
    assert refused(plan([resume], known)) == ({} if applies else {4: words})


def test_resume_names_the_strongest_of_what_is_newer_than_it() -> None:
    """Of two as strong the newest."""
    resume = command(9, K.RESUME, payload={"expects_seq": "4"})
    history = [resume, *(command(seq, kind, APPLIED) for seq, kind in [(8, K.PAUSE), (7, K.FLATTEN), (6, K.FLATTEN)])]
    (reason,) = refused(plan([resume], Known(status=S.PAUSED, history=[*history, command(5, K.STOP)]))).values()
    assert reason.startswith("flatten (command 7) came after")


@pytest.mark.parametrize("expects", ["", "x", "-1", "1.5", "²"])
def test_resume_with_a_number_that_is_none_is_refused(expects: str) -> None:
    """It cannot be told what its sender had seen."""
    resume = command(4, K.RESUME, payload={"expects_seq": expects})
    assert refused(plan([resume], Known(status=S.PAUSED))) == {
        4: f"expects_seq is {expects!r}, which is no number of a command"
    }


def test_resume_whose_sender_saw_too_little_is_refused() -> None:
    """What is no longer in sight may have been a stop."""
    resume = command(9, K.RESUME, payload={"expects_seq": "4"})
    known = Known(status=S.PAUSED, history=[resume, command(8, K.SNAPSHOT, APPLIED), command(7, K.RESUME, APPLIED)])
    assert refused(plan([resume], known)) == {9: "more than 3 commands came after what its sender had seen; look again"}


@pytest.mark.parametrize("kind", [K.RESUME, K.CLEAR_HALT])
def test_nothing_goes_on_while_a_flatten_is_being_carried_out(kind: CommandKind) -> None:
    """Not even what was ordered after it: what is being closed must not be opened again."""
    flatten, later = command(1, K.FLATTEN, CommandState.CLAIMED), command(2, kind)
    status = S.PAUSED if kind is K.RESUME else S.HALTED
    known = Known(status=status, under_way={flatten.id}, history=[later, flatten])
    assert refused(plan([flatten, later], known)) == {
        2: "flatten (command 1) is being carried out; send it again once that has ended"
    }


@pytest.mark.parametrize(
    ("expects", "halted_at", "applies"),
    [(None, 7, True), (None, None, True), ("7", 7, True), ("7", 8, False), ("8", 7, False), ("7", None, False)],
)
def test_clear_halt_clears_only_the_halt_it_names(expects: str | None, halted_at: int | None, *, applies: bool) -> None:
    """Without a name it clears whichever holds."""
    payload = {} if expects is None else {"expects_halt": expects}
    at = None if halted_at is None else Instant(halted_at)
    answers = plan([command(1, K.CLEAR_HALT, payload=payload)], Known(status=S.HALTED, halted_at=at))
    words = f"it was sent to clear the halt of {expects}, and the one that holds now is of {halted_at}; look again"
    assert refused(answers) == ({} if applies else {1: words})


def test_command_that_an_earlier_lease_took_up_is_taken_up_again() -> None:
    """Only what is being carried out now is left alone."""
    old, now = command(1, K.STOP, CommandState.CLAIMED), command(2, K.STOP, CommandState.CLAIMED)
    (answer,) = plan([old, now], Known(status=S.STOPPING, under_way={now.id}))
    assert (isinstance(answer, Begin), answer.command) == (True, old)


@pytest.mark.parametrize(
    ("taken", "status", "desired", "due"),
    [
        ([], S.RUNNING, Desired.RUNNING, None),
        ([K.STOP], S.STOPPING, Desired.RUNNING, K.STOP),
        ([], S.STOPPING, Desired.RUNNING, K.STOP),
        ([K.STOP, K.FLATTEN], S.STOPPING, Desired.RUNNING, K.FLATTEN),
        ([K.FLATTEN], S.PAUSED, Desired.RUNNING, K.FLATTEN),
        ([K.STOP, K.FLATTEN, K.KILL], S.STOPPING, Desired.FLATTEN, K.KILL),
        ([], S.RUNNING, Desired.FLATTEN, K.KILL),
        ([K.FLATTEN], S.STOPPING, Desired.FLATTEN, K.KILL),
        ([K.KILL, K.STOP], S.STOPPED, Desired.STOPPED, None),
        ([K.KILL], S.ERROR, Desired.FLATTEN, None),
    ],
)
def test_saga_that_is_due_is_the_strongest_and_ends_with_the_deployment(
    taken: list[CommandKind], status: DeploymentStatus, desired: Desired, due: CommandKind | None
) -> None:
    """A deployment that shall be flat, or is stopping, goes on though no command says so any more."""
    assert saga_due(taken, status, desired) is due


def test_plan_of_nothing_is_empty() -> None:
    """Nobody ordered anything."""
    nothing: list[Command] = []
    assert plan(nothing, Known(status=S.RUNNING)) == ()
