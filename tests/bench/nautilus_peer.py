"""nautilus_trader's RiskEngine as the peer: its own objects, an account with a balance, two positions, no throttling.

Which checks it makes was read in its source (1.221.0, `risk/engine.pyx`, `_handle_submit_order` and what it calls):
with a margin account `_check_orders_risk` returns before its notional and balance checks, with a cash account it makes
all of them.
"""

import time
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

__all__ = ["VERSION", "Peer", "Venue", "peer_version"]

VERSION = "1.221.0"
"""What the `bench` group installs and the bars are meant for."""

_BALANCE = 100_000
_NOTIONAL_MAX = 1_000_000
_NEVER_THROTTLED = "100000000/00:00:01"
_EVERY_ORDER = (
    "instrument known",
    "price precision",
    "price above zero",
    "size precision",
    "size at most",
    "size at least",
    "expiry",
    "trading state",
    "order rate",
)
_CASH_ONLY = (
    "effective size at most",
    "effective size at least",
    "notional per order",
    "instrument's least notional",
    "instrument's largest notional",
    "free balance",
    "cumulative balance",
)


class _Setting(NamedTuple):
    account_type: str
    instrument: str
    other: str
    size_decimals: int
    other_size: str
    price: str
    checks: tuple[str, ...]


class Venue(Enum):
    """The two set-ups; the sizes and prices have the instrument's precision."""

    SPOT = _Setting(
        account_type="CASH",
        instrument="btcusdt_binance",
        other="ethusdt_binance",
        size_decimals=6,
        other_size="5.00000",
        price="50000.00",
        checks=(*_EVERY_ORDER, *_CASH_ONLY),
    )
    """Spot on a cash account: every check it has."""
    PERPETUAL = _Setting(
        account_type="MARGIN",
        instrument="btcusdt_perp_binance",
        other="ethusdt_perp_binance",
        size_decimals=3,
        other_size="5.000",
        price="50000.0",
        checks=_EVERY_ORDER,
    )
    """A perpetual on a margin account: it returns before its notional and balance checks."""

    @property
    def checks(self) -> tuple[str, ...]:
        """What is checked of one limit order without an error."""
        return self.value.checks


def peer_version() -> str:
    """Return the version installed.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    return version("nautilus_trader")


class Peer:
    """One RiskEngine with everything around it that it asks."""

    def __init__(self, venue: Venue, *, orders: int) -> None:
        """Set everything up, with so many different orders ready to be checked.

        Raises:
            ModuleNotFoundError: it is not installed.
        """
        self._setting: _Setting = venue.value
        self._model: Any = import_module("nautilus_trader.model")
        self._enums: Any = import_module("nautilus_trader.model.enums")
        self._submit: Any = import_module("nautilus_trader.execution.messages").SubmitOrder
        self._uuid: Any = import_module("nautilus_trader.core.uuid").UUID4
        self._stubs: Any = import_module("nautilus_trader.test_kit.stubs.identifiers").TestIdStubs
        component: Any = import_module("nautilus_trader.common.component")
        provider: Any = import_module("nautilus_trader.test_kit.providers").TestInstrumentProvider
        clock = component.TestClock()
        self._trader = self._stubs.trader_id()
        self._strategy = self._model.StrategyId("S-001")
        self._instrument = getattr(provider, self._setting.instrument)()
        other = getattr(provider, self._setting.other)()
        factories: Any = import_module("nautilus_trader.common.factories")
        self._factory = factories.OrderFactory(trader_id=self._trader, strategy_id=self._strategy, clock=clock)
        self._passed: list[object] = []
        self._denied: list[object] = []
        bus = component.MessageBus(trader_id=self._trader, clock=clock)
        bus.register(endpoint="ExecEngine.execute", handler=self._passed.append)
        bus.register(endpoint="ExecEngine.process", handler=self._denied.append)
        self._execute = self._engine(bus, clock, other).execute
        # The cash account's cap on notional is what resembles ours most; the margin account never gets that far.
        large = 100 if venue is Venue.SPOT else 5_000
        self._texts = [(self._size(at), self._setting.price) for at in range(orders)]
        self._ready = [self._command(size, price) for size, price in self._texts]
        self._too_large = [self._command(self._size(at, large), price) for at, (_, price) in enumerate(self._texts)]

    def check(self) -> float:
        """Have every ready order checked and passed on; return the microseconds for each."""
        return self._timed(self._ready, self._execute, self._passed)

    def deny(self) -> float:
        """Have orders above the notional cap, or above the largest size, denied; return the microseconds for each."""
        return self._timed(self._too_large, self._execute, self._denied)

    def propose(self) -> float:
        """Make every order from two texts by its factory, wrap it in its command, and have it checked and passed on."""
        execute, command = self._execute, self._command

        def one(texts: tuple[str, str]) -> None:
            execute(command(*texts))

        return self._timed(self._texts, one, self._passed)

    def _timed(self, asked: list[Any], ask: Callable[[Any], object], answers: list[object]) -> float:
        self._passed.clear()
        self._denied.clear()
        began = time.thread_time()
        for one in asked:
            ask(one)
        took = time.thread_time() - began
        if len(answers) != len(asked) or len(self._passed) + len(self._denied) != len(asked):
            message = f"of {len(asked)} orders {len(self._passed)} passed and {len(self._denied)} were denied"
            raise AssertionError(message)
        return took / len(asked) * 1e6

    def _command(self, size: str, price: str) -> Any:  # noqa: ANN401 - a command of the peer's
        order = self._factory.limit(
            self._instrument.id,
            self._enums.OrderSide.BUY,
            self._model.Quantity.from_str(size),
            self._model.Price.from_str(price),
            time_in_force=self._enums.TimeInForce.IOC,
        )
        return self._submit(
            trader_id=self._trader,
            strategy_id=self._strategy,
            position_id=None,
            order=order,
            command_id=self._uuid(),
            ts_init=0,
        )

    def _size(self, number: int, whole: int = 0) -> str:
        tenth = 10 ** (self._setting.size_decimals - 1)
        return f"{whole}.{tenth + number % tenth}"

    def _engine(self, bus: Any, clock: Any, other: Any) -> Any:  # noqa: ANN401 - the peer's
        cache: Any = import_module("nautilus_trader.test_kit.stubs.component").TestComponentStubs.cache()
        for instrument in (self._instrument, other):
            cache.add_instrument(instrument)
        account = self._account()
        cache.add_account(account)
        for instrument, side, size in (
            (self._instrument, self._enums.OrderSide.BUY, self._size(0)),
            (other, self._enums.OrderSide.SELL, self._setting.other_size),
        ):
            cache.add_position(self._position(instrument, side, size, account.id), self._enums.OmsType.NETTING)
        portfolio: Any = import_module("nautilus_trader.portfolio.portfolio")
        config: Any = import_module("nautilus_trader.config").RiskEngineConfig(
            max_order_submit_rate=_NEVER_THROTTLED,
            max_order_modify_rate=_NEVER_THROTTLED,
            max_notional_per_order={str(self._instrument.id): _NOTIONAL_MAX},
        )
        engine: Any = import_module("nautilus_trader.risk.engine")
        return engine.RiskEngine(
            portfolio=portfolio.Portfolio(msgbus=bus, cache=cache, clock=clock),
            msgbus=bus,
            cache=cache,
            clock=clock,
            config=config,
        )

    def _account(self) -> Any:  # noqa: ANN401 - an account of the peer's
        usdt: Any = import_module("nautilus_trader.model.currencies").USDT
        money, nothing = self._model.Money(_BALANCE, usdt), self._model.Money(0, usdt)
        events: Any = import_module("nautilus_trader.model.events")
        state = events.AccountState(
            account_id=self._model.AccountId("BINANCE-001"),
            account_type=self._enums.AccountType[self._setting.account_type],
            base_currency=None,
            reported=True,
            balances=[self._model.AccountBalance(money, nothing, money)],
            margins=[],
            info={},
            event_id=self._uuid(),
            ts_event=0,
            ts_init=0,
        )
        return import_module("nautilus_trader.accounting.factory").AccountFactory.create(state)

    def _position(self, instrument: Any, side: Any, size: str, account: Any) -> Any:  # noqa: ANN401 - the peer's
        stubs: Any = import_module("nautilus_trader.test_kit.stubs.events").TestEventStubs
        order = self._factory.market(instrument.id, side, self._model.Quantity.from_str(size))
        position = self._model.PositionId(f"P-{instrument.id}")
        fill = stubs.order_filled(order, instrument=instrument, position_id=position, account_id=account)
        return import_module("nautilus_trader.model.position").Position(instrument=instrument, fill=fill)
