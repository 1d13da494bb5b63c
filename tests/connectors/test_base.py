"""Typed configs: what they accept, what they refuse, and what they become."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

import streamkap_pulumi as streamkap
from streamkap_pulumi import connectors
from streamkap_pulumi.config.catalogue import SOURCES, Connector
from tests.config.catalogues import CONNECTORS, each_connector
from tests.config.strategies import valid_config

CANARY = "canary-of-the-database"
ORDERS: dict[str, Any] = {
    "database_hostname": "db.example.com",
    "database_dbname": "shop",
    "database_user": "streamkap",
    "database_password": CANARY,
    "schema_include_list": ["public"],
    "table_include_list": ["public.orders", "public.customers"],
}
KEYS: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.user": "streamkap",
    "database.password": CANARY,
    "database.dbname": "shop",
    "schema.include.list": ["public"],
    "table.include.list.user.defined": ["public.orders", "public.customers"],
}


def orders(**changes: Any) -> streamkap.ConnectorConfig:
    """The class as an unchecked program uses it."""
    made: Any = streamkap.PostgreSQLConfig
    config: streamkap.ConnectorConfig = made(**{**ORDERS, **changes})
    return config


def refused(**changes: Any) -> list[str]:
    with pytest.raises(streamkap.ConfigError) as error:
        orders(**changes)
    assert CANARY not in str(error.value) + repr(error.value)
    return error.value.faults


def connector(code: str) -> Connector:
    found = SOURCES.find(code)
    assert found is not None
    return found


def test_fields_become_the_connectors_own_keys() -> None:
    """A field that is omitted or None is not declared."""
    assert orders().given() == KEYS
    assert orders(database_port=5432, slot_name=None).given() == {**KEYS, "database.port.user.defined": 5432}
    assert orders().connector == "postgresql"


def test_the_dotted_keys_and_their_aliases_make_the_same_config() -> None:
    """So do the keys of Streamkap's reference page, two of which are not the connector's own."""
    page = {
        "database.hostname.user.defined": "db.example.com",
        "database.dbname.user.defined": "shop",
        "database.user.user.defined": "streamkap",
        "database.password.user.defined": CANARY,
        "schema.include.list": ["public"],
        "table.include.list": ["public.orders", "public.customers"],
    }
    assert streamkap.PostgreSQLConfig.from_properties(KEYS) == orders()
    assert streamkap.PostgreSQLConfig.from_properties(page).given() == KEYS


def test_values_that_are_not_known_yet_are_not_checked() -> None:
    """Nor is what depends on them."""
    later = pulumi.Output.from_input(True)
    assert orders(ssh_enabled=later).given()["ssh.enabled"] is later
    assert orders(ssh_enabled=later, ssh_host="bastion").given()["ssh.host"] == "bastion"
    assert orders(database_password=pulumi.Output.from_input(1)).given().keys() == KEYS.keys()
    tables = [pulumi.Output.from_input("public.orders"), "public.customers"]
    assert orders(table_include_list=tables).given()["table.include.list.user.defined"] == tables


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"database_hostnam": "h"},
            "database_hostnam: postgresql has no such property; did you mean 'database_hostname'?",
        ),
        ({"database_user": None}, "database_user: it is missing; postgresql needs it"),
        ({"database_port": "http"}, "database_port: 'http' is not a whole number"),
        ({"database_sslmode": "requires"}, "database_sslmode: 'requires' is not one of require, disable"),
        ({"database_port": 70000}, "database_port: 70000 is out of range; it must be from 1 to 65535"),
        ({"ssh_enabled": True}, "ssh_host: it is missing; postgresql needs it when ssh_enabled is True"),
        ({"database_password": [CANARY]}, "database_password: it is a list"),
        ({"aws_region": "eu-west-1"}, "aws_region: postgresql has no such property, but dynamodb does"),
        ({"extra_config": "a"}, "extra_config: it must be a mapping"),
        (
            {"database_port": 1, "database.port.user.defined": 2},
            "database.port.user.defined: it is another name of 'database_port', which is set too",
        ),
        (
            {"extra_config": {"slot_name": "b"}},
            "extra_config.slot_name: extra_config needs dotted keys, here 'slot.name'",
        ),
        ({"extra_config": {1: "b"}}, "extra_config: 1 is not the name of a property"),
        ({"extra_config": {"database.user": "b"}}, "extra_config.database.user: database_user is set too"),
        (
            {"transforms_insert_static_key1_static_field": "a", "insert_static_key_field_1": "b"},
            "insert_static_key_field_1: it is another name of 'transforms_insert_static_key1_static_field'",
        ),
    ],
)
def test_each_fault_names_the_field(changes: dict[str, Any], said: str) -> None:
    """When the object is created, and without a secret's value."""
    (fault,) = refused(**changes)
    assert fault.startswith(said)


def test_all_faults_are_reported_at_once_with_the_place() -> None:
    """A Pulumi program shows only the message: there is no traceback to lead to the place."""
    with pytest.raises(
        streamkap.ConfigError, match=rf"PostgreSQLConfig cannot be used \({__file__}, line \d+\)"
    ) as error:
        orders(database_user=None, database_port="http", slot="x")
    assert [fault.split(":")[0] for fault in error.value.faults] == ["database_port", "database_user", "slot"]
    assert isinstance(error.value, (pulumi.RunError, ValueError))
    assert pickle.loads(pickle.dumps(error.value)).faults == error.value.faults


def test_faults_of_dotted_keys_name_those_keys() -> None:
    """As the program wrote them, aliases included."""
    with pytest.raises(streamkap.ConfigError) as error:
        streamkap.PostgreSQLConfig.from_properties(
            {**KEYS, "slot.name.user.defined": {"a": "b"}, "database.user.user.defined": "b", "database_port": 1}
        )
    assert [fault.split(":")[0] for fault in error.value.faults] == [
        "database.user.user.defined",
        "slot.name.user.defined",
        "database_port",
    ]
    assert "did you mean 'database.port.user.defined'?" in error.value.faults[-1]


def test_a_property_newer_than_the_catalogue_is_passed_on_as_it_is() -> None:
    """It may be an Output. A known property may be set that way too, unchecked."""
    newer = pulumi.Output.from_input("x")
    config = orders(extra_config={"brand.new": newer, "streamkap.snapshot.parallelism": 99})
    assert config.given() == {**KEYS, "brand.new": newer, "streamkap.snapshot.parallelism": 99}
    required = dict(ORDERS)
    del required["database_user"]
    made: Any = streamkap.PostgreSQLConfig
    assert made(**required, extra_config={"database.user": 5}).given()["database.user"] == 5


def test_a_property_newer_than_the_catalogue_is_accepted_by_its_name_in_terraform() -> None:
    """If its key is known from that. A type checker does not know such names."""
    made: Any = streamkap.OracleConfig
    fields: dict[str, Any] = {"database_hostname": "h", "database_user": "u", "database_password": "p"}
    fields |= {"database_dbname": "d"}
    fields |= {"schema_include_list": ["S"], "table_include_list": ["S.T"]}
    fields |= {"signal_data_collection_schema_or_database": "S.SIGNAL"}
    typed = made(**fields, lob_enabled=True, log_mining_strategy=pulumi.Output.from_input("hybrid"))
    assert {**typed.given()}.items() >= {("lob.enabled", True)}
    by_key = made.from_properties({**typed.given()})
    assert by_key == typed
    assert by_key.extra_config == typed.extra_config
    assert set(typed.extra_config) == {"lob.enabled", "log.mining.strategy"}


class Row(BaseModel):
    """A row of a table, such as one read from YAML."""

    model_config = ConfigDict(hide_input_in_errors=True)

    config: streamkap.PostgreSQLConfig


def test_a_pydantic_model_may_have_a_typed_config_as_a_field() -> None:
    """Given as one or as a mapping of its fields; an error is pydantic's own, without a secret."""
    assert Row.model_validate({"config": ORDERS}).config == orders()
    assert Row.model_validate({"config": orders()}).config == orders()
    for wrong, message in (
        ({**ORDERS, "database_port": "http"}, "database_port: 'http' is not a whole number"),
        (1, "mapping"),
    ):
        with pytest.raises(ValidationError, match=message) as error:
            Row.model_validate({"config": wrong})
        assert CANARY not in str(error.value) + repr(error.value)


def test_no_string_form_of_a_config_shows_a_secret() -> None:
    """Nor one in a property that is newer than the catalogue."""
    config = orders(extra_config={"new.token": CANARY, "other": "seen"})
    for text in (repr(config), str(config), f"{config}"):
        assert CANARY not in text
        assert "[secret]" in text
        assert "seen" in text


def test_a_config_cannot_be_changed_unchecked() -> None:
    """It is checked when it is created, and so is a changed copy."""
    config: Any = orders(extra_config={"brand.new": 1})
    with pytest.raises(AttributeError, match="database_port: a PostgreSQLConfig is frozen"):
        config.database_port = "http"
    with pytest.raises(AttributeError, match="frozen"):
        del config.database_user
    with pytest.raises(streamkap.ConfigError, match="databse_port: postgresql has no such property; did you mean"):
        config.model_copy(update={"databse_port": 1})
    with pytest.raises(streamkap.ConfigError, match="database_port: 'http' is not a whole number"):
        config.model_copy(update={"database_port": "http"})
    copied = config.model_copy(update={"database_port": 5433, "slot_name": None})
    assert copied.given() == {**config.given(), "database.port.user.defined": 5433}
    assert config.model_copy(deep=True) == config == pickle.loads(pickle.dumps(config))
    assert pickle.loads(pickle.dumps(config)).spelling == config.spelling


def test_no_way_out_of_a_config_shows_a_secret_to_pulumi() -> None:
    """Neither its properties nor what Pulumi iterates over when a program exports it."""
    config = orders(extra_config={"new.token": CANARY, "a.url": f"https://me:{CANARY}@host", "a.map": {"pwd": CANARY}})
    exported: Any = config
    fields: dict[str, Any] = dict(exported)
    found = [config.to_properties(), fields, fields["extra_config"]]
    assert CANARY not in repr(found)
    assert CANARY not in repr(config)
    assert fields["database_user"] == config.to_properties()["database.user"] == "streamkap"
    assert config.to_properties().keys() == config.given().keys()


@pytest.mark.parametrize("properties", [None, [1], "text", pulumi.Output.from_input(KEYS)])
def test_anything_but_a_mapping_of_keys_is_refused_readably(properties: Any) -> None:
    """An Output of a mapping too: the mapping's values may be Outputs instead."""
    with pytest.raises(streamkap.ConfigError, match="it must be a mapping of dotted keys"):
        streamkap.PostgreSQLConfig.from_properties(properties)


@each_connector
def test_no_field_hides_something_of_the_base(connector: Connector) -> None:
    """A property named `given` or `about` would."""
    names = {known.field for known in connector.properties.values()}
    assert [name for name in names if hasattr(streamkap.ConnectorConfig, name) or name.startswith("_")] == []


@given(st.data(), st.sampled_from(CONNECTORS))
@settings(deadline=None)
def test_every_valid_config_is_accepted_and_returned(data: st.DataObject, about: Connector) -> None:
    """By field or by key, for every connector."""
    made: Any = getattr(connectors, about.config_class)
    config = data.draw(valid_config(about))
    typed = made(**{about.properties[key].field: value for key, value in config.items()})
    assert typed.given() == {key: value for key, value in config.items() if value is not None}
    assert made.from_properties(config) == typed


def faults_of(make: Callable[[], streamkap.ConnectorConfig]) -> list[str]:
    """Empty for a config that is accepted; a refusal has at least one."""
    try:
        make().given()
    except streamkap.ConfigError as error:
        return error.faults or [""]
    return []


@given(
    st.sampled_from(sorted(connectors.__all__)),
    st.dictionaries(
        st.text(max_size=20) | st.sampled_from([*ORDERS, "extra_config", "resources", "token", "model_config", "self"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.just(object()),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=8,
    ),
)
@settings(deadline=None)
def test_any_config_is_either_accepted_or_refused_readably(name: str, values: dict[str, Any]) -> None:
    """Never anything else."""
    made: Any = getattr(streamkap, name)
    found = faults_of(lambda: made(**values)) + faults_of(lambda: made.from_properties(values))
    assert all(fault.strip() for fault in found)


def test_one_typed_class_loads_none_of_the_others() -> None:
    """Neither the modules nor their parts of the catalogue. No typed class needs pydantic."""
    program = (
        "import sys, streamkap_pulumi as s; from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES\n"
        "print('pydantic' in sys.modules, 'pulumi' in sys.modules)\n"
        "s.WebhookConfig(format='json')\n"
        "within = 'streamkap_pulumi.connectors.'\n"
        "loaded = [name.removeprefix(within) for name in sys.modules if name.startswith(within)]\n"
        "print(*loaded, len(SOURCES._read), len(DESTINATIONS._read), 'pydantic' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [
        "False False",
        "sources base sources.webhook 1 0 False",
    ]
