"""`streamkap adopt`: a source that exists comes under a program's management, and is not changed by that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from tests.engine.commands import alive, kill_while_creating, only_pending, streamkap
from tests.engine.programs import MYSQL, ORDERS, TEAM_AND_WAREHOUSE, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

CANARY = "canary-of-the-database"
CONFIG: dict[str, Any] = {
    "database.hostname.user.defined": "db.example.com",
    "database.port.user.defined": 5432,
    "database.dbname": "shop",
    "database.user": "streamkap",
    "database.password": CANARY,
    "schema.include.list": "public",
    "table.include.list.user.defined": "public.customers,public.orders",
    "publication.name": "set_in_the_web_page",
}
NAMED = changed(ORDERS, 'connector="', 'name="made by hand", connector="')
TWICE = ORDERS + changed(ORDERS, '"orders"', '"twice"').split("pulumi.export")[0]


@pytest.fixture
def somebody(emulator: Emulator) -> Iterator[api.Streamkap]:
    """Who makes sources in another way."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as client:
        yield client


def make(somebody: api.Streamkap, **changes: Any) -> str:
    made = somebody.sources.create(
        name="made by hand", connector="postgresql", config={**CONFIG, **changes}, created_from="web"
    )
    return made.id


def test_an_adopted_source_shows_no_change_where_it_is_what_is_declared(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """Whatever else it holds; found by its name; asked first; neither by that nor by `up` is it changed."""
    made = make(somebody)
    emulator.faults(backfill="on", stringify_backfill="on", reorder_lists="blanks")
    taken = stack.program(NAMED).up().failed()
    taken.shows("already exists", "exactly what is declared here", f"streamkap adopt orders {made}")
    before = stack.state()
    asked = streamkap(stack, "adopt", "orders").shows("takes over 'made by hand'", "Nothing was done")
    assert (asked.code, stack.state()) == (8, before)
    told = streamkap(stack, "adopt", "orders", "--json").hides(CANARY)
    assert (told.code, stack.state()) == (8, before)
    assert {**json.loads(told.text[told.text.index("{") :]), "urn": ""} == {
        "done": False,
        "kind": "source",
        "urn": "",
        "id": made,
        "name": "made by hand",
        "connector": "postgresql",
        "differing": [],
        "others": [],
    }
    with traffic(emulator) as requests:
        streamkap(stack, "adopt", "orders", "--yes").succeeded().shows("pulumi preview: 2 unchanged").hides(CANARY)
        stack.rests()
    assert methods(requests) == ["GET"]
    assert CANARY not in stack.state()
    assert stack.outputs()["id"] == made
    streamkap(stack, "adopt", "orders").failed().shows("managed by this stack already", made)
    stack.destroy().succeeded()
    assert only_deleted(emulator) == [made]


@pytest.mark.long
def test_a_destination_and_a_tag_are_adopted_and_not_changed(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """The destination by its name; of several tags of that name the one with the id. What differs is shown."""
    config = {
        "hostname": "clickhouse.example.com",
        "database": "shop",
        "connection.username": "streamkap",
        "connection.password": "canary-of-the-warehouse",
    }
    warehouse = somebody.destinations.create(name="shop", connector="clickhouse", config=config).id
    (system,) = somebody.tags.named("Production")
    first, second = (somebody.tags.create(name="shop", type=[word]).id for word in ("sources", "pipelines"))
    # Both have one name, in the program as well.
    stack.program(re.sub('"(team|warehouse)",', '"shop", name="shop",', TEAM_AND_WAREHOUSE))
    run = streamkap(stack, "adopt", "shop", warehouse, "--yes")
    assert run.code == 2
    urns = dict(zip(("destination", "tag"), re.findall(r"urn:\S+::shop", run.text), strict=True))
    with traffic(emulator) as requests:
        run = streamkap(stack, "adopt", urns["destination"], "--yes").succeeded().hides("canary")
        run.shows(f"shop takes over 'shop' ({warehouse}, clickhouse, Active).")
        # The other one is the only one of that name that is not managed yet.
        streamkap(stack, "adopt", "shop", system.id, "--yes").failed().shows("Streamkap's own", "get_tag")
        streamkap(stack, "adopt", "shop", "--yes").failed().shows("Several tags have the name 'shop'", first, second)
        run = streamkap(stack, "adopt", "shop", first, "--yes").succeeded()
        run.shows(f"shop takes over 'shop' ({first}).", "It differs from what is declared: type.", "1 to update")
    assert methods(requests) == ["GET"]
    assert (stack.destinations()["shop"]["id"], stack.tags()["shop"]["id"]) == (warehouse, first)
    stack.up().succeeded().shows("~ 1 updated").hides("canary")
    stack.rests()


@pytest.mark.long
def test_a_source_that_was_only_read_comes_under_management(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """Instead of the `Source.get` of the same name, where `up` would try to make another one."""
    made = make(somebody)
    stack.program(f"streamkap.Source.get('orders', '{made}')").up().succeeded()
    assert stack.sources()["orders"]["external"] is True
    stack.program(NAMED).up().failed().shows("already exists", f"streamkap adopt orders {made}")
    with traffic(emulator) as requests:
        streamkap(stack, "adopt", "orders", made, "--yes").succeeded().shows("pulumi preview: 2 unchanged").hides(
            CANARY
        )
        stack.rests()
    assert methods(requests) == ["GET"]
    assert not stack.sources()["orders"].get("external")


def only_deleted(emulator: Emulator) -> list[str]:
    return [source["id"] for source in emulator.sources() if source["deleted"]]


@pytest.mark.long
def test_a_difference_is_shown_by_the_next_preview_and_created_by_the_next_up(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """A secret by its name only. Without a name in the program the source keeps its own; parents come along."""
    made = make(somebody, **{"database.user": "somebody", "database.password": "another-canary"})
    inside = changed(
        ORDERS, "    },\n)", "    },\n    opts=pulumi.ResourceOptions(parent=Team('team'), protect=True),\n)"
    )
    team = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Team", name)
"""
    run = streamkap(stack.program(team + inside), "adopt", "orders", made, "--yes").succeeded()
    run.shows("config.database.password, config.database.user", "to update", "1 to update")
    run.hides(CANARY, "another-canary")
    assert stack.sources()["orders"]["protect"] is True
    assert "canary" not in stack.state()
    assert only(emulator)["config"]["database.user"] == "somebody"
    with traffic(emulator) as requests:
        stack.up().succeeded().hides(CANARY, "another-canary")
    assert [request["method"] for request in requests if request["method"] != "GET"] == ["PUT"]
    changed_source = only(emulator)
    assert (changed_source["id"], changed_source["name"]) == (made, "made by hand")
    assert changed_source["config"]["database.user"] == "streamkap"
    assert changed_source["config"]["publication.name"] == "set_in_the_web_page"
    stack.rests()


@pytest.mark.long
def test_what_cannot_be_adopted_is_refused_in_one_line(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """Another connector, no such source, no such resource, one that is managed already, and what is not known yet."""
    made = make(somebody)
    unknown = changed(ORDERS, '"db.example.com"', "first.id")
    first = 'first = streamkap.Source("first", connector="webhook", config={"format": "json"})\n'
    inside_first = first + changed(ORDERS, "    },\n)", "    },\n    opts=pulumi.ResourceOptions(parent=first),\n)")
    for program, arguments, code, said in (
        (MYSQL, ["orders", made], 1, "connector postgresql, and the program declares mysql"),
        (ORDERS, ["order", made], 2, "declares no resource 'order' of Streamkap. It declares orders (source)"),
        (first + unknown, ["orders", made], 1, "config.database.hostname.user.defined of orders cannot be known"),
        (inside_first, ["orders", made], 1, "Record it first: `pulumi up --target urn:"),
        ("raise RuntimeError('broken program')", ["orders", made], 1, "`pulumi preview` failed"),
    ):
        run = streamkap(stack.program(program), "adopt", *arguments, "--yes").shows(said).hides(CANARY)
        assert (run.code, run.text.count("\n")) == (code, 1), run.text
    for program, arguments, said in (
        (ORDERS, ["0" * 24], "There is no source 000000000000000000000000 in the project of these credentials"),
        (ORDERS, [], "The program gives orders no name, and no source has its default name."),
        (changed(NAMED, "by hand", "elsewhere"), [], "gives orders the name 'made elsewhere', and no source has it."),
    ):
        run = streamkap(stack.program(program), "adopt", "orders", *arguments, "--yes").failed()
        run.hides("orders-", CANARY).shows(said, f"`streamkap adopt orders {made}", f":\n  {made}  made by hand\n")
    streamkap(stack.program(ORDERS), "adopt", "orders", made, "--yes").succeeded()
    run = streamkap(stack.program(TWICE), "adopt", "twice").failed()
    run.shows("Nor does the project of these credentials have any postgresql source that this stack does not manage")
    renamed = changed(ORDERS, '"orders",', '"renamed", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias("orders")]),')
    run = streamkap(stack.program(renamed), "adopt", "renamed", made, "--yes").failed()
    run.shows(f"renamed is managed by this stack already, under an earlier name. Its source is {made} (orders).")
    run = streamkap(stack.program(TWICE), "adopt", "twice", made, "--yes").failed()
    run.shows("by this stack already, as urn:", "The program declares both: give twice another name")
    assert only(emulator)["id"] == made


@pytest.mark.long
def test_a_resource_that_is_renamed_and_keeps_its_name_in_streamkap_is_led_to_the_alias(
    stack: Stack, emulator: Emulator
) -> None:
    """By `up`, which makes the new one first, and by `adopt`; with the alias nothing is created or changed."""
    stack.program(NAMED).up().succeeded()
    made = only(emulator)["id"]
    renamed = changed(NAMED, '"orders",', '"renamed", opts=OPTIONS,')
    stack.program("OPTIONS = None\n" + renamed)
    run = stack.up().failed().hides(CANARY, "Traceback")
    run.shows("already exists", "  If it is another resource of this stack, or this one under an earlier name", made)
    run = streamkap(stack, "adopt", "renamed", "--yes").failed().shows("same resource under its earlier name")
    (alias,) = re.findall(r"give it `aliases=\[(.+)\]` in its options", run.text)
    stack.program(f"OPTIONS = pulumi.ResourceOptions(aliases=[{alias}])\n" + renamed)
    with traffic(emulator) as requests:
        stack.up().succeeded()
        stack.rests()
    assert methods(requests) == ["GET"]
    assert only(emulator)["id"] == made


@pytest.mark.long
def test_an_adoption_does_not_forget_what_a_killed_run_created(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """Another source is not taken instead of it; and after two kills no mark is left."""
    stack.program("").up().succeeded()
    (first,) = kill_while_creating(stack.program(ORDERS), emulator, 1)
    stack.pulumi("cancel", "--yes").succeeded()
    emulator.change_source(first["id"], deleted=True)
    kill_while_creating(stack.program(changed(ORDERS, 'connector="', 'tags=["t"], connector="')), emulator, 1)
    assert only_pending(stack) == ["orders", "orders"]
    stack.pulumi("cancel", "--yes").succeeded()
    (killed,) = alive(emulator)
    made = make(somebody)
    run = streamkap(stack, "adopt", "orders", made, "--yes").failed()
    run.shows(f"A killed run created another source for orders, {killed['id']}", "`streamkap recover` brings")
    assert (stack.sources(), only_pending(stack)) == ({}, ["orders", "orders"])
    streamkap(stack, "adopt", "orders", "--yes").succeeded()
    assert (stack.sources()["orders"]["id"], only_pending(stack)) == (killed["id"], [])
    stack.rests()


@pytest.mark.long
def test_credentials_of_another_project_adopt_nothing(
    stack: Stack, emulator: Emulator, somebody: api.Streamkap
) -> None:
    """They do not see the source, and the message names the project."""
    import httpx

    made = make(somebody)
    other = {"client_id": "other", "secret": "other-secret", "tenant_id": "tenant-2", "service_id": "service-2"}
    httpx.put(f"{emulator.control_url}/credentials", json=other).raise_for_status()
    stack.environment |= {"STREAMKAP_CLIENT_ID": "other", "STREAMKAP_SECRET": "other-secret"}
    run = streamkap(stack.program(ORDERS), "adopt", "orders", made, "--yes").failed()
    run.shows("(tenant tenant-2, project service-2)")
    assert stack.sources() == {}
