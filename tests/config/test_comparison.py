"""The bundled catalogue compared with an answer of the API."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.config.comparison import CHANGED, GONE, NEW, Difference, compare
from streamkap_pulumi.config.live_schema import connectors
from streamkap_pulumi.emulator import Emulator


@pytest.fixture(scope="module")
def emulated() -> dict[str, Any]:
    with Emulator() as emulator, Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        return streamkap.sources.connectors()


@pytest.fixture
def answer(emulated: dict[str, Any]) -> dict[str, Any]:
    """The emulator's answer, which says what the catalogue says."""
    return copy.deepcopy(emulated)


def row(answer: dict[str, Any], key: str, name: str = "PostgreSQL") -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in answer[name]["config"] if each["name"] == key)
    return found


def differences(answer: dict[str, Any]) -> list[Difference]:
    return list(compare(connectors(answer, SOURCES), SOURCES).differences)


def test_an_answer_like_the_catalogue_has_no_difference(answer: dict[str, Any]) -> None:
    """All 33 connectors, in both documented shapes."""
    result = compare(connectors(answer, SOURCES), SOURCES)
    assert (result.differences, len(result.compared), result.undecided) == ((), 33, {})
    assert differences({name: each["config"] for name, each in answer.items()}) == []


def test_other_names_of_the_controls_are_not_a_difference(answer: dict[str, Any]) -> None:
    """The documentation has two sets of them."""
    other = {"string": "text", "one-select": "select"}
    for each in answer.values():
        for entry in each["config"]:
            value = entry["value"]
            value["control"] = other.get(value.get("control"), value.get("control"))
    assert differences(answer) == []


@pytest.mark.parametrize("field", ["encrypt", "conditions", "required", "description", "tab", "value"])
def test_a_field_that_never_occurs_in_the_answer_is_not_a_difference(answer: dict[str, Any], field: str) -> None:
    """The answer does not say, so nothing changed. A password control still says that the property is a secret."""
    for each in answer.values():
        for entry in each["config"]:
            entry.pop(field, None)
    assert differences(answer) == []


@pytest.mark.parametrize("fields", [["min", "max"], ["raw_values"], ["control"], ["readonly"], ["step", "type"]])
def test_a_value_field_that_never_occurs_in_the_answer_is_not_a_difference(
    answer: dict[str, Any], fields: list[str]
) -> None:
    """As above."""
    for each in answer.values():
        for entry in each["config"]:
            for field in fields:
                entry["value"].pop(field, None)
    assert differences(answer) == []


def test_an_answer_with_only_documented_fields_has_no_difference(answer: dict[str, Any]) -> None:
    """The smallest answer that the documentation allows."""
    documented = ("name", "description", "required", "user_defined", "display_name", "tab")
    lean = {}
    for name, each in answer.items():
        lean[name] = [
            {field: entry[field] for field in documented if field in entry}
            | {"value": {key: entry["value"][key] for key in ("control", "default") if key in entry["value"]}}
            for entry in each["config"]
        ]
    assert differences(lean) == []


def test_the_type_of_a_default_and_the_order_of_choices_are_not_a_difference(answer: dict[str, Any]) -> None:
    """5432 and "5432" are the same port, and choices have no order."""
    row(answer, "database.port.user.defined")["value"]["default"] = 5432
    row(answer, "streamkap.snapshot.parallelism")["value"]["default"] = "1"
    row(answer, "ssh.enabled")["value"]["default"] = "false"
    row(answer, "database.sslmode")["value"]["raw_values"].reverse()
    row(answer, "ssh.host")["conditions"][0]["value"] = "true"
    assert differences(answer) == []


Plant = Callable[[dict[str, Any]], Any]

PLANTED: list[tuple[str, Plant, tuple[Any, Any]]] = [
    ("type", lambda a: row(a, "database.dbname")["value"].update(control="toggle"), ("string", "boolean")),
    ("required", lambda a: row(a, "database.user").update(required=False), (True, False)),
    ("required", lambda a: row(a, "ssh.host").update(required=False), (True, False)),
    ("required", lambda a: row(a, "column.include.list.user.defined").update(required=True), (False, True)),
    ("secret", lambda a: row(a, "ssh.host").update(encrypt=True), (False, True)),
    ("secret", lambda a: row(a, "ssh.host")["value"].update(control="password"), (False, True)),
    (
        "secret",
        lambda a: row(a, "database.password").update(encrypt=False, value={"control": "string"}),
        (True, False),
    ),
    ("default", lambda a: row(a, "database.port.user.defined")["value"].update(default="5433"), ("5432", "5433")),
    ("default", lambda a: row(a, "database.port.user.defined")["value"].pop("default"), ("5432", None)),
    ("default", lambda a: row(a, "ssh.enabled")["value"].update(default=True), (False, True)),
    (
        "allowed values",
        lambda a: row(a, "database.sslmode")["value"]["raw_values"].append("verify-full"),
        (["require", "disable"], ["require", "disable", "verify-full"]),
    ),
    (
        "allowed values",
        lambda a: row(a, "database.sslmode")["value"].update(raw_values=[{"value": "require", "label": "TLS"}]),
        (["require", "disable"], ["require"]),
    ),
    ("range", lambda a: row(a, "streamkap.snapshot.parallelism")["value"].update(max=20), ([1, 10], [1, 20])),
    (
        "range",
        lambda a: [row(a, "streamkap.snapshot.parallelism")["value"].pop(limit) for limit in ("min", "max")],
        ([1, 10], None),
    ),
    (
        "conditions",
        lambda a: row(a, "ssh.port")["conditions"][0].update(value=False),
        (
            [{"operator": "EQ", "config": "ssh.enabled", "value": True}],
            [{"operator": "EQ", "config": "ssh.enabled", "value": False}],
        ),
    ),
    (
        "conditions",
        lambda a: row(a, "ssh.port").pop("conditions"),
        ([{"operator": "EQ", "config": "ssh.enabled", "value": True}], []),
    ),
    ("user_defined", lambda a: row(a, "ssh.user").update(user_defined=False), (True, False)),
    ("server-assigned", lambda a: row(a, "ssh.user")["value"].update(readonly=True), (False, True)),
]


@pytest.mark.parametrize(("aspect", "plant", "values"), PLANTED)
def test_a_change_is_found_and_nothing_else(
    answer: dict[str, Any], aspect: str, plant: Plant, values: tuple[Any, Any]
) -> None:
    """With the value of either side."""
    plant(answer)
    (found,) = differences(answer)
    assert (found.change, found.connector, found.aspect) == (CHANGED, "postgresql", aspect)
    assert (found.catalogue, found.live) == values


def test_a_new_key_is_found(answer: dict[str, Any]) -> None:
    """In a few words, with a note if the catalogue knows it by name."""
    answer["PostgreSQL"]["config"] += [
        {"name": "brand.new", "user_defined": True, "required": True, "encrypt": True, "value": {"control": "string"}},
        {"name": "post.processors.reselect.enabled", "user_defined": True, "value": {"control": "toggle"}},
        {"name": "computed.new", "user_defined": False},
    ]
    assert differences(answer) == [
        Difference(NEW, "postgresql", "brand.new", "property", live="string, required, secret"),
        Difference(
            NEW,
            "postgresql",
            "post.processors.reselect.enabled",
            "property",
            live="boolean",
            note="The catalogue knows it by name only, since 3.0.0-beta.27.",
        ),
    ]


def test_a_gone_key_is_found(answer: dict[str, Any]) -> None:
    """But not if the catalogue knows that it was removed."""
    answer["PostgreSQL"]["config"].remove(row(answer, "ssh.host"))
    assert differences(answer) == [
        Difference(GONE, "postgresql", "ssh.host", "property", catalogue="string, required when shown")
    ]


def test_new_and_gone_connectors_are_found(answer: dict[str, Any]) -> None:
    """As a whole, not property by property."""
    answer["Neon"] = {**answer.pop("MySQL"), "display_name": "Neon"}
    assert differences(answer) == [
        Difference(GONE, "mysql", None, "connector", catalogue="MySQL"),
        Difference(NEW, "neon", None, "connector", live="Neon"),
    ]


def test_one_of_two_connectors_with_the_same_name_may_stay_undecided(answer: dict[str, Any]) -> None:
    """An object has only one entry per name, which does not mean that the other connector is gone."""
    answer["Stripe"] = answer.pop("Stripe (stripe)")
    del answer["Stripe (stripe_webhook)"]
    result = compare(connectors(answer, SOURCES), SOURCES)
    assert (result.differences, list(result.undecided)) == ((), ["stripe_webhook"])
