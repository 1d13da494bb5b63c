"""What `check` refuses, and what it answers with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checking import check, refusal
from streamkap_pulumi.lifecycle.keys import ASKED, FAULTS, PROPOSED_NAME, SILENT, SPELLING, UNCHECKED

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
CONFIG = {
    "database.hostname.user.defined": "db.example.com",
    "database.port.user.defined": 5432.0,
    "database.user": "me",
    "database.password": "hunter2",
    "database.dbname": "shop",
    "schema.include.list": ["public"],
    "table.include.list.user.defined": "public.orders, public.items",
}
GOOD = {"connector": "postgresql", "config": CONFIG, PROPOSED_NAME: "orders-1234567"}


def unknown(value: Any) -> bool:
    return isinstance(value, str) and value == UNKNOWN


def faults(**changes: Any) -> list[str]:
    return check(SOURCE, {**GOOD, **changes}, {}, unknown)[1]


def test_a_good_source_is_answered_with_canonical_values_and_a_name() -> None:
    """What is optional and left out stays left out."""
    checked, found = check(SOURCE, GOOD, {}, unknown)
    assert found == []
    assert checked == {
        "connector": "postgresql",
        "config": CONFIG
        | {
            "database.port.user.defined": "5432",
            "schema.include.list": "public",
            "table.include.list.user.defined": "public.orders,public.items",
        },
        "name": "orders-1234567",
        "wait": True,
        "created_from": "api",
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"connector": None}, "connector: it is missing"),
        ({"connector": ""}, "connector: an empty string is not a connector"),
        ({"config": None}, "config: it is missing"),
        ({"config": "hunter2"}, "config: it is a string; it must be a typed config or a mapping"),
        ({"config": ["hunter2"]}, "config: it is a list; it must be a typed config or a mapping"),
        ({"name": ""}, "name: it is an empty string"),
        ({"name": "  "}, "name: it is an empty string"),
        ({"desired_state": "On"}, "desired_state: 'On' is not one of Active, Paused, Stopped, Pending."),
        ({"desired_state": "Pause"}, "did you mean 'Paused'?"),
        ({"created_from": "cli"}, "created_from: 'cli' is not one of api, terraform, web"),
        ({"conector": "mysql"}, "conector: a Source has no such input; did you mean 'connector'?"),
        ({"timeouts": {"create": "soon"}}, "timeouts.create: 'soon' cannot be used: a duration is a string such as"),
        ({"timeouts": {"create": "0s"}}, "timeouts.create: '0s' cannot be used: a duration must be above zero"),
        ({"timeouts": {"creat": "5m"}}, "timeouts.creat: there is no such operation; did you mean 'create'?"),
        ({"timeouts": {"create": ["5m"]}}, "timeouts.create: a list cannot be used"),
        ({"timeouts": "5m"}, "timeouts: it is a string"),
        ({"tags": "prod"}, "tags: it is a string; it must be a list of tag ids"),
        ({"tags": ["", "a"]}, "tags[0]: it is an empty string"),
        ({"tags": ["team-data"]}, "tags[0]: 'team-data' is a name; it must be the id of a tag, such as tag.id of one"),
        ({"tags": ["a", "my team 1"]}, "tags[1]: 'my team 1' is a name"),
        ({"tags": ["Development"]}, "or streamkap.get_tag(name='Development').id"),
        ({"wait": "yes"}, "wait: it is a string; it must be True or False"),
        ({"kc_cluster_id": 5.0}, "kc_cluster_id: it is a number"),
        (
            {"config": {"table.include.list" if "table" in key else key: CONFIG[key] for key in CONFIG}},
            "another spelling of 'table.include.list.user.defined'",
        ),
        (
            {"config": CONFIG | {"database.usr": "me"}},
            "config.database.usr: postgresql has no such property; did you mean",
        ),
        ({"config": CONFIG | {"database.user": None}}, "config.database.user: it is missing; postgresql needs it"),
        ({"config": CONFIG | {"database.password": ["hunter2"]}}, "config.database.password: it is a list"),
        ({"config": CONFIG | {"database.usr": "me"}, SPELLING: {"typed": True}}, "did you mean 'database_user'?"),
        (
            {"config": CONFIG | {"database.port.user.defined": "x"}, SPELLING: {"typed": True}},
            "config.database_port: 'x' is not a whole number",
        ),
        (
            {"config": CONFIG | {"slot.name": {"a": "b"}}, SPELLING: {"keys": {"slot.name": "slot.name.user.defined"}}},
            "config.slot.name.user.defined: ",
        ),
        ({FAULTS: ["config.a: it is a set"]}, "config.a: it is a set"),
    ],
)
def test_each_fault_is_named_in_the_users_spelling(changes: dict[str, Any], said: str) -> None:
    """And a secret's value is in none of them."""
    found = faults(**changes)
    assert len(found) == 1
    assert said in found[0]
    assert "hunter2" not in found[0]


def test_all_faults_of_a_source_are_reported_at_once() -> None:
    """Nobody likes to run a preview four times."""
    found = faults(connector=None, conector="mysql", name="", desired_state="On", timeouts={"create": "x"})
    assert [fault.split(":")[0] for fault in found] == [
        "conector",
        "connector",
        "name",
        "desired_state",
        "timeouts.create",
    ]


@pytest.mark.parametrize("name", ["connector", "config", "name", "desired_state", "tags", "kc_cluster_id", "timeouts"])
def test_what_is_not_known_in_a_preview_is_not_checked(name: str) -> None:
    """It may be right once it is known."""
    checked, found = check(SOURCE, {**GOOD, name: UNKNOWN}, {}, unknown)
    assert found == []
    assert checked[name] == UNKNOWN


def test_a_time_that_is_not_known_in_a_preview_is_not_checked() -> None:
    """The other ones are."""
    found = faults(timeouts={"create": UNKNOWN, "update": "soon"})
    assert [fault.split(":")[0] for fault in found] == ["timeouts.update"]


OF_PYTHON = "Calling __str__ on an Output[T] is not supported."
WAY_AROUND = "If Streamkap accepts it all the same, put it into extra_config, which is not checked"


@pytest.mark.parametrize(
    ("config", "ends"),
    [
        ({"database.usr": 1}, [f"did you mean 'database.user'? {WAY_AROUND}"]),
        ({"database.port.user.defined": "x"}, [f"'x' is not a whole number. {WAY_AROUND}"]),
        ({"database.dbname": OF_PYTHON}, ["instead of an f-string or str()"]),
        ({"database.port.user.defined": "x", "zzz": OF_PYTHON}, [f". {WAY_AROUND}", "instead of an f-string or str()"]),
        ({"zzz": 1}, ["if it is newer than this version of streamkap_pulumi, put it into extra_config"]),
        ({"database.dbname": 2.0**60}, ["write it as a string"]),
        ({"database.dbname": float("nan")}, ["it is not a number"]),
    ],
)
def test_the_way_around_a_refusal_stands_once_and_only_where_it_helps(config: dict[str, Any], ends: list[str]) -> None:
    """Behind the last fault that may be wrong: extra_config refuses the others too."""
    found = faults(config=CONFIG | config)
    assert len(found) == len(ends)
    assert all(fault.endswith(end) for fault, end in zip(found, ends, strict=True))
    assert " ".join(found).count("extra_config") <= 1


@pytest.mark.parametrize("name", ["database_password", "database_hostname"])
def test_a_field_of_the_typed_config_that_a_transform_sets_is_refused_with_the_real_key(name: str) -> None:
    """The hint for a slip would be the very name."""
    real = {"database_password": "database.password", "database_hostname": "database.hostname.user.defined"}[name]
    (fault,) = faults(config=CONFIG | {name: "canary"}, **{SPELLING: {"typed": True}})
    assert fault.startswith(f"config.{name}: it is the typed config's name of {real!r}; in a transform write {real!r}")


def test_what_is_not_a_number_is_refused_though_the_connector_is_not_known_yet() -> None:
    """Where a connector is known, its own property says what is expected."""
    found = check(SOURCE, {**GOOD, "connector": UNKNOWN, "config": {"some.number": float("nan")}}, {}, unknown)[1]
    assert found == ["config.some.number: it is not a number"]


@pytest.mark.parametrize("number", [10154085223412345.0, -(2.0**53), 2**53 + 1])
@pytest.mark.parametrize(
    ("key", "value", "more"),
    [
        ("database.password", lambda number: number, {}),
        ("database.port.user.defined", lambda number: number, {}),
        ("streamkap.snapshot.parallelism", lambda number: number, {}),
        ("schema.include.list", lambda number: ["a", number], {}),
        ("brand.new", lambda number: {"deep": [number]}, {UNCHECKED: ["brand.new"]}),
        ("database.password", lambda number: number, {"connector": "brand_new"}),
    ],
)
def test_a_number_that_the_engine_has_rounded_is_refused_and_not_quoted(
    key: str, value: Any, more: dict[str, Any], number: float
) -> None:
    """A transform has set it, since the program itself refuses it: a wrong password would be sent in silence."""
    (fault,) = faults(config=CONFIG | {key: value(number)}, **more)
    said = (
        f"config.{key}: it is a whole number above 9007199254740991, which Pulumi rounds, so another one would be sent"
    )
    assert fault.startswith(said)
    assert faults(config=CONFIG | {"database.password": 2.0**53 - 1}) == []


@pytest.mark.parametrize("path", ["config.database.password", "config.database.user.user.defined", "connector", "name"])
def test_what_the_program_has_refused_is_not_missing_besides(path: str) -> None:
    """Nor is what rests on it judged; other faults are reported."""
    refused = {FAULTS: [[], [refusal(path, f"{path}: it is a set")], None]}
    name, _, key = path.partition(".")
    left = {real: value for real, value in CONFIG.items() if real != key.removesuffix(".user.defined")}
    without: dict[str, Any] = {"config": left} if key else {name: None}
    assert faults(**without, **refused) == [f"{path}: it is a set"]
    assert len(faults(**without, **refused, wait="yes")) == 2


def test_what_rests_on_a_refused_switch_is_not_judged() -> None:
    """It is not known what the switch was to be."""
    config = CONFIG | {"ssh.host": "bastion", "ssh.port": 22, "ssh.user": "me"}
    said = "config.ssh.enabled: it is a set"
    assert faults(config=config, **{FAULTS: [refusal("config.ssh.enabled", said)]}) == [said]


def test_a_fault_of_the_config_is_not_followed_by_a_missing_connector() -> None:
    """The config would have reported it, had it been one."""
    assert faults(connector=None, **{FAULTS: ["config: it is a set"]}) == ["config: it is a set"]


def test_an_empty_cluster_is_none() -> None:
    """As the API shows it."""
    checked, found = check(SOURCE, {**GOOD, "kc_cluster_id": ""}, {}, unknown)
    assert ("kc_cluster_id" in checked, found) == (False, [])


def test_a_list_with_an_unknown_item_is_unknown_as_a_whole() -> None:
    """It becomes one string."""
    config = CONFIG | {"table.include.list.user.defined": ["public.orders", UNKNOWN]}
    checked, _ = check(SOURCE, {**GOOD, "config": config}, {}, unknown)
    assert checked["config"]["table.include.list.user.defined"] == UNKNOWN


def test_tags_of_which_one_is_not_known_yet_are_taken_as_they_are() -> None:
    """Neither checked nor put in the recorded order."""
    tags = ["a", {"unknown": UNKNOWN}]
    checked, _ = check(SOURCE, {**GOOD, "tags": tags}, {"tags": ["a", "b"]}, lambda value: isinstance(value, dict))
    assert checked["tags"] == tags


def test_a_recorded_name_stays_when_the_name_is_left_out() -> None:
    """Also when the resource is renamed by an alias, which changes the name that the program works out."""
    checked, _ = check(SOURCE, {**GOOD, PROPOSED_NAME: "renamed-7654321"}, {"name": "orders-1234567"}, unknown)
    assert checked["name"] == "orders-1234567"
    assert check(SOURCE, {**GOOD, "name": "mine"}, {"name": "orders-1234567"}, unknown)[0]["name"] == "mine"


@pytest.mark.parametrize(
    ("recorded", "answered"),
    [
        ({}, {ASKED: "now"}),
        ({"name": "orders", ASKED: "then"}, {ASKED: "then"}),
        ({"name": "orders"}, {}),
    ],
    ids=["new", "recorded", "recorded before this input, or refreshed"],
)
def test_when_it_was_asked_for_is_reported_of_a_new_source_and_is_never_a_difference(
    recorded: dict[str, Any], answered: dict[str, Any]
) -> None:
    """A replacement counts as new: it is checked without what is recorded."""
    checked, found = check(SOURCE, {**GOOD, ASKED: "now"}, recorded, unknown)
    assert found == []
    assert {key: value for key, value in checked.items() if key == ASKED} == answered
    assert ASKED not in check(SOURCE, GOOD, {}, unknown)[0]


def test_another_spelling_of_what_is_recorded_is_answered_as_recorded() -> None:
    """So that the engine's own diff, which compares strings, is exact."""
    recorded = check(
        SOURCE, {**GOOD, "config": CONFIG | {"schema.include.list": "b,a"}, "tags": ["x", "y"]}, {}, unknown
    )[0]
    again = {**GOOD, "config": CONFIG | {"schema.include.list": ["a", "b"]}, "tags": ["y", "x"], "created_from": "web"}
    assert check(SOURCE, again, recorded, unknown)[0] == recorded


def test_a_desired_state_is_accepted_in_any_case() -> None:
    """And recorded as the API spells it."""
    assert check(SOURCE, {**GOOD, "desired_state": "paused"}, {}, unknown)[0]["desired_state"] == "Paused"


def test_what_is_newer_than_the_catalogue_is_let_through_when_the_program_says_so() -> None:
    """The keys of a typed config's `extra_config`."""
    newer = {**GOOD, "config": CONFIG | {"brand.new": "1"}}
    assert check(SOURCE, {**newer, UNCHECKED: ["brand.new"]}, {}, unknown)[1] == []
    assert "config.brand.new: postgresql has no such property" in check(SOURCE, newer, {}, unknown)[1][0]


def test_only_the_catalogue_of_the_connectors_that_are_seen_is_loaded() -> None:
    """The provider process reads one file out of 33 for a source that is right."""
    program = (
        "from tests.lifecycle.test_checking import GOOD, SOURCE, check, unknown\n"
        "from streamkap_pulumi.config.catalogue import SOURCES\n"
        "assert check(SOURCE, GOOD, {}, unknown)[1] == []\n"
        "print(len(SOURCES._read))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "1"


@pytest.mark.parametrize(
    ("changes", "silent"),
    [
        ({"desired_state": "canary"}, "desired_state"),
        ({"created_from": "canary"}, "created_from"),
        ({"timeouts": {"create": "canary"}}, "timeouts"),
        ({"config": CONFIG | {"database.port.user.defined": "canary"}}, "config.database.port.user.defined"),
        ({"config": CONFIG | {"database.sslmode": "canary"}}, "config"),
    ],
)
def test_what_came_as_an_output_is_not_reported(changes: dict[str, Any], silent: str) -> None:
    """It may be secret; what is wrong with it is reported all the same."""
    assert "canary" in str(faults(**changes))
    (fault,) = faults(**changes, **{SILENT: [silent]})
    assert "canary" not in fault


def test_what_the_program_vouches_for_may_look_like_an_alias() -> None:
    """It is sent as it is."""
    newer = {**GOOD, "config": CONFIG | {"table.include.list": "a"}, UNCHECKED: ["table.include.list"]}
    assert check(SOURCE, newer, {}, unknown)[1] == []
