"""How tests run a type checker."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def mypy_cache() -> str:
    """A folder that the next run finds filled. Each worker has its own: mypy's cache is not for two at a time."""
    return str(ROOT / ".mypy_cache" / "of-tests" / os.environ.get("PYTEST_XDIST_WORKER", "alone"))
