"""Values and whole configs that are valid by the catalogue, and variations of them."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import Condition, Connector, Property
from streamkap_pulumi.config.values import is_list
from tests.config.catalogues import CONNECTORS

PROPERTIES = tuple(known for connector in CONNECTORS for known in connector.properties.values())

_WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=6)
_TEXTS = st.text(string.ascii_letters + string.digits + "-_./:@äß€", min_size=1, max_size=12)
_ITEMS = st.one_of(
    st.tuples(_WORDS, _WORDS).map(".".join),
    _WORDS.map(lambda word: rf"public\.({word}|b){{1,2}}"),
    _WORDS.map(lambda word: rf"public\.{word}\,[{{(,]x"),
)
"""Table names, and regular expressions for several tables."""

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.binary(max_size=3)
    | st.sampled_from(
        [
            "true",
            "Yes",
            "no",
            "5432",
            "5432.0",
            "a, b",
            "",
            " ",
            "٣",
            "<API_KEY>",
            "{}",
            "[",
            "****",
            "\udc80",
            "x" * 999,
        ]
    )
    | st.sampled_from([10**4000, 1e300, float("inf"), object(), frozenset({1}), 1 + 2j]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3) | st.integers() | st.none(), inner, max_size=2)
    ),
    max_leaves=5,
)
"""What a program may pass, right or wrong."""


def valid_value(known: Property) -> st.SearchStrategy[Any]:
    """A value that the property accepts, in the API's own type or in another that users write; never a blank one."""
    if known.type == "map":
        settings = st.dictionaries(_WORDS, _WORDS, max_size=2)
        values = settings if known.wire == "json-map" else st.integers(0, 9) | _WORDS | st.booleans()
        return st.dictionaries(_WORDS, values, min_size=1, max_size=3)
    if is_list(known):
        array = st.sampled_from(known.enum) if known.enum else _WORDS
        items = array if known.wire == "array<string>" else _ITEMS
        return st.lists(items, min_size=max(known.min_items or 0, 1), max_size=4, unique=True)
    if known.enum is not None:
        return st.sampled_from(known.enum)
    if known.type == "integer":
        return _valid_number(known)
    return st.booleans() if known.type == "boolean" else _TEXTS


def _valid_number(known: Property) -> st.SearchStrategy[int]:
    is_port = known.wire == "string" and known.key.removesuffix(".user.defined").endswith("port")
    least, most = (1, 65535) if is_port else (0, 2**40)
    return st.integers(known.min if known.min is not None else least, known.max if known.max is not None else most)


def distorted(known: Property, value: Any) -> st.SearchStrategy[Any]:
    """The same value as a user, the server or the engine may write it instead."""
    spellings: list[Any] = [value]
    if isinstance(value, bool):
        spellings += [str(value), str(value).lower(), str(value).upper(), f" {value} "]
    elif isinstance(value, int):
        spellings += [float(value), str(value), f"{value}.0", *([] if known.is_port else [f" {value} "])]
    elif isinstance(value, Mapping):
        text = json.dumps(value)
        if known.wire == "json-map":
            spellings += [{topic: json.dumps(settings) for topic, settings in value.items()}]
        spellings += [text, json.dumps(value, indent=1), json.dumps(dict(reversed(list(value.items()))))]
    elif isinstance(value, list):
        return _distorted_list(known, value)
    elif known.enum is not None and set(known.enum) == {"Yes", "No"}:
        spellings += [value.lower(), value == "Yes", str(value == "Yes")]
    elif known.placeholder:
        spellings.append(known.placeholder)
    return st.sampled_from(spellings)


def _distorted_list(known: Property, value: list[str]) -> st.SearchStrategy[Any]:
    in_order = known.key.startswith("transforms.")
    orders = st.just(value) if in_order else st.permutations(value)
    joined = st.sampled_from([",", ", ", " , ", ",,"])
    return st.one_of(
        orders,
        orders.map(lambda items: ",".join(items).replace(",", ", ")),
        orders.map(tuple),
        st.tuples(joined, orders).map(lambda pair: pair[0].join(pair[1])),
        orders.map(lambda items: [f" {item}" for item in items]),
    )


def changed(known: Property, value: Any) -> st.SearchStrategy[Any]:
    """Another value, which differs in one way."""
    if isinstance(value, bool):
        return st.just(not value)
    if isinstance(value, int):
        return st.sampled_from([value + 1, value - 1, -value - 1, value * 10 + 10])
    if isinstance(value, Mapping):
        some = st.sampled_from(sorted(value))
        return some.map(lambda key: {**value, key: [value[key]]}) | some.map(lambda key: {**value, f"{key}-": 1})
    if isinstance(value, list):
        place = st.integers(0, len(value) - 1)
        return st.one_of(
            place.map(lambda at: [*value[:at], f"{value[at]}_", *value[at + 1 :]]),
            place.map(lambda at: [*value[:at], value[at].upper(), *value[at + 1 :]]),
            st.just([*value, "one_more"]),
            st.just(value[1:]),
        )
    if known.enum is not None:
        return st.sampled_from([each for each in known.enum if each != value] or [f"{value}-"])
    return st.integers(0, len(value) - 1).map(lambda at: f"{value[:at]}{'#'}{value[at + 1 :]}") | st.just(f"{value} ")


def is_met(connector: Connector, config: Mapping[str, Any], condition: Condition) -> bool:
    """Whether a condition holds in a config of valid values, worked out differently than in the validation."""
    switch = connector.described(condition.config)
    assert switch is not None
    value = config.get(condition.config, switch.default)
    if condition.operator == "IN":
        return value in condition.value
    return bool((value == condition.value) is (condition.operator == "EQ"))


def is_needed(known: Property) -> bool:
    """Whether it must be set while it applies. If the conditions are not known, it is optional."""
    needed = known.required or (known.required_if_shown and bool(known.conditions))
    return needed and not known.published_without


@st.composite
def valid_config(draw: st.DrawFn, connector: Connector) -> dict[str, Any]:
    """A config without any fault: everything required and some of the rest, with valid values."""
    rows = connector.properties.values()
    switches = {each.config for known in rows for each in (*known.conditions, *known.required_when)}
    properties = [known for known in connector.properties.values() if not known.server_assigned]
    optional = [known.key for known in properties if not is_needed(known)]
    chosen = draw(st.sets(st.sampled_from(optional), max_size=8)) if optional else set()
    config: dict[str, Any] = {}
    # What others rest on comes first.
    for known in sorted(properties, key=lambda known: known.key not in switches):
        shown = all(is_met(connector, config, each) for each in known.conditions)
        needed = is_needed(known) or (
            known.required_when and all(is_met(connector, config, each) for each in known.required_when)
        )
        if shown and (needed or known.key in chosen):
            config[known.key] = draw(valid_value(known))
    for key in list(config):
        for other in connector.properties[key].requires:
            config.setdefault(other, draw(valid_value(connector.properties[other])))
    return config
