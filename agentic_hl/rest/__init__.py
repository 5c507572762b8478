"""Questions and actions over HTTP, within the venue's limits; what carries them is given."""

from agentic_hl.rest.address_budget import (
    AddressBudget,
    AddressDenied,
    AddressFigures,
    AddressGranted,
    AddressVerdict,
    Purpose,
)
from agentic_hl.rest.failures import FailureKind, RestFailure
from agentic_hl.rest.hyperliquid_rest import HyperliquidRest, RestLimits
from agentic_hl.rest.ip_budget import IpBudget, Priority, weight_bucket
from agentic_hl.rest.memory_budgets import MemoryBudgets
from agentic_hl.rest.patient_budgets import PatientBudgets
from agentic_hl.rest.queries import Query, query_of
from agentic_hl.rest.transport import Answered, HttpOutcome, HttpTransport, NeverLeft, Unclear

__all__ = [
    "AddressBudget",
    "AddressDenied",
    "AddressFigures",
    "AddressGranted",
    "AddressVerdict",
    "Answered",
    "FailureKind",
    "HttpOutcome",
    "HttpTransport",
    "HyperliquidRest",
    "IpBudget",
    "MemoryBudgets",
    "NeverLeft",
    "PatientBudgets",
    "Priority",
    "Purpose",
    "Query",
    "RestFailure",
    "RestLimits",
    "Unclear",
    "query_of",
    "weight_bucket",
]
