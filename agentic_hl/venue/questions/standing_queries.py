"""Answers about how an address stands: fees, limits, value; and about what does not exist at this venue.

Assumed: a portfolio is shown as it begins and as it is now, with no points between.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agentic_hl.venue.engine import Engine
from agentic_hl.venue.engine.fees import FeeSchedule
from agentic_hl.venue.entities import Account
from agentic_hl.venue.exchange import Exchange
from agentic_hl.venue.limits import AddressBudget
from agentic_hl.venue.protocol.texts import shown
from agentic_hl.venue.questions.market_queries import MarketQueries
from agentic_hl.venue.questions.payloads import rate_limit, tradable_payload
from agentic_hl.venue.questions.query import Query
from agentic_hl.venue.times import DAY_MS

__all__ = ["StandingQueries"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = 14
_PERIODS = ("day", "week", "month", "allTime", "perpDay", "perpWeek", "perpMonth", "perpAllTime")
_ZERO = Decimal(0)
_NOBODY = "0x" + "0" * 40


class StandingQueries:
    """What one may ask about how an address stands."""

    def __init__(
        self,
        engine: Engine,
        exchange: Exchange,
        markets: MarketQueries,
        *,
        budget: AddressBudget,
        fees: FeeSchedule,
    ) -> None:
        """Take whom to ask."""
        self._engine = engine
        self._exchange = exchange
        self._budget = budget
        self._markets = markets
        self._fees = fees
        self.answers: Mapping[str, Callable[[Query], object]] = {
            "activeAssetData": self._tradable,
            "approvedBuilders": lambda query: list(exchange.builders.approved(query.user())),
            "isVip": _no,
            "legalCheck": lambda _: {"ipAllowed": True, "acceptedTerms": True, "userAllowed": True},
            "maxBuilderFee": lambda query: exchange.builders.most(query.user(), query.user("builder")),
            "portfolio": self._portfolio,
            "referral": self._referral,
            "twapHistory": _nothing,
            "userDexAbstraction": _no,
            "userFees": self._user_fees,
            "userRateLimit": self._rate_limit,
            "userToMultiSigSigners": _none,
            "userTwapSliceFills": _nothing,
            "userTwapSliceFillsByTime": _nothing,
            "userVaultEquities": _nothing,
        }

    def tradable(self, user: str, coin: str, *, with_mark: bool) -> dict[str, object]:
        """Show what an account could still trade of a coin."""
        tradable = self._engine.tradable(user, self._markets.asset(coin))
        return tradable_payload(user, coin, tradable, with_mark=with_mark)

    def paid_in(self, user: str) -> Decimal:
        """Return what was paid in less what was paid out, as `cumLedger` shows it."""
        account = self._engine.account(user)
        moves = [] if account is None else account.ledger
        return sum((_gained(move.delta, user) for move in moves), _ZERO)

    def _tradable(self, query: Query) -> object:
        return self.tradable(query.user(), query.text("coin"), with_mark=True)

    def _portfolio(self, query: Query) -> object:
        user = query.user()
        account = self._engine.account(user)
        margin = self._engine.margin(user)
        value, volume = margin.account_value, _volume(account)
        gained = [[query.now, shown(value - self.paid_in(user))]]
        period = {"accountValueHistory": [[query.now, shown(value)]], "pnlHistory": gained, "vlm": shown(volume)}
        return [[name, period] for name in _PERIODS]

    def _referral(self, query: Query) -> object:
        user = query.user()
        code = self._exchange.accounts.referrers.get(user)
        return {
            "referredBy": None if code is None else {"referrer": _NOBODY, "code": code},
            "cumVlm": shown(_volume(self._engine.account(user))),
            "unclaimedRewards": "0.0",
            "claimedRewards": "0.0",
            "builderRewards": "0.0",
            "tokenToState": [],
            "referrerState": {"stage": "needToTrade", "data": {"required": "10000.0"}},
            "rewardHistory": [],
        }

    def _rate_limit(self, query: Query) -> object:
        user = query.user()
        account = self._engine.account(user)
        bought = self._exchange.accounts.reserved.get(user, 0)
        return rate_limit(account, self._budget.cap(_volume(account), bought))

    def _user_fees(self, query: Query) -> object:
        user = query.user()
        cross, add = self._engine.fee_rates(user)
        account = self._engine.account(user)
        return {
            "dailyUserVlm": _daily(account, query.now),
            "feeSchedule": _schedule(self._fees),
            "userCrossRate": shown(cross),
            "userAddRate": shown(add),
            "userSpotCrossRate": "0.0007",
            "userSpotAddRate": "0.0004",
            "activeReferralDiscount": shown(_ZERO if account is None else account.discount),
            "trial": None,
            "feeTrialEscrow": "0.0",
            "nextTrialAvailableTimestamp": None,
            "stakingLink": None,
            "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
        }


def _nothing(query: Query) -> object:
    query.user()
    return []


def _none(query: Query) -> object:
    query.user()
    return None


def _no(query: Query) -> object:
    query.user()
    return False


def _volume(account: Account | None) -> Decimal:
    return _ZERO if account is None else account.volume


def _daily(account: Account | None, now: int) -> list[dict[str, object]]:
    today = now // DAY_MS
    traded = {} if account is None else account.daily
    rows: list[dict[str, object]] = []
    for day in range(today - _DAYS, today + 1):
        taken, made = traded.get(day, (_ZERO, _ZERO))
        date = (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")
        rows.append({"date": date, "userCross": shown(taken), "userAdd": shown(made), "exchange": shown(taken + made)})
    return rows


def _schedule(fees: FeeSchedule) -> dict[str, object]:
    vip = [
        {
            "ntlCutoff": shown(tier.cutoff),
            "cross": shown(tier.cross),
            "add": shown(tier.add),
            "spotCross": "0.0007",
            "spotAdd": "0.0004",
        }
        for tier in fees.vip
    ]
    makers = [{"makerFractionCutoff": shown(tier.cutoff), "add": shown(tier.add)} for tier in fees.makers]
    return {
        "cross": shown(fees.cross),
        "add": shown(fees.add),
        "spotCross": "0.0007",
        "spotAdd": "0.0004",
        "tiers": {"vip": vip, "mm": makers},
        "referralDiscount": "0.04",
        "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
    }


def _gained(delta: Mapping[str, object], user: str) -> Decimal:
    usd = _number(delta.get("usdc", delta.get("usdcValue")))
    match delta.get("type"):
        case "deposit":
            return usd
        case "withdraw":
            return -usd - _number(delta.get("fee"))
        case "internalTransfer" | "subAccountTransfer" | "send":
            return usd if delta.get("destination") == user else -usd - _number(delta.get("fee"))
        case _:
            return _ZERO


def _number(value: object) -> Decimal:
    return Decimal(value) if isinstance(value, str | Decimal) else _ZERO
