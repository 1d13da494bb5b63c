"""`streamkap gate` on previews of every kind, each created by the real engine when the test runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.cli import main
from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.programs import MYSQL, ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import only
from tests.preview.rendered import Rendered

CANARY = "canary-of-the-database"

EVIL = "evil|`<b>@octocat</b> [a](javascript:x) <!-- --> </details>\\n| x | y |"

SHOP = """
def postgresql(name, opts=None, **changes):
    config = {
        "database.hostname.user.defined": "db.example.com",
        "database.dbname": "shop",
        "database.user": "streamkap",
        "database.password": "canary-of-the-database",
        "schema.include.list": ["public"],
        "table.include.list.user.defined": ["public.orders", "public.customers"],
    }
    return streamkap.Source(name, connector="postgresql", config={**config, **changes}, opts=opts)

class Provider(pulumi.dynamic.ResourceProvider):
    def create(self, properties):
        return pulumi.dynamic.CreateResult("made", {**properties, "made": "known"})

class Thing(pulumi.dynamic.Resource):
    made: pulumi.Output[str]

    def __init__(self, name):
        super().__init__(Provider(), name, {"value": name, "made": None})
"""

BEFORE = f"""{SHOP}
postgresql("plain")
postgresql("rotated")
postgresql("kept", opts=pulumi.ResourceOptions(retain_on_delete=True))
postgresql("renamed", **{{"database.dbname": "renamed"}})
postgresql("{EVIL}")
replaced = postgresql("replaced")
pulumi.export("id", replaced.id)
Thing("thing")
"""

AFTER = f"""{SHOP}
postgresql("plain", **{{
    "database.hostname.user.defined": "db2.example.com",
    "database.port.user.defined": 5433,
    "table.include.list.user.defined": ["public.orders", "public.payments"],
}})
postgresql("rotated", **{{"database.password": "rotated-canary"}})
postgresql("by_another_name", **{{"database.dbname": "renamed"}})
postgresql("{EVIL}", **{{"database.user": "{EVIL}"}})
postgresql("known_later", **{{"database.hostname.user.defined": Thing("new").made}})
{MYSQL.replace("orders", "replaced")}
pulumi.log.warn("a warning with @octocat")
"""


def gated(capsys: pytest.CaptureFixture[str], preview: Path, *arguments: str, code: int) -> str:
    """What the gate prints for a preview; it must end with `code`."""
    capsys.readouterr()
    assert main(["gate", str(preview), *arguments]) == code
    streams = capsys.readouterr()
    assert "canary" not in streams.out + streams.err
    return streams.out


def saved(stack: Stack, *arguments: str, command: str = "preview") -> Path:
    """The engine's JSON in a file, without a secret in it."""
    file = stack.folder / "preview.json"
    stack.shell(f"pulumi {command} --json --non-interactive {' '.join(arguments)} > preview.json")
    assert "canary" not in file.read_text(encoding="utf-8")
    return file


def operations(capsys: pytest.CaptureFixture[str], preview: Path, code: int) -> dict[str, dict[str, Any]]:
    """The changes of the gate's JSON, by name."""
    return {each["name"]: each for each in json.loads(gated(capsys, preview, "--json", code=code))["changes"]}


def cells(comment: str, name: str) -> str:
    """The row of a source; it has as many cells as its table's head."""
    (line,) = [line for line in comment.splitlines() if line.startswith(f"| <code>{name}")]
    head = next(before for before in reversed(comment[: comment.index(line)].splitlines()) if before.startswith("| Ob"))
    assert line.count("|") == head.count("|")
    return line


def test_a_comment_says_each_kind_of_change_and_what_loses_a_source_is_held_back(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Created, updated by which property, replaced and why, deleted, forgotten; secrets by name only."""
    stack.program(BEFORE).up().succeeded()
    stack.program(f'{AFTER}\nstreamkap.Source.get("elsewhere", "{emulator.sources()[0]["id"]}")\n')
    preview = saved(stack)
    told = operations(capsys, preview, code=4)
    assert {name: change["operation"] for name, change in told.items()} == {
        "plain": "update",
        "rotated": "update",
        "kept": "forget",
        "renamed": "delete",
        "by_another_name": "create",
        "known_later": "create",
        "replaced": "replace",
        EVIL.replace("\\n", "\n"): "update",
        "new": "create",
        "thing": "delete",
        "elsewhere": "read",
    }
    assert {name for name, change in told.items() if change["blocked"]} == {"renamed", "replaced"}
    assert told["rotated"]["properties"] == [{"path": 'config["database.password"]', "kind": "update", "secret": True}]

    comment = gated(capsys, preview, code=4)
    assert comment.startswith("<!-- streamkap-gate: infra/dev -->\n### ⛔ ")
    assert "1 source would be deleted and 1 replaced" in comment
    plain = cells(comment, "plain")
    assert "<code>db.example.com</code> → <code>db2.example.com</code>" in plain
    assert "not declared → <code>5433</code>" in plain
    assert "added <code>public.payments</code>; removed <code>public.customers</code>" in plain
    assert cells(comment, "rotated").endswith("<code>database.password</code>: secret, changed |")
    assert "**replace**" in cells(comment, "replaced")
    assert "<code>connector</code>: <code>postgresql</code> → <code>mysql</code>" in cells(comment, "replaced")
    assert "**delete**" in cells(comment, "renamed")
    assert "declares <code>by&#95;another&#95;name</code> with the same configuration" in cells(comment, "renamed")
    assert "nothing is deleted from Streamkap" in cells(comment, "kept")
    assert "created as" in cells(comment, "known&#95;later")
    assert "only read" in cells(comment, "elsewhere")
    assert "replace replaced\ndelete renamed\n" in comment
    assert "```text\nwarning: a warning with @octocat\n```" in comment

    evil = cells(comment, "evil")
    assert not re.search(r"[`@\[\]]|<(?!/?code>|br>)", evil)
    assert "octocat" in evil
    rendered_whole(comment)


def rendered_whole(comment: str) -> None:
    """Each part of the comment is what it should be once Markdown has been rendered, hostile names included."""
    shown = Rendered(comment)
    assert shown.remarks == ["streamkap-gate: infra/dev"]
    assert shown.headings == [
        "⛔ Streamkap gate of infra/dev: 1 source would be deleted and 1 replaced",
        "Held back",
        "Create: 2 sources",
        "Update: 3 sources",
        "No longer managed: 1 source",
        "Only read: 1 source",
    ]
    assert shown.summaries == ["Other resources, which are not held back: 2 would change", "1 warning"]
    assert [len(table) - 1 for table in shown.tables] == [2, 2, 3, 1, 1, 2]
    assert all(len(row) == len(table[0]) for table in shown.tables for row in table)
    evil = EVIL.replace("\\n", "⏎")
    assert shown.rows[evil] == [evil, "source postgresql", f"database.user: streamkap → {evil}"]
    assert shown.rows["elsewhere"][1] == "source"
    assert shown.rows["renamed"][3].startswith("The program no longer declares it, but declares by_another_name with")
    assert shown.blocks == ["replace replaced\ndelete renamed\n", "warning: a warning with @octocat\n"]


TEAM = changed(ORDERS, "streamkap.Source(", "Team(")


@pytest.mark.long
def test_a_subclass_is_a_source_and_its_deletion_is_held_back(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that 0.1.0 recorded as any dynamic resource is still the same source, and was held back as well."""
    former = 'class Team(streamkap.Source):\n    pass\n\nTeam._resource_type_name = "dynamic:Resource"\n'
    stack.program(former + TEAM).up().succeeded()
    assert '"pulumi-python:dynamic:Resource"' in stack.state()
    made = only(emulator)["id"]
    assert "1 source would be deleted" in gated(capsys, saved(stack.program("pass")), code=4)

    now = "class Base(streamkap.Source):\n    pass\n\nclass Team(Base):\n    pass\n"
    assert operations(capsys, saved(stack.program(now + TEAM)), code=0) == {}
    told = operations(capsys, saved(stack.program(now + changed(TEAM, "5432", "5433"))), code=0)
    assert {name: change["operation"] for name, change in told.items()} == {"orders": "update"}
    stack.up().succeeded()
    stack.rests()
    assert '"pulumi-python:dynamic:Resource"' not in stack.state()
    assert (stack.sources()["orders"]["id"], only(emulator)["id"]) == (made, made)
    assert "1 source would be deleted" in gated(capsys, saved(stack.program("pass")), code=4)


@pytest.mark.long
def test_a_refresh_that_runs_the_program_is_not_judged(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither for drift nor as a preview: what it has found stands in place of the read. Another source rests."""
    stack.program(ORDERS + changed(ORDERS[: ORDERS.index("pulumi.export")], '"orders",', '"other",')).up().succeeded()
    orders = stack.sources()["orders"]["id"]
    for change in ({"config": {"database.user": "somebody"}}, {"deleted": True}):
        emulator.change_source(orders, **change)
        preview = saved(stack, "--preview-only", "--run-program", command="refresh")
        for kind in ([], ["--drift"]):
            assert "--run-program" in gated(capsys, preview, *kind, code=5)


@pytest.mark.long
def test_what_is_allowed_by_name_passes(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """On the command line or in a file, also by wildcard and URN; a deletion is not a replacement."""
    stack.program(ORDERS).up().succeeded()
    urn = stack.sources()["orders"]["urn"]
    assert "nothing would be deleted or replaced" in gated(capsys, saved(stack), code=0)
    gone = saved(stack.program("pass"))
    for allowed in (["--allow-delete", "orders"], ["--allow-delete", "ord*"], ["--allow-delete", urn]):
        comment = gated(capsys, gone, *allowed, code=0)
        assert "### ⚠️ Streamkap gate of <code>infra/dev</code>: 1 source would be deleted, as allowed" in comment
    gated(capsys, gone, "--allow-replace", "orders", code=4)
    gated(capsys, gone, "--allow-delete", "order", "--allow-delete", "ORDERS", code=4)

    replaced = saved(stack.program(ORDERS), "--replace", urn)
    assert "Requested: <code>--replace</code>" in cells(gated(capsys, replaced, code=4), "orders")
    allow = tmp_path / "allow.txt"
    allow.write_text("# Agreed with the shop's team.\n\nreplace  orders  # moves\ndelete customers\n", encoding="utf-8")
    comment = gated(capsys, replaced, "--allow-file", str(allow), code=0)
    assert "Allowed, but not needed here: <code>delete customers</code>." in comment
    gated(capsys, replaced, "--allow-delete", "orders", code=4)


@pytest.mark.long
def test_what_changes_nothing_or_only_reads_passes(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unchanged; read by `Source.get` and no longer; an update that only checks again after a wait that failed."""
    stack.program(ORDERS).up().succeeded()
    assert "✅" in gated(capsys, saved(stack), code=0)
    assert operations(capsys, stack.folder / "preview.json", code=0) == {}

    got = f'orders = streamkap.Source.get("orders", "{only(emulator)["id"]}")'
    comment = gated(capsys, saved(stack.program(got)), code=0)
    assert "no longer managed by this stack; nothing is deleted" in cells(comment, "orders")
    stack.program(got.replace('get("orders"', 'get("other"') + ORDERS)
    assert "only read" in cells(gated(capsys, saved(stack), code=0), "other")

    emulator.faults(end_status="Broken")
    stack.program(changed(changed(ORDERS, 'connector="', 'timeouts={"update": "1s"}, connector="'), "5432", "5433"))
    stack.up().failed()
    assert "checks an object again" in cells(gated(capsys, saved(stack), code=0), "orders")


@pytest.mark.long
def test_a_read_another_source_deletes_the_managed_one(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """So it is held back as the deletion that it is, which an `up` shows; one that is to be retained is let go."""
    one = ORDERS[: ORDERS.index("pulumi.export")]
    other = changed(one, '"orders",', '"other",')
    kept = changed(one, '"orders",', '"kept", opts=pulumi.ResourceOptions(retain_on_delete=True),')
    stack.program(one + other + kept).up().succeeded()
    ids = {name: source["id"] for name, source in stack.sources().items()}
    looks = "".join(f'streamkap.Source.get("{name}", "{ids["other"]}")\n' for name in ("orders", "kept"))
    comment = gated(capsys, saved(stack.program(looks + other)), code=4)
    assert "1 source would be deleted" in comment
    rows = Rendered(comment).rows
    assert rows["orders"][1:] == [
        "source postgresql",
        f"delete: the source {ids['orders']} is deleted from Streamkap",
        f"Under this name the program only reads {ids['other']}",
    ]
    assert rows["kept"][2].endswith(f"nothing is deleted from Streamkap {ids['kept']}")
    gated(capsys, stack.folder / "preview.json", "--allow-delete", "orders", code=0)
    stack.up().succeeded()
    assert {source["id"] for source in emulator.sources() if not source["deleted"]} == {ids["other"], ids["kept"]}


@pytest.mark.long
def test_a_protected_source_and_an_import_fail_the_preview(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine refuses both; so nothing passes, whatever is allowed by name, and the comment says why."""
    protected = changed(ORDERS, "connector=", "opts=pulumi.ResourceOptions(protect=True), connector=")
    stack.program(protected).up().succeeded()
    mysql = changed(MYSQL, "connector=", "opts=pulumi.ResourceOptions(protect=True), connector=")
    for program, told in (("pass", "because it is protected"), (mysql, "currently marked for protection")):
        allowed = ["--allow-delete", "*", "--allow-replace", "*"]
        shown = Rendered(gated(capsys, saved(stack.program(program)), *allowed, code=5))
        assert shown.headings == ["❌ Streamkap gate of infra/dev: the preview failed"]
        assert any(told in block and "::orders" in block for block in shown.blocks)
    imported = changed(protected, "protect=True", f'import_="{only(emulator)["id"]}"').replace('"orders",', '"mine",')
    shown = Rendered(gated(capsys, saved(stack.program(protected + imported)), code=5))
    assert any(f"run `streamkap adopt mine {only(emulator)['id']}`" in block for block in shown.blocks)


def test_a_preview_that_failed_never_passes(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad property, a program that raises, an engine that never began; each is reported."""
    for program, told in (
        (changed(ORDERS, "database.dbname", "database.dbnam"), "did you mean &#39;database.dbname&#39;"),
        ("raise RuntimeError('no canaries here @octocat')", "RuntimeError: no canaries here"),
        ("import streamkap_pulumi as s\ns.MySQLConfig(database_pasword='x')", "did you mean 'database_password'"),
    ):
        comment = gated(capsys, saved(stack.program(program)), code=5)
        assert "program exited with non-zero exit code" not in comment
        assert "### ❌" in comment
        assert "nothing passes" in comment
        assert told.replace("&#39;", "'") in comment
    run = stack.shell("(pulumi preview --json --stack nowhere || true) | streamkap gate --output note.md")
    assert (run.returncode, "It is empty" in run.stdout) == (5, True)
    assert "It is empty" in (stack.folder / "note.md").read_text(encoding="utf-8")


def test_a_preview_that_was_cut_off_never_passes(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever it was cut, and with an error or another preview around it. Other text around a whole one is skipped."""
    preview = saved(stack.program(ORDERS))
    whole = preview.read_text(encoding="utf-8").strip()
    gated(capsys, preview, code=0)
    preview.write_text(f"warning: something\n{whole}\nsomething else", encoding="utf-8")
    gated(capsys, preview, code=0)
    for end in (*range(0, len(whole), 97), len(whole) - 1):
        preview.write_text(whole[:end], encoding="utf-8")
        gated(capsys, preview, code=5)
    for damaged in (
        f"error: something\n{whole}",
        f"{whole}\n{whole}",
        f"[{whole}]",
        whole.replace('"create"', '"new"'),
    ):
        preview.write_text(damaged, encoding="utf-8")
        gated(capsys, preview, code=5)


def test_the_gate_needs_neither_credentials_nor_a_network(make_stack: MakeStack, emulator: Emulator) -> None:
    """In one pipeline with a preview, as the workflows have it."""
    stack = make_stack(host="http://127.0.0.1:9", credentials=False).program(ORDERS)
    run = stack.shell("pulumi preview --json | streamkap gate")
    assert (run.returncode, "created as" in run.stdout) == (0, True)
    assert emulator.requests() == []


def drifts(stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str], command: str, way: str) -> None:
    """Look at a source whose status, undeclared and declared properties change behind the stack's back."""
    stack.program(ORDERS).up().succeeded()
    source = only(emulator)["id"]

    def look(code: int) -> str:
        return gated(capsys, saved(stack, way, command=command), "--drift", code=code)

    emulator.change_source(source, connector_status="Broken", freeze=True, config={"binary.handling.mode": "hex"})
    assert "✅" in look(code=0)
    emulator.change_source(source, config={"database.user": "somebody", "database.password": "drifted-canary"})
    comment = look(code=6)
    assert comment.startswith("<!-- streamkap-drift: infra/dev -->\n### ⚠️ ")
    row = cells(comment, "orders")
    assert "<code>database.user</code>: <code>streamkap</code> → <code>somebody</code>" in row
    assert "<code>database.password</code>: secret, changed" in row
    emulator.change_source(source, deleted=True)
    assert "**gone**" in cells(look(code=6), "orders")


@pytest.mark.long
def test_drift_of_what_is_declared_is_reported_and_observed_status_is_not(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a refresh that runs no program; a source that is gone has drifted, too."""
    drifts(stack, emulator, capsys, "refresh", "--preview-only")


@pytest.mark.long
def test_a_preview_with_a_refresh_reports_the_same_drift(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a change of the program is none."""
    drifts(stack, emulator, capsys, "preview", "--refresh")
    stack.up("--refresh").succeeded()
    stack.program(changed(ORDERS, "db.example.com", "db2.example.com"))
    assert "✅" in gated(capsys, saved(stack, "--refresh"), "--drift", code=0)


@pytest.mark.long
def test_a_connector_that_is_not_known_yet_is_held_back(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be another one; values that are known later are named so, and a configuration that is one secret."""
    stack.program(SHOP + ORDERS).up().succeeded()
    later = changed(ORDERS, '"postgresql"', 'Thing("new").made')
    row = cells(gated(capsys, saved(stack.program(SHOP + later)), code=4), "orders")
    assert "<code>connector</code>: <code>postgresql</code> → known after <code>pulumi up</code>" in row
    later = changed(ORDERS, '"db.example.com"', 'Thing("new").made')
    row = cells(gated(capsys, saved(stack.program(SHOP + later)), code=0), "orders")
    assert "<code>db.example.com</code> → known after <code>pulumi up</code>" in row
    later = changed(ORDERS, "config={", "config=pulumi.Output.secret({").replace("    },\n)", "    }),\n)")
    later = changed(later, "db.example.com", "db2.example.com")
    row = cells(gated(capsys, saved(stack.program(SHOP + later)), code=0), "orders")
    assert "<code>config</code>: secret, changed" in row
    assert "example.com" not in row


@pytest.mark.long
def test_a_preview_is_distinguished_from_a_refresh(
    stack: Stack, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither passes for the other; a refresh that Streamkap refuses is a failure."""
    stack.program(ORDERS).up().succeeded()
    assert "did not read from Streamkap" in gated(capsys, saved(stack), "--drift", code=5)
    refreshed = saved(stack, "--preview-only", command="refresh")
    assert "which runs no program" in gated(capsys, refreshed, code=5)
    stack.environment["STREAMKAP_SECRET"] = "wrong"
    refused = gated(capsys, saved(stack, "--preview-only", command="refresh"), "--drift", code=5)
    assert "check streamkap:clientId and streamkap:secret" in refused
