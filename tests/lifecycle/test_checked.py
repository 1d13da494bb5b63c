"""What belongs together of the checks of one run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checked import CheckedObjects
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.keys import PROPOSED_NAME
from tests.lifecycle.test_checking import GOOD, UNKNOWN, unknown

ONE, TWO = "one-1111111", "two-2222222"


class OneRun:
    """The checks of one run."""

    def __init__(self) -> None:
        self.sources = CheckedObjects()

    def check(
        self,
        proposed: str | None,
        name: Any = None,
        recorded: dict[str, Any] | None = None,
        urn: str | None = None,
    ) -> tuple[Any, list[str]]:
        given = {**GOOD, PROPOSED_NAME: proposed, "name": name}
        inputs = {key: value for key, value in given.items() if value is not None}
        answer, found = check(SOURCE, inputs, recorded or {}, unknown, self.sources, urn=urn)
        return answer["name"], found


def test_a_name_that_two_sources_of_a_run_have_is_refused_whatever_gives_it() -> None:
    """Two programs' names, one that is worked out, one that is recorded under an earlier resource name."""
    for first, second in (
        ((ONE, "shop"), (TWO, "shop")),
        ((ONE,), (TWO, ONE)),
        ((TWO, ONE), (ONE,)),
        ((TWO, None, {"name": ONE}), (ONE,)),
        ((TWO, None, {"name": "shop"}), (ONE, "shop")),
    ):
        run = OneRun()
        assert run.check(*first)[1] == []
        name, (fault,) = run.check(*second)
        assert f"of this program also has the name {name!r}" in fault
        assert "'one'" in fault or "'two'" in fault


def test_a_source_that_is_checked_twice_is_one_source_and_keeps_its_recorded_name() -> None:
    """The engine checks a replaced one again, without what is recorded."""
    run = OneRun()
    assert run.check(ONE, None, {"name": "before-0000000"}) == ("before-0000000", [])
    assert run.check(ONE) == ("before-0000000", [])
    assert run.check(TWO, "one-again") == ("one-again", [])
    assert run.check(TWO, "one-again") == ("one-again", [])
    # Another run knows nothing of it.
    assert OneRun().check(ONE) == (ONE, [])


def test_names_that_are_swapped_given_up_or_not_known_yet_are_not_fault() -> None:
    """What an update makes of them is Streamkap's to say."""
    run = OneRun()
    assert run.check(ONE, "b", {"name": "a"})[1] == []
    assert run.check(TWO, "a", {"name": "b"})[1] == []
    run = OneRun()
    assert run.check(ONE, UNKNOWN)[1] == run.check(TWO, UNKNOWN)[1] == []


def test_of_many_threads_that_check_one_name_all_but_one_are_refused() -> None:
    """The engine checks many sources at a time."""
    run = OneRun()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: run.check(f"source-{number:07d}", "shop")[1], range(40)))
    assert sum(not each for each in found) == 1


def test_a_deleted_source_is_reported_from_one_that_is_created_in_its_place() -> None:
    """By its name, or by the resource's where the name is worked out again; one that is created already is neither."""
    run = OneRun()
    run.check(ONE)
    run.check(TWO, "shop")
    for name, resource in ((ONE, "one"), ("one-7654321", "one"), ("shop", "two")):
        found = run.sources.replacement_of(name)
        assert found is not None
        assert found.resource == resource
    for other in ("two-7654321", "one", "three-3333333", None):
        assert run.sources.replacement_of(other) is None
    run.sources.created(ONE)
    assert run.sources.replacement_of("one-7654321") is None


def test_a_replacement_is_known_by_its_urn_whatever_its_name_becomes() -> None:
    """Also where a transform has removed the hidden inputs. What is created already is not to be created."""
    run = OneRun()
    run.check(ONE, "after", urn="urn:one")
    run.check(None, "later", urn="urn:two")
    for urn, name in (("urn:one", "after"), ("urn:two", "later")):
        found = run.sources.replacement_of("before", urn)
        assert found is not None
        assert found.name == name
        assert found.note_on_changed_name("before") is None
        assert run.sources.replacement_of("before") is None
        run.sources.created(name)
        assert run.sources.replacement_of("before", urn) is None
    # One that is recorded is not to be created, and what is deleted is a leftover of an earlier run.
    run = OneRun()
    run.check(ONE, "after", {"name": "after"}, urn="urn:one")
    assert run.sources.replacement_of("before", "urn:one") is None


def test_a_worked_out_name_that_a_transform_has_left_out_is_a_fault() -> None:
    """Unless it is recorded: else a source would be deleted, and then refused for its missing name."""
    assert OneRun().check(None, None, {"name": "recorded"}) == ("recorded", [])
    name, (fault,) = OneRun().check(None)
    assert name is None
    assert "a transform has removed the hidden inputs" in fault


def test_sources_whose_hidden_inputs_a_transform_has_left_out_are_distinguished_by_their_urns() -> None:
    """Each keeps its own recorded name when it is replaced, and no two get one name."""
    run = OneRun()
    for number in ("one", "two"):
        assert run.check(None, None, {"name": f"{number}-0000000"}, f"urn:x::{number}")[0] == f"{number}-0000000"
    for number in ("one", "two"):
        assert run.check(None, urn=f"urn:x::{number}") == (f"{number}-0000000", [])
        assert run.sources.note_on_kept_name({}) is None
    (fault,) = run.check(None, "one-0000000", urn="urn:x::three")[1]
    assert "the source 'one' of this program" in fault


def test_a_kept_name_is_noted_once_a_run() -> None:
    """And only where a replacement that is asked for would change it."""
    run = OneRun()
    for proposed, name, recorded in ((ONE, None, ONE), (TWO, "shop", "shop")):
        run.check(proposed, name, {"name": recorded})
        assert run.sources.note_on_kept_name({PROPOSED_NAME: proposed}) is None
    run = OneRun()
    run.check(ONE, None, {"name": "one-0000000"})
    run.check(TWO, None, {"name": "two-0000000"})
    note = str(run.sources.note_on_kept_name({PROPOSED_NAME: ONE}))
    assert note.startswith("one: its name in Streamkap is 'one-0000000'")
    assert "Set name='one-0000000'" in note
    assert run.sources.note_on_kept_name({PROPOSED_NAME: TWO}) is None
