"""What is suggested for a name that is not known."""

from __future__ import annotations

import pytest

from streamkap_pulumi.config.catalogue import CATALOGUES, DESTINATIONS, SOURCES
from streamkap_pulumi.config.hints import ALIASES, nearest_code, suggest


def test_a_near_miss_is_suggested() -> None:
    """For a name that is near to none, nothing is suggested."""
    assert suggest("conector", ["connector", "config"]) == "; did you mean 'connector'?"
    assert suggest("zzz", ["connector", "config"]) == "."
    assert suggest("c" * 100_000, ["connector", "config"]) == "."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("PostgreSQL", "postgresql"),
        ("postgre-sql", "postgresql"),
        ("google ads", "google_ads"),
        ("mysqll", "mysql"),
        ("postgres", "postgresql"),
        ("PG", "postgresql"),
        ("mssql", "sqlserveraws"),
        ("SQL Server", "sqlserveraws"),
        ("mongo", "mongodb"),
        ("Dynamo", "dynamodb"),
        ("elastic", "elasticsearch"),
        ("brand_new", None),
    ],
)
def test_the_code_that_was_meant_is_found_by_its_letters_or_a_common_alias(written: str, meant: str | None) -> None:
    """Whatever the case, blanks, dashes and underscores."""
    assert SOURCES.nearest(written) == meant


def test_an_alias_means_the_connector_that_the_catalogue_has() -> None:
    """A product may have different codes as a source and as a destination."""
    assert (SOURCES.nearest("mssql"), DESTINATIONS.nearest("mssql")) == ("sqlserveraws", "sqlserver")


def test_an_alias_counts_only_where_its_code_exists() -> None:
    """Another catalogue may not have the connector."""
    assert nearest_code("mssql", ["mysql", "redis"]) == "mysql"


def test_every_alias_is_of_a_connector_and_is_not_a_code_itself() -> None:
    """In plain letters, as names are compared."""
    assert {code for codes in ALIASES.values() for code in codes} <= {
        code for each in CATALOGUES for code in each.codes
    }
    assert not ALIASES.keys() & set(SOURCES.codes)
    assert all(alias.isalnum() and alias.islower() for alias in ALIASES)
