"""Programs under `StreamkapMocks`: no engine, no emulator, no network."""

from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi.connectors.base import ConfigError
from streamkap_pulumi.kinds import BY_TYPE
from streamkap_pulumi.testing import ProjectError, SourcesRefusedError, StreamkapMocks
from streamkap_pulumi.testing.mocked_kinds import MOCKED


def orders(**options: object) -> streamkap.Source:
    return streamkap.Source(
        "orders",
        config=streamkap.PostgreSQLConfig(
            database_hostname="db.example.com",
            database_port=5432,
            database_dbname="shop",
            database_user="streamkap",
            database_password=pulumi.Config().require_secret("dbPassword"),
            schema_include_list=["public"],
            table_include_list=["public.orders", "public.customers"],
        ),
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("run", [1, 2])
def test_each_run_in_a_process_returns_what_its_program_declared(run: int) -> None:
    """Canonical inputs, secrets, options, plausible outputs."""

    def program() -> None:
        source = orders(opts=pulumi.ResourceOptions(protect=True, aliases=[pulumi.Alias(name="purchases")]))
        pulumi.export("topics", source.topics)
        pulumi.export("topic_ids", source.topic_ids)
        pulumi.export("status", source.status)
        pulumi.export("config", source.config)

    declared = StreamkapMocks().run(program, secrets={"dbPassword": f"canary-{run}"})
    source = declared.sources["orders"]
    assert source.config["database.password"] == f"canary-{run}"
    assert source.config["table.include.list.user.defined"] == "public.orders,public.customers"
    assert source.secrets == {"config.database.password"}
    assert (source.protect, source.aliases) == (True, ("purchases",))
    assert declared.outputs["topics"] == ["public.orders", "public.customers"]
    assert declared.outputs["topic_ids"][0] == f"source_{source.id}.public.orders"
    assert declared.outputs["status"] == "Active"
    assert declared.secret_outputs == {"config"}
    assert f"canary-{run}" not in repr(declared)


def test_what_a_preview_refuses_is_refused_for_all_sources_at_once() -> None:
    """With the messages of the engine, which stops at the first source."""

    def program() -> None:
        for name in ("orders", "events"):
            source = streamkap.Source(name, connector="postgresql", config={"database.hostnam": "db"})
            pulumi.export(name, source.topics.apply(lambda topics: topics[0]))

    with pytest.raises(SourcesRefusedError) as refused:
        StreamkapMocks().run(program)
    for name in ("orders", "events"):
        assert f"{name}: config.database.hostnam: postgresql has no such property; did you mean" in str(refused.value)
        assert f"{name}: config.database.user: it is missing; postgresql needs it" in str(refused.value)


def test_the_programs_own_errors_are_raised_unchanged() -> None:
    """A missing setting, an invalid typed config, and any other error."""
    mocks = StreamkapMocks()
    with pytest.raises(pulumi.ConfigMissingError, match="infra:dbPassword"):
        mocks.run(orders)
    with pytest.raises(ConfigError):
        mocks.run(lambda: streamkap.WebhookConfig(nonsense=1))  # type: ignore[call-arg]
    with pytest.raises(ZeroDivisionError):
        mocks.run(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mocks.run(lambda: pulumi.Output.from_input(0).apply(lambda none: 1 / none))


def test_the_desired_state_is_the_status() -> None:
    """The tasks have it, too."""

    def program() -> None:
        source = orders(desired_state="Paused")
        pulumi.export("both", [source.status, source.task_statuses])

    outputs = StreamkapMocks().run(program, secrets={"dbPassword": "x"}).outputs
    assert outputs["both"] == ["Paused", {"0": {"state": "PAUSED"}}]


def test_sources_that_are_managed_elsewhere_are_looked_up() -> None:
    """By name, by id, as an Output and as a resource; a missing one is an error with the next step."""
    mocks = StreamkapMocks()
    source_id = mocks.existing(
        "events", connector="mysql", config={"table.include.list.user.defined": "shop.events", "database.password": "x"}
    )

    def program() -> None:
        found = streamkap.get_source(name="events")
        pulumi.export("id", found.id)
        pulumi.export("secret", "database.password" in found.config)
        pulumi.export("later", streamkap.get_source_output(id=found.id).apply(lambda source: source.topics))
        pulumi.export("resource", streamkap.Source.get("events", found.id).topics)

    declared = mocks.run(program)
    topics = ["shop.events"]
    assert declared.outputs == {"id": source_id, "secret": False, "later": topics, "resource": topics}
    assert declared.sources == {}
    with pytest.raises(pulumi.RunError, match=r"name='nobody'.*existing\(\)"):
        mocks.run(lambda: streamkap.get_source(name="nobody"))


def test_stack_references_and_other_resources_are_answered() -> None:
    """The error of a missing reference says how to add it."""
    mocks = StreamkapMocks()
    mocks.stack_references["organization/sources/dev"] = {"topics": ["public.orders"]}

    def program(stack: str) -> Callable[[], None]:
        return lambda: pulumi.export("topics", pulumi.StackReference(stack).require_output("topics"))

    assert mocks.run(program("organization/sources/dev")).outputs == {"topics": ["public.orders"]}
    # Called directly: Pulumi's SDK leaves coroutines behind when a reference fails within a program.
    unknown = pulumi.runtime.MockResourceArgs(
        "pulumi:pulumi:StackReference", "ref", {"name": "organization/sources/prod"}
    )
    with pytest.raises(pulumi.RunError, match="stack_references\\['organization/sources/prod'\\]"):
        mocks.new_resource(unknown)


def test_a_project_runs_with_the_configuration_of_its_stack(tmp_path: Path) -> None:
    """Encrypted values are stand-ins, and modules of one project are not those of the next."""
    for title in ("one", "two"):
        folder = tmp_path / title
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(
            f"name: {title}\nruntime: python\nconfig:\n  region: {{value: eu}}\n  size: {{default: 3}}\n"
        )
        (folder / "Pulumi.prod.yaml").write_text(
            f"secretsprovider: awskms://x\nencryptedkey: abc\nconfig:\n  {title}:password: {{secure: v1:abc}}\n"
            f"  {title}:tables: [a, b]\n  streamkap:host: https://api.streamkap.com\n"
        )
        (folder / "module.py").write_text(f"TITLE = {title!r}\n")
        (folder / "data.txt").write_text(title)
        (folder / "__main__.py").write_text(
            "import pathlib, pulumi, module\nc = pulumi.Config()\n"
            "pulumi.export('all', [module.TITLE, pathlib.Path('data.txt').read_text(), c.require('region'),"
            " c.require_int('size'), c.require_object('tables'), pulumi.Config('streamkap').get('host')])\n"
            "pulumi.export('password', c.require_secret('password'))\n"
        )
        declared = StreamkapMocks().run(folder, stack="prod")
        assert declared.outputs["all"] == [title, title, "eu", 3, ["a", "b"], None]
        assert declared.outputs["password"] == "secret-of-password"
        assert declared.secret_outputs == {"password"}
        again = StreamkapMocks().run(folder, stack="prod", secrets={"password": "p"}, config={"region": "us"})
        assert json.dumps(dict(again.outputs)).count('"us"') == 1
        assert again.outputs["password"] == "p"
    with pytest.raises(ProjectError, match=r"there is no Pulumi\.yaml in it"):
        StreamkapMocks().run(tmp_path)


def test_packages_of_a_virtual_environment_in_the_project_stay_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not the project's own: loaded twice, their classes would differ from those of the run before."""
    packages = tmp_path / ".venv" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed_there.py").write_text("")
    (tmp_path / "of_the_project.py").write_text("")
    (tmp_path / "Pulumi.yaml").write_text("name: infra\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("import installed_there, of_the_project\n")
    monkeypatch.syspath_prepend(packages)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(packages))
    StreamkapMocks().run(tmp_path)
    assert "of_the_project" not in sys.modules
    assert sys.modules.pop("installed_there").__file__


def test_under_pulumis_own_mocks_a_source_has_its_name_connector_and_config() -> None:
    """They return the inputs, and none of our checks adds to these; in a component, too."""

    class Echo(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
            return f"{args.name}-id", dict(args.inputs)

        def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, object], None]:
            return dict(args.args), None

    seen: dict[str, Any] = {}

    def program() -> pulumi.Output[None]:
        team = pulumi.ComponentResource("acme:index:Team", "team")
        named = streamkap.Source("named", name="mine", config=streamkap.WebhookConfig(format="json"))
        plain = streamkap.Source("plain", config=streamkap.WebhookConfig(format="json"))
        inner = streamkap.Source(
            "inner", connector="webhook", config={"format": "json"}, opts=pulumi.ResourceOptions(parent=team)
        )
        outputs = pulumi.Output.all(
            names=[named.name, plain.name, inner.name], config=inner.config, connector=plain.connector
        )
        return outputs.apply(seen.update)

    pulumi.runtime.set_mocks(Echo(), project="infra", stack="dev")
    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call]
    assert re.fullmatch(r"mine,plain-[0-9a-f]{7},inner-[0-9a-f]{7}", ",".join(seen["names"]))
    assert (seen["config"], seen["connector"]) == ({"format": "json"}, "webhook")


def test_the_mocks_know_every_kind() -> None:
    """A new kind needs a row in `MOCKED`."""
    assert set(MOCKED) == set(BY_TYPE)


def test_destinations_and_tags_come_back_as_streamkap_would_have_created_them() -> None:
    """Beside a source of the same name, and each with an id of its own."""

    def program() -> None:
        team = streamkap.Tag("shop", type=["Sources", "destinations"])
        orders = streamkap.Source("shop", config=streamkap.WebhookConfig(format="json"), name="shop", tags=[team.id])
        warehouse = streamkap.Destination(
            "shop",
            name="shop",
            config=streamkap.ClickHouseDestinationConfig(
                hostname="clickhouse.example.com",
                database="shop",
                connection_username="streamkap",
                connection_password="canary",
            ),
            tags=[team.id],
            desired_state="Paused",
        )
        pulumi.export("warehouse", warehouse.reference)
        pulumi.export("observed", [warehouse.status, team.system, team.description, orders.tags])

    declared = StreamkapMocks().run(program)
    warehouse, team = declared.destinations["shop"], declared.tags["shop"]
    assert warehouse.config["connection.password"] == "canary"
    assert warehouse.secrets == {"config.connection.password"}
    assert team.inputs["type"] == ["sources", "destinations"]
    assert declared.outputs == {
        "warehouse": {"id": warehouse.id, "name": "shop", "connector": "clickhouse"},
        "observed": ["Paused", False, "", [team.id]],
    }
    assert len({warehouse.id, team.id, declared.sources["shop"].id}) == 3


def test_what_a_preview_refuses_of_any_kind_is_refused() -> None:
    """All of it at once."""

    def program() -> None:
        streamkap.Tag("team", type=["source"])
        streamkap.Destination("warehouse", connector="snowflake", config={"snowflake.url": "x"})

    with pytest.raises(SourcesRefusedError) as refused:
        StreamkapMocks().run(program)
    assert "team: type[0]: 'source' is not one of sources, " in str(refused.value)
    assert "warehouse: config.snowflake.url: snowflake has no such property" in str(refused.value)


def test_destinations_and_tags_that_are_managed_elsewhere_are_looked_up() -> None:
    """By name and id, and as a resource. Of several tags of one name the error has the ids."""
    mocks = StreamkapMocks()
    source = mocks.existing("shop", connector="webhook")
    warehouse = mocks.existing_destination("shop", connector="snowflake", config={"snowflake.private.key": "x"})
    team, crew = (mocks.existing_tag("shop", type=["sources"], description=text) for text in ("team", "crew"))
    assert len({source, warehouse, team, crew}) == 4

    def program() -> None:
        found = streamkap.get_destination(name="shop")
        pulumi.export("destination", [found.id, found.connector, found.config])
        pulumi.export("tag", [streamkap.get_tag(id=crew).description, streamkap.Tag.get("t", team).description])
        pulumi.export("status", streamkap.Destination.get("d", warehouse).status)

    declared = mocks.run(program)
    assert declared.outputs == {
        "destination": [warehouse, "snowflake", {}],
        "tag": ["crew", "team"],
        "status": "Active",
    }
    assert (declared.destinations, declared.tags) == ({}, {})
    with pytest.raises(pulumi.RunError, match=f"several tags have the name 'shop': {team}, {crew}; use id="):
        mocks.run(lambda: streamkap.get_tag(name="shop"))
    with pytest.raises(pulumi.RunError, match=r"no such destination; add it with existing_destination\(\)"):
        mocks.run(lambda: streamkap.get_destination(id=source))
