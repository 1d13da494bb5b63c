"""Keeps one stack per tenant: `python service.py up`, or `destroy`, of all tenants or of those named.

Exit codes: 0 when every tenant is done, 1 when some failed, 2 when nothing was begun, 130 when it was asked to end.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory

from engine import CancelledError, Engine
from pulumi import automation
from tenants import Tenant, TenantsError, database_password, read_tenants

PROJECT = automation.ProjectSettings(name="tenants", runtime="python")
MARKS = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}


class WorkError(Exception):
    """A tenant's run failed; the text is what the engine complained of."""


def main() -> int:
    """Check first whether it can be done at all; then work on the tenants until all are done, or it is asked to end."""
    parser = arguments()
    options = parser.parse_args()
    try:
        tenants, password, engine = read_tenants(options.file, options.only), database_password(), Engine()
    except (TenantsError, automation.InvalidVersionError) as error:
        parser.error(str(error))
    except FileNotFoundError:
        parser.error("there is no `pulumi` on PATH: https://www.pulumi.com/docs/install/")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: engine.cancel())
    failed = work_on_all(options, tenants, password, engine)
    if failed:
        print(f"Not done: {', '.join(sorted(failed))}. Run the same command again.", flush=True)
    return 130 if engine.cancelled else int(bool(failed))


def work_on_all(options: argparse.Namespace, tenants: list[Tenant], password: str, engine: Engine) -> list[str]:
    """Work on many tenants at a time; a failure is reported, and stops nobody else. Returns the names of the failed."""
    failed = []
    with ThreadPoolExecutor(options.parallel) as workers:
        running = {workers.submit(work, options.command, tenant, password, engine): tenant.name for tenant in tenants}
        for done, future in enumerate(as_completed(running), 1):
            name, error = running[future], future.exception()
            if error:
                failed.append(name)
            tell(name, f"{reason(name, error, engine)} ({done} of {len(tenants)})")
    return failed


def arguments() -> argparse.ArgumentParser:
    """What to do, and to whom."""
    parser = argparse.ArgumentParser(description="Keep one stack per tenant.")
    parser.add_argument("command", choices=["up", "destroy"])
    parser.add_argument("only", nargs="*", metavar="TENANT", help="only these; else all")
    parser.add_argument("--parallel", type=positive, default=20, help="how many at a time (default 20)")
    parser.add_argument("--file", type=Path, default=Path(__file__).parent / "tenants.yaml")
    return parser


def positive(text: str) -> int:
    """A number from 1 on."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def work(command: str, tenant: Tenant, password: str, engine: Engine) -> None:
    """Bring one tenant's stack up, or take it down."""
    errors: list[str] = []
    try:
        with TemporaryDirectory() as folder:
            stack = automation.create_or_select_stack(
                stack_name=tenant.name,
                project_name=PROJECT.name,
                program=lambda: tenant.program(password),
                opts=automation.LocalWorkspaceOptions(work_dir=folder, project_settings=PROJECT, pulumi_command=engine),
            )
            if command == "up":
                stack.up(on_event=progress(tenant, errors))
            else:
                stack.destroy(on_event=progress(tenant, errors))
                stack.workspace.remove_stack(tenant.name)
    except automation.CommandError as error:
        raise WorkError("\n".join(errors) or str(error).partition("stderr:")[2].strip()) from None


def progress(tenant: Tenant, errors: list[str]) -> Callable[[automation.EngineEvent], None]:
    """Tells what happens to a tenant's resources, and keeps the errors."""

    def on_event(event: automation.EngineEvent) -> None:
        if event.res_outputs_event:
            step = event.res_outputs_event.metadata
            mark = MARKS.get(step.op)
            if mark and not step.type.startswith("pulumi:"):
                tell(tenant.name, f"{mark} {step.urn.rpartition('::')[2]}")
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            message = event.diagnostic_event.message.strip()
            if message != "update failed":
                errors.append(message)

    return on_event


def reason(name: str, error: BaseException | None, engine: Engine) -> str:
    """How it ended, in words."""
    if error is None:
        return "done"
    if engine.cut_off and not isinstance(error, CancelledError):
        return f"cut off; before it is run again: streamkap recover --cwd project --stack {name}"
    return "cancelled" if engine.cancelled else f"failed: {error}"


def tell(name: str, text: str) -> None:
    """A line of progress, at once and whole."""
    print(f"[{name}] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
