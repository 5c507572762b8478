"""Leverage is set before anything is opened; the venue's books are the judge."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from agentic_core.domain import Symbol
from agentic_core.domain.order import IntentKind
from agentic_core.ports.account_reads import SymbolLeverage
from agentic_core.ports.simulated_venue import CutLink
from agentic_core.runtime.leverage import set_leverages
from agentic_hl.broker import LeverageWanted, OpenedBroker, OpeningTerms, open_broker
from agentic_hl.venue.fault_values import AnswerLost, ErrorAfterCommit, ErrorInstead, Fault
from agentic_hl.wire.network import Network
from tests.support.account_hand import books_of
from tests.support.exits_place import KEY, ExitPlace, Shape, play
from tests.support.hyperliquid_desk import LIVE, OWNER, WALLET
from tests.support.markets import BTC, ETH

WANTED: Mapping[Symbol, SymbolLeverage] = MappingProxyType(
    {BTC: SymbolLeverage(leverage=5, isolated=True), ETH: SymbolLeverage(leverage=20, isolated=False)}
)

AS_IT_WAS = SymbolLeverage(leverage=10, isolated=False)


async def opened(place: ExitPlace, wanted: Mapping[Symbol, SymbolLeverage] = WANTED) -> OpenedBroker:
    """Open the broker again, as the next process does."""
    leverage = {symbol: LeverageWanted(value=each.leverage, isolated=each.isolated) for symbol, each in wanted.items()}
    terms = OpeningTerms(key=KEY, address=OWNER.address, network=Network.TESTNET, leverage=leverage)
    return await open_broker(terms, WALLET, place.access, place.book, LIVE)


def settings(place: ExitPlace) -> dict[Symbol, SymbolLeverage]:
    """Return what the venue's books have of every symbol that was ever asked about, traded or set."""
    told = books_of(place.sim.venue.engine).leverages
    return {
        (BTC, ETH)[asset]: SymbolLeverage(leverage=each.value, isolated=not each.is_cross)
        for asset, each in told.items()
    }


def test_leverage_that_differs_is_set_before_the_first_order() -> None:
    """The venue's default of 10 is nobody's wish; after it was set, the first order has the margin that was wanted."""

    async def story(place: ExitPlace) -> None:
        assert await set_leverages(place.ports, place.terms, WANTED) == {}
        assert settings(place) == WANTED
        assert (place.placed(), place.placed(ETH)) == ([], [])
        await place.enter("2")
        position = books_of(place.sim.venue.engine).positions[0]
        assert position.isolated_usd == -160  # 40 dollars of margin, and 200 that the units cost

    play(story)


def test_leverage_that_is_as_wanted_is_not_sent() -> None:
    """It is looked at, and nothing is written down; so it is for what was set before."""

    async def story(place: ExitPlace) -> None:
        assert await set_leverages(place.ports, place.terms, {BTC: AS_IT_WAS}) == {}
        assert not place.desk.lives
        assert await set_leverages(place.ports, place.terms, {ETH: WANTED[ETH]}) == {}
        assert await set_leverages(place.ports, place.terms, {ETH: WANTED[ETH]}) == {}
        assert len(place.desk.lives) == 1

    play(story)


@pytest.mark.parametrize(
    "fault",
    [
        ErrorAfterCommit(of="updateLeverage"),
        AnswerLost(of="updateLeverage"),
        AnswerLost(of="updateLeverage", count=2),
    ],
)
def test_setting_whose_answer_was_lost_is_asked_for(fault: Fault) -> None:
    """What the venue says of it at the end counts."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(fault)
        assert await set_leverages(place.ports, place.terms, {BTC: WANTED[BTC]}) == {}
        assert settings(place) == {BTC: WANTED[BTC]}
        assert place.desk.unresolved == 0

    play(story)


def test_lost_answer_about_one_symbol_keeps_no_other_from_being_set() -> None:
    """They are set one after the other."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorAfterCommit(of="updateLeverage"))
        assert await set_leverages(place.ports, place.terms, WANTED) == {}
        assert settings(place) == WANTED

    play(story)


def test_setting_that_never_arrived_is_told() -> None:
    """The venue is at its default, so the symbol must not be opened."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorInstead(of="updateLeverage", count=20))
        found = await set_leverages(place.ports, place.terms, {BTC: WANTED[BTC]})
        assert found == {BTC: "BTC is at 10x cross instead of 5x isolated; set it by hand, or start again"}
        assert settings(place) == {BTC: AS_IT_WAS}

    play(story)


def test_symbol_that_is_held_is_left_alone() -> None:
    """The margin of what is held would change with it: the gate lets nothing through."""

    async def story(place: ExitPlace) -> None:
        place.take("2", "101")
        found = await set_leverages(place.ports, place.terms, WANTED)
        assert set(found) == {BTC}
        assert found[BTC].startswith("R6_LEVERAGE_CHANGE: ")
        assert settings(place) == {BTC: AS_IT_WAS, ETH: WANTED[ETH]}

    play(story, watches=False)


def test_leverage_above_the_skills_limit_is_denied() -> None:
    """The skill may have 50; the venue would give no more than 40 anyway."""

    async def story(place: ExitPlace) -> None:
        found = await set_leverages(place.ports, place.terms, {BTC: SymbolLeverage(leverage=51, isolated=False)})
        assert found[BTC].startswith("R6_LEVERAGE_CHANGE: ")
        assert settings(place) == {BTC: AS_IT_WAS}

    play(story)


def test_leverage_above_the_venues_limit_is_refused_and_told() -> None:
    """It stays at what it was."""

    async def story(place: ExitPlace) -> None:
        found = await set_leverages(place.ports, place.terms, {BTC: SymbolLeverage(leverage=45, isolated=False)})
        assert found == {BTC: "BTC is at 10x cross instead of 45x cross; set it by hand, or start again"}

    play(story)


def test_setting_nobody_can_read_is_told() -> None:
    """The venue is gone before it can be asked."""

    async def story(place: ExitPlace) -> None:
        place.sim.inject(CutLink(for_ms=120_000))
        found = await set_leverages(place.ports, place.terms, {BTC: WANTED[BTC]})
        assert list(found) == [BTC]
        assert place.placed() == []

    play(story)


def test_setting_that_was_sent_and_cannot_be_read_is_told() -> None:
    """The venue took it, and then tells nothing of settings."""

    async def story(place: ExitPlace) -> None:
        place.go_wrong(ErrorInstead(of="activeAssetData", count=1_000))
        found = await set_leverages(place.ports, place.terms, {BTC: WANTED[BTC]})
        assert found[BTC].startswith("nobody knows what BTC is set to: ")

    play(story)


def test_each_leverage_is_an_intent_of_its_own() -> None:
    """It is written down before it is sent, like an order, and ended after."""

    async def story(place: ExitPlace) -> None:
        await set_leverages(place.ports, place.terms, WANTED)
        lives = list(place.desk.lives.values())
        assert {life.intent.kind for life in lives} == {IntentKind.LEVERAGE}
        assert sorted(life.intent.symbol for life in lives) == [BTC, ETH]
        assert all(life.is_terminal for life in lives)

    play(story, Shape(plans_stops=False))
