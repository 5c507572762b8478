"""Asks a real network what we only assume about it."""
