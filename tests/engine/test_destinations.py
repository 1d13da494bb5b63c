"""Destinations and tags on the real engine, beside a source."""

from __future__ import annotations

import json

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import Stack
from tests.engine.traffic import traffic

KEY = "canary-of-the-warehouse"
PROGRAM = """
team = streamkap.Tag("team", type=["sources", "destinations"])
orders = streamkap.Source(
    "orders",
    config=streamkap.PostgreSQLConfig(
        database_hostname="db.example.com",
        database_dbname="shop",
        database_user="streamkap",
        database_password=pulumi.Output.secret("canary-of-the-database"),
        schema_include_list=["public"],
        table_include_list=["public.orders"],
    ),
    tags=[team.id],
)
warehouse = streamkap.Destination(
    "warehouse",
    config=streamkap.SnowflakeDestinationConfig(
        snowflake_url_name="acme.snowflakecomputing.com",
        snowflake_user_name="STREAMKAP",
        snowflake_private_key="canary-of-the-warehouse",
        snowflake_private_key_passphrase_secured=False,
        sfwarehouse="WH",
        snowflake_database_name="ANALYTICS",
        snowflake_schema_name="PUBLIC",
        snowflake_role_name="STREAMKAP_ROLE",
        ingestion_mode="upsert",
    ),
    tags=[team.id],
)
pulumi.export("orders", orders.reference)
pulumi.export("warehouse", warehouse.reference)
"""


def test_a_source_a_destination_and_their_tag_live_from_preview_to_destroy(stack: Stack, emulator: Emulator) -> None:
    """In the right order: a tag that an object has cannot be deleted."""
    with traffic(emulator) as requests:
        stack.program(PROGRAM).preview().succeeded().shows("+ 4 to create").hides("canary")
    assert requests == []
    stack.up().succeeded().hides("canary")
    stack.rests_at_every_step()
    assert "canary" not in stack.state()
    (destination,), tag = emulator.destinations(), next(each for each in emulator.tags() if each["custom"])
    assert stack.outputs()["warehouse"] == {
        "id": destination["id"],
        "name": destination["name"],
        "connector": "snowflake",
    }
    assert destination["tags"] == [tag["id"]]

    stack.edit("__main__.py", '"WH"', '"OTHER"').edit("__main__.py", '"destinations"]', '"destinations", "topics"]')
    stack.preview().succeeded().shows("~ 2 to update", "sfwarehouse").hides("canary")
    stack.up().succeeded().shows("~ 2 updated").hides("canary")
    stack.rests()
    stack.program("")
    stack.up().succeeded().shows("- 3 deleted")
    assert [each["name"] for each in emulator.tags() if each["custom"] and not each["deleted"]] == []
    assert all(each["deleted"] for each in [*emulator.sources(), *emulator.destinations()])


@pytest.mark.long
def test_what_can_be_set_once_deletes_first_or_says_how_to(stack: Stack, emulator: Emulator) -> None:
    """Declared otherwise it replaces; declared for the first time, and otherwise than it is, it fails before a PUT."""
    stack.program(PROGRAM).up().succeeded()
    (first,) = emulator.destinations()
    stack.edit("__main__.py", '        ingestion_mode="upsert",\n', "").up().succeeded()
    stack.rests()
    stack.edit("__main__.py", "        snowflake_role", '        ingestion_mode="append",\n        snowflake_role')
    with traffic(emulator) as requests:
        stack.preview().succeeded().shows("~ 1 to update")
        failed = stack.up().failed().shows("config.ingestion_mode", "'upsert'", "pulumi up --replace").hides("canary")
    assert "PUT" not in json.dumps(requests), failed.text
    stack.edit("__main__.py", 'ingestion_mode="append"', 'ingestion_mode="upsert"').up().succeeded()
    stack.rests()

    stack.edit("__main__.py", 'ingestion_mode="upsert"', 'ingestion_mode="append"')
    stack.preview().succeeded().shows("+-1 to replace")
    stack.up().succeeded().shows("+-1 replaced")
    old, new = emulator.destinations()
    assert (old["id"], old["deleted"], new["name"], new["deleted"]) == (first["id"], True, first["name"], False)
    stack.rests()


@pytest.mark.long
def test_look_ups_and_get_read_what_is_managed_elsewhere(stack: Stack, emulator: Emulator) -> None:
    """Without the secrets of a destination."""
    stack.program(PROGRAM).up().succeeded()
    (destination,), tag = emulator.destinations(), next(each for each in emulator.tags() if each["custom"])
    reads = f"""
pulumi.export("by_name", streamkap.get_destination(name={destination["name"]!r}).id)
pulumi.export("by_id", streamkap.get_destination_output(id={destination["id"]!r}).connector)
pulumi.export("tag", streamkap.get_tag(name={tag["name"]!r}).type)
pulumi.export("got", streamkap.Destination.get("elsewhere", {destination["id"]!r}).status)
pulumi.export("got_tag", streamkap.Tag.get("mine", {tag["id"]!r}).name)
"""
    stack.program(PROGRAM + reads).up().succeeded().hides("canary")
    outputs = stack.outputs()
    assert (outputs["by_name"], outputs["by_id"]) == (destination["id"], "snowflake")
    assert (sorted(outputs["tag"]), outputs["got"]) == (sorted(tag["type"]), "Active")
    assert outputs["got_tag"] == tag["name"]
    stack.rests()


def test_what_is_wrong_is_refused_in_the_preview_all_at_once(stack: Stack) -> None:
    """In the user's own spelling: of one object, since the engine stops at the first that is wrong."""
    stack.program('streamkap.Tag("kind", type=["source", "environment"], nmae="x")')
    stack.preview().failed().shows(
        "type[0]: 'source' is not one of",
        "did you mean 'sources'",
        "type[1]: 'environment' is reserved",
        "nmae: a Tag has no such input; did you mean 'name'?",
    )
    stack.program(
        """
config = streamkap.PostgreSQLConfig(
    database_hostname="h",
    database_dbname="d",
    database_user="u",
    database_password="p",
    schema_include_list=["s"],
    table_include_list=["s.t"],
)
streamkap.Destination("other", config=config, tags=["team-data"])
"""
    )
    stack.preview().failed().shows(
        "use PostgreSQLDestinationConfig",
        "tags[0]: 'team-data' is a name",
        "streamkap.get_tag(name='team-data').id",
    )


@pytest.mark.long
def test_a_mapping_rests_in_either_form_and_an_empty_one_clears_it(stack: Stack, emulator: Emulator) -> None:
    """Null would leave it. What is cleared already, or was never set, is nothing to do."""
    emulator.faults(map_null="leave")
    key = "auto.qa.dedupe.table.mapping"
    mapping = 'auto_qa_dedupe_table_mapping={"raw": "clean", "raw2": "clean2"},'
    append = f'ingestion_mode="append", apply_dynamic_table_script=True, {mapping}'
    stack.program(PROGRAM.replace('ingestion_mode="upsert",', append)).up().succeeded()
    (destination,) = emulator.destinations()
    assert destination["config"][key] == {"raw": "clean", "raw2": "clean2"}
    emulator.change_destination(destination["id"], config={key: "raw2:clean2,raw:clean"})
    stack.rests()

    stack.edit("__main__.py", '{"raw": "clean", "raw2": "clean2"}', "{}")
    stack.up().succeeded().shows("~ 1 updated")
    assert not emulator.destinations()[0]["config"][key]
    stack.edit("__main__.py", "auto_qa_dedupe_table_mapping={},", "").rests()
