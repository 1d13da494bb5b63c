"""``python -m streamkap_pulumi.cli`` is ``streamkap``."""

from __future__ import annotations

import sys

from streamkap_pulumi.cli import main

sys.exit(main())
