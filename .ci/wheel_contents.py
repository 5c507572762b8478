"""Check that a wheel holds exactly the tracked files of the four packages: code, SQL, typing markers, nothing else."""

import subprocess
import sys
from zipfile import ZipFile

PACKAGES = ("agentic_core", "agentic_fly", "agentic_hl", "hosts")


def problems(wheel: str) -> list[str]:
    """Compare the wheel with what git tracks."""
    held = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    tracked = set(
        subprocess.run(["git", "ls-files", *PACKAGES], check=True, capture_output=True, text=True).stdout.split()
    )
    markers = {f"{package}/py.typed" for package in PACKAGES}
    return [
        *(f"the wheel lacks {name}" for name in sorted((tracked | markers) - held)),
        *(f"the wheel holds {name}, which is not tracked" for name in sorted(held - tracked)),
    ]


def main() -> int:
    """Print what is wrong with the wheel named first; 1 if anything is."""
    found = problems(sys.argv[1])
    print("\n".join(found) or "the wheel holds what is tracked, and nothing else")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
