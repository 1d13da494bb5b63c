"""`Managed`: what the classes of all kinds share. Those are generated from their kinds' fields by `make kinds`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, cast

import pulumi
from pulumi.dynamic import Resource
from typing_extensions import Self

from streamkap_pulumi.lifecycle.keys import FOREIGN
from streamkap_pulumi.resources import readiness
from streamkap_pulumi.resources.inputs import engine_inputs, warn_of_clear_state, when_asked
from streamkap_pulumi.resources.options import path_warnings, resource_options, take_timeouts

if TYPE_CHECKING:
    from streamkap_pulumi.kinds.kind import Kind
    from streamkap_pulumi.provider_base import Provider

_FORMER_TYPE = "pulumi-python:dynamic:Resource"
"""What 0.1.0 recorded a subclass as; without this alias, such an object would be replaced."""

_Taken = ParamSpec("_Taken")


def takes_any_input(declared: Callable[_Taken, None]) -> Callable[_Taken, None]:
    """The signature as declared, for whoever reads it; the method that is called takes any input.

    An input that is unknown or missing is a fault of the object like any other, which `check` reports.
    """

    @wraps(declared)
    def __init__(self: Managed, resource_name: str, *, opts: Any = None, **inputs: Any) -> None:  # noqa: N807 - it is that
        self._register(resource_name, inputs, opts)

    return cast("Callable[_Taken, None]", __init__)


class Managed(Resource):
    """An object of Streamkap, of one kind."""

    _kind: ClassVar[Kind]
    _provider_class: ClassVar[type[Provider]]

    def __init_subclass__(cls, module: str = "", name: str = "", **kwargs: Any) -> None:
        """Give a kind's class its type, and keep it in a subclass: Pulumi would give it one of any dynamic resource.

        Raises:
            TypeError: a subclass names a type of its own, by which nothing would recognise it.
        """
        if "_kind" in vars(cls):
            super().__init_subclass__(module="streamkap", name=cls._kind.type_name, **kwargs)
            return
        if module or name:
            kind = cls._kind
            raise TypeError(
                f"{cls.__name__} is derived from {kind.type_name} and cannot have a type of its own: `streamkap "
                f"recover`, `adopt` and `gate` recognise a {kind.noun} by its type. Remove module and name."
            )
        inherited = cls._resource_type_name
        super().__init_subclass__(name="Resource", **kwargs)
        cls._resource_type_name = inherited

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Self:
        """Read an object that is managed elsewhere (`GET` by its id), in a preview too.

        It has no secret property.
        """
        found = cls.__new__(cls)
        opts = pulumi.ResourceOptions.merge(
            resource_options(cls._kind, resource_name, opts), pulumi.ResourceOptions(id=id)
        )
        Resource.__init__(found, cls._provider_class(), resource_name, {**cls._no_outputs(), FOREIGN: True}, opts)
        return found

    @classmethod
    def _no_outputs(cls) -> dict[str, Any]:
        return {each.name: None for each in cls._kind.outputs}

    def _register(self, resource_name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        kind = self._kind
        opts = resource_options(kind, resource_name, opts)
        if opts.import_ is not None:
            given: Any = opts.import_
            object_id = given if isinstance(given, str) else "ID"
            raise pulumi.RunError(
                f"{kind.type_name} {resource_name!r}: Pulumi cannot import a dynamic resource. Remove `import_`, and "
                f"run `streamkap adopt {shlex.quote(resource_name)} {shlex.quote(object_id)}`."
            )
        opts = pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                # Names and replication slots are unique: the old object has to go first, also with `--replace`.
                delete_before_replace=True,
                additional_secret_outputs=list(kind.secret_outputs),
                hooks=readiness.bind() if kind.status else None,
                aliases=self._former_types(),
            ),
        )
        faults: list[str] = []
        warnings: list[str] = []
        if "timeouts" in kind.by_name:
            # Otherwise the engine hands the custom ones on.
            timeouts, faults, warnings = take_timeouts(opts, inputs.get("timeouts"))
            if timeouts is not None:
                inputs = {**inputs, "timeouts": timeouts}
        engine = engine_inputs(kind, inputs, resource_name=resource_name, parent=opts.parent, faults=faults)
        paths = path_warnings(kind, opts, engine.inputs.get("connector"), engine.inputs.get("config"))
        engine.warn([*engine.warnings, *warnings, *paths])
        properties = self._no_outputs() | engine.inputs | when_asked()
        super().__init__(self._provider_class(), resource_name, properties, opts)
        if "config" in kind.by_name:
            outputs: Any = self
            warn_of_clear_state(kind, resource_name, outputs.connector, outputs.config)

    def _reference(self) -> dict[str, pulumi.Output[Any]]:
        return {name: getattr(self, name) for name in ("id", *self._kind.reference)}

    def _former_types(self) -> list[pulumi.Input[str | pulumi.Alias]]:
        own = f"pulumi-python:{self._resource_type_name}"
        is_subclass = "_kind" not in vars(type(self))
        return [pulumi.Alias(type_=_FORMER_TYPE)] if is_subclass and own != _FORMER_TYPE else []
