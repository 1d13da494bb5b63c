"""Faults and warnings of a config, by the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import SOURCES, Condition, Connector, LaterProperty, Property
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.config.validation import Fault, faults, warnings
from tests.config.catalogues import CONNECTORS
from tests.config.strategies import ANYTHING, distorted, is_needed, valid_config

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "canary-of-the-database"

CONFIGS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "database.hostname.user.defined": "db.example.com",
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": SECRET,
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders",
    },
    "sqlserveraws": {
        "database.hostname.user.defined": "db.example.com",
        "database.user": "streamkap",
        "database.password": SECRET,
        "database.names": ["shop"],
        "schema.include.list": "dbo",
        "table.include.list.user.defined": "dbo.orders",
    },
    "mysql": {
        "database.hostname.user.defined": "db.example.com",
        "database.user": "streamkap",
        "database.password": SECRET,
        "database.include.list.user.defined": "shop",
        "table.include.list.user.defined": "shop.orders",
    },
    "webhook": {},
    "shopify_webhook": {},
    "hubspot": {"token": SECRET, "resources": ["contacts"]},
    "stripe": {"token": SECRET, "resources": ["customers"]},
    "facebook_ads": {"access_token": SECRET, "resources": ["ads"], "account_id": "1"},
    "google_ads": {
        "resources": ["ads"],
        "customer_id": "1",
        "auth_mode": "service_account",
        "service_account_key": SECRET,
    },
    "netsuite": {
        "account_id": "1",
        "resources": ["customer"],
        "client_id": "k",
        "certificate_id": "c",
        "private_key": SECRET,
    },
}


def unknown(value: Any) -> bool:
    return isinstance(value, str) and value == UNKNOWN


def connector_of(code: str) -> Connector:
    found = SOURCES.find(code)
    assert found is not None
    return found


def warned(code: str, change: Mapping[Any, Any], spelling: Spelling | None = None, **options: Any) -> list[str]:
    connector, spelling = connector_of(code), spelling or Spelling()
    found = warnings(connector, CONFIGS[code] | dict(change), unknown, spelling=spelling, **options)
    return [f"{spelling.path(connector, fault.key)}: {fault.text}" for fault in found]


def said(code: str, change: Mapping[Any, Any], spelling: Spelling | None = None, **options: Any) -> list[str]:
    connector, spelling = connector_of(code), spelling or Spelling()
    found = faults(connector, CONFIGS[code] | dict(change), unknown, spelling=spelling, **options)
    return [f"{spelling.path(connector, fault.key)}: {fault.text}" for fault in found]


@pytest.mark.parametrize("code", CONFIGS)
def test_a_valid_config_has_no_fault(code: str) -> None:
    """With everything that is required."""
    assert said(code, {}) == []


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("postgresql", {"database.port.user.defined": 5432.0, "ssh.enabled": "true", "ssh.host": "bastion"}),
        ("postgresql", {"snapshot.read.only.user.defined": True, "streamkap.snapshot.parallelism": "3"}),
        ("postgresql", {"snapshot.read.only.user.defined": "yes", "ssh.host": "", "ssh.port": None}),
        ("postgresql", {"table.include.list.user.defined": [r"public\.(a|b){1,2}", "public.c"]}),
        ("postgresql", {"ssh.public.key.user.displayed": "<SSH.PUBLIC.KEY>"}),
        ("postgresql", {"streamkap.snapshot.max.split.size.bytes": "anything, since it is newer"}),
        ("postgresql", {"database.password": 1234}),
        ("postgresql", {"column.include.list.toggled": False, "column.exclude.list.user.defined": "a.b"}),
        ("sqlserveraws", {"streamkap.snapshot.custom.table.config.user.defined": {"dbo.orders": 4}}),
        ("sqlserveraws", {"streamkap.snapshot.custom.table.config.user.defined": '{"dbo.orders": 4}'}),
        ("webhook", {"api.key": "<API_KEY>", "webhook.url": ""}),
        ("hubspot", {"resources": "contacts,deals"}),
        ("facebook_ads", {"app_id": 1, "app_secret": SECRET}),
    ],
)
def test_every_accepted_spelling_has_no_fault(code: str, change: dict[str, Any]) -> None:
    """Nor have blank values, placeholders, and properties newer than the survey."""
    assert said(code, change) == []


STRANGERS: list[tuple[str, dict[Any, Any], str]] = [
    (
        "postgresql",
        {"database.hostnam": "x"},
        "config.database.hostnam: postgresql has no such property; did you mean 'database.hostname.user.defined'?",
    ),
    (
        "postgresql",
        {"database_hostname": "x"},
        "config.database_hostname: postgresql has no such property; did you mean 'database.hostname.user.defined'?",
    ),
    (
        "postgresql",
        {"aws.region": "x"},
        "config.aws.region: postgresql has no such property, but dynamodb does; leave it out",
    ),
    (
        "postgresql",
        {"log.mining.strategy": "x"},
        "config.log.mining.strategy: postgresql has no such property, but oracle and oracleaws do; leave it out",
    ),
    (
        "postgresql",
        {"zzz": "x"},
        (
            "config.zzz: postgresql has no such property; if it is newer than this version of streamkap_pulumi, "
            "put it into extra_config"
        ),
    ),
    (
        "postgresql",
        {"database.hostname": "x"},
        (
            "config.database.hostname: it is what the server computes from 'database.hostname.user.defined', "
            "which is declared too; leave this out"
        ),
    ),
    (
        "postgresql",
        {"database.user.user.defined": "x"},
        "config.database.user.user.defined: it is another spelling of 'database.user', which is declared too; keep one",
    ),
    (
        "postgresql",
        {"column.exclude.list": "x"},
        (
            "config.column.exclude.list: it is what the server computes from 'column.exclude.list.user.defined'; "
            "write that"
        ),
    ),
    ("postgresql", {5: "x"}, "config.5: 5 is not the name of a property; it must be a string"),
    (
        "webhook",
        {"database.user": "x"},
        "config.database.user: webhook has no such property, but alloydb, db2, informix and others do; leave it out",
    ),
    ("webhook", {"webhook.ur": "x"}, "config.webhook.ur: webhook has no such property; did you mean 'webhook.url'?"),
    ("hubspot", {"tokens": "x"}, "config.tokens: hubspot has no such property; did you mean 'token'?"),
    (
        "stripe",
        {"auth_mode": "jwt"},
        "config.auth_mode: stripe has no such property, but google_ads, hubspot, netsuite and others do; leave it out",
    ),
]

MISSING: list[tuple[str, dict[Any, Any], str]] = [
    ("postgresql", {"database.user": None}, "config.database.user: it is missing; postgresql needs it"),
    ("postgresql", {"database.user": "  "}, "config.database.user: it is missing; postgresql needs it"),
    ("postgresql", {"database.password": ""}, "config.database.password: it is missing; postgresql needs it"),
    (
        "postgresql",
        {"ssh.enabled": True},
        "config.ssh.host: it is missing; postgresql needs it when ssh.enabled is True",
    ),
    ("hubspot", {"resources": []}, "config.resources: it is missing; hubspot needs it"),
    ("hubspot", {"token": None}, "config.token: it is missing; hubspot needs it when auth_mode is 'token'"),
    (
        "hubspot",
        {"sync_all_properties": False},
        "config.properties: it is missing; hubspot needs it when sync_all_properties is False",
    ),
    (
        "netsuite",
        {"private_key": None},
        "config.private_key: it is missing; netsuite needs it when auth_mode is 'certificate'",
    ),
]

VALUES: list[tuple[str, dict[Any, Any], str]] = [
    (
        "postgresql",
        {"database.sslmode": "requires"},
        "config.database.sslmode: 'requires' is not one of require, disable; did you mean 'require'?",
    ),
    (
        "postgresql",
        {"database.sslmode": "DISABLE"},
        "'DISABLE' is not one of require, disable; did you mean 'disable'?",
    ),
    ("postgresql", {"database.sslmode": True}, "config.database.sslmode: 'true' is not one of require, disable"),
    ("postgresql", {"snapshot.read.only.user.defined": "maybe"}, "'maybe' is not one of Yes, No"),
    (
        "mysql",
        {"database.connectionTimeZone": "Europe/Berln"},
        "config.database.connectionTimeZone: 'Europe/Berln' is not one of its 87 values, such as Europe/",
    ),
    ("mysql", {"database.connectionTimeZone": "Europe/pariss"}, "; did you mean 'Europe/Paris'?"),
    ("mysql", {"database.connectionTimeZone": "#"}, "is not one of its 87 values, such as SERVER, UTC, Africa/Cairo"),
    (
        "postgresql",
        {"streamkap.snapshot.parallelism": 11},
        "config.streamkap.snapshot.parallelism: 11 is out of range; it must be from 1 to 10",
    ),
    ("postgresql", {"streamkap.snapshot.parallelism": 1.5}, "1.5 is not a whole number"),
    ("postgresql", {"streamkap.snapshot.parallelism": True}, "True is not a whole number"),
    ("postgresql", {"streamkap.snapshot.parallelism": [1]}, "it is a list; it must be a whole number"),
    ("postgresql", {"streamkap.snapshot.parallelism": float("nan")}, "parallelism: it is not a number"),
    ("postgresql", {"streamkap.snapshot.parallelism": 10**5000}, "a number of more than 60 digits is out of range"),
    ("postgresql", {"database.port.user.defined": "http"}, "'http' is not a whole number"),
    ("postgresql", {"database.port.user.defined": "٣"}, "'٣' is not a whole number"),
    ("postgresql", {"database.port.user.defined": "0"}, "0 is out of range; it must be from 1 to 65535"),
    ("postgresql", {"ssh.enabled": True, "ssh.host": "b", "ssh.port": 65536}, "config.ssh.port: 65536 is out of range"),
    ("postgresql", {"heartbeat.enabled": "perhaps"}, "'perhaps' is not a boolean; write True or False"),
    ("postgresql", {"heartbeat.enabled": 1}, "1 is not a boolean; write True or False"),
    ("postgresql", {"heartbeat.enabled": {"a": 1}}, "it is a mapping; it must be True or False"),
    ("postgresql", {"database.dbname": {"a": "b"}}, "config.database.dbname: it is a mapping; it must be a string"),
    ("postgresql", {"database.dbname": ["a"]}, "config.database.dbname: it is a list; it must be a string"),
    ("postgresql", {"database.dbname": True}, "config.database.dbname: it is a boolean; it must be a string"),
    (
        "postgresql",
        {"database.password": {"a": SECRET}},
        "config.database.password: it is a mapping; it must be a string",
    ),
    (
        "postgresql",
        {"database.password": "********"},
        (
            "config.database.password: it is what Streamkap shows instead of the secret, not the secret itself; "
            "write the secret"
        ),
    ),
    ("postgresql", {"schema.include.list": {"a": 1}}, "it is a mapping; it must be a string, or a list of strings"),
    (
        "postgresql",
        {"schema.include.list": ["a", None]},
        "config.schema.include.list: its item 1 is null; it must be a",
    ),
    ("postgresql", {"schema.include.list": [["a"]]}, "its item 0 is a list; it must be a string"),
    (
        "postgresql",
        {"ssh.public.key.user.displayed": "x"},
        "config.ssh.public.key.user.displayed: the server sets it; leave it out",
    ),
    (
        "sqlserveraws",
        {"streamkap.snapshot.custom.table.config.user.defined": "a:4"},
        "it is not the JSON of a mapping; write a mapping",
    ),
    (
        "sqlserveraws",
        {"streamkap.snapshot.custom.table.config.user.defined": 4},
        "it is a number; it must be a mapping",
    ),
    (
        "sqlserveraws",
        {"streamkap.snapshot.custom.table.config.user.defined": {"a": b"x"}},
        "it holds a value that JSON cannot express; write strings, numbers, booleans, lists and mappings",
    ),
    (
        "sqlserveraws",
        {"streamkap.snapshot.custom.table.config.user.defined": {1: 1}},
        "one of its keys is not a string; write strings",
    ),
    ("webhook", {"api.key": SECRET}, "config.api.key: the server sets it; leave it out"),
    ("webhook", {"preserve.null.values": "nope"}, "'nope' is not a boolean; write True or False"),
    (
        "webhook",
        {"transforms.OversizedRecords.oversized.field.behavior": "CUT"},
        "'CUT' is not one of TRUNCATE, NULLIFY",
    ),
    ("webhook", {"transforms.OversizedRecords.max.record.size.bytes": -2}, "-2 is out of range; it must be from -1 to"),
    ("hubspot", {"token": [SECRET]}, "config.token: it is a list; it must be a string"),
    ("hubspot", {"resources": {"a": 1}}, "config.resources: it is a mapping; it must be a list of strings"),
    ("hubspot", {"resources": ["a", True]}, "config.resources: its item 1 is a boolean; it must be a string"),
    ("google_ads", {"custom_queries": []}, ""),
    ("google_ads", {"custom_queries": [{"a": 1}]}, "it is a list; it must be a string"),
    ("netsuite", {"auth_mode": "cert"}, "'cert' is not one of certificate, tba"),
    ("postgresql", {"database.dbname": "x" * 500, "slot.name": {}}, ""),
]

TOGETHER: list[tuple[str, dict[Any, Any], str]] = [
    (
        "facebook_ads",
        {"app_id": "1"},
        "config.app_id: it needs app_secret, which is missing; set that too, or leave this out",
    ),
    ("facebook_ads", {"app_secret": SECRET, "app_id": ""}, "config.app_secret: it needs app_id, which is missing"),
]

CONDITIONS: list[tuple[str, dict[Any, Any], str]] = [
    (
        "postgresql",
        {"ssh.host": "b"},
        (
            "config.ssh.host: it has no effect unless ssh.enabled is True; set that, or leave this out "
            "(ssh.enabled is not set, so it is False)"
        ),
    ),
    ("postgresql", {"ssh.host": "b", "ssh.enabled": "false"}, "or leave this out (ssh.enabled is False)"),
    (
        "postgresql",
        {"column.exclude.list.user.defined": "a"},
        (
            "it has no effect unless column.include.list.toggled is False; set that, or leave this out "
            "(column.include.list.toggled is not set, so it is True)"
        ),
    ),
    (
        "google_ads",
        {"client_id": "1"},
        (
            "config.client_id: it has no effect unless auth_mode is one of 'oauth', 'refresh_token'; set that, or "
            "leave this out (auth_mode is 'service_account')"
        ),
    ),
]


@pytest.mark.parametrize(("code", "change", "text"), [*STRANGERS, *MISSING, *VALUES, *TOGETHER])
def test_each_fault_is_one_sentence_about_one_key(code: str, change: dict[Any, Any], text: str) -> None:
    """It says what is wrong and what to do next, and shows no secret."""
    texts = said(code, change)
    assert (not texts and not text) or [each for each in texts if text in each], texts
    assert len(texts) <= len(change)
    assert SECRET not in str(texts)


@pytest.mark.parametrize(
    ("code", "change", "text"),
    [
        ("postgresql", {"database.user": None}, "config.database_user: it is missing; postgresql needs it"),
        (
            "postgresql",
            {"ssh.enabled": True},
            "config.ssh_host: it is missing; postgresql needs it when ssh_enabled is",
        ),
        ("postgresql", {"database.hostnam": "b"}, "did you mean 'database_hostname'?"),
        ("facebook_ads", {"app_id": "1"}, "config.app_id: it needs app_secret"),
        ("mysql", {"database.connectionTimeZone": "x"}, "config.database_connection_time_zone: 'x' is not one of"),
    ],
)
def test_a_typed_configs_faults_name_its_fields(code: str, change: dict[str, Any], text: str) -> None:
    """Never a dotted key."""
    assert [each for each in said(code, change, Spelling(typed=True)) if text in each]


@pytest.mark.parametrize(("code", "change", "text"), CONDITIONS)
def test_a_property_without_an_effect_is_a_warning_not_a_fault(code: str, change: dict[Any, Any], text: str) -> None:
    """Streamkap publishes such configurations itself. No warning shows a secret."""
    assert said(code, change) == []
    texts = warned(code, change)
    assert [each for each in texts if text in each], texts
    assert SECRET not in str(texts)
    assert warned(code, change, unchecked=change) == []
    assert not [
        each for each in warned(code, change, silent=CONFIGS[code] | change) if "(ssh.enabled is False)" in each
    ]
    assert "config.ssh_host: it has no effect unless ssh_enabled is True" in str(
        warned("postgresql", {"ssh.host": UNKNOWN}, Spelling(typed=True))
    )
    assert warned("postgresql", {"ssh.host": "b", "ssh.enabled": UNKNOWN}) == []


def test_a_hidden_property_that_the_api_refuses_is_a_fault() -> None:
    """For API sources, such as the secret of another way to sign in."""
    change = {"client_secret": SECRET, "client_id": "1"}
    [fault] = said("google_ads", change)
    assert "config.client_secret: it has no effect unless auth_mode is one of 'oauth', 'refresh_token'" in fault
    [warning] = warned("google_ads", change)
    assert "config.client_id: it has no effect unless auth_mode is one of" in warning
    assert SECRET not in fault + warning


@pytest.mark.parametrize(
    ("code", "key"), [("redis", "redis.username"), ("vitess", "database.user"), ("vitess", "database.password")]
)
def test_a_required_property_that_streamkap_itself_omits_is_missed_in_a_warning_only(code: str, key: str) -> None:
    """Although Streamkap's catalogue calls it required."""
    connector = connector_of(code)
    others = {each.key: "a" for each in connector.properties.values() if each.required and not each.published_without}
    assert key not in [fault.key for fault in faults(connector, others, unknown)]
    assert Fault(
        key, "it is missing; Streamkap calls it required, though it publishes configurations without it"
    ) in warnings(connector, others)
    assert key not in [fault.key for fault in warnings(connector, others, unchecked=[key])]


def test_a_value_of_earlier_versions_is_a_warning() -> None:
    """Such as the class names that S3's clean-up policies had."""
    key = "fs.cleanup.policy.class.user.defined"
    former = "io.streamthoughts.kafka.connect.filepulse.fs.clean.LogCleanupPolicy"
    connector = connector_of("s3")
    assert faults(connector, {key: former}, unknown) == []
    [warning] = warnings(connector, {key: former})
    assert warning.text.endswith("is what earlier versions of Streamkap had; newer ones have Log and Delete")
    assert len(faults(connector, {key: "Keep"}, unknown)) == 1


def test_the_warning_about_a_newer_property_says_what_is_known() -> None:
    """Its values, and when it has no effect."""
    oracle, postgresql = connector_of("oracle"), connector_of("postgresql")
    hybrid = {"lob.enabled": True, "log.mining.strategy": "hybrid"}
    assert "it has no effect unless log.mining.strategy is not 'hybrid'" in str(warnings(oracle, hybrid))
    assert "no effect" not in str(warnings(oracle, {"lob.enabled": True}))
    mode = "reselector.reselect.error.handling.mode"
    assert "its values are fail and warn" in str(warnings(postgresql, {mode: "stop"}))
    assert "its values" not in str(warnings(postgresql, {mode: "warn"}))


def test_a_fault_names_what_the_user_wrote() -> None:
    """An alias, or a deprecated field."""
    spelling = Spelling(keys={"table.include.list.user.defined": "table.include.list"})
    assert said("postgresql", {"table.include.list.user.defined": {}}, spelling) == [
        "config.table.include.list: it is missing; postgresql needs it"
    ]
    typed = Spelling(typed=True, keys={"predicates.IsTopicToEnrich.pattern": "predicates_istopictoenrich_pattern"})
    assert said("postgresql", {"predicates.IsTopicToEnrich.pattern": 1j}, typed) == [
        "config.predicates_istopictoenrich_pattern: it is a complex; it must be a string"
    ]


def test_all_faults_come_at_once_and_in_the_catalogues_order() -> None:
    """Whatever their order in the program. Unknown keys come last."""
    wrong = {
        "zzz": 1,
        "ssh.host": [],
        "ssh.enabled": True,
        "heartbeat.enabled": 1,
        "database.user": "",
        "database.sslmode": "x",
    }
    keys = [text.split(":")[0] for text in said("postgresql", wrong)]
    backwards = faults(
        connector_of("postgresql"), dict(reversed((CONFIGS["postgresql"] | wrong).items())), unknown, unchecked=()
    )
    assert keys == [f"config.{fault.key}" for fault in backwards]
    assert keys[0] == "config.database.user"
    assert keys[-1] == "config.zzz"
    assert len(keys) == 5


def test_long_values_are_shortened_and_secret_ones_never_shown() -> None:
    """Whatever is wrong with them."""
    [text] = said("postgresql", {"database.sslmode": "x" * 10_000})
    assert "xxx..." in text
    assert len(text) < 140
    secret_number = replace(connector_of("hubspot").properties["token"], type="integer", max=3, enum=None)
    secret_choice = replace(secret_number, type="string", enum=("alpha", "beta"))
    for known, value in ((secret_number, 424242), (secret_number, "4.5"), (secret_choice, "alpah")):
        odd = replace(connector_of("hubspot"), properties={"token": known})
        [fault] = faults(odd, {"token": value}, unknown)
        assert str(value) not in fault.text
        assert fault.text.startswith("it is ")


def test_a_value_that_a_preview_does_not_know_is_skipped() -> None:
    """So are conditions that depend on it and what they require. It may be inside a list or a mapping."""
    assert said("postgresql", {"database.user": UNKNOWN, "streamkap.snapshot.parallelism": UNKNOWN}) == []
    assert said("postgresql", {"ssh.enabled": UNKNOWN, "ssh.host": "b"}) == []
    assert said("postgresql", {"ssh.enabled": UNKNOWN}) == []
    assert said("postgresql", {"schema.include.list": [UNKNOWN, 1j], "database.dbname": {"a": [UNKNOWN]}}) == []
    assert said("facebook_ads", {"app_id": "1", "app_secret": UNKNOWN}) == []
    assert len(said("postgresql", {"zzz": UNKNOWN})) == 1


def test_a_key_that_the_user_vouches_for_is_not_checked() -> None:
    """But it counts as set."""
    extra = {"zzz": 1, "ssh.enabled": True, "database.sslmode": 5}
    assert said("postgresql", extra | {"ssh.host": "b"}, unchecked=extra) == []
    assert said("facebook_ads", {"app_id": "1"}, unchecked=["app_secret"]) == []
    assert said("postgresql", {"database.user": None}, unchecked=["database.user"]) == []
    assert said("postgresql", {"ssh.host": "b"}, unchecked=["ssh.enabled"]) == []


def made_up(*properties: Property) -> Connector:
    return replace(connector_of("hubspot"), properties={each.key: each for each in properties}, later={})


def prop(key: str, *conditions: Condition, **values: Any) -> Property:
    return Property(
        key, key, values.pop("type", "string"), values.pop("wire", "string"), conditions=conditions, **values
    )


@pytest.mark.parametrize(
    ("conditions", "config", "text"),
    [
        ([Condition("NE", "mode", "off")], {}, ""),
        (
            [Condition("NE", "mode", "off")],
            {"mode": "off"},
            "it has no effect unless mode is not 'off'; set that, or leave this out (mode is 'off')",
        ),
        ([Condition("GT", "mode", "off")], {"mode": "off"}, ""),
        ([Condition("IN", "mode", "off")], {"mode": "on"}, ""),
        ([Condition("EQ", "nowhere", 1)], {}, ""),
        ([Condition("EQ", "bare", False)], {}, ""),
        (
            [Condition("EQ", "bare", True)],
            {},
            "it has no effect unless bare is True; set that, or leave this out (bare is not set)",
        ),
        ([Condition("EQ", "bare", True)], {"bare": "perhaps"}, "'perhaps' is not a boolean; write True or False"),
        (
            [Condition("EQ", "mode", "off"), Condition("EQ", "bare", True)],
            {},
            (
                "it has no effect unless mode is 'off' and bare is True; set them, or leave this out "
                "(mode is not set, so it is 'on' and bare is not set)"
            ),
        ),
        (
            [Condition("EQ", "deep", "x")],
            {"deep": "x"},
            (
                "it has no effect unless mode is 'off' and deep is 'x'; set them, or leave this out "
                "(mode is not set, so it is 'on' and deep is 'x')"
            ),
        ),
        ([Condition("EQ", "deep", "d")], {}, ""),
        ([Condition("EQ", "round", "x")], {"round": "x"}, ""),
    ],
)
def test_conditions_that_no_connector_has_yet(conditions: list[Condition], config: dict[str, Any], text: str) -> None:
    """Other operators, several at once, hidden switches, and a switch that depends on itself."""
    connector = made_up(
        prop("it", *conditions),
        prop("mode", default="on"),
        prop("bare", type="boolean", wire="boolean"),
        prop("deep", Condition("EQ", "mode", "off"), default="d"),
        prop("round", Condition("EQ", "round", "x")),
    )
    hidden, config = text.startswith("it has no effect"), {"it": "set", **config}
    for known in (connector, replace(connector, properties=_refusing(connector))):
        refused, warned = (
            [fault.text for fault in each] for each in (faults(known, config, unknown), warnings(known, config))
        )
        texts = refused if known is not connector or not hidden else warned
        assert text in texts if text else not texts


def _refusing(connector: Connector) -> dict[str, Property]:
    return {key: replace(known, refused_if_hidden=True) for key, known in connector.properties.items()}


@pytest.mark.parametrize(
    ("known", "value", "text"),
    [
        (prop("it", type="integer", wire="integer", min=3), 2, "2 is below 3, which is the least it can be"),
        (prop("it", type="integer", wire="integer", max=3), 4, "4 is above 3, which is the most it can be"),
        (prop("it", type="list", wire="array<string>", min_items=2), "a", "it has 1 item; it needs at least 2"),
        (prop("it", type="list", wire="array<string>", enum=("a", "b")), ["a", "c"], "'c' is not one of a, b"),
        (prop("it", type="brand_new", wire="brand-new"), {"a": 1}, "it is a mapping; it must be a string"),
        (prop("it", requires=("one", "two")), "x", "it needs one and two, which are missing; set them too, or"),
    ],
)
def test_limits_that_no_connector_has_yet(known: Property, value: Any, text: str) -> None:
    [fault] = faults(made_up(known, prop("one"), prop("two")), {"it": value}, unknown)
    assert text in fault.text


def test_warnings_are_about_properties_without_effect_and_old_names() -> None:
    """None shows a value."""
    connector = connector_of("postgresql")
    config = {"post.processors": SECRET, "post.processors.reselect.enabled": SECRET, "database.user": "x"}
    spelling = Spelling(keys={"database.user": "database.user.user.defined"})
    assert warnings(connector, config, spelling=spelling) == [
        Fault("database.user", "it is another name of 'database.user'; write that"),
        Fault(
            "post.processors",
            "Streamkap's Terraform provider 3.0.0-beta.27 no longer has it; Streamkap may ignore it",
        ),
        Fault(
            "post.processors.reselect.enabled",
            (
                "it is newer than the bundled catalogue and its key 'post.processors.reselect.enabled' was inferred; "
                "check that Streamkap accepts it"
            ),
        ),
    ]
    kafka = connector_of("kafkadirect")
    assert warnings(kafka, {"records.carry.streamkap.metadata": True, "format": None}) == [
        Fault(
            "records.carry.streamkap.metadata",
            "it is newer than the bundled catalogue, so its value is not checked here",
        )
    ]
    typed = Spelling(typed=True, keys={"format": "kafka_format"})
    assert warnings(kafka, {"format": "x"}, spelling=typed) == [
        Fault("format", "it is another name of 'format'; write that")
    ]
    assert warnings(connector, CONFIGS["postgresql"]) == []


def test_a_property_is_spelled_as_the_user_spells_it() -> None:
    """A newer property too, and one of an unknown connector."""
    connector = connector_of("postgresql")
    assert isinstance(connector.later["post.processors.reselect.enabled"], LaterProperty)
    typed = Spelling(typed=True, keys={"database.user": "user"})
    assert typed.path(connector, "post.processors.reselect.enabled") == "config.post_processors_reselect_enabled"
    assert typed.path(connector, "database.user") == "config.user"
    assert typed.of(connector, "zzz") == "zzz"
    assert typed.of(None, "ssh.host") == "ssh.host"
    assert Spelling().path(connector, "ssh.host") == "config.ssh.host"


@given(st.data())
@settings(max_examples=100)
def test_every_right_config_of_every_connector_is_accepted_and_every_single_mistake_found(data: st.DataObject) -> None:
    """A missing required key, a number out of range, a value outside the enum, a wrong type."""
    connector = data.draw(st.sampled_from(CONNECTORS))
    config = data.draw(valid_config(connector))
    spelled = {key: data.draw(distorted(connector.properties[key], value)) for key, value in config.items()}
    assert faults(connector, spelled, unknown) == []
    assert faults(connector, spelled, unknown, spelling=Spelling(typed=True)) == []
    for key in config:
        known = connector.properties[key]
        for wrong in _mistakes(known):
            found = faults(connector, spelled | {key: wrong}, unknown)
            assert key in [fault.key for fault in found], (key, wrong)


def _mistakes(known: Property) -> list[Any]:
    mistakes: list[Any] = [object(), float("nan"), b"x", {1, 2}]
    mistakes += [None, ""] if is_needed(known) else []
    mistakes += ["nothing like it"] if known.enum or known.type in {"integer", "boolean", "map"} else []
    mistakes += [known.min - 1] if known.min is not None else []
    mistakes += [known.max + 1] if known.max is not None else []
    mistakes += ["****"] if known.secret else []
    mistakes += [{"a": "b"}] if known.type != "map" else [[1]]
    mistakes += [["a", None]] if known.type in {"list", "string"} else [["a"]]
    return mistakes


@given(
    st.sampled_from(CONNECTORS).flatmap(
        lambda connector: st.tuples(
            st.just(connector),
            st.dictionaries(
                st.sampled_from([*connector.properties])
                | st.text(st.characters(), max_size=8)
                | st.integers()
                | st.none(),
                ANYTHING,
                max_size=8,
            ),
        )
    ),
    st.booleans(),
)
@settings(max_examples=250)
def test_whatever_a_config_holds_the_answer_is_a_list_of_sentences(
    given_config: tuple[Connector, dict[Any, Any]], typed: bool
) -> None:
    """Never a traceback, never an empty sentence, never an endless one, never a secret."""
    connector, config = given_config
    canaries = {key: SECRET for key, known in connector.properties.items() if known.secret}
    spelling = Spelling(typed=typed)
    for wrapped in (lambda canary: canary, lambda canary: [canary], lambda canary: {"a": canary}):
        everything = config | {key: wrapped(canary) for key, canary in canaries.items()}
        found = [*faults(connector, everything, unknown, spelling=spelling), *warnings(connector, everything)]
        for fault in found:
            assert fault.text.strip()
            assert "\n" not in fault.text
            assert len(fault.text) < 600
            assert SECRET not in fault.text
            assert spelling.path(connector, fault.key).startswith("config.")


def test_absurd_values_raise_nothing() -> None:
    """Lists that contain themselves, endless strings, objects that refuse to be compared."""

    class Rude:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        def __hash__(self) -> int:
            return 1

        def __repr__(self) -> str:
            raise RuntimeError

    endless: dict[str, Any] = {}
    endless["a"] = [endless]
    for odd in (endless, [endless], "x" * 10**5, 10**5000, Rude(), [Rude()], {"a": Rude()}, "\udc80", "." * 10**5):
        for connector in (connector_of(code) for code in ("postgresql", "sqlserveraws", "webhook", "facebook_ads")):
            found = faults(connector, dict.fromkeys(connector.properties, odd), unknown)
            assert all(len(fault.text) < 600 for fault in found)
    keys = {"x" * 10**6: 1, "\udc80": 1, "": 1, Rude(): 1, (1, 2): 1, b"x": 1}
    assert len(faults(made_up(), keys, unknown)) == 6  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "key", ["database.port.user.defined", "database.sslmode", "ssh.enabled", "streamkap.snapshot.parallelism"]
)
def test_a_value_that_may_be_a_secret_of_the_program_is_not_shown(key: str) -> None:
    """Such as a password in the wrong place. It came as an Output, whatever the catalogue says about the property."""
    connector = SOURCES.find("postgresql")
    assert connector is not None
    config = {key: "canary", "ssh.host": "bastion"}
    loud, silent = (faults(connector, config, unknown, silent=each) for each in ((), (key,)))
    assert "canary" in str(loud)
    assert "canary" not in str(silent)
    assert [fault.key for fault in loud] == [fault.key for fault in silent]
