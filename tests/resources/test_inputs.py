"""What a program's inputs become on the way to the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pulumi
import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.config.catalogue import DESTINATIONS
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.keys import ASKED, FAULTS, SECRET_KEYS, SILENT, SPELLING, UNCHECKED
from streamkap_pulumi.resources import inputs as module
from streamkap_pulumi.resources.inputs import EngineInputs, engine_inputs, when_asked
from tests.connectors.test_base import CANARY, KEYS, orders
from tests.test_surface import Mocks

DESTINATION = replace(SOURCE, noun="destination", type_name="Destination", catalogue=DESTINATIONS)
WAREHOUSE: dict[str, Any] = {
    "database_hostname": "db.example.com",
    "database_database": "shop",
    "table_name_prefix": "public",
    "connection_username": "streamkap",
    "connection_password": CANARY,
}


def handed(**inputs: Any) -> EngineInputs:
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
    return engine_inputs(SOURCE, inputs, resource_name="orders", parent=None)


async def resolved(value: Any) -> Any:
    return await pulumi.Output.from_input(value).future(with_unknowns=False)


def shown(config: Any) -> Any:
    """The config with the secrets' Outputs resolved."""
    return asyncio.get_event_loop().run_until_complete(resolved(config))


def sentences(faults: Any) -> list[str]:
    """What the program reports its faults."""
    if isinstance(faults, list):
        return [text for each in faults for text in sentences(each)]
    return [faults["text"] if isinstance(faults, dict) else faults] if faults else []


def test_a_typed_config_names_its_connector_and_its_keys() -> None:
    """And how they are spelled, for messages."""
    given = handed(config=orders(insert_static_key_field_1="a", insert_static_key_value_1="b"))
    assert given.faults == []
    assert given.inputs["connector"] == "postgresql"
    assert shown(given.inputs["config"]).items() >= KEYS.items()
    assert given.inputs[SPELLING] == {
        "typed": True,
        "keys": {
            "transforms.InsertStaticKey1.static.field": "insert_static_key_field_1",
            "transforms.InsertStaticKey1.static.value": "insert_static_key_value_1",
        },
    }
    assert given.warnings == [
        f"config.insert_static_key_{part}_1: it is another name of "
        f"'transforms_insert_static_key1_static_{part}'; write that"
        for part in ("field", "value")
    ]


@pytest.mark.parametrize(
    "inputs",
    [
        {"config": orders()},
        {"config": orders(extra_config={"new.token": CANARY})},
        {"config": KEYS, "connector": "postgresql"},
        {"config": {"database.password.user.defined": CANARY}, "connector": "postgresql"},
        {"config": {"a.new.password": CANARY}, "connector": "brand_new"},
        {"config": {"nested": {"token": CANARY}}, "connector": "brand_new"},
        {"config": {"uri": f"postgres://me:{CANARY}@host"}, "connector": "brand_new"},
    ],
)
def test_every_secret_property_becomes_a_secret(inputs: dict[str, Any]) -> None:
    """Whether or not the program wraps it, also where only its name says."""
    config = handed(**inputs).inputs["config"]
    assert CANARY not in repr([value for value in config.values() if not isinstance(value, pulumi.Output)])
    secrets = [value for value in config.values() if isinstance(value, pulumi.Output)]
    assert secrets
    for secret in secrets:
        assert asyncio.get_event_loop().run_until_complete(secret.is_secret())


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            {"config": orders(), "connector": "mysql"},
            "connector: it is 'mysql', and config is a PostgreSQLConfig, which is for 'postgresql'; omit",
        ),
        (
            {"config": streamkap.PostgreSQLConfig},
            "config: it is the class PostgreSQLConfig; call it, with the properties as its arguments",
        ),
        ({"config": object()}, "config: it is an object; it must be a typed config or a mapping"),
        ({"config": {1: 2}, "connector": "webhook"}, "config: 1 is not the name of a property"),
        ({"config": {"format": {"a"}}, "connector": "webhook"}, "config.format: it is a set"),
        (
            {"config": {"database.user": "a", "database.user.user.defined": "b"}, "connector": "postgresql"},
            "config.database.user.user.defined: it is another spelling of 'database.user', which is declared too",
        ),
        ({"config": orders(extra_config={"new": float("nan")})}, "config.new: it is not a number"),
        ({"name": "a\udc80", "config": orders()}, "name: it is not Unicode"),
        ({"tags": ["a\udc80"], "config": orders()}, "tags[0]: it is not Unicode"),
        ({"config": orders(database_dbname="a\udc80")}, "config.database_dbname: it is not Unicode"),
        ({"config": {"a\udc80": 1}, "connector": "webhook"}, r"config: 'a\udc80' is not the name of a property"),
        (
            {"config": {"format": {"a\udc80": 1}}, "connector": "webhook"},
            r"config.format: the key 'a\udc80' is not a string",
        ),
        (
            {"config": {"account_id": 10154085223412345}, "connector": "facebook_ads"},
            "config.account_id: Pulumi would round it, as any whole number above 9007199254740991; write it",
        ),
    ],
)
def test_what_cannot_be_handed_to_the_engine_is_a_fault(inputs: dict[str, Any], said: str) -> None:
    """One sentence, without a secret."""
    given = handed(**inputs)
    (fault,) = sentences(given.inputs[FAULTS])
    assert fault.startswith(said)
    assert CANARY not in fault


def test_a_right_connector_beside_a_typed_config_is_let_through() -> None:
    """It says the same twice."""
    assert handed(config=orders(), connector="postgresql").faults == []


def test_an_output_of_a_typed_config_is_refused() -> None:
    """With the way to do it; an Output of a mapping is not."""
    given = handed(config=pulumi.Output.from_input(1).apply(lambda _: orders()))
    (fault,) = sentences(shown(given.inputs[FAULTS]))
    assert fault == (
        "config: it is an Output of a PostgreSQLConfig; create the PostgreSQLConfig outside of apply(): each of its "
        "properties may be an Output"
    )
    assert shown(given.inputs["config"]) is None
    mapping = handed(config=pulumi.Output.from_input(KEYS), connector="postgresql")
    assert sentences(shown(mapping.inputs[FAULTS])) == []
    assert shown(mapping.inputs["config"]) == KEYS


def test_what_is_newer_than_the_catalogue_is_marked() -> None:
    """So that `check` lets it through."""
    assert handed(config=orders(extra_config={"brand.new": 1})).inputs[UNCHECKED] == ["brand.new"]
    assert UNCHECKED not in handed(config=orders()).inputs


@pytest.mark.parametrize("eventual", [False, True])
def test_a_mapping_has_the_way_around_the_checks_that_a_typed_config_has(eventual: bool) -> None:
    """`extra_config`: its keys are sent as they are, secrets as secrets; None is for what is left out on purpose."""
    extra = {"brand.new": 1, "new.token": CANARY, "database.user.user.defined": "b", "database.dbname": None}
    config = {"database.sslmode": "require", "extra_config": extra}
    given = handed(config=pulumi.Output.from_input(config) if eventual else config, connector="postgresql")
    assert shown(given.inputs[UNCHECKED]) == list(extra)
    answer = shown(given.inputs["config"])
    assert {key: value for key, value in answer.items() if value is not None} == {
        "brand.new": 1,
        "new.token": CANARY,
        "database.user.user.defined": "b",
        "database.sslmode": "require",
    }
    assert shown(given.inputs.get(SPELLING, {})) == {}
    assert sentences(shown(given.inputs.get(FAULTS, []))) == []
    if not eventual:
        assert CANARY not in repr(
            [each for each in given.inputs["config"].values() if not isinstance(each, pulumi.Output)]
        )
        (warning,) = [each for each in given.warnings if "database.user.user.defined" in each]
        assert "it is sent as it is, and postgresql has 'database.user'; did you mean that?" in warning


@pytest.mark.parametrize("eventual", [False, True])
@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"extra_config": ["a"]}, "config.extra_config: it must be a mapping of dotted keys to values"),
        ({"extra_config": {" ": "a"}}, "config: ' ' is not the name of a property; it must be a string"),
        ({"extra_config": {"a.b": 1}, "a.b": 2}, "config.a.b: extra_config has it too; remove one of them"),
        ({"extra_config": {"a.b": float("nan")}}, "config."),
    ],
)
def test_an_extra_config_that_cannot_be_meant_is_a_fault(config: dict[str, Any], said: str, eventual: bool) -> None:
    """One sentence."""
    given = handed(config=pulumi.Output.from_input(config) if eventual else config, connector="postgresql")
    (fault,) = sentences(shown(given.inputs[FAULTS]))
    assert fault.startswith(said)


def test_what_has_no_effect_is_a_warning_of_the_program() -> None:
    """In the user's own spelling, and not where the switch is an Output or the key is vouched for."""
    typed = streamkap.MySQLConfig(
        database_hostname="h",
        database_user="u",
        database_password=CANARY,
        database_include_list=["crm"],
        table_include_list=["crm.demo"],
        snapshot_gtid=True,
        signal_data_collection_schema_or_database="crm.streamkap_signal",
    )
    (warning,) = handed(config=typed).warnings
    assert warning == (
        "config.signal_data_collection_schema_or_database: it has no effect unless snapshot_gtid is 'No'; set that, or "
        "leave this out (snapshot_gtid is 'Yes')"
    )
    keys = typed.given()
    (warning,) = handed(config=keys, connector="mysql").warnings
    assert warning.startswith("config.signal.data.collection.schema.or.database: it has no effect unless snapshot.gtid")
    unsure = keys | {"snapshot.gtid": pulumi.Output.from_input("Yes")}
    assert handed(config=unsure, connector="mysql").warnings == []
    signal = keys.pop("signal.data.collection.schema.or.database")
    vouched = {**keys, "extra_config": {"signal.data.collection.schema.or.database": signal}}
    assert handed(config=vouched, connector="mysql").warnings == []


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (
            {"config": {"a": 1}, "connector": "postgress"},
            "does not know 'postgress'; did you mean 'postgresql'? The names",
        ),
        ({"config": {"a": 1}, "connector": "brand_new"}, "does not know 'brand_new'. The names and values"),
        (
            {"config": {"database.user.user.defined": "a"}, "connector": "postgresql"},
            "config.database.user.user.defined: it is another name of 'database.user'; write that",
        ),
    ],
)
def test_what_is_accepted_but_should_be_known_is_a_warning(inputs: dict[str, Any], said: str) -> None:
    """An unknown connector, an alias."""
    (warning,) = handed(**inputs).warnings
    assert said in warning


@pytest.mark.parametrize(
    ("kind", "config", "instead"),
    [
        (SOURCE, lambda: streamkap.PostgreSQLDestinationConfig(**WAREHOUSE), "use PostgreSQLConfig"),
        (SOURCE, lambda: streamkap.KafkaDestinationConfig(kafka_sink_bootstrap="a:1"), "there is none for a source"),
        (DESTINATION, orders, "use PostgreSQLDestinationConfig"),
        (DESTINATION, streamkap.WebhookConfig, "there is none for a destination"),
    ],
)
def test_a_typed_config_of_the_other_family_is_refused(
    kind: Kind, config: Callable[[], streamkap.ConnectorConfig], instead: str
) -> None:
    """With the class for the same product, if there is one. Nothing of it is sent."""
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
    given = config()
    made = engine_inputs(kind, {"config": given}, resource_name="orders", parent=None)
    other = "destination" if kind is SOURCE else "source"
    assert made.faults == [f"config: it is a {type(given).__name__}, which is for a {other}; {instead}"]
    assert made.inputs["config"] is None
    assert CANARY not in repr(made)


def test_the_code_of_the_other_family_is_named_as_such() -> None:
    """In the warning that nothing of it is checked."""
    (warning,) = handed(connector="snowflake", config={"a": 1}).warnings
    assert "does not know 'snowflake', which is a connector of destinations." in warning


@pytest.mark.parametrize("eventual", [False, True])
def test_what_is_refused_is_not_warned_of_besides(*, eventual: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tab in a name, and the text of an Output as a connector, which no message quotes."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    of_python = (
        "Calling __str__ on an Output[T] is not supported.\n\nTo get the value of an Output[T] as an Output[str]"
    )

    def warned(value: str, **inputs: Any) -> list[str]:
        told.clear()
        name = next(name for name, each in inputs.items() if each == value)
        given = handed(**inputs | {name: pulumi.Output.from_input(value) if eventual else value})
        shown(given.inputs.get(FAULTS))
        return [*given.warnings, *told]

    assert warned("a\tb", name="a\tb", config=orders()) == []
    assert any("it has a space at its end" in each for each in warned("a ", name="a ", config=orders()))
    assert warned(of_python, connector=of_python, config={"a": 1}) == []
    assert any("does not know 'new'" in each for each in warned("new", connector="new", config={"a": 1}))
    assert "Calling" not in str(handed(connector=of_python, config=orders()).faults)


def test_the_way_around_the_catalogue_is_warned_of_once_and_never_corrected() -> None:
    """A dotted key is right in `extra_config`; what is known of a newer property is reported."""
    config = orders(extra_config={"post.processors.reselect.enabled": True, "streamkap.snapshot.parallelism": 99})
    (warning,) = handed(config=config).warnings
    assert warning.startswith("config.post.processors.reselect.enabled: it is newer than the bundled catalogue")


def test_what_comes_as_an_output_is_marked() -> None:
    """So that no fault says its value: it may be secret."""
    later = pulumi.Output.from_input("x")
    config = orders(database_port=later, table_include_list=["a", later])
    silent = handed(config=config, name=later, desired_state="Active").inputs[SILENT]
    assert sorted(silent) == ["config.database.port.user.defined", "config.table.include.list.user.defined", "name"]
    assert handed(config=later, connector="webhook").inputs[SILENT] == ["config"]
    assert SILENT not in handed(config=orders()).inputs


@pytest.mark.parametrize(
    "made",
    [
        lambda: {"format": pulumi.Output.from_input(1).apply(lambda _: {1, 2})},
        lambda: pulumi.Output.from_input({"format": object()}),
        lambda: pulumi.Output.from_input(1).apply(lambda _: {"format": "json", 5: "x"}),
        lambda: pulumi.Output.from_input(1).apply(lambda _: object()),
    ],
)
def test_an_output_of_what_cannot_be_handed_on_is_a_readable_fault(made: Callable[[], Any]) -> None:
    """And the run goes on to report it. An Output belongs to the event loop that there is when it is created."""
    given = handed(config=made(), connector="webhook")
    shown(given.inputs["config"])
    (fault,) = sentences(shown(given.inputs[FAULTS]))
    assert fault.startswith("config")


def test_an_input_that_does_not_exist_is_left_to_the_check() -> None:
    """It knows which one is meant; what it was set to does not matter."""
    given = handed(conf=orders())
    assert (given.inputs["conf"], given.faults) == ("a PostgreSQLConfig", [])


def test_a_slip_in_what_is_sent_unchecked_is_a_warning() -> None:
    """With the property that it is near to."""
    (warning,) = handed(config=orders(extra_config={"slot.nam": "x"})).warnings
    assert warning == "config.slot.nam: it is sent as it is, and postgresql has 'slot.name'; did you mean that?"


def test_what_the_program_marks_as_secret_is_named() -> None:
    """So that the API's own words can be cleared of it: the catalogue takes a user's name for no secret."""
    secret, plain = pulumi.Output.secret("x"), pulumi.Output.from_input("y")
    marked = handed(config=orders(database_user=secret, database_hostname=plain)).inputs[SECRET_KEYS]
    assert sorted(filter(None, shown(marked))) == ["database.user"]
    whole = handed(config=pulumi.Output.secret(KEYS), connector="postgresql").inputs[SECRET_KEYS]
    assert shown(whole) == ["*"]


@pytest.mark.parametrize("name", ["name", "kc_cluster_id", "tags"])
def test_a_secret_in_an_input_that_is_shown_is_a_warning(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not quote it; what is not a secret is not a warning."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    for value in (pulumi.Output.from_input("canary"), pulumi.Output.secret("canary")):
        given: Any = [value] if name == "tags" else value
        assert not any(shown(handed(config=orders(), **{name: given}).faults))
    about = [text.partition(", and")[0] for text in told if "does not look like the id" not in text]
    assert about == [f"Source 'orders': {name}: it is marked as a secret"]
    assert "canary" not in str(told)


def test_when_a_source_is_asked_for_is_unknown_in_a_preview_and_absent_under_mocks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that plans and users' own tests hold nothing that differs in each run."""
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev", preview=True)
    assert when_asked() == {}
    monkeypatch.setattr(module, "get_monitor", lambda: None)
    assert when_asked() == {ASKED: pulumi.runtime.rpc.UNKNOWN}
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev", preview=False)
    before = datetime.now(timezone.utc)
    assert before <= datetime.fromisoformat(when_asked()[ASKED]) <= datetime.now(timezone.utc)


@pytest.mark.parametrize("own", [{"module": "shop"}, {"name": "Team"}])
def test_a_subclass_cannot_have_a_type_of_its_own(own: dict[str, str]) -> None:
    """Nothing would know it for a source; without one it has that of a source."""
    with pytest.raises(TypeError, match="Team is derived from Source and cannot have a type of its own"):
        type("Team", (streamkap.Source,), {}, **own)
    plain: Any = type("Team", (streamkap.Source,), {})
    assert plain._resource_type_name == SOURCE.type_token.partition(":")[2]


def test_the_option_import_is_refused_with_the_way_to_do_it() -> None:
    """Pulumi's SDK would end with a KeyError."""
    with pytest.raises(pulumi.RunError, match="run `streamkap adopt orders 6b0601d96b1cdd5ce0d0c349`"):
        streamkap.Source("orders", config=orders(), opts=pulumi.ResourceOptions(import_="6b0601d96b1cdd5ce0d0c349"))


def test_a_key_that_is_none_does_not_hide_the_same_key_of_extra_config() -> None:
    """None counts as omitted: a program may read an optional setting."""
    config = {"format": "json", "brand.new": None, "extra_config": {"brand.new": "5"}}
    inputs = {"connector": "webhook", "config": config}
    engine = engine_inputs(SOURCE, inputs, resource_name="hook", parent=None)
    assert (engine.inputs["config"]["brand.new"], engine.faults) == ("5", [])


def test_a_tag_name_is_refused_where_the_program_writes_it_and_doubted_where_an_output_gives_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside the id of a tag that is not known yet, as well."""
    told: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", told.append)
    tag_id = "670e5ca40afe1d3983ce0c22"
    beside = handed(config=orders(), tags=[pulumi.Output.from_input(tag_id), "team-data"])
    assert any("tags[1]: 'team-data' is a name" in str(each) for each in beside.faults)
    given = handed(config=orders(), tags=pulumi.Output.from_input([tag_id, "team-data"]))
    shown(given.inputs.get(FAULTS))
    assert not any("is a name" in str(each) for each in given.faults)
    doubts = {each for each in told if "tags[" in each}
    assert len(doubts) == 1
    assert "tags[1]: it does not look like the id of a tag" in doubts.pop()
    assert handed(config=orders(), tags=[tag_id]).warnings == handed(config=orders()).warnings
