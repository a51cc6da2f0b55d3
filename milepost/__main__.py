"""`python -m milepost` is `milepost`."""

import sys

from milepost.adapters.cli import main

sys.exit(main())
