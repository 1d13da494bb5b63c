"""The settings in the configuration of a stack: the one that is named, else the one that is selected in this folder."""

from __future__ import annotations

import json
from pathlib import Path

from streamkap_pulumi.doctor.checks import Check, fail, ok, warn
from streamkap_pulumi.pulumi_cli.program import PulumiError, ask, find, hint

_PREFIX = "streamkap:"
_NAME = "stack"


def looked_up(start: Path, stack: str | None) -> tuple[Check, dict[str, str]]:
    """What there is to say of the stack, and its settings of ours, secrets in clear.

    That a stack cannot be read is a failure where it was asked for by name: what follows would be of something else.
    """
    unread = fail if stack else warn
    folder, pulumi = _project_folder(start), find()
    if folder is None and stack:
        told = f"there is no Pulumi project in this folder or above it, so there is no stack {stack}"
        return fail(_NAME, told, "Run it in the project's folder, or leave --stack out."), {}
    if folder is None:
        return ok(_NAME, "no Pulumi project in this folder; settings come from the environment"), {}
    if pulumi is None:
        return unread(_NAME, f"the project in {folder} cannot be asked", "Install pulumi."), {}
    try:
        found = _configured(pulumi, folder, stack)
    except PulumiError as error:
        whose = f"the configuration of {stack}" if stack else "its configuration"
        remedy = "Select a stack, log in to its backend, and set what decrypts its configuration."
        return unread(_NAME, f"{whose} cannot be read: {error}", hint(str(error)) or remedy), {}
    whose = f"{stack}, of the project in {folder}" if stack else f"of the project in {folder}"
    return ok(_NAME, f"{whose}: {', '.join(sorted(found)) or 'no setting of ours'}"), found


def _project_folder(start: Path) -> Path | None:
    """The nearest folder with a Pulumi.yaml, from `start` upwards."""
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _configured(pulumi: Path, folder: Path, stack: str | None) -> dict[str, str]:
    """The stack's settings of ours, secrets in clear.

    Raises:
        PulumiError: no stack is selected, or its configuration cannot be read.
    """
    chosen = ["--stack", stack] if stack else []
    found: dict[str, str] = {}
    try:
        for key, entry in json.loads(ask(pulumi, ["config", "--json", *chosen], folder) or "{}").items():
            if key.startswith(_PREFIX):
                # Secrets are asked for one by one: the others are not ours to see.
                secret = entry.get("secret")
                found[key] = ask(pulumi, ["config", "get", key, *chosen], folder) if secret else str(entry["value"])
    except (ValueError, AttributeError, KeyError, RecursionError):
        raise PulumiError("`pulumi config --json` answered with JSON of another form, or with none") from None
    return found


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("Pulumi.yaml", "Pulumi.yml"))
