"""`StreamkapMocks`: a program's resources, without engine, emulator and network."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc

from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle import recorded
from streamkap_pulumi.lifecycle.keys import FOREIGN
from streamkap_pulumi.provider import SourceProvider
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE, STACK_TYPE
from streamkap_pulumi.resources import lookups
from streamkap_pulumi.testing import mocked_sources as mocked
from streamkap_pulumi.testing.declared import Declared, DeclaredResource
from streamkap_pulumi.testing.mocked_run import Recipe, recipe_of, run_under

if TYPE_CHECKING:
    from streamkap_pulumi.resources.source import SourceResult

_STACK_REFERENCE = "pulumi:pulumi:StackReference"

Program = Callable[[], object]


class SourcesRefusedError(Exception):
    """A preview would refuse what the program declares; the text tells all faults of all sources."""


class StreamkapMocks(pulumi.runtime.Mocks):
    """Answers for the engine: with sources as Streamkap would have made them, and anything else as it was declared.

    What a preview refuses, such as an unknown key or a missing property, is refused here too, with the same texts. A
    source is Active, or what `desired_state` says; its topics are worked out of its lists of tables. Subclass it to
    answer for resources and invokes of other providers, and call `super()` for the rest.

    It works with Pulumi's own ``pulumi.runtime.set_mocks`` too; `run` needs no decorator and leaves nothing behind.
    """

    def __init__(self) -> None:
        self.stack_references: dict[str, Mapping[str, Any]] = {}
        """What other stacks export, by their full names: ``organization/<project>/<stack>``."""
        self._existing: dict[str, Any] = {}
        self._faults: list[str] | None = None

    def existing(self, name: str, *, connector: str, config: Mapping[str, Any] | None = None) -> str:
        """Have a source that is managed elsewhere, for `get_source` and `Source.get`; answers with its id."""
        inputs = {"name": name, "connector": connector, "config": dict(config or {})}
        seen = mocked.seen(_made_up_id(name), inputs, SOURCE)
        self._existing[seen.id] = seen
        return seen.id

    def run(
        self,
        program: Program | str | Path,
        *,
        project: str | None = None,
        stack: str = "test",
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Declared:
        """Run a whole program, and tell what it declared.

        Args:
            program: a function, or the folder of a project, whose ``Pulumi.<stack>.yaml`` is read too; what is
                encrypted in it is ``secret-of-<key>``, unless it is among `secrets`.
            project: the project's name. Left out: that of the folder's Pulumi.yaml, or ``infra``.
            stack: the stack's name.
            config: configuration in clear, over that of the file.
            secrets: configuration that is encrypted in a real stack, over that of the file.

        Raises:
            SourcesRefusedError: a preview would refuse a source.
            ProjectError: the folder is no project.
            Exception: whatever the program raises.
        """
        recipe = recipe_of(program, project, stack, dict(config or {}), dict(secrets or {}))
        self._faults = []
        monitor = _Monitor(self)
        try:
            outputs, secret_outputs = self._run_apart(recipe, monitor)
        finally:
            faults, self._faults = self._faults, None
        if faults:
            raise SourcesRefusedError("\n".join(faults))
        return Declared(monitor.declared, outputs, secret_outputs)

    def new_resource(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        """The id and the outputs of a resource; Pulumi calls it."""
        if args.typ == SOURCE_TYPE:
            return self._foreign(args.resource_id) if args.resource_id else self._source(args)
        if args.typ == _STACK_REFERENCE:
            return self._stack_reference(str(args.inputs["name"]))
        return args.resource_id or f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi_mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """The answer to a function of another provider: what it was asked with; Pulumi calls it."""
        return dict(args.args), []

    def look_up(self, name: str | None, id: str | None) -> SourceResult:
        """The answer to `get_source`; raises `pulumi.RunError` for what is not `existing`."""
        for seen in self._existing.values():
            if seen.id == id or (name is not None and seen.name == name):
                found: SourceResult = lookups.result(SOURCE, seen)
                return found
        asked = f"name={name!r}" if id is None else f"id={id!r}"
        raise pulumi.RunError(f"get_source({asked}) failed: these mocks have no such source; make it with existing()")

    def _run_apart(self, recipe: Recipe, monitor: _Monitor) -> tuple[dict[str, Any], frozenset[str]]:
        """In a thread of its own: Pulumi keeps its settings by context, and so does not see the next run's."""
        with (
            lookups.answered_by(lambda _, *sought: self.look_up(*sought)),
            ThreadPoolExecutor(1, "a program under mocks") as apart,
        ):
            running = apart.submit(run_under, self, monitor, recipe)
        # A source that is refused has no outputs, and a program may well fail of that: the faults come first.
        if self._faults and running.exception():
            return {}, frozenset()
        return running.result()

    def _source(self, args: pulumi_mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        declared = _in_clear(args.inputs)
        checked = SourceProvider().check({}, declared)
        inputs = _in_clear(checked.inputs)
        if checked.failures:
            told = "\n".join(f"{args.name}: {failure.reason}" for failure in checked.failures)
            if self._faults is None:
                raise SourcesRefusedError(told)
            self._faults.append(told)
            return _made_up_id(args.name), declared
        source_id = _made_up_id(str(inputs["name"]))
        return source_id, mocked.outputs(source_id, inputs, SOURCE)

    def _foreign(self, id: str) -> tuple[str, dict[str, Any]]:
        if id not in self._existing:
            raise pulumi.RunError(f"These mocks have no source with the id {id}: make it with existing()")
        return id, recorded.foreign(SOURCE, self._existing[id]) | {FOREIGN: True}

    def _stack_reference(self, name: str) -> tuple[str, dict[str, Any]]:
        if name not in self.stack_references:
            raise pulumi.RunError(f"These mocks know no stack {name!r}: set stack_references[{name!r}] = {{…}}")
        return name, {"name": name, "outputs": dict(self.stack_references[name]), "secretOutputNames": []}


class _Monitor(pulumi_mocks.MockMonitor):
    """Pulumi's stand-in for the engine, which notes what resources were registered with."""

    def __init__(self, mocks: StreamkapMocks) -> None:
        super().__init__(mocks)
        self.declared: list[DeclaredResource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name in Pulumi's protocol
        answer: Any = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != STACK_TYPE:
            self.declared.append(self._declared(request, answer.urn))
        return answer

    def _declared(self, request: Any, urn: str) -> DeclaredResource:
        inputs = _in_clear(rpc.deserialize_properties(request.object))
        secrets = {*_secret_paths(request.object)}
        if request.type == SOURCE_TYPE:
            checked = SourceProvider().check({}, inputs).inputs
            secrets |= {"config"} & secrets or {*_marked(checked)}
            inputs = _in_clear(checked)
        return DeclaredResource(
            type=request.type,
            name=request.name,
            urn=urn,
            id=self.resources[urn].id or "",
            inputs=inputs,
            outputs=_in_clear(self.resources[urn].state),
            secrets=frozenset(secrets),
            protect=request.protect,
            parent=request.parent,
            aliases=tuple(alias.urn or alias.spec.name for alias in request.aliases),
        )


def _made_up_id(name: str) -> str:
    """An id of the form that Streamkap's have, the same in every run."""
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _in_clear(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _in_clear(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _in_clear(part) for key, part in value.items()}
    return [_in_clear(part) for part in value] if isinstance(value, list) else value


def _marked(inputs: Mapping[str, Any]) -> Iterator[str]:
    """The paths of what the provider makes a secret of, whoever has set it."""
    config = inputs.get("config")
    if rpc.is_rpc_secret(config):
        yield "config"
    elif isinstance(config, Mapping):
        yield from (f"config.{key}" for key, value in config.items() if rpc.is_rpc_secret(value))


def _secret_paths(properties: Any) -> Iterator[str]:
    """The keys of secret inputs, and ``<key>.<key>`` within an input that is a mapping."""
    struct = type(properties)
    for key, value in properties.items():
        if not isinstance(value, struct):
            continue
        if _is_secret(value):
            yield key
        else:
            yield from (
                f"{key}.{inner}" for inner, part in value.items() if isinstance(part, struct) and _is_secret(part)
            )


def _is_secret(struct: Any) -> bool:
    return rpc.is_rpc_secret(dict(struct.items()))
