"""The base of the typed configurations: what they take, what they refuse, and what they become."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from inspect import Parameter, Signature, get_annotations
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import pulumi
from pulumi import Input, Output
from typing_extensions import Self, dataclass_transform

from streamkap_pulumi.config.catalogue import Catalogue, Connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.spelling import ConfigByKey, Spelling, field_key
from streamkap_pulumi.config.validation import faults, with_way_around
from streamkap_pulumi.config.wording import described
from streamkap_pulumi.serialising import is_eventual

__all__ = ["ConfigError", "ConnectorConfig", "Input", "Output"]

_PACKAGE = __name__.partition(".")[0]
_HIDDEN = "[secret]"


class ConfigError(pulumi.RunError, ValueError):
    """A typed config holds what its connector does not accept. The message lists every fault, and no secret.

    In a Pulumi program the error ends the run with its message only, without a traceback.
    """

    def __init__(self, config_class: str, faults: list[str]) -> None:
        self.faults = faults
        """One sentence per fault, after the property in the user's own spelling."""
        place = _place_in_program()
        listed = "".join(f"\n  {fault}" for fault in faults)
        super().__init__(f"{config_class} cannot be used{f' ({place})' if place else ''}:{listed}")
        self._config_class = config_class

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._config_class, self.faults)


@dataclass_transform(kw_only_default=True, frozen_default=True)
class _FrozenRecord:
    """A record with one keyword argument per annotated field. It never changes.

    Type checkers and editors see it as a frozen dataclass.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" not in vars(cls):
            _show_fields(cls)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> NoReturn:
            raise AttributeError(
                f"{name}: a {type(self).__name__} is frozen; model_copy(update={{...}}) creates a changed copy"
            )

        def __delattr__(self, name: str) -> NoReturn:
            setattr(self, name, None)


class ConnectorConfig(_FrozenRecord):
    """The configuration of a connector, with one field for each property. It is the base of the typed classes.

    The fields have the names of the attributes in Streamkap's Terraform provider. Each takes a value or an Output of
    one. Known values are checked against the bundled catalogue when the object is created. An Output is checked in the
    preview or, if it is not known there either, before anything is sent.

    Raises:
        ConfigError: a field is unknown, missing, or holds what the connector does not accept.
    """

    connector: ClassVar[str]
    """The connector's API code, such as ``postgresql``."""

    _catalogue: ClassVar[Catalogue]

    extra_config: Mapping[str, Input[Any]] | None = None
    """Properties that this version does not know, by dotted key. They are sent as they are, unchecked."""

    if not TYPE_CHECKING:

        def __init__(self, /, **values: Any) -> None:
            extra = values.pop("extra_config", None)
            self._initialise(ConfigByKey.of(self.about(), values, typed=True), extra)

    @classmethod
    def from_properties(
        cls, properties: Mapping[str, Input[Any]], *, extra_config: Mapping[str, Input[Any]] | None = None
    ) -> Self:
        """The same config from the API's own dotted keys, such as ``database.hostname.user.defined``.

        Raises:
            ConfigError: as for the class itself; its faults name the dotted keys.
        """
        given: Any = properties
        if not isinstance(given, Mapping):
            raise ConfigError(
                cls.__name__, [f"it is created from {described(given)}; it must be a mapping of dotted keys"]
            )
        created = cls.__new__(cls)
        created._initialise(ConfigByKey.of(cls.about(), given), extra_config)  # noqa: SLF001 - an object of this class
        return created

    @classmethod
    def about(cls) -> Connector:
        """What the bundled catalogue knows about the connector and its properties."""
        catalogue: Catalogue | None = getattr(cls, "_catalogue", None)
        found = catalogue.find(cls.connector) if catalogue else None
        if found is None:
            raise TypeError(f"{cls.__name__} is not a class of a connector")
        return found

    def to_properties(self) -> dict[str, Any]:
        """The properties that are set, by dotted key, `extra_config` last. Secrets are secret Outputs."""
        connector = self.about()
        return {key: _guarded(connector, key, value) for key, value in self.given().items()}

    def given(self) -> dict[str, Any]:
        """The properties that are set, by dotted key, as the program set them. Secrets are in clear."""
        known = {each.key: getattr(self, each.field) for each in self.about().properties.values()}
        return {key: value for key, value in known.items() if value is not None} | dict(self.extra_config or {})

    if not TYPE_CHECKING:

        def __iter__(self) -> Iterator[tuple[str, Any]]:
            """Fields and values, secrets as secret Outputs: Pulumi reads them when a program exports a config."""
            connector = self.about()
            for known in connector.properties.values():
                yield known.field, _guarded(connector, known.key, getattr(self, known.field))
            newer = self.extra_config or {}
            yield "extra_config", {key: _guarded(connector, key, value) for key, value in newer.items()} or None

    @property
    def spelling(self) -> Spelling:
        """How the program spelled the properties, for messages."""
        spelling: Spelling = vars(self)["_spelling"]
        return spelling

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed. It is checked as a new config is."""
        copied = copy.deepcopy(self) if deep else copy.copy(self)
        if not update:
            return copied
        values = {name: getattr(copied, name, None) for name in _fields(type(self))}
        return type(self)(**{name: value for name, value in values.items() if value is not None} | dict(update))

    def __eq__(self, other: object) -> bool:
        """Equal when the same properties are set to the same values, by whatever names."""
        if not isinstance(other, ConnectorConfig):
            return NotImplemented
        return type(self) is type(other) and self.given() == other.given()

    def __hash__(self) -> int:
        return hash((type(self), *self.given().items()))

    def __repr__(self) -> str:
        connector = self.about()
        shown = {
            known.field: _hidden(connector, known.key, value)
            for known in connector.properties.values()
            if (value := getattr(self, known.field)) is not None
        }
        if self.extra_config:
            shown["extra_config"] = {key: _hidden(connector, key, value) for key, value in self.extra_config.items()}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Lets a pydantic model have a typed config as a field, set to one or to a mapping of its fields."""
        from pydantic_core import core_schema  # noqa: PLC0415 - pydantic asks, so it is loaded

        return core_schema.no_info_plain_validator_function(cls._validated)

    @classmethod
    def _validated(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise ConfigError(cls.__name__, [f"it is created from {described(value)}; it must be a mapping of fields"])
        return cls(**{str(name): each for name, each in value.items()})

    def _initialise(self, config: ConfigByKey, extra: Any) -> None:
        connector, keys = self.about(), config.values
        set_too = {name: config.spelling.of(connector, key) for name, key in config.clashes.items()}
        wrong = [
            f"{name}: it is another name of {other!r}, which is set too; remove one of them"
            for name, other in set_too.items()
        ]
        if extra is not None and not isinstance(extra, Mapping):
            wrong.append("extra_config: it must be a mapping of dotted keys to values; the values may be outputs")
            extra = None
        wrong += _faults_of_extra(connector, keys, extra or {}, config.spelling)
        extra = {key: value for key, value in (extra or {}).items() if isinstance(key, str)}
        spelling = replace(config.spelling, keys={**{key: key for key in extra}, **config.spelling.keys})
        refused = faults(connector, {**keys, **extra}, is_eventual, spelling=spelling, unchecked=extra)
        wrong += with_way_around(refused, lambda key: spelling.of(connector, key))
        if wrong:
            raise ConfigError(type(self).__name__, wrong)
        later = {key: value for key, value in keys.items() if key not in connector.properties}
        fields = {
            known.field: keys.get(key) for key, known in connector.properties.items() if known.required or key in keys
        }
        vars(self).update(fields, extra_config={**later, **extra} or None, _spelling=spelling)


def _fields(kind: type) -> dict[str, Any]:
    """The annotation of each field, `extra_config` last."""
    all_of_them = {name: text for each in reversed(kind.__mro__) for name, text in get_annotations(each).items()}
    fields = {name: text for name, text in all_of_them.items() if "ClassVar" not in str(text)}
    return {**fields, "extra_config": fields.pop("extra_config")}


def _show_fields(kind: type[_FrozenRecord]) -> None:
    """Make `help` and `inspect.signature` show each field with its type, as a type checker does."""
    parameters = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=getattr(kind, name, Parameter.empty), annotation=annotation)
        for name, annotation in _fields(kind).items()
    ]

    def __init__(self: _FrozenRecord, /, **values: Any) -> None:  # noqa: N807 - it is that
        """Declare a configuration; the class says what each field means."""
        super(kind, self).__init__(**values)

    of_self = Parameter("self", Parameter.POSITIONAL_ONLY)
    shown: Any = __init__
    shown.__qualname__ = f"{kind.__qualname__}.__init__"
    shown.__signature__ = Signature([of_self, *parameters], return_annotation=None)
    vars_of_kind: Any = kind
    vars_of_kind.__init__ = shown
    vars_of_kind.__signature__ = Signature(parameters, return_annotation=None)


def _faults_of_extra(
    connector: Connector, keys: Mapping[str, Any], extra: Mapping[Any, Any], spelling: Spelling
) -> Iterator[str]:
    """What is wrong with the keys of `extra_config`, whose values are sent as they are."""
    for key in extra:
        if not isinstance(key, str) or not key.strip():
            yield f"extra_config: {key!r} is not the name of a property; it must be a string"
        elif keys.get(key) is not None:
            yield f"extra_config.{key}: {spelling.of(connector, key)} is set too; remove one of them"
        elif key not in connector.properties and (meant := field_key(connector, key)):
            yield f"extra_config.{key}: extra_config needs dotted keys, here {meant!r}; or set the field {key}"


def _hidden(connector: Connector, key: str, value: Any) -> Any:
    return _HIDDEN if holds_secret(connector, key, value) else value


def _guarded(connector: Connector, key: str, value: Any) -> Any:
    return pulumi.Output.secret(value) if holds_secret(connector, key, value) else value


def _place_in_program() -> str:
    """Where the program creates the config: the nearest frame that is neither ours nor pydantic's."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads every source file on the way
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in {_PACKAGE, "pydantic"}:
            return f"{frame.f_code.co_filename}, line {frame.f_lineno}"
        frame = frame.f_back
    return ""
