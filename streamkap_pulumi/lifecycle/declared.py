"""What a program declares of an object, and which of its values are secrets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.spelling import real_key
from streamkap_pulumi.config.values import canonical
from streamkap_pulumi.durations import seconds
from streamkap_pulumi.kinds.kind import Default, Field, Kind
from streamkap_pulumi.lifecycle.keys import CUSTOM_TIMEOUT, DECLARED, PROPOSED_NAME, SECRET_KEYS

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import ApiObject

DEFAULT_TIMEOUT = "20m"


@dataclass(frozen=True, repr=False)
class Declared:
    """The desired state of one object, with canonical values."""

    kind: Kind
    values: Mapping[str, Any]
    """By the inputs' names; what is not declared is absent, unless it has a default."""
    secret_keys: tuple[str, ...] = ()
    """Keys of the config whose values the program marks as secret, whatever the catalogue says."""
    proposed_name: str = ""
    """The default name, whether or not it is used; empty where no check has seen it."""
    custom_timeout: float | None = None
    """Seconds for the operation under way, unless `timeouts` has it."""

    @classmethod
    def from_inputs(cls, kind: Kind, inputs: Mapping[str, Any]) -> Declared:
        """From checked inputs. Whole numbers have become floats on the way through the engine, and are put right."""
        values: dict[str, Any] = {}
        for each in kind.inputs:
            given = inputs.get(each.name)
            given = each.default if given is None else given
            if not isinstance(given, Default) and (value := each.type.canonical(given)) is not None:
                values[each.name] = list(value) if isinstance(value, tuple) else value
        if isinstance(values.get("config"), Mapping):
            connector = kind.connector(values.get("connector"))
            properties: Mapping[str, Property] = connector.properties if connector else {}
            values["config"] = {key: canonical(properties.get(key), each) for key, each in values["config"].items()}
        return cls(
            kind,
            values,
            secret_keys=secret_keys_in(inputs),
            proposed_name=str(inputs.get(PROPOSED_NAME) or ""),
            custom_timeout=inputs.get(CUSTOM_TIMEOUT),
        )

    @classmethod
    def from_recorded(cls, kind: Kind, outputs: Mapping[str, Any]) -> Declared:
        """From recorded outputs: what was declared when they were recorded."""
        hidden = {name: outputs.get(name) for name in (SECRET_KEYS, CUSTOM_TIMEOUT)}
        return cls.from_inputs(kind, {**recorded_inputs(kind, outputs), **hidden})

    def __repr__(self) -> str:
        return f"Declared({self.kind.noun} {self.name!r})"  # The values may be secrets.

    def get(self, name: str) -> Any:
        """The value of an input; None where it is not declared."""
        return self.values.get(name)

    def having(self, **values: Any) -> Declared:
        """The same with other values; None leaves an input undeclared."""
        merged = {**self.values, **values}
        return replace(self, values={name: value for name, value in merged.items() if value is not None})

    @property
    def name(self) -> str:
        """The name in Streamkap."""
        return str(self.get("name") or "")

    @property
    def connector(self) -> str:
        """The code of its connector; empty for a kind that has none."""
        return str(self.get("connector") or "")

    @property
    def config(self) -> Mapping[str, Any]:
        """The declared properties by their real keys."""
        return self.get("config") or {}

    @property
    def desired_state(self) -> str | None:
        """The declared state; None where it is not managed."""
        state = self.get("desired_state")
        return None if state is None else str(state)

    @property
    def wait(self) -> bool:
        """Whether create and update wait for the status."""
        return bool(self.get("wait"))

    @cached_property
    def about(self) -> Connector | None:
        """What the catalogue knows of its connector."""
        return self.kind.connector(self.connector)

    def known(self, key: str) -> Property | None:
        """What the catalogue knows of a property of its config."""
        return self.about.properties.get(key) if self.about else None

    def differs(self, field: Field, live: ApiObject) -> bool:
        """The live object shows another value of an input; an omitted one counts as empty."""
        mine, its = map(field.type.or_empty, (self.get(field.name), field.live(live)))
        return bool(mine != its) and not field.type.same(mine, its)

    @property
    def resource(self) -> str:
        """The resource's name in the program; empty where no check has seen it."""
        return self.proposed_name.rpartition("-")[0]

    @property
    def has_default_name(self) -> bool:
        """The program gives it no name, so that no other resource of the stack can have the same one."""
        return bool(self.proposed_name) and self.name == self.proposed_name

    def timeout(self, operation: str) -> float:
        """Seconds that ``create``, ``update`` or ``delete`` may take."""
        return seconds((self.get("timeouts") or {}).get(operation) or self.custom_timeout or DEFAULT_TIMEOUT)

    def secrets(self) -> list[Any]:
        """The values of its secret inputs, and of the config's secret properties."""
        own = [value for name in self.kind.secret_outputs if (value := self.get(name)) is not None]
        return own + secrets_in(self.kind, self.connector, self.config, self.secret_keys)

    def inputs(self) -> dict[str, Any]:
        """As inputs, in the form that `check` returns; what is not declared is absent."""
        return dict(self.values)


def secret_keys_in(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys in `SECRET_KEYS` among inputs or recorded outputs."""
    keys = properties.get(SECRET_KEYS)
    return tuple(key for key in keys if isinstance(key, str)) if isinstance(keys, (list, tuple)) else ()


def secrets_in(
    kind: Kind, connector: str | None, config: Mapping[str, Any] | None, secret_keys: Collection[str] = ()
) -> list[Any]:
    """The values of the secret properties in `config`; `secret_keys` are those that the program marks itself."""
    about = kind.connector(connector)
    marked = set(config or ()) if "*" in secret_keys else set(secret_keys)
    return [value for key, value in (config or {}).items() if key in marked or holds_secret(about, key, value)]


def sealed(
    kind: Kind, properties: Mapping[str, Any], secret_keys: Collection[str], seal: Callable[[Any], Any]
) -> dict[str, Any]:
    """`properties`, inputs or outputs, with each secret value as `seal` returns it. Keys may be aliases of real ones.

    Args:
        kind: of the object.
        properties: plain values.
        secret_keys: the keys of the config that the program marks as secret; ``*`` is all of them.
        seal: makes a value a secret of the engine, which encrypts it whoever set it: the program or a transform.
    """
    answer, config = dict(properties), properties.get("config")
    if isinstance(config, Mapping):
        about = kind.connector(properties.get("connector"))
        own = {
            key: seal(value) if key in secret_keys or holds_secret(about, real_key(about, key), value) else value
            for key, value in config.items()
        }
        answer["config"] = seal(config) if "*" in secret_keys else own
    return answer | {name: seal(answer[name]) for name in kind.secret_outputs if answer.get(name) is not None}


def recorded_inputs(kind: Kind, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that recorded `outputs` came from."""
    declared = set(outputs.get(DECLARED) or ())
    return {
        name: outputs[name]
        for name in kind.input_names
        if outputs.get(name) is not None and (name not in kind.optional or name in declared)
    }
