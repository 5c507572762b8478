"""The probe against the simulated venue: what it asks, what it finds, and what it leaves behind, which is nothing."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import pytest

from agentic_core.domain.times import HOUR_MS
from agentic_core.errors import ConfigError, InputError
from agentic_hl.probe.answers import Outcome, encode_report
from agentic_hl.probe.asking import chosen
from agentic_hl.probe.assumptions import ASSUMPTIONS, Needs
from agentic_hl.probe.room import ProbeFailed
from agentic_hl.rest.transport import Answered, HttpOutcome, NeverLeft
from agentic_hl.venue.engine.options import Generated, Options
from agentic_hl.venue.fault_values import Halted
from agentic_hl.venue.limits import Limits
from agentic_hl.venue.streams import StreamOptions
from agentic_hl.venue.venue import VenueOptions
from agentic_hl.wire.network import Network
from tests.support.probed_venue import FULL, OWNER, SECRET, ProbedVenue, outcomes, probed

_REMOVAL_S = 60
FREE = {one.id for one in ASSUMPTIONS if one.needs is Needs.NOTHING}
WITH_KEY = {one.id for one in ASSUMPTIONS if one.needs in {Needs.KEY, Needs.FUNDS}}
NO_BUILDERS = {"A-9"}
"""The simulated venue has no markets of builders."""

QUIET_MARKETS = {"M-2", "M-4"}
"""It has a print in each minute, and in its first hour no settled funding."""


class Standing(NamedTuple):
    """What the owner has."""

    orders: int
    fills: int
    held: Mapping[int, Decimal]
    wallets: object


def standing(venue: ProbedVenue) -> Standing:
    """Look at the owner's account."""
    engine = venue.hyperliquid.venue.engine
    account = engine.account(OWNER.address)
    assert account is not None
    held = {asset: position.szi for asset, position in account.positions.items() if position.szi}
    wallets = ask(venue, type="extraAgents", user=OWNER.address)
    return Standing(len(list(engine.orders_of(OWNER.address))), len(account.fills), held, wallets)


def ask(venue: ProbedVenue, **body: object) -> Any:  # noqa: ANN401 - foreign JSON
    """Put a question past the probe."""
    now = venue.room.clock.now()
    return msgspec.json.decode(venue.hyperliquid.venue.post("/info", msgspec.json.encode(body), now).body)


def test_probe_without_a_key_only_reads() -> None:
    """Nothing signed is sent, nobody's account changes, and what needs a key is not asked."""

    async def scene(venue: ProbedVenue) -> None:
        before = standing(venue)
        report = await venue.probe()
        assert [action["action"] for action in venue.actions()] == [{"type": "probe"}]
        assert venue.actions()[0]["signature"] == {}
        assert standing(venue) == before
        assert set(outcomes(report, {Outcome.NOT_ASKED})) == {one.id for one in ASSUMPTIONS} - FREE

    probed(scene, FULL)


def test_every_question_that_needs_no_key_is_decided_by_the_simulated_venue() -> None:
    """It holds, as the venue was built on the same facts; two need a market that the venue does not have."""

    async def scene(venue: ProbedVenue) -> None:
        found = outcomes(await venue.probe())
        assert {name for name in FREE if found[name] != "holds"} <= QUIET_MARKETS
        assert {name for name in FREE if found[name] == "fails"} == set()

    probed(scene, FULL)


def test_every_question_that_needs_a_key_is_decided_by_the_simulated_venue() -> None:
    """And afterwards there is no order, no position and no agent wallet."""

    async def scene(venue: ProbedVenue) -> None:
        report = await venue.probe(with_key=True)
        found = outcomes(report)
        assert {name for name in WITH_KEY if found[name] != "holds"} == NO_BUILDERS
        await venue.room.clock.sleep(_REMOVAL_S)
        after = standing(venue)
        assert after == Standing(orders=0, fills=after.fills, held={}, wallets=[])
        assert after.fills > 0
        assert all(action["signature"] or action["action"]["type"] == "probe" for action in venue.actions())

    probed(scene, FULL)


def test_agent_wallet_is_revoked_also_when_nothing_works() -> None:
    """Whatever happened in between, the last action takes the approval back."""

    async def scene(venue: ProbedVenue) -> None:
        venue.hyperliquid.spoil(Halted(for_ms=None))
        await venue.probe("13.4", "A-8", with_key=True)
        last = venue.actions()[-1]["action"]
        assert (last["type"], last["agentAddress"]) == ("approveAgent", "0x" + "00" * 20)
        assert last["agentName"].split()[0] == "probe"

    probed(scene)


@pytest.mark.parametrize(
    ("network", "signed_for"), [(Network.MAINNET, Network.TESTNET), (Network.TESTNET, Network.MAINNET)]
)
def test_key_is_refused_on_the_main_network_before_anything_is_sent(network: Network, signed_for: Network) -> None:
    """By either name that it may come under."""

    async def scene(venue: ProbedVenue) -> None:
        with pytest.raises(ConfigError, match="test network only"):
            await venue.probe(with_key=True, network=network, signed_for=signed_for)
        assert (venue.wire.posted, venue.wire.links) == ([], 0)

    probed(scene)


def test_main_network_may_be_asked_without_a_key() -> None:
    """Reading is the default everywhere."""

    async def scene(venue: ProbedVenue) -> None:
        report = await venue.probe("13.10", "W-7", network=Network.MAINNET)
        assert (report.network, outcomes(report)) == ("Mainnet", {"13.10": "holds", "W-7": "holds"})

    probed(scene)


PLANTED: Mapping[str, VenueOptions] = {
    "13.1": VenueOptions(streams=StreamOptions(refused=frozenset())),
    "13.2": VenueOptions(streams=StreamOptions(cadence_ms={"allMids": 40_000})),
    "13.4": VenueOptions(engine=Options(minimum_notional=Decimal(1))),
    "13.7": VenueOptions(engine=Options(price_band=Decimal("0.95"))),
    "13.10": VenueOptions(engine=Options(default_leverage=1)),
}
"""A venue on which an assumption does not hold."""


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_assumption_that_does_not_hold_is_found(name: str) -> None:
    """The probe is no rubber stamp."""

    async def scene(venue: ProbedVenue) -> None:
        assert outcomes(await venue.probe(name, with_key=True)) == {name: "fails"}

    probed(scene, PLANTED[name])


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("W-7", "candleSnapshot", [{"t": 0, "T": 60_000}]),
        ("M-4", "fundingHistory", [{"time": 7 * HOUR_MS + 300_000}]),
        ("M-1", "candleSnapshot", [{"t": number} for number in range(600, 0, -1)]),
    ],
)
def test_answer_that_contradicts_what_is_assumed_is_found(name: str, kind: str, answer: object) -> None:
    """A close at the next opening, a rate five minutes after the hour, a page that is cut or turned round."""
    told = Answered(status=200, body=msgspec.json.encode(answer), content_type="application/json")

    async def scene(venue: ProbedVenue) -> None:
        venue.wire.instead = lambda body: told if body.get("type") == kind else None
        assert outcomes(await venue.probe(name)) == {name: "fails"}

    probed(scene)


def test_limit_is_run_into_only_where_that_is_allowed() -> None:
    """It is asked last, and its answer is the text null."""

    async def scene(venue: ProbedVenue) -> None:
        assert outcomes(await venue.probe("A-11")) == {"A-11": "not asked"}
        assert len(venue.wire.posted) == 1
        report = await venue.probe("A-11", "W-7", limits=True)
        assert list(outcomes(report).items()) == [("W-7", "holds"), ("A-11", "holds")]

    probed(scene, VenueOptions(limits=Limits(), engine=Options(prices=Generated(history_minutes=20))))


def test_report_holds_every_question_beside_its_answer_and_no_secret() -> None:
    """As JSON that any program reads; what was not asked has no time."""

    async def scene(venue: ProbedVenue) -> None:
        report = await venue.probe(with_key=True)
        text = encode_report(report)
        content = msgspec.json.decode(text)
        assert {row["id"] for row in content["answers"]} == {one.id for one in ASSUMPTIONS}
        assert (content["schema"], content["network"]) == ("agentic-hl-probe/1", "Testnet")
        for row in content["answers"]:
            assert all(row[name] for name in ("question", "assumed", "said"))
            assert (row["asked_at"] is None) == (row["outcome"] == "not asked")
        assert SECRET.hex().encode() not in text

    probed(scene, FULL)


def test_venue_that_is_not_there_ends_the_probe_at_once() -> None:
    """Rather than with a page of questions that nothing was found out about."""

    async def scene(venue: ProbedVenue) -> None:
        venue.wire.instead = lambda _body: NeverLeft(cause="nobody listens")
        with pytest.raises(ProbeFailed, match="nobody listens; ask again later"):
            await venue.probe()
        assert len(venue.wire.posted) == 1

    probed(scene)


@pytest.mark.parametrize("odd", [b"{}", b"[]", b"null", b"[[],[]]", b'"x"', b"<html>", b"7"])
def test_answer_of_another_shape_spoils_its_own_question_only(odd: bytes) -> None:
    """It is unclear then, and the others are asked all the same."""

    def instead(body: dict[str, Any]) -> HttpOutcome | None:
        is_candles = body.get("type") == "candleSnapshot"
        return Answered(status=200, body=odd, content_type="application/json") if is_candles else None

    async def scene(venue: ProbedVenue) -> None:
        venue.wire.instead = instead
        found = outcomes(await venue.probe("M-1", "W-7", "13.10"))
        assert found["13.10"] == "holds"
        assert found["W-7"] == "unclear"
        assert found["M-1"] in {"unclear", "fails"}

    probed(scene)


def test_questions_are_chosen_by_any_of_their_ids() -> None:
    """In the order in which they are asked: what leaves nothing for the others comes last."""
    assert [one.id for one in chosen(["A-11", "13.6", "13.1"])] == ["13.1", "A-6", "A-11"]
    assert {one.id for one in chosen([])} == {one.id for one in ASSUMPTIONS}
    assert chosen([])[-1].needs is Needs.LIMITS
    with pytest.raises(InputError, match=r"there is no question X-1; they are 13\.1"):
        chosen(["X-1"])


def test_agent_wallets_of_the_probe_live_for_an_hour_at_most() -> None:
    """In case it dies before it can revoke them."""

    async def scene(venue: ProbedVenue) -> None:
        await venue.probe("A-1", with_key=True)
        approvals = [body["action"] for body in venue.actions() if body["action"]["type"] == "approveAgent"]
        named = [approval for approval in approvals if "valid_until" in approval.get("agentName", "")]
        assert len(named) == 1
        assert int(named[0]["agentName"].split()[-1]) - named[0]["nonce"] == HOUR_MS

    probed(scene)
