"""Sources that are managed elsewhere: `Source.get`, `get_source`, and stack references."""

from __future__ import annotations

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.programs import ORDERS, changed
from tests.engine.traffic import only

CANARY = "canary-of-the-database"
STEP = "Check the id, and that the credentials belong to the same project, at http://127.0.0.1:"


@pytest.mark.long
def test_source_get_shows_a_source_without_its_secrets(make_stack: MakeStack, emulator: Emulator) -> None:
    """In a preview too; and destroying the looker does not touch the source."""
    make_stack("owner").program(ORDERS).up().succeeded()
    source_id = only(emulator)["id"]
    looker = make_stack("looker").program(
        f"""
        orders = streamkap.Source.get("orders", "{source_id}")
        pulumi.export("status", orders.status)
        pulumi.export("topics", orders.topics)
        pulumi.export("config", orders.config)
        """
    )
    looker.preview().succeeded().hides(CANARY)
    looker.up().succeeded().hides(CANARY)
    looker.rests()
    outputs = looker.outputs()
    assert (outputs["status"], outputs["topics"]) == ("Active", ["public.orders", "public.customers"])
    assert outputs["config"]["database.user"] == "streamkap"
    assert "database.password" not in outputs["config"]
    assert CANARY not in looker.state()
    looker.destroy().succeeded()
    assert only(emulator)["id"] == source_id


def test_source_get_of_what_is_not_there_is_a_readable_error(make_stack: MakeStack) -> None:
    """With the id that was asked for."""
    looker = make_stack("looker").program('streamkap.Source.get("orders", "64a1b2c3d4e5f6a7b8c9d0e1")')
    looker.preview().failed().shows("no source has the id 64a1b2c3d4e5f6a7b8c9d0e1", STEP)


@pytest.mark.long
def test_a_source_that_was_read_and_is_gone_blocks_no_refresh(make_stack: MakeStack, emulator: Emulator) -> None:
    """It leaves the state, and the source that depends on it stays; only the program's own read still fails."""
    owner = make_stack("owner").program(ORDERS)
    owner.up().succeeded()
    source_id = only(emulator)["id"]
    looks = changed(ORDERS, '"orders",', '"orders", opts=pulumi.ResourceOptions(depends_on=[seen]),')
    looker = make_stack("looker").program(f'seen = streamkap.Source.get("seen", "{source_id}")\n{looks}')
    looker.up().succeeded()
    looker.rests()
    looker.refresh("--expect-no-changes").succeeded()
    own = looker.sources()["orders"]["id"]
    owner.destroy().succeeded()
    looker.refresh().succeeded()
    assert {name: source["id"] for name, source in looker.sources().items()} == {"orders": own}
    looker.up().failed().shows(f"Reading the source '{source_id}' failed", "404", STEP).hides("Traceback")
    looker.refresh().succeeded()
    looker.program(ORDERS).up().succeeded()
    looker.rests()
    assert {name: source["id"] for name, source in looker.sources().items()} == {"orders": own}


def test_get_source_finds_by_exact_name_or_by_id(make_stack: MakeStack, emulator: Emulator) -> None:
    """Also where the name is an Output, and where other names contain it."""
    owner = make_stack("owner")
    named = changed(ORDERS, 'connector="', 'name="orders", connector="')
    owner.program(named + changed(named, '    "orders",', '    "more",').replace('name="orders"', 'name="more orders"'))
    owner.up().succeeded()
    looker = make_stack("looker").program(
        """
        by_name = streamkap.get_source(name="orders")
        by_id = streamkap.get_source(id=by_name.id)
        later = streamkap.get_source_output(name=pulumi.Output.from_input("more orders"))
        pulumi.export("same", by_name == by_id)
        pulumi.export("topics", by_name.topics)
        pulumi.export("later", later.apply(lambda source: source.name))
        pulumi.export("config", by_name.config)
        """
    )
    looker.up().succeeded().hides(CANARY)
    outputs = looker.outputs()
    assert (outputs["same"], outputs["later"]) == (True, "more orders")
    assert outputs["topics"] == ["public.orders", "public.customers"]
    assert "database.password" not in outputs["config"]


def test_get_source_that_finds_nothing_is_a_readable_error(make_stack: MakeStack) -> None:
    """With what was asked for."""
    looker = make_stack("looker").program('streamkap.get_source(name="nobody")')
    looker.preview().failed().shows(
        "get_source(name='nobody') failed: no source of this project has the name 'nobody'",
        "Check the name, and that the credentials belong to the same project, at http://127.0.0.1:",
    )


@pytest.mark.long
def test_every_failed_look_up_is_a_readable_error(make_stack: MakeStack) -> None:
    """By id, as an Output, with too few arguments, and without credentials."""
    looker = make_stack("looker")
    for call, said in (
        ('get_source(id="64a1b2c3d4e5f6a7b8c9d0e1")', "no source has the id 64a1b2c3d4e5f6a7b8c9d0e1"),
        ("get_source()", "give either name or id"),
        ('get_source_output(name=pulumi.Output.from_input("nobody"))', "no source of this project has the name"),
    ):
        looker.program(f"pulumi.export('found', streamkap.{call}.id)").preview().failed().shows(said)
    anonymous = make_stack("anonymous", credentials=False)
    anonymous.program('streamkap.get_source(name="nobody")').preview().failed().shows("credentials are missing")


def test_another_stack_reads_id_status_and_topics_by_reference(make_stack: MakeStack, emulator: Emulator) -> None:
    """Without credentials of its own."""
    make_stack("owner").program(ORDERS).up().succeeded()
    consumer = make_stack("consumer", credentials=False).program(
        """
        owner = pulumi.StackReference("organization/owner/dev")
        for name in ("id", "status", "topics"):
            pulumi.export(name, owner.require_output(name))
        """
    )
    consumer.up().succeeded()
    assert consumer.outputs() == {
        "id": only(emulator)["id"],
        "status": "Active",
        "topics": ["public.orders", "public.customers"],
    }
    consumer.up("--expect-no-changes").succeeded()
