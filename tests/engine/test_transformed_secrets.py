"""Secrets that a transform of the program sets: encrypted in state and shown nowhere, as any other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.pulumi_cli.words import resource_name
from streamkap_pulumi.stack.secret_marks import is_secret, plain
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Run, Stack

CANARY = "canary-of-a-transform"
MOVED = "moved-canary-of-a-transform"

EVERY_WAY = """
import os

CANARY = os.environ["CANARY"]
BASE = {
    "database.hostname.user.defined": "db.example.com",
    "database.dbname": "shop",
    "database.user": "streamkap",
    "schema.include.list": ["public"],
    "table.include.list.user.defined": ["public.orders"],
}


def with_plain(props, key="database.password"):
    # What a function that wraps nothing does.
    return {**props, "config": {**props["config"], key: CANARY}}


def transform(args):
    if args.props.get("config") is None:
        return None  # The component itself.
    return pulumi.ResourceTransformResult(props=with_plain(args.props), opts=args.opts)


def transformation(args):
    return pulumi.ResourceTransformationResult(props=with_plain(args.props), opts=args.opts)


def only_for(name, change):
    return lambda args: change(args) if args.name == name else None


def source(name, opts=None, password="declared", **more):
    config = {**BASE, "database.password": password, **more}
    return streamkap.Source(name, connector="postgresql", config=config, opts=opts)


pulumi.runtime.register_resource_transform(only_for("stack-transform", transform))
pulumi.runtime.register_stack_transformation(only_for("stack-transformation", transformation))
source("stack-transform")
source("stack-transformation")
source("own-transform", pulumi.ResourceOptions(transforms=[transform]))
source("own-transformation", pulumi.ResourceOptions(transformations=[transformation]))
source("over-a-secret", pulumi.ResourceOptions(transforms=[transform]), password=pulumi.Output.secret("declared"))


class Team(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("acme:index:Team", "team", None, pulumi.ResourceOptions(transforms=[transform]))
        source("of-a-component", pulumi.ResourceOptions(parent=self))


Team()


def over_the_mark(args):
    return pulumi.ResourceTransformResult(props=with_plain(args.props, "database.dbname"), opts=args.opts)


marked = pulumi.Output.secret("shop")
source("over-a-mark", pulumi.ResourceOptions(transforms=[over_the_mark]), **{"database.dbname": marked})


def connection_string(args):
    config = {**args.props["config"], "future.url": f"postgres://streamkap:{CANARY}@db", "future.token": CANARY}
    return pulumi.ResourceTransformResult(props={**args.props, "config": config}, opts=args.opts)


streamkap.Source(
    "unknown-keys",
    config=streamkap.PostgreSQLConfig(
        database_hostname="db.example.com",
        database_dbname="shop",
        database_user="streamkap",
        database_password="declared",
        schema_include_list=["public"],
        table_include_list=["public.orders"],
        extra_config={"future.url": "a", "future.token": "declared"},
    ),
    opts=pulumi.ResourceOptions(transforms=[connection_string]),
)


def whole(secret):
    def change(args):
        config = {**BASE, "database.password": CANARY}
        return pulumi.ResourceTransformResult(
            props={**args.props, "config": pulumi.Output.secret(config) if secret else config}, opts=args.opts
        )

    return change


one_output = pulumi.Output.from_input({**BASE, "database.password": "declared"})
for name, secret in (("one-output", False), ("one-secret-output", True)):
    opts = pulumi.ResourceOptions(transforms=[whole(secret)])
    streamkap.Source(name, connector="postgresql", config=one_output, opts=opts)


def bare(args):
    return pulumi.ResourceTransformationResult(
        props=args.props, opts=pulumi.ResourceOptions(delete_before_replace=True, transformations=[bare])
    )


hook = streamkap.Source(
    "hook",
    connector="webhook",
    config={"format": "json"},
    opts=pulumi.ResourceOptions(transformations=[bare]),
)


def partly_unknown(args):
    config = {**BASE, "database.password": CANARY, "database.hostname.user.defined": hook.id}
    return pulumi.ResourceTransformResult(props={**args.props, "config": config}, opts=args.opts)


streamkap.Source(
    "partly-unknown",
    connector="postgresql",
    config=pulumi.Output.secret({**BASE, "database.password": "declared"}),
    opts=pulumi.ResourceOptions(transforms=[partly_unknown]),
)
"""
"""Each kind of transform, over each kind of declaration."""


def in_clear(stack: Stack) -> list[str]:
    """Where the state holds the canary and no mark of a secret is around it."""
    exported = json.loads(stack.pulumi("stack", "export", "--show-secrets").succeeded().text)
    return [
        f"{resource_name(resource['urn'])}: {place}"
        for resource in exported["deployment"]["resources"]
        for part in ("inputs", "outputs")
        for place in bare(resource.get(part), part)
    ]


def bare(value: Any, path: str) -> Iterator[str]:
    if is_secret(value):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from bare(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from bare(item, path)
    elif isinstance(value, str) and "canary" in value:
        yield path


def test_a_secret_that_any_transform_sets_is_encrypted_and_shown_nowhere(stack: Stack) -> None:
    """In the preview, the saved plan, the `up` of that plan and the refresh; the next preview finds no difference."""
    stack.program(EVERY_WAY)
    stack.environment["CANARY"] = CANARY
    runs = [
        stack.preview("--save-plan", "plan.json").succeeded().shows("database.password : [secret]", "14 to create"),
        stack.pulumi("up", "--yes", "--skip-preview", "--diff", "--plan", "plan.json").succeeded(),
    ]
    assert CANARY not in (stack.folder / "plan.json").read_text(encoding="utf-8") + stack.state()
    assert in_clear(stack) == []
    key = json.loads(stack.sources()["hook"]["outputs"]["api_key"]["plaintext"])
    runs += [stack.refresh("--expect-no-changes").succeeded(), stack.preview("--expect-no-changes").succeeded()]
    assert in_clear(stack) == []
    for run in runs:
        run.hides(CANARY, key)


@pytest.mark.long
def test_a_secret_of_a_transform_is_shown_by_name_only_when_it_changes_or_drifts(
    stack: Stack, emulator: Emulator
) -> None:
    """In text, in JSON, and in the comment of a pull request."""
    stack.program(EVERY_WAY)
    stack.environment["CANARY"] = CANARY
    runs = [stack.pulumi("preview", "--json").succeeded(), stack.up("--diff").succeeded()]
    stack.environment["CANARY"] = MOVED
    gate = stack.shell("pulumi preview --json | streamkap gate")
    assert "database.password" in gate.stdout
    runs += [
        Run(0, gate.stdout + gate.stderr),
        stack.preview().succeeded().shows("~ database.password: [secret] => [secret]", "11 to update"),
        stack.preview_json().succeeded(),
        stack.up("--diff").succeeded(),
    ]
    assert in_clear(stack) == []
    for source in emulator.sources():
        if source["connector"] == "postgresql":
            emulator.change_source(source["id"], config={"database.password": "drifted-canary"})
    runs += [stack.refresh().succeeded().shows("11 updated"), stack.pulumi("stack", "export").succeeded()]
    assert in_clear(stack) == []
    runs += [stack.up("--diff").succeeded().shows("11 updated"), stack.up("--expect-no-changes").succeeded()]
    assert in_clear(stack) == []
    for run in runs:
        run.hides(CANARY, MOVED, "drifted-canary")


OVER = """
def over(args):
    config = {{**args.props["config"], "{key}": "canary-of-the-database"}}
    return pulumi.ResourceTransformResult(props={{**args.props, "config": config}}, opts=args.opts)
"""
TRANSFORMED = changed(ORDERS, "    },\n)", "    },\n    opts=pulumi.ResourceOptions(transforms=[over]),\n)")


@pytest.mark.long
def test_a_state_that_holds_a_secret_in_clear_is_encrypted_without_showing_it(stack: Stack) -> None:
    """As earlier versions left it: by a refresh; by an `up` the inputs, and the outputs by any update after it."""
    stack.program(OVER.format(key="database.password") + TRANSFORMED).up().succeeded()
    exported = json.loads(stack.pulumi("stack", "export", "--show-secrets").succeeded().text)
    for resource in exported["deployment"]["resources"]:
        resource |= {part: plain(resource[part]) for part in ("inputs", "outputs") if part in resource}
    (stack.folder / "old.json").write_text(json.dumps(exported), encoding="utf-8")
    old = ("stack", "import", "--file", "old.json")
    stack.pulumi(*old).succeeded()
    assert in_clear(stack) == ["orders: inputs.config.database.password", "orders: outputs.config.database.password"]
    warning = "the stack's state holds config.database.password in clear"
    runs = [stack.refresh("--expect-no-changes").succeeded()]
    assert in_clear(stack) == []
    stack.pulumi(*old).succeeded()
    runs += [
        stack.preview("--expect-no-changes").succeeded().shows(warning, "Run `pulumi refresh`"),
        stack.up("--diff", "--expect-no-changes").succeeded().shows(warning),
    ]
    assert in_clear(stack) == ["orders: outputs.config.database.password"]
    program = changed((stack.folder / "__main__.py").read_text(encoding="utf-8"), '"shop"', '"store"')
    (stack.folder / "__main__.py").write_text(program, encoding="utf-8")
    runs += [stack.preview().succeeded().shows('"shop" => "store"'), stack.up("--diff").succeeded().shows("1 updated")]
    assert in_clear(stack) == []
    stack.up("--expect-no-changes").succeeded().hides("in clear")
    for run in runs:
        run.hides("canary")


@pytest.mark.long
def test_an_alias_of_a_secret_that_a_transform_spells_is_refused_without_its_value(stack: Stack) -> None:
    """In the preview and in `up`; and nothing of it is recorded."""
    stack.program(OVER.format(key="database.password.user.defined") + TRANSFORMED)
    for run in (stack.preview(), stack.pulumi("preview", "--json"), stack.up("--diff")):
        run.failed().shows("another spelling of 'database.password'").hides("canary")
    assert "canary" not in stack.state()
