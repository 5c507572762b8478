"""A venue in process at which everything has happened once: all that it answers and pushes can be looked at."""

from decimal import Decimal
from typing import Any

import msgspec

from agentic_hl.venue.channels import CHANNELS
from agentic_hl.venue.exchange.signers import Approval
from agentic_hl.venue.streams import StreamOptions
from agentic_hl.venue.terms import Grouping, OrderRequest, Tif, Trigger
from agentic_hl.venue.venue import Venue, VenueOptions

__all__ = ["ANNA", "BusyVenue"]

ANNA, BERT, POOR, AGENT, SUB = ("0x" + letter * 40 for letter in "abcde")
_OPENED = 1_790_000_000_000
_HOUR_MS = 3_600_000
_CLOID = "0x" + "0" * 31 + "7"
_OPTIONS = VenueOptions(streams=StreamOptions(refused=frozenset()))

Json = Any


class BusyVenue:
    """Two who trade with each other, one who is liquidated, a listener who follows everything."""

    def __init__(self) -> None:
        self.now = _OPENED
        self.venue = Venue(seed=3, now=self.now, options=_OPTIONS)
        for user, usd in ((ANNA, 100_000), (BERT, 100_000), (POOR, 600)):
            self.venue.deposit(user, Decimal(usd), self.now)
        self.venue.engine.open_account(SUB, master=ANNA, name="second")
        self.venue.exchange.agents.approve(Approval(master=ANNA, address=AGENT, label="bot"), self.now)
        self._number = self.venue.hub.connect(self.now) or 0
        self.frames: list[bytes] = []
        self._follow_everything()
        self._live()

    def ask(self, kind: str, **keys: Json) -> bytes:
        """Ask a question of a type about the first of them."""
        request = {"interval": "1m", "startTime": 0, "endTime": self.now, "coin": "BTC"}
        about = {"user": ANNA, "coin": "BTC", "oid": _CLOID, "startTime": 0, "id": 56, "req": request, "builder": BERT}
        question = {"type": kind, **about, **keys}
        reply = self.venue.post("/info", msgspec.json.encode(question), self.now)
        assert reply.status == 200, reply.body
        return reply.body

    def _follow_everything(self) -> None:
        for user in (ANNA, POOR):
            for kind in CHANNELS:
                wanted = {"type": kind, "user": user, "coin": "BTC", "interval": "1m"}
                keys = {"type", *CHANNELS[kind].keys}
                subscription = {key: value for key, value in wanted.items() if key in keys}
                message = {"method": "subscribe", "subscription": subscription}
                self.venue.hub.receive(self._number, msgspec.json.encode(message), self.now)
        self._take()

    def _take(self) -> None:
        self.venue.settle(self.now)
        self.frames += self.venue.hub.take(self._number, self.now)

    def _wait(self, ms: int) -> None:
        self.now += ms
        self.venue.advance(self.now)
        self._take()

    def _order(self, user: str, size: str, price: str, **how: Json) -> None:
        request = OrderRequest(
            asset=0,
            is_buy=not size.startswith("-"),
            sz=abs(Decimal(size)),
            limit_px=Decimal(price),
            **{"reduce_only": False, "tif": Tif.GTC, **how},
        )
        self.venue.engine.place(user, [request], Grouping.NONE, time=self.now)
        self._take()

    def _live(self) -> None:
        self._order(ANNA, "0.5", "95000", cloid=_CLOID)
        self._order(BERT, "-0.3", "95000")
        self._order(POOR, "0.1", "96000")
        self._order(ANNA, "-0.2", "80000", tif=None, reduce_only=True, trigger=_stop())
        self._order(ANNA, "0.1", "94000", reduce_only=False)
        self._wait(1_000)
        self.venue.engine.set_funding(0, Decimal("0.0001"))
        self._wait(_HOUR_MS)
        self.venue.set_price("BTC", oracle=Decimal(90_100), now=self.now)
        self._wait(60_000)


def _stop() -> Trigger:
    return Trigger(is_market=True, px=Decimal(85_000), tpsl="sl")
