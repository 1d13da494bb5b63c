"""``python3 -m engine``."""

import sys

from engine.install import main

sys.exit(main())
