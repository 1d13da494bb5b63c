"""Destinations: what they have that sources do not: keys that can be set once, mappings, and what pipelines set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.lifecycle.adopting import CannotAdoptError, adoption
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.diffing import diff
from streamkap_pulumi.lifecycle.errors import LifecycleError, WrongTenantError
from streamkap_pulumi.lifecycle.reading import read
from streamkap_pulumi.lifecycle.updating import update

MODE = "ingestion.mode"
BACKFILL = "transforms.MarkColumnsAsOptional.fields.include.list"
MAPPING = "auto.qa.dedupe.table.mapping"
KEY = "canary-of-the-warehouse"
CONFIG = {
    "snowflake.url.name": "acme.snowflakecomputing.com",
    "snowflake.user.name": "STREAMKAP",
    "snowflake.private.key": KEY,
    "snowflake.private.key.passphrase.secured": False,
    "sfwarehouse": "WH",
    "snowflake.database.name": "ANALYTICS",
    "snowflake.schema.name": "PUBLIC",
    "snowflake.role.name": "STREAMKAP_ROLE",
}


def declared(**config: Any) -> Declared:
    """The config above, with these properties; None removes one."""
    keys = {key.replace("__", "."): value for key, value in config.items()}
    given = {"name": "warehouse", "connector": "snowflake", "config": {**CONFIG, **keys}}
    checked, faults = check(DESTINATION, given, {}, lambda _: False)
    assert faults == []
    return Declared.from_inputs(DESTINATION, checked)


PLAIN = declared()
UPSERT = declared(ingestion__mode="upsert")
APPEND = declared(ingestion__mode="append")


@pytest.fixture
def destinations(context: Context) -> Context:
    """The context of destinations."""
    return replace(context, kind=DESTINATION)


def known(_: Any) -> bool:
    return False


def changes(outputs: dict[str, Any], now: Declared) -> tuple[bool | None, tuple[str, ...]]:
    difference = diff(DESTINATION, outputs, now.inputs(), lambda value: isinstance(value, Unknown))
    return difference.changes, difference.replaces


def puts(emulator: Emulator) -> int:
    return len([each for each in emulator.requests() if each["method"] == "PUT"])


def live_config(emulator: Emulator) -> dict[str, Any]:
    (found,) = [each for each in emulator.destinations(secrets=True) if not each["deleted"]]
    return dict(found["config"])


@pytest.mark.usefixtures("shared_clock")
def test_it_is_created_waited_for_and_deleted(emulator: Emulator, destinations: Context) -> None:
    """Its answers name no project, so the state records the credentials' own."""
    emulator.faults(status_delay=1)
    destination_id, outputs = create(destinations, PLAIN)
    assert (outputs["status"], outputs["tenant_id"], "service_id" in outputs) == ("Active", "tenant-demo", False)
    assert KEY not in str({name: value for name, value in outputs.items() if name != "config"})
    assert changes(outputs, PLAIN) == (False, ())
    found = read(destinations, destination_id, outputs)
    assert found is not None
    assert found[0] == outputs
    destinations.api.destinations.delete(destination_id)
    with pytest.raises(WrongTenantError, match="the destination to the project another"):
        read(destinations, destination_id, outputs | {"__service_id": "another"})
    delete(destinations, destination_id, outputs)


def test_what_can_be_set_once_replaces_only_where_both_values_are_known(destinations: Context) -> None:
    """A key that is added, removed or unknown deletes nothing."""
    _, outputs = create(destinations, UPSERT)
    assert changes(outputs, APPEND) == (None, ("config",))
    assert changes(outputs, PLAIN) == (None, ())
    unknown = PLAIN.having(config={**CONFIG, MODE: Unknown()})  # type: ignore[no-untyped-call]
    assert changes(outputs, unknown) == (None, ())
    _, without = create(destinations, declared(snowflake__schema__name="OTHER").having(name="second"))
    assert changes(without, APPEND.having(name="second"))[1] == ()


def test_a_key_that_is_declared_later_is_compared_with_the_live_one(emulator: Emulator, destinations: Context) -> None:
    """Where it is equal nothing is sent; where it differs nothing is sent either, and the error says what to do."""
    destination_id, outputs = create(destinations, UPSERT)
    outputs = update(destinations, destination_id, outputs, PLAIN)
    assert (puts(emulator), live_config(emulator)[MODE]) == (0, "upsert")
    with pytest.raises(LifecycleError, match=r"config.ingestion.mode: .*once.*'upsert'.*'append'.*pulumi up --replace"):
        update(destinations, destination_id, outputs, APPEND)
    both = declared(ingestion__mode="append", sfwarehouse="OTHER")
    with pytest.raises(LifecycleError, match="Nothing was sent"):
        update(destinations, destination_id, outputs, both)
    assert puts(emulator) == 0
    outputs = update(destinations, destination_id, outputs, UPSERT)
    assert (puts(emulator), outputs["config"][MODE]) == (0, "upsert")


def test_an_update_sends_it_along_though_it_is_not_declared(emulator: Emulator, destinations: Context) -> None:
    """A PUT replaces the whole config. What a pipeline has set in it goes along as well."""
    destination_id, outputs = create(destinations, UPSERT)
    emulator.change_destination(destination_id, config={**live_config(emulator), BACKFILL: "*"})
    found = read(destinations, destination_id, outputs)
    assert found is not None
    assert found[1] == UPSERT.inputs()
    update(destinations, destination_id, outputs, declared(sfwarehouse="OTHER"))
    now = live_config(emulator)
    assert (now[MODE], now[BACKFILL], now["sfwarehouse"]) == ("upsert", "*", "OTHER")


def test_a_mapping_is_kept_cleared_and_compared_by_what_it_means(emulator: Emulator, destinations: Context) -> None:
    """Omitted, it is kept; ``{}`` clears it; the order of its keys makes no difference."""
    tables = {"raw.a": "clean.a", "raw.b": "clean.b"}
    destination_id, outputs = create(destinations, declared(ingestion__mode="append", **{MAPPING: tables}))
    turned = dict(reversed(tables.items()))
    assert changes(outputs, declared(ingestion__mode="append", **{MAPPING: turned})) == (False, ())
    emulator.change_destination(
        destination_id, config={**live_config(emulator), MAPPING: "raw.a:clean.a,raw.b:clean.b"}
    )
    found = read(destinations, destination_id, outputs)
    assert found is not None
    assert found[1]["config"][MAPPING] == outputs["config"][MAPPING]
    outputs = update(destinations, destination_id, outputs, declared(ingestion__mode="append", **{MAPPING: {}}))
    assert not live_config(emulator).get(MAPPING)
    assert changes(outputs, declared(ingestion__mode="append", **{MAPPING: {}})) == (False, ())


def test_one_that_was_set_otherwise_cannot_be_adopted(destinations: Context) -> None:
    """The next `up` would delete it."""
    destination_id, _ = create(destinations, UPSERT)
    with pytest.raises(CannotAdoptError, match=r"has the config.ingestion.mode upsert.*declares append"):
        adoption(destinations, APPEND, destination_id)
    assert adoption(destinations, UPSERT, destination_id).differing == ()


def test_a_lost_answer_is_found_again(emulator: Emulator, destinations: Context) -> None:
    """As a source's is: by its name, its config and its age."""
    lost = {"value": 504, "times": 1, "method": "POST", "path": "/destinations"}
    emulator.faults(gateway_after_commit=lost)
    destination_id, _ = create(destinations, PLAIN)
    assert [each["id"] for each in emulator.destinations()] == [destination_id]
