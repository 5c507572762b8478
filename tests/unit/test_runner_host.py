"""The process of a runner machine: what it is told to set, and which venue its environment names."""

from collections.abc import Mapping

import pytest

from agentic_core.cli.runner_process import serve
from agentic_core.errors import ConfigError
from agentic_hl.cli.place import configured_place
from agentic_hl.cli.venue_doors import hyperliquid_doors
from agentic_hl.wire.network import Network
from tests.support.command_room import NOWHERE, services_with
from tests.support.embedded_postgres import GivenEnvironment

OTHERWISE = "SUPABASE_URL + (SUPABASE_DB_PASSWORD | POSTGRES_PASSWORD), or DATABASE_URL"
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        (
            {"DEPLOYMENT_ID": DEPLOYMENT},
            2,
            f"live-runner: set SUPABASE_DB_URL, or {OTHERWISE}\n",
        ),
        (
            {"DATABASE_URL": NOWHERE},
            2,
            "live-runner: set DEPLOYMENT_ID to the id of the deployment that this process runs\n",
        ),
    ],
)
def test_process_without_its_settings_names_the_first_that_is_missing(
    environment: Mapping[str, str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on the error stream, nothing on the output, and the exit code of a setting."""
    services = services_with(environment)
    assert serve(services, hyperliquid_doors(services, lambda _: None)) == code
    assert capsys.readouterr() == ("", words)


def test_process_whose_database_does_not_answer_is_to_be_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    """That is nobody's setting: the exit code says that something outside is unavailable, and no password is told."""
    services = services_with({"DEPLOYMENT_ID": DEPLOYMENT, "DATABASE_URL": NOWHERE})
    assert serve(services, hyperliquid_doors(services, lambda _: None)) == 3
    said = capsys.readouterr()
    assert said.err.startswith("live-runner: ")
    assert "hunter2" not in said.err


@pytest.mark.parametrize(
    ("environment", "network", "url"),
    [
        ({}, Network.MAINNET, "https://api.hyperliquid.xyz"),
        ({"HYPERLIQUID_NETWORK": "testnet"}, Network.TESTNET, "https://api.hyperliquid-testnet.xyz"),
        ({"HYPERLIQUID_URL": "http://127.0.0.1:3001/"}, Network.TESTNET, "http://127.0.0.1:3001"),
        ({"HYPERLIQUID_URL": "", "HYPERLIQUID_NETWORK": ""}, Network.MAINNET, "https://api.hyperliquid.xyz"),
        ({"HYPERLIQUID_URL": "https://api.hyperliquid.xyz"}, Network.MAINNET, "https://api.hyperliquid.xyz"),
    ],
)
def test_venue_is_the_one_the_environment_names(environment: dict[str, str], network: Network, url: str) -> None:
    """The main network without a word; a venue of one's own is signed for as a test network is."""
    place = configured_place(GivenEnvironment(environment))
    assert (place.network, place.rest_url) == (network, url)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"HYPERLIQUID_NETWORK": "main"}, "HYPERLIQUID_NETWORK is 'main'; set it to one of mainnet, testnet"),
        ({"HYPERLIQUID_URL": "localhost:3001"}, "HYPERLIQUID_URL localhost:3001: not an address of HTTP"),
    ],
)
def test_venue_that_cannot_be_read_is_a_setting_to_change(environment: dict[str, str], words: str) -> None:
    """The setting is named with the value it has."""
    with pytest.raises(ConfigError, match=words):
        configured_place(GivenEnvironment(environment))
