"""The bundled catalogue is complete, and as the script writes it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from streamkap_pulumi.config.catalogue import CATALOGUES, DESTINATIONS, GROUPS, SOURCES, Catalogue, Connector, Property
from streamkap_pulumi.config.validation import faults
from tests.config.catalogues import CONNECTORS, catalogue_of

ROOT = Path(__file__).resolve().parents[2]
SURVEYS = ROOT.parent / "shared" / "connectors"


@dataclass
class Counts:
    """How many there are."""

    connectors: int
    properties: int
    required: int
    conditional: int
    secret: int
    later: int


@pytest.mark.parametrize(
    ("catalogue", "counts"),
    [(SOURCES, Counts(33, 854, 116, 116, 52, 35)), (DESTINATIONS, Counts(24, 1069, 68, 70, 32, 171))],
    ids=lambda each: each.plural if isinstance(each, Catalogue) else "",
)
def test_it_holds_every_connector_and_property(catalogue: Catalogue, counts: Counts) -> None:
    """Of secrets, five more than the surveys mark: they have names like those that are marked elsewhere."""
    connectors = list(catalogue)
    properties = [known for connector in connectors for known in connector.properties.values()]
    assert counts == Counts(
        connectors=len(connectors),
        properties=len(properties),
        required=sum(known.required for known in properties),
        conditional=sum(bool(known.conditions) for known in properties),
        secret=sum(known.secret for known in properties),
        later=sum(len(connector.later) for connector in connectors),
    )


def test_what_can_be_set_only_once_is_marked() -> None:
    """Of all properties, two: with another value, such a destination must be replaced."""
    once = {(each.code, known.key) for each in CONNECTORS for known in each.properties.values() if known.set_once}
    assert once == {("iceberg", "iceberg.catalog.type"), ("snowflake", "ingestion.mode")}


def test_a_twin_is_of_the_same_product() -> None:
    """By its code or, where the codes differ, by its name."""

    def twin(code: str, one: Catalogue, other: Catalogue) -> str | None:
        connector = one.find(code)
        assert connector is not None
        found = other.twin(connector)
        return found.config_class if found else None

    assert twin("postgresql", SOURCES, DESTINATIONS) == "PostgreSQLDestinationConfig"
    assert twin("sqlserveraws", SOURCES, DESTINATIONS) == "SQLServerDestinationConfig"
    assert twin("sqlserver", DESTINATIONS, SOURCES) == "SQLServerConfig"
    assert twin("dynamodb", SOURCES, DESTINATIONS) is None
    assert twin("snowflake", DESTINATIONS, SOURCES) is None


def test_every_condition_names_a_property_of_the_same_connector() -> None:
    """Otherwise it could never be met."""
    for connector in CONNECTORS:
        properties = connector.properties.values()
        named = {each.config for known in properties for each in (*known.conditions, *known.required_when)}
        assert named <= connector.properties.keys() | connector.later.keys()


def test_a_connector_that_is_not_bundled_is_none() -> None:
    """Even if the code is written like a path."""
    assert SOURCES.find("brand_new") is None
    assert SOURCES.find("../catalogue/postgresql") is None


def test_two_catalogues_with_the_same_code_do_not_mix(tmp_path: Path) -> None:
    """`postgresql` is a source and a destination: each catalogue has its own properties, hints and file."""
    key = "table.name.prefix"
    properties = {key: Property(key, "table_name_prefix", "string", "string", required=True)}
    destinations = catalogue_of(tmp_path, Connector("postgresql", "PostgreSQL", "kafka-connect", properties))
    source, destination = SOURCES.find("postgresql"), destinations.find("postgresql")
    assert source is not None
    assert destination is not None
    assert (key in source.properties, list(destination.properties)) == (False, [key])
    assert (destinations.codes, [each.code for each in destinations]) == (("postgresql",), ["postgresql"])
    assert (SOURCES.find("postgresql"), destinations.find("mysql")) == (source, None)
    assert (destinations.nearest("Postgre SQL"), destinations.nearest("mysql")) == ("postgresql", None)
    found = faults(destination, {"aws.region": "x", "table.name.prefx": "x"}, lambda _: False)
    no_such = "postgresql has no such property"  # And not: dynamodb, which is a source, has.
    assert [fault.text.partition("; ")[0] for fault in found] == ["it is missing", no_such, no_such]
    assert "did you mean 'table.name.prefix'?" in found[2].text


def stale(*arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "scripts.catalog", "--check", *arguments]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return checked.returncode, checked.stderr


def test_data_classes_and_reference_are_what_the_script_writes() -> None:
    """This fails after an edit by hand, or if `make catalog` was forgotten."""
    assert stale() == (0, "")


@pytest.mark.parametrize(("catalogue", "count"), [(SOURCES, 207), (DESTINATIONS, 212)])
def test_one_property_has_one_description_and_one_group(catalogue: Catalogue, count: int) -> None:
    """In all connectors of a family. Each says how good its evidence is."""
    said: dict[str, tuple[str, str]] = {}
    for connector in catalogue:
        assert connector.summary
        assert connector.origin
        for known in connector.properties.values():
            assert known.description.endswith("."), known.key
            assert known.group in GROUPS
            assert known.grade in {"A", "B", "C"}
            assert bool(known.conditions) == bool(known.conditions_origin)
            assert said.setdefault(known.key, (known.group, known.description)) == (known.group, known.description)
        assert all(
            newer.description and newer.grade in {"B", "C"} and newer.since for newer in connector.later.values()
        )
    assert len(said) == count


@pytest.mark.skipif(
    not SURVEYS.exists(), reason="the surveys that the catalogue is made from are not beside this clone"
)
@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda each: each.plural)
def test_the_facts_are_those_of_the_survey(catalogue: Catalogue) -> None:
    """The newest survey."""
    assert stale("--survey", str(SURVEYS / f"{catalogue.noun}-connectors.json")) == (0, "")
