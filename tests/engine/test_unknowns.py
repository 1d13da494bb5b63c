"""Inputs that are not known yet in a preview, and numbers on their way through the engine."""

from __future__ import annotations

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import MYSQL, ORDERS
from tests.engine.stack import Stack
from tests.engine.traffic import traffic

FOLLOWER = """
follower = streamkap.Source(
    "follower",
    connector=orders.connector.apply(lambda _: "postgresql"),
    name=pulumi.Output.concat("after-", orders.status),
    desired_state=orders.status,
    tags=orders.topics,
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.dbname": orders.id,
        "database.user": "streamkap",
        "database.password": orders.id,
        "schema.include.list": ["public", orders.status],
        "table.include.list.user.defined": orders.topics,
        "streamkap.snapshot.parallelism": 3,
        "heartbeat.enabled": False,
    },
)
whole = streamkap.Source(
    "whole",
    connector="webhook",
    config=orders.status.apply(lambda status: {"format": "json", "topic.include.list.user.defined": [status]}),
)
"""


def test_what_is_not_known_in_a_preview_is_shown_so_and_known_in_up(stack: Stack, emulator: Emulator) -> None:
    """Every input, single properties, an item of a list, and a config that is one Output."""
    preview = stack.program(ORDERS + FOLLOWER).preview().succeeded()
    preview.shows("+ 4 to create", "schema.include.list : [unknown]", "desired_state: [unknown]")
    preview.hides("object at 0x")
    with traffic(emulator) as requests:
        stack.up().succeeded()
    stack.rests()
    orders, follower, whole = (stack.sources()[name] for name in ("orders", "follower", "whole"))
    assert follower["outputs"]["name"] == "after-Active"
    bodies = {body["name"]: body for request in requests if (body := request.get("body"))}
    sent = bodies["after-Active"]
    assert sent["tags"] == ["public.orders", "public.customers"]
    assert sent["config"]["database.dbname"] == orders["id"]
    assert sent["config"]["schema.include.list"] == "public,Active"
    assert sent["config"]["table.include.list.user.defined"] == "public.orders,public.customers"
    assert bodies[whole["outputs"]["name"]]["config"]["topic.include.list.user.defined"] == "Active"
    # The engine makes every number a float; the API is sent what the catalogue says it takes.
    number = sent["config"]["streamkap.snapshot.parallelism"]
    assert (number, type(number)) == (3, int)
    assert sent["config"]["heartbeat.enabled"] is False

    # What is about to be replaced is not known either. A connector that is not known may be another one, so the
    # preview says replace; where it turns out to be the same, `up` updates in place.
    preview = stack.program(MYSQL + FOLLOWER).preview().succeeded()
    preview.shows("~ database.dbname", "=> [unknown]", "~ 1 to update", "+-2 to replace").hides("object at 0x")


def test_the_names_of_sources_within_components_differ(stack: Stack, emulator: Emulator) -> None:
    """Components of the same type within others of different types; and it is the same in every run."""
    stack.program(
        """
        class Part(pulumi.ComponentResource):
            def __init__(self, kind, name, opts=None):
                super().__init__(kind, name, None, opts)

        for team in ("A", "B"):
            outer = Part(f"acme:index:Team{team}", "team")
            inner = Part("acme:index:Db", "db", pulumi.ResourceOptions(parent=outer))
            hook = streamkap.Source(
                "hook", connector="webhook", config={"format": "json"}, opts=pulumi.ResourceOptions(parent=inner)
            )
            pulumi.export(team, hook.name)
        """
    )
    stack.up().succeeded()
    stack.rests()
    names = stack.outputs()
    assert names["A"] != names["B"]
    assert {source["name"] for source in emulator.sources()} == set(names.values())
