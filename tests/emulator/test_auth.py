"""Tokens, credentials, and what each of them may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.emulator.samples import Api, client_of, detail, source

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator


def test_a_token_comes_with_its_lifetime_as_a_number_and_its_end_as_a_string(stranger: Api) -> None:
    """The official clients fail on any other type of `expires` and `expiresIn`."""
    token = stranger.post("/auth/access-token", json={"client_id": "demo-client", "secret": "demo-secret"}).json()
    assert set(token) == {"accessToken", "refreshToken", "expires", "expiresIn"}
    assert token["expiresIn"] == 3600
    assert isinstance(token["expires"], str)


@pytest.mark.parametrize("client_id", ["demo-client", "nobody"])
def test_a_wrong_secret_or_client_is_401(stranger: Api, client_id: str) -> None:
    """The answer does not say which of the two is wrong."""
    answer = stranger.post("/auth/access-token", json={"client_id": client_id, "secret": "wrong"})
    assert (answer.status_code, detail(answer)) == (401, "Invalid client credentials")


def test_a_login_without_a_secret_is_422(stranger: Api) -> None:
    """The list names the field, which is `secret` and not `client_secret`."""
    answer = stranger.post("/auth/access-token", json={"client_id": "demo-client", "client_secret": "x"})
    assert answer.status_code == 422
    assert detail(answer)[0]["loc"] == ["body", "secret"]


def test_a_refresh_token_returns_a_new_access_token(stranger: Api) -> None:
    """Snake case in, camel case out."""
    first = stranger.post("/auth/access-token", json={"client_id": "demo-client", "secret": "demo-secret"}).json()
    answer = stranger.post("/auth/access-token/refresh", json={"refresh_token": first["refreshToken"]}).json()
    assert answer["accessToken"] != first["accessToken"]
    stranger.headers["Authorization"] = f"bearer {answer['accessToken']}"
    assert stranger.get("/auth/whoami").status_code == 200


def test_an_access_token_does_not_refresh(stranger: Api) -> None:
    """Only the refresh token does."""
    first = stranger.post("/auth/access-token", json={"client_id": "demo-client", "secret": "demo-secret"}).json()
    answer = stranger.post("/auth/access-token/refresh", json={"refresh_token": first["accessToken"]})
    assert answer.status_code == 401


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic abc", ""])
def test_without_a_valid_token_everything_is_401(stranger: Api, header: str | None) -> None:
    """Even where the body would be refused: the token is checked first."""
    headers = {} if header is None else {"Authorization": header}
    answer = stranger.post("/sources", content=b"{", headers=headers)
    assert answer.status_code == 401
    assert isinstance(detail(answer), str)


def test_a_token_expires_after_its_lifetime(emulator: Emulator, stranger: Api, later: Callable[[float], None]) -> None:
    """And the answer says so."""
    emulator.faults(token_ttl=60)
    stranger.login()
    assert stranger.get("/sources").status_code == 200
    later(60)
    answer = stranger.get("/sources")
    assert (answer.status_code, detail(answer)) == (401, "Token has expired. Please re-authenticate.")


def test_revoked_tokens_are_refused_and_new_ones_are_not(emulator: Emulator, api: Api) -> None:
    """As when a token is revoked in mid-run."""
    emulator.revoke_tokens()
    assert api.get("/sources").status_code == 401
    assert api.login().get("/sources").status_code == 200


def test_whoami_returns_tenant_and_service(api: Api) -> None:
    """The five documented fields."""
    assert api.get("/auth/whoami").json() == {
        "tenant_id": "tenant-demo",
        "service_id": "service-demo",
        "sub": "demo-client",
        "token_type": "tenantApiToken",
        "project_key_id": None,
    }


def test_roles_are_a_bare_array(api: Api) -> None:
    """Not an envelope."""
    assert [role["name"] for role in api.get("/auth/roles").json()] == ["Admin", "Data Admin", "Read Only"]


@pytest.mark.parametrize("client", ["other", "project"])
def test_a_source_is_seen_only_from_its_own_tenant_and_service(api: Api, emulator: Emulator, client: str) -> None:
    """For others it does not exist, neither to read nor to write."""
    source_id = api.new()["id"]
    with client_of(emulator) as elsewhere:
        elsewhere.login(f"{client}-client", f"{client}-secret")
        assert elsewhere.get(f"/sources/{source_id}").json()["result"] == []
        assert elsewhere.get("/sources").json()["total"] == 0
        assert elsewhere.put(f"/sources/{source_id}", json=source()).status_code == 404
        assert elsewhere.delete(f"/sources/{source_id}").status_code == 404
    assert api.one(source_id)["name"] == "orders"


def test_a_reader_may_read_but_every_change_is_403(api: Api, emulator: Emulator) -> None:
    """Reading includes the search, which is a POST."""
    source_id = api.new()["id"]
    with client_of(emulator) as reader:
        reader.login("reader-client", "reader-secret")
        assert reader.get(f"/sources/{source_id}").json()["total"] == 1
        assert reader.post("/sources/search", json={}).status_code == 200
        changes = [
            reader.post("/sources", json=source("more")),
            reader.put(f"/sources/{source_id}", json=source()),
            reader.delete(f"/sources/{source_id}"),
            reader.post(f"/sources/{source_id}/deploy"),
            reader.post(f"/sources/{source_id}/actions/pause"),
            reader.post("/sources/snapshot", json={"source_id": source_id}),
        ]
    assert [answer.status_code for answer in changes] == [403] * len(changes)
    assert len(emulator.sources()) == 1


def test_an_admin_acts_for_another_tenant_by_headers(emulator: Emulator, stranger: Api) -> None:
    """The service's header alone is ignored, and so are both headers from a client that is not an admin."""
    url = f"{emulator.control_url}/credentials"
    httpx.put(url, json={"client_id": "boss", "secret": "s", "admin": True}).raise_for_status()
    stranger.login("boss", "s")
    tenant, service = {"X-Admin-Tenant-Id": "t9"}, {"X-Admin-Service-Id": "s9"}
    assert stranger.get("/auth/whoami", headers={**tenant, **service}).json()["tenant_id"] == "t9"
    assert stranger.get("/auth/whoami", headers={**tenant, **service}).json()["service_id"] == "s9"
    assert stranger.get("/auth/whoami", headers=service).json()["service_id"] == "service-demo"
    stranger.login()
    assert stranger.get("/auth/whoami", headers=tenant).json()["tenant_id"] == "tenant-demo"
