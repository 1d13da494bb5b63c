"""What the catalogue says is wrong with a config."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import connector_codes, find_connector
from streamkap_pulumi.config.validation import faults

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "canary-of-the-database"

ORDERS: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.dbname": "shop",
    "database.user": "streamkap",
    "database.password": SECRET,
    "schema.include.list": "public",
    "table.include.list.user.defined": "public.orders",
}


def unknown(value: Any) -> bool:
    return isinstance(value, str) and value == UNKNOWN


def found(config: dict[str, Any], connector: str = "postgresql") -> list[str]:
    known = find_connector(connector)
    assert known is not None
    return [f"{key}: {text}" for key, text in faults(known, config, unknown)]


def test_a_right_config_has_no_fault() -> None:
    """With what is required, and with optional properties in any accepted spelling."""
    assert found(ORDERS) == []
    assert found(ORDERS | {"database.port.user.defined": 5432.0, "ssh.enabled": "true", "ssh.host": "bastion"}) == []
    assert found(ORDERS | {"snapshot.read.only.user.defined": True, "streamkap.snapshot.parallelism": "3"}) == []
    assert found({"token": "x", "resources": "contacts,deals"}, "hubspot") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"database.hostnam": "x"},
            "database.hostnam: postgresql has no such property; did you mean 'database.hostname",
        ),
        ({"aws.region": "x"}, "aws.region: postgresql has no such property; dynamodb has"),
        ({"zzz": "x"}, "zzz: postgresql has no such property."),
        ({"database.user": None}, "database.user: it is missing; postgresql needs it"),
        ({"database.user": ""}, "database.user: it is missing; postgresql needs it"),
        ({"database.sslmode": "requires"}, "'requires' is not one of require, disable; did you mean 'require'?"),
        ({"streamkap.snapshot.parallelism": 11}, "streamkap.snapshot.parallelism: 11 is not from 1 to 10"),
        ({"streamkap.snapshot.parallelism": 1.5}, "streamkap.snapshot.parallelism: 1.5 is no whole number"),
        ({"database.port.user.defined": "http"}, "database.port.user.defined: 'http' is no whole number"),
        ({"heartbeat.enabled": "perhaps"}, "heartbeat.enabled: 'perhaps' is no boolean; write True or False"),
        ({"database.hostname.user.defined": {"a": "b"}}, "database.hostname.user.defined: it is no text"),
        ({"database.password": {"a": SECRET}}, "database.password: it is no text"),
        ({"ssh.host": "b"}, "ssh.host: it has no effect unless ssh.enabled is True; set that, or leave this out"),
        ({"ssh.enabled": True}, "ssh.host: it is missing; postgresql needs it when ssh.enabled is True"),
        ({"ssh.public.key.user.displayed": "x"}, "ssh.public.key.user.displayed: the server fills it in; leave it out"),
        ({"column.exclude.list.user.defined": "a"}, "it has no effect unless column.include.list.toggled is False"),
    ],
)
def test_each_fault_is_one_sentence_about_one_key(change: dict[str, Any], said: str) -> None:
    """And none tells a secret."""
    texts = found(ORDERS | change)
    assert len([text for text in texts if said in text]) == 1, texts
    assert SECRET not in str(texts)


def test_other_families_have_faults_of_their_own() -> None:
    """Lists with a least length, properties that go together, conditions on a list of values."""
    assert found({"token": "x", "resources": []}, "hubspot") == ["resources: it is missing; hubspot needs it"]
    assert found({"access_token": "x", "resources": ["a"], "account_id": "1", "app_id": "1"}, "facebook_ads") == [
        "app_id: it goes with app_secret, which is missing"
    ]
    google = {"resources": ["a"], "customer_id": "1", "auth_mode": "service_account", "service_account_key": "x"}
    assert found(google, "google_ads") == []
    assert found(google | {"client_id": "1"}, "google_ads") == [
        "client_id: it has no effect unless auth_mode is one of oauth, refresh_token; set that, or leave this out"
    ]


def test_what_is_not_known_in_a_preview_is_skipped() -> None:
    """The value, the condition that rests on it, and what is then required."""
    assert found(ORDERS | {"database.user": UNKNOWN, "streamkap.snapshot.parallelism": UNKNOWN}) == []
    assert found(ORDERS | {"ssh.enabled": UNKNOWN, "ssh.host": "b"}) == []
    assert found(ORDERS | {"ssh.enabled": UNKNOWN}) == []


@given(
    st.sampled_from(connector_codes()),
    st.dictionaries(
        st.text(max_size=8) | st.sampled_from([*ORDERS, "resources", "ssh.enabled", "ssh.host"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
            max_leaves=5,
        ),
        max_size=6,
    ),
)
def test_whatever_a_config_holds_the_answer_is_a_list_of_sentences(code: str, config: dict[str, Any]) -> None:
    """Never a traceback."""
    for text in found(config, code):
        assert text.strip()
