"""Writes the generated pages: `python -m tests.docs`."""

from tests.docs.generated import PAGES, ROOT

for name, page in PAGES.items():
    (ROOT / name).write_text(page(), encoding="utf-8")
    print(f"wrote {name}")  # noqa: T201 - a command of the developer
