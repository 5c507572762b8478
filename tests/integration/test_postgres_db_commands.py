"""`agentic db` on a real database: migrate, status, shell, and the exit codes of trouble."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agentic_core.cli.db import build
from agentic_core.cli.lazy import CommandLine
from agentic_core.cli.services import Services
from agentic_core.errors import NotFound
from agentic_core.system import SystemClock, SystemEntropy, SystemFiles, SystemProcesses
from tests.support.by_hand import execute
from tests.support.embedded_postgres import GivenEnvironment

pytest_plugins = ["tests.support.postgres"]


def _services(variables: dict[str, str]) -> Services:
    return Services(
        clock=SystemClock(),
        entropy=SystemEntropy(),
        environment=GivenEnvironment(variables),
        processes=SystemProcesses(),
        files=SystemFiles(),
    )


def _run(dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(build(_services({"DATABASE_URL": dsn})), list(arguments), catch_exceptions=False)


def test_db_migrate_applies_once_and_says_what(empty_database: str) -> None:
    """The first run names the files, the second has nothing to do."""
    first, second = _run(empty_database, "migrate"), _run(empty_database, "migrate")
    assert first.exit_code == second.exit_code == 0
    assert "applied 0001_initial.sql" in first.output
    assert "applied" not in second.output
    assert "up to date" in second.output


def test_db_migrate_for_programs_lists_the_files(empty_database: str) -> None:
    """One object, with its schema."""
    answer = json.loads(_run(empty_database, "migrate", "--json").output)
    assert answer["schema"] == "agentic-db-migrate/1"
    assert answer["applied"][0] == "0001_initial.sql"
    assert answer["embedded"] is False


def test_db_status_of_a_new_database_is_a_problem(empty_database: str) -> None:
    """What is missing is listed, with the command that helps and exit code 1."""
    result = _run(empty_database, "status")
    assert result.exit_code == 1
    assert ["0001_initial.sql", "not", "yet"] in [line.split() for line in result.output.splitlines()]
    assert "run: agentic db migrate" in result.output


def test_db_status_shows_migrations_and_rows(database: str) -> None:
    """Each table with its count."""
    execute(database, "insert into users default values")
    result = _run(database, "status")
    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    assert [line[1][:2] for line in lines if line[:1] == ["0001_initial.sql"]] == ["20"]
    assert ["users", "1"] in lines
    assert ["fills", "0"] in lines


def test_db_status_for_programs_holds_the_same(database: str) -> None:
    """One object, with its schema; times are milliseconds."""
    answer = json.loads(_run(database, "status", "--json").output)
    assert answer["schema"] == "agentic-db-status/1"
    assert answer["rows"]["decision_snapshots"] == 0
    assert answer["migrations"][0]["file"] == "0001_initial.sql"
    assert answer["migrations"][0]["applied_at"] > 1_600_000_000_000


def test_db_shell_runs_psql_on_the_database_and_passes_its_exit_code(database: str, tmp_path: Path) -> None:
    """The program found on PATH gets the address, UTC, and the password where `ps` does not show it."""
    said = tmp_path / "said"
    psql = tmp_path / "psql"
    psql.write_text(f'#!/bin/sh\necho "$1|$PGTZ|$PGPASSWORD" > {said}\nexit 7\n')
    psql.chmod(0o755)
    services = _services({"DATABASE_URL": f"{database} password=hunter2", "PATH": str(tmp_path)})
    result = CliRunner().invoke(build(services), ["shell"], catch_exceptions=False)
    assert result.exit_code == 7
    address, zone, password = said.read_text().strip().split("|")
    assert set(address.split()) == set(database.split())
    assert (zone, password) == ("UTC", "hunter2")


@pytest.mark.parametrize("command", ["migrate", "status"])
def test_db_command_without_a_server_exits_with_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """At the start it is a setting that cannot be used; the password is not shown."""
    doors = {"db": ("agentic_core.cli.db:build", "")}
    variables = {"DATABASE_URL": f"postgresql://someone:hunter2@/trading?host={tmp_path}"}
    line = CommandLine(doors, lambda: _services(variables), version="1")
    assert line.run(["db", command]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: database trading at {tmp_path} cannot be used")
    assert said.count("\n") == 1
    assert "hunter2" not in said


def test_db_enrol_runner_prints_the_address_of_its_login_and_dismiss_runner_takes_it_away(database: str) -> None:
    """The deployment is all that login knows of; who has none is told how to get one."""
    for row in (
        "insert into users (id) values ('00000000-0000-4000-8000-000000000001')",
        "insert into skills (id, user_id, name, slug) select gen_random_uuid(), id, 's', 's' from users",
        (
            "insert into skill_versions (skill_id, version, payload, payload_hash)"
            " select id, 1, '{}', repeat('0', 64) from skills"
        ),
        (
            "insert into deployments (id, user_id, skill_id, skill_version, broker_kind, status, account_key)"
            " select made, user_id, id, 1, 'paper', 'running', 'paper:' || made from skills, gen_random_uuid() as made"
        ),
    ):
        execute(database, row)
    ((deployment,),) = execute(database, "select id::text from deployments")
    result = _run(database, "enrol-runner", str(deployment))
    assert result.exit_code == 0
    name, _, address = result.output.strip().partition("=")
    assert name == "DATABASE_URL"
    assert execute(address, "select public.runner_deployment()::text") == [(deployment,)]
    assert "is gone" in _run(database, "dismiss-runner", str(deployment)).output
    with pytest.raises(NotFound, match="agentic db enrol-runner"):
        _run(database, "dismiss-runner", str(deployment))
