"""The jobs over HTTP: who may call, what is answered, and that nothing else comes out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient

from agentic_core.errors import StoreUnavailable
from agentic_core.web import jobs_app
from agentic_core.web.bearer import Bearer

SECRET, FORMER = "a fresh secret", "the one before"
SWEEP = "/api/jobs/heartbeat-sweep"
AUTHORIZED = {"authorization": f"Bearer {SECRET}"}
CREDENTIAL = "postgresql://someone:hunter2@db.example/trading"


class Desk:
    """The jobs behind the application."""

    def __init__(self) -> None:
        self.calls = 0
        self.failure: Exception | None = None

    async def sweep(self) -> dict[str, str | int]:
        """Count, or fail."""
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        return {"checked": 7, "marked": 1}

    @asynccontextmanager
    async def open(self, *secrets: str) -> AsyncIterator[httpx.AsyncClient]:
        """Open the application to whoever says one of these."""
        app = jobs_app({SWEEP: self.sweep}, secrets)
        async with AsyncTestClient(app, raise_server_exceptions=False) as http:
            yield http


@pytest.fixture
def desk() -> Desk:
    """Give one job."""
    return Desk()


@pytest.mark.anyio
async def test_bearer_of_the_secret_runs_the_job_and_reads_its_figures(desk: Desk) -> None:
    """To the letter, and never from a cache."""
    async with desk.open(SECRET) as http:
        answer = await http.get(SWEEP, headers=AUTHORIZED)
    assert (answer.status_code, answer.text) == (200, '{"checked":7,"marked":1}')
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    assert desk.calls == 1


@pytest.mark.anyio
@pytest.mark.parametrize("said", [SECRET, FORMER])
async def test_both_secrets_are_taken_while_one_replaces_the_other(desk: Desk, said: str) -> None:
    """So that callers change over at a time of their own."""
    async with desk.open(SECRET, FORMER) as http:
        answer = await http.get(SWEEP, headers={"authorization": f"bearer {said}"})
    assert answer.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer a fresh secre"},
        {"authorization": "Bearer a fresh secret "},
        {"authorization": "Bearer A FRESH SECRET"},
        {"authorization": "Basic a fresh secret"},
        {"authorization": SECRET},
        {"x-cron-secret": SECRET},
        {"cookie": f"CRON_SECRET={SECRET}"},
    ],
)
@pytest.mark.parametrize("secrets", [(SECRET,), (SECRET, FORMER), (), ("",)])
async def test_nobody_else_runs_anything(desk: Desk, headers: dict[str, str], secrets: tuple[str, ...]) -> None:
    """All are told the same, also where no secret is set or an empty one."""
    async with desk.open(*secrets) as http:
        answer = await http.get(SWEEP, params={"secret": SECRET, "authorization": f"Bearer {SECRET}"}, headers=headers)
    told = '{"error":"say one of the secrets of CRON_SECRET: Authorization: Bearer ..."}'
    assert (answer.status_code, answer.text, answer.headers["www-authenticate"]) == (401, told, "Bearer")
    assert desk.calls == 0


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_only_get_runs_the_job(desk: Desk, method: str) -> None:
    """Whoever asks in another way is told which one there is."""
    async with desk.open(SECRET) as http:
        answer = await http.request(method, SWEEP, headers=AUTHORIZED)
    assert (answer.status_code, "GET" in answer.headers["allow"], desk.calls) == (405, True, 0)


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/", "/api/jobs", "/api/jobs/heartbeat-sweep/x", "/schema", "/schema/openapi.json"])
async def test_there_is_nothing_at_other_addresses(desk: Desk, path: str) -> None:
    """No description either, and what was asked for is not repeated."""
    async with desk.open(SECRET) as http:
        answer = await http.get(path, params={"token": "hunter2"}, headers=AUTHORIZED)
    assert (answer.status_code, answer.text) == (404, '{"error":"there is nothing here"}')


@pytest.mark.anyio
async def test_database_that_is_away_is_an_answer(desk: Desk) -> None:
    """In words, with a status by which callers try again; where it is stays here."""
    desk.failure = StoreUnavailable(f"{CREDENTIAL} does not answer")
    async with desk.open(SECRET) as http:
        answer = await http.get(SWEEP, headers=AUTHORIZED)
    told = '{"error":"the database does not answer; nothing may have been done, ask again"}'
    assert (answer.status_code, answer.text) == (503, told)


@pytest.mark.anyio
async def test_job_that_breaks_tells_its_caller_nothing_but_that(desk: Desk) -> None:
    """What it broke of stands in the log of whoever runs it."""
    desk.failure = ZeroDivisionError(CREDENTIAL)
    async with desk.open(SECRET) as http:
        answer = await http.get(SWEEP, headers=AUTHORIZED)
    assert (answer.status_code, answer.text) == (500, '{"error":"the job failed; its log line says why"}')


@pytest.mark.anyio
async def test_everybody_may_ask_whether_the_process_runs(desk: Desk) -> None:
    """Which looks at nothing."""
    desk.failure = StoreUnavailable()
    async with desk.open() as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.text, desk.calls) == (200, '{"status":"ok"}', 0)


@given(secret=st.text(min_size=1), said=st.text())
def test_only_the_secret_itself_is_taken(secret: str, said: str) -> None:
    """Bytes for bytes, as a header carries them."""
    carried = said.encode(errors="surrogatepass").decode("latin-1")
    secret = secret.encode(errors="replace").decode()
    bearer = Bearer([secret])
    assert bearer.may(f"Bearer {secret.encode().decode('latin-1')}")
    assert bearer.may(f"Bearer {carried}") == (carried.encode("latin-1") == secret.encode())


def test_secret_that_is_no_text_is_taken_by_its_bytes() -> None:
    """As `openssl rand` gives them, and as an environment and a header hand them on."""
    secret = bytes(range(128, 256))
    bearer = Bearer([secret.decode("utf-8", "surrogateescape")])
    assert bearer.may(f"Bearer {secret.decode('latin-1')}")
    assert not bearer.may(f"Bearer {secret[1:].decode('latin-1')}")
