"""``python3 -m tools.engine``."""

import sys

from tools.engine.install import main

sys.exit(main())
