"""Arithmetic of what chat models cost."""

from agentic_core.metering.budget import MonthBudget

__all__ = ["MonthBudget"]
