"""Keeps one stack per tenant: `python service.py up`, or `destroy`, of all tenants or of those named.

Exit codes: 0 when every tenant is done, 1 when some failed, 130 when it was told to end.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from pulumi import automation
from tenants import Tenant, read_tenants

from engine import CancelledError, Engine

PROJECT = automation.ProjectSettings(name="tenants", runtime="python")
MARKS = {"create": "+", "update": "~", "replace": "+-", "delete": "-"}


def main() -> int:
    """Work on all tenants, a few at a time; a failure is told and stops nobody else."""
    options = arguments()
    engine = Engine()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: engine.cancel())
    tenants = [tenant for tenant in read_tenants(options.file) if tenant.name in options.only or not options.only]
    failed = []
    with ThreadPoolExecutor(options.parallel) as workers:
        running = {workers.submit(work, options.command, tenant, engine): tenant.name for tenant in tenants}
        for done, future in enumerate(as_completed(running), 1):
            name, error = running[future], future.exception()
            if error:
                failed.append(name)
            tell(name, f"{told(error, engine)} ({done} of {len(tenants)})")
    if failed:
        print(f"Not done: {', '.join(sorted(failed))}. Run the same command again.", flush=True)
    return 130 if engine.cancelled else int(bool(failed))


def arguments() -> argparse.Namespace:
    """What to do, and to whom."""
    parser = argparse.ArgumentParser(description="Keep one stack per tenant.")
    parser.add_argument("command", choices=["up", "destroy"])
    parser.add_argument("only", nargs="*", metavar="TENANT", help="only these; else all")
    parser.add_argument("--parallel", type=int, default=4, help="how many at a time (default 4)")
    parser.add_argument("--file", type=Path, default=Path(__file__).parent / "tenants.yaml")
    return parser.parse_args()


def work(command: str, tenant: Tenant, engine: Engine) -> None:
    """Bring one tenant's stack up, or take it down."""
    password = os.environ["TENANTS_DB_PASSWORD"]  # A service asks its vault, once for each tenant.
    stack = automation.create_or_select_stack(
        stack_name=tenant.name,
        project_name=PROJECT.name,
        program=lambda: tenant.program(password),
        opts=automation.LocalWorkspaceOptions(project_settings=PROJECT, pulumi_command=engine),
    )
    errors: list[str] = []
    try:
        if command == "up":
            stack.up(on_event=progress(tenant, errors))
        else:
            stack.destroy(on_event=progress(tenant, errors))
            stack.workspace.remove_stack(tenant.name)
    except automation.CommandError as error:
        raise RuntimeError("\n".join(errors) or str(error)) from None


def progress(tenant: Tenant, errors: list[str]) -> Callable[[automation.EngineEvent], None]:
    """Tells what happens to a tenant's resources, and keeps the errors."""

    def on_event(event: automation.EngineEvent) -> None:
        if event.res_outputs_event:
            step = event.res_outputs_event.metadata
            mark = MARKS.get(step.op)
            if mark and not step.type.startswith("pulumi:"):
                tell(tenant.name, f"{mark} {step.urn.rpartition('::')[2]}")
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    return on_event


def told(error: BaseException | None, engine: Engine) -> str:
    """How it ended, in words."""
    if error is None:
        return "done"
    if isinstance(error, CancelledError) or engine.cancelled:
        return "cancelled"
    return f"failed: {error}"


def tell(name: str, text: str) -> None:
    """A line of progress, at once and whole."""
    print(f"[{name}] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
