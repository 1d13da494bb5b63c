"""The bundled catalogue is complete, and as the script writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streamkap_pulumi.config.catalogue import GROUPS, SOURCES, Connector, Property
from streamkap_pulumi.config.validation import faults
from tests.config.catalogues import catalogue_of

ROOT = Path(__file__).resolve().parents[2]
SURVEY = ROOT.parent / "shared" / "connectors" / "source-connectors.json"


def test_it_holds_every_connector_and_property() -> None:
    """33 connectors, 854 properties, 52 secrets: five more than the survey marks, one of which is newer."""
    connectors = list(SOURCES)
    properties = [known for connector in connectors for known in connector.properties.values()]
    assert (len(connectors), len(properties)) == (33, 854)
    assert sum(known.required for known in properties) == 116
    assert sum(bool(known.conditions) for known in properties) == 116
    assert sum(known.secret for known in properties) == 52


def test_every_condition_names_a_property_of_the_same_connector() -> None:
    """Otherwise it could never be met."""
    for connector in SOURCES:
        named = {each.config for known in connector.properties.values() for each in known.conditions}
        assert named <= connector.properties.keys()


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


def test_one_property_has_one_description_and_one_group() -> None:
    """In all connectors. Each says how good its evidence is."""
    said: dict[str, tuple[str, str]] = {}
    for connector in SOURCES:
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
    assert len(said) == 207


@pytest.mark.skipif(not SURVEY.exists(), reason="the survey that the catalogue is made from is not beside this clone")
def test_the_facts_are_those_of_the_survey() -> None:
    """The newest survey."""
    assert stale("--survey", str(SURVEY)) == (0, "")
