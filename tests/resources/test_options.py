"""What a source takes from Pulumi's resource options, and what it refuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.resources.options import path_warnings, resource_options, take_timeouts
from tests.test_surface import Mocks


def taken(custom: Any, timeouts: Any = None) -> tuple[Any, list[str], list[str]]:
    return take_timeouts(pulumi.ResourceOptions(custom_timeouts=custom), timeouts)


@pytest.mark.parametrize("opts", [{"protect": True}, "protect", True, 5, [], pulumi.InvokeOptions()])
def test_options_of_another_type_are_refused_with_the_right_way_to_write_them(opts: Any) -> None:
    """Of a source, and of one that is only read."""
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
    said = r"Source 'orders': opts: it is .*; write opts=pulumi\.ResourceOptions"
    with pytest.raises(pulumi.RunError, match=said):
        streamkap.Source("orders", connector="webhook", config={}, opts=opts)
    with pytest.raises(pulumi.RunError, match=said):
        streamkap.Source.get("orders", "64a1", opts)


def test_custom_timeouts_are_taken_as_the_input_timeouts() -> None:
    """As Pulumi's class, and as the mapping that Pulumi takes as well; the options given are not changed."""
    custom = pulumi.CustomTimeouts(create="1h", delete="30s")
    given = pulumi.ResourceOptions(custom_timeouts=custom)
    copied = resource_options(SOURCE, "orders", given)
    assert take_timeouts(copied, None) == ({"create": "1h", "delete": "30s"}, [], [])
    assert (copied.custom_timeouts, given.custom_timeouts) == (None, custom)
    assert taken({"update": "5m"}) == ({"update": "5m"}, [], [])
    merged = pulumi.ResourceOptions.merge(given, pulumi.ResourceOptions(protect=True))
    assert take_timeouts(merged, None)[0] == {"create": "1h", "delete": "30s"}


@pytest.mark.parametrize("custom", [None, pulumi.CustomTimeouts(), {}])
def test_without_custom_timeouts_the_input_stays_as_it_is(custom: Any) -> None:
    """Also where it is omitted: old states show no difference."""
    for timeouts in (None, {"create": "5m"}, "wrong"):
        assert taken(custom, timeouts) == (timeouts, [], [])


def test_the_input_wins_for_each_operation_that_has_both() -> None:
    """Also where it is an Output."""
    custom = pulumi.CustomTimeouts(create="1h", delete="30s")
    assert taken(custom, {"create": "5m"})[0] == {"create": "5m", "delete": "30s"}
    pulumi.runtime.set_mocks(Mocks(), project="infra", stack="dev")
    timeouts, _, _ = taken(custom, pulumi.Output.from_input({"create": "5m"}))
    known = asyncio.get_event_loop().run_until_complete(timeouts.future())
    assert known == {"create": "5m", "delete": "30s"}


@pytest.mark.parametrize(
    ("custom", "said"),
    [
        (
            pulumi.CustomTimeouts(create="5 minutes"),
            "create: '5 minutes' cannot be used: a duration is a string such as",
        ),
        (pulumi.CustomTimeouts(delete="0s"), "delete: '0s' cannot be used: a duration must be above zero"),
        ({"update": ["5m"]}, "update: it is a list"),
        ({"crate": "5m"}, "crate: there is no such operation; the operations are create, update, delete"),
        ("5m", ": it is a string; write pulumi.CustomTimeouts(create="),
    ],
)
def test_bad_custom_timeouts_are_faults_in_the_users_spelling(custom: Any, said: str) -> None:
    """None of them is used."""
    timeouts, faults, _ = taken(custom)
    assert (timeouts, len(faults)) == (None, 1)
    assert faults[0].startswith(("opts.custom_timeouts.", "opts.custom_timeouts:"))
    assert said in faults[0]


def test_a_time_out_for_reads_is_warned_of() -> None:
    """It would do nothing in silence."""
    timeouts, faults, warnings = taken(pulumi.CustomTimeouts(read="1m", create="5m"))
    assert (timeouts, faults) == ({"create": "5m"}, [])
    assert warnings == ["opts.custom_timeouts.read: it has no effect; streamkap:readTimeout bounds each read"]


@pytest.mark.parametrize("duration", ["1d", "1500ms", "1h30m", "90s", "1.5h"])
def test_durations_are_read_as_pulumi_writes_them(duration: str) -> None:
    """Its documentation has days, and Go has milliseconds."""
    assert taken(pulumi.CustomTimeouts(create=duration)) == ({"create": duration}, [], [])


HOST = 'config["database.hostname.user.defined"]'
KEYS = {"database.hostname.user.defined": "h", "brand.new": {"a": [1]}}


def paths_warned(config: Any = KEYS, connector: Any = "postgresql", **options: Any) -> list[str]:
    """The warnings about `options`."""
    return list(path_warnings(SOURCE, pulumi.ResourceOptions(**options), connector, config))


@pytest.mark.parametrize("option", ["ignore_changes", "replace_on_changes"])
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("config.database_hostname", HOST),
        ("database_hostname", HOST),
        ("config['database.hostname.user.defined']", HOST),
        ("config['database.hostname']", HOST),
        ('config["database.hostname"]', HOST),
        ('config["database_hostname"]', HOST),
        ("config.database.hostname.user.defined", HOST),
        ("config.database.hostname", HOST),
        ("database.hostname", HOST),
        ("database.hostname.user.defined", HOST),
        ("config.databaseHostname", HOST),
        ("config.ssh_enabled", 'config["ssh.enabled"]'),
        ("config.lob_enabled", None),
        ("config.brand.new", 'config["brand.new"]'),
        ("brand.new", 'config["brand.new"]'),
        ("config['brand.old']", 'config["brand.old"]'),
        ('config["table.include.list.user.defined"][0]', 'config["table.include.list.user.defined"]'),
        ("desiredState", "desired_state"),
        ("tag", "tags"),
        ("timeouts['create']", 'timeouts["create"]'),
        ("config", None),
        ("*", None),
        ("config[*]", None),
        (HOST, None),
        ('config["brand.new"].a[0]', None),
        ('config["brand.older"]', None),
        ("tags[0]", None),
        ("timeouts.create", None),
        ("__asked", None),
    ],
)
def test_a_path_that_names_nothing_is_reported_with_the_one_that_works(
    option: str, path: str, meant: str | None
) -> None:
    """Pulumi does nothing with it, in silence."""
    found = paths_warned(**{option: [path]})
    assert found == ([f"opts.{option}: {path!r} names nothing, so it has no effect; write {meant!r}"] if meant else [])


def test_where_nothing_is_near_the_inputs_are_reported() -> None:
    """An output cannot be ignored, either."""
    for path in ("zzzzzz", "[", "['", "task_statuses", ""):
        (told,) = paths_warned(ignore_changes=[path])
        assert told.endswith(
            "; the inputs of a Source are config, connector, name, desired_state, tags, kc_cluster_id, "
            "created_from, wait, timeouts"
        )


def test_what_is_not_known_yet_may_be_any_key() -> None:
    """A config that is an Output, or a connector that this version does not know."""
    eventual: Any = pulumi.Output.from_input({})
    assert paths_warned(eventual, "postgresql", ignore_changes=['config["zzz.zzz"]']) == []
    assert paths_warned(eventual, eventual, ignore_changes=["config.zzz", 'config["database.hostname"]']) == []
    (told,) = paths_warned(eventual, eventual, ignore_changes=["config['zzz']"])
    assert told.endswith("""write 'config["zzz"]'""")


@pytest.mark.parametrize("name", ["config.database_password", 'config["database.password"]', "database_password"])
def test_additional_secret_outputs_are_whole_outputs(name: str) -> None:
    """A path there does nothing."""
    (told,) = paths_warned(additional_secret_outputs=[name, "config"])
    assert told.startswith(f"opts.additional_secret_outputs: {name!r} is not an output, so it has no effect. It takes")
    assert "pulumi.Output.secret(...)" in told
