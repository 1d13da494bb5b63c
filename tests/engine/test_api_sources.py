"""Sources that poll a service's API, all eight in one program: grants, rewritten values, and secrets that stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from tests.engine.commands import streamkap
from tests.engine.programs import changed
from tests.engine.stack import Stack
from tests.engine.traffic import only, traffic

PROGRAM = """
canary = pulumi.Output.secret("canary-of-the-service")

streamkap.Source("hubspot", config=streamkap.HubSpotConfig(
    auth_mode="oauth", oauth_grant_id="canary-grant-1", resources=["contacts"], backfill_start="2026-01-01",
    sync_all_properties=False, properties=["email"],
))
streamkap.Source("salesforce", config=streamkap.SalesforceConfig(
    domain="https://acme.my.salesforce.com", client_id="app", client_secret=canary, resources=["Account"],
))
streamkap.Source("netsuite", config=streamkap.NetSuiteConfig(
    account_id="1234567", client_id="app", certificate_id="cert", private_key=canary,
    private_key_passphrase="canary-passphrase", resources=["customer"],
))
streamkap.Source("stripe", config=streamkap.StripeConfig(
    token=canary, resources=["customers"], backfill_start="2026-01-01T12:00:00Z",
))
streamkap.Source("zendesk", config=streamkap.ZendeskConfig(
    subdomain="acme", oauth_grant_id="canary-grant-2", resources=["tickets"],
))
streamkap.Source("analytics", config=streamkap.GoogleAnalyticsConfig(
    service_account_key=canary, property_id="1", resources=["devices"], backfill_start="2026-01-01",
))
streamkap.Source("facebook", config=streamkap.FacebookAdsConfig(
    access_token=canary, account_id="act_123", app_id="2", app_secret="canary-of-the-app", resources=["ads"],
))
streamkap.Source("ads", config=streamkap.GoogleAdsConfig(
    auth_mode="oauth", client_id="app", client_secret=canary, customer_id="123-456-7890",
    oauth_grant_id="canary-grant-3", resources=["campaign"],
))
"""
ELSEWHERE = {
    'resources=["contacts"]': 'resources=["contacts", "deals"]',
    'resources=["tickets"]': 'resources=["users"]',
    'resources=["devices"]': 'resources=["website_overview"]',
    'resources=["campaign"]': 'resources=["ad_group"]',
}
"""Changes that have nothing to do with a secret."""
ROTATED = {
    'token=canary, resources=["customers"]': 'token="canary-rotated", resources=["customers"]',
    "acme.my.salesforce.com": "other.my.salesforce.com",
    'account_id="1234567"': 'account_id="7654321"',
    'app_secret="canary-of-the-app"': 'app_secret="canary-of-the-app-2"',
    'subdomain="acme", oauth_grant_id="canary-grant-2"': 'subdomain="other", oauth_grant_id="canary-grant-4"',
    'auth_mode="oauth", oauth_grant_id="canary-grant-1"': 'auth_mode="token", token="canary-of-hubspot"',
}
"""A rotated token, other places and other ways to sign in."""
SECRETS = {
    "stripe": {"token"},
    "salesforce": {"client_secret"},
    "netsuite": {"private_key", "private_key_passphrase"},
    "facebook_ads": {"app_secret"},
    "zendesk": {"oauth_grant_id"},
    "hubspot": {"token"},
}
"""What the second change has to send, by connector."""
REST = ("hubspot", "zendesk", "google_analytics", "google_ads")
ALL_SECRETS = {"access_token", "service_account_key", "refresh_token"}.union(*SECRETS.values())
ZENDESK = """
source = streamkap.Source("desk", name="desk", config=streamkap.ZendeskConfig(
    subdomain="acme", oauth_grant_id="canary-grant", resources=["tickets"],
))
"""

HUBSPOT = """
source = streamkap.Source("crm", name="crm", config=streamkap.HubSpotConfig(
    auth_mode="oauth", oauth_grant_id="canary-one", resources=["contacts"],
))
"""


def edited(program: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        program = changed(program, old, new)
    return program


def rests(stack: Stack) -> None:
    """Nothing is to be done, and a refresh finds nothing."""
    stack.up("--refresh", "--expect-no-changes").succeeded().hides("canary")


def secrets_sent(requests: list[dict[str, Any]]) -> dict[str, set[str]]:
    """By connector: the secrets in the bodies of the updates."""
    bodies = [request["body"] for request in requests if request["method"] == "PUT"]
    return {body["connector"]: body["config"].keys() & ALL_SECRETS for body in bodies}


def test_the_eight_api_sources_live_with_grants_rewritten_values_and_rotated_tokens(
    stack: Stack, emulator: Emulator
) -> None:
    """Each change sends the secrets that it has to send and no other, and everything rests before and after it."""
    emulator.faults(connection_warning={"value": "secret", "times": 1})
    made = stack.program(PROGRAM).up().succeeded().hides("canary").shows("+ 9 created")
    made.shows("warning: source ", "Streamkap created it and warns: ", "did not answer yet")
    rests(stack)
    assert "canary" not in stack.state()
    (ads,) = [each for each in emulator.sources(secrets=True) if each["connector"] == "google_ads"]
    filled = ads["config"]["refresh_token"]

    elsewhere = edited(PROGRAM, ELSEWHERE)
    with traffic(emulator) as requests:
        stack.program(elsewhere).up().succeeded().hides("canary").shows("~ 4 updated")
    assert secrets_sent(requests) == {code: set() for code in REST}
    rests(stack)

    with traffic(emulator) as requests:
        stack.program(edited(elsewhere, ROTATED)).up().succeeded().hides("canary").shows("~ 6 updated")
    assert secrets_sent(requests) == SECRETS
    rests(stack)
    stored = {each["connector"]: each["config"] for each in emulator.sources(secrets=True)}
    assert stored["stripe"]["token"] == "canary-rotated"
    assert stored["google_ads"]["refresh_token"] == filled
    assert (stored["facebook_ads"]["account_id"], stored["google_ads"]["customer_id"]) == ("act_123", "123-456-7890")
    stack.destroy().succeeded()


@pytest.mark.long
def test_a_spent_grant_deletes_nothing_and_a_lost_answer_asks_for_a_new_one(stack: Stack, emulator: Emulator) -> None:
    """A forced replacement, another connector, a change that needs a new grant; and a refusal is reported as it is."""
    stack.program(ZENDESK).up().succeeded()
    urn = next(urn for urn in json.loads(stack.pulumi("stack", "export").text)["deployment"]["resources"][2:])["urn"]
    forced = stack.up("--replace", urn).failed().hides("canary")
    forced.shows("config.oauth_grant_id: this grant was already used for the existing source", "nothing was deleted")
    other = changed(ZENDESK, 'ZendeskConfig(\n    subdomain="acme"', 'SalesforceConfig(\n    auth_mode="oauth"')
    stack.program(other).preview().failed().shows("this grant was already used").hides("canary")
    opts = """opts=pulumi.ResourceOptions(replace_on_changes=['config["resources"]'])"""
    by_option = changed(changed(ZENDESK, "tickets", "users"), "\n))", f"\n), {opts})")
    stack.program(by_option).preview().failed().shows("a replacement could not be created with it").hides("canary")
    twins = ZENDESK + changed(ZENDESK, '"desk"', '"twin"')
    stack.program(twins).preview().failed().shows("of this program has the same grant").hides("canary")
    moved = changed(ZENDESK, 'subdomain="acme"', 'subdomain="other"')
    stack.program(moved).preview().failed().shows("a change of subdomain needs a new grant in the same update")
    only(emulator)

    moved = changed(moved, "canary-grant", "canary-grant-2")
    emulator.faults(connection_drop={"value": "before_commit", "method": "PUT"})
    with traffic(emulator) as requests:
        lost = stack.program(moved).up("--skip-preview").failed().hides("canary")
    lost.shows("which is good for one request and may be used up: sign in to the service again")
    assert [request["method"] for request in requests].count("PUT") == 1
    emulator.faults(connection_drop=None, deployment_refused={"value": "on", "method": "PUT"})
    refused = stack.program(changed(moved, "grant-2", "grant-3")).up("--skip-preview").failed().hides("Data Admin")
    refused.shows("Your plan includes 3 API sources", "may be used up")
    emulator.faults(deployment_refused=None)
    stack.program(changed(moved, "grant-2", "grant-4")).up().succeeded()
    rests(stack)
    stack.program(changed(moved, 'oauth_grant_id="canary-grant-2", ', "")).up("--skip-preview").succeeded()
    rests(stack)
    again = stack.program(changed(moved, "grant-2", "grant-4")).preview().failed().hides("canary")
    again.shows("config.oauth_grant_id: this grant was used before")
    stack.up("--skip-preview", "--replace", urn).failed().shows("nothing was deleted").hides("canary")
    only(emulator)


@pytest.mark.long
def test_a_grant_that_an_update_has_sent_in_vain_costs_no_source(stack: Stack, emulator: Emulator) -> None:
    """The run fails, the source stays, and neither the next run nor a forced replacement sends the grant again."""
    stack.program(HUBSPOT).up().succeeded()
    urn = next(urn for urn in json.loads(stack.pulumi("stack", "export").text)["deployment"]["resources"][2:])["urn"]
    second = edited(HUBSPOT, {"canary-one": "canary-two", '["contacts"]': '["deals"]'})
    emulator.faults(gateway_after_commit={"value": "502", "method": "PUT"})
    with traffic(emulator) as requests:
        lost = stack.program(second).up("--skip-preview").failed().hides("canary")
    lost.shows("Updating the source 'crm' failed: PUT /sources/", "may be used up: sign in to the service again")
    assert [request["method"] for request in requests].count("PUT") == 1
    assert "canary" not in stack.state()
    emulator.faults(gateway_after_commit=None)
    with traffic(emulator) as requests:
        again = stack.up().failed().hides("canary")
        again.shows("config.oauth_grant_id: this grant was sent before, by an update that failed.")
        stack.up("--skip-preview", "--replace", urn).failed().shows("nothing was deleted").hides("canary")
        stack.refresh().succeeded().hides("canary")
        stack.up("--skip-preview").failed().shows("this grant was used before").hides("canary")
    assert {request["method"] for request in requests} <= {"GET", "POST"}
    only(emulator)
    stack.program(changed(second, "canary-two", "canary-three")).up("--skip-preview").succeeded().hides("canary")
    rests(stack)

    emulator.faults(deployment_refused={"value": "on", "method": "PUT"})
    stack.program(changed(second, "canary-two", "canary-four")).up("--skip-preview").failed().shows(
        "Your plan includes"
    )
    emulator.faults(deployment_refused=None)
    stack.program(changed(second, "canary-two", "canary-three")).up("--skip-preview").succeeded()
    rests(stack)


@pytest.mark.long
def test_a_source_that_signs_in_by_a_grant_is_adopted_without_one(stack: Stack, emulator: Emulator) -> None:
    """A preview of a new one asks for it."""
    bare = changed(ZENDESK, 'oauth_grant_id="canary-grant", ', "")
    stack.program(bare).preview().failed().shows("it is missing; zendesk needs it to create the source")
    config = {"subdomain": "acme", "oauth_grant_id": emulator.grant(), "resources": ["tickets"]}
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as client:
        client.sources.create(name="desk", connector="zendesk", config=config, created_from="web")
    streamkap(stack, "adopt", "desk", "--yes").shows("takes over 'desk'", "Done.")
    rests(stack)
