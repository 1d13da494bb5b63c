"""The provider where Pulumi's host calls it otherwise than it does in a run, and what it makes secrets of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pulumi.runtime import rpc

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.declared import sealed
from streamkap_pulumi.lifecycle.keys import ASKED, FOREIGN, PROPOSED_NAME, SECRET_KEYS
from streamkap_pulumi.patches import host
from streamkap_pulumi.provider import SourceProvider
from streamkap_pulumi.run import Run
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


MakeProvider = Callable[[], SourceProvider]


@pytest.fixture
def reported() -> list[str]:
    """What the runs report."""
    return []


@pytest.fixture
def next_run(emulator: Emulator, reported: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeProvider]:
    """The provider of a new run against the emulator: as `configure` sets it up, but this process stays as it is."""
    monkeypatch.setattr(host, "report", reported.append)
    tenants = []

    def make() -> SourceProvider:
        settings = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        provider = SourceProvider()
        provider._tenant = Run(reported.append).tenant(settings.get)
        tenants.append(provider._tenant)
        return provider

    yield make
    for tenant in tenants:
        tenant.client().close()


def declared(name: str | None = "orders", default: str = "orders-0a1b2c3", **inputs: Any) -> dict[str, Any]:
    """Inputs as the program of an `up` sends them."""
    named = {} if name is None else {"name": name}
    return {**GOOD, "name": None, **named, PROPOSED_NAME: default, ASKED: "2026-12-01T00:00:00+00:00", **inputs}


def up(provider: SourceProvider, **inputs: Any) -> tuple[str, dict[str, Any]]:
    checked = provider.check({}, declared(**inputs))
    assert checked.failures == []
    created = provider.create(plain(checked.inputs))
    assert created.outs is not None
    return created.id, plain(created.outs)


def plain(properties: Any) -> dict[str, Any]:
    """As the engine hands them on: without the marks of secrets."""
    if rpc.is_rpc_secret(properties):
        return plain(properties["value"])
    if isinstance(properties, dict):
        return {name: plain(value) for name, value in properties.items()}
    return properties  # type: ignore[no-any-return]


def test_a_source_lives_its_life_call_by_call(next_run: MakeProvider, reported: list[str]) -> None:
    """Each call of the engine's, with the marks of secrets and the notes that the engine cannot give."""
    provider = next_run()
    source_id, outs = up(provider, desired_state="Paused")
    again = provider.check(declared(desired_state="Paused"), declared(desired_state="Paused"))
    assert provider.diff(source_id, outs, plain(again.inputs)).changes is False

    changed = declared(config={**CONFIG, "database.dbname": "mart"}) | {SECRET_KEYS: ["database.user"]}
    now = plain(provider.check(outs, changed).inputs)
    assert provider.diff(source_id, outs, now).changes is None
    assert any("desired_state is no longer declared" in line for line in reported)
    updated = provider.update(source_id, outs, now).outs
    assert updated is not None
    assert secrets(updated) == {"config.database.password", "config.database.user"}

    found = provider.read(source_id, plain(updated))
    assert (found.id, plain(found.inputs)["config"]["database.dbname"]) == (source_id, "mart")
    foreign = plain(provider.read(source_id, {FOREIGN: True}).outs)
    assert (foreign["name"], "database.password" in foreign["config"]) == ("orders", False)
    provider = next_run()
    provider.delete(source_id, plain(updated))
    assert provider.read(source_id, plain(updated)).id is None
    assert provider.read(source_id, foreign).id is None
    with pytest.raises(host.ReadableError, match="no source has the id"):
        provider.read(source_id, {FOREIGN: True})


def test_a_replacement_that_streamkap_would_refuse_is_refused_by_diff(next_run: MakeProvider) -> None:
    """In the run itself, and not in its preview, which asks nobody."""
    source_id, outs = up(next_run())
    new = {**outs, "connector": "brand_new_thing", "config": {"a": "b"}}
    assert next_run().diff(source_id, outs, new).replaces == ["connector"]
    provider = next_run()
    provider.check(outs, declared())
    with pytest.raises(host.ReadableError, match="does not have the connector"):
        provider.diff(source_id, outs, new)
    assert provider.diff(source_id, outs, {**outs, "connector": rpc.UNKNOWN}).replaces == ["connector"]


def test_a_requested_replacement_says_which_name_changes(next_run: MakeProvider, reported: list[str]) -> None:
    """A preview says that it would, and the run that it does, before the old source is deleted."""
    source_id, outs = up(next_run(), name=None)
    renamed = declared(name=None, default="orders-fffffff")
    checked = next_run().check(outs, renamed | {ASKED: rpc.UNKNOWN})
    assert checked.inputs["name"] == "orders-0a1b2c3"
    assert "Only a requested replacement" in reported.pop()

    provider = next_run()
    assert provider.check({}, renamed).inputs["name"] == "orders-fffffff"
    provider.delete(source_id, outs)
    assert any("changes from 'orders-0a1b2c3' to 'orders-fffffff'" in line for line in reported)


def test_settings_that_cannot_be_used_are_a_fault_of_each_object() -> None:
    """Where nothing has checked them before, they are the reason why an operation fails."""
    provider = SourceProvider()
    provider._tenant = Run(lambda _: None).tenant({"streamkap:host": "ftp://x"}.get)
    (failure,) = provider.check({}, declared()).failures
    assert "ftp" in failure.reason
    with pytest.raises(host.ReadableError, match=r"Creating the source 'orders' failed: .*ftp"):
        provider.create(declared())
