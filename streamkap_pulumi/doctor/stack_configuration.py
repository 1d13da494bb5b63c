"""The settings in the configuration of the stack that is selected in this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streamkap_pulumi.doctor.checks import Check, ok, warn
from streamkap_pulumi.doctor.pulumi_program import PulumiError, ask, find_program

_PREFIX = "streamkap:"


def looked_up(start: Path, stack: str | None) -> tuple[Check, dict[str, str]]:
    """What there is to say of the stack, and its settings of ours, secrets in clear."""
    name, folder, pulumi = "stack", _project_folder(start), find_program()
    if folder is None:
        return ok(name, "no Pulumi project in this folder; settings come from the environment"), {}
    if pulumi is None:
        return warn(name, f"the project in {folder} cannot be asked", "Install pulumi."), {}
    try:
        found = _configured(pulumi, folder, stack)
    except (PulumiError, ValueError) as error:
        remedy = "Select a stack, log in to its backend, and set what decrypts its configuration."
        return warn(name, f"its configuration cannot be read: {error}", remedy), {}
    told = f"of the project in {folder}: {', '.join(sorted(found)) or 'no setting of ours'}"
    return ok(name, told), found


def _project_folder(start: Path) -> Path | None:
    """The nearest folder with a Pulumi.yaml, from `start` upwards."""
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _configured(pulumi: Path, folder: Path, stack: str | None) -> dict[str, str]:
    """The stack's settings of ours, secrets in clear.

    Raises:
        PulumiError: no stack is selected, or its configuration cannot be read.
    """
    chosen = ["--stack", stack] if stack else []
    told: Any = json.loads(ask(pulumi, ["config", "--json", *chosen], folder) or "{}")
    found: dict[str, str] = {}
    for key, entry in told.items():
        if not key.startswith(_PREFIX):
            continue
        # Secrets are asked for one by one: the others are not ours to see.
        found[key] = ask(pulumi, ["config", "get", key, *chosen], folder) if entry.get("secret") else entry["value"]
    return found


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("Pulumi.yaml", "Pulumi.yml"))
