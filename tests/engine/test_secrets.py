"""Secrets: encrypted in state, absent from everything that is shown."""

from __future__ import annotations

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.keys import ASKED
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

CANARY = "canary-of-the-database"

EXPORTED = ORDERS + 'pulumi.export("config", orders.config)\n'


def test_a_secret_property_is_encrypted_in_state_and_shown_nowhere(stack: Stack, emulator: Emulator) -> None:
    """Though the program did not wrap it; every other property stays readable."""
    runs = [
        stack.program(EXPORTED).preview().succeeded(),
        stack.up().succeeded(),
        stack.refresh("--expect-no-changes").succeeded(),
        stack.preview().succeeded(),
        stack.pulumi("stack", "export").succeeded(),
        stack.pulumi("stack", "output").succeeded(),
    ]
    for run in runs:
        run.hides(CANARY, emulator.secret)
    runs[0].shows("database.password : [secret]", 'database.user : "streamkap"')
    assert CANARY not in stack.state()
    assert emulator.secret not in stack.state()
    assert "db.example.com" in stack.state()
    assert stack.outputs()["id"] == only(emulator)["id"]


def test_a_rotated_secret_is_named_in_the_preview_and_put_once(stack: Stack, emulator: Emulator) -> None:
    """By its key; neither the old nor the new value is shown, and nothing else is touched."""
    stack.program(ORDERS).up().succeeded()
    stack.rests()
    before = only(emulator)["config"]
    stack.program(changed(ORDERS, CANARY, "rotated-canary"))
    preview = stack.preview().succeeded().shows("~ database.password: [secret] => [secret]", "1 to update")
    steps = {step["urn"].rsplit("::", 1)[1]: step for step in stack.preview_json().json["steps"]}
    assert list(steps["orders"]["detailedDiff"]) == ['config["database.password"]']
    with traffic(emulator) as requests:
        up = stack.up().succeeded()
    assert methods(requests) == ["GET", "PUT", "GET"]
    for run in (preview, up):
        run.hides(CANARY, "rotated-canary")
    assert "rotated-canary" not in stack.state()
    stored = only(emulator)["config"]
    declared = {key: stored[key] for key in before}
    assert declared == before | {"database.password": "rotated-canary"}
    stack.rests()


@pytest.mark.long
def test_a_property_that_is_marked_as_secret_later_is_encrypted_without_a_request(
    stack: Stack, emulator: Emulator
) -> None:
    """By an update of its own, since the engine finds no difference. So is what its value becomes elsewhere."""
    plain, secret = '"canary-dbname"', 'pulumi.Output.secret("canary-dbname")'
    stack.program(changed(ORDERS, '"shop"', plain)).up().succeeded()
    assert "canary-dbname" in stack.state()
    stack.program(changed(ORDERS, '"shop"', secret))
    note = "config.database.dbname: marked as a secret now, and encrypted in the state by this update"
    # The engine's own diff says once more what stands in the state in clear until then.
    stack.preview().succeeded().shows("1 to update", note, '"canary-dbname" => [secret]')
    with traffic(emulator) as requests:
        stack.up().succeeded().shows("1 updated", note)
    assert methods(requests) == []
    assert "canary-dbname" not in stack.state()
    stack.rests()
    emulator.change_source(only(emulator)["id"], config={"database.dbname": "canary-moved"})
    asked = stack.sources()["orders"]["inputs"][ASKED]
    # Nor is a hidden input shown as one that is gone.
    stack.refresh().succeeded().shows("~ database.dbname").hides("canary-dbname", "canary-moved", ASKED)
    assert stack.sources()["orders"]["inputs"][ASKED] == asked
    assert "canary-moved" not in stack.state()
    stack.up().succeeded().hides("canary-dbname", "canary-moved")
    stack.program(changed(ORDERS, '"shop"', plain)).rests()


@pytest.mark.long
def test_a_secret_that_drifts_is_shown_by_name_only(stack: Stack, emulator: Emulator) -> None:
    """A refresh brings it into the state encrypted, and up puts it right."""
    stack.program(ORDERS).up().succeeded()
    emulator.change_source(only(emulator)["id"], config={"database.password": "drifted-canary"})
    for run in (stack.refresh().succeeded(), stack.preview().succeeded().shows("database.password")):
        run.hides(CANARY, "drifted-canary")
    assert "drifted-canary" not in stack.state()
    stack.up().succeeded().hides(CANARY, "drifted-canary")
    assert only(emulator)["config"]["database.password"] == CANARY
    stack.rests()


def test_a_secret_in_the_apis_own_text_is_cleared(stack: Stack, emulator: Emulator) -> None:
    """A task's trace quotes the password that it was given."""
    emulator.faults(end_status="Broken", task_trace_secret="on")
    stack.program(changed(ORDERS, 'connector="', 'timeouts={"create": "2s"}, connector="'))
    stack.up().failed().shows("[secret]").hides(CANARY)
    assert CANARY not in stack.state()


def test_a_config_that_is_one_output_is_secret_as_a_whole(stack: Stack, emulator: Emulator) -> None:
    """As soon as one part is; what it holds is checked and renamed all the same."""
    start, end = ORDERS.index("config={"), ORDERS.index("    },\n)")
    mapping = ORDERS[start + len("config=") : end] + "    }"
    eventual = f"{ORDERS[:start]}config=pulumi.Output.from_input(1).apply(lambda _: {mapping}),\n)" + ORDERS[end + 8 :]
    stack.program(changed(eventual, '"database.user"', '"database.user.user.defined"')).up().succeeded().hides(CANARY)
    assert CANARY not in stack.state()
    assert only(emulator)["config"]["database.user"] == "streamkap"
    stack.rests()


@pytest.mark.long
def test_a_webhooks_key_is_a_secret_output(stack: Stack, emulator: Emulator) -> None:
    """The server makes it; its address is plain."""
    stack.program(
        """
        hook = streamkap.Source("hook", connector="webhook", config={"format": "json"})
        pulumi.export("url", hook.webhook_url)
        pulumi.export("key", hook.api_key)
        """
    )
    shown = stack.up().succeeded()
    stack.rests()
    outputs = stack.outputs()
    assert outputs["url"].startswith("https://")
    assert outputs["key"] == "[secret]"
    key = stack.sources()["hook"]["outputs"]["api_key"]["plaintext"].strip('"')
    assert len(key) > 8
    shown.hides(key)
    assert key not in stack.state()
