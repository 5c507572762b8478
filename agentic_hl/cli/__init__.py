"""The commands about Hyperliquid."""
