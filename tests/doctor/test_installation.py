"""What is said of the programs on PATH."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamkap_pulumi.doctor.installation import installation


@pytest.mark.parametrize(
    ("version", "status"),
    [("v3.181.9", "fail"), ("v3.182.0", "warn"), ("v3.259.0", "ok"), ("v4.0.0-dev", "ok"), ("", "fail")],
)
def test_an_engine_that_is_too_old_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, status: str
) -> None:
    """Resource hooks came with 3.182.0, and the tests run 3.259.0; it is asked as it would be run."""
    program = tmp_path / "pulumi"
    program.write_text(f"#!/bin/sh\n[ $1 = version ] && echo '{version}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    (engine,) = [look for look in installation() if look.name == "engine"]
    assert (engine.status.value, bool(engine.remedy)) == (status, status != "ok")
    assert str(tmp_path) in engine.told
