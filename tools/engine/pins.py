"""Which engine this repository is developed and tested with."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

ENGINE_VERSION = "3.259.0"
# The newest Python language host that lies inside a module that can be fetched; it serves every later engine.
LANGUAGE_HOST_VERSION = "3.79.0"
# An installed engine has to be at least the one that the tests were written against.
OLDEST_ENGINE = (3, 259, 0)

PROGRAMS = (
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-yaml",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)

REPOSITORY = Path(__file__).resolve().parents[2]
ENGINE_MODULE = REPOSITORY / "tools" / "engine" / "pulumi"
LANGUAGE_HOST_MODULE = REPOSITORY / "tools" / "engine" / "language-python"
GO_REQUIREMENTS = REPOSITORY / "requirements" / "go.txt"


def machine() -> str:
    """The system and processor, as a part of a folder's name."""
    return f"{platform.system()}-{platform.machine()}".lower()


def official_key() -> str:
    """The name in the cache of the engine that the official installer brings."""
    return f"{ENGINE_VERSION}-{machine()}-official"


def built_key() -> str:
    """The name in the cache of the engine that is built from source; it follows from all that goes in."""
    digest = hashlib.sha256()
    for module in (ENGINE_MODULE, LANGUAGE_HOST_MODULE):
        for name in ("go.mod", "go.sum"):
            digest.update((module / name).read_bytes())
    digest.update(f"{ENGINE_VERSION} {LANGUAGE_HOST_VERSION}".encode())
    return f"{ENGINE_VERSION}-{machine()}-built-{digest.hexdigest()[:12]}"
