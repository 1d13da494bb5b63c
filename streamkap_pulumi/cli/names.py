"""From what people call a connector to its code."""

from __future__ import annotations

import re
from difflib import get_close_matches

from streamkap_pulumi.cli.exit_codes import UsageError
from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.hints import ALIASES


def named(name: str, *catalogues: Catalogue) -> Connector:
    """The connector that `name` means, of the first catalogue that has one of this name.

    It may be a code, a typed class, a display name, or a resource of Streamkap's Terraform provider. A code is taken
    for what it is; in the others, case, blanks and hyphens do not matter.

    Raises:
        UsageError: none is called so, or several of a catalogue are.
    """
    for catalogue in catalogues:
        exact = catalogue.find(name)
        if exact is not None:
            return exact
        found = [connector for connector in catalogue if _plain(name) in _names(connector)]
        if len(found) == 1:
            return found[0]
        if found:
            codes = " or ".join(f"{connector.code} ({connector.config_class})" for connector in found)
            raise UsageError(f"{name!r} is the name of several connectors; write {codes}.")
    raise UsageError(f"There is no connector {name!r}{hint(name, *catalogues)} `streamkap schema` lists all.")


def hint(name: str, *catalogues: Catalogue) -> str:
    """How a sentence about an unknown connector ends: with the code of the nearest one, or with a full stop."""
    codes: dict[str, str] = {}
    for catalogue in reversed(catalogues):
        codes |= {spelling: connector.code for connector in reversed(list(catalogue)) for spelling in _names(connector)}
        codes |= {alias: code for alias, meant in ALIASES.items() for code in meant if code in catalogue.codes}
        codes |= {code: code for code in catalogue.codes}
    near = get_close_matches(_plain(name), list(codes), n=1, cutoff=0.6)
    return f"; did you mean {codes[near[0]]!r}?" if near else "."


def _names(connector: Connector) -> set[str]:
    """What it is called, in plain letters."""
    noun = connector.catalogue.noun if connector.catalogue else "source"
    title = re.sub("(Destination)?Config$", "", connector.config_class)
    # Streamkap's Terraform provider calls its resources like the codes; where it does not, like the typed class.
    names = {connector.code, connector.display_name, connector.config_class, title}
    names |= {f"{noun}_{connector.code}", f"{noun}_{title}", f"streamkap_{noun}_{connector.code}"}
    return {_plain(name) for name in names | {f"streamkap_{noun}_{title}"}}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
