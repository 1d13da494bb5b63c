"""Whether the private parts of Pulumi's SDK that we touch are as we know them. All works without them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from streamkap_pulumi.doctor.checks import Check, ok, warn
from streamkap_pulumi.patches import hook_server, host

_REPORT = "All works without it. Update streamkap-pulumi, or tell us the version of pulumi."


def tuning() -> Iterator[Check]:
    """Look at each."""
    with ThreadPoolExecutor(1) as pool:
        grows = pool.submit(host.raise_workers, 2).result()
    yield _check("workers", grows, f"{host.WORKERS} calls at a time", "4 calls at a time, whatever --parallel says")
    readable = _host_formats_with_traceback()
    yield _check("readable errors", readable, "errors are shown without a traceback", "errors are shown as tracebacks")
    hears = _host_answers_cancel_as_known()
    yield _check(
        "Ctrl-C", hears, "ends what the provider waits for", "ends no wait of the provider: it goes on to its end"
    )
    hooks = hook_server.let_it_start()
    yield _check("hook server", hooks, "is let start before it is stopped", "may hide why a program failed")
    if hasattr(os, "pidfd_open") and Path("/proc/self/stat").exists():
        yield ok("end with engine", "the provider ends with a killed engine")
    else:
        yield warn(
            "end with engine",
            "the provider outlives a killed engine until it has nothing more to do",
            "It is so on other systems than Linux. After a kill -9, wait a minute before the next `pulumi up`.",
        )


def _check(name: str, as_known: bool, good: str, bad: str) -> Check:
    return ok(name, good) if as_known else warn(name, bad, _REPORT)


def _host_formats_with_traceback() -> bool:
    """The host's main module, read and not run, formats errors with its own name `traceback`."""
    tree = _main_of_host()
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    used = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return "traceback" in imported and "traceback.format_exc" in used


def _host_answers_cancel_as_known() -> bool:
    """Its method `Cancel` answers with the module that it knows as `empty_pb2`."""
    functions = (node for node in ast.walk(_main_of_host()) if isinstance(node, ast.FunctionDef))
    cancel = next((node for node in functions if node.name == "Cancel"), None)
    return cancel is not None and any(
        isinstance(node, ast.Name) and node.id == host.ANSWERS for node in ast.walk(cancel)
    )


def _main_of_host() -> ast.Module:
    spec = find_spec("pulumi.dynamic.__main__")
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return ast.parse(text)
