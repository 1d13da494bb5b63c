"""Sources that poll a service's API: secrets that Streamkap keeps, grants, and values that it rewrites."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    PermissionDeniedError,
    RateLimitedError,
)
from streamkap_pulumi.api.settings import Retries
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.adopting import adoption
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.diffing import Difference, diff
from streamkap_pulumi.lifecycle.errors import LifecycleError, UnknownOutcomeError, next_step
from streamkap_pulumi.lifecycle.grants import refuse_spent
from streamkap_pulumi.lifecycle.keys import NOT_READY
from streamkap_pulumi.lifecycle.reading import read
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import a_source, but

SECRET = "canary-of-the-service"
GRANT = "canary-grant-of-today"


def source(connector: str, **config: Any) -> Declared:
    return a_source(name=connector, connector=connector, config={"backfill_start": "2026-01-01", **config})


HUBSPOT = source("hubspot", token=SECRET, resources=["contacts"])
HUBSPOT_OAUTH = source("hubspot", auth_mode="oauth", oauth_grant_id=GRANT, resources=["contacts"])
SALESFORCE = source("salesforce", domain="https://a.example", client_id="app", client_secret=SECRET, resources=["A"])
SALESFORCE_OAUTH = source("salesforce", auth_mode="oauth", oauth_grant_id=GRANT, resources=["A"])
NETSUITE = source(
    "netsuite",
    account_id="1",
    client_id="app",
    certificate_id="cert",
    private_key=SECRET,
    private_key_passphrase=f"{SECRET}-too",
    resources=["customer"],
)
ZENDESK = source("zendesk", subdomain="acme", oauth_grant_id=GRANT, resources=["tickets"])
GOOGLE_ADS = source(
    "google_ads",
    auth_mode="oauth",
    client_id="app",
    client_secret=SECRET,
    customer_id="123-456-7890",
    oauth_grant_id=GRANT,
    resources=["campaign"],
)
SOURCES = [
    HUBSPOT,
    HUBSPOT_OAUTH,
    SALESFORCE,
    SALESFORCE_OAUTH,
    NETSUITE,
    ZENDESK,
    GOOGLE_ADS,
    source("stripe", token=SECRET, resources=["customers"]),
    source("google_analytics", service_account_key=SECRET, property_id="1", resources=["devices"]),
    source("facebook_ads", access_token=SECRET, account_id="act_1", app_id="2", app_secret=SECRET, resources=["ads"]),
]
SECRETS = {
    "token",
    "client_secret",
    "private_key",
    "private_key_passphrase",
    "oauth_grant_id",
    "refresh_token",
    "service_account_key",
    "access_token",
    "app_secret",
}


def with_config(declared: Declared, *left_out: str, **config: Any) -> Declared:
    kept = {key: value for key, value in declared.config.items() if key not in left_out}
    return but(declared, config={**kept, **config})


def stored(emulator: Emulator) -> dict[str, Any]:
    (found,) = [source for source in emulator.sources(secrets=True) if not source["deleted"]]
    return dict(found["config"])


def sent(emulator: Emulator, method: str = "PUT") -> list[dict[str, Any]]:
    """The configs of the requests of this method, secrets masked."""
    path = "/sources"
    asked = [each for each in emulator.requests() if each["method"] == method and each["path"].startswith(path)]
    return [dict(each["body"]["config"]) for each in asked]


@pytest.mark.parametrize("declared", SOURCES, ids=lambda each: f"{each.connector}-{each.config.get('auth_mode')}")
def test_an_update_of_something_else_sends_no_secret_and_keeps_all(
    emulator: Emulator, context: Context, declared: Declared
) -> None:
    """Neither a spent grant nor what it has filled; and what Streamkap rewrites is not a difference."""
    source_id, outputs = create(context, declared)
    held = {key: value for key, value in stored(emulator).items() if key in SECRETS}
    fresh = read(context, source_id, outputs)
    assert fresh is not None
    assert fresh[1]["config"] == declared.config
    changed = with_config(declared, backfill_start="2026-02-01")
    outputs = update(context, source_id, fresh[0], changed)
    (body,) = sent(emulator)
    assert body.keys() & SECRETS == set()
    assert outputs["config"] == changed.config
    assert {key: value for key, value in stored(emulator).items() if key in SECRETS} == held


def test_a_rotated_secret_is_sent_and_no_other(emulator: Emulator, context: Context) -> None:
    """Since the others may be newer in Streamkap than here."""
    source_id, outputs = create(context, NETSUITE)
    update(context, source_id, outputs, with_config(NETSUITE, private_key="rotated"))
    (body,) = sent(emulator)
    assert body.keys() & SECRETS == {"private_key"}
    assert stored(emulator)["private_key"] == "rotated"


def test_what_streamkap_has_renewed_is_neither_drift_nor_overwritten(emulator: Emulator, context: Context) -> None:
    """As a service that gives out a new refresh token whenever one is used."""
    declared = with_config(GOOGLE_ADS, "oauth_grant_id", auth_mode="refresh_token", refresh_token="first")
    source_id, outputs = create(context, declared)
    emulator.change_source(source_id, config={"refresh_token": "renewed"})
    fresh = read(context, source_id, outputs)
    assert fresh is not None
    assert fresh[1]["config"] == declared.config
    update(context, source_id, fresh[0], with_config(declared, customer_id="1"))
    assert stored(emulator)["refresh_token"] == "renewed"


@pytest.mark.parametrize(
    ("declared", "changed", "secrets"),
    [
        (SALESFORCE, with_config(SALESFORCE, domain="https://b.example"), {"client_secret"}),
        (NETSUITE, with_config(NETSUITE, account_id="2"), {"private_key", "private_key_passphrase"}),
        (ZENDESK, with_config(ZENDESK, subdomain="b", oauth_grant_id="new"), {"oauth_grant_id"}),
        (HUBSPOT, with_config(HUBSPOT, "token", auth_mode="oauth", oauth_grant_id="new"), {"oauth_grant_id"}),
        (HUBSPOT_OAUTH, HUBSPOT, {"token"}),
        (
            SALESFORCE,
            with_config(SALESFORCE, "client_secret", auth_mode="jwt", username="a", private_key=SECRET),
            {"private_key"},
        ),
        (
            GOOGLE_ADS,
            with_config(GOOGLE_ADS, "oauth_grant_id", auth_mode="refresh_token", refresh_token="mine"),
            {"client_secret", "refresh_token"},
        ),
        (
            with_config(GOOGLE_ADS, "oauth_grant_id", auth_mode="refresh_token", refresh_token="mine"),
            GOOGLE_ADS,
            {"client_secret", "oauth_grant_id"},
        ),
    ],
)
def test_a_change_of_what_secrets_belong_to_sends_them_again(
    emulator: Emulator, context: Context, declared: Declared, changed: Declared, secrets: set[str]
) -> None:
    """Without the spent grant, and without the secrets of the old way to sign in, which Streamkap drops by itself."""
    source_id, outputs = create(context, declared)
    update(context, source_id, outputs, changed)
    (body,) = sent(emulator)
    assert body.keys() & SECRETS == secrets
    expected = {key: value for key, value in changed.config.items() if key != "oauth_grant_id"}
    assert expected.items() <= stored(emulator).items()


def test_a_secret_that_is_no_longer_declared_is_cleared(emulator: Emulator, context: Context) -> None:
    """By null, since what is left out is kept."""
    source_id, outputs = create(context, NETSUITE)
    update(context, source_id, outputs, with_config(NETSUITE, "private_key_passphrase"))
    assert "private_key_passphrase" not in stored(emulator)
    assert stored(emulator)["private_key"] == SECRET


def test_a_spent_grant_may_be_taken_out_and_nothing_is_sent(emulator: Emulator, context: Context) -> None:
    """There is nothing to clear."""
    source_id, outputs = create(context, ZENDESK)
    emulator.forget_requests()
    outputs = update(context, source_id, outputs, with_config(ZENDESK, "oauth_grant_id"))
    assert "oauth_grant_id" not in outputs["config"]
    assert emulator.requests() == []


def test_a_new_grant_reconnects_the_source(emulator: Emulator, context: Context) -> None:
    """It is sent once, and recorded as spent."""
    source_id, outputs = create(context, ZENDESK)
    again = with_config(ZENDESK, oauth_grant_id="new")
    outputs = update(context, source_id, outputs, again)
    assert update(context, source_id, outputs, again)["config"] == again.config
    assert ["oauth_grant_id" in body for body in sent(emulator)] == [True]


@pytest.mark.parametrize("value", ["before_commit", "after_commit"])
def test_a_create_with_a_grant_is_never_sent_twice(
    emulator: Emulator, context: Context, clock: Clock, value: str
) -> None:
    """It is searched for as long as one that could be asked for again; then the error says that it is not known."""
    emulator.faults(connection_drop={"value": value, "method": "POST", "path": "/sources", "times": 1})
    if value == "after_commit":
        create(context, ZENDESK)
        assert clock.now < 20
    else:
        with pytest.raises(UnknownOutcomeError, match="requested once and searched for, and was not found") as failed:
            create(context, ZENDESK)
        assert "Run `pulumi up` again" not in str(failed.value)
        assert clock.now >= 60
    assert len(sent(emulator, "POST")) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"connection_drop": "before_commit"},
        {"connection_drop": "after_commit"},
        {"gateway_after_commit": 502},
        {"kc_rebalance": "on"},
    ],
    ids=lambda fault: "-".join(map(str, *fault.items())),
)
def test_an_update_with_a_grant_is_never_sent_twice(
    emulator: Emulator, context: Context, fault: dict[str, Any]
) -> None:
    """Not by the transport either, and no message asks to send the same once more."""
    source_id, outputs = create(context, ZENDESK)
    emulator.faults(**{name: {"value": value, "method": "PUT"} for name, value in fault.items()})
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, retries=Retries(count=2)) as streamkap:
        retrying = replace(context, api=streamkap)
        outputs = update(retrying, source_id, outputs, with_config(ZENDESK, oauth_grant_id="new"))
    assert "sends the same" not in outputs[NOT_READY]
    says_it_is_unknown = "Streamkap never shows config.oauth_grant_id, so it cannot be known whether the grant was used"
    assert (says_it_is_unknown in outputs[NOT_READY]) is ("kc_rebalance" not in fault)
    assert "does not show what was asked for" not in outputs[NOT_READY]
    assert len(sent(emulator)) == 1


def diffed(recorded: dict[str, Any], declared: Declared) -> Difference:
    return diff(SOURCE, recorded, declared.inputs(), lambda _: False, ())


@pytest.mark.parametrize(
    ("declared", "changes", "fault"),
    [
        (HUBSPOT_OAUTH, {"resources": ["deals"]}, {"gateway_after_commit": 502}),
        (HUBSPOT_OAUTH, {}, {"connection_drop": "before_commit"}),
        (ZENDESK, {"subdomain": "other"}, {"deployment_refused": "on"}),
        (ZENDESK, {}, {"kc_rebalance": "on"}),
        (GOOGLE_ADS, {"client_secret": "rotated"}, {"api_error": "500"}),
    ],
    ids=lambda each: each.connector if isinstance(each, Declared) else "-".join(map(str, each)),
)
def test_a_grant_that_an_update_has_sent_in_vain_is_not_sent_again(
    emulator: Emulator, context: Context, clock: Clock, *, declared: Declared, changes: dict[str, Any], fault: Any
) -> None:
    """It is recorded as spent, with what was recorded before; a new one sends all that differs."""
    source_id, made = create(context, declared)
    again = with_config(declared, oauth_grant_id="canary-two", **changes)
    emulator.faults(**{name: {"value": value, "method": "PUT"} for name, value in fault.items()})
    outputs = update(context, source_id, made, again, explain=lambda error: f"why: {error.message}")
    assert outputs[NOT_READY].startswith("why: ")
    assert f"warning: {outputs[NOT_READY]}" in clock.said
    assert "what was asked for: oauth_grant_id" not in outputs[NOT_READY]
    assert "canary-two" not in str(outputs)
    recorded = Declared.from_recorded(SOURCE, outputs)
    assert recorded.config == {key: value for key, value in declared.config.items() if changes.get(key) != "rotated"}
    emulator.faults(**dict.fromkeys(fault))
    with pytest.raises(LifecycleError, match="this grant was sent before, by an update that failed"):
        diffed(outputs, again)
    with pytest.raises(LifecycleError, match="nothing was deleted"):
        diffed(outputs, but(again, connector="salesforce"))
    with pytest.raises(LifecycleError, match="nothing was deleted"):
        refuse_spent(SOURCE, outputs, ["canary-two"])

    third = with_config(again, oauth_grant_id="canary-three")
    assert diffed(outputs, third).changes is None
    emulator.forget_requests()
    outputs = update(context, source_id, outputs, third)
    (body,) = sent(emulator)
    assert body.keys() >= {"oauth_grant_id", *changes}
    assert {key: value for key, value in changes.items() if key != "client_secret"}.items() <= stored(emulator).items()
    assert NOT_READY not in outputs
    assert diffed(outputs, third).changes is False
    with pytest.raises(LifecycleError, match="this grant was used before"):
        diffed(outputs, again)


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("value", ["before_commit", "after_commit"])
def test_what_an_update_with_a_grant_may_have_changed_is_compared_with_what_is_declared_next(
    emulator: Emulator, context: Context, value: str, *, wait: bool
) -> None:
    """Whether the program goes back or only omits the grant, and whether it waits or not."""
    declared = but(HUBSPOT_OAUTH, wait=wait)
    source_id, made = create(context, declared)
    again = with_config(declared, oauth_grant_id="new", resources=["deals"])
    emulator.faults(connection_drop={"value": value, "method": "PUT", "times": 1})
    failed = update(context, source_id, made, again)
    is_shown = "does not show what was asked for: resources;" not in failed[NOT_READY]
    assert is_shown is (value == "after_commit")
    for following in (declared, with_config(again, "oauth_grant_id")):
        emulator.forget_requests()
        assert diffed(failed, following).changes is (True if following is declared else None)
        outputs = update(context, source_id, failed, following)
        assert all("oauth_grant_id" not in body for body in sent(emulator))
        assert stored(emulator)["resources"] == following.config["resources"]
        assert NOT_READY not in outputs


def test_a_refresh_keeps_a_grant_that_was_sent_in_vain_and_shows_what_is_true(
    emulator: Emulator, context: Context
) -> None:
    """So nothing of what did not happen stays recorded, and the grant is refused as before."""
    source_id, outputs = create(context, ZENDESK)
    again = with_config(ZENDESK, oauth_grant_id="new", subdomain="other")
    emulator.faults(deployment_refused={"value": "on", "method": "PUT"})
    failed = update(context, source_id, outputs, again)
    fresh = read(context, source_id, failed)
    assert fresh is not None
    assert (fresh[1]["config"], NOT_READY in fresh[0]) == (ZENDESK.config, False)
    with pytest.raises(LifecycleError, match="this grant was used before"):
        diffed(fresh[0], again)
    assert diff(SOURCE, fresh[0], again.inputs(), lambda _: False).changes is None  # The refresh itself goes through.
    assert diffed(fresh[0], ZENDESK).changes is False


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"rate_limit": 0}, RateLimitedError),
        ({"unauthorized": "on"}, AuthenticationError),
    ],
)
def test_a_grant_of_an_update_that_was_not_acted_on_stays_good(
    emulator: Emulator, context: Context, fault: dict[str, Any], error: type[APIError]
) -> None:
    """The update fails as any other, and the next run sends it again."""
    source_id, outputs = create(context, ZENDESK)
    again = with_config(ZENDESK, oauth_grant_id="new")
    emulator.faults(**{name: {"value": value, "method": "PUT"} for name, value in fault.items()})
    with pytest.raises(error):
        update(context, source_id, outputs, again)
    emulator.faults(**dict.fromkeys(fault))
    assert NOT_READY not in update(context, source_id, outputs, again)


def test_what_fails_after_an_accepted_grant_leaves_it_recorded(emulator: Emulator, context: Context) -> None:
    """The next run does the rest, without the grant."""
    source_id, outputs = create(context, ZENDESK)
    again = but(with_config(ZENDESK, oauth_grant_id="new"), desired_state="Paused")
    emulator.faults(api_error={"value": "500", "method": "POST", "path": f"/sources/{source_id}/actions/pause"})
    failed = update(context, source_id, outputs, again)
    assert "actions/pause" in failed[NOT_READY]
    emulator.faults(api_error=None)
    emulator.forget_requests()
    assert diffed(failed, again).changes is True
    outputs = update(context, source_id, failed, again)
    assert sent(emulator) == []
    assert (outputs["status"], NOT_READY in outputs) == ("Paused", False)


def test_an_update_with_a_grant_that_is_accepted_and_not_applied_records_what_was_before(
    emulator: Emulator, context: Context
) -> None:
    """Nothing of it happened, but the grant may be used up."""
    source_id, outputs = create(context, ZENDESK)
    again = with_config(ZENDESK, oauth_grant_id="new", resources=["users"])
    emulator.faults(ignore_put="on")
    failed = update(context, source_id, outputs, again)
    assert "did not apply it" in failed[NOT_READY]
    assert failed["config"] == ZENDESK.config
    with pytest.raises(LifecycleError, match="this grant was sent before"):
        diffed(failed, again)


def test_after_a_429_a_request_with_a_grant_is_sent_again(emulator: Emulator, context: Context) -> None:
    """Nothing was acted on, so the grant is as good as before."""
    source_id, outputs = create(context, ZENDESK)
    emulator.faults(rate_limit_429={"value": "on", "method": "PUT", "times": 1})
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, retries=Retries(count=2)) as streamkap:
        update(replace(context, api=streamkap), source_id, outputs, with_config(ZENDESK, oauth_grant_id="new"))
    assert len(sent(emulator)) == 2


def test_what_streamkap_warns_of_at_a_create_is_reported_without_a_secret(
    emulator: Emulator, context: Context, clock: Clock
) -> None:
    """As a warning, with the source."""
    emulator.faults(connection_warning="secret")
    source_id, _ = create(context, HUBSPOT)
    (told,) = [said for said in clock.said if said.startswith("warning: ")]
    assert told.startswith(f"warning: source 'hubspot' ({source_id}): Streamkap created it and warns: HubSpot did not")
    assert SECRET not in told


def test_a_refusal_in_words_for_customers_is_reported_as_it_is(emulator: Emulator, context: Context) -> None:
    """Without advice about the token's role, which is for a refusal that speaks of permissions."""
    emulator.faults(deployment_refused="on")
    with pytest.raises(PermissionDeniedError, match="Your plan includes 3 API sources") as refused:
        create(context, HUBSPOT)
    assert next_step(refused.value, "host") == ""
    emulator.faults(deployment_refused="off", forbidden="on")
    with pytest.raises(PermissionDeniedError, match="do not have permission") as refused:
        create(context, HUBSPOT)
    assert "Data Admin" in next_step(refused.value, "host")


def test_the_cluster_that_streamkap_chooses_is_not_drift(context: Context) -> None:
    """It is an output."""
    source_id, outputs = create(context, HUBSPOT)
    fresh = read(context, source_id, outputs)
    assert fresh is not None
    assert (fresh[0]["kc_cluster_id"], "kc_cluster_id" in fresh[1]) == ("api-cluster", False)


def test_an_adopted_source_is_not_sent_the_grant_that_the_program_still_has(
    emulator: Emulator, context: Context
) -> None:
    """It may be the one that the source was created with."""
    source_id, _ = create(context, ZENDESK)
    adopted = adoption(context, ZENDESK, source_id)
    assert adopted.differing == ()
    update(context, source_id, adopted.outputs, with_config(ZENDESK, resources=["users"]))
    (body,) = sent(emulator)
    assert "oauth_grant_id" not in body


def test_an_adopted_source_shows_where_its_secret_is_another(context: Context) -> None:
    """Then the next update sends the declared one."""
    source_id, _ = create(context, HUBSPOT)
    adopted = adoption(context, with_config(HUBSPOT, token="another"), source_id)
    assert adopted.differing == ("config.token",)
    assert adopted.recorded.config["token"] == SECRET


def test_a_spent_grant_is_refused_by_streamkap_in_its_own_words(emulator: Emulator, context: Context) -> None:
    """If nothing is recorded that could decide it, as after a create that failed."""
    emulator.faults(deployment_refused={"value": "on", "times": 1})
    with pytest.raises(PermissionDeniedError):
        create(context, ZENDESK)
    with pytest.raises(BadRequestError, match="used already"):
        create(context, ZENDESK)
