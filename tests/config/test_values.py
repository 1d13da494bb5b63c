"""Canonical values, and which values mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Catalogue, Property
from streamkap_pulumi.config.values import blank, canonical, cleared, clears, is_mask, parsed_json, same, whole_number
from tests.config.strategies import ANYTHING, PROPERTIES, changed, distorted, valid_value


def known(key: str, connector: str = "postgresql", catalogue: Catalogue = SOURCES) -> Property:
    found = catalogue.find(connector)
    assert found is not None
    return found.properties[key]


PORT = known("database.port.user.defined")
TABLES = known("table.include.list.user.defined")
TOGGLE = known("ssh.enabled")
YES_NO = known("snapshot.read.only.user.defined")
SLIDER = known("streamkap.snapshot.parallelism")
PASSWORD = known("database.password")
ORDERED = known("transforms.ValueToKey.fields.include.list")
ARRAY = known("resources", "hubspot")
CHOICE = known("database.sslmode")
KEY = known("ssh.public.key.user.displayed")
API_KEY = known("api.key", "webhook")
URL = known("webhook.url", "webhook")
MAP = known("streamkap.snapshot.custom.table.config.user.defined", "sqlserveraws")
TEMPLATE = known("file.name.template", "s3", DESTINATIONS)
FIELDS = known("format.output.fields.user.defined", "gcs", DESTINATIONS)
PAIRS = known("auto.qa.dedupe.table.mapping", "snowflake", DESTINATIONS)
BY_TOPIC = known("topics.config.map", "clickhouse", DESTINATIONS)
NAN = float("nan")
ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
DEEP: list[Any] = []
for _ in range(5000):
    DEEP = [DEEP]

ODD_VALUES: dict[str, Any] = {
    "huge": 10**5000,
    "huge and negative": -(10**5000),
    "a huge float": 1e300,
    "no number": NAN,
    "bytes": b"\xff",
    "a set": {1},
    "a list with a huge number": [10**5000],
    "a mapping with a huge number": {"a": 10**5000},
    "an object": object(),
    "a list in itself": ENDLESS,
    "a deep list": DEEP,
}


@pytest.mark.parametrize(
    ("prop", "value", "wire"),
    [
        (PORT, 5432, "5432"),
        (PORT, 5432.0, "5432"),
        (PORT, "5432", "5432"),
        (PORT, " 5432.0 ", "5432"),
        (PORT, "http", "http"),
        (PORT, "٣", "٣"),
        (PORT, 10**40, "1" + "0" * 40),
        (PORT, float("inf"), float("inf")),
        (TABLES, ["public.orders", "public.customers"], "public.orders,public.customers"),
        (TABLES, "public.orders, public.customers", "public.orders,public.customers"),
        (TABLES, r"public\.(a|b){1, 2}, c", r"public\.(a|b){1, 2},c"),
        (TABLES, r"a\, b, c", r"a\, b,c"),
        (TABLES, "a(, b", "a(,b"),
        (TABLES, "a), (b", "a),(b"),
        (TABLES, [1, 2.0], "1,2"),
        (TABLES, ["a", None], ["a", None]),
        (TABLES, [True], [True]),
        (TOGGLE, "true", True),
        (TOGGLE, " FALSE ", False),
        (TOGGLE, False, False),
        (TOGGLE, 1, 1),
        (YES_NO, True, "Yes"),
        (YES_NO, "No", "No"),
        (YES_NO, "yes", "Yes"),
        (YES_NO, "false", "No"),
        (YES_NO, "maybe", "maybe"),
        (SLIDER, 3.0, 3),
        (SLIDER, "3", 3),
        (SLIDER, "3.5", "3.5"),
        (ARRAY, "contacts, deals", ["contacts", "deals"]),
        (ARRAY, ["contacts"], ["contacts"]),
        (ARRAY, ("contacts, deals", 7, 8.0), ["contacts", "deals", "7", "8"]),
        (MAP, {"b": 1.0, "a": True}, '{"a":true,"b":1}'),
        (MAP, '{ "a": 1 }', '{ "a": 1 }'),
        (MAP, {"a": b"x"}, {"a": b"x"}),
        (PAIRS, {"raw": "clean"}, {"raw": "clean"}),
        (PAIRS, "raw:clean, raw2:marts.clean2,", {"raw": "clean", "raw2": "marts.clean2"}),
        (PAIRS, '{"raw": "clean"}', {"raw": "clean"}),
        (PAIRS, "raw", "raw"),
        (PAIRS, "raw:", "raw:"),
        (PAIRS, {}, {}),
        (BY_TOPIC, {"t": {"delete_sql_execute": "x"}}, '{"t":"{\\"delete_sql_execute\\":\\"x\\"}"}'),
        (BY_TOPIC, '{"t": {"a": "x"}}', '{"t":"{\\"a\\":\\"x\\"}"}'),
        (BY_TOPIC, {}, "{}"),
        (FIELDS, "key, value", ["key", "value"]),
        (PASSWORD, " with blanks, and commas ", " with blanks, and commas "),
        (PASSWORD, 1234, "1234"),
        (CHOICE, "REQUIRE", "REQUIRE"),
        (None, 7.0, 7),
        (None, "7", "7"),
        (None, {"a": (1.0,)}, {"a": [1]}),
        (PORT, None, None),
        (PORT, ["00"], ["00"]),
        (TABLES, ["(", "a,", "b"], "(,a,b"),
        (YES_NO, ["yes"], ["yes"]),
    ],
)
def test_what_the_user_wrote_becomes_what_the_api_accepts(prop: Property | None, value: Any, wire: Any) -> None:
    """Lists are joined, ports are strings, whole numbers are not floats; a secret stays as it is."""
    got = canonical(prop, value)
    assert got == wire
    assert type(got) is type(wire)


@pytest.mark.parametrize(
    ("prop", "one", "other"),
    [
        (PORT, "5432", 5432),
        (PORT, 5432.0, "5432"),
        (PORT, "05432", " 5432.0 "),
        (TABLES, "a.b,c.d", ["c.d", "a.b"]),
        (TABLES, "a.b, c.d", "a.b,c.d"),
        (TABLES, "a{1,2},b", ["b", "a{1,2}"]),
        (TABLES, "public.orders_[0-9]{1,3}", "public.orders_[0-9]{1, 3}"),
        (TABLES, r"public.a\,b,c", r"c, public.a\, b"),
        (TABLES, r"a\\,b", r"b, a\\"),
        (TABLES, r"(a,(b,c){1,2}),d", "d, (a,  (b, c){1,\t2})"),
        (TABLES, "[{,(]x,b", "b, [{, (]x"),
        (TABLES, "[{]{1,2},b", "b, [{]{1, 2}"),
        (TABLES, "[^],]x,b", "b, [^], ]x"),
        (TABLES, "[],a]x,b", "b, [], a]x"),
        (TABLES, r"[\],]x,b", r"b, [\], ]x"),
        (TABLES, "[a-z[A,B]]{1,2},b", "b, [a-z[A, B]]{1, 2}"),
        (TABLES, r"\{a,b\}", r"b\}, \{a"),
        (TABLES, "a(b,c", "c, a(b"),
        (TABLES, r"a\,b(,c", r"c, a\, b("),
        (ORDERED, "t.a{1,2},t.b", "t.a{1, 2}, t.b"),
        (TOGGLE, "true", True),
        (YES_NO, "Yes", True),
        (YES_NO, "yes", "true"),
        (SLIDER, "3", 3.0),
        (ARRAY, "b,a", ["a", "b"]),
        (ARRAY, "1,2", [2, 1.0]),
        (ARRAY, ["a,b"], ["b", "a"]),
        (MAP, '{"a": 1, "b": 2.0}', {"b": 2, "a": 1.0}),
        (PORT, "", None),
        (TABLES, [], None),
        (TABLES, ",", ""),
        (ARRAY, [""], None),
        (MAP, {}, None),
        (MAP, "null", "{}"),
        (PAIRS, {"raw": "clean", "raw2": "clean2"}, "raw2:clean2,raw:clean"),
        (PAIRS, {"raw": 1, "raw2": True}, {"raw2": "true", "raw": "1"}),
        (PAIRS, {}, None),
        (PAIRS, "{}", ""),
        (BY_TOPIC, {"t": {"delete_sql_execute": "x"}}, '{"t": "{\\"delete.sql.execute\\": \\"x\\"}"}'),
        (BY_TOPIC, {"t": {"a": "x", "b": 1}, "u": {}}, {"u": "{}", "t": '{"b": "1", "a": "x"}'}),
        (BY_TOPIC, {}, None),
        (FIELDS, ["value", "key"], ["key", "value"]),
        (PASSWORD, None, ""),
        (KEY, "<SSH.PUBLIC.KEY>", "ssh-ed25519 AAAA"),
        (KEY, "<SSH.PUBLIC.KEY>", None),
        (API_KEY, "<API_KEY>", "sk-1"),
        (URL, "", "https://hooks.example.com"),
        (URL, None, "https://hooks.example.com"),
        (TEMPLATE, "a-{{start_offset}}", "a-{{start_offset}}.json.gz"),
        (TEMPLATE, "a-{{start_offset}}.csv", "a-{{start_offset}}"),
        (None, "true", True),
        (None, 7, "7"),
        (None, "1.5", 1.5),
        (None, ["a", "b"], "a,b"),
        (None, '["a"]', ["a"]),
        (None, '{"a": 1}', {"a": 1.0}),
        (None, NAN, float("nan")),
    ],
)
def test_other_spellings_mean_the_same(prop: Property | None, one: Any, other: Any) -> None:
    """However the server returns a value."""
    assert same(prop, one, other)
    assert same(prop, other, one)


@pytest.mark.parametrize(
    ("prop", "one", "other"),
    [
        (PORT, "5432", "5433"),
        (PORT, "5432", None),
        (PORT, "3", "٣"),
        (TABLES, "a.b,c.d", "a.b"),
        (TABLES, "a.b", "a.B"),
        (TABLES, "a{1,2},b{1,3}", "a{1,3},b{1,2}"),
        (TABLES, "a{1,2}", "2},a{1"),
        (TABLES, r"a\,b", r"b,a\\"),
        (TABLES, "[{]{1,2},b", "2},b,[{]{1"),
        (TABLES, "a{1,2}", "a{1 ,2}"),
        (TABLES, "a b", "ab"),
        (ORDERED, "t.a{1,2},t.b", "t.b,t.a{1,2}"),
        (TABLES, "a", {"a": 1}),
        (TOGGLE, True, False),
        (TOGGLE, True, "false"),
        (TOGGLE, False, None),
        (TOGGLE, True, 1),
        (YES_NO, "Yes", "No"),
        (SLIDER, 3, 4),
        (CHOICE, "require", "REQUIRE"),
        (PASSWORD, "secret", "Secret"),
        (PASSWORD, "secret", "secret "),
        (PASSWORD, "a,b", "b,a"),
        (PASSWORD, "007", "7"),
        (ORDERED, "a,b", "b,a"),
        (MAP, {"a": 1}, {"a": True}),
        (MAP, {"a": 1}, '{"a": 2}'),
        (PAIRS, {"raw": "clean"}, {"raw": "CLEAN"}),
        (PAIRS, {"raw": "clean"}, {"raw": "clean", "raw2": "clean2"}),
        (PAIRS, {"raw": "clean"}, {}),
        (BY_TOPIC, {"t": {"a": "x"}}, {"u": {"a": "x"}}),
        (BY_TOPIC, {"t": {"a": "x"}}, {"t": {"a": "y"}}),
        (BY_TOPIC, {"t": {}}, {}),
        (KEY, "ssh-ed25519 AAAA", "ssh-ed25519 BBBB"),
        (TEMPLATE, "a.json", "a.json.gz"),
        (TEMPLATE, "a", "b.json"),
        (TEMPLATE, "a", "ab"),
        (CHOICE, "a", "a.json"),
        (None, "<API_KEY>", "sk-1"),
        (None, "a", "a.json"),
        (None, "007", "7"),
        (None, True, 1),
        (None, [True], [1]),
        (None, "a,b", "b,a"),
        (None, "1" * 30 + ".0", int("1" * 29 + "2")),
        (ARRAY, False, 0),
        (ARRAY, 7, ["7"]),
    ],
)
def test_real_changes_are_found(prop: Property | None, one: Any, other: Any) -> None:
    """None of these is a matter of spelling."""
    assert not same(prop, one, other)
    assert not same(prop, other, one)


@pytest.mark.parametrize("prop", [PAIRS, BY_TOPIC])
def test_an_empty_mapping_clears_and_null_does_not(prop: Property) -> None:
    """To the API they differ, though it may show either as the other."""
    empty: list[Any] = [{}, "{}", canonical(prop, {})]
    others: list[Any] = [None, "", {"raw": {"a": 1}}]
    assert [clears(prop, value) for value in (*empty, *others)] == [True] * 3 + [False] * 3
    assert clears(prop, cleared(prop))


@pytest.mark.parametrize("prop", [None, TABLES, ARRAY, MAP, PASSWORD])
def test_what_else_is_empty_is_like_null(prop: Property | None) -> None:
    """A source has no mapping that null would keep."""
    empty: list[Any] = [{}, [], "", None]
    assert not any(clears(prop, value) for value in empty)
    assert cleared(prop) is None


def test_an_extension_is_recognised_by_the_key_if_the_catalogue_knows_nothing() -> None:
    """No bundled source has such a property today, but a newer one may."""
    assert same(None, "a-{{start_offset}}", "a-{{start_offset}}.json.gz", key="file.name.template")
    assert not same(None, "a-{{start_offset}}", "a-{{start_offset}}.json.gz", key="file.name.prefix")


@pytest.mark.parametrize("value", ODD_VALUES.values(), ids=ODD_VALUES.keys())
def test_absurd_values_raise_nothing(value: Any) -> None:
    """For each kind of property. A value equals itself and nothing else."""
    for prop in (None, PORT, TABLES, TOGGLE, YES_NO, SLIDER, PASSWORD, ORDERED, ARRAY, CHOICE, API_KEY, MAP, TEMPLATE):
        assert same(prop, value, value)
        assert same(prop, value, canonical(prop, value))
        assert not same(prop, value, "other")
        assert not blank(prop, value)
        whole_number(value)
        parsed_json(value)


def test_an_unknown_type_is_left_as_it_is() -> None:
    """An older provider may read a newer catalogue."""
    odd = Property("a", "a", "brand_new", "brand-new")
    assert canonical(odd, "a, b") == "a, b"
    assert same(odd, "a", "a")
    assert not same(odd, "a", "b")


@given(st.sampled_from([None, *PROPERTIES]), ANYTHING)
@settings(max_examples=400)
def test_canonicalising_twice_changes_nothing(prop: Property | None, value: Any) -> None:
    """For all properties of all connectors. A value means the same as its canonical form."""
    once = canonical(prop, value)
    assert same(prop, value, once)
    twice = canonical(prop, once)
    assert type(twice) is type(once)
    assert twice is once or same(None, twice, once)


@given(st.sampled_from([None, *PROPERTIES]), ANYTHING, ANYTHING)
@settings(max_examples=400)
def test_meaning_the_same_is_reflexive_and_symmetric(prop: Property | None, one: Any, other: Any) -> None:
    """For all properties of all connectors."""
    assert same(prop, one, one)
    assert same(prop, one, other) == same(prop, other, one)


def test_every_distortion_is_recognised_and_every_change_is_found() -> None:
    """For all properties of all connectors. Equal ones count once."""
    alike = {
        (each.key, each.type, each.wire, each.enum, each.min, each.max, each.placeholder): each for each in PROPERTIES
    }
    for prop in alike.values():
        _see_through_distortions_and_see_changes(prop)


def _see_through_distortions_and_see_changes(prop: Property) -> None:
    @given(st.data())
    @settings(max_examples=4, deadline=None, database=None)
    def run(data: st.DataObject) -> None:
        value = data.draw(valid_value(prop))
        wire = canonical(prop, value)
        spelled = data.draw(distorted(prop, value))
        assert same(prop, spelled, wire)
        assert same(prop, wire, spelled)
        assert not same(prop, value, None) or prop.placeholder == ""
        if prop.placeholder in ("", spelled):
            return
        other = data.draw(changed(prop, value).filter(lambda changed: changed != value))
        assert not same(prop, spelled, other)
        assert not same(prop, other, wire)

    run()


@pytest.mark.parametrize(
    "mask", ["********", "***", "****1234", "••••••", "●●●●", "<hidden>", "[REDACTED]", "***MASKED***"]
)
def test_masks_of_secrets_are_known(mask: str) -> None:
    """Stars or dots, with or without the secret's end, or a word for it."""
    assert is_mask(mask, secret=True)


@pytest.mark.parametrize(
    "value", ["hunter2", "**", "a***", "*" * 3 + "x" * 20, "secret", "<mysecret>", "*secret*", "{secret)", None, 5]
)
def test_secrets_are_not_taken_for_masks(value: Any) -> None:
    """A real password is sent."""
    assert not is_mask(value, secret=True)


@pytest.mark.parametrize(
    ("key", "one", "other", "alike"),
    [
        ("newer.include.list", "a,b", "b, a", True),
        ("newer.exclude.list.user.defined", ["a", "b{1,2}"], "b{1,2},a", True),
        ("newer.include.list", "a,b", "a,c", False),
        ("newer.include.list", r"a{1,2},b\,c", r"b\, c, a{1, 2}", True),
        ("newer.include.list", ["a{1,2}", "b"], "b, a{1, 2}", True),
        ("newer.include.list", "a{1,2}", "2},a{1", False),
        ("newer.fields", "a,b", "b,a", False),
        ("newer.fields", ["a", "b"], ["b", "a"], False),
        ("transforms.ValueToKey.newer.include.list", "a,b", "b,a", False),
    ],
)
def test_an_unknown_list_is_recognised_by_its_key(key: str, one: Any, other: Any, alike: bool) -> None:
    """The order of includes does not matter; the order of anything else may."""
    assert same(None, one, other, key=key) is same(None, other, one, key=key) is alike
