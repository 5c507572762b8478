"""`python -m tests.costs`."""

import sys

from tests.costs.command import main

sys.exit(main())
