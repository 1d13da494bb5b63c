"""The answer of `GET /sources/connectors`, in all documented variations and in undocumented ones."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import SOURCES, Condition, Property
from streamkap_pulumi.config.comparison import compare
from streamkap_pulumi.config.live_schema import LiveConnector, attribute_name, connectors, user_defined_keys
from tests.config.catalogues import CONNECTORS


def sources(answer: Any, code: str | None = None) -> list[LiveConnector]:
    return connectors(answer, SOURCES, code)


def one(row: dict[str, Any], name: str = "Brand New", **others: Any) -> Property:
    """The only property of an answer with one row."""
    (live,) = sources({name: {"config": [row], **others}})
    return live.connector.properties[row["name"]]


def test_the_field_of_every_known_key_is_as_in_the_catalogue() -> None:
    """The rule gives it. Two exceptions were named by hand, and known keys keep theirs."""
    exceptions = set()
    for connector in CONNECTORS:
        assert connector.catalogue is not None
        exceptions |= {known.key for known in connector.properties.values() if attribute_name(known.key) != known.field}
        rows = [{"name": key} for key in connector.properties]
        (live,) = connectors({connector.display_name: rows}, connector.catalogue, connector.code)
        assert {key: known.field for key, known in live.connector.properties.items()} == {
            key: known.field for key, known in connector.properties.items()
        }
    assert exceptions == {
        "streamkap.snapshot.large.table.threshold",
        "streamkap.snapshot.custom.table.config.user.defined",
    }


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("brand.new-key.user.defined", "brand_new_key"),
        ("ssh.public.key.user.displayed", "ssh_public_key"),
        ("transforms.AddTTLField.maxSize", "transforms_add_ttl_field_max_size"),
    ],
)
def test_a_new_key_gets_its_field_by_the_rule(key: str, field: str) -> None:
    """Without the suffix, with underscores for dots and hyphens, and with camel case split into words."""
    assert one({"name": key, "value": {"control": "string"}}).field == field


@pytest.mark.parametrize(
    ("control", "type_", "wire"),
    [
        ("string", "string", "string"),
        ("text", "string", "string"),
        ("password", "string", "string"),
        ("textarea", "string", "string"),
        ("datetime", "string", "string"),
        ("json", "string", "string"),
        ("number", "integer", "number-or-string"),
        ("slider", "integer", "integer"),
        ("boolean", "boolean", "boolean"),
        ("toggle", "boolean", "boolean"),
        ("one-select", "string", "string"),
        ("select", "string", "string"),
        ("multi-select", "list", "array<string>"),
        ("hologram", "string", "string"),
    ],
)
def test_a_new_key_gets_its_type_by_the_control(control: str, type_: str, wire: str) -> None:
    """An unknown control means a string."""
    known = one({"name": "brand.new", "value": {"control": control}})
    assert (known.type, known.wire) == (type_, wire)


def test_a_port_is_a_number() -> None:
    """Although it has the control of a string."""
    assert one({"name": "proxy.port.user.defined", "value": {"control": "string"}}).type == "integer"
    assert one({"name": "airport", "value": {"control": "string"}}).type == "string"


def test_a_new_key_is_read_in_full() -> None:
    """Choices may be objects. With a default or a condition, required does not mean always required."""
    row = {
        "name": "brand.new",
        "description": "What it\n is.",
        "required": True,
        "tab": "auth",
        "conditions": [{"operator": "eq", "config": "other", "value": True}, "garbage"],
        "value": {"control": "one-select", "raw_values": ["a", {"value": "b", "label": "B"}], "default": "a"},
    }
    known = one(row)
    assert (known.group, known.description, known.enum, known.default) == ("connection", "What it is.", ("a", "b"), "a")
    assert known.conditions == (Condition("EQ", "other", True),)
    assert (known.required, known.required_if_shown) == (False, True)
    known = one({**row, "conditions": []})
    assert (known.required, known.required_if_shown) == (False, False)
    known = one({"name": "n", "required": True, "value": {"control": "slider", "min": 1, "max": "9"}})
    assert (known.required, known.min, known.max) == (True, 1, 9)
    known = one({"name": "n", "value": {"control": "string", "readonly": True, "default": "<URL>"}})
    assert (known.server_assigned, known.default, known.placeholder) == (True, None, "<URL>")


def test_a_secret_is_recognised_by_its_mark_control_or_name() -> None:
    """The API forgets to mark some, so the name of a new property counts as well."""
    assert one({"name": "n", "encrypt": True}).secret
    assert one({"name": "n", "value": {"control": "password"}}).secret
    assert one({"name": "my_api_key", "value": {"control": "string"}}).secret
    assert not one({"name": "n", "encrypt": False}).secret


def test_only_what_users_set_is_a_property() -> None:
    """Computed keys are kept apart, and deleted ones are absent."""
    (live,) = sources(
        {
            "MySQL": [
                {"name": "database.hostname.user.defined", "user_defined": True},
                {"name": "database.hostname", "user_defined": False},
                {"name": "old", "is_deleted": True},
            ]
        }
    )
    assert set(live.connector.properties) == {"database.hostname.user.defined"}
    assert live.computed == frozenset({"database.hostname"})


def test_what_the_answer_omits_is_as_in_the_catalogue() -> None:
    """So it is not a difference."""
    connector = SOURCES.find("postgresql")
    assert connector is not None
    (live,) = sources({"PostgreSQL": [{"name": key} for key in connector.properties]})
    keep = ("field", "type", "wire", "required", "secret", "default", "enum", "min", "max", "conditions", "group")
    for key, known in connector.properties.items():
        now = live.connector.properties[key]
        assert {name: getattr(now, name) for name in keep} == {name: getattr(known, name) for name in keep}


def test_fields_may_be_spelled_with_the_dot_of_the_documentation() -> None:
    """``value.control`` and the like."""
    known = one({"name": "n", "value.control": "slider", "value.default": 5, "value.max": 9})
    assert (known.type, known.default, known.max) == ("integer", 5, 9)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"MongoDB": [{"name": "ssh.enabled"}]}, "mongodbhosted"),
        ({"MongoDB Atlas": [{"name": "ssh.enabled"}]}, "mongodb"),
        ({"mongodb": [{"name": "ssh.enabled"}]}, "mongodb"),
        ({"POSTGRESQL": [{"name": "n"}]}, "postgresql"),
        ({"Stripe": [{"name": "token"}]}, "stripe"),
        ({"Stripe": [{"name": "webhook.url"}, {"name": "api.key"}]}, "stripe_webhook"),
        ({"Stripe (stripe)": [{"name": "webhook.url"}, {"name": "api.key"}]}, "stripe"),
        ({"Whatever": {"connector_code": "db2", "config": [{"name": "n"}]}}, "db2"),
        ([{"connector": "mysql", "display_name": "MySQL", "config": [{"name": "n"}]}], "mysql"),
        ({"Brand New (4)": [{"name": "n"}]}, "brand_new_4"),
    ],
)
def test_each_connector_finds_its_counterpart(answer: Any, code: str) -> None:
    """By its code or its display name; by its keys if several share the name."""
    (live,) = sources(answer)
    assert live.connector.code == code
    assert (live.bundled is None) == (code == "brand_new_4")


def test_two_connectors_with_the_same_name_are_distinguished_by_their_keys() -> None:
    """Whichever comes first."""
    first = {"display_name": "Stripe", "config": [{"name": "token"}, {"name": "webhook.url"}, {"name": "api.key"}]}
    second = {"display_name": "Stripe", "config": [{"name": "token"}, {"name": "account_id"}]}
    for answer in ([first, second], [second, first]):
        codes = {len(live.connector.properties): live.connector.code for live in sources(answer)}
        assert codes == {3: "stripe_webhook", 2: "stripe"}


def test_the_only_entry_is_the_connector_that_the_request_was_for() -> None:
    """Even with an unknown name, but not if it is another known connector."""
    assert sources({"Stripe": [{"name": "token"}]}, "stripe_webhook")[0].connector.code == "stripe_webhook"
    assert sources({"New name": [{"name": "n"}]}, "mysql")[0].bundled is SOURCES.find("mysql")
    assert sources({"Neon": [{"name": "n"}]}, "neon")[0].connector.code == "neon"
    assert sources({"Db2": [{"name": "n"}]}, "mysql") == []


def test_the_keys_can_be_read_without_a_catalogue() -> None:
    """In both shapes, for all connectors."""
    rows = [{"name": "a"}, {"name": "b", "user_defined": False}, {"no": "name"}, 5]
    for answer in ({"X": rows}, {"X": {"config": rows}}):
        assert user_defined_keys(answer) == {"a": True, "b": False}
    assert user_defined_keys({"detail": "no"}) == {}


WORDS = st.sampled_from(
    [
        "name",
        "config",
        "value",
        "control",
        "default",
        "min",
        "max",
        "raw_values",
        "conditions",
        "operator",
        "required",
        "encrypt",
        "readonly",
        "slider",
        "one-select",
        "MySQL",
        "Stripe",
        "database.port.user.defined",
        "ssh.enabled",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=6),
    max_leaves=30,
)
ROW = st.fixed_dictionaries(
    {"name": WORDS},
    optional={
        "value": st.dictionaries(WORDS, JSON, max_size=6),
        "conditions": st.lists(st.dictionaries(st.sampled_from(["operator", "config", "value"]), JSON)) | JSON,
        "required": JSON,
        "encrypt": JSON,
        "user_defined": JSON,
        "tab": JSON,
        "description": JSON,
    },
)


@settings(max_examples=300)
@given(JSON | st.dictionaries(WORDS, st.lists(ROW | JSON, max_size=4) | JSON, max_size=4))
def test_garbage_is_skipped(answer: Any) -> None:
    """Nothing raises, and the result can be compared and written as JSON."""
    before = copy.deepcopy(answer)
    result = compare(sources(answer), SOURCES)
    json.dumps([each.live for each in result.differences], default=str)
    user_defined_keys(answer)
    assert repr(answer) == repr(before)
