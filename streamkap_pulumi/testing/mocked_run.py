"""Runs one program under mocks, in a context of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import runpy
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import run_pulumi_func

from streamkap_pulumi.testing.projects import read_project, read_stack_configuration

_ORGANIZATION = "organization"
"""The organization of a file backend, so that default names are the same as with `streamkap_stack`."""

_END_SECONDS = 0.2

Program = Callable[[], object]


@dataclass(frozen=True)
class Recipe:
    """A program to run, and its stack."""

    program: Program
    project: str
    stack: str
    config: Mapping[str, str] = field(repr=False)
    secret_keys: list[str] = field(default_factory=list)


def recipe_of(
    program: Program | str | Path,
    project: str | None,
    stack: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, Any],
) -> Recipe:
    """What to run, from a test's arguments; raises `ProjectError` for a folder that is not a project."""
    plain: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    if callable(program):
        title = project or "infra"
    else:
        folder = Path(program).resolve()
        described = read_project(folder)
        title = project or str(described["name"])
        found = read_stack_configuration(folder, stack)
        plain, secret = _of_project(described, title) | found.plain, dict(found.secret)
        program = _program_of(folder, described)
    secret |= _full(title, secrets)
    plain = {key: value for key, value in (plain | _full(title, config)).items() if key not in secret}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (plain | secret).items()}
    return Recipe(program, title, stack, texts, list(secret))


def run_under(
    mocks: pulumi.runtime.Mocks, monitor: pulumi_mocks.MockMonitor, recipe: Recipe
) -> tuple[dict[str, Any], frozenset[str]]:
    """Run it to its end; returns its exports, and which of them are secret. It needs a thread of its own."""
    loops: list[asyncio.AbstractEventLoop] = []

    def with_loop() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    with_loop()
    loop = loops[0]
    # Pulumi's mocks create a loop in each of their threads, and close none.
    threads = ThreadPoolExecutor(initializer=with_loop)
    loop.set_default_executor(threads)
    # The run itself raises what went wrong, once; the futures that depend on it do not repeat it.
    loop.set_exception_handler(lambda *_: None)
    try:
        pulumi.runtime.set_mocks(
            mocks, project=recipe.project, stack=recipe.stack, monitor=monitor, organization=_ORGANIZATION
        )
        set_all_config(dict(recipe.config), recipe.secret_keys)
        # Pulumi keeps these for the whole process: what a failed run left belongs to a closed loop.
        SETTINGS.outputs.clear()
        return loop.run_until_complete(_run(recipe.program))
    finally:
        loop.run_until_complete(_let_end())
        threads.shutdown()
        asyncio.set_event_loop(None)
        for each in loops:
            each.close()


async def _run(program: Program) -> tuple[dict[str, Any], frozenset[str]]:
    def whole() -> None:
        program()

    await run_pulumi_func(whole)
    exports: dict[str, Any] = dict(getattr(get_root_resource(), "outputs", {}))
    outputs = {name: pulumi.Output.from_input(value) for name, value in exports.items()}
    secret = frozenset([name for name, output in outputs.items() if await output.is_secret()])
    return {name: await output.future() for name, output in outputs.items()}, secret


async def _let_end() -> None:
    """After a failure, wait shortly for the tasks that still run, then cancel them."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        _, hanging = await asyncio.wait(others, timeout=_END_SECONDS)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _full(project: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {key if ":" in key else f"{project}:{key}": value for key, value in config.items()}


def _of_project(described: Mapping[str, Any], project: str) -> dict[str, Any]:
    """The values and defaults in Pulumi.yaml itself."""
    found = described.get("config")
    if not isinstance(found, Mapping):
        return {}
    values = {
        key: entry.get("value", entry.get("default")) if isinstance(entry, Mapping) else entry
        for key, entry in found.items()
    }
    return _full(project, {key: value for key, value in values.items() if value is not None})


def _program_of(folder: Path, described: Mapping[str, Any]) -> Program:
    main = (folder / str(described.get("main") or ".")).resolve()
    file = main / "__main__.py" if main.is_dir() else main

    def program() -> None:
        with _inside(folder, file.parent):
            runpy.run_path(str(file), run_name="__main__")

    return program


@contextlib.contextmanager
def _inside(folder: Path, imports: Path) -> Iterator[None]:
    """As if Python had been started there. Unloads the project's modules: the next project may have the same names."""
    before, known = Path.cwd(), set(sys.modules)
    os.chdir(folder)
    sys.path.insert(0, str(imports))
    try:
        yield
    finally:
        sys.path.remove(str(imports))
        os.chdir(before)
        # A virtual environment may be in the project's folder; installed packages stay loaded.
        installed = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
        for name in set(sys.modules) - known:
            file = Path(getattr(sys.modules[name], "__file__", None) or os.devnull)
            if file.is_relative_to(imports) and not any(file.is_relative_to(folder) for folder in installed):
                del sys.modules[name]
