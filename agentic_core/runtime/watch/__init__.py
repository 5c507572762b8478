"""Watching one account: what the venue tells of it by itself, and whether it is what we believe it to be."""

from agentic_core.runtime.watch.account_watch import AccountWatch, WatchTerms
from agentic_core.runtime.watch.drift_guard import DriftGuard, GuardRules, Reconciled
from agentic_core.runtime.watch.intake import FillIntake
from agentic_core.runtime.watch.money_intake import KeepTransfers, TransferBook
from agentic_core.runtime.watch.settings_watch import AccountSettings, SettingsWatch
from agentic_core.runtime.watch.watched import LatchHalt, OwnOrders, Watched
from agentic_core.runtime.watch.writers import Writers

__all__ = [
    "AccountSettings",
    "AccountWatch",
    "DriftGuard",
    "FillIntake",
    "GuardRules",
    "KeepTransfers",
    "LatchHalt",
    "OwnOrders",
    "Reconciled",
    "SettingsWatch",
    "TransferBook",
    "WatchTerms",
    "Watched",
    "Writers",
]
