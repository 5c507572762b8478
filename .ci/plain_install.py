"""Check an install without extras: the extras' packages are absent, and all that needs none of them imports."""

import importlib
import pkgutil
import sys
from importlib.util import find_spec

ABSENT = ("eth_account", "litestar", "numpy", "polars", "psycopg", "websockets")
NEED_EXTRAS = ("agentic_core.backtest", "agentic_core.store.postgres", "agentic_core.web")


def main() -> int:
    """Import every module that needs no extra; 1 if one fails or an extra is there after all."""
    present = [name for name in ABSENT if find_spec(name) is not None]
    if present:
        print(f"not a plain install: {', '.join(present)} is there")
        return 1
    core = importlib.import_module("agentic_core")
    names = [
        module.name
        for module in pkgutil.walk_packages(core.__path__, "agentic_core.", onerror=lambda _: None)
        if not module.name.startswith(NEED_EXTRAS)
    ]
    for name in names:
        importlib.import_module(name)
    print(f"{len(names)} modules of agentic_core import without extras")
    return 0


if __name__ == "__main__":
    sys.exit(main())
