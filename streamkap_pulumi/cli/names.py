"""From what people call a connector to its code."""

from __future__ import annotations

import re
from difflib import get_close_matches

from streamkap_pulumi.cli.exit_codes import UsageError
from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.hints import ALIASES


def named(name: str, catalogue: Catalogue) -> Connector:
    """The connector of `catalogue` that `name` means.

    It may be a code, a typed class, a display name, or a resource of Streamkap's Terraform provider. A code is taken
    for what it is; in the others, case, blanks and hyphens do not matter.

    Raises:
        UsageError: none is called so, or several are.
    """
    exact = catalogue.find(name)
    if exact is not None:
        return exact
    found = [connector for connector in catalogue if _plain(name) in _names(connector)]
    if len(found) == 1:
        return found[0]
    if found:
        codes = " or ".join(f"{connector.code} ({connector.config_class})" for connector in found)
        raise UsageError(f"{name!r} is the name of several connectors; write {codes}.")
    raise UsageError(f"There is no connector {name!r}{hint(name, catalogue)} `streamkap schema` lists all.")


def hint(name: str, catalogue: Catalogue) -> str:
    """How a sentence about an unknown connector ends: with the code of the nearest one, or with a full stop."""
    codes = {spelling: connector.code for connector in reversed(list(catalogue)) for spelling in _names(connector)}
    codes |= {alias: code for alias, code in ALIASES.items() if code in catalogue.codes}
    codes |= {code: code for code in catalogue.codes}
    near = get_close_matches(_plain(name), list(codes), n=1, cutoff=0.6)
    return f"; did you mean {codes[near[0]]!r}?" if near else "."


def _names(connector: Connector) -> set[str]:
    """What it is called, in plain letters."""
    title = connector.config_class.removesuffix("Config")
    # Streamkap's Terraform provider calls its resources like the codes; where it does not, like the typed class.
    names = {connector.code, connector.display_name, connector.config_class, title}
    names |= {f"source_{connector.code}", f"source_{title}", f"streamkap_source_{connector.code}"}
    return {_plain(name) for name in names | {f"streamkap_source_{title}"}}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
