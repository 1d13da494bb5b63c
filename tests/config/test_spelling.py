"""From the user's spelling of a key to the connector's own key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streamkap_pulumi.config.catalogue import SOURCES, LaterProperty
from streamkap_pulumi.config.secrecy import is_secret
from streamkap_pulumi.config.spelling import ConfigByKey, Spelling, field_key, is_computed_twin, near_key, real_key
from tests.config.catalogues import CONNECTORS

POSTGRESQL = SOURCES.find("postgresql")


@pytest.mark.parametrize(
    ("written", "real"),
    [
        ("database.dbname.user.defined", "database.dbname"),
        ("database.user.user.defined", "database.user"),
        ("database.password.user.defined", "database.password"),
        ("table.include.list", "table.include.list.user.defined"),
        ("database.hostname", "database.hostname.user.defined"),
        ("database.user", "database.user"),
        ("table.include.list.user.defined", "table.include.list.user.defined"),
        ("nobody.knows.this", "nobody.knows.this"),
    ],
)
def test_a_key_with_a_suffix_too_many_or_too_few_is_an_alias(written: str, real: str) -> None:
    """The reference page's own example has four such keys."""
    assert real_key(POSTGRESQL, written) == real


def test_a_connectors_own_keys_are_never_renamed() -> None:
    """For all properties of all connectors."""
    for connector in CONNECTORS:
        assert [key for key in connector.properties if real_key(connector, key) != key] == []


def test_an_unknown_connector_keeps_every_key() -> None:
    """There is nothing to compare with."""
    assert SOURCES.find("brand_new") is None
    assert real_key(None, "database.user.user.defined") == "database.user.user.defined"


def test_a_secret_is_known_by_the_catalogue_or_else_by_its_name() -> None:
    """A credential of a newer connector is just as secret."""
    assert is_secret(POSTGRESQL, "database.password")
    assert not is_secret(POSTGRESQL, "database.user")
    assert is_secret(SOURCES.find("s3"), "aws.access.key.id")
    assert is_secret(None, "new.api_key")
    assert not is_secret(None, "new.hostname")


def test_every_secret_of_the_catalogue_is_known_by_its_name_too() -> None:
    """So it is a secret even before the program knows the connector."""
    for connector in CONNECTORS:
        assert [key for key, known in connector.properties.items() if known.secret and not is_secret(None, key)] == []


def test_what_the_server_computes_from_a_secret_is_a_secret() -> None:
    """MongoDB's connection string contains a password."""
    assert is_secret(SOURCES.find("mongodb"), "mongodb.connection.string")


def test_the_servers_own_twin_of_an_input_is_recognised() -> None:
    """``database.hostname`` may be the address of an SSH tunnel."""
    assert POSTGRESQL is not None
    assert is_computed_twin(POSTGRESQL, "database.hostname")
    assert not is_computed_twin(POSTGRESQL, "database.hostname.user.defined")
    assert not is_computed_twin(POSTGRESQL, "something.else")


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("database.hostnam", "database.hostname.user.defined"),
        ("database_hostname", "database.hostname.user.defined"),
        ("databse_hostname", "database.hostname.user.defined"),
        ("Database.User", "database.user"),
        ("ssh.public.key", "ssh.public.key.user.displayed"),
        ("insert_static_key_field_1", "transforms.InsertStaticKey1.static.field"),
        ("post.processor.reselect.enabled", "post.processors.reselect.enabled"),
        ("zzz", None),
        ("", None),
        ("x" * 100_000, None),
    ],
)
def test_a_near_key_is_found(written: str, near: str | None) -> None:
    """For a field's name as well, which is what Streamkap's Terraform provider calls a property."""
    assert POSTGRESQL is not None
    assert near_key(POSTGRESQL, written) == near


def test_every_field_leads_to_its_own_key() -> None:
    """For all connectors, by current and deprecated names. So does every near name."""
    for connector in CONNECTORS:
        current = {known.field: known.key for known in connector.later.values()}
        current |= {known.field: known.key for known in connector.properties.values()}
        assert {field: field_key(connector, field) for field in current} == current
        assert {field: near_key(connector, field) for field in current} == current
        assert {key: near_key(connector, key) for key in current.values()} == {key: key for key in current.values()}
        for known in connector.properties.values():
            assert {field_key(connector, old) for old in known.deprecated_fields if old not in current} <= {known.key}
        assert field_key(connector, "zzz") is None


def test_a_current_field_wins_over_a_deprecated_one_of_the_same_name() -> None:
    """Whichever comes first."""
    assert POSTGRESQL is not None
    rows = dict(POSTGRESQL.properties)
    rows["slot.name"] = replace(rows["slot.name"], deprecated_fields=("ssh_host", "database_user", "slot"))
    connector = replace(POSTGRESQL, properties=rows)
    assert field_key(connector, "ssh_host") == "ssh.host"
    assert field_key(connector, "database_user") == "database.user"
    assert field_key(connector, "slot") == "slot.name"


def test_what_is_newer_than_the_survey_keeps_its_key_and_its_secrecy() -> None:
    """Its name still marks a secret that the survey did not mark."""
    assert POSTGRESQL is not None
    later = {
        "new": LaterProperty("new", "new", "string", secret=True),
        "new.token": LaterProperty("new.token", "new_token", "string"),
        "ssh.host.user.defined": LaterProperty("ssh.host.user.defined", "ssh_host_2", "string"),
    }
    connector = replace(POSTGRESQL, later=later)
    assert is_secret(connector, "new")
    assert is_secret(connector, "new.token")
    assert not is_secret(connector, "ssh.host.user.defined")
    assert real_key(connector, "ssh.host.user.defined") == "ssh.host.user.defined"


def test_a_config_is_read_once_into_the_connectors_own_keys() -> None:
    """How each property was written is kept. What is None is left out."""
    config = ConfigByKey.of(POSTGRESQL, {"database.hostname": "h", "database.user": "u", "slot.name": None, 5: "x"})
    assert config.values == {"database.hostname.user.defined": "h", "database.user": "u", 5: "x"}
    assert config.spelling == Spelling(keys={"database.hostname.user.defined": "database.hostname"})
    assert config.clashes == {}
    assert ConfigByKey.of(None, {"database.hostname": "h"}).values == {"database.hostname": "h"}


def test_a_typed_config_is_read_by_field_older_field_or_key() -> None:
    """Only the older name is kept for messages."""
    fields = {"database_user": "u", "insert_static_key_field_1": "a", "slot.name": "s"}
    config = ConfigByKey.of(POSTGRESQL, fields, typed=True)
    older = "transforms.InsertStaticKey1.static.field"
    assert config.values == {"database.user": "u", older: "a", "slot.name": "s"}
    assert config.spelling == Spelling(typed=True, keys={older: "insert_static_key_field_1"})


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_names_for_one_property_the_regular_one_wins(backwards: bool) -> None:
    """In either order. The other name is a clash."""
    pairs = [("database.user", "right"), ("database.user.user.defined", "wrong")]
    config = ConfigByKey.of(POSTGRESQL, dict(pairs[::-1] if backwards else pairs))
    assert (config.values, config.clashes) == (
        {"database.user": "right"},
        {"database.user.user.defined": "database.user"},
    )


def test_a_key_that_the_user_vouches_for_is_not_renamed() -> None:
    """It is sent as it is, although it is written like an alias."""
    config = ConfigByKey.of(POSTGRESQL, {"database.hostname": "h"}, unchecked=["database.hostname"])
    assert (config.values, config.spelling) == ({"database.hostname": "h"}, Spelling())
