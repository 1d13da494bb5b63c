"""``python3 -m tools.engine`` as a whole, with stand-ins for what it finds on a machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.engine.pins import ENGINE_VERSION, PROGRAMS, built_key, official_key

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TOOLS = ("sh", "mkdir", "cat", "chmod", "sleep", "dirname", "env")

GO = """#!/bin/sh
echo "go $*" >> "{log}"
case "$1 $2" in
"env GOVERSION") echo go{version} ;;
"list -m") echo "{module}" ;;
"list "*) echo "go: downloading example.org/module v1.0.0" >&2; echo example.org/module ;;
"build "*)
  [ -n "$GO_FAILS" ] && echo "module.go:1: it does not compile" && exit 1
  [ -n "$GO_SLEEPS" ] && sleep "$GO_SLEEPS"
  while [ "$1" != -o ]; do shift; done
  out=$2; shift 2
  for package; do
    printf '#!/bin/sh\\necho v{engine}\\n' > "$out${{package##*/}}"; chmod 755 "$out${{package##*/}}"
  done ;;
esac
"""
INSTALLER = """#!/bin/sh
[ "$1 $2 $4" = "--no-edit-path --install-root --version" ] || exit 2
mkdir -p "$3/bin" && echo "touched" > "$HOME/.profile"
for program in {programs}; do
  printf '#!/bin/sh\\necho v{version}\\n' > "$3/bin/$program"; chmod 755 "$3/bin/$program"
done
"""


@dataclass
class Machine:
    """A machine with nothing on it but a shell, and what a test puts on its PATH."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        return self.home / "bin"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    def has(self, name: str, text: str) -> Path:
        """Put a program on PATH."""
        program = self.bin / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        return program

    def has_pulumi(self, version: str, *others: str) -> None:
        """Install a Pulumi."""
        for name in ("pulumi", *others):
            self.has(name, f"#!/bin/sh\necho {version}\n")

    def has_go(self, version: str = "1.26.0") -> None:
        """Install a Go that builds programs that say a version and do nothing."""
        module = self.home / "module" / "python"
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            (module / script).parent.mkdir(parents=True, exist_ok=True)
            (module / script).write_text("#!/bin/sh\n", encoding="utf-8")
        text = GO.format(log=self.home / "go.log", version=version, module=module.parent, engine=ENGINE_VERSION)
        self.has("go", text)

    def has_installer(self, version: str = ENGINE_VERSION) -> None:
        """Let the official installer be reachable."""
        script = self.home / "install.sh"
        script.write_text(INSTALLER.format(programs=" ".join(PROGRAMS), version=version), encoding="utf-8")
        self.env["STREAMKAP_PULUMI_INSTALLER"] = script.as_uri()

    def builds(self) -> int:
        """How often Go was asked to build something; one engine takes two."""
        log = self.home / "go.log"
        return log.read_text(encoding="utf-8").count("go build") if log.exists() else 0

    def start(self, clone: str = "clone", ways: str = "path,official,built") -> subprocess.Popen[str]:
        """Start ``make engine`` in one of the machine's clones."""
        env = {
            "HOME": str(self.home),
            "PATH": str(self.bin),
            "STREAMKAP_PULUMI_ENGINE_CACHE": str(self.cache),
            "STREAMKAP_PULUMI_INSTALLER": "http://127.0.0.1:9/install.sh",
            "PIP_NO_INDEX": "1",
            **self.env,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tools.engine", "--into", str(self.engine(clone)), "--ways", ways],
            cwd=REPOSITORY,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make_engine(self, clone: str = "clone", ways: str = "path,official,built") -> Outcome:
        """Run it to the end."""
        process = self.start(clone, ways)
        out, err = process.communicate(timeout=60)
        return Outcome(process.returncode, out, err)

    def engine(self, clone: str = "clone") -> Path:
        return self.home / clone / ".engine"

    def record(self, clone: str = "clone") -> dict[str, object]:
        found: dict[str, object] = json.loads((self.engine(clone) / "engine.json").read_text(encoding="utf-8"))
        return found


@dataclass
class Outcome:
    """How a run ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "home of someone")
    made.bin.mkdir(parents=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (made.bin / tool).symlink_to(found)
    return made


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def runs(program: Path) -> bool:
    return subprocess.run([program, "version"], capture_output=True, check=False).returncode == 0


def test_an_installed_pulumi_that_is_new_enough_is_linked(machine: Machine) -> None:
    machine.has_pulumi("v99.1.0", *PROGRAMS[1:])
    assert machine.make_engine().code == 0
    assert names(machine.engine() / "bin") == sorted(PROGRAMS)
    assert (machine.engine() / "bin" / "pulumi").readlink() == machine.bin / "pulumi"
    assert machine.record()["way"] == "path"
    assert machine.record()["version"] == "99.1.0"


def test_what_lies_beside_the_real_pulumi_behind_a_link_is_found(machine: Machine) -> None:
    machine.has_pulumi("v99.1.0", *PROGRAMS[1:])
    cellar = machine.home / "cellar"
    cellar.mkdir()
    for name in PROGRAMS:
        (machine.bin / name).rename(cellar / name)
    (machine.bin / "pulumi").symlink_to(cellar / "pulumi")
    assert machine.make_engine().code == 0
    assert (machine.engine() / "bin" / "pulumi-language-yaml").readlink() == cellar / "pulumi-language-yaml"


def test_a_second_run_does_nothing_and_says_what_is_there(machine: Machine) -> None:
    machine.has_pulumi("v99.1.0", *PROGRAMS[1:])
    machine.make_engine()
    before = (machine.engine() / "engine.json").read_bytes()
    again = machine.make_engine()
    assert again.code == 0
    assert "Pulumi 99.1.0 is in " in again.out
    assert (machine.engine() / "engine.json").read_bytes() == before


def test_an_installed_pulumi_that_was_upgraded_is_read_again(machine: Machine) -> None:
    machine.has_pulumi("v99.1.0", *PROGRAMS[1:])
    machine.make_engine()
    machine.has_pulumi("v99.10.0")
    machine.make_engine()
    assert machine.record()["version"] == "99.10.0"


def test_a_pulumi_that_is_too_old_is_not_used_and_the_reason_is_reported(machine: Machine) -> None:
    machine.has_pulumi("v3.99.0", *PROGRAMS[1:])
    machine.has_go()
    outcome = machine.make_engine()
    assert outcome.code == 0
    assert f"it is 3.99.0, and {ENGINE_VERSION} or newer is needed" in outcome.out
    assert machine.record()["way"] == "built"


def test_a_pulumi_without_its_language_hosts_is_not_used_and_the_reason_is_reported(machine: Machine) -> None:
    machine.has_pulumi("v99.1.0", "pulumi-language-python", "pulumi-language-python-exec")
    outcome = machine.make_engine(ways="path")
    assert outcome.code == 1
    assert "pulumi-language-yaml, pulumi-resource-pulumi-python is not installed beside it" in outcome.out


def test_a_pulumi_that_does_not_run_is_not_used_and_the_reason_is_reported(machine: Machine) -> None:
    machine.has("pulumi", "#!/bin/sh\necho 'pulumi: no version is set' >&2; exit 126\n")
    outcome = machine.make_engine(ways="path")
    assert outcome.code == 1
    assert "pulumi ended with 126: pulumi: no version is set" in outcome.out


def test_our_own_links_on_path_are_not_taken_for_an_installed_pulumi(machine: Machine) -> None:
    machine.has_go()
    machine.make_engine()
    machine.env["PATH"] = f"{machine.engine() / 'bin'}:{machine.bin}"
    (machine.engine() / "engine.json").unlink()
    machine.make_engine()
    assert machine.record()["way"] == "built"
    machine.make_engine("other")
    assert machine.record("other")["way"] == "built"
    assert (machine.engine() / "bin" / "pulumi").resolve().is_relative_to(machine.cache)


def test_where_nothing_works_three_lines_say_what_to_install(machine: Machine) -> None:
    machine.has_go("1.19.8")
    outcome = machine.make_engine()
    assert outcome.code == 1
    assert "the official installer does not work here: http://127.0.0.1:9/install.sh cannot be reached" in outcome.out
    assert "it is 1.19.8, and 1.25.11 or newer is needed" in outcome.out
    assert machine.builds() == 0
    assert "the build from source does not work here: fetching Go from PyPI" in outcome.out
    lines = outcome.err.splitlines()
    assert len(lines) == 3
    assert "https://www.pulumi.com/docs/install/" in lines[1]
    assert "https://go.dev/doc/install" in lines[2]
    assert not machine.engine().exists()


def test_the_official_installer_fills_the_cache_and_leaves_home_alone(machine: Machine) -> None:
    machine.has_installer()
    before = names(machine.home)
    assert machine.make_engine().code == 0
    assert machine.record()["way"] == "official"
    assert runs(machine.engine() / "bin" / "pulumi")
    assert names(machine.home) == sorted([*before, "cache", "clone"])
    assert names(machine.cache / official_key()) == ["bin", "manifest.json"]


def test_an_installer_that_brings_another_version_is_not_used(machine: Machine) -> None:
    machine.has_installer("3.0.0")
    machine.has_go()
    outcome = machine.make_engine()
    assert f"it brought 3.0.0, not {ENGINE_VERSION}" in outcome.out
    assert machine.record()["way"] == "built"
    assert not (machine.cache / official_key()).exists()


def test_a_page_in_place_of_the_installer_is_not_run(machine: Machine) -> None:
    page = machine.home / "page.html"
    page.write_text("<html>Log in to the network</html>", encoding="utf-8")
    machine.env["STREAMKAP_PULUMI_INSTALLER"] = page.as_uri()
    assert "answers with something that is no installer" in machine.make_engine(ways="official").out


def test_go_builds_the_engine_and_says_how_far_it_is(machine: Machine) -> None:
    machine.has_go()
    outcome = machine.make_engine()
    assert outcome.code == 0
    assert names(machine.engine() / "bin") == sorted(PROGRAMS)
    assert all(os.access(machine.engine() / "bin" / name, os.X_OK) for name in PROGRAMS)
    assert "engine (1 of 2): fetching modules, 1 downloaded, 0:0" in outcome.out
    assert "Python language host (2 of 2): compiling" in outcome.out
    assert {name: machine.record()[name] for name in ("way", "version", "go")} == {
        "way": "built",
        "version": ENGINE_VERSION,
        "go": "1.26.0",
    }


def test_a_second_clone_takes_the_engine_from_the_cache_and_needs_nothing(machine: Machine) -> None:
    machine.has_go()
    machine.make_engine()
    (machine.bin / "go").unlink()
    assert machine.make_engine("other").code == 0
    assert machine.builds() == 2
    assert machine.record("other")["way"] == "built"


@pytest.mark.parametrize("damage", ["cut off", "changed", "gone", "no manifest", "not executable"])
def test_a_damaged_cache_is_created_again(machine: Machine, damage: str) -> None:
    machine.has_go()
    machine.make_engine()
    entry = machine.cache / built_key()
    program = entry / "bin" / "pulumi-language-yaml"
    match damage:
        case "cut off":
            program.write_bytes(program.read_bytes()[:5])
        case "changed":
            program.write_bytes(program.read_bytes().replace(b"v", b"w"))
        case "gone":
            program.unlink()
        case "no manifest":
            (entry / "manifest.json").unlink()
        case _:
            program.chmod(0o644)
    outcome = machine.make_engine("other")
    assert outcome.code == 0
    assert "is damaged: creating it again" in outcome.out
    assert machine.builds() == 4
    assert runs(machine.engine("other") / "bin" / "pulumi-language-yaml")


def test_a_link_that_was_removed_is_put_back(machine: Machine) -> None:
    machine.has_go()
    machine.make_engine()
    (machine.engine() / "bin" / "pulumi-language-python-exec").unlink()
    assert machine.make_engine().code == 0
    assert runs(machine.engine() / "bin" / "pulumi-language-python-exec")
    assert machine.builds() == 2


def test_two_clones_at_once_build_once(machine: Machine) -> None:
    machine.has_go()
    machine.env["GO_SLEEPS"] = "0.5"
    processes = [machine.start("one"), machine.start("two")]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert machine.builds() == 2
    assert sum("is making it already: waiting for that" in output for output in outputs) == 1


def test_what_a_killed_build_left_is_neither_used_nor_kept(machine: Machine) -> None:
    machine.has_go()
    left = machine.cache / f"{built_key()}.partial" / "bin"
    left.mkdir(parents=True)
    (left / "pulumi").write_text("half", encoding="utf-8")
    assert machine.make_engine().code == 0
    assert not left.exists()


def test_a_build_that_fails_shows_its_last_lines_and_where_the_rest_is(machine: Machine) -> None:
    machine.has_go()
    machine.env["GO_FAILS"] = "1"
    outcome = machine.make_engine()
    assert outcome.code == 1
    assert "    module.go:1: it does not compile" in outcome.out
    assert f"everything it said is in ~/cache/{built_key()}.log" in outcome.out
    assert len(outcome.err.splitlines()) == 3
    assert not (machine.cache / built_key()).exists()


def test_an_unknown_way_is_refused(machine: Machine) -> None:
    outcome = machine.make_engine(ways="path,apt")
    assert outcome.code == 2
    assert "take one or more of path, official, built" in outcome.err
