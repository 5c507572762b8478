"""Agent wallets at Hyperliquid: drawn, approved by their owner, looked at, revoked."""

from agentic_hl.wallet.desk import HyperliquidWallets, WalletPatience

__all__ = ["HyperliquidWallets", "WalletPatience"]
