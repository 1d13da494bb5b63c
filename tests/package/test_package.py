"""The built package: what is in it, and that it works where nothing else is."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.version import Version

from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import emulator  # noqa: F401 - a fixture
from tests.engine.stack import ENGINE
from tests.engine.traffic import only
from tests.examples.readmes import Example, local_settings
from tests.package.environments import (
    PYTHONS,
    RESOLUTIONS,
    ROOT,
    Environment,
    built,
    python_of_this_machine,
    resolved,
)

PYPROJECT = ROOT / "pyproject.toml"
EXTRAS = ("cli", "emulator", "testing")
METADATA = {"Development Status", "Intended Audience", "Operating System", "Programming Language", "Topic", "Typing"}
EVERY_EXTRA = [argument for extra in EXTRAS for argument in ("--extra", extra)]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture
def packages(wheel: Path, sdist: Path) -> tuple[Path, Path]:
    return wheel, sdist


def metadata_of(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [each for each in opened.namelist() if each.endswith(".dist-info/METADATA")]
        return opened.read(name)


def test_the_wheel_holds_the_package_its_data_and_nothing_else(wheel: Path) -> None:
    """The catalogue, the mark that it is typed, the note that there is no plugin to search for; no test, no tool."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {"streamkap_pulumi/py.typed", "streamkap_pulumi/pulumi-plugin.json"} <= set(names)
    assert sum(name.startswith("streamkap_pulumi/config/catalogue/sources/") for name in names) == 33
    assert {name.split("/")[0] for name in names} == {"streamkap_pulumi", "streamkap_pulumi-0.2.0.dist-info"}
    assert wheel.stat().st_size < 1_500_000


def test_the_sdist_holds_what_the_wheel_is_built_from(wheel: Path, sdist: Path) -> None:
    """And readme, changelog and licence."""
    with tarfile.open(sdist) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    packaged = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packaged <= held
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml"} <= held


def test_the_metadata_is_complete(wheel: Path) -> None:
    """What an index shows of it: each field, and each Python that is tested."""
    told = Metadata.from_email(metadata_of(wheel))
    assert told.summary
    assert told.description
    assert told.license_expression == "Apache-2.0"
    assert told.license_files == ["LICENSE"]
    assert told.author
    assert told.keywords
    assert told.project_urls in (None, {})  # It has no public place yet, and an invented one would mislead.
    assert str(told.requires_python) == f">={PYTHONS[0]}"
    classifiers = told.classifiers or []
    named = [each.rsplit(" ", 1)[1] for each in classifiers if "Python :: 3." in each]
    assert named == list(PYTHONS)
    assert {each.partition(" :: ")[0] for each in classifiers} >= METADATA
    assert set(told.provides_extra or []) == set(EXTRAS)


def smoke(environment: Environment, emulator: Emulator, folder: Path) -> None:  # noqa: F811
    """It imports, the doctor finds nothing, and the quickstart goes up, rests and goes down, as its page says."""
    program = "import streamkap_pulumi as s, streamkap_pulumi.api as a; print(s.__file__, s.Source, a.Streamkap)"
    assert environment.run("python", "-c", program).startswith(str(environment.folder))
    path = os.pathsep.join([str(environment.bin), str(ENGINE), os.environ.get("PATH", "")])
    settings = local_settings(emulator.url, emulator.client_id, emulator.secret) | {"PATH": path}
    found = json.loads(environment.run("streamkap", "doctor", "--json", **settings))
    assert [check for check in found["checks"] if check["status"] != "ok"] == []
    quickstart = Example("quickstart", folder, settings)
    up = quickstart.run("Run it").succeeded()
    up.shows("public.orders", "Active", only(emulator)["id"]).hides("the password of", "warning")
    assert only(emulator)["config"]["database.password"] == "the password of the database user"
    quickstart.run("Take it down").succeeded()
    assert all(source["deleted"] for source in emulator.sources())


@pytest.mark.usefixtures("engine", "package_index")
def test_the_wheel_works_in_an_empty_environment(wheel: Path, emulator: Emulator, tmp_path: Path) -> None:  # noqa: F811
    """With the newest allowed version of everything, under this Python."""
    environment = Environment.made(tmp_path / "venv", sys.executable)
    environment.install(f"{wheel}[{','.join(EXTRAS)}]")
    smoke(environment, emulator, tmp_path)


@pytest.mark.usefixtures("engine", "package_index")
@pytest.mark.long
@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("version", PYTHONS)
def test_wheel_and_sdist_work_under_every_python(
    packages: tuple[Path, Path],
    emulator: Emulator,  # noqa: F811
    tmp_path: Path,
    version: str,
    resolution: str,
) -> None:
    """With the lowest and with the newest allowed version of what it asks for; the sdist in the wheel's place."""
    python = python_of_this_machine(version)
    if python is None:
        assert os.environ.get("THE_PYTHON_OF_THIS_JOB") != version, f"the job that is for Python {version} has none"
        pytest.skip(f"this machine has no Python {version}; .github/workflows/test.yml has them all")
    environment = Environment.made(tmp_path / "venv", python)
    environment.install("--resolution", resolution, "-r", str(PYPROJECT), *EVERY_EXTRA)
    for package in packages:
        environment.install("--no-deps", "--reinstall", str(package))
        environment.agrees()
        folder = tmp_path / package.name
        folder.mkdir()
        smoke(environment, emulator, folder)


@pytest.mark.usefixtures("package_index")
@pytest.mark.long
@pytest.mark.parametrize("version", PYTHONS)
def test_each_floor_is_what_the_lowest_environment_has_and_is_there_ready_built(version: str) -> None:
    """A floor that nothing can be installed with, or that nothing was tested with, is none."""
    pinned = {name: Version(found) for name, found in resolved(PYPROJECT, version, "lowest-direct", *EVERY_EXTRA)}
    floors: dict[str, Version] = {}
    for requirement in map(Requirement, demanded_by_users()):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": version}):
            (floor,) = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
            floors[requirement.name] = max(floor, floors.get(requirement.name, floor))
    assert {name: pinned[name] for name in floors} == floors


def demanded_by_users() -> list[str]:
    """What `pip install` of the package, with all extras, asks for by itself."""
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    project = toml.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(text for name in EXTRAS for text in extras[name])]


@pytest.mark.usefixtures("package_index")
@pytest.mark.long
def test_the_sdist_installs_by_pip(sdist: Path, tmp_path: Path) -> None:
    """Without an extra: the core imports, and the command line says what it needs."""
    environment = Environment.made(tmp_path / "venv", sys.executable)
    environment.run("python", "-m", "pip", "install", "--quiet", str(sdist))
    program = "import streamkap_pulumi as s; print(s.PostgreSQLConfig.__name__, s.Source.__name__)"
    assert environment.run("python", "-c", program).split() == ["PostgreSQLConfig", "Source"]
    complaint = "import streamkap_pulumi.cli as c; raise SystemExit(c.main([]) != 1)"
    environment.run("python", "-c", complaint)
