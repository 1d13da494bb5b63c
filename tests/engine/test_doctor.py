"""`streamkap doctor` beside the real engine, with a stack of its own and a Streamkap to ask."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds import KINDS
from tests.engine.conftest import MakeStack
from tests.engine.stack import Stack


def statuses(stack: Stack, *arguments: str, code: int, **environment: str) -> dict[str, dict[str, str]]:
    """The reads by name; the command must end with `code` and show no secret."""
    run = stack.shell(f"streamkap doctor --json {' '.join(arguments)}", **environment)
    assert run.returncode == code, run.stdout + run.stderr
    assert run.stderr == ""
    assert "canary" not in run.stdout
    told = json.loads(run.stdout)
    assert told["healthy"] is (code == 0)
    for look in told["checks"]:
        assert (look["remedy"] is None) is (look["status"] == "ok"), look
    return {look["name"]: look for look in told["checks"]}


def test_a_machine_that_has_everything_passes(make_stack: MakeStack, emulator: Emulator) -> None:
    """The credentials come from the stack's configuration; one token, one read of each kind, no write."""
    stack = make_stack(credentials=False)
    stack.configure("streamkap:clientId", emulator.client_id).configure(
        "streamkap:secret", emulator.secret, secret=True
    )
    emulator.forget_requests()
    run = stack.shell("streamkap doctor")
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert emulator.secret not in run.stdout
    assert "0 failed, 0 warnings" in run.stdout
    for told in ("pulumi 3.", "tenant tenant-demo, project service-demo", "streamkap:clientId, streamkap:secret"):
        assert told in run.stdout
    asked = [(request["method"], request["path"]) for request in emulator.requests()]
    kinds = [("GET", f"/{kind.plural}") for kind in KINDS]
    assert asked == [("POST", "/auth/access-token"), ("GET", "/auth/whoami"), *kinds]


def test_what_is_wrong_is_reported_with_its_remedy(stack: Stack, emulator: Emulator) -> None:
    """A stack that cannot be read, a refused secret, a host that nobody serves or that has no https."""
    found = statuses(stack, code=7, STREAMKAP_SECRET="canary", PULUMI_CONFIG_PASSPHRASE="canary")
    assert found["token"]["status"] == "fail"
    assert "check streamkap:clientId and streamkap:secret" in found["token"]["remedy"]
    found = statuses(stack, code=7, STREAMKAP_HOST="http://127.0.0.1:9", STREAMKAP_MAX_RETRIES="0")
    assert "can be reached from here (streamkap:host" in found["token"]["remedy"]
    found = statuses(stack, code=7, STREAMKAP_HOST="http://streamkap.example.com")
    assert "without https" in found["settings"]["told"]
    stack.configure("streamkap:secret", emulator.secret, secret=True)
    found = statuses(stack, "--offline", code=0, PULUMI_CONFIG_PASSPHRASE="canary")
    assert (found["stack"]["status"], "passphrase" in found["stack"]["told"]) == ("warn", True)


def test_a_stack_that_is_named_and_cannot_be_read_is_a_failure(stack: Stack, emulator: Emulator) -> None:
    """What is read without it is of something else; one that can be read is reported by its name."""
    stack.configure("streamkap:secret", emulator.secret, secret=True)
    found = statuses(stack, "--offline --stack dev", code=7, PULUMI_CONFIG_PASSPHRASE="canary")
    assert (found["stack"]["status"], "passphrase" in found["stack"]["told"]) == ("fail", True)
    assert "PULUMI_CONFIG_PASSPHRASE" in found["stack"]["remedy"]
    found = statuses(stack, "--offline --stack nope", code=7)
    assert "the configuration of nope cannot be read: no stack named 'nope'" in found["stack"]["told"]
    assert "`pulumi stack ls`" in found["stack"]["remedy"]
    found = statuses(stack, "--stack dev", code=0)
    assert found["stack"]["told"].startswith("dev, of the project in ")


def test_offline_nothing_is_asked_and_no_credentials_are_needed(make_stack: MakeStack, emulator: Emulator) -> None:
    """As a preview needs none."""
    stack = make_stack(credentials=False)
    found = statuses(stack, "--offline", code=0)
    assert found["credentials"]["status"] == "warn"
    assert "token" not in found
    assert emulator.requests() == []
    assert statuses(stack, code=7)["credentials"]["status"] == "fail"


def test_without_an_engine_the_rest_is_still_reported(make_stack: MakeStack, tmp_path: Path) -> None:
    """And where to get one; a pulumi without its language host is not use either."""
    stack = make_stack()
    python = stack.environment_of_commands()["PATH"].split(os.pathsep)[0]
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "bash").symlink_to(shutil.which("bash") or "/bin/bash")
    found = statuses(stack, "--offline", code=7, PATH=os.pathsep.join([python, str(tools)]))
    assert (found["engine"]["status"], "docs/install" in found["engine"]["remedy"]) == ("fail", True)
    assert "language host" not in found
    assert found["stack"]["status"] == "warn"
    alone = tmp_path / "bin" / "pulumi"
    alone.parent.mkdir()
    alone.write_text("#!/bin/sh\necho v3.259.0\n", encoding="utf-8")
    alone.chmod(0o755)
    found = statuses(stack, "--offline", code=7, PATH=os.pathsep.join([str(alone.parent), python, str(tools)]))
    assert "no pulumi-language-python and no" in found["language host"]["told"]


def test_the_network_s_variables_are_reported_by_name(make_stack: MakeStack) -> None:
    """Never by value: a proxy's address may hold a password."""
    stack = make_stack(host="https://api.streamkap.com")
    found = statuses(stack, "--offline", code=7, HTTPS_PROXY="http://me:canary@proxy:3128", SSL_CERT_FILE="/nowhere")
    assert found["proxy"]["told"] == "the one in HTTPS_PROXY"
    assert "SSL_CERT_FILE" in found["certificates"]["remedy"]
