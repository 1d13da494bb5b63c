"""Pulumi's marks of secrets: read, written, and copied to the same places."""

from __future__ import annotations

import json

from streamkap_pulumi.stack.importing import Recording, import_file
from streamkap_pulumi.stack.secret_marks import is_secret, plain, secret, secret_as, secret_keys
from streamkap_pulumi.stack.state import Goal, State
from tests.stack.fake_pulumi import SOURCE_TYPE

URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"


def test_a_secret_is_read_back_in_clear() -> None:
    """At any depth, and inside another secret."""
    assert plain({"a": [secret({"b": secret(1)})], "c": None}) == {"a": [{"b": 1}], "c": None}


def test_secrets_are_marked_where_they_were() -> None:
    """Key by key; a list with a secret is secret as a whole, as in the engine; what is new stays plain."""
    marked = {"config": {"password": secret("old"), "user": "u"}, "list": [secret("x"), "y"], "whole": secret({"a": 1})}
    now = secret_as({"config": {"password": "new", "user": "v", "n": 1}, "list": ["x"], "whole": {"a": 2}}, marked)
    assert plain(now) == {"config": {"password": "new", "user": "v", "n": 1}, "list": ["x"], "whole": {"a": 2}}
    assert is_secret(now["config"]["password"])
    assert not is_secret(now["config"]["user"])
    assert is_secret(now["list"])
    assert is_secret(now["whole"])


def test_the_secret_keys_of_a_config_are_found() -> None:
    """A config that is one secret has the key ``*``."""
    assert secret_keys({"b": [secret("x")], "a": secret("y"), "c": "z"}) == ["a", "b"]
    assert secret_keys(secret({"a": 1})) == ["*"]


def test_no_repr_shows_a_secret() -> None:
    """Of any class that holds inputs or outputs."""
    goal = Goal(URN, {"config": {"password": secret("canary")}})
    recording = Recording(goal, "id", {"config": {"password": "canary"}}, {"config": {"password": "canary"}})
    assert "canary" not in repr([goal, recording, State({"resources": [{"password": "canary"}]}), goal.declared])


def test_the_import_file_marks_what_an_interrupted_create_held_in_clear() -> None:
    """Earlier versions left values in clear that a transform had set."""
    config = {"database.password": "canary", "database.user": secret("marked"), "database.dbname": "shop"}
    goal = Goal(URN, {"connector": "postgresql", "config": config, "__provider": "reference"})
    outputs = {"connector": "postgresql", "config": plain(config)}
    for inputs in (None, {"connector": "postgresql", "config": plain(config)}):
        (entry,) = json.loads(import_file([Recording(goal, "id", outputs, inputs)]))["resources"]
        for part in ("inputs", "outputs"):
            assert secret_keys(entry[part]["config"]) == ["database.password", "database.user"]
            assert plain(entry[part]["config"]) == plain(config)


def test_the_import_file_marks_the_secret_outputs() -> None:
    """The properties that the program marks, and the key that the server generates."""
    goal = Goal(URN, {"config": {"password": secret("p")}, "__provider": "reference"})
    outputs = {"config": {"password": "p", "user": "u"}, "api_key": "k", "status": "Active"}
    (entry,) = json.loads(import_file([Recording(goal, "id", outputs)]))["resources"]
    assert is_secret(entry["outputs"]["config"]["password"])
    assert is_secret(entry["outputs"]["api_key"])
    assert entry["outputs"]["__provider"] == entry["inputs"]["__provider"] == "reference"
    assert entry["outputs"]["status"] == "Active"
