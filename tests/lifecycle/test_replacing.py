"""What is seen before a source is deleted to be created again."""

from __future__ import annotations

from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checking import slip_in_connector
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import NameTakenError
from streamkap_pulumi.lifecycle.replacing import CannotReplaceError
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import ORDERS

RECORDED = {"name": "orders", "connector": "postgresql"}


def verify(context: Context, connector: str, name: str = "orders", recorded: dict[str, Any] = RECORDED) -> None:
    context.replacements.check(context, "the id", recorded, name=name, connector=connector)


def asked(emulator: Emulator) -> list[tuple[str, str]]:
    return [(each["method"], each["path"]) for each in emulator.requests() if not each["path"].startswith("/auth")]


@pytest.mark.parametrize("answer", ["empty", "400", "404", "422", "all"])
def test_a_connector_that_streamkap_does_not_have_is_refused_however_it_says_so(
    context: Context, emulator: Emulator, answer: str
) -> None:
    """It is not documented how; the same question about the recorded connector says that it was understood."""
    emulator.faults(unknown_connector=answer)
    for _ in range(2):
        with pytest.raises(CannotReplaceError, match=r"does not have the connector 'teradata'.* is not deleted"):
            verify(context, "teradata")
    assert len(asked(emulator)) == 2


def test_a_connector_that_streamkap_has_is_asked_for_once_in_a_run(context: Context, emulator: Emulator) -> None:
    """However many sources become one of it; a replacement by the same one asks nothing."""
    for connector in ("mysql", "mysql", "postgresql"):
        verify(context, connector)
    assert asked(emulator) == [("GET", "/sources/connectors")]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"forbidden": "on"}, "answered 403"),
        ({"api_error": 500}, "answered 500"),
        ({"html_5xx": "502"}, "answered 502"),
        ({"connection_drop": "before_commit"}, "no complete answer from"),
        ({"wrong_shape": "list"}, "not answer with an object of connectors"),
        ({"api_error": 404}, "answered 404"),
    ],
)
def test_where_streamkap_cannot_say_whether_it_has_the_connector_there_is_a_warning(
    context: Context, emulator: Emulator, clock: Clock, fault: dict[str, Any], said: str
) -> None:
    """Also where a look-up without an answer is all that it answers with."""
    emulator.faults(**{name: {"value": value, "path": "/sources/connectors"} for name, value in fault.items()})
    verify(context, "teradata")
    verify(context, "teradata")
    (warning,) = clock.said
    assert "orders: could not check whether Streamkap has the connector 'teradata'" in warning
    assert said in warning


def test_no_is_not_believed_where_streamkap_does_not_show_the_recorded_connector_either(
    context: Context, clock: Clock
) -> None:
    """One that it no longer offers, say."""
    verify(context, "teradata", recorded={"name": "orders", "connector": "a connector of yesterday"})
    assert "could not check whether" in clock.said[0]


def test_a_slip_is_refused_without_a_request(context: Context, emulator: Emulator) -> None:
    """A forced replacement gets here without the recorded inputs that a check would see."""
    with pytest.raises(CannotReplaceError, match="did you mean 'postgresql'"):
        verify(context, "Postgres")
    assert asked(emulator) == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres", "postgresql"),
        ("PostgreSQL", "postgresql"),
        ("postgresql ", "postgresql"),
        ("POSTGRESQL\n", "postgresql"),
        ("postgre-sql", "postgresql"),
        ("PostgreSQLConfig", "postgresql"),
        ("MySQL", "mysql"),
        ("Maria DB", "mariadb"),
        ("sqlserver", "sqlserveraws"),
        ("mongo", "mongodb"),
        ("DynamoDB", "dynamodb"),
        ("Google Analytics", "google_analytics"),
        ("google-ads", "google_ads"),
        ("tidb-clod", "tidb-cloud"),
    ],
)
def test_a_code_that_is_near_a_known_one_is_a_slip(written: str, meant: str) -> None:
    """Whatever its case and blanks; the recorded code is known, too, though the catalogue may not know it."""
    assert f"did you mean {meant!r}?" in str(slip_in_connector(SOURCE, written, "tidb-cloud"))


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("mysql", "postgresql"),
        ("teradata", "postgresql"),
        ("cockroachdb", "postgresql"),
        ("postgres", None),
        ("postgres", "postgres"),
        ("tidb-cloud", "tidb-cloud"),
    ],
)
def test_what_is_known_new_unchanged_or_like_nothing_is_not_a_slip(written: str, recorded: str | None) -> None:
    """Of a new source, or an unchanged one, nothing is lost."""
    assert slip_in_connector(SOURCE, written, recorded) is None


@pytest.mark.parametrize("written", [5.0, ["postgres"], {"a": 1}, None, True])
def test_a_connector_that_is_not_a_string_is_not_a_slip(written: Any) -> None:
    """It is refused as what it is."""
    assert slip_in_connector(SOURCE, written, "postgresql") is None


def test_a_replacement_under_a_name_that_another_source_has_is_refused(context: Context, clock: Clock) -> None:
    """The name of the source itself is not an other's; where nobody can say, there is a warning."""
    made = context.api.sources.create(name="taken", connector="postgresql", config=ORDERS.config)
    with pytest.raises(NameTakenError, match=rf"'taken' already exists: id {made.id}.*'orders' is not deleted"):
        verify(context, "postgresql", "taken")
    context.replacements.check(context, made.id, RECORDED, name="taken", connector="postgresql")
    verify(context, "postgresql", "free")
    assert clock.said == []


def test_a_name_that_cannot_be_looked_up_is_a_warning(context: Context, emulator: Emulator, clock: Clock) -> None:
    """As is a connector."""
    emulator.faults(forbidden="on")
    verify(context, "postgresql", "another")
    assert "another: could not check whether this name is free" in clock.said[0]
