"""Canonical values, and which values mean the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamkap_pulumi.config.catalogue import Property, connector_codes, find_connector
from streamkap_pulumi.config.values import canonical, is_mask, same

PROPERTIES = [
    known for code in connector_codes() if (found := find_connector(code)) for known in found.properties.values()
]


def known(key: str, connector: str = "postgresql") -> Property:
    found = find_connector(connector)
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


@pytest.mark.parametrize(
    ("prop", "value", "wire"),
    [
        (PORT, 5432, "5432"),
        (PORT, 5432.0, "5432"),
        (PORT, "5432", "5432"),
        (TABLES, ["public.orders", "public.customers"], "public.orders,public.customers"),
        (TABLES, "public.orders, public.customers", "public.orders,public.customers"),
        (TOGGLE, "true", True),
        (TOGGLE, False, False),
        (YES_NO, True, "Yes"),
        (YES_NO, "No", "No"),
        (SLIDER, 3.0, 3),
        (SLIDER, "3", 3),
        (ARRAY, "contacts, deals", ["contacts", "deals"]),
        (ARRAY, ["contacts"], ["contacts"]),
        (PASSWORD, " with blanks, and commas ", " with blanks, and commas "),
        (PASSWORD, 1234, "1234"),
        (None, 7.0, 7),
        (None, "7", "7"),
        (PORT, None, None),
    ],
)
def test_what_the_user_wrote_becomes_what_the_api_takes(prop: Property | None, value: Any, wire: Any) -> None:
    """Lists are joined, ports are texts, numbers are no floats; a secret stays as it is."""
    got = canonical(prop, value)
    assert got == wire
    assert type(got) is type(wire)


@pytest.mark.parametrize(
    ("prop", "one", "other"),
    [
        (PORT, "5432", 5432),
        (PORT, 5432.0, "5432"),
        (TABLES, "a.b,c.d", ["c.d", "a.b"]),
        (TABLES, "a.b, c.d", "a.b,c.d"),
        (TOGGLE, "true", True),
        (YES_NO, "Yes", True),
        (SLIDER, "3", 3.0),
        (ARRAY, "b,a", ["a", "b"]),
        (PORT, "", None),
        (TABLES, [], None),
        (PASSWORD, None, ""),
        (None, "true", True),
        (None, 7, "7"),
        (None, ["a", "b"], "a,b"),
    ],
)
def test_other_spellings_mean_the_same(prop: Property | None, one: Any, other: Any) -> None:
    """Whatever the server makes of a value on its way back."""
    assert same(prop, one, other)
    assert same(prop, other, one)


@pytest.mark.parametrize(
    ("prop", "one", "other"),
    [
        (PORT, "5432", "5433"),
        (PORT, "5432", None),
        (TABLES, "a.b,c.d", "a.b"),
        (TABLES, "a.b", "a.B"),
        (TOGGLE, True, False),
        (TOGGLE, True, "false"),
        (TOGGLE, False, None),
        (YES_NO, "Yes", "No"),
        (SLIDER, 3, 4),
        (PASSWORD, "secret", "Secret"),
        (PASSWORD, "a,b", "b,a"),
        (PASSWORD, "007", "7"),
        (ORDERED, "a,b", "b,a"),
        (None, "007", "7"),
        (None, True, 1),
        (None, "a,b", "b,a"),
        (ARRAY, False, 0),
        (ARRAY, 7, ["7"]),
    ],
)
def test_real_changes_are_seen(prop: Property | None, one: Any, other: Any) -> None:
    """None of these is a matter of spelling."""
    assert not same(prop, one, other)
    assert not same(prop, other, one)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(["true", "Yes", "no", "5432", "5432.0", "a, b", "", " ", "<API_KEY>", "{}"]),
    st.lists(st.text(max_size=10), max_size=4),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@given(st.sampled_from([None, *PROPERTIES]), VALUES)
def test_canonicalising_twice_changes_nothing(prop: Property | None, value: Any) -> None:
    """Over all properties of all connectors."""
    once = canonical(prop, value)
    assert repr(canonical(prop, once)) == repr(once)


@given(st.sampled_from([None, *PROPERTIES]), VALUES, VALUES)
def test_meaning_the_same_is_symmetric(prop: Property | None, one: Any, other: Any) -> None:
    """Over all properties of all connectors."""
    assert same(prop, one, other) == same(prop, other, one)


@given(st.sampled_from([None, *PROPERTIES]), VALUES)
def test_a_value_means_the_same_as_its_canonical_form(prop: Property | None, value: Any) -> None:
    """Else `check` would make a change of its own."""
    if value == value:  # noqa: PLR0124 - NaN is the one value that does not equal itself
        assert same(prop, value, canonical(prop, value))


@pytest.mark.parametrize("mask", ["********", "***", "****1234", "••••••"])
def test_masks_of_secrets_are_known(mask: str) -> None:
    """Stars, with the secret's end or without."""
    assert is_mask(mask, secret=True)


@pytest.mark.parametrize("value", ["hunter2", "**", "a***", "*" * 3 + "x" * 20, None, 5])
def test_secrets_are_not_taken_for_masks(value: Any) -> None:
    """A real password is sent on."""
    assert not is_mask(value, secret=True)
