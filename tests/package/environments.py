"""Empty environments: a Python of this machine, our wheel or sdist in it, and what that asks for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
"""The Pythons that pyproject.toml names."""
RESOLUTIONS = ("lowest-direct", "highest")


def python_of_this_machine(version: str) -> str | None:
    """The interpreter of this minor version, in pyenv or on PATH; None where there is none that runs."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [str(each / "bin" / "python") for each in sorted(root.glob(f"versions/{version}.*"), reverse=True)]
    for candidate in [*found, shutil.which(f"python{version}")]:
        if candidate and _runs(candidate, version):
            return candidate
    return None


def _runs(python: str, version: str) -> bool:
    program = "import sys, ensurepip; print('{}.{}'.format(*sys.version_info))"
    shown = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    return shown.returncode == 0 and shown.stdout.strip() == version


def built(folder: Path, kind: str) -> Path:
    """The wheel or the sdist of this checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@dataclass(frozen=True)
class Environment:
    """A virtual environment with nothing in it, until it is asked to install."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, python: str) -> Environment:
        """A new one, of the interpreter `python`, with pip in it: Pulumi asks pip what is there."""
        _uv("venv", "--seed", "--quiet", "--python", python, str(folder))
        return cls(folder)

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    def install(self, *arguments: str) -> None:
        """Install with `uv pip install`."""
        _uv("pip", "install", "--quiet", "--python", str(self.bin / "python"), *arguments)

    def agrees(self) -> None:
        """Fail where a package lacks what its own metadata asks for."""
        _uv("pip", "check", "--quiet", "--python", str(self.bin / "python"))

    def run(self, *command: str, **environment: str) -> str:
        """What a program of the environment prints; it must succeed."""
        # Without the variables of this run: the environment is to be as a new user's.
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("STREAMKAP_", "PULUMI_", "PYTHON"))
        }
        settings = kept | {"PATH": f"{self.bin}{os.pathsep}{os.environ.get('PATH', '')}"} | environment
        program = [str(self.bin / command[0]), *command[1:]]
        shown = subprocess.run(program, env=settings, cwd=self.folder, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, f"{' '.join(command)}\n{shown.stdout}{shown.stderr}"
        return shown.stdout


def resolved(pyproject: Path, version: str, resolution: str, *arguments: str) -> Iterator[tuple[str, str]]:
    """Name and version of all that a project would get under a Python, from ready-built wheels alone."""
    options = ["--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    wanted = ["--python-version", version, "--resolution", resolution, *arguments]
    for line in _uv("pip", "compile", *options, *wanted, str(pyproject)).splitlines():
        name, _, pinned = line.partition("==")
        yield name, pinned


def _uv(*arguments: str) -> str:
    program = [sys.executable, "-m", "uv", *arguments]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"uv {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout
