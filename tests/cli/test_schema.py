"""``streamkap schema``."""

from __future__ import annotations

import json
import re

import pytest

from streamkap_pulumi.cli import main
from streamkap_pulumi.config.catalogue import DESTINATIONS, GROUPS, SOURCES
from streamkap_pulumi.config.values import is_list
from streamkap_pulumi.emulator import Emulator
from tests.cli.runs import on_terminal, piped
from tests.config.catalogues import CONNECTORS

POSTGRESQL = SOURCES.find("postgresql")
ESCAPE = "\x1b["


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What the command prints, or what it complains of."""
    assert main(arguments) == code
    streams = capsys.readouterr()
    assert not (streams.err if code == 0 else streams.out)
    return streams.err if code else streams.out


def test_it_lists_all_connectors(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its code, name, typed class and number of properties."""
    head, *lines = told(capsys, "schema").splitlines()
    assert head.split() == ["CODE", "NAME", "TYPED", "CLASS", "PROPERTIES"]
    assert [line.split()[0] for line in lines] == list(SOURCES.codes)
    assert re.split(r"\s{2,}", lines[SOURCES.codes.index("mongodb")]) == [
        "mongodb",
        "MongoDB Atlas",
        "MongoDBConfig",
        "36",
    ]
    listed = json.loads(told(capsys, "schema", "--json"))["connectors"]
    assert sum(each["properties"] for each in listed) == 854


def test_json_holds_every_property_of_the_connector(capsys: pytest.CaptureFixture[str]) -> None:
    """All 54 of PostgreSQL, with all that the catalogue knows of them."""
    assert POSTGRESQL is not None
    shown = json.loads(told(capsys, "schema", "postgresql", "--json"))
    assert (shown["connector"]["properties"], shown["connector"]["source"]) == (54, "catalogue")
    assert {each["key"] for each in shown["properties"]} == POSTGRESQL.properties.keys()
    assert {each["key"] for each in shown["later"]} == POSTGRESQL.later.keys()
    for each in shown["properties"]:
        known = POSTGRESQL.properties[each["key"]]
        same = (
            "field",
            "wire",
            "required",
            "secret",
            "default",
            "min",
            "max",
            "server_assigned",
            "description",
        )
        assert each["type"] == ("list" if is_list(known) else known.type)
        assert {name: each[name] for name in same} == {name: getattr(known, name) for name in same}
    by_key = {each["key"]: each for each in shown["properties"]}
    assert by_key["ssh.host"]["conditions"] == [
        {"operator": "EQ", "key": "ssh.enabled", "field": "ssh_enabled", "value": True}
    ]
    assert by_key["database.sslmode"]["enum"] == ["require", "disable"]


def test_in_a_pipe_a_property_is_one_line_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is cut off, and the columns are aligned throughout."""
    assert POSTGRESQL is not None
    lines = told(capsys, "schema", "postgresql").splitlines()
    (head, *_) = heads = [line for line in lines if line.startswith("FIELD") and "SECRET" in line]
    titles = list(GROUPS.values())
    assert [line for line in lines if line in titles] == [title for title in titles if title in lines]
    assert set(heads) == {head}
    for known in POSTGRESQL.properties.values():
        (line,) = [line for line in lines if line.split()[:2] == [known.field, known.key]]
        assert line[head.index("TYPE") :].split()[0] == ("list" if is_list(known) else known.type)
        assert line[head.index("SECRET") :].split()[0] == ("yes" if known.secret else "no")
        assert " ".join(known.description.split()) in line
        assert not known.server_assigned or "Set by Streamkap" in line
    text = "\n".join(lines)
    assert "…" not in text.replace("".join(each.description for each in POSTGRESQL.properties.values()), "")
    assert re.search(r"ssh_host .* when-shown +no .* ssh_enabled is True", text)
    assert re.search(r"database_port .* integer +no +no +5432 ", text)
    assert re.search(r"streamkap_snapshot_parallelism .* 1\.\.10 ", text)
    assert re.search(r"database_sslmode .* require \| disable ", text)
    assert not re.search(r"[─│━┃╭\x1b]", text)


@pytest.mark.parametrize(("option", "name"), [("--secret", "secret"), ("--required", "required")])
def test_the_filters_leave_what_they_say(capsys: pytest.CaptureFixture[str], option: str, name: str) -> None:
    """What is required under a condition is required, too."""
    assert POSTGRESQL is not None
    shown = json.loads(told(capsys, "schema", "postgresql", option, "--json"))["properties"]
    wanted = {
        key
        for key, known in POSTGRESQL.properties.items()
        if getattr(known, name) or (name == "required" and known.required_if_shown)
    }
    assert {each["key"] for each in shown} == wanted
    assert f"{len(wanted)} of 54 properties" in told(capsys, "schema", "postgresql", option)


def test_nothing_left_by_a_filter_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """And not shown as an empty table."""
    assert "No property is like that." in told(capsys, "schema", "kafkadirect", "--secret")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("PostgreSQLConfig", "postgresql"),
        ("sqlserver", "sqlserveraws"),
        ("SQL Server", "sqlserveraws"),
        ("sql-server", "sqlserveraws"),
        ("streamkap_source_sqlserver", "sqlserveraws"),
        ("OracleRDS", "oracleaws"),
        ("MYSQL", "mysql"),
        ("mongodb", "mongodb"),
        ("mongodbhostedconfig", "mongodbhosted"),
        ("Google Analytics 4", "google_analytics"),
        ("stripe", "stripe"),
    ],
)
def test_a_connector_is_known_by_all_its_names(capsys: pytest.CaptureFixture[str], name: str, code: str) -> None:
    """Its code above all."""
    assert json.loads(told(capsys, "schema", name, "--json"))["connector"]["code"] == code


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (("snowflake",), "snowflake", "destination"),
        (("PostgreSQLDestinationConfig",), "postgresql", "destination"),
        (("streamkap_destination_postgresql",), "postgresql", "destination"),
        (("postgresql",), "postgresql", "source"),
        (("postgresql", "--destination"), "postgresql", "destination"),
        (("SQL Server", "--destination"), "sqlserver", "destination"),
    ],
)
def test_a_name_means_the_source_unless_only_a_destination_has_it(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str, kind: str
) -> None:
    """Or unless it is asked for."""
    shown = json.loads(told(capsys, "schema", *arguments, "--json"))["connector"]
    assert (shown["code"], shown["kind"]) == (code, kind)


def test_destinations_are_listed_when_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """As sources are."""
    _, *lines = told(capsys, "schema", "--destination").splitlines()
    assert [line.split()[0] for line in lines] == list(DESTINATIONS.codes)
    assert "did you mean 'snowflake'?" in told(capsys, "schema", "snowflak", code=2)
    assert "'dynamodb'" in told(capsys, "schema", "dynamodb", "--destination", code=2)


def test_what_can_be_set_once_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for programs."""
    (line,) = [each for each in told(capsys, "schema", "snowflake").splitlines() if each.startswith("ingestion_mode ")]
    assert "Set once: with another value the destination is replaced." in line
    shown = json.loads(told(capsys, "schema", "snowflake", "--json"))["properties"]
    assert [each["field"] for each in shown if each["set_once"]] == ["ingestion_mode"]


def test_a_name_of_two_connectors_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With the codes to choose from."""
    assert "write stripe (StripeConfig) or stripe_webhook (" in told(capsys, "schema", "Stripe", code=2)
    assert "write mongodb (MongoDBConfig) or mongodbhosted (" in told(capsys, "schema", "MongoDB", code=2)


def test_an_unknown_connector_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """And with the command that lists all."""
    said = told(capsys, "schema", "postgress", code=2)
    assert said == (
        "streamkap: There is no connector 'postgress'; did you mean 'postgresql'? `streamkap schema` lists all.\n"
    )
    assert "did you mean" not in told(capsys, "schema", "qqq", code=2)


def test_a_filter_needs_a_connector(capsys: pytest.CaptureFixture[str]) -> None:
    """Else it would be ignored in silence."""
    assert "need a connector" in told(capsys, "schema", "--secret", code=2)


def test_every_connector_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever its properties are like."""
    for connector in CONNECTORS:
        shown = told(capsys, "schema", connector.config_class)
        assert f"({connector.code}): {len(connector.properties)} properties" in shown


def test_live_shows_what_streamkap_answers(emulator: Emulator, settings: dict[str, str]) -> None:
    """It is asked for that connector only; properties that the catalogue calls removed are not there."""
    shown = json.loads(piped("schema", "PostgreSQLConfig", "--live", "--json", **settings).stdout)
    assert (shown["connector"]["source"], shown["connector"]["properties"]) == ("live", 53)
    assert "post.processors" not in {each["key"] for each in shown["properties"]}
    (asked,) = [each for each in emulator.requests() if each["path"].startswith("/sources")]
    assert "connector_code=postgresql" in json.dumps(asked) or asked.get("query", {}).get("connector_code")
    assert piped("schema", "--live", **settings).stdout.count("\n") == 34


def test_live_asks_for_a_destination_where_only_destinations_have_the_name(
    emulator: Emulator, settings: dict[str, str]
) -> None:
    """Or where it is asked for."""
    for arguments in (("snowflake",), ("postgresql", "--destination")):
        shown = json.loads(piped("schema", *arguments, "--live", "--json", **settings).stdout)
        assert (shown["connector"]["source"], shown["connector"]["code"]) == ("live", arguments[0])
    assert {each["path"] for each in emulator.requests() if "connectors" in each["path"]} == {
        "/destinations/connectors"
    }
    assert piped("schema", "--destination", "--live", **settings).stdout.count("\n") == 25


def test_live_refuses_what_streamkap_does_not_have(settings: dict[str, str]) -> None:
    """After it has asked: Streamkap may have connectors that the catalogue does not know."""
    refused = piped("schema", "mysqll", "--live", **settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Streamkap has no connector 'mysqll'; did you mean 'mysql'?" in refused.stderr


def test_a_terminal_gets_colours_and_a_pipe_none() -> None:
    """Neither does a terminal where NO_COLOR is set, or a dumb one."""
    assert ESCAPE in on_terminal("schema", "redis")
    assert ESCAPE in on_terminal("--help")
    assert ESCAPE not in piped("schema", "redis").stdout
    assert ESCAPE not in piped("--help").stdout
    assert ESCAPE not in on_terminal("schema", "redis", NO_COLOR="1")
    assert ESCAPE not in on_terminal("schema", "redis", TERM="dumb")


def test_a_terminal_s_width_is_kept() -> None:
    """Names are folded, not cut off."""
    for width in (60, 140):
        lines = on_terminal("schema", "postgresql", width=width, NO_COLOR="1").splitlines()
        assert max(len(line) for line in lines) <= width
    assert max(len(line) for line in lines) > 100
    assert "…" not in "".join(lines)


def test_json_on_a_terminal_is_json() -> None:
    """However narrow it is."""
    assert len(json.loads(on_terminal("schema", "mysql", "--json", width=40))["properties"]) == 47
