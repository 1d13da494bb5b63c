"""The virtual environment ``.venv``: made once, and brought up to date when the lock or pyproject.toml changes."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

from tools.engine.pins import REPOSITORY
from tools.engine.terminal import CommandError, Task, UnavailableError, answer, say

LOCK = Path("requirements") / "dev.txt"
OLDEST_PYTHON = (3, 10)


class Packages:
    """Counts the packages that pip has come to."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._count = 0

    def saw(self, line: str) -> None:
        """Count the line if pip has come to one more."""
        if line.startswith("Collecting "):
            self._count += 1

    def so_far(self) -> str:
        """How many of how many; nothing as long as that is not known."""
        return f"{self._count} of about {self._total}" if self._count else ""


def stamp(root: Path, python: str) -> str:
    """All that the environment follows from: its Python, what belongs into it, and where it is."""
    digest = hashlib.sha256(python.encode())
    for file in (root / LOCK, root / "pyproject.toml"):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} {root}\n"


def version_in(folder: Path) -> str | None:
    """The version of the environment's Python; None where there is none that runs from this very place."""
    try:
        said = answer([folder / "bin" / "python", "-c", "import sys; print(sys.prefix, *sys.version_info[:3])"])
    except CommandError:
        return None
    prefix, *numbers = said.rsplit(" ", 3)
    if Path(prefix).resolve() != folder.resolve() or tuple(map(int, numbers[:2])) < OLDEST_PYTHON:
        return None
    return ".".join(numbers)


def create(folder: Path, log: Path) -> str:
    """Make the environment with the Python that runs this.

    Raises:
        UnavailableError: this Python cannot make one.
    """
    try:
        import ensurepip
        import venv
    except ImportError:
        number = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise UnavailableError(
            f"{sys.executable} lacks the modules venv and ensurepip: install them"
            f" (Debian, Ubuntu: apt-get install python{number}-venv), then run `make setup` again"
        ) from None
    del ensurepip, venv
    Task("making .venv", log).run([sys.executable, "-m", "venv", "--clear", folder])
    version = version_in(folder)
    if version is None:
        raise UnavailableError(f"{sys.executable} made an environment that does not run")
    return version


def fill(root: Path, folder: Path, log: Path) -> None:
    """Install what the lock names, then this package itself as it stands in the clone."""
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    total = len(re.findall(r"^[\w.-]+==", (root / LOCK).read_text(encoding="utf-8"), re.MULTILINE))
    env = {**os.environ, "PIP_USER": "0"}
    install = [*pip, "--require-hashes", "-r", root / LOCK]
    Task("installing packages", log, Packages(total)).run(install, env=env, cwd=root)
    itself = [*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", root]
    Task("installing this package itself", log).run(itself, env=env, cwd=root)


def main(root: Path = REPOSITORY) -> int:
    """Make it or bring it up to date; the exit code is 1 where that fails."""
    folder = root / ".venv"
    mark = folder / "setup.stamp"
    log = root / ".engine" / "setup.log"
    version = version_in(folder)
    try:
        marked = mark.read_text(encoding="utf-8") if mark.is_file() else ""
        if marked and not marked.endswith(f" {root}\n"):
            version = None  # It was moved or copied: the programs in it still name the old place.
        if version is not None and marked == stamp(root, version):
            say(f"environment: Python {version} is in .venv, up to date")
            return 0
        log.unlink(missing_ok=True)
        if version is None:
            version = create(folder, log)
        mark.unlink(missing_ok=True)
        fill(root, folder, log)
        mark.write_text(stamp(root, version), encoding="utf-8")
    except (UnavailableError, OSError) as error:
        print(f"environment: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("environment: stopped; run `make setup` again to finish it", file=sys.stderr)
        return 130
    say(f"environment: Python {version} is ready in .venv")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else REPOSITORY))
