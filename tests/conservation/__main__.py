"""`python -m tests.conservation`."""

import sys

from tests.conservation.command import main

sys.exit(main())
