"""What is said where the private parts of Pulumi's SDK are not as known."""

from __future__ import annotations

import pytest

from streamkap_pulumi.doctor import tuning
from streamkap_pulumi.doctor.checks import Status
from streamkap_pulumi.patches import hook_server, host


def statuses() -> dict[str, Status]:
    return {look.name: look.status for look in tuning.tuning()}


def test_the_installed_sdk_is_as_known() -> None:
    """Each private part is looked at where the host uses it."""
    found = statuses()
    assert list(found) == ["workers", "readable errors", "Ctrl-C", "hook server", "end with engine"]
    assert {found[name] for name in ("workers", "readable errors", "Ctrl-C", "hook server")} == {Status.OK}


def test_another_sdk_is_a_warning_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """All works without what is missing."""
    monkeypatch.setattr(host, "raise_workers", lambda _: False)
    monkeypatch.setattr(hook_server, "let_it_start", lambda: False)
    monkeypatch.setattr(tuning, "find_spec", lambda _: None)
    monkeypatch.delattr("os.pidfd_open", raising=False)
    assert set(statuses().values()) == {Status.WARN}
    assert all(look.remedy for look in tuning.tuning())
