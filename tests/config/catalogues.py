"""The connectors of the bundled catalogues, and small catalogues for tests, written as those are."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from streamkap_pulumi.config.catalogue import CATALOGUES, Catalogue, Connector, Property

if TYPE_CHECKING:
    from pathlib import Path


CONNECTORS = tuple(connector for catalogue in CATALOGUES for connector in catalogue)
"""Of sources and of destinations."""


def title(connector: Connector) -> str:
    """Such as ``destination-postgresql``."""
    assert connector.catalogue is not None
    return f"{connector.catalogue.noun}-{connector.code}"


each_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=title)


def catalogue_of(folder: Path, *connectors: Connector) -> Catalogue:
    """A catalogue of these connectors, with its files in `folder`."""
    for each in connectors:
        data = {name: getattr(each, name) for name in ("code", "display_name", "family", "config_class", "summary")}
        rows = [_row(known) for known in each.properties.values()]
        data |= {"origin": each.origin, "properties": rows}
        (folder / f"{each.code}.json").write_text(json.dumps(data), encoding="utf-8")
    return Catalogue(folder)


def _row(known: Property) -> dict[str, Any]:
    return {name: value for name, value in asdict(known).items() if value is not None}
