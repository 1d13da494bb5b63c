"""Python, the packages, the engine, and the programs that run beside it."""

from __future__ import annotations

import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from streamkap_pulumi.doctor.checks import Check, fail, ok, warn
from streamkap_pulumi.pulumi_cli import program
from streamkap_pulumi.pulumi_cli.versions import OLDEST, OLDEST_TO_BRING_IN, TESTED, version_of, written

_INSTALL = f"Install it: {program.INSTALL}"
_CLONE = "Install it from a clone of its repository: pip install ."
_BESIDE = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")


def installation() -> Iterator[Check]:
    """Look at all of it."""
    yield _python()
    yield _sdk()
    engine = _engine()
    yield engine
    if program.find() is not None:
        yield _language_host()
    yield _python_on_path()


def _python() -> Check:
    # One that is too old cannot install the package.
    return ok("python", f"{platform.python_version()} in {sys.prefix}")


def _sdk() -> Check:
    try:
        installed, ours = version("pulumi"), version("streamkap-pulumi")
    except PackageNotFoundError as error:
        return fail("sdk", f"{error.name} is not installed here", _CLONE)
    told = f"pulumi {installed}, streamkap-pulumi {ours}"
    needed = next((each for each in requires("streamkap-pulumi") or () if re.match(r"pulumi[<>=]", each)), "")
    oldest = re.search(r">=([\d.]+)", needed)
    if oldest and _numbers(installed) < _numbers(oldest[1]):
        return fail("sdk", f"{told}: too old", f"pip install '{needed}'")
    return ok("sdk", told)


def _engine() -> Check:
    pulumi = program.find()
    if pulumi is None:
        return fail("engine", "there is no pulumi on PATH", _INSTALL)
    try:
        found = version_of(pulumi)
    except program.PulumiError as error:
        return fail("engine", f"{pulumi} does not run: {error}", _INSTALL)
    told = f"pulumi {written(found)} in {pulumi.parent}"
    if found < OLDEST:
        return fail("engine", told, f"Update it: resource hooks need {written(OLDEST)} or newer.")
    if found < OLDEST_TO_BRING_IN:
        needed = f"streamkap recover and streamkap adopt need {written(OLDEST_TO_BRING_IN)} or newer"
        return warn("engine", told, f"Update it: {needed}, and the tests run {written(TESTED)}.")
    if found < TESTED:
        return warn("engine", told, f"Update it if anything is strange: {written(TESTED)} is what the tests run.")
    return ok("engine", told)


def _language_host() -> Check:
    missing = [name for name in _BESIDE if program.find(name) is None]
    if missing:
        told = f"there is no {' and no '.join(missing)} beside pulumi or on PATH"
        return fail("language host", told, f"They come with pulumi's own archive. {_INSTALL}")
    return ok("language host", "pulumi-language-python and pulumi-resource-pulumi-python are there")


def _python_on_path() -> Check:
    """A program without a `virtualenv` in its Pulumi.yaml is run by the first Python on PATH."""
    name = "python3"
    found = shutil.which(name)
    if found is None:
        return fail("python on path", f"there is no {name} on PATH", "Activate your environment.")
    if Path(found).parent.resolve() != (Path(sys.prefix) / "bin").resolve() and sys.prefix != sys.base_prefix:
        return warn(
            "python on path",
            f"{found} is another Python than the one that runs this",
            "Activate your environment, or name it in Pulumi.yaml under runtime.options.virtualenv.",
        )
    return ok("python on path", found)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])
