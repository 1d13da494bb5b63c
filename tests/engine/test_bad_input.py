"""Bad input is refused in the preview, readable, all of it at once; bad settings are one error with the next step."""

from __future__ import annotations

import json
import socket
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import MakeStack
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Stack

CANARY = "canary-of-the-database"


def test_all_faults_of_a_source_are_refused_in_one_preview(stack: Stack, emulator: Emulator) -> None:
    """In the user's own spelling, without a traceback, and without a request."""
    faulty = changed(
        ORDERS,
        'connector="postgresql",',
        'conector="postgresql", name="", desired_state="Running", timeouts={"create": "soon"}, tags={"a"},',
    )
    stack.program(
        changed(faulty, '"database.user": "streamkap"', '"database.user": object()')
    ).preview().failed().shows(
        "conector: a Source has no such input; did you mean 'connector'?",
        "connector: it is missing",
        "name: it is an empty string",
        "desired_state: 'Running' is not one of Active, Paused, Stopped, Pending",
        "timeouts.create: 'soon' cannot be used",
        "tags: it is a set",
        "config.database.user: it is an object",
    ).hides(CANARY)
    assert emulator.requests() == []


def test_a_config_that_is_no_mapping_is_refused(stack: Stack) -> None:
    """Whatever it is instead; its value is not shown."""
    for value, said in (
        (repr(CANARY), "a string; it must be a typed config or a mapping"),
        ("object()", "an object; it must be a typed config or a mapping"),
    ):
        program = f'streamkap.Source("orders", connector="postgresql", config={value})'
        stack.program(program).preview().failed().shows(f"config: it is {said}").hides(CANARY)


@pytest.mark.long
def test_what_cannot_be_handed_to_the_engine_is_one_fault(stack: Stack) -> None:
    """It is not missing besides, nor is what rests on it doubted; an Output of it is known no better."""
    faulty = changed(ORDERS, '"canary-of-the-database"', '2**60, "ssh.enabled": object(), "ssh.host": "bastion"')
    faulty = changed(faulty, '"streamkap"', "pulumi.Output.from_input(2**60)")
    faulty = changed(faulty, '"shop"', "'sh\\udc80p'")
    run = stack.program(faulty).preview().failed()
    run.shows(
        "config.database.password: Pulumi would round it",
        "config.database.user: Pulumi would round it",
        "config.ssh.enabled: it is an object",
        "config.database.dbname: it is not Unicode",
    ).hides("missing", "no effect", str(2**60), "Traceback")


@pytest.mark.long
def test_two_spellings_of_one_key_are_refused(stack: Stack) -> None:
    """Which of them should count?"""
    stack.program(changed(ORDERS, '"database.user"', '"database.user.user.defined": "x", "database.user"'))
    stack.preview().failed().shows("config.database.user.user.defined: it is another spelling of 'database.user'")


def test_a_host_that_is_no_url_is_refused_in_the_preview(make_stack: MakeStack) -> None:
    """With the setting's name and an example."""
    stack = make_stack(host="api.streamkap.com")
    stack.program(ORDERS).preview().failed().shows("streamkap:host is 'api.streamkap.com'", "https://")


def test_preview_needs_neither_network_nor_credentials(make_stack: MakeStack, emulator: Emulator) -> None:
    """And asks nothing, though the host is a port where nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        stack = make_stack(host=nobody, credentials=False)
        stack.program(ORDERS).preview().succeeded().shows("+ 2 to create")
    assert emulator.requests() == []


def test_missing_credentials_are_one_error_that_says_how_to_set_them(make_stack: MakeStack) -> None:
    """In the run that needs them, not in the preview."""
    # Whatever the password is, it eats none of our own words.
    stack = make_stack(credentials=False).program(changed(ORDERS, CANARY, "secret"))
    stack.up().failed().shows(
        "Streamkap credentials are missing: streamkap:clientId and streamkap:secret",
        "pulumi config set --secret streamkap:secret",
        "STREAMKAP_SECRET",
    )
    assert stack.sources() == {}


@pytest.mark.long
def test_the_stacks_configuration_comes_before_the_environment(make_stack: MakeStack, emulator: Emulator) -> None:
    """Host, client id and secret; the secret is encrypted in the state."""
    stack = make_stack(host="http://127.0.0.1:1")
    stack.environment |= {"STREAMKAP_CLIENT_ID": "nobody", "STREAMKAP_SECRET": "nothing"}
    stack.configure("streamkap:host", emulator.url)
    stack.configure("streamkap:clientId", emulator.client_id)
    stack.configure("streamkap:secret", emulator.secret, secret=True)
    stack.program(ORDERS).up().succeeded().hides(emulator.secret)
    assert emulator.secret not in stack.state()
    stack.rests_at_every_step()
    # The engine keeps what the last `up` had, until a run with the program.
    stack.configure("streamkap:secret", "wrong", secret=True)
    stack.refresh("--expect-no-changes").succeeded()
    stack.refresh("--run-program").failed().shows("POST /auth/access-token answered 401", "--run-program")


@pytest.mark.long
def test_a_refused_token_is_one_error_with_the_next_step(stack: Stack) -> None:
    """The secret is not shown."""
    stack.environment["STREAMKAP_SECRET"] = "wrong-canary"
    stack.program(ORDERS).up().failed().shows(
        "POST /auth/access-token answered 401", "does not accept the credentials: check streamkap:clientId"
    ).hides("wrong-canary", CANARY)


@pytest.mark.long
def test_a_role_that_may_not_is_one_error_with_the_next_step(stack: Stack) -> None:
    """403: the token is good, its role is not."""
    stack.environment |= {"STREAMKAP_CLIENT_ID": "reader-client", "STREAMKAP_SECRET": "reader-secret"}
    stack.program(ORDERS).up().failed().shows("POST /sources answered 403", "Data Admin").hides(CANARY)
    assert stack.sources() == {}


def test_an_unreachable_host_is_one_error_with_the_next_step(make_stack: MakeStack) -> None:
    """The text names the host."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        stack = make_stack(host=nobody).program(ORDERS)
        stack.environment["STREAMKAP_MAX_RETRIES"] = "0"
        stack.up().failed().shows(f"no connection to {nobody}", "Check that", "STREAMKAP_HOST").hides(CANARY)


def test_what_the_api_refuses_is_shown_in_its_own_words(stack: Stack, emulator: Emulator) -> None:
    """With the request id; nothing is recorded."""
    emulator.faults(unknown_keys="reject")
    program = changed(ORDERS, 'connector="postgresql",', "")
    program = changed(program, "config={", "config=streamkap.PostgreSQLConfig.from_properties({")
    program = changed(program, "    },\n)", "    }, extra_config={'brand.new': 1}),\n)")
    stack.program(program).up().failed().shows(
        "Creating the source", "POST /sources answered 400", "brand.new", "request id"
    ).hides(CANARY)
    assert stack.sources() == {}
    assert emulator.sources() == []


def test_a_failing_apply_beside_a_source_shows_what_failed(stack: Stack) -> None:
    """The hooks of a source must not take the program's own error with them."""
    failing = ORDERS + "pulumi.export('x', pulumi.Output.from_input(1).apply(lambda _: 1 / 0))"
    shown = stack.program(failing).preview()
    assert shown.code != 0
    shown.shows("ZeroDivisionError: division by zero")


def test_what_is_wrong_with_an_output_is_reported_without_its_value(stack: Stack) -> None:
    """It may be a secret in the wrong place; and what cannot be handed to the engine is not a traceback either."""
    program = """
        secret = pulumi.Output.secret("canary-of-the-program")
        broken = pulumi.Output.from_input(1).apply(lambda _: {1, 2})
        streamkap.Source("orders", desired_state=secret, config=streamkap.PostgreSQLConfig(
            database_hostname=broken, database_port=secret, database_dbname="shop", database_user="u",
            database_password="canary-of-the-database", schema_include_list=["public"], ssh_enabled=secret,
            table_include_list=["public.orders"]))
    """
    stack.program(program).preview().failed().shows(
        "config.database_hostname: it is a set",
        "config.database_port: it is not a whole number",
        "config.ssh_enabled: it is not a boolean",
        "desired_state: a string is not one of Active, Paused, Stopped, Pending",
    ).hides("canary")


def test_a_typed_config_that_is_exported_keeps_its_secrets(stack: Stack) -> None:
    """Whole, or by its properties."""
    program = """
        made = streamkap.WebhookConfig(format="json", extra_config={"new.token": "canary-of-the-token"})
        pulumi.export("whole", made)
        pulumi.export("properties", made.to_properties())
    """
    stack.program(program).up().succeeded().hides("canary")
    assert "canary" not in stack.state()


class Refusing(BaseHTTPRequestHandler):
    """An API that refuses every source with a list of complaints, as Streamkap's own framework writes it."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_login = self.path.startswith("/auth")
        complaints = [
            {"loc": ["body", "config", key], "msg": f"{key} is refused, as in {sent}", "type": "value_error"}
            for key in ("database.dbname", "table.include.list.user.defined")
        ]
        answer = {"accessToken": "token", "expiresIn": 3600} if is_login else {"detail": complaints}
        body = json.dumps(answer).encode()
        self.send_response(200 if is_login else 422)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def test_what_the_api_refuses_in_spite_of_our_checks_is_reported_in_the_users_spelling(make_stack: MakeStack) -> None:
    """Each property in a line, by the field of a typed config, by an alias, or by its key."""
    typed = """
        typed = streamkap.PostgreSQLConfig(
            database_hostname="h", database_dbname="shop", database_user=pulumi.Output.secret("canary-of-the-program"),
            database_password="canary-of-the-database", schema_include_list=["public"],
            table_include_list=["public.orders"])
        streamkap.Source("typed", config=typed)
    """
    aliased = changed(ORDERS, '"table.include.list.user.defined"', '"table.include.list"')
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        stack = make_stack(host=f"http://127.0.0.1:{server.server_port}")
        stack.program(textwrap.dedent(typed) + aliased).up().failed().shows(
            "POST /sources answered 422: 2 complaints",
            "config.database_dbname: database_dbname is refused",
            "config.table_include_list: table_include_list is refused",
            "config.database.dbname: database.dbname is refused",
            "config.table.include.list: table.include.list is refused",
        ).hides("canary")
    finally:
        server.shutdown()
        server.server_close()
