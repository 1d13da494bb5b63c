"""The fixtures `streamkap_mocks` and `streamkap_stack`."""

import sys
from pathlib import Path

pytest_plugins = ["streamkap_pulumi.testing"]

sys.path.insert(0, str(Path(__file__).parents[1]))
