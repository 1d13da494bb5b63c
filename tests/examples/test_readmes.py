"""What holds for every example's README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.engine.stack import ROOT

READMES = sorted(path for path in (ROOT / "examples").glob("*/README.md"))
SCREEN = 110
"""Lines."""


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_section_with_commands_is_run_and_every_link_leads_somewhere(readme: Path) -> None:
    """But "Get ready", which makes an environment that the tests have already."""
    text = readme.read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    run = {section.splitlines()[0] for section in sections if "```bash" in section} - {"Get ready"}
    test = ROOT / "tests" / "examples" / f"test_{readme.parent.name.replace('-', '_')}.py"
    tested = test.read_text(encoding="utf-8")
    takes_every_block = 're.findall(r"```bash' in tested  # And unpacks them: one more would fail it.
    assert [title for title in sorted(run) if not (takes_every_block or f'.run("{title}")' in tested)] == []
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", prose) if "://" not in target]
    assert [target for target in targets if not (readme.parent / target).exists()] == []
    assert len(text.splitlines()) <= SCREEN
