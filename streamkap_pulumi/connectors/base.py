"""What the typed classes have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from inspect import Parameter, Signature, get_annotations
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pydantic import BaseModel, ConfigDict, PrivateAttr
from typing_extensions import Self

from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.spelling import Spelling, field_key, real_key
from streamkap_pulumi.config.validation import faults, with_way_around
from streamkap_pulumi.config.wording import described
from streamkap_pulumi.serialising import is_eventual

if TYPE_CHECKING:
    from pulumi import Input, Output
else:

    class _Anything:
        """To pydantic every input is anything: it may be an Output, and its value is ours to check."""

        def __class_getitem__(cls, _: Any) -> Any:
            return Any

    Input = Output = _Anything

__all__ = ["ConfigError", "ConnectorConfig", "Input", "Output"]

_PACKAGE = __name__.partition(".")[0]
_HIDDEN = "[secret]"


class ConfigError(pulumi.RunError, ValueError):
    """A typed config cannot be what its connector takes. The text tells every fault, and no secret.

    In a Pulumi program the error ends the run with its text only, without a traceback.
    """

    def __init__(self, config_class: str, faults: list[str]) -> None:
        self.faults = faults
        """One sentence for each fault, headed by the property in the user's own spelling."""
        place = _place_in_program()
        listed = "".join(f"\n  {fault}" for fault in faults)
        super().__init__(f"{config_class} cannot be used{f' ({place})' if place else ''}:{listed}")
        self._config_class = config_class

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._config_class, self.faults)


class ConnectorConfig(BaseModel):  # noqa: PLW1641 - pydantic gives each class a hash over its fields
    """The configuration of a source connector, with one field for each property; base of the typed classes.

    The fields bear the names of the attributes in Streamkap's Terraform provider. Each takes a value or an Output of
    one. What is known when the object is made is checked then, against the bundled catalogue; what is not is
    checked in the preview or, where it is not known there either, before anything is sent.

    Raises:
        ConfigError: a field is unknown, missing, or holds what the connector does not take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    connector: ClassVar[str]
    """The connector's API code, such as ``postgresql``."""

    _catalogue: ClassVar[Catalogue]

    extra_config: Mapping[str, Input[Any]] | None = None
    """Properties under their dotted keys that this version does not know; they are sent as they are, unchecked."""

    _spelling: Spelling = PrivateAttr(default_factory=lambda: Spelling(typed=True))

    if not TYPE_CHECKING:

        def __init__(self, /, **values: Any) -> None:
            keys, spelled, found = self._by_key(values)
            self._initialise(keys, values.get("extra_config"), Spelling(typed=True, keys=spelled), found)

        @classmethod
        def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
            super().__pydantic_init_subclass__(**kwargs)
            if "__init__" not in vars(cls):
                _show_fields(cls)

    @classmethod
    def from_properties(
        cls, properties: Mapping[str, Input[Any]], *, extra_config: Mapping[str, Input[Any]] | None = None
    ) -> Self:
        """The same config from the API's own dotted keys, such as ``database.hostname.user.defined``.

        Raises:
            ConfigError: as for the class itself; its faults name the dotted keys.
        """
        connector = cls.about()
        keys: dict[str, Any] = {}
        spelled: dict[str, str] = {}
        found: list[str] = []
        given: Any = properties
        if not isinstance(given, Mapping):
            raise ConfigError(
                cls.__name__, [f"it is made from {described(given)}; it must be a mapping of dotted keys"]
            )
        for key, value in given.items():
            if value is None:
                continue
            real = real_key(connector, key) if isinstance(key, str) else key
            if real in keys:
                found.append(f"{key}: it is another spelling of {spelled.get(real, real)!r}, which is set too")
                continue
            keys[real] = value
            if real != key:
                spelled[real] = key
        config = cls.__new__(cls)
        config._initialise(keys, extra_config, Spelling(keys=spelled), found)  # noqa: SLF001 - an object of this class
        return config

    @classmethod
    def about(cls) -> Connector:
        """What the bundled catalogue knows of the connector and of its properties."""
        catalogue: Catalogue | None = getattr(cls, "_catalogue", None)
        found = catalogue.find(cls.connector) if catalogue else None
        if found is None:
            raise TypeError(f"{cls.__name__} is not a class of a connector")
        return found

    def to_properties(self) -> dict[str, Any]:
        """What is set, by dotted key, in the catalogue's order, `extra_config` last; secrets as secret Outputs."""
        connector = self.about()
        return {key: _guarded(connector, key, value) for key, value in self.given().items()}

    def given(self) -> dict[str, Any]:
        """What is set, by dotted key, as the program gave it: secrets in clear."""
        known = {each.key: getattr(self, each.field) for each in self.about().properties.values()}
        return {key: value for key, value in known.items() if value is not None} | dict(self.extra_config or {})

    if not TYPE_CHECKING:

        def __iter__(self) -> Iterator[tuple[str, Any]]:
            """Fields and values, secrets as secret Outputs: Pulumi goes through them when a config is exported."""
            connector = self.about()
            for known in connector.properties.values():
                yield known.field, _guarded(connector, known.key, getattr(self, known.field))
            newer = self.extra_config or {}
            yield "extra_config", {key: _guarded(connector, key, value) for key, value in newer.items()} or None

    @property
    def spelling(self) -> Spelling:
        """How the program spelled the properties, for messages."""
        return self._spelling

    if not TYPE_CHECKING:

        def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """A copy with some fields changed; it is checked as a new config is."""
            copied = super().model_copy(deep=deep)
            if not update:
                return copied
            fields = {name: getattr(copied, name) for name in type(self).model_fields}
            return type(self)(**{name: value for name, value in fields.items() if value is not None} | dict(update))

    def __eq__(self, other: object) -> bool:
        """Equal when the same properties are set to the same values, by whatever names."""
        if not isinstance(other, ConnectorConfig):
            return NotImplemented
        return type(self) is type(other) and self.given() == other.given()

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What is set; secrets by name only."""
        connector = self.about()
        for known in connector.properties.values():
            value = getattr(self, known.field)
            if value is not None:
                yield known.field, _HIDDEN if holds_secret(connector, known.key, value) else value
        if self.extra_config:
            newer = self.extra_config.items()
            shown = {key: _HIDDEN if holds_secret(connector, key, value) else value for key, value in newer}
            yield "extra_config", shown

    @classmethod
    def _by_key(cls, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
        """The fields' values by dotted key, which of them were given by an older name, and which twice."""
        connector = cls.about()
        keys: dict[str, Any] = {}
        spelled: dict[str, str] = {}
        found: list[str] = []
        for name, value in values.items():
            if name == "extra_config" or value is None:
                continue
            key = field_key(connector, name) or real_key(connector, name)
            current = Spelling(typed=True).of(connector, key)
            if key in keys:
                found.append(f"{name}: it is another name of {current!r}, which is set too; leave one of them out")
                continue
            keys[key] = value
            if name not in {current, key}:
                spelled[key] = name
        return keys, spelled, found

    def _initialise(self, keys: Mapping[str, Any], extra: Any, spelling: Spelling, found: list[str]) -> None:
        connector = self.about()
        if extra is not None and not isinstance(extra, Mapping):
            found = [*found, "extra_config: it must be a mapping of dotted keys to values; the values may be outputs"]
            extra = None
        newer = dict(extra or {})
        found = [*found, *_faults_of_newer(connector, keys, newer, spelling)]
        newer = {key: value for key, value in newer.items() if isinstance(key, str)}
        spelling = Spelling(typed=spelling.typed, keys={**{key: key for key in newer}, **spelling.keys})
        refused = faults(connector, {**keys, **newer}, is_eventual, spelling=spelling, unchecked=newer)
        told = [f"{spelling.of(connector, fault.key)}: {fault.text}" for fault in refused]
        found = [*found, *with_way_around(told)]
        if found:
            raise ConfigError(type(self).__name__, found)
        later = {key: value for key, value in keys.items() if key not in connector.properties}
        fields = {
            known.field: keys.get(key) for key, known in connector.properties.items() if known.required or key in keys
        }
        BaseModel.__init__(self, **fields, extra_config={**later, **newer} or None)
        self._spelling = spelling


def _show_fields(config_class: type[ConnectorConfig]) -> None:
    """Have `help` and `inspect.signature` show each field with the type that is written, as a type checker does."""
    written = {name: text for each in reversed(config_class.__mro__) for name, text in get_annotations(each).items()}
    found = config_class.model_fields.items()
    parameters = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.is_required() else field.default,
            annotation=written[name],
        )
        for name, field in sorted(found, key=lambda each: each[0] == "extra_config")
    ]

    def __init__(self: ConnectorConfig, /, **values: Any) -> None:  # noqa: N807 - it is that
        """Declare a configuration; the class says what each field means."""
        super(config_class, self).__init__(**values)

    of_self = Parameter("self", Parameter.POSITIONAL_ONLY)
    made: Any = __init__
    made.__qualname__ = f"{config_class.__qualname__}.__init__"
    made.__signature__ = Signature([of_self, *parameters], return_annotation=None)
    config_class.__init__ = made  # type: ignore[method-assign]
    config_class.__signature__ = Signature(parameters, return_annotation=None)


def _faults_of_newer(
    connector: Connector, keys: Mapping[str, Any], newer: Mapping[Any, Any], spelling: Spelling
) -> Iterator[str]:
    """What cannot be meant by `extra_config`, which is sent as it is."""
    for key in newer:
        if not isinstance(key, str) or not key.strip():
            yield f"extra_config: {key!r} is no name of a property; it must be a text"
        elif keys.get(key) is not None:
            yield f"extra_config.{key}: {spelling.of(connector, key)} is set too; leave one of them out"
        elif key not in connector.properties and (meant := field_key(connector, key)):
            yield f"extra_config.{key}: it takes dotted keys, here {meant!r}; or set the field {key}"


def _guarded(connector: Connector, key: str, value: Any) -> Any:
    return pulumi.Output.secret(value) if holds_secret(connector, key, value) else value


def _place_in_program() -> str:
    """Where the program makes the config that is being made: the nearest frame that is not ours nor pydantic's."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads every source file on the way
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in {_PACKAGE, "pydantic"}:
            return f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""
