"""Opens a paper account at a live market, as it was left."""

from typing import Final

from agentic_core.brokers.paper.account import PaperAccount, PaperStores
from agentic_core.brokers.paper.broker import PaperBroker
from agentic_core.brokers.paper.folding import fold
from agentic_core.brokers.paper.keeping import Kept, kept_from
from agentic_core.brokers.paper.paper_terms import PaperTerms
from agentic_core.brokers.paper.surroundings import Surroundings
from agentic_core.domain.account_events import Transfer
from agentic_core.domain.times import Instant
from agentic_core.ports.live_venue import LiveMarket, VenueWish

__all__ = ["open_account"]

_OPENING: Final = "opening"


async def open_account(wish: VenueWish, market: LiveMarket, store: PaperStores, terms: PaperTerms) -> PaperAccount:
    """Return the account as it was left, after it lived through what it missed.

    Raises:
        VenueUnavailable: the market does not answer.
        Fenced: the lease is lost.
        StoreError: the database refused.
    """
    fence, now = wish.fence, market.now()
    opening = Transfer(transfer_id=_OPENING, kind=_OPENING, amount=terms.starting_equity, at=wish.since)
    await store.ledger.record_transfers(fence, wish.deployment.id, (opening,), at=now)
    entries = await store.ledger.entries(fence.account, Instant(0))
    record = await store.paper.read(fence.account)
    kept = Kept(funded_until=now) if record is None else kept_from(record.state)
    around = Surroundings(market)
    ledger = fold(
        (*entries, *kept.fills, *kept.payments),
        instruments=market.instruments,
        marks=around.mark,
        leverage=wish.limits.leverage_max,
        at=now if record is None else record.as_of,
    )
    broker = PaperBroker(
        ledger=ledger,
        books=around,
        instruments=market.instruments,
        fees=terms.fees,
        slippage_bps=terms.slippage_bps,
        rules=terms.rules,
    )
    account = PaperAccount(wish, market, store, broker, around)
    account.restore(kept, entries)
    await account.catch_up()
    return account
