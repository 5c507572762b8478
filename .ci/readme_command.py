"""Print one of the two commands of the README: `readme_command.py 1` the main job, `readme_command.py 2` the tests."""

import re
import sys
from pathlib import Path


def commands(readme: str) -> list[str]:
    """Return the fenced sh blocks of the section "Two commands"."""
    sections = re.split(r"^## +", readme, flags=re.MULTILINE)
    section = next((text for text in sections if text.startswith("Two commands\n")), "")
    return re.findall(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)


def main() -> int:
    """Print the command whose number is the first argument; 1 if the README does not hold exactly two."""
    found = commands(Path("README.md").read_text())
    if len(found) != 2:  # noqa: PLR2004 -- the section is called "Two commands"
        print(f'README.md: {len(found)} fenced sh blocks under "## Two commands", expected 2', file=sys.stderr)
        return 1
    print(found[int(sys.argv[1]) - 1], end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
