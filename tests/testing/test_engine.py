"""The environment of a throw-away stack: nothing from the caller's own Pulumi is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamkap_pulumi.testing.engine import EngineNotFoundError, find_engine, isolated_environment


def test_the_callers_accounts_and_stacks_are_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they have set. Other variables, and their plugins, are available."""
    foreign = ("ACCESS_TOKEN", "BACKEND_URL", "CONFIG_PASSPHRASE", "CONFIG_PASSPHRASE_FILE", "STACK", "CONFIG", "API")
    for name in foreign:
        monkeypatch.setenv(f"PULUMI_{name}", "real")
    for name in ("HOST", "CLIENT_ID", "SECRET"):
        monkeypatch.setenv(f"STREAMKAP_{name}", "real")
    home = tmp_path / "home of the caller"
    (home / "plugins").mkdir(parents=True)
    (home / "credentials.json").write_text("{}", encoding="utf-8")
    monkeypatch.setenv("PULUMI_HOME", str(home))
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("EDITOR", "ed")

    found = isolated_environment(tmp_path / "backend")
    assert "real" not in found.values()
    assert found["PULUMI_BACKEND_URL"] == (tmp_path / "backend").as_uri()
    assert Path(found["PULUMI_HOME"]).is_relative_to(tmp_path / "backend")
    assert [path.name for path in Path(found["PULUMI_HOME"]).iterdir()] == ["plugins"]
    assert found["NO_PROXY"] == "example.com,127.0.0.1,localhost"
    assert found["EDITOR"] == "ed"


def test_without_an_engine_the_error_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which fixture does not need it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineNotFoundError, match=r"install it \(https://www\.pulumi\.com/docs/install/\), or .*mocks"):
        find_engine()
