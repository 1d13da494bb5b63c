"""The families of connectors that have a catalogue: one for each kind of object that runs a connector."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One family: what its objects are called, and where its files are."""

    plural: str
    """The name of its folder in the catalogue, in the typed classes and here."""
    resource: str
    """The class of the objects, such as ``Source``."""
    suffix: str
    """How the names of its typed classes end."""
    pages: str
    """The folder of its pages, below ``docs/connectors``; ``.`` is that folder itself."""

    @property
    def noun(self) -> str:
        """One object, such as ``source``."""
        return self.resource.lower()

    @property
    def home(self) -> str:
        """The way from one of its pages to the folder of all pages."""
        return "" if self.pages == "." else "../"


SOURCES = Family("sources", "Source", "Config", ".")
DESTINATIONS = Family("destinations", "Destination", "DestinationConfig", "destinations")

FAMILIES = (SOURCES, DESTINATIONS)
