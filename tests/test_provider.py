"""The provider where Pulumi's host calls it otherwise than it does in a run, and what it makes secrets of."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime import rpc

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import sealed
from streamkap_pulumi.lifecycle.keys import SECRET_KEYS
from streamkap_pulumi.provider import SourceProvider
from tests.lifecycle.samples import ORDERS

CONFIG = dict(ORDERS.config)
GOOD = {"name": "orders", "connector": "postgresql", "config": CONFIG}


def secrets(properties: dict[str, Any]) -> set[str]:
    """The paths of what is marked as a secret."""
    config = properties["config"]
    found = {name for name, value in properties.items() if rpc.is_rpc_secret(value)}
    if "config" not in found and isinstance(config, dict):
        found |= {f"config.{key}" for key, value in config.items() if rpc.is_rpc_secret(value)}
    return found


def test_a_provider_that_was_not_configured_says_so() -> None:
    """In words, and without a request."""
    with pytest.raises(Exception, match="the provider was not configured by Pulumi"):
        SourceProvider().read("6b0601d96b1cdd5ce0d0c349", {"name": "orders"})


@pytest.mark.parametrize(
    ("inputs", "marked"),
    [
        (GOOD, {"database.password"}),
        (GOOD | {SECRET_KEYS: ["database.user"]}, {"database.password", "database.user"}),
        (GOOD | {"config": {**CONFIG, "database.dbname": "jdbc:x://h/d?password=canary"}}, None),
        ({"connector": "brand_new", "config": {"a.token": "canary"}}, {"a.token"}),
        ({"connector": "brand_new", "config": {"hosts": ["a", "mongodb://me:canary@h"]}}, {"hosts"}),
        ({"connector": "brand_new", "config": {"nested": {"token": "canary"}, "plain": "x"}}, {"nested"}),
        ({"connector": "brand_new", "config": {"pin.password": 1234.0}}, {"pin.password"}),
    ],
)
def test_a_checked_secret_is_marked_whoever_has_set_it(inputs: dict[str, Any], marked: set[str] | None) -> None:
    """The engine strips the marks of the program's own, so the provider cannot know who has."""
    checked = SourceProvider().check({}, {"name": "orders", **inputs})
    assert checked.failures == []
    expected = {"database.password", "database.dbname"} if marked is None else marked
    assert secrets(checked.inputs) == {f"config.{key}" for key in expected}


def test_a_config_that_the_program_marks_as_a_whole_is_marked_as_a_whole() -> None:
    """As its outputs are."""
    checked = SourceProvider().check({}, GOOD | {SECRET_KEYS: ["*"]})
    assert secrets(checked.inputs) == {"config"}


def test_what_is_not_known_yet_is_left_alone() -> None:
    """An `up` knows it, and marks it."""
    config = {**CONFIG, "database.password": rpc.UNKNOWN}
    assert secrets(SourceProvider().check({}, GOOD | {"config": config}).inputs) == set()


def test_a_config_that_is_marked_as_a_whole_is_unknown_as_a_whole_until_all_of_it_is_known() -> None:
    """A transform may put a mapping with an unknown part in the place of a secret Output.

    A saved plan that held the known part key by key would be contradicted by `up`, and the engine then prints it all.
    """
    config = {**CONFIG, "database.hostname.user.defined": rpc.UNKNOWN}
    checked = SourceProvider().check({}, GOOD | {"config": config, SECRET_KEYS: ["*"]})
    assert checked.inputs["config"] == rpc.UNKNOWN


def test_an_alias_of_a_secret_is_refused_without_its_value_and_marked() -> None:
    """A transform may write one, where the program would have been understood."""
    config = {key: value for key, value in CONFIG.items() if key != "database.password"}
    checked = SourceProvider().check({}, GOOD | {"config": {**config, "database.password.user.defined": "canary"}})
    (failure,) = checked.failures
    assert "Write 'database.password'" in failure.reason
    assert ("canary" in failure.reason, failure.property) == (False, "")
    assert secrets(checked.inputs) == {"config.database.password.user.defined"}


def test_secret_outputs_are_marked_where_they_are() -> None:
    """The key of a webhook source, for example: a transform may have taken the resource's own options away."""
    outputs = {"connector": "webhook", "config": {"format": "json"}, "api_key": "canary", "webhook_url": "https://x"}
    assert sealed(SOURCE, outputs, (), lambda _: "sealed") == outputs | {"api_key": "sealed"}
    assert sealed(SOURCE, {"config": None, "api_key": None}, (), lambda _: "sealed") == {
        "config": None,
        "api_key": None,
    }
