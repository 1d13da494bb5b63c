"""How the parts of a comment share its room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamkap_pulumi.preview.tables import Part, laid_out, size


def part(*rows: str, is_first: bool = False) -> Part:
    return Part([], rows, [], is_first=is_first)


def left_out(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("… and")]


def test_what_fits_as_a_whole_is_shown_as_a_whole() -> None:
    """However unequal the parts are."""
    rows = [f"row {number}" for number in range(100)]
    assert laid_out([part(*rows), part("one")], sum(map(size, rows)) + 4) == [*rows, "one"]


def test_a_long_part_leaves_room_for_the_others() -> None:
    """And says how many of its rows are left out."""
    lines = laid_out([part(*["x" * 9] * 100), part("one", "two")], 108)
    assert lines == [*["x" * 9] * 10, "… and 90 more: see the output of the preview.", "", "one", "two"]


def test_a_row_that_is_too_long_hides_none_after_it() -> None:
    """It alone is left out."""
    assert laid_out([part("one", "x" * 99, "two")], 20)[:2] == ["one", "two"]


def test_the_first_part_gets_its_room_before_the_others() -> None:
    """Wherever it stands."""
    lines = laid_out([part("other " * 9), part("held", "back", is_first=True)], 20)
    assert [line for line in lines if line][1:] == ["held", "back"]
    assert lines[0] == "… and 1 more: see the output of the preview."


@given(
    st.lists(st.tuples(st.lists(st.text(max_size=40), max_size=20), st.booleans()), max_size=6),
    st.integers(0, 1000),
)
def test_no_room_is_ever_exceeded(parts: list[tuple[list[str], bool]], room: int) -> None:
    """Counted in bytes, and what is missing is counted too."""
    made = [
        part(*(f"| {row.encode(errors='replace').decode()}" for row in rows), is_first=first) for rows, first in parts
    ]
    lines = laid_out(made, room)
    rows = [line for line in lines if line.startswith("| ")]
    assert sum(map(size, rows)) <= room
    missing = sum(int(line.split()[2]) for line in left_out(lines))
    assert len(rows) + missing == sum(len(each.rows) for each in made)
