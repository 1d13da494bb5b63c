"""Whose a source is: nobody's but its maker's, where the API does not show what it holds."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from streamkap_pulumi.api.models import SourceConnector, Whoami
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.identity import Asked, differing_keys, hidden_keys, may_be_it, moment, why_another
from tests.lifecycle.samples import HUBSPOT, ORDERS, a_source, but

WHO = Whoami(tenant_id="t", service_id="s")
SINCE = datetime(2026, 1, 1, tzinfo=timezone.utc)


def live(declared: Declared, config: Any, made: str = "2026-01-01T00:00:05Z") -> SourceConnector:
    return SourceConnector(
        id="1", name=declared.name, connector=declared.connector, config=config, created_timestamp=made
    )


def of_tenant(source: SourceConnector, tenant: str) -> SourceConnector:
    return source.model_copy(update={"tenant_id": tenant})


def shown(**other: Any) -> dict[str, Any]:
    config: dict[str, Any] = dict(ORDERS.config)
    return {**config, **{key.replace("__", "."): value for key, value in other.items()}}


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in ORDERS.config.items() if name != key}


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        shown(database__password=None),
        shown(database__password="********"),
        shown(database__user=None),
        without("database.password"),
    ],
    ids=["no config", "an empty config", "null", "a mask", "null that is no secret", "left out"],
)
def test_a_source_that_does_not_show_what_is_declared_is_not_taken_for_ours(config: Any) -> None:
    """It may be ours all the same, which is reported. As drift the same does not count."""
    found = live(ORDERS, config)
    why = why_another(ORDERS, found, WHO, Asked(SINCE))
    assert why is not None
    assert why.startswith("Streamkap does not show what it holds: ")
    assert may_be_it(ORDERS, found, WHO, Asked(SINCE))
    assert list(differing_keys(ORDERS, found)) == []


def test_a_source_that_shows_all_of_it_is_ours() -> None:
    """Empty values may not be shown, nor what the server adds."""
    declared = but(ORDERS, config={**ORDERS.config, "slot.name": ""})
    assert why_another(declared, live(declared, shown(newer="x")), WHO, Asked(SINCE)) is None


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (live(ORDERS, shown(database__user="other")), "other values than declared: database.user"),
        (live(ORDERS, None, "2025-12-31T00:00:00Z"), "it was created before that"),
        (live(HUBSPOT, None), "its connector is hubspot"),
        (of_tenant(live(ORDERS, shown()), "other"), "it belongs to another tenant or project"),
    ],
)
def test_a_source_that_cannot_be_ours_is_reported_as_such(found: SourceConnector, why: str) -> None:
    """Whatever else it does not show."""
    assert why in (why_another(ORDERS, found, WHO, Asked(SINCE)) or "")
    assert not may_be_it(ORDERS, found, WHO, Asked(SINCE))


@pytest.mark.parametrize(
    ("shown_origin", "ours"), [("web", False), ("terraform", False), ("api", True), (None, True), ("ui", True)]
)
def test_a_source_that_was_created_from_elsewhere_is_not_ours(shown_origin: str | None, ours: bool) -> None:
    """Where the API says it, in a documented word."""
    found = SourceConnector.model_validate({**live(ORDERS, shown()).model_dump(), "created_from": shown_origin})
    assert ((why_another(ORDERS, found, WHO, Asked(SINCE)) is None), may_be_it(ORDERS, found, WHO, Asked(SINCE))) == (
        ours,
        ours,
    )
    if not ours:
        assert why_another(ORDERS, found, WHO, Asked(SINCE)) == f"it was created from {shown_origin!r}, not from 'api'"
        declared = but(ORDERS, created_from=str(shown_origin))
        assert why_another(declared, found, WHO, Asked(SINCE)) is None


def test_what_the_api_never_shows_is_not_missed() -> None:
    """A grant that is write-only, and a property whose condition is not met; with the condition met it is missed."""
    grant = a_source(name="ads", connector="google_ads", config={"oauth_grant_id": "canary-grant"})
    assert list(hidden_keys(grant, live(grant, {}))) == []
    tunnel = but(ORDERS, config={**ORDERS.config, "ssh.host": "bastion", "ssh.enabled": False})
    assert list(hidden_keys(tunnel, live(tunnel, shown(ssh__enabled=False, ssh__host=None)))) == []
    tunnel = but(ORDERS, config={**ORDERS.config, "ssh.host": "bastion", "ssh.enabled": True})
    assert list(hidden_keys(tunnel, live(tunnel, shown(ssh__enabled=True, ssh__host=None)))) == ["ssh.host"]


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_not_a_moment_is_not_taken_for_one(text: str | None) -> None:
    """And no age is reported then."""
    assert moment(text) is None
