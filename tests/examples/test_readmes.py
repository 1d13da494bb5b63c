"""What holds for every example's README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import ROOT
from tests.examples.conftest import MakeExample
from tests.package.environments import built

READMES = sorted(path for path in (ROOT / "examples").glob("*/README.md"))
WALKED = [path.parent.name for path in READMES if "## Get ready\n" in path.read_text(encoding="utf-8")]
SCREEN = 60
"""Lines."""


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_section_with_commands_is_run_and_the_page_fits_a_screen(readme: Path) -> None:
    """What makes an environment is run by the walk below, the rest in the short form, too."""
    text = readme.read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    run = {section.splitlines()[0] for section in sections if "```bash" in section}
    test = ROOT / "tests" / "examples" / f"test_{readme.parent.name.replace('-', '_')}.py"
    tested = test.read_text(encoding="utf-8")
    takes_every_block = 're.findall(r"```bash' in tested  # And unpacks them: one more would fail it.
    if readme.parent.name in WALKED:
        run -= {"Get ready", "Without an account"}
    assert [title for title in sorted(run) if not (takes_every_block or f'.run("{title}"' in tested)] == []
    assert len(text.splitlines()) <= SCREEN


@pytest.mark.parametrize(
    "file", sorted((ROOT / "examples").rglob("requirements*.txt")), ids=lambda file: str(file.parent)
)
def test_no_list_of_requirements_asks_pypi_for_a_name_that_is_not_ours(file: Path) -> None:
    """Whoever takes it there would run code with everybody's secrets."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if re.match(r"streamkap[-_.]pulumi", line, re.IGNORECASE)] == []


@pytest.mark.long
@pytest.mark.parametrize("name", WALKED)
def test_a_newcomer_walks_through_the_page_in_one_shell(
    name: str, example: MakeExample, streamkap_emulator: Emulator, tmp_path: Path
) -> None:
    """From a copy of the folder, an empty environment and the package's wheel, to the end, and nothing is left."""
    copied = example(name)
    copied.settings |= {"PACKAGE": str(built(tmp_path / "dist", "wheel")), "TENANTS_DB_PASSWORD": "for-tests"}
    (copied.scratch / "backend").mkdir(exist_ok=True)
    copied.walk().succeeded().hides("DeprecationWarning")
    where = "import streamkap_pulumi; print(streamkap_pulumi.__file__)"
    copied.shell(f".venv/bin/python -c '{where}'").succeeded().shows(str(copied.folder / ".venv"))
    assert all(source["deleted"] for source in streamkap_emulator.sources())
    starts_its_own = "streamkap_pulumi.emulator" in copied.readme
    assert starts_its_own or streamkap_emulator.sources()
