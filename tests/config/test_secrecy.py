"""Values that are secrets although neither the catalogue nor their name says so."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.config.secrecy import holds_secret

CONNECTION_STRINGS = [
    "postgres://me:hunter2@db.example.com/shop",
    "postgres://me:hun<t'er\"2@db.example.com/shop",
    "mongodb+srv://me:hunter2@cluster.example.com",
    "jdbc:postgresql://db.example.com/shop?user=me&password=hunter2",
    "jdbc:sqlserver://db.example.com; password=hunter2",
    "jdbc:oracle:thin:scott/tiger@//db.example.com:1521/shop",
    "Password=hunter2;Server=db.example.com",
    "Server=db.example.com;Password = hunter2",
    "host=db.example.com user=me password=hunter2",
    "DefaultEndpointsProtocol=https;AccountName=me;AccountKey=aHVudGVyMg==;",
    "Endpoint=sb://me.servicebus.windows.net/;SharedAccessKey=aHVudGVyMg==",
    'PlainLoginModule required username="me" password="hunter2";',
    "jdbc:postgresql://db.example.com/shop?sslpassword=hunter2",
]


@pytest.mark.parametrize("value", CONNECTION_STRINGS)
def test_a_connection_string_with_a_password_is_a_secret_anywhere(value: str) -> None:
    """Even within a list or a mapping."""
    for held in (value, [value], {"url": value}, [{"urls": ["plain", value]}]):
        assert holds_secret(None, "url", held)


def test_a_name_like_a_secrets_within_a_value_makes_it_a_secret() -> None:
    """As in a mapping of headers."""
    assert holds_secret(None, "headers", {"X-Api-Key": "k"})
    assert holds_secret(None, "headers", [{"authorization": {"bearer": "k"}}])


@pytest.mark.parametrize(
    "value",
    [
        None,
        5432,
        True,
        "db.example.com",
        "https://db.example.com:8443/path?user=me",
        "postgres://me@db.example.com/shop",
        "jdbc:sqlserver://db.example.com;encrypt=true;user=me",
        "public.passwords,public.tokens",
        "password=${env:PASSWORD}",
        {"urls": ["https://db.example.com"]},
    ],
)
def test_a_value_without_a_password_is_not_a_secret(value: Any) -> None:
    """It is better to show a value in a preview than to hide it without need."""
    assert not holds_secret(None, "url", value)
