"""`python -m tests.lifecycles`."""

import sys

from tests.lifecycles.command import main

sys.exit(main())
