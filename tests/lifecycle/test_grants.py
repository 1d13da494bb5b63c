"""Grants before anything is sent: what a preview refuses, and what is said after a request that carried one."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.api.errors import (
    ConnectionFailedError,
    InterruptedRunError,
    NoAnswerError,
    StreamkapError,
    error_for,
)
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checked import CheckedObjects
from streamkap_pulumi.lifecycle.checking import check, spelling_input
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.errors import LifecycleError
from streamkap_pulumi.lifecycle.grants import after_a_try, refuse_spent, spent_since
from streamkap_pulumi.lifecycle.keys import PROPOSED_NAME, SPELLING

UNKNOWN = "unknown"
ZENDESK = {"subdomain": "acme", "resources": ["tickets"], "oauth_grant_id": "old"}
HUBSPOT = {"token": "t", "resources": ["contacts"]}
GOOGLE_ADS = {
    "auth_mode": "oauth",
    "client_id": "app",
    "client_secret": "s",
    "customer_id": "1",
    "resources": ["campaign"],
    "oauth_grant_id": "old",
}


def is_unknown(value: Any) -> bool:
    return isinstance(value, str) and value == UNKNOWN


def inputs(connector: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"connector": connector, "config": config, "name": connector, **more}


def without(config: dict[str, Any], *keys: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys} | more


def faults(
    connector: str, config: dict[str, Any], was: dict[str, Any] | None = None, *, exists: bool = False
) -> list[str]:
    recorded = {} if was is None else inputs(connector, was)
    return check(SOURCE, inputs(connector, config), recorded, is_unknown, exists=exists)[1]


MISSING = (
    "config.oauth_grant_id: it is missing; {} needs it to create the source. If Streamkap accepts it all the same, put "
    "it into extra_config, which is not checked"
)


@pytest.mark.parametrize(
    ("connector", "config"),
    [
        ("zendesk", ZENDESK),
        ("google_ads", GOOGLE_ADS),
        ("hubspot", {"auth_mode": "oauth", "resources": ["contacts"]}),
        ("salesforce", {"auth_mode": "oauth", "resources": ["Account"]}),
    ],
)
def test_a_source_that_signs_in_by_a_grant_is_not_created_without_one(connector: str, config: dict[str, Any]) -> None:
    """The preview refuses; one that exists may be without, and so may one whose grant is not known yet."""
    bare = without(config, "oauth_grant_id")
    assert faults(connector, bare) == [MISSING.format(connector)]
    assert faults(connector, bare, exists=True) == []
    assert faults(connector, bare, config) == []
    assert faults(connector, {**bare, "oauth_grant_id": UNKNOWN}) == []
    assert check(SOURCE, inputs(connector, bare), inputs("stripe", {}), is_unknown)[1] == [MISSING.format(connector)]


def test_a_source_that_signs_in_otherwise_needs_none() -> None:
    """As by a token, which is the default."""
    assert faults("hubspot", HUBSPOT) == []
    assert faults("google_ads", without(GOOGLE_ADS, "oauth_grant_id", auth_mode=UNKNOWN)) == []


@pytest.mark.parametrize(
    ("connector", "was", "now", "told"),
    [
        ("zendesk", ZENDESK, {**ZENDESK, "subdomain": "b"}, "this one was used before, and a change of subdomain"),
        ("zendesk", ZENDESK, without(ZENDESK, "oauth_grant_id", subdomain="b"), "it is missing, and a change of"),
        ("zendesk", ZENDESK, {**ZENDESK, "subdomain": "b", "oauth_grant_id": "new"}, None),
        ("zendesk", ZENDESK, {**ZENDESK, "subdomain": "b", "oauth_grant_id": UNKNOWN}, None),
        ("zendesk", ZENDESK, {**ZENDESK, "subdomain": UNKNOWN}, None),
        ("zendesk", ZENDESK, {**ZENDESK, "resources": ["users"]}, None),
        (
            "hubspot",
            HUBSPOT,
            {"auth_mode": "oauth", "resources": ["contacts"]},
            "it is missing, and a change of auth_mode",
        ),
        ("hubspot", {"auth_mode": "oauth", "resources": ["contacts"]}, HUBSPOT, None),
        ("google_ads", without(GOOGLE_ADS, auth_mode="refresh_token"), GOOGLE_ADS, "this one was used before"),
        ("google_ads", without(GOOGLE_ADS, customer_id="2"), GOOGLE_ADS, None),
    ],
)
def test_a_change_of_what_a_grant_belongs_to_needs_a_new_one(
    connector: str, was: dict[str, Any], now: dict[str, Any], told: str | None
) -> None:
    """In the same update; an unknown value is not held against anybody."""
    found = faults(connector, now, was)
    assert len(found) == (told is not None)
    assert all(fault.startswith(f"config.oauth_grant_id: {told}") for fault in found)


def test_a_grant_and_a_secret_of_another_way_to_sign_in_are_refused() -> None:
    """Streamkap would refuse them, too."""
    (fault,) = faults("hubspot", {**HUBSPOT, "oauth_grant_id": "new"})
    assert fault.startswith("config.oauth_grant_id: it has no effect unless auth_mode is 'oauth'")
    (fault,) = faults("google_ads", {**GOOGLE_ADS, "refresh_token": "r"})
    assert fault.startswith("config.refresh_token: it has no effect unless auth_mode is 'refresh_token'")


def test_one_key_of_a_facebook_app_is_refused_without_the_other() -> None:
    """Both or neither."""
    config = {"access_token": "t", "account_id": "1", "resources": ["ads"]}
    assert faults("facebook_ads", {**config, "app_id": "1", "app_secret": "s"}) == []
    (fault,) = faults("facebook_ads", {**config, "app_secret": "s"})
    assert fault.startswith("config.app_secret: it needs app_id, which is missing")
    (fault,) = faults("facebook_ads", {**config, "app_id": "1"})
    assert fault.startswith("config.app_id: it needs app_secret, which is missing")


def test_google_ads_has_to_say_how_it_signs_in() -> None:
    """Streamkap's own default depends on the deployment."""
    (fault,) = faults("google_ads", without(GOOGLE_ADS, "auth_mode"))
    assert fault.startswith("config.auth_mode: it is missing; google_ads needs it")


def test_a_cluster_of_ones_own_is_refused_where_streamkap_chooses_it() -> None:
    """And nowhere else."""
    told = "kc_cluster_id: Streamkap itself chooses where a source of hubspot runs; omit it"
    assert check(SOURCE, inputs("hubspot", HUBSPOT, kc_cluster_id="mine"), {}, is_unknown)[1] == [told]
    assert check(SOURCE, inputs("hubspot", HUBSPOT, kc_cluster_id=""), {}, is_unknown)[1] == []
    assert check(SOURCE, inputs("webhook", {}, kc_cluster_id="mine"), {}, is_unknown)[1] == []


def test_a_replacement_by_the_spent_grant_is_refused_before_anything_is_deleted() -> None:
    """Also under another connector's roof; a new grant, or one that is not known yet, is not."""
    recorded = inputs("zendesk", ZENDESK)
    salesforce = {"auth_mode": "oauth", "resources": ["Account"]}
    with pytest.raises(LifecycleError, match="the existing source: the source would be deleted"):
        diff(SOURCE, recorded, inputs("salesforce", {**salesforce, "oauth_grant_id": "old"}), is_unknown)
    for grant in ("new", UNKNOWN):
        found = diff(SOURCE, recorded, inputs("salesforce", {**salesforce, "oauth_grant_id": grant}), is_unknown)
        assert found.replaces == ("connector",)
    refuse_spent(SOURCE, recorded, [])


def test_a_grant_that_left_the_program_is_remembered_as_spent() -> None:
    """By a digest: it is neither sent again in an update, nor does it create what takes the place of the source."""
    recorded = inputs("zendesk", ZENDESK)
    bare = without(ZENDESK, "oauth_grant_id")
    after = {**inputs("zendesk", bare), **spent_since(SOURCE, recorded, bare)}
    assert "old" not in str(after)
    later = {
        **inputs("zendesk", {**bare, "oauth_grant_id": "new"}),
        **spent_since(SOURCE, after, {"oauth_grant_id": "new"}),
    }
    for state in (after, later):
        with pytest.raises(LifecycleError, match=r"config\.oauth_grant_id: this grant was used before"):
            diff(SOURCE, state, inputs("zendesk", ZENDESK), is_unknown, ())
        with pytest.raises(LifecycleError, match="the existing source: the source would be deleted"):
            diff(SOURCE, state, inputs("salesforce", {"auth_mode": "oauth", "oauth_grant_id": "old"}), is_unknown)
        with pytest.raises(LifecycleError, match="the existing source: the source would be deleted"):
            refuse_spent(SOURCE, state, ["old"])
        refuse_spent(SOURCE, state, ["newest"])
        for grant in ("newest", UNKNOWN):
            assert (
                diff(SOURCE, state, inputs("zendesk", {**ZENDESK, "oauth_grant_id": grant}), is_unknown).changes is None
            )
    assert diff(SOURCE, later, inputs("zendesk", {**bare, "oauth_grant_id": "new"}), is_unknown).changes is False
    assert spent_since(SOURCE, recorded, ZENDESK) == spent_since(SOURCE, inputs("hubspot", HUBSPOT), HUBSPOT) == {}


SALESFORCE = {"auth_mode": "oauth", "resources": ["Account"], "oauth_grant_id": "old"}


class OneRun:
    """The checks of one run, each of a resource of the program."""

    def __init__(self) -> None:
        self.sources = CheckedObjects()

    def check(
        self,
        resource: str,
        connector: str,
        config: dict[str, Any],
        was: dict[str, Any] | None = None,
        *,
        exists: bool = False,
        **more: Any,
    ) -> list[str]:
        given = {"connector": connector, "config": config, PROPOSED_NAME: f"{resource}-0000000", **more}
        recorded = {} if was is None else inputs(connector, was, name=resource)
        return check(SOURCE, given, recorded, is_unknown, self.sources, exists=exists)[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("zendesk", ZENDESK), ("zendesk", ZENDESK)),
        (("zendesk", ZENDESK), ("salesforce", SALESFORCE)),
        # It is recorded, so it is used up.
        (("zendesk", ZENDESK, ZENDESK), ("zendesk", ZENDESK)),
        (("zendesk", ZENDESK), ("zendesk", ZENDESK, ZENDESK)),
        # An update sends it.
        (("zendesk", ZENDESK, {**ZENDESK, "oauth_grant_id": "before"}), ("salesforce", SALESFORCE)),
    ],
)
def test_one_grant_for_two_sources_of_a_program_is_refused(first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    """It is good for one request: the second source would fail in the run. The grant itself is not shown."""
    run = OneRun()
    assert run.check("one", *first) == []
    (fault,) = run.check("two", *second)
    assert fault == (
        "config.oauth_grant_id: the source 'one' of this program has the same grant, which is good for one request. "
        "Sign in to the service again in Streamkap, and declare a grant of its own"
    )
    # Though its name is not known yet; and each of more than two.
    assert run.check("three", "zendesk", ZENDESK, name=UNKNOWN)[0].startswith("config.oauth_grant_id: the source 'one'")


def test_a_shared_grant_is_reported_in_the_users_spelling() -> None:
    """As everything else."""
    run = OneRun()
    spelled: dict[str, Any] = {
        SPELLING: spelling_input(Spelling(keys={"oauth_grant_id": "oauth_grant_id.user.defined"}))
    }
    run.check("one", "zendesk", ZENDESK)
    (fault,) = run.check("two", "zendesk", ZENDESK, **spelled)
    assert fault.startswith("config.oauth_grant_id.user.defined: the source 'one'")


def test_a_grant_that_two_sources_do_not_both_need_is_not_a_fault() -> None:
    """Where nothing sends it, where it is not known yet, and where one source is checked twice or in another run."""
    run = OneRun()
    assert run.check("one", "zendesk", ZENDESK, ZENDESK) == run.check("two", "zendesk", ZENDESK, ZENDESK) == []
    run = OneRun()
    unknown_grant = {**ZENDESK, "oauth_grant_id": UNKNOWN}
    assert run.check("one", "zendesk", unknown_grant) == run.check("two", "zendesk", unknown_grant) == []
    assert run.check("one", "zendesk", ZENDESK) == run.check("one", "zendesk", ZENDESK) == []
    assert run.check("two", "zendesk", {**ZENDESK, "oauth_grant_id": "new"}) == []
    assert OneRun().check("two", "zendesk", ZENDESK) == []
    run = OneRun()
    assert run.check("one", "zendesk", ZENDESK, exists=True) == run.check("two", "zendesk", ZENDESK, exists=True) == []


def test_a_replacement_that_the_engine_decides_on_is_refused_with_the_spent_grant_in_the_preview() -> None:
    """As with `replace_on_changes`: the engine checks the source again, without what is recorded."""
    run = OneRun()
    changed = {**ZENDESK, "resources": ["users"]}
    assert run.check("one", "zendesk", changed, ZENDESK) == []
    (fault,) = run.check("one", "zendesk", changed)
    assert fault == (
        "config.oauth_grant_id: this grant was already used for the existing source: a "
        "replacement could not be created with it. Sign in to the service again in Streamkap, and declare the new grant"
    )
    renewed = {**changed, "oauth_grant_id": "new"}
    assert run.check("two", "zendesk", renewed, ZENDESK) == run.check("two", "zendesk", renewed) == []
    assert run.check("three", "zendesk", {**changed, "oauth_grant_id": UNKNOWN}) == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoAnswerError("lost", operation="POST /sources"), True),
        (error_for(operation="PUT /sources/1", status=403, detail="no"), True),
        (error_for(operation="POST /sources/1/actions/pause", status=500), True),
        (error_for(operation="POST /sources", status=429), False),
        (error_for(operation="POST /sources", status=401), False),
        (ConnectionFailedError("no connection", operation="POST /sources"), False),
        (NoAnswerError("lost", operation="GET /sources/1"), False),
        (InterruptedRunError("not sent", operation="PUT /sources/1"), False),
        (error_for(operation="PUT /sources/1", status=422, detail=[{"loc": ["body", "config"], "msg": "no"}]), False),
        (error_for(operation="PUT /sources/1", status=422, detail="no"), True),
        (LifecycleError("refused here"), False),
    ],
)
def test_after_a_failed_request_with_a_grant_a_new_one_is_asked_for(error: StreamkapError, told: bool) -> None:
    """Unless certainly nothing was acted on; and not where the grant was recorded before, so that it was not sent."""
    assert bool(after_a_try(SOURCE, error, inputs("zendesk", ZENDESK), {})) is told
    assert after_a_try(SOURCE, error, inputs("zendesk", ZENDESK), inputs("zendesk", ZENDESK)) == ""
    assert after_a_try(SOURCE, error, inputs("hubspot", HUBSPOT), {}) == ""
