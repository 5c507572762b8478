"""Check an install without extras: the extras' packages are absent, and nothing but their own adapters misses them."""

import pkgutil
import sys
from importlib import import_module
from importlib.util import find_spec

from agentic_core.errors import ConfigError

ABSENT = ("cryptography", "eth_account", "litestar", "numpy", "polars", "psycopg", "websockets")
ADAPTERS = ("agentic_core.backtest", "agentic_core.store.postgres", "agentic_core.web")
"""What an extra is for; whoever imports these has installed it."""


def imports(name: str) -> bool:
    """Import a module; False if it refuses with the line that installs its extra."""
    try:
        import_module(name)
    except ConfigError as exc:
        if "pip install 'agentic-perps[" not in str(exc):
            raise
        return False
    return True


def main() -> int:
    """Import every module that is no extra's adapter; 1 if an extra is there after all."""
    present = [name for name in ABSENT if find_spec(name) is not None]
    if present:
        print(f"not a plain install: {', '.join(present)} is there")
        return 1
    path = import_module("agentic_core").__path__
    found = [module.name for module in pkgutil.walk_packages(path, "agentic_core.", onerror=lambda _: None)]
    tried = {name: imports(name) for name in found if not name.startswith(ADAPTERS)}
    refused = [name for name, done in tried.items() if not done]
    print(f"{len(tried)} modules import without extras or ask for one; asking: {', '.join(refused) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
