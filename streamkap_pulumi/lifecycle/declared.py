"""What a program declares of a source, and what is recorded of it in the stack's state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from streamkap_pulumi.config.catalogue import Property, find_connector
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.config.spelling import real_key
from streamkap_pulumi.config.values import canonical
from streamkap_pulumi.durations import seconds

DESIRED_STATES = ("Active", "Paused", "Stopped", "Pending")
ORIGINS = ("api", "terraform", "web")
OPERATIONS = ("create", "update", "delete")
"""Those that wait, and have a time-out."""
DEFAULT_TIMEOUT = "20m"

INPUTS = (
    "connector",
    "config",
    "name",
    "desired_state",
    "tags",
    "kc_cluster_id",
    "created_from",
    "wait",
    "timeouts",
)
"""The inputs of a source, as users name them."""

OPTIONAL_INPUTS = ("desired_state", "tags", "kc_cluster_id", "timeouts")
"""Left out, they are not managed; the recorded output of the same name is then the API's own."""

DECLARED = "__declared"
"""Recorded: which of the optional inputs the program declares."""
HOST = "__host"
"""Recorded: where the source was made."""
CLIENT = "__client"
"""Recorded: a digest of the host and the client id that made or changed the source last; absent in older states."""
NOT_READY = "__not_ready"
"""Recorded: why the last create or update with `wait` did not end well; absent when it did."""

ASKED = "__asked"
"""Hidden input: when the program asked for the source that the state holds, by the clock of the machine that ran it.

It is there while the source is being made, so an interrupted create tells what can only be older than it.
"""

PROPOSED_NAME = "__name"
"""Hidden input: the name that the program worked out, for a source whose `name` is left out."""

SECRET_KEYS = "__secret_keys"  # noqa: S105 - keys, and no secret
"""Hidden input, and recorded: the keys of the config whose values the program marks as secret; ``*`` is all of them."""

CUSTOM_TIMEOUT = "__custom_timeout"
"""Not recorded: the seconds that the engine gives the operation, where a transform has set `custom_timeouts`."""

SPENT_GRANTS = "__spent_grants"
"""Recorded: digests of the grants that were used and are no longer declared."""

SECRET_OUTPUTS = ("api_key",)
"""Outputs that are secrets and no inputs."""


@dataclass(frozen=True)
class Declared:
    """The desired state of one source, with canonical values. `repr` leaves the config out: it holds secrets."""

    name: str
    connector: str
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    desired_state: str | None = None
    tags: tuple[str, ...] | None = None
    kc_cluster_id: str | None = None
    created_from: str = "api"
    wait: bool = True
    timeouts: Mapping[str, Any] = field(default_factory=dict)
    secret_keys: tuple[str, ...] = ()
    """Keys of the config whose values the program marks as secret, whatever the catalogue says."""
    proposed_name: str = ""
    """The name that the program worked out, whether or not it is used; empty where no check has seen it."""

    custom_timeout: float | None = None
    """Seconds for the operation under way, unless `timeouts` has it."""

    @property
    def resource(self) -> str:
        """The resource's name in the program; empty where no check has seen it."""
        return self.proposed_name.rpartition("-")[0]

    @property
    def has_worked_out_name(self) -> bool:
        """The program gives it no name, so that no other resource of the stack can have the same one."""
        return bool(self.proposed_name) and self.name == self.proposed_name

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Declared:
        """From checked inputs. Their numbers have become floats on the way through the engine, and are put right."""
        tags = inputs.get("tags")
        wait = inputs.get("wait")
        code = str(inputs.get("connector") or "")
        properties = properties_of(code)
        return cls(
            name=str(inputs.get("name") or ""),
            connector=code,
            config={key: canonical(properties.get(key), value) for key, value in (inputs.get("config") or {}).items()},
            desired_state=inputs.get("desired_state") or None,
            tags=None if tags is None else tuple(tags),
            kc_cluster_id=inputs.get("kc_cluster_id") or None,
            created_from=inputs.get("created_from") or "api",
            wait=True if wait is None else bool(wait),
            timeouts=dict(inputs.get("timeouts") or {}),
            secret_keys=secret_keys_in(inputs),
            proposed_name=str(inputs.get(PROPOSED_NAME) or ""),
            custom_timeout=inputs.get(CUSTOM_TIMEOUT),
        )

    @classmethod
    def from_recorded(cls, outputs: Mapping[str, Any]) -> Declared:
        """From recorded outputs: what was declared when they were written."""
        hidden = {name: outputs.get(name) for name in (SECRET_KEYS, CUSTOM_TIMEOUT)}
        return cls.from_inputs({**recorded_inputs(outputs), **hidden})

    def timeout(self, operation: str) -> float:
        """Seconds that ``create``, ``update`` or ``delete`` may take."""
        return seconds(self.timeouts.get(operation) or self.custom_timeout or DEFAULT_TIMEOUT)

    def secrets(self) -> list[Any]:
        """The values of the config's secret properties."""
        return secrets_in(self.connector, self.config, self.secret_keys)

    def inputs(self) -> dict[str, Any]:
        """As inputs, in the form that `check` answers with; what is not declared is absent."""
        inputs: dict[str, Any] = {
            "connector": self.connector,
            "config": dict(self.config),
            "name": self.name,
            "created_from": self.created_from,
            "wait": self.wait,
        }
        optional = {
            "desired_state": self.desired_state,
            "tags": None if self.tags is None else list(self.tags),
            "kc_cluster_id": self.kc_cluster_id,
            "timeouts": dict(self.timeouts) or None,
        }
        return inputs | {name: value for name, value in optional.items() if value is not None}


def properties_of(connector: str) -> Mapping[str, Property]:
    """What the catalogue knows of the connector's properties; nothing for a connector that it does not know."""
    found = find_connector(connector)
    return found.properties if found else {}


def secret_keys_in(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that `SECRET_KEYS` among inputs or recorded outputs tells."""
    told = properties.get(SECRET_KEYS)
    return tuple(key for key in told if isinstance(key, str)) if isinstance(told, (list, tuple)) else ()


def secrets_in(connector: str | None, config: Mapping[str, Any] | None, secret_keys: Collection[str] = ()) -> list[Any]:
    """The values of the secret properties in `config`; `secret_keys` are those that the program marks itself."""
    found = find_connector(connector or "")
    marked = set(config or ()) if "*" in secret_keys else set(secret_keys)
    return [value for key, value in (config or {}).items() if key in marked or holds_secret(found, key, value)]


def sealed(properties: Mapping[str, Any], secret_keys: Collection[str], seal: Callable[[Any], Any]) -> dict[str, Any]:
    """`properties`, inputs or outputs, with each secret value as `seal` returns it. Keys may be aliases of real ones.

    Args:
        properties: plain values.
        secret_keys: the keys of the config that the program marks as secret; ``*`` is all of them.
        seal: what makes a value a secret of the engine, which encrypts it whoever set it: the program or a transform.
    """
    answer, config = dict(properties), properties.get("config")
    if isinstance(config, Mapping):
        code = properties.get("connector")
        found = find_connector(code) if isinstance(code, str) else None
        own = {
            key: seal(value) if key in secret_keys or holds_secret(found, real_key(found, key), value) else value
            for key, value in config.items()
        }
        answer["config"] = seal(config) if "*" in secret_keys else own
    return answer | {name: seal(answer[name]) for name in SECRET_OUTPUTS if answer.get(name) is not None}


def recorded_inputs(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that recorded `outputs` were made from."""
    declared = set(outputs.get(DECLARED) or ())
    return {
        name: outputs[name]
        for name in INPUTS
        if outputs.get(name) is not None and (name not in OPTIONAL_INPUTS or name in declared)
    }
