"""The families of connectors that have a catalogue: one for each kind of object that runs a connector."""

from __future__ import annotations

from dataclasses import dataclass

from streamkap_pulumi.config.catalogue import Catalogue
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE


@dataclass(frozen=True, eq=False)
class Family:
    """One family: the kind of its objects, and where its files are."""

    kind: Kind
    suffix: str
    """How the names of its typed classes end."""
    pages: str
    """The folder of its pages, below ``docs/connectors``; ``.`` is that folder itself."""

    @property
    def catalogue(self) -> Catalogue:
        """Its connectors, as they are bundled."""
        assert self.kind.catalogue is not None
        return self.kind.catalogue

    @property
    def plural(self) -> str:
        """The name of its folder in the catalogue, in the typed classes and here, such as ``sources``."""
        return self.catalogue.plural

    @property
    def home(self) -> str:
        """The way from one of its pages to the folder of all pages."""
        return "" if self.pages == "." else "../"


SOURCES = Family(SOURCE, "Config", ".")
DESTINATIONS = Family(DESTINATION, "DestinationConfig", "destinations")

FAMILIES = (SOURCES, DESTINATIONS)
