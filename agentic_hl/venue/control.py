"""What only whoever runs the simulation may do: look into the books, move prices, bring money, make faults."""

from decimal import Decimal, InvalidOperation

import msgspec

from agentic_hl.venue.entities import Account
from agentic_hl.venue.fault_values import read_fault
from agentic_hl.venue.protocol.replies import Reply, json_reply, text_reply
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.questions.market_payloads import book
from agentic_hl.venue.questions.query import UnknownCoin
from agentic_hl.venue.venue import Venue

__all__ = ["CONTROL_PATH", "Control"]

CONTROL_PATH = "/simulation"
_BAD_REQUEST = 400
_NOT_FOUND = 404


class _Deposit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: str
    usd: Decimal


class _Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    coin: str
    oracle: Decimal
    mark: Decimal | None = None
    mid: Decimal | None = None


class _FundingRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    coin: str
    rate: Decimal | None = None


class Control:
    """The doors below `/simulation`: GET shows everything; POST to `faults`, `deposits`, `prices`, `funding` acts."""

    def __init__(self, venue: Venue) -> None:
        """Take the venue to look into."""
        self._venue = venue

    def handle(self, method: str, path: str, body: bytes, now: int) -> Reply:
        """Answer a request."""
        try:
            match method, path.removeprefix(CONTROL_PATH).strip("/"):
                case "GET", "":
                    return json_reply(self.overview(now))
                case "POST", what:
                    return self._act(what, body, now)
                case _:
                    return text_reply("Not Found", status=_NOT_FOUND)
        except (msgspec.DecodeError, RecursionError, UnicodeError, InvalidOperation) as exc:
            return text_reply(f"{exc}", status=_BAD_REQUEST)
        except UnknownCoin as exc:
            return text_reply(f"there is no coin {exc}", status=_BAD_REQUEST)

    def overview(self, now: int) -> dict[str, object]:
        """Show every account and every book."""
        venue = self._venue
        venue.advance(now)
        time = venue.time(now)
        markets = [
            {
                "coin": market.name,
                "markPx": shown(venue.engine.mark(market.index)),
                "book": book(market.name, venue.engine.book(market.index), {}, time),
            }
            for market in venue.engine.markets
            if not market.delisted
        ]
        return {
            "time": time,
            "phase": str(venue.engine.phase),
            "accounts": [self._account(account) for account in venue.engine.accounts()],
            "markets": markets,
            "books": {pot: shown(usd) for pot, usd in venue.engine.books().items()},
        }

    def _act(self, what: str, body: bytes, now: int) -> Reply:
        venue = self._venue
        match what:
            case "faults":
                venue.inject(read_fault(body), now)
            case "deposits":
                deposit = msgspec.json.decode(body, type=_Deposit)
                venue.deposit(deposit.address, deposit.usd, now)
            case "prices":
                price = msgspec.json.decode(body, type=_Price)
                venue.set_price(price.coin, oracle=price.oracle, mark=price.mark, mid=price.mid, now=now)
            case "funding":
                funding = msgspec.json.decode(body, type=_FundingRate)
                venue.advance(now)
                venue.engine.set_funding(venue.queries.markets.asset(funding.coin), funding.rate)
            case _:
                return text_reply("Not Found", status=_NOT_FOUND)
        return json_reply({"status": "ok"})

    def _account(self, account: Account) -> dict[str, object]:
        engine, names = self._venue.engine, self._venue.queries.markets.names
        margin = engine.margin(account.address)
        return {
            "address": account.address,
            "master": account.master,
            "mode": str(account.mode),
            "accountValue": shown(margin.account_value),
            "withdrawable": shown(margin.withdrawable),
            "spotUsdc": shown(margin.usdc_total),
            "volume": shown(account.volume),
            "positions": [
                {"coin": names[held.asset], "szi": shown(held.szi), "unrealizedPnl": shown(held.unrealized_pnl)}
                for held in margin.positions
            ],
            "openOrders": len(engine.orders_of(account.address)),
            "fills": len(account.fills),
        }
