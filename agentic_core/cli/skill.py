"""Commands that make, check and show skill files."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentic_core.cli.services import Services
from agentic_core.domain.instrument import VENUE_ORDER_USD_MIN
from agentic_core.domain.money import Usd, exact, plain
from agentic_core.errors import InputError, SkillInvalid
from agentic_core.ports.files import Files
from agentic_core.skills import (
    Skill,
    SkillMode,
    Tradable,
    Untradable,
    canonical_json,
    check_tradable,
    load_skill,
    payload_hash,
)
from agentic_core.skills.exact_json import canonical_text
