"""`StreamkapMocks`: runs a program without engine, emulator and network, and returns what it declared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime import rpc

from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.kind import Kind
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.kinds.tag import TAG
from streamkap_pulumi.lifecycle import recorded
from streamkap_pulumi.lifecycle.keys import FOREIGN
from streamkap_pulumi.pulumi_cli.words import STACK_TYPE
from streamkap_pulumi.resources import lookups
from streamkap_pulumi.resources.source import SourceResult
from streamkap_pulumi.testing.mocked_kinds import MOCKED, MockedKind
from streamkap_pulumi.testing.mocked_run import Recipe, recipe_of, run_under

_STACK_REFERENCE = "pulumi:pulumi:StackReference"

Program = Callable[[], object]


class SourcesRefusedError(Exception):
    """A preview would refuse what the program declares. The text lists all faults of all objects, of whatever kind."""


@dataclass(frozen=True)
class DeclaredResource:
    """One resource, as the engine would have received it."""

    type: str
    """Its type, such as ``pulumi-python:dynamic/streamkap:Source``."""
    name: str
    """Its name in the program."""
    urn: str
    """Its URN, with the mocks' stack and project in it."""
    id: str
    """The id that the mocks gave it."""
    inputs: Mapping[str, Any] = field(repr=False)
    """Its inputs, secrets in clear. Those of Streamkap's are canonical: ``config`` has the API's own dotted keys."""
    outputs: Mapping[str, Any] = field(repr=False)
    """The outputs that the mocks returned, secrets in clear."""
    secrets: frozenset[str] = frozenset()
    """The secret inputs: ``key``, or ``config.<key>`` of a `Source` or `Destination`."""
    protect: bool = False
    """Whether it is protected, by itself or by its parent."""
    parent: str = ""
    """The URN of its parent."""
    aliases: tuple[str, ...] = ()
    """The names and URNs that it had earlier."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The properties that a `Source` or `Destination` declares."""
        return dict(self.inputs["config"])


@dataclass(frozen=True)
class Declared:
    """Everything that a program declared and exports."""

    resources: list[DeclaredResource]
    """Every resource except the stack itself."""
    outputs: Mapping[str, Any] = field(repr=False)
    """The exports, secrets in clear."""
    secret_outputs: frozenset[str] = frozenset()
    """The names of secret exports."""

    @property
    def sources(self) -> dict[str, DeclaredResource]:
        """The sources that the program manages, by resource name."""
        return self._of(SOURCE)

    @property
    def destinations(self) -> dict[str, DeclaredResource]:
        """The destinations that the program manages, by resource name."""
        return self._of(DESTINATION)

    @property
    def tags(self) -> dict[str, DeclaredResource]:
        """The tags that the program manages, by resource name."""
        return self._of(TAG)

    def _of(self, kind: Kind) -> dict[str, DeclaredResource]:
        return {resource.name: resource for resource in self.resources if resource.type == kind.type_token}


class StreamkapMocks(pulumi.runtime.Mocks):
    """Stands in for the engine: Streamkap's objects come back as if it had created them, anything else as declared.

    What a preview refuses, such as an unknown key or a missing property, is refused here too, with the same messages. A
    source or destination is Active, or as its `desired_state`; a source's topics follow from its lists of tables.
    Subclass it to answer for resources and invokes of other providers, and call `super()` for the rest.

    It works with Pulumi's own ``pulumi.runtime.set_mocks`` too; `run` needs no decorator and leaves nothing behind.
    """

    def __init__(self) -> None:
        self.stack_references: dict[str, Mapping[str, Any]] = {}
        """What other stacks export, by their full names: ``organization/<project>/<stack>``."""
        self._existing: dict[tuple[str, str], Any] = {}
        self._faults: list[str] | None = None

    def existing(self, name: str, *, connector: str, config: Mapping[str, Any] | None = None) -> str:
        """Add a source that is managed elsewhere, for `get_source` and `Source.get`; returns its id."""
        return self._add(SOURCE, name=name, connector=connector, config=dict(config or {}))

    def existing_destination(self, name: str, *, connector: str, config: Mapping[str, Any] | None = None) -> str:
        """Add a destination that is managed elsewhere, for `get_destination` and `Destination.get`; returns its id."""
        return self._add(DESTINATION, name=name, connector=connector, config=dict(config or {}))

    def existing_tag(self, name: str, *, type: Sequence[str], description: str = "") -> str:
        """Add a tag that is managed elsewhere, for `get_tag` and `Tag.get`; returns its id."""
        return self._add(TAG, name=name, type=list(type), description=description)

    def run(
        self,
        program: Program | str | Path,
        *,
        project: str | None = None,
        stack: str = "test",
        config: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Declared:
        """Run a whole program, and return what it declared.

        Args:
            program: a function, or the folder of a project. Its ``Pulumi.<stack>.yaml`` is read too, where an encrypted
                value becomes ``secret-of-<key>``, unless it is among `secrets`.
            project: the project's name. Default: that of the folder's Pulumi.yaml, or ``infra``.
            stack: the stack's name.
            config: configuration in clear; it takes precedence over the file.
            secrets: configuration that a real stack encrypts; it takes precedence over the file.

        Raises:
            SourcesRefusedError: a preview would refuse a source, a destination or a tag.
            ProjectError: the folder is not a project.
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
        mocked = MOCKED.get(args.typ)
        if mocked:
            return self._foreign(mocked, args.resource_id) if args.resource_id else self._created(mocked, args)
        if args.typ == _STACK_REFERENCE:
            return self._stack_reference(str(args.inputs["name"]))
        return args.resource_id or f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi_mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        """The answer to another provider's function: its own arguments; Pulumi calls it."""
        return dict(args.args), []

    def look_up(self, name: str | None, id: str | None) -> SourceResult:
        """The answer to `get_source`; raises `pulumi.RunError` for what is not `existing`."""
        found = self._look_up(SOURCE, SourceResult, name, id)
        assert isinstance(found, SourceResult)  # noqa: S101 - the class that was given
        return found

    def _look_up(self, kind: Kind, result_class: type[Any], name: str | None, id: str | None) -> Any:
        asked = f"get_{kind.noun}({f'name={name!r}' if id is None else f'id={id!r}'}) failed"
        existing = [seen for (noun, _), seen in self._existing.items() if noun == kind.noun]
        found = [seen for seen in existing if seen.id == id or (name is not None and seen.name == name)]
        if not found:
            raise pulumi.RunError(f"{asked}: these mocks have no such {kind.noun}; add it with {_adding(kind)}")
        if len(found) > 1:
            ids = ", ".join(seen.id for seen in found)
            raise pulumi.RunError(f"{asked}: several {kind.plural} have the name {name!r}: {ids}; use id=")
        return lookups.result(kind, result_class, found[0])

    def _answer(self, kind: Kind, result_class: type[Any], name: str | None, id: str | None) -> Any:
        # `look_up` is public, so a subclass may have its own.
        return self.look_up(name, id) if kind is SOURCE else self._look_up(kind, result_class, name, id)

    def _add(self, kind: Kind, **inputs: Any) -> str:
        seen = MOCKED[kind.type_token].answer(_id_for(kind, inputs), inputs)
        self._existing[kind.noun, seen.id] = seen
        return str(seen.id)

    def _run_apart(self, recipe: Recipe, monitor: _Monitor) -> tuple[dict[str, Any], frozenset[str]]:
        """In a thread of its own: Pulumi keeps its settings by context, so runs do not see each other's."""
        with (
            lookups.answered_by(self._answer),
            ThreadPoolExecutor(1, "a program under mocks") as apart,
        ):
            running = apart.submit(run_under, self, monitor, recipe)
        # A refused source has no outputs, and that may make the program fail: the faults come first.
        if self._faults and running.exception():
            return {}, frozenset()
        return running.result()

    def _created(self, mocked: MockedKind, args: pulumi_mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        declared = _in_clear(args.inputs)
        checked = mocked.provider().check({}, declared)
        inputs = _in_clear(checked.inputs)
        if checked.failures:
            faults = "\n".join(f"{args.name}: {failure.reason}" for failure in checked.failures)
            if self._faults is None:
                raise SourcesRefusedError(faults)
            self._faults.append(faults)
            return _id_for(mocked.kind, {"name": args.name}), declared
        object_id = _id_for(mocked.kind, inputs)
        return object_id, mocked.outputs(object_id, inputs)

    def _foreign(self, mocked: MockedKind, id: str) -> tuple[str, dict[str, Any]]:
        kind = mocked.kind
        if (kind.noun, id) not in self._existing:
            raise pulumi.RunError(f"These mocks have no {kind.noun} with the id {id}: add it with {_adding(kind)}")
        return id, recorded.foreign(kind, self._existing[kind.noun, id]) | {FOREIGN: True}

    def _stack_reference(self, name: str) -> tuple[str, dict[str, Any]]:
        if name not in self.stack_references:
            raise pulumi.RunError(f"These mocks have no stack {name!r}: set stack_references[{name!r}] = {{…}}")
        return name, {"name": name, "outputs": dict(self.stack_references[name]), "secretOutputNames": []}


class _Monitor(pulumi_mocks.MockMonitor):
    """Pulumi's stand-in for the engine, which also notes how each resource was registered."""

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
        mocked = MOCKED.get(request.type)
        if mocked:
            checked = mocked.provider().check({}, inputs).inputs
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


def _id_for(kind: Kind, inputs: Mapping[str, Any]) -> str:
    """An id that looks like Streamkap's, is the same in every run, and differs from that of every other object."""
    telling = [str(inputs.get(name) or "") for name in kind.unique]
    # An object of another kind may have the same name; those of sources are as they have always been.
    text = telling[0] if kind is SOURCE else "\n".join([kind.noun, *telling])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _adding(kind: Kind) -> str:
    """The method that adds one that is managed elsewhere."""
    return "existing()" if kind is SOURCE else f"existing_{kind.noun}()"


def _in_clear(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _in_clear(rpc.unwrap_rpc_secret(value))
    if isinstance(value, Mapping):
        return {key: _in_clear(part) for key, part in value.items()}
    return [_in_clear(part) for part in value] if isinstance(value, list) else value


def _marked(inputs: Mapping[str, Any]) -> Iterator[str]:
    """The paths of what the provider marks as secret."""
    for name, given in inputs.items():
        if rpc.is_rpc_secret(given):
            yield name
        elif isinstance(given, Mapping):
            yield from (f"{name}.{key}" for key, value in given.items() if rpc.is_rpc_secret(value))


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
