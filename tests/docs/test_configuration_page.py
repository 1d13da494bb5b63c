"""The page of settings, inputs and outputs names each that there is, with the default that it has, and no other."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.api import DEFAULT_HOST, Retries, Settings, Timeouts
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(cells: list[str]) -> list[str]:
    return re.findall(r"`(\w+)`", cells[0])


def test_every_setting_is_reported_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under both of its names: what the page says is what is asked for."""
    asked: list[str] = []
    Settings.find(asked.append)
    told = {key.strip("`"): variable.strip("`") for key, variable, *_ in rows("Settings")}
    assert set(told) == set(asked)
    for name in told.values():
        monkeypatch.delenv(name, raising=False)
    plain = Settings.find()
    values = {"STREAMKAP_HOST": "https://other.example.com", "STREAMKAP_ALLOW_HTTP": "true"}
    for name in told.values():
        with monkeypatch.context() as changed:
            changed.setenv(name, values.get(name, "7"))
            assert Settings.find() != plain, name


def test_the_defaults_are_those_of_the_settings() -> None:
    """As the page's last column has them."""
    told = {cells[0].strip("`"): cells[3].strip("`") for cells in rows("Settings")}
    timeouts, retries = Timeouts(), Retries()
    assert told["streamkap:host"] == DEFAULT_HOST
    assert [float(told[f"streamkap:{name}Timeout"]) for name in ("connect", "read", "pool")] == [
        timeouts.connect,
        timeouts.read,
        timeouts.pool,
    ]
    assert [float(told["streamkap:maxRetries"]), float(told["streamkap:retryTimeout"])] == [
        retries.count,
        retries.seconds,
    ]
    assert [field.name for field in fields(Timeouts)] == ["connect", "read", "pool"]


@pytest.mark.parametrize("kind", [SOURCE, TAG], ids=lambda kind: kind.noun)
def test_every_input_and_every_output_is_reported_and_no_other(kind: Kind) -> None:
    """In the order of the class, for the outputs; `id` is of every resource."""
    inputs = [name for cells in rows(f"Inputs of a `{kind.type_name}`") for name in names(cells)]
    assert sorted(inputs) == sorted(kind.input_names)
    outputs = [name for cells in rows(f"Outputs of a `{kind.type_name}`") for name in names(cells)]
    declared = inspect.get_annotations(getattr(streamkap, kind.type_name))
    assert sorted(outputs) == sorted(["id", *declared])


def test_a_destination_has_what_a_source_has_but_service_id() -> None:
    """So the page says only that."""
    assert DESTINATION.input_names == SOURCE.input_names
    of_source, of_destination = ([each.name for each in kind.outputs] for kind in (SOURCE, DESTINATION))
    assert of_destination == [name for name in of_source if name != "service_id"]
    assert "the same inputs and outputs as a `Source`, without `service_id`" in " ".join(PAGE.split())
