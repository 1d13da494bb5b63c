"""What a look-up reports the API's words; how it finds a source is tested on the engine."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import httpx
import pulumi
import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi import api, run

SECRET = "hunter+22 siskinloft"
ROW = {
    "id": "64a1",
    "name": "orders",
    "connector": "postgresql",
    "config": {"database.password": SECRET, "database.user": "me"},
    "task_statuses": {"0": {"state": "FAILED", "trace": "refused: hunter%2b22+siskinloft, me"}},
}


def answer(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/auth/access-token":
        return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
    if request.url.path == "/sources/64a1":
        return httpx.Response(200, json={"result": [ROW]})
    if request.url.path == "/sources/nobody":
        return httpx.Response(200, json={"result": []})
    return httpx.Response(403, json={"detail": "not allowed: hunter+22%20siskinloft of the-client-secret, a-token"})


@pytest.fixture(autouse=True)
def _streamkap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMKAP_CLIENT_ID", "me")
    monkeypatch.setenv("STREAMKAP_SECRET", "the-client-secret")
    made = api.Streamkap

    def from_settings(settings: api.Settings, **options: object) -> api.Streamkap:
        return made(settings.host, settings.client_id, settings.secret, http=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(api.Streamkap, "from_settings", from_settings)
    monkeypatch.setattr(run, "_runs", WeakKeyDictionary())


def test_a_look_up_quotes_no_secret_that_an_earlier_one_came_across() -> None:
    """Nor the credentials. What it found is cleared of them, too."""
    found = streamkap.get_source(id="64a1")
    assert found.config == {"database.user": "me"}
    assert found.task_statuses == {"0": {"state": "FAILED", "trace": "refused: [secret], me"}}
    with pytest.raises(pulumi.RunError, match=r"403: not allowed: \[secret\] of \[secret\], \[secret\]") as caught:
        streamkap.get_source(id="another")
    assert "siskinloft" not in str(caught.value)


def test_a_look_up_by_an_id_that_is_not_found_says_what_to_check() -> None:
    """An id of another project is not found either."""
    with pytest.raises(pulumi.RunError, match=r"no source has the id nobody.*\nCheck the id, and that the credentials"):
        streamkap.get_source(id="nobody")
