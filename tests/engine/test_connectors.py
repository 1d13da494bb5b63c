"""All connectors with all their properties on the real engine: however a config is written, nothing is to be done."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from scripts.catalog import families, words
from streamkap_pulumi.config.catalogue import Connector, LaterProperty, Property
from streamkap_pulumi.config.spelling import real_key
from streamkap_pulumi.config.values import is_list
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.emulator.properties import shown
from tests.config.catalogues import CONNECTORS, title
from tests.engine.stack import Stack
from tests.engine.traffic import traffic

FAMILIES = {family.catalogue: family for family in families.FAMILIES}
Config = dict[str, Any]
"""Values by real keys, as a program writes them."""
Objects = dict[str, tuple[Connector, Config]]
"""By resource name."""

NEWER: Mapping[str, Any] = {"boolean": True, "integer": 4, "string": "example"}
"""Values of properties that are known by name only."""
GRANTS = itertools.count()
"""No two sources can have the same grant."""
UNSAID = "example"
"""What is written where no example is known: nobody knows its form either."""


def family_of(connector: Connector) -> families.Family:
    assert connector.catalogue is not None
    return FAMILIES[connector.catalogue]


def example(connector: Connector, known: Property) -> Any:
    """The value of the documentation; a secret's is one that can be found anywhere."""
    value = words.example_value(family_of(connector), connector.code, known.key, known.field)
    if known.single_use:
        return f"canary-grant-{next(GRANTS)}"
    if known.secret:
        return re.sub("example|service", "canary", value)
    return UNSAID if value is None else value


def least(connector: Connector) -> Config:
    """What the connector cannot do without."""
    config: Config = {}
    for known in connector.properties.values():
        needed = known.required_if_shown or known.required_at_create
        if known.required or (needed and shown(connector, known, config)):
            config[known.key] = example(connector, known)
    return config


def full(connector: Connector) -> Iterator[Config]:
    """As many properties as can go together, in as few configs as have them all."""
    rest = {key for key, known in connector.properties.items() if not known.server_assigned}
    while rest:
        wanted = next(key for key in connector.properties if key in rest)
        config = _together(connector, wanted)
        assert wanted in config, f"{connector.code}: nothing shows {wanted}"
        rest -= config.keys()
        yield config


def _together(connector: Connector, wanted: str) -> Config:
    """The examples that can go together, `wanted` among them."""
    config = {
        key: example(connector, known) for key, known in connector.properties.items() if not known.server_assigned
    }
    for each in connector.properties[wanted].conditions:
        assert each.operator != "NE"
        config[each.config] = each.value[0] if each.operator == "IN" else each.value
    while hidden := [key for key in config if not shown(connector, connector.properties[key], config)]:
        for key in hidden:
            del config[key]
    return config


def all_full() -> Objects:
    objects: Objects = {}
    for connector in CONNECTORS:
        for number, config in enumerate(full(connector)):
            newer = {each.key: newer_value(each) for each in connector.later.values()}
            objects[f"{title(connector)}-{number}"] = (connector, config | newer)
    return objects


def newer_value(known: LaterProperty) -> Any:
    return f"canary-{known.key}" if known.secret else NEWER[known.type]


def all_least() -> Objects:
    return {title(connector): (connector, least(connector)) for connector in CONNECTORS}


FULL, LEAST = all_full(), all_least()
FEW = {name: each for name, each in FULL.items() if each[0].code in {"dynamodb", "hubspot", "postgresql", "webhook"}}
"""One of each family, and one with JSON."""


def mapping(objects: Objects, name: Callable[[Connector, str], str] = lambda _, key: key) -> str:
    """A program that writes dotted keys, or what `name` makes of them."""
    return "".join(
        f"streamkap.{family_of(connector).kind.type_name}({resource!r}, connector={connector.code!r}, config="
        f"{ {name(connector, key): value for key, value in config.items()}!r})\n"
        for resource, (connector, config) in objects.items()
    )


def typed(objects: Objects, name: Callable[[Property], str] = lambda known: known.field) -> str:
    """A program that writes typed configs, with the fields' names or what `name` makes of them."""
    text = ""
    for resource, (connector, config) in objects.items():
        known = connector.properties
        fields = {name(known[key]): value for key, value in config.items() if key in known}
        newer = {key: value for key, value in config.items() if key not in known}
        extra = f", extra_config={newer!r}" if newer else ""
        made = f"streamkap.{connector.config_class}(**{fields!r}{extra})"
        text += f"streamkap.{family_of(connector).kind.type_name}({resource!r}, config={made})\n"
    return text


def alias(connector: Connector, key: str) -> str:
    """Another spelling of the key, with one suffix too many or too few, where there is one."""
    suffix = ".user.defined"
    other = key.removesuffix(suffix) if key.endswith(suffix) else key + suffix
    return other if key in connector.properties and real_key(connector, other) == key else key


def older_name(known: Property) -> str:
    return known.deprecated_fields[0] if known.deprecated_fields else known.field


def spellings(known: Property, value: Any) -> list[Any]:
    """Other ways to write the value that mean the same."""
    if known.enum and {"Yes", "No"} <= set(known.enum):
        return [value == "Yes", value.lower(), str(value == "Yes").lower()]
    if isinstance(value, bool):
        return [str(value).lower(), str(value), f" {value} "]
    if known.type == "integer":
        return [str(value), float(value), f"{value}.0", str(value) if known.is_port else f" {value} "]
    if known.type == "map":
        return [json.dumps(value, indent=1), dict(reversed(value.items())), json.dumps(value)]
    if is_list(known):
        items = value if isinstance(value, list) else value.split(",")
        # The order of the fields that a transform names may matter.
        turned = items if known.key.startswith("transforms.") else items[::-1]
        return [",".join(items), turned, f" {' , '.join(items)},", tuple(turned), items]
    return []


def respelled(objects: Objects, number: int) -> Objects:
    """All values written in another way, of which there are some; `number` says in which."""

    def written(connector: Connector, key: str, value: Any) -> Any:
        others = spellings(connector.properties[key], value) if key in connector.properties else []
        return others[number % len(others)] if others else value

    return {
        name: (connector, {key: written(connector, key, value) for key, value in config.items()})
        for name, (connector, config) in objects.items()
    }


def filled(objects: Objects, value: Any) -> Objects:
    """With `value` for everything that was left out."""
    return {
        name: (connector, {key: config.get(key, value) for key in [*connector.properties, *config]})
        for name, (connector, config) in objects.items()
    }


def changed(objects: Objects) -> tuple[Objects, dict[str, str]]:
    """With one value of each that means something else, and which it is, by resource name."""
    answer: Objects = {}
    keys: dict[str, str] = {}
    for name, (connector, config) in objects.items():
        known = connector.properties
        bound = {key for key in config if key in known and known[key].binds_secrets}  # They may need a new grant.
        free = [
            key for key in config if key in known and key not in bound and not known[key].secret and not known[key].enum
        ]
        key = next(key for key in free if known[key].type == "string" or is_list(known[key]))
        value = config[key]
        keys[name] = key
        answer[name] = (connector, config | {key: [*value, "more"] if isinstance(value, list) else f"{value}.more"})
    return answer, keys


FORMS: dict[str, Callable[[], str]] = {
    "aliases": lambda: mapping(FULL, alias),
}
LONGER_FORMS: dict[str, Callable[[], str]] = {
    "older names": lambda: typed(FULL, older_name),
    "a mapping, respelled 0": lambda: mapping(respelled(FULL, 0)),
    "None for all that is left out": lambda: typed(filled(FULL, None)),
    "null for all that is left out": lambda: mapping(filled(FULL, None)),
    "typed, respelled 1": lambda: typed(respelled(FULL, 1)),
    "a mapping, respelled 1": lambda: mapping(respelled(FULL, 1)),
    "a mapping, respelled 2": lambda: mapping(respelled(FULL, 2)),
    "a mapping, respelled 3": lambda: mapping(respelled(FULL, 3)),
    "a mapping, respelled 4": lambda: mapping(respelled(FULL, 4)),
    "typed, respelled 0": lambda: typed(respelled(FULL, 0)),
    "typed, respelled 2": lambda: typed(respelled(FULL, 2)),
    "typed, respelled 3": lambda: typed(respelled(FULL, 3)),
    "typed, respelled 4": lambda: typed(respelled(FULL, 4)),
}
EMPTY_FORMS: dict[str, Callable[[], str]] = {
    "an empty string for all that is left out, in a mapping": lambda: mapping(filled(FULL, "")),
    "an empty string for all that is left out, typed": lambda: typed(filled(FULL, "")),
}

FULLER = {
    "backfill": "on",
    "empty_string_to_null": "all",
    "null_hidden_conditionals": "all",
    "reorder_lists": "reverse",
    "ports_as": "int",
    "mask_style": "last4",
    "secret_null_echo": "on",
    "extra_keys": "on",
    "resolve_placeholders": "off",
    "drop_tenant_ids": "on",
    "transient_desired_state": "on",
    "empty_tags": "null",
}
BARER = {
    "backfill": "off",
    "empty_string_to_null": "off",
    "reorder_lists": "blanks",
    "ports_as": "string",
    "mask_without_secret_returned": "off",
    "append_file_extension": "off",
    "unknown_keys": "keep",
    "put_mode": "merge",
    "empty_tags": "omit",
}
SINGLE_FAULTS: tuple[dict[str, str], ...] = (
    {"backfill": "on"},
    {"backfill": "on", "stringify_backfill": "off"},
    {"backfill": "off"},
    {"empty_string_to_null": "all"},
    {"empty_string_to_null": "off"},
    {"null_hidden_conditionals": "on"},
    {"null_hidden_conditionals": "all"},
    {"resolve_placeholders": "off"},
    {"append_file_extension": "off"},
    {"mask_without_secret_returned": "encrypted"},
    {"mask_without_secret_returned": "off"},
    {"mask_style": "last4"},
    {"mask_style": "null"},
    {"mask_style": "omit"},
    {"secret_null_echo": "on"},
    {"reorder_lists": "reverse"},
    {"reorder_lists": "blanks"},
    {"ports_as": "string"},
    {"ports_as": "int"},
    {"drop_tenant_ids": "on"},
    {"empty_tags": "null"},
    {"empty_tags": "omit"},
    {"extra_keys": "on"},
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator for the objects that stand while this module is tested."""
    with Emulator(tmp_path_factory.mktemp("emulator") / "state.sqlite", {"status_delay": 0.3}) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, running: Emulator) -> Stack:
    """A stack with objects of all connectors, made from typed configs. Tests read it, and change nothing."""
    folder = tmp_path_factory.mktemp("standing")
    environment = {
        "STREAMKAP_HOST": running.url,
        "STREAMKAP_CLIENT_ID": running.client_id,
        "STREAMKAP_SECRET": running.secret,
    }
    stack = Stack(folder / "infra", folder / "backend", environment)
    stack.program(typed(FULL)).up().succeeded().shows(f"+ {len(FULL) + 1} created")
    return stack


def assert_unchanged(stack: Stack) -> None:
    """Neither the text of a preview nor its JSON shows a change."""
    count = len(FULL) + 1
    stack.preview("--expect-no-changes").succeeded().shows(f"{count} unchanged")
    found = stack.preview_json().succeeded().json
    assert found["changeSummary"] == {"same": count}
    assert [step for step in found["steps"] if step["op"] != "same" or step.get("detailedDiff")] == []


def test_every_property_that_can_be_set_is_set_somewhere() -> None:
    """All but those that the server fills in, and every newer one: what is shown below holds for each."""
    for connector in CONNECTORS:
        found = {key for known, config in FULL.values() if known is connector for key in config}
        settable = {key for key, known in connector.properties.items() if not known.server_assigned}
        assert found == settable | connector.later.keys()


@pytest.mark.parametrize(
    "objects", [pytest.param(LEAST, id="least", marks=pytest.mark.long), pytest.param(FULL, id="full")]
)
def test_every_connector_lives_its_whole_life_in_both_forms(stack: Stack, emulator: Emulator, objects: Objects) -> None:
    """Preview, up, nothing to be done, the same from dotted keys and back, and destroy until nothing is left."""
    created = f"+ {len(objects) + 1}"
    stack.program(typed(objects)).preview().succeeded().shows(f"{created} to create").hides("canary")
    stack.up().succeeded().shows(f"{created} created").hides("canary")
    assert "canary" not in stack.state()
    stack.rests_at_every_step()
    with traffic(emulator) as requests:
        stack.program(mapping(objects)).up("--expect-no-changes").succeeded()
        stack.program(typed(objects)).up("--expect-no-changes").succeeded()
    assert requests == []
    assert {(family, each["connector"]) for family, each in stored(emulator)} == {
        (family.plural, connector.code) for family in families.FAMILIES for connector in family.catalogue
    }
    stack.destroy().succeeded()
    assert [each["name"] for _, each in stored(emulator) if not each["deleted"]] == []


def stored(emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    return [(each.plural, found) for each in families.FAMILIES for found in emulator.objects(each.plural)]


@pytest.mark.long
def test_what_was_created_from_dotted_keys_is_the_same_typed(stack: Stack) -> None:
    """Also where the keys were aliases."""
    stack.program(mapping(FULL, alias)).up().succeeded()
    stack.program(mapping(FULL)).rests()
    stack.program(typed(FULL)).rests()


@pytest.mark.parametrize("form", [*FORMS, *(pytest.param(form, marks=pytest.mark.long) for form in LONGER_FORMS)])
def test_another_way_to_write_it_is_not_a_change(standing: Stack, form: str) -> None:
    """In text and in JSON."""
    assert_unchanged(standing.program({**FORMS, **LONGER_FORMS}[form]()))


@pytest.mark.parametrize(
    "form", [pytest.param(form, marks=[pytest.mark.long] * number) for number, form in enumerate(EMPTY_FORMS)]
)
def test_what_is_empty_is_as_if_left_out(standing: Stack, form: str) -> None:
    """In text and in JSON."""
    assert_unchanged(standing.program(EMPTY_FORMS[form]()))


def test_every_value_with_several_spellings_is_respelled() -> None:
    """In the forms above: numbers, booleans, answers, lists and mappings, each in two other ways at least."""
    forms = [respelled(FULL, number) for number in range(5)]
    for name, (connector, config) in FULL.items():
        for key, value in config.items():
            known = connector.properties.get(key)
            if known and (known.type != "string" or is_list(known)):
                assert len({repr(form[name][1][key]) for form in forms} - {repr(value)}) >= 2, (name, key)


def test_a_value_that_means_something_else_is_a_change(standing: Stack) -> None:
    """Of every object, and of that value only, whatever the spelling of the others."""
    objects, keys = changed(respelled(FULL, 0))
    found = standing.program(mapping(objects)).preview_json().succeeded().json
    assert found["changeSummary"] == {"same": 1, "update": len(FULL)}
    for step in found["steps"]:
        if step["op"] == "update":
            key = keys.pop(step["urn"].rsplit("::", 1)[1])
            (place,) = step["detailedDiff"]
            assert re.fullmatch(rf'config(\["{re.escape(key)}"\]|\.{re.escape(key)}(\[\d+\])?)', place)
    assert keys == {}


@pytest.mark.parametrize(
    ("objects", "faults"),
    [
        pytest.param(FEW, FULLER, id="few"),
        pytest.param(FULL, FULLER, id="fuller", marks=pytest.mark.long),
        pytest.param(FULL, BARER, id="barer", marks=pytest.mark.long),
    ],
)
def test_an_awkward_api_makes_no_change(
    stack: Stack, emulator: Emulator, objects: Objects, faults: Mapping[str, str]
) -> None:
    """Neither after a create nor after an update, however the API turns, fills and masks what it was given."""
    emulator.faults(**faults)
    stack.program(typed(objects)).up().succeeded()
    stack.rests()
    others, _ = changed(objects)
    stack.program(mapping(others)).up().succeeded().shows(f"~ {len(objects)} updated")
    stack.rests()


@pytest.mark.long
@pytest.mark.parametrize("faults", SINGLE_FAULTS, ids=lambda faults: "-".join(map("=".join, faults.items())))
def test_no_awkward_way_to_show_an_object_is_a_change(
    standing: Stack, running: Emulator, faults: dict[str, str]
) -> None:
    """One by one, of objects that stand: neither in what a refresh finds, nor in what is to be done then."""
    running.faults(**faults)
    try:
        standing.program(typed(FULL)).preview("--refresh", "--expect-no-changes").succeeded()
    finally:
        running.reset_faults()
