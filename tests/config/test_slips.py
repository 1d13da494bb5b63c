"""Slips in strings."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.config.slips import doubtful, is_stringified, stray_around, stray_in_address, stray_in_name
from streamkap_pulumi.config.validation import faults
from tests.config.catalogues import CONNECTORS

OUTPUT = pulumi.Output.from_input("x")
KEY = "-----BEGIN KEY-----\nabc\n-----END KEY-----\n"


def unknown(_: Any) -> bool:
    return False


def test_the_text_of_an_output_is_found_anywhere() -> None:
    """In a list that became a string, too; also the text of Pulumi's Node SDK and of other objects."""
    for value in (
        f"db.{OUTPUT}",
        str(OUTPUT),
        f"{[OUTPUT]}",
        repr(OUTPUT),
        "Calling [toString] on an [Output<T>] is not supported.",
        f"{object()}",
        f"{unknown}",
        ["a", f"{OUTPUT}"],
        {"a": {"b": (f"{OUTPUT}",)}},
        {f"{OUTPUT}": "a"},
    ):
        assert is_stringified(value), value


@pytest.mark.parametrize("value", ["db.example.com", "a < b at 0x1", "<b> at 0xabcdef", "Output[T]", None, 5, []])
def test_similar_text_is_left_alone(value: Any) -> None:
    assert not is_stringified(value)


def test_hosts_and_ports_are_those_of_the_catalogue() -> None:
    """One property each for host and port, of the database, of the SSH tunnel and of a proxy."""
    found = {
        kind: {known.key for connector in CONNECTORS for known in connector.properties.values() if getattr(known, kind)}
        for kind in ("is_host", "is_port")
    }
    assert found == {
        "is_host": {
            "database.hostname.user.defined",
            "es.host",
            "hostname",
            "http.proxy.host",
            "mongodb.connection.hostname",
            "pinecone.proxy.host",
            "redis.host.user.defined",
            "ssh.host",
            "vitess.vtctld.host.user.defined",
        },
        "is_port": {
            "aws.redshift.port",
            "database.port.user.defined",
            "es.port",
            "http.proxy.port",
            "pinecone.proxy.port",
            "port",
            "redis.port.user.defined",
            "ssh.port",
            "vitess.vtctld.port.user.defined",
        },
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("db.example.com\n", "a line break at its end"),
        ("db.example.com\r\n", "a line break at its end"),
        (" db.example.com", "a space at its start"),
        ("db example.com", "a space in it"),
        ("db\t.example.com", "a tab in it"),
        ("db\u00a0.example.com", "an invisible character (U+00A0) in it"),
        ("\ufeffdb.example.com", "an invisible character (U+FEFF) at its start"),
        ("db\x00", "a control character (U+0000) at its end"),
        ("db.example.com", ""),
        ("zähler.example.com", ""),
        (5, ""),
    ],
)
def test_a_host_has_neither_spaces_nor_control_characters(value: Any, said: str) -> None:
    """Typed or not. The character is described, not shown."""
    assert stray_in_address(value) == said
    connector = SOURCES.find("postgresql")
    assert connector
    found = {fault.key: fault.text for fault in faults(connector, {"database.hostname.user.defined": value}, unknown)}
    host = found.get("database.hostname.user.defined")
    assert host == (f"it has {said}; a host has none" if said else None)


def test_neither_has_a_port() -> None:
    connector = SOURCES.find("postgresql")
    assert connector
    for port in ("5432\n", " 5432", "54\t32"):
        found = faults(connector, {"database.port.user.defined": port}, unknown)
        assert any(fault.text.endswith("a port has none") for fault in found)
    found = faults(connector, {"database.port.user.defined": "5432"}, unknown)
    assert "database.port.user.defined" not in [fault.key for fault in found]


def test_a_name_may_have_spaces_but_no_control_characters() -> None:
    assert stray_in_name("My PostgreSQL Source") == stray_in_name("数据 \N{FAMILY}") == ""
    assert stray_in_name("orders\n") == "a line break at its end"
    assert stray_in_name("or\x07ders") == "a control character (U+0007) in it"
    assert stray_in_name("or\u2028ders") == "a line break in it"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("secret\n", "a line break at its end"),
        ("secret ", "a space at its end"),
        (" secret", "a space at its start"),
        ("se\x00cret", "a control character (U+0000) in it"),
        ("se\u200bcret", "an invisible character (U+200B) in it"),
        ("a secret of words", ""),
        (KEY, ""),
        (KEY + "\x00", "a control character (U+0000) at its end"),
        ('{"a":\n "b"}\n', ""),
        (["a", "b\n"], "a line break at its end"),
        ("", ""),
        (" ", ""),
        (f"{OUTPUT}\n", ""),
        (5, ""),
    ],
)
def test_elsewhere_a_space_at_an_end_and_a_control_character_are_doubtful(value: Any, said: str) -> None:
    """But not in a string of several lines."""
    assert stray_around(value) == said


def test_values_in_which_spaces_do_not_count_are_not_doubtful() -> None:
    """Lists, numbers, booleans, choices and JSON. In hosts spaces are refused."""
    connector = SOURCES.find("postgresql")
    assert connector
    for key in ("table.include.list.user.defined", "database.port.user.defined", "database.sslmode", "ssh.enabled"):
        assert doubtful(connector.properties[key], "a ") == ""
    for key in ("database.user", "database.password", "database.dbname"):
        assert doubtful(connector.properties[key], "a ") == "a space at its end"
    assert doubtful(None, "a ") == "a space at its end"


def test_what_depends_on_a_stringified_output_is_not_checked() -> None:
    """One clear fault, and no wrong second one."""
    connector = SOURCES.find("postgresql")
    assert connector
    config = {"ssh.enabled": f"{OUTPUT}", "ssh.host": "h", "ssh.user": "u", f"{OUTPUT}": 1, "new": f"{OUTPUT}"}
    found = faults(connector, config, unknown, unchecked=("new",))
    told = [fault.key for fault in found if "Python writes for an Output" in fault.text]
    assert told[0] == "ssh.enabled"
    assert told[-1] == "new"
    assert len(told) == 3
    assert not any(fault.key in {"ssh.host", "ssh.user"} for fault in found)
