"""One account at the live venue: what can be read of it, and what its streams tell."""

from agentic_hl.account.account_feed import AccountFeed
from agentic_hl.account.followed import FollowedAccount
from agentic_hl.account.listeners import Feed, Listeners
from agentic_hl.account.reads import HyperliquidReads

__all__ = ["AccountFeed", "Feed", "FollowedAccount", "HyperliquidReads", "Listeners"]
