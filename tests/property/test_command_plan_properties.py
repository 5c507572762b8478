"""What holds of the answers to any set of commands, in any status, with any history."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain import Command, CommandKind, CommandState, DeploymentStatus
from agentic_core.runtime.commands import Answer, Begin, Known, Obey, Refuse, plan
from tests.support.planned_commands import command, final_status, refused

K = CommandKind
ENDED = [CommandState.APPLIED, CommandState.REFUSED, CommandState.EXPIRED]
HOLDING_BACK = {K.PAUSE, K.FLATTEN, K.STOP, K.KILL}
FINAL = {DeploymentStatus.STOPPED, DeploymentStatus.ERROR}
RANKS = {K.KILL: 0, K.FLATTEN: 1, K.STOP: 2, K.PAUSE: 3, K.SNAPSHOT: 4, K.RESUME: 5, K.CLEAR_HALT: 5}


@st.composite
def tables(draw: st.DrawFn) -> list[Command]:
    """Draw all commands of a deployment: some have their outcome, some wait, some were taken up."""
    rows = draw(st.lists(st.tuples(st.sampled_from(K), st.sampled_from(CommandState)), max_size=9))
    commands = []
    for seq, (kind, state) in enumerate(rows, 1):
        seen = draw(st.none() | st.integers(0, 10))
        sagas = {K.KILL, K.STOP, K.FLATTEN}
        kept = CommandState.QUEUED if state is CommandState.CLAIMED and kind not in sagas else state
        payload = {} if seen is None or kind is not K.RESUME else {"expects_seq": str(seen)}
        commands.append(command(seq, kind, kept, payload))
    return commands


def split(table: Sequence[Command]) -> tuple[list[Command], list[Command]]:
    """Return what waits, and everything from the newest on."""
    return [each for each in table if each.state not in ENDED], sorted(table, key=lambda each: -each.seq)


STATUSES = st.sampled_from(DeploymentStatus)


@given(table=tables(), status=STATUSES, mine=st.sets(st.integers(1, 9)))
def test_every_command_that_waits_gets_exactly_one_answer(
    table: list[Command], status: DeploymentStatus, mine: set[int]
) -> None:
    """All but those that are being carried out, in the order of their precedence; each answer is legal where it is."""
    pending, history = split(table)
    under_way = {each.id for each in pending if each.state is CommandState.CLAIMED and each.seq in mine}
    answers = plan(pending, Known(status=status, under_way=under_way, history=history))
    order = [(RANKS[answer.command.kind], answer.command.seq) for answer in answers]
    wanted = [(RANKS[each.kind], each.seq) for each in pending if each.id not in under_way]
    assert order == sorted(wanted)
    final_status(status, answers)


@given(table=tables(), status=STATUSES)
def test_status_at_the_end_is_what_precedence_says(table: list[Command], status: DeploymentStatus) -> None:
    """An end outlives everything; a flatten and a newer pause hold until somebody resumes who has seen them."""
    pending, history = split(table)
    ended = final_status(status, plan(pending, Known(status=status, history=history)))
    kinds = {each.kind for each in pending}
    if status in FINAL:
        assert ended is status
    elif kinds & {K.KILL, K.STOP} or status is DeploymentStatus.STOPPING:
        assert ended is DeploymentStatus.STOPPING
    elif K.FLATTEN in kinds:
        assert ended is (DeploymentStatus.HALTED if status is DeploymentStatus.HALTED else DeploymentStatus.PAUSED)
    elif ended is DeploymentStatus.RUNNING and status is not DeploymentStatus.RUNNING:
        newest = max(each.seq for each in pending if each.kind in {K.RESUME, K.CLEAR_HALT})
        assert all(each.seq < newest for each in table if each.kind in HOLDING_BACK)


@given(table=tables(), status=STATUSES)
def test_resume_never_undoes_what_is_newer_than_what_its_sender_saw(
    table: list[Command], status: DeploymentStatus
) -> None:
    """Whether that waits with it or was answered before."""
    pending, history = split(table)
    for answer in plan(pending, Known(status=status, history=history)):
        loosens = answer.command.kind in {K.RESUME, K.CLEAR_HALT}
        if isinstance(answer, Obey) and loosens:
            seen = min(answer.command.seq, int(answer.command.payload.get("expects_seq", "99")))
            assert not [each for each in table if each.seq > seen and each.kind in HOLDING_BACK]


@given(table=tables(), status=STATUSES, data=st.data())
def test_crash_between_two_answers_changes_none_of_the_others(
    table: list[Command], status: DeploymentStatus, data: st.DataObject
) -> None:
    """The next lease finds some answered and some taken up, and comes to the same status and the same refusals."""
    pending, history = split(table)
    whole = plan(pending, Known(status=status, history=history))
    given_before = whole[: data.draw(st.integers(0, len(whole)))]
    after = [_answered(each, given_before) for each in table]
    left, known = split(after)
    between = final_status(status, given_before)
    rest = plan(left, Known(status=between, history=known))
    assert final_status(between, rest) is final_status(status, whole)
    assert refused(given_before).keys() | refused(rest).keys() == refused(whole).keys()


@given(table=tables(), status=STATUSES, data=st.data())
def test_order_in_which_commands_are_read_changes_nothing(
    table: list[Command], status: DeploymentStatus, data: st.DataObject
) -> None:
    """Numbers count, not places."""
    pending, history = split(table)
    known = Known(status=status, history=history)
    assert plan(data.draw(st.permutations(pending)), known) == plan(pending, known)


def _answered(each: Command, given_before: Sequence[Answer]) -> Command:
    for answer in given_before:
        if answer.command.seq == each.seq:
            match answer:
                case Obey():
                    return msgspec.structs.replace(each, state=CommandState.APPLIED)
                case Begin():
                    return msgspec.structs.replace(each, state=CommandState.CLAIMED)
                case Refuse():
                    return msgspec.structs.replace(each, state=CommandState.REFUSED)
    return each
