"""Runs as JSON files: nothing is lost, nothing half-written, and what is no run is refused in one line."""

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from agentic_core.backtest.report import read_json, write_html, write_json
from agentic_core.domain.decision import Executed, NoopResult
from agentic_core.domain.ids import ClientOrderId
from agentic_core.domain.money import Size, Usd
from agentic_core.domain.order import Unresolved
from agentic_core.domain.run import DecisionRecord, OrderRecord, RunRecord
from agentic_core.errors import InputError
from tests.support.runs import busy_run, empty_run


def _every_kind() -> RunRecord:
    run = busy_run()
    decision = run.decisions[0].decision
    cloid = ClientOrderId("0xab")
    executed = Executed(order_id=cloid, states={cloid: "filled"}, filled_size=Size(Decimal(1)), fee=Usd(Decimal("0.1")))
    unknown = OrderRecord(
        time=run.orders[0].time, intent=run.orders[0].intent, outcome=Unresolved(cloid=cloid, cause="timeout")
    )
    results = (NoopResult(reason="nothing_to_close"), executed)
    decisions = tuple(DecisionRecord(decision=decision, result=result) for result in results)
    return msgspec.structs.replace(run, decisions=run.decisions + decisions, orders=(*run.orders, unknown))


def test_run_written_and_read_is_the_same(tmp_path: Path) -> None:
    """Every kind of verdict, result and outcome comes back as it was."""
    path = tmp_path / "run.json"
    for run in (_every_kind(), empty_run()):
        write_json(run, path)
        assert read_json(path) == run


def test_file_has_the_documented_shape(tmp_path: Path) -> None:
    """Other programs find the schema, exact numbers as texts, and the action in its own spelling."""
    path = tmp_path / "run.json"
    write_json(busy_run(), path)
    document = json.loads(path.read_text())
    assert document["schema"] == "agentic-run/1"
    assert document["run"]["final_equity"] == "9995.25"
    assert document["run"]["decisions"][0]["decision"]["proposed_action"]["sizeUsd"] == "500"
    assert document["run"]["decisions"][0]["result"]["numbers"] == {"equity": "1000"}


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    """No draft stays behind."""
    path = tmp_path / "run.json"
    path.write_text("older")
    write_json(empty_run(), path)
    write_html(empty_run(), tmp_path / "run.html")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run.html", "run.json"]
    assert path.read_text().startswith('{"schema":')


@pytest.mark.parametrize("write", [write_json, write_html])
def test_writing_where_it_cannot_be_is_refused_in_one_line(tmp_path: Path, write: object) -> None:
    """A missing folder, a file in place of the folder, and a folder in place of the file."""
    assert callable(write)
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "none" / "x", tmp_path / "file" / "x", tmp_path / "folder"):
        with pytest.raises(InputError) as caught:
            write(empty_run(), path)
        assert str(caught.value).startswith(f"cannot write {path}: ")
        assert "name a file in a folder that exists and can be written" in str(caught.value)
    assert sorted(one.name for one in tmp_path.rglob("*")) == ["file", "folder"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a run"),
        (b"\xff", "not a run"),
        (b"[]", "not a run (Expected `object`, got `array`); name a file written with --json"),
        (b'{"schema": "agentic-run/1", "run": {}}', "not a run (Object missing required field `run`"),
        (
            b'{"schema": "agentic-run/2", "run": {}}',
            "schema 'agentic-run/2' is not 'agentic-run/1'; write the run again",
        ),
        (b"[" * 100_000, "not a run"),
    ],
)
def test_file_that_is_no_run_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    """The message says what was found."""
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_json(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: {reason}")
    assert "\n" not in message


def test_file_with_one_wrong_field_is_refused(tmp_path: Path) -> None:
    """A number where an order should be is found."""
    path = tmp_path / "run.json"
    write_json(busy_run(), path)
    document = json.loads(path.read_text())
    for field, value in (("orders", [1]), ("ticks", "many"), ("equity", None)):
        path.write_text(json.dumps(document | {"run": document["run"] | {field: value}}))
        with pytest.raises(InputError, match="not a run"):
            read_json(path)


def test_file_that_is_missing_is_refused_in_one_line(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    with pytest.raises(InputError, match=r"none\.json: No such file or directory; name a file written with --json"):
        read_json(tmp_path / "none.json")
