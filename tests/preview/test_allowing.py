"""What is allowed by name."""

from __future__ import annotations

import pytest

from streamkap_pulumi.preview.allowing import BadEntryError, Entry, entries_in, entry, judge
from streamkap_pulumi.preview.changes import Change, Operation

SOURCE = "pulumi-python:dynamic/streamkap:Source"


def deleted(name: str, of_type: str = SOURCE) -> Change:
    return Change(f"urn:pulumi:dev::infra::{of_type}::{name}", of_type, Operation.DELETE)


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("orders", "orders", True),
        ("orders", "orders2", False),
        ("orders", "Orders", False),
        ("ord*", "orders", True),
        ("*", "any::thing\nat all", True),
        ("order?", "orders", True),
        ("order?", "order", False),
        ("a.b", "axb", False),
        ("a[1]", "a[1]", True),
        ("a[1]", "a1", False),
        (f"urn:pulumi:dev::infra::{SOURCE}::orders", "orders", True),
        ("urn:pulumi:*::orders", "orders", True),
        ("urn:pulumi:prod::*", "orders", False),
        ("dev", "orders", False),
    ],
)
def test_a_name_is_matched_as_a_whole(pattern: str, name: str, matches: bool) -> None:
    """With two wildcards; a URN is matched as a URN."""
    assert Entry(Operation.DELETE, pattern).matches(deleted(name)) is matches
    assert not Entry(Operation.REPLACE, pattern).matches(deleted(name))


def test_other_types_are_held_back_only_when_asked_for() -> None:
    """Components hold nothing by themselves."""
    bucket = deleted("bucket", "aws:s3:Bucket")
    component = Change("urn:pulumi:dev::infra::x:y:Z::z", "x:y:Z", Operation.DELETE, is_component=True)
    changes = [deleted("orders"), bucket, component]
    assert [each.name for each in judge(changes, []).blocked] == ["orders"]
    assert [each.name for each in judge(changes, [], all_types=True).blocked] == ["orders", "bucket"]


def test_a_file_has_an_entry_a_line_and_comments() -> None:
    """A # within a name is not a comment."""
    lines = ["# why", "", "delete orders # because", "  replace a#b", "delete two words"]
    assert list(map(str, entries_in(lines, "file"))) == ["delete orders", "replace a#b", "delete two words"]


def test_a_name_in_quotes_is_taken_as_it_is() -> None:
    """As JSON has it: no wildcard and no comment; a URN too."""
    urn = deleted("or*").urn
    lines = ['delete "or*"  # why "so"', r'delete "a \"#1\" \u0062"', f'delete "{urn}"', 'delete or"ders']
    star, quoted, by_urn, plain = entries_in(lines, "file")
    assert str(star) == 'delete "or*"'
    assert (star.matches(deleted("or*")), star.matches(deleted("orders"))) == (True, False)
    assert (quoted.pattern, str(quoted)) == ('a "#1" b', 'delete a "#1" b')
    assert (by_urn.matches(deleted("or*")), by_urn.matches(deleted("orders"))) == (True, False)
    assert str(plain) == 'delete or"ders'


@pytest.mark.parametrize("line", ['delete "orders', 'delete "a" b', 'delete ""', 'delete "a"b', 'delete "a\\x"'])
def test_quotes_that_are_not_in_order_are_refused(line: str) -> None:
    """By the line's number."""
    with pytest.raises(BadEntryError, match="file, line 1: a name in double quotes is a JSON string"):
        entries_in([line], "file")


@pytest.mark.parametrize("line", ["orders", "remove orders", "delete", "delete   # nothing", "Delete orders"])
def test_a_line_that_is_no_entry_is_refused(line: str) -> None:
    """By its number; else a misspelled line would allow nothing, or something else."""
    with pytest.raises(BadEntryError, match="file, line 2: write `delete NAME`"):
        entries_in(["# first", line], "file")


def test_an_empty_name_is_refused() -> None:
    """As an unset variable of a workflow would be."""
    with pytest.raises(BadEntryError, match="--allow-delete needs the name"):
        entry(Operation.DELETE, " ")
