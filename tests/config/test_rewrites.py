"""Values that Streamkap rewrites: both forms mean the same, and the user's own is sent."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.config.catalogue import SOURCES, Property
from streamkap_pulumi.config.values import REWRITES, canonical, moment, same


def known(connector: str, key: str) -> Property:
    found = SOURCES.find(connector)
    assert found is not None
    return found.properties[key]


@pytest.mark.parametrize(
    ("connector", "key", "written", "shown"),
    [
        ("google_analytics", "backfill_start", "2026-01-01", "2026-01-01T00:00:00+00:00"),
        ("hubspot", "backfill_start", "2026-01-01", "2026-01-01T00:00:00Z"),
        ("stripe", "backfill_start", "2026-01-01T12:00:00", "2026-01-01T12:00:00+00:00"),
        ("zendesk", "backfill_start", "2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00+00:00"),
        ("facebook_ads", "account_id", "act_123456", "123456"),
        ("facebook_ads", "account_ids", ["act_1", "2"], "1,2"),
        ("google_ads", "customer_id", "123-456-7890", "1234567890"),
        ("google_ads", "login_customer_id", "123-456-7890", 1234567890),
        ("google_ads", "customer_ids", ["123-456-7890", "1"], "1,1234567890"),
    ],
)
def test_a_value_and_its_rewritten_form_mean_the_same(connector: str, key: str, written: Any, shown: Any) -> None:
    """In both directions. What is sent stays as it was written."""
    prop = known(connector, key)
    assert same(prop, written, shown)
    assert same(prop, shown, written)
    assert canonical(prop, written) == written


@pytest.mark.parametrize(
    ("connector", "key", "one", "other"),
    [
        ("hubspot", "backfill_start", "2026-01-01", "2026-01-02T00:00:00+00:00"),
        ("hubspot", "backfill_start", "2026-01-01", "2026-01-01T00:00:01+00:00"),
        ("hubspot", "backfill_start", "yesterday", "tomorrow"),
        ("hubspot", "backfill_start", "2026-01-01", None),
        ("facebook_ads", "account_id", "act_1", "2"),
        ("facebook_ads", "account_id", "1act_", "1"),
        ("google_ads", "customer_id", "123-456-7890", "1234567891"),
        ("netsuite", "account_id", "act_1", "1"),
        ("netsuite", "account_id", "1-SB1", "1SB1"),
    ],
)
def test_another_value_is_another_value(connector: str, key: str, one: Any, other: Any) -> None:
    """Even if a property with the same name follows the rule in another connector."""
    assert not same(known(connector, key), one, other)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-01", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T12:00:00z", "2026-01-01T12:00:00+00:00"),
        ("2026-01-01T12:00:00.5Z", "2026-01-01T12:00:00.500000+00:00"),
        ("2026-01-01T12:00:00.123456789+02:00", "2026-01-01T12:00:00.123456+02:00"),
        ("soon", None),
        ("", None),
    ],
)
def test_a_moment_is_read_from_iso_8601(written: str, meant: str | None) -> None:
    """With any number of digits in its fraction; without a zone it is UTC."""
    found = moment(written)
    assert (found.isoformat() if found else None) == meant


def test_every_rule_that_the_catalogue_names_is_known() -> None:
    """Otherwise it would have no effect."""
    named = {prop.normalised for connector in SOURCES for prop in connector.properties.values() if prop.normalised}
    assert named == REWRITES.keys()
