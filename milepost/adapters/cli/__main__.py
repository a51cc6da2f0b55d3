"""`python -m milepost.adapters.cli` is `milepost`."""

import sys

from . import main

sys.exit(main())
