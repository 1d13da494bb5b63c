"""Reads and copies a user's project, so that a test can run it and leaves nothing in it.

The copy omits what belongs to the user's own backend: where the state is, how its secrets are encrypted, and the
encrypted values themselves, which could not be decrypted here.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

_LEFT_OUT = {".git", ".venv", "venv", "node_modules", "__pycache__", ".pulumi"}
_FOREIGN = ("backend", "stackConfigDir")
_CREDENTIALS = ("streamkap:host", "streamkap:clientId", "streamkap:secret")


class ProjectError(ValueError):
    """The folder is not a project that can be run. The text says why."""


@dataclass(frozen=True)
class StackConfiguration:
    """The content of a stack's configuration file."""

    plain: dict[str, Any] = field(default_factory=dict)
    """Values in clear, under their full keys; encrypted parts are replaced by stand-ins."""
    secret: dict[str, str] = field(default_factory=dict)
    """A stand-in for each encrypted value, ``secret-of-<key>``."""


def read_project(folder: Path) -> dict[str, Any]:
    """The project's Pulumi.yaml; raises `ProjectError` where there is none."""
    file = folder / "Pulumi.yaml"
    if not file.is_file():
        raise ProjectError(f"{folder} is not a Pulumi project: there is no Pulumi.yaml in it. Name the folder with it")
    project = _yaml().safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(project, dict) or not project.get("name"):
        raise ProjectError(f"{file} does not name the project: it needs a line such as `name: infra`")
    return project


def read_stack_configuration(folder: Path, stack: str) -> StackConfiguration:
    """The configuration in ``Pulumi.<stack>.yaml``; empty where there is no such file.

    Without Streamkap's host and credentials: a test has its own.
    """
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        return StackConfiguration()
    found = (_yaml().safe_load(file.read_text(encoding="utf-8")) or {}).get("config") or {}
    kept = {key: value for key, value in found.items() if key not in _CREDENTIALS}
    return StackConfiguration(
        {key: _without_ciphers(key, value) for key, value in kept.items() if not _is_cipher(value)},
        {key: _stand_in(key) for key, value in kept.items() if _is_cipher(value)},
    )


def copy_project(source: Path, target: Path, stack: str) -> tuple[str, StackConfiguration]:
    """Copy a project to `target`; returns its name and the configuration for `stack`."""
    project = read_project(source)
    configuration = read_stack_configuration(source, stack)

    def left_out(folder: str, names: list[str]) -> set[str]:
        inside = Path(folder)
        environments = {name for name in names if (inside / name / "pyvenv.cfg").exists()}
        return environments | _LEFT_OUT.intersection(names) | {name for name in names if inside / name == target}

    shutil.copytree(source, target, ignore=left_out, ignore_dangling_symlinks=True)
    for file in target.glob("Pulumi.*.yaml"):
        file.unlink()
    ours = {key: value for key, value in project.items() if key not in _FOREIGN} | {"runtime": _runtime(project)}
    (target / "Pulumi.yaml").write_text(_yaml().safe_dump(ours, sort_keys=False), encoding="utf-8")
    if configuration.plain:
        text = _yaml().safe_dump({"config": configuration.plain}, sort_keys=False)
        (target / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    return str(project["name"]), configuration


def _runtime(project: Mapping[str, Any]) -> Any:
    """The project's runtime. For Python: the one that runs the tests, not the project's own environment."""
    runtime = project.get("runtime")
    name = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    return "python" if name == "python" else runtime


def _is_cipher(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}


def _stand_in(key: str) -> str:
    return f"secret-of-{key.rpartition(':')[2]}"


def _without_ciphers(key: str, value: Any) -> Any:
    if _is_cipher(value):
        return _stand_in(key)
    if isinstance(value, Mapping):
        return {name: _without_ciphers(str(name), part) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_ciphers(key, part) for part in value]
    return value


def _yaml() -> Any:
    # Late and untyped: Pulumi's SDK installs PyYAML, but not its types.
    return import_module("yaml")
