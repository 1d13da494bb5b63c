"""What the documentation says about a property besides its description and type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Condition, Connector, LaterProperty, Property

NORMALISED: Mapping[str, str] = {
    "date-time": "Streamkap shows `2026-01-01` as `2026-01-01T00:00:00+00:00`, which means the same.",
    "without act_": "The prefix `act_` makes no difference.",
    "without dashes": "Dashes make no difference.",
}
"""What the documentation says about each way in which the server rewrites values."""


def facts(connector: Connector, known: Property) -> Iterator[str]:
    """One sentence for each fact."""
    yield from marks(known)
    if known.required_if_shown:
        yield f"Required with {shown}." if (shown := conditions(connector, known)) else "Required in some cases."
    if known.required_when:
        yield f"Required with {all_of(connector, known.required_when)}."
    if known.required_at_create:
        yield "Required to create the source."
    yield from limits(connector, known)
    if known.published_without:
        yield "Streamkap calls it required but publishes configurations without it: a missing one is only a warning."
    if value := default(known):
        yield f"Default: {value}."
    if known.deprecated_fields:
        yield f"Formerly {', '.join(f'`{name}`' for name in known.deprecated_fields)}."
    yield f"Key: `{known.key}`."


def marks(known: Property) -> Iterator[str]:
    """What is special about the property."""
    if known.removed_in:
        yield f"Removed from Streamkap's Terraform provider in {known.removed_in}: Streamkap may ignore it."
    if known.server_assigned:
        yield "The server sets it: leave it out."
    if known.secret:
        yield "Secret."
    if known.set_once:
        yield "Set once: with another value, the destination is replaced."
    if known.single_use:
        yield "Single use: it is sent once. After that it may stay in the program or be removed."
    if known.normalised:
        yield NORMALISED[known.normalised]


def limits(connector: Connector, known: Property) -> Iterator[str]:
    """When the property applies, and which values it can have."""
    if not known.required_if_shown and (shown := conditions(connector, known)):
        yield f"Only with {shown}."
    if known.requires:
        others = " and ".join(f"`{connector.properties[key].field}`" for key in known.requires)
        yield f"Set it together with {others}."
    yield from _bounds(known)
    if known.binds_secrets:
        yield from _change(connector, known)


def _change(connector: Connector, known: Property) -> Iterator[str]:
    """What has to be sent with a change of a property that binds the secrets."""
    grants = [each for each in connector.properties.values() if each.single_use]
    if all(grant.conditions for grant in grants):
        yield "When it changes, the secrets are sent again."
    for grant in grants:
        to = [f"`{each.value}`" for each in grant.conditions if each.config == known.key]
        if to or not grant.conditions:
            yield f"A change{f' to {to[0]}' if to else ''} needs a new `{grant.field}` in the same update."


def conditions(connector: Connector, known: Property) -> str:
    """All conditions of the property, such as ``ssh_enabled=True``; empty where it has none."""
    return all_of(connector, known.conditions)


def all_of(connector: Connector, needed: Iterable[Condition]) -> str:
    """All of the conditions, such as ``ssh_enabled=True``."""
    return " and ".join(condition(connector, each) for each in needed)


def _bounds(known: Property) -> Iterator[str]:
    if known.min is not None and known.max is not None:
        yield f"From {known.min} to {known.max}."
    elif known.min is not None:
        yield f"At least {known.min}."
    elif known.max is not None:
        yield f"At most {known.max}."
    if known.min_items:
        yield f"At least {known.min_items} item{'s' if known.min_items > 1 else ''}."


def condition(connector: Connector, needed: Condition) -> str:
    """A condition in terms of the typed class, such as ``ssh_enabled=True``."""
    name = known.field if (known := connector.described(needed.config)) else needed.config
    if needed.operator == "IN":
        *others, last = (f"`{each!r}`" for each in needed.value)
        return f"`{name}` set to " + (f"{', '.join(others)} or {last}" if others else last)
    return f"`{name}{'!=' if needed.operator == 'NE' else '='}{needed.value!r}`"


def about_later(connector: Connector, known: LaterProperty) -> Iterator[str]:
    """What is known about a newer property besides its name and type."""
    if known.secret:
        yield "Secret."
    if known.conditions:
        yield f"Only with {all_of(connector, known.conditions)}."
    if known.enum:
        yield f"Allowed values: {', '.join(f'`{value}`' for value in known.enum)}."
    if known.example is not None:
        yield f"Streamkap itself uses `{known.example}`."
    if known.default is not None:
        yield f"Default: `{known.default!r}`."


def default(known: Property) -> str:
    """The value that the server uses by default; empty if there is none or it is unknown."""
    value: Any = known.default
    if value in (None, "", []) or known.server_assigned:
        return ""
    is_number = known.type == "integer" and str(value).lstrip("-").isdigit()
    return f"`{value}`" if is_number or isinstance(value, str) else f"`{value!r}`"
