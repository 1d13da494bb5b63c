"""Sources that poll a service's API: secrets that stay, grants, rewritten values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.samples import HUBSPOT, PASSWORD, Api, detail, source

if TYPE_CHECKING:
    import httpx

    from streamkap_pulumi.emulator import Emulator

GRANT = "grant-of-today"
ZENDESK: dict[str, Any] = {"subdomain": "acme", "resources": ["tickets"], "oauth_grant_id": GRANT}
SALESFORCE: dict[str, Any] = {
    "domain": "https://acme.my.salesforce.com",
    "client_id": "app",
    "client_secret": PASSWORD,
    "resources": ["Account"],
}
NETSUITE: dict[str, Any] = {
    "account_id": "1234567_SB1",
    "client_id": "app",
    "certificate_id": "cert",
    "private_key": PASSWORD,
    "private_key_passphrase": f"{PASSWORD}-2",
    "resources": ["customer"],
}
GOOGLE_ADS: dict[str, Any] = {
    "auth_mode": "oauth",
    "client_id": "app",
    "client_secret": PASSWORD,
    "customer_id": "123-456-7890",
    "resources": ["campaign"],
    "oauth_grant_id": GRANT,
}


def without(config: dict[str, Any], *keys: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys} | more


def put(api: Api, made: dict[str, Any], config: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"name": made["name"], "connector": made["connector"], "config": config, **more}
    return api.put(f"/sources/{made['id']}?secret_returned=true", json=body)


@pytest.mark.parametrize(
    ("connector", "config", "key", "shown"),
    [
        ("hubspot", {**HUBSPOT, "backfill_start": "2026-01-01"}, "backfill_start", "2026-01-01T00:00:00+00:00"),
        (
            "facebook_ads",
            {"access_token": PASSWORD, "resources": ["ads"], "account_id": "act_12"},
            "account_id",
            "12",
        ),
        ("google_ads", {**GOOGLE_ADS, "customer_ids": ["1-2", "3"]}, "customer_id", "1234567890"),
        ("google_ads", {**GOOGLE_ADS, "customer_ids": ["1-2", "3"]}, "customer_ids", "12,3"),
        ("netsuite", NETSUITE, "account_id", "1234567_SB1"),
    ],
)
def test_a_value_comes_back_rewritten(api: Api, connector: str, config: dict[str, Any], key: str, shown: str) -> None:
    """By the rule in the catalogue."""
    assert api.new(config=config, connector=connector)["config"][key] == shown


def test_a_switch_leaves_values_as_they_were_sent(api: Api, emulator: Emulator) -> None:
    """An account's dashes stay."""
    emulator.faults(rewrite_values="off")
    assert api.new(config=GOOGLE_ADS, connector="google_ads")["config"]["customer_id"] == "123-456-7890"


def test_the_server_chooses_the_cluster(api: Api) -> None:
    """Whatever a create or an update asks for."""
    made = api.new(config=HUBSPOT, connector="hubspot", kc_cluster_id="mine")
    assert made["kc_cluster_id"] == "api-cluster"
    assert put(api, made, HUBSPOT, kc_cluster_id="mine").json()["kc_cluster_id"] == "api-cluster"


def test_a_grant_is_used_once_and_never_shown(api: Api, emulator: Emulator) -> None:
    """A second source cannot use it, nor can the same one again; an old grant is refused."""
    made = api.new("a", ZENDESK, connector="zendesk")
    assert "oauth_grant_id" not in made["config"]
    assert "was used already" in detail(api.post("/sources", json=source("b", ZENDESK, connector="zendesk")))
    assert "was used already" in detail(put(api, made, ZENDESK))
    assert put(api, made, without(ZENDESK, "oauth_grant_id")).status_code == 200
    old = {**ZENDESK, "oauth_grant_id": emulator.grant(age=601)}
    assert "has expired" in detail(put(api, made, old))
    assert put(api, made, {**ZENDESK, "oauth_grant_id": emulator.grant(age=590)}).status_code == 200
    emulator.faults(grant_ttl=60)
    assert put(api, made, {**ZENDESK, "oauth_grant_id": emulator.grant(age=61)}).status_code == 400


def test_where_only_issued_grants_count_others_are_refused(api: Api, emulator: Emulator) -> None:
    """They are issued over HTTP, too."""
    emulator.faults(grants="issued")
    assert "no such sign-in" in detail(api.post("/sources", json=source(config=ZENDESK, connector="zendesk")))
    given = api.post("/_emulator/grants", json={"age": 5}).json()["id"]
    api.new(config={**ZENDESK, "oauth_grant_id": given}, connector="zendesk")
    assert api.post("/_emulator/grants", json={"age": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("connector", "config"),
    [
        ("zendesk", ZENDESK),
        ("google_ads", GOOGLE_ADS),
        ("hubspot", {"auth_mode": "oauth", "resources": ["contacts"]}),
        ("salesforce", {"auth_mode": "oauth", "resources": ["Account"]}),
    ],
)
def test_without_its_grant_a_deployment_is_refused_with_403(api: Api, connector: str, config: dict[str, Any]) -> None:
    """With a message for customers; nothing is created."""
    answer = api.post("/sources", json=source(config=without(config, "oauth_grant_id"), connector=connector))
    assert (answer.status_code, api.get("/sources").json()["total"]) == (403, 0)
    assert "is not connected to" in detail(answer)


def test_a_put_keeps_the_secrets_that_it_leaves_out_and_null_clears_them(api: Api) -> None:
    """Of these connectors only."""
    made = api.new(config=NETSUITE, connector="netsuite")
    secrets = ("private_key", "private_key_passphrase")
    kept = put(api, made, without(NETSUITE, *secrets)).json()["config"]
    assert [kept[key] for key in secrets] == [NETSUITE[key] for key in secrets]
    cleared = put(api, made, without(NETSUITE, *secrets, private_key_passphrase=None)).json()["config"]
    assert "private_key_passphrase" not in cleared
    assert put(api, made, without(NETSUITE, *secrets, private_key=None)).status_code == 400


@pytest.mark.parametrize(
    ("connector", "config", "moved", "secrets"),
    [
        ("salesforce", SALESFORCE, {"domain": "https://other.my.salesforce.com"}, ["client_secret"]),
        ("netsuite", NETSUITE, {"account_id": "2"}, ["private_key", "private_key_passphrase"]),
    ],
)
def test_a_new_address_with_a_kept_secret_is_refused(
    api: Api, connector: str, config: dict[str, Any], moved: dict[str, str], secrets: list[str]
) -> None:
    """It is accepted if all of them are sent."""
    made = api.new(config=config, connector=connector)
    answer = put(api, made, without({**config, **moved}, secrets[0]))
    assert answer.status_code == 400
    assert f"Send: {secrets[0]}" in detail(answer)
    assert put(api, made, {**config, **moved}).status_code == 200


def test_another_subdomain_needs_a_new_grant(api: Api) -> None:
    """In the same update."""
    made = api.new(config=ZENDESK, connector="zendesk")
    moved = {**ZENDESK, "subdomain": "other"}
    assert "a new sign-in" in detail(put(api, made, without(moved, "oauth_grant_id")))
    assert put(api, made, {**moved, "oauth_grant_id": "grant-2"}).status_code == 200


def test_another_auth_mode_drops_the_secrets_of_the_old_one(api: Api) -> None:
    """So those of the new one must be sent with it."""
    made = api.new(config=SALESFORCE, connector="salesforce")
    jwt = without(SALESFORCE, "client_secret", auth_mode="jwt", username="ada", private_key=PASSWORD)
    changed = put(api, made, jwt).json()["config"]
    assert "client_secret" not in changed
    assert put(api, made, without(SALESFORCE, "client_secret")).status_code == 400
    assert put(api, made, SALESFORCE).status_code == 200


def test_a_secret_of_another_auth_mode_is_refused(api: Api) -> None:
    """Even the refresh token that a grant filled in."""
    answer = api.post("/sources", json=source(config={**SALESFORCE, "private_key": PASSWORD}, connector="salesforce"))
    assert answer.status_code == 400
    assert "'private_key' is not used with auth_mode 'service'" in detail(answer)
    made = api.new(config=GOOGLE_ADS, connector="google_ads")
    filled = made["config"]["refresh_token"]
    assert filled.startswith("1//")
    assert put(api, made, without(GOOGLE_ADS, "oauth_grant_id", refresh_token=filled)).status_code == 400
    assert put(api, made, without(GOOGLE_ADS, "oauth_grant_id")).json()["config"]["refresh_token"] == filled


def test_a_switch_makes_creates_warn_and_nothing_else(api: Api, emulator: Emulator) -> None:
    """On demand with a secret in the message."""
    assert "connection_warning" not in api.new("a", HUBSPOT, connector="hubspot")
    emulator.faults(connection_warning="on")
    made = api.new("b", HUBSPOT, connector="hubspot")
    assert made["connection_warning"] == "HubSpot did not answer yet; the first sync tries again."
    assert "connection_warning" not in api.one(made["id"])
    assert "connection_warning" not in api.new("c")
    emulator.faults(connection_warning="secret")
    assert PASSWORD in api.new("d", HUBSPOT, connector="hubspot")["connection_warning"]


def test_a_switch_refuses_deployments_after_the_grant_is_used_up(api: Api, emulator: Emulator) -> None:
    """Creates, updates and deploys of these sources, and of no others."""
    pending = api.new("a", HUBSPOT, connector="hubspot", desired_state="Pending")
    emulator.faults(deployment_refused="on")
    answer = api.post("/sources", json=source("b", ZENDESK, connector="zendesk"))
    assert (answer.status_code, detail(answer)[:16]) == (403, "Your plan includ")
    assert put(api, pending, HUBSPOT).status_code == 403
    assert api.post(f"/sources/{pending['id']}/deploy").status_code == 403
    api.new("c")
    emulator.reset_faults()
    assert "was used already" in detail(api.post("/sources", json=source("b", ZENDESK, connector="zendesk")))


def test_grants_outlive_the_process_and_end_with_a_reset(api: Api, emulator: Emulator) -> None:
    """Like everything that is stored."""
    api.new("a", ZENDESK, connector="zendesk")
    emulator.reset()
    api.login().new("a", ZENDESK, connector="zendesk")
