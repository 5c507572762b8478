"""`python -m tests.takeovers`."""

import sys

from tests.takeovers.command import main

sys.exit(main())
