"""Small catalogues for tests, written as the bundled ones are."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import Catalogue, Connector, Property

if TYPE_CHECKING:
    from pathlib import Path


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
