"""A venue that speaks Hyperliquid's protocol, for testing everything that trades there.

It shares no code with core or with `agentic_hl.wire`, so that each checks the other.
"""
