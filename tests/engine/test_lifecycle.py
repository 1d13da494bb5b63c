"""One source from its creation to its end, on the real engine against the emulator."""

from __future__ import annotations

import json

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.programs import MYSQL, ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

THE_REFERENCES_EXAMPLE = """
streamkap.Source(
    "orders",
    name="My PostgreSQL Source",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname.user.defined": "mydb",
        "database.user.user.defined": "streamkap_user",
        "database.password.user.defined": "secret",
        "schema.include.list": "public",
        "table.include.list": "public.orders,public.customers",
    },
)
"""
"""The body in the API reference of `POST /sources`, exactly as it is there."""


def test_a_source_is_created_and_then_nothing_is_to_be_done(stack: Stack, emulator: Emulator) -> None:
    """Up, up, refresh and preview: one POST, and reads until the source is Active."""
    with traffic(emulator) as requests:
        stack.program(ORDERS).up().succeeded()
    assert methods(requests) == ["POST", "GET"]
    with traffic(emulator) as requests:
        stack.up("--expect-no-changes").succeeded()
    assert requests == []
    with traffic(emulator) as requests:
        stack.refresh("--expect-no-changes").succeeded()
    assert methods(requests) == ["GET"]
    stack.rests_at_every_step()

    made = only(emulator)
    outputs = stack.outputs()
    assert outputs == {
        "id": made["id"],
        "name": made["name"],
        "status": "Active",
        "topics": ["public.orders", "public.customers"],
    }
    assert made["name"].startswith("orders-")
    assert made["config"] == {
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": "canary-of-the-database",
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders,public.customers",
    }


def test_the_references_own_example_works_as_it_stands(stack: Stack, emulator: Emulator) -> None:
    """Four of its keys are not the connector's: the real ones are sent, and a warning names them."""
    emulator.faults(reference_spellings="off", unknown_keys="reject")
    stack.program(THE_REFERENCES_EXAMPLE).up().succeeded().shows("config.database.user.user.defined", "'database.user'")
    (made,) = emulator.sources(secrets=True)
    assert made["name"] == "My PostgreSQL Source"
    assert made["config"] == {
        "database.hostname.user.defined": "db.example.com",
        "database.port.user.defined": "5432",
        "database.dbname": "mydb",
        "database.user": "streamkap_user",
        "database.password": "secret",
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders,public.customers",
    }
    stack.rests()


def test_a_changed_property_is_named_in_the_preview_and_put_once(stack: Stack, emulator: Emulator) -> None:
    """In place: the id stays."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    stack.rests()

    stack.program(changed(ORDERS, '"public.orders", "public.customers"', '"public.orders"'))
    key = "table.include.list.user.defined"
    stack.preview().succeeded().shows(f'~ {key}: "public.orders,public.customers" => "public.orders"', "1 to update")
    steps = {step["urn"].rsplit("::", 1)[1]: step for step in stack.preview_json().json["steps"]}
    assert steps["orders"]["op"] == "update"
    assert list(steps["orders"]["detailedDiff"]) == [f'config["{key}"]']
    with traffic(emulator) as requests:
        stack.up().succeeded()
    assert methods(requests) == ["GET", "PUT", "GET"]
    assert only(emulator)["id"] == before["id"]
    assert stack.outputs()["topics"] == ["public.orders"]
    stack.rests()


def test_what_is_no_longer_declared_is_cleared_and_what_was_never_declared_survives(
    stack: Stack, emulator: Emulator
) -> None:
    """Null is sent for the first; the second was set in the web page, a secret among it."""
    declared = changed(ORDERS, '"database.user"', '"slot.name": "orders_slot",\n        "database.user"')
    stack.program(declared).up().succeeded()
    emulator.change_source(
        only(emulator)["id"], config={"publication.name": "set_in_the_web_page", "ssh.enabled": True, "ssh.host": "b"}
    )
    stack.rests()

    stack.program(ORDERS).preview().succeeded().shows('- slot.name: "orders_slot"')
    with traffic(emulator) as requests:
        stack.up().succeeded()
    assert methods(requests) == ["GET", "PUT", "GET"]
    put = next(request for request in requests if request["method"] == "PUT")["body"]["config"]
    assert put["slot.name"] is None
    stored = only(emulator)["config"]
    assert stored.get("slot.name") is None
    assert stored["publication.name"] == "set_in_the_web_page"
    assert (stored["ssh.enabled"], stored["ssh.host"]) == (True, "b")
    assert stored["database.password"] == "canary-of-the-database"
    # What the server computes is its own: it is not sent back.
    assert put.keys().isdisjoint({"database.hostname", "table.include.list", "ssh.public.key.user.displayed"})
    stack.rests()


def test_another_connector_replaces_the_source_and_deletes_first(stack: Stack, emulator: Emulator) -> None:
    """Names and replication slots are unique, so the old one has to be gone before."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    stack.rests()

    preview = stack.program(MYSQL).preview().succeeded()
    preview.shows('~ connector: "postgresql" => "mysql"', "+-1 to replace")
    with traffic(emulator) as requests:
        stack.up().succeeded()
    assert methods(requests) == ["GET", "DELETE", "GET", "POST", "GET"]
    assert requests[0]["path"] == "/sources/connectors"
    after = only(emulator)
    assert (after["connector"], after["name"]) == ("mysql", before["name"])
    assert after["id"] != before["id"]
    stack.rests()


@pytest.mark.long
def test_a_forced_replacement_deletes_first_too(stack: Stack, emulator: Emulator) -> None:
    """`pulumi up --replace` does not ask the provider in which order."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    urn = stack.sources()["orders"]["urn"]
    with traffic(emulator) as requests:
        stack.up("--replace", urn).succeeded()
    assert methods(requests) == ["DELETE", "GET", "POST", "GET"]
    assert only(emulator)["name"] == before["name"]
    stack.rests()


def test_a_source_deleted_behind_the_stacks_back_is_created_again_after_a_refresh(
    stack: Stack, emulator: Emulator
) -> None:
    """An update without a refresh is an error that says so, and never a new source."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    stack.rests()
    emulator.change_source(before["id"], deleted=True)

    stack.program(changed(ORDERS, "db.example.com", "db2.example.com"))
    stack.up().failed().shows("it was deleted outside this stack", "pulumi refresh")
    stack.refresh().succeeded().shows("- 1 deleted")
    stack.up().succeeded().shows("+ 1 created")
    assert only(emulator)["id"] != before["id"]
    stack.rests()


def test_deleting_what_is_gone_already_succeeds(stack: Stack, emulator: Emulator) -> None:
    """And leaves nothing behind."""
    stack.program(ORDERS).up().succeeded()
    emulator.change_source(only(emulator)["id"], deleted=True)
    stack.destroy().succeeded()
    assert stack.sources() == {}


def test_gone_is_believed_only_from_the_tenant_project_and_host_of_the_source(stack: Stack, emulator: Emulator) -> None:
    """Other credentials do not see the source either; nothing is forgotten because of that."""
    stack.program(ORDERS).up().succeeded()
    stack.rests()
    for client, thing in (("other", "tenant"), ("project", "project")):
        stack.environment |= {"STREAMKAP_CLIENT_ID": f"{client}-client", "STREAMKAP_SECRET": f"{client}-secret"}
        stack.refresh().failed().shows(f"the {thing} {thing}-other" if client == "other" else "the project")
        stack.destroy().failed().shows("It is not considered deleted")
        assert "orders" in stack.sources()
    with Emulator() as elsewhere:
        stack.environment |= {
            "STREAMKAP_HOST": elsewhere.url,
            "STREAMKAP_CLIENT_ID": emulator.client_id,
            "STREAMKAP_SECRET": emulator.secret,
        }
        stack.refresh().failed().shows(f"it was created at {emulator.url}")
        stack.destroy().failed()
        assert "orders" in stack.sources()
    stack.environment["STREAMKAP_HOST"] = emulator.url
    stack.rests()
    assert only(emulator)["name"].startswith("orders-")


@pytest.mark.long
def test_the_observed_status_is_not_a_difference(stack: Stack, emulator: Emulator) -> None:
    """A refresh records it, and nothing is to be done."""
    stack.program(ORDERS).up().succeeded()
    stack.rests()
    emulator.change_source(only(emulator)["id"], connector_status="Broken", freeze=True)
    stack.refresh().succeeded()
    assert stack.sources()["orders"]["outputs"]["status"] == "Broken"
    stack.pulumi("preview", "--expect-no-changes").succeeded()
    stack.up("--expect-no-changes").succeeded()


def test_destroy_waits_until_nothing_is_left(stack: Stack, emulator: Emulator) -> None:
    """The deleted source stays readable for a while."""
    stack.program(ORDERS).up().succeeded()
    with traffic(emulator) as requests:
        stack.destroy().succeeded()
    assert methods(requests) == ["DELETE", "GET"]
    assert [source for source in emulator.sources() if not source["deleted"]] == []
    assert stack.sources() == {}


def test_drift_of_declared_keys_is_shown_by_refresh_and_put_right_by_up(stack: Stack, emulator: Emulator) -> None:
    """A key that was never declared is not drift; another spelling of a declared one is none either."""
    stack.program(ORDERS).up().succeeded()
    stack.rests()
    source_id = only(emulator)["id"]
    emulator.change_source(
        source_id,
        config={"binary.handling.mode": "hex", "table.include.list.user.defined": "public.customers, public.orders"},
    )
    stack.rests()
    emulator.change_source(source_id, config={"database.user": "somebody"})
    stack.refresh().succeeded().shows('"streamkap" => "somebody"')
    stack.preview().succeeded().shows('~ database.user: "somebody" => "streamkap"')
    stack.up().succeeded()
    stored = only(emulator)["config"]
    assert (stored["database.user"], stored["binary.handling.mode"]) == ("streamkap", "hex")
    stack.rests()


@pytest.mark.long
def test_a_state_change_alone_is_an_action(stack: Stack, emulator: Emulator) -> None:
    """Without a PUT; with a changed config, the config goes first. Left out again, the state is not managed."""
    stack.program(ORDERS).up().succeeded()
    paused = changed(ORDERS, 'connector="', 'desired_state="Paused", connector="')
    with traffic(emulator) as requests:
        stack.program(paused).up().succeeded()
    assert methods(requests) == ["GET", "POST", "GET"]
    assert requests[1]["path"].endswith("/actions/pause")
    assert stack.outputs()["status"] == "Paused"
    stack.rests()
    stopped = changed(changed(paused, "Paused", "Stopped"), "db.example.com", "db2.example.com")
    with traffic(emulator) as requests:
        stack.program(stopped).up().succeeded()
    assert methods(requests) == ["GET", "PUT", "POST", "GET"]
    assert requests[2]["path"].endswith("/actions/stop")
    with traffic(emulator) as requests:
        stack.program(changed(stopped, 'desired_state="Stopped", ', ""))
        for run in (stack.preview(), stack.up()):
            run.succeeded().shows("desired_state is no longer declared, so it is no longer managed: the source stays S")
    assert requests == []
    assert stack.outputs()["status"] == "Stopped"
    stack.rests()


@pytest.mark.long
def test_a_state_that_drifts_is_put_right(stack: Stack, emulator: Emulator) -> None:
    """Somebody pauses in the web page what is declared Active."""
    active = changed(ORDERS, 'connector="', 'desired_state="Active", connector="')
    stack.program(active).up().succeeded()
    stack.rests()
    emulator.change_source(only(emulator)["id"], desired_state="Paused", connector_status="Paused")
    stack.refresh().succeeded()
    stack.preview().succeeded().shows('~ desired_state: "Paused" => "Active"')
    with traffic(emulator) as requests:
        stack.up().succeeded()
    assert requests[1]["path"].endswith("/actions/resume")
    assert only(emulator)["desired_state"] == "Active"
    stack.rests()


@pytest.mark.long
def test_a_pending_source_is_deployed_and_never_becomes_pending_again(stack: Stack, emulator: Emulator) -> None:
    """The second is refused in the preview."""
    pending = changed(ORDERS, 'connector="', 'desired_state="Pending", connector="')
    stack.program(pending).up().succeeded()
    assert stack.outputs()["status"] == "Pending"
    stack.rests()
    with traffic(emulator) as requests:
        stack.program(changed(ORDERS, 'connector="', 'desired_state="Active", connector="')).up().succeeded()
    assert methods(requests) == ["GET", "POST", "GET"]
    assert requests[1]["path"].endswith("/deploy")
    stack.rests()
    stack.program(pending).preview().failed().shows("is Active already", "cannot make a deployed source Pending again")


def test_name_tags_and_cluster_are_managed_when_declared(stack: Stack, emulator: Emulator) -> None:
    """Left out again they stay as they are; an empty list clears the tags."""
    declared = changed(ORDERS, 'connector="', 'name="orders", tags=["t1", "t2"], kc_cluster_id="k1", connector="')
    stack.program(declared).up().succeeded()
    made = only(emulator)
    assert (made["name"], made["tags"], made["kc_cluster_id"]) == ("orders", ["t1", "t2"], "k1")
    stack.rests()
    stack.program(changed(declared, '["t1", "t2"]', '["t2", "t1"]')).rests()

    other = changed(changed(declared, '"k1"', '"k2"'), 'name="orders"', 'name="renamed"')
    with traffic(emulator) as requests:
        stack.program(changed(other, '["t1", "t2"]', "[]")).up().succeeded()
    assert methods(requests) == ["GET", "PUT", "GET"]
    renamed = only(emulator)
    assert (renamed["id"], renamed["name"], renamed["tags"]) == (made["id"], "renamed", [])
    assert renamed["kc_cluster_id"] == "k2"
    stack.rests()

    with traffic(emulator) as requests:
        stack.program(ORDERS).up().succeeded()
    assert requests == []
    assert only(emulator)["name"] == "renamed"
    stack.rests()


@pytest.mark.long
def test_wait_and_timeouts_alone_are_an_update_that_sends_nothing(stack: Stack, emulator: Emulator) -> None:
    """They say how to run, not what there should be."""
    stack.program(ORDERS).up().succeeded()
    for change in ('wait=False, connector="', 'timeouts={"create": "5m"}, connector="'):
        stack.program(changed(ORDERS, 'connector="', change))
        with traffic(emulator) as requests:
            stack.up().succeeded().shows("1 updated")
        assert requests == []
        stack.rests()


@pytest.mark.long
def test_without_wait_a_source_is_done_as_soon_as_it_is_accepted(stack: Stack, emulator: Emulator) -> None:
    """One request, and the status that the answer says."""
    with traffic(emulator) as requests:
        stack.program(changed(ORDERS, 'connector="', 'wait=False, connector="')).up().succeeded()
    assert methods(requests) == ["POST"]
    assert stack.outputs()["status"] == "Pending"
    stack.rests()


def test_a_name_that_is_taken_is_an_error_that_says_by_whom(make_stack: MakeStack, emulator: Emulator) -> None:
    """And the other source is not touched."""
    named = changed(ORDERS, 'connector="', 'name="orders", connector="')
    first = make_stack("first").program(named)
    first.up().succeeded()
    before = json.dumps(only(emulator))
    second = make_stack("second").program(changed(named, "db.example.com", "other.example.com"))
    second.up().failed().shows("A source named 'orders' already exists", only(emulator)["id"], "postgresql", "ago")
    assert json.dumps(only(emulator)) == before
    assert second.sources() == {}


@pytest.mark.long
def test_a_resource_renamed_by_an_alias_keeps_its_source_and_its_name(stack: Stack, emulator: Emulator) -> None:
    """The name that would be worked out again is another one."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    alias = 'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="orders")]), connector="'
    stack.program(changed(changed(ORDERS, '    "orders",', '    "renamed",'), 'connector="', alias))
    stack.up().succeeded()
    assert only(emulator)["name"] == before["name"]
    assert only(emulator)["id"] == before["id"]
    stack.rests()


@pytest.mark.long
def test_ignore_changes_of_a_config_property(stack: Stack, emulator: Emulator) -> None:
    """By the path that the documentation gives, and that a warning gives for each other way to write it."""
    stack.program(ORDERS).up().succeeded()
    for path in ("config.database_user", "database_user", "config['database.user']"):
        wrong = f"""opts=pulumi.ResourceOptions(ignore_changes=["{path}"]), connector=\""""
        told = stack.program(changed(ORDERS, 'connector="', wrong)).pulumi("preview").succeeded()
        told.shows("names nothing, so it has no effect; write 'config[\"database.user\"]'")
    opts = """opts=pulumi.ResourceOptions(ignore_changes=['config["database.user"]']), connector=\""""
    ignoring = changed(changed(ORDERS, 'connector="', opts), '"streamkap",', '"somebody",')
    stack.program(ignoring).rests()
    assert only(emulator)["config"]["database.user"] == "streamkap"
