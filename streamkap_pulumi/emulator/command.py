"""The command line: ``python -m streamkap_pulumi.emulator``."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamkap_pulumi.emulator.app import open_service, service_app
from streamkap_pulumi.emulator.auth import BUILT_IN
from streamkap_pulumi.emulator.faults import Rule, parse_option
from streamkap_pulumi.emulator.server import Server, listen
from streamkap_pulumi.emulator.store import StateError
from streamkap_pulumi.emulator.switches import reference_text
from streamkap_pulumi.streams import write

_LAST_PORT = 65_535
_EPILOG = """\
Examples:
  {program} --port 8080 --state emulator.db
  {program} --fault status_delay=0 --fault 'gateway_after_commit=502;times=2;method=POST'

Credentials: client id demo-client, secret demo-secret. Set STREAMKAP_HOST,
such as http://127.0.0.1:8080, to point a client at it. While it runs, GET /_emulator/faults
shows the faults, and PUT sets them.

Exit codes:
  0  ended by SIGTERM or SIGINT
  1  it cannot start (the port, the state file)
  2  wrong usage"""


def main(arguments: list[str] | None = None, program: str = "python -m streamkap_pulumi.emulator") -> int:
    """Run the emulator until a signal ends it; returns 0 then, 1 when it cannot start, 2 for wrong arguments."""
    options = _parser(program).parse_args(arguments)
    if options.list_faults:
        return _show(reference_text() + "\n")
    try:
        rules = _rules(options.fault)
    except ValueError as error:
        return _fail(str(error), 2)
    # Before the state is opened, so that a failed start changes nothing.
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        return _fail(
            f"Cannot listen on {options.host} port {options.port}: {error.strerror}. Choose another --port.", 1
        )
    try:
        service = open_service(options.state)
    except StateError as error:
        listener.close()
        return _fail(str(error), 1)
    service.faults.replace(rules)
    if options.client_id or options.secret:
        identity = replace(
            BUILT_IN[0],
            client_id=options.client_id or BUILT_IN[0].client_id,
            secret=options.secret or BUILT_IN[0].secret,
        )
        service.authentication.add(identity)
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"http://{host}:{listener.getsockname()[1]}"

    def ready() -> None:
        write(sys.stdout, f"Streamkap emulator on {url} (state: {options.state or 'in memory'})\n")

    try:
        Server(service_app(service), ready).run(sockets=[listener])
    finally:
        service.store.close()
    return 0


class _Parser(argparse.ArgumentParser):
    """Writes help and errors to whatever stream there is."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            if code := _show(message):
                raise SystemExit(code)
        else:
            write(sys.stderr, message)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=program,
        description="A local Streamkap API for sources, destinations and tags, with state, and with faults on demand.",
        epilog=_EPILOG.format(program=program),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--port", type=_port, default=8080, help="the port to listen on; 0 takes any free port (default: 8080)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="the SQLite file that keeps the state (default: in memory)"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a fault, such as status_delay=0 or 'gateway_after_commit=502;times=2;method=POST;path=/sources'; "
        "may be given several times",
    )
    parser.add_argument("--client-id", metavar="ID", help="a credential of your own, in the tenant of demo-client")
    parser.add_argument("--secret", help="its secret")
    parser.add_argument("--list-faults", action="store_true", help="list all faults and exit")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= port <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a whole number from 0 to {_LAST_PORT}")
    return port


def _rules(options: list[str]) -> dict[str, list[Rule]]:
    rules: dict[str, list[Rule]] = {}
    for option in options:
        switch, parsed = parse_option(option)
        rules.setdefault(switch.name, []).extend(parsed)
    return rules


def _show(text: str) -> int:
    """Write to standard output; a reader that has closed it, such as ``head``, has read enough."""
    error = write(sys.stdout, text)
    if error and not isinstance(error, BrokenPipeError):
        return _fail(f"Standard output cannot be written to: {error.strerror}.", 1)
    return 0


def _fail(text: str, status: int) -> int:
    write(sys.stderr, f"{text}\n")
    return status
