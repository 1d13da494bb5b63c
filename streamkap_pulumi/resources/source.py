"""`Source`: what a program declares."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, cast

import pulumi
from pulumi.dynamic import Resource

from streamkap_pulumi.provider import FOREIGN, SourceProvider
from streamkap_pulumi.resources import readiness
from streamkap_pulumi.resources.inputs import engine_inputs, warn_of_clear_state, when_asked
from streamkap_pulumi.resources.messages import warn
from streamkap_pulumi.resources.options import path_warnings, resource_options, take_timeouts

if TYPE_CHECKING:
    from streamkap_pulumi.connectors.base import ConnectorConfig

_OUTPUTS = (
    "status",
    "topics",
    "topic_ids",
    "topic_map",
    "tasks",
    "task_statuses",
    "connector_display_name",
    "created_timestamp",
    "sub_id",
    "tenant_id",
    "service_id",
    "ssh_public_key",
    "webhook_url",
    "api_key",
)
"""Outputs that are no inputs."""

_INPUTS = ("name", "connector", "config", "desired_state", "kc_cluster_id", "tags")
"""Inputs that are outputs too."""

_SECRET_OUTPUTS = ["api_key"]

_FORMER_TYPE = "pulumi-python:dynamic:Resource"
"""What 0.1.0 recorded a subclass as; without this alias, such a source would be replaced."""


_Taken = ParamSpec("_Taken")


def _with_any_inputs(declared: Callable[_Taken, None]) -> Callable[_Taken, None]:
    """The signature as declared, for whoever reads it; what is called takes any input.

    An input that is unknown or missing is a fault of the source like any other, which `check` reports.
    """

    @wraps(declared)
    def __init__(self: Source, resource_name: str, *, opts: Any = None, **inputs: Any) -> None:  # noqa: N807 - it is that
        self._register(resource_name, inputs, opts)

    return cast("Callable[_Taken, None]", __init__)


class Source(Resource, module="streamkap", name="Source"):
    """A source connector of Streamkap: it streams a database's changes into Kafka topics.

    Example::

        orders = streamkap.Source(
            "orders",
            config=streamkap.PostgreSQLConfig(
                database_hostname="db.example.com",
                database_dbname="shop",
                database_user="streamkap",
                database_password=cfg.require_secret("dbPassword"),
                schema_include_list=["public"],
                table_include_list=["public.orders", "public.customers"],
            ),
        )
        pulumi.export("topics", orders.topics)

    Create is `POST /sources`, update `PUT /sources/{id}` and the state actions, delete `DELETE /sources/{id}`. Only
    what is declared is managed. A change of `connector` replaces the source: the old one is deleted first.

    Args:
        resource_name: the resource's name in the program and in the stack.
        config: a typed config such as `PostgreSQLConfig`, or a mapping of the API's own dotted keys to values. Each
            value may be an Output, and a secret property is made a secret whether or not it is one already.
        connector: the connector's code, such as ``postgresql``, for a mapping; a typed config names its own.
        name: the name in Streamkap. Left out: `resource_name` and seven hex digits of its own.
        desired_state: ``Active``, ``Paused``, ``Stopped`` or ``Pending``. Left out: not managed.
        tags: ids of tags. Left out: not managed; an empty list clears them.
        kc_cluster_id: the Kafka Connect cluster. Left out: not managed.
        created_from: ``api``, ``terraform`` or ``web``; told to Streamkap at creation only.
        wait: create and update are done when the status has settled (True), or as soon as Streamkap has accepted
            (False). Delete always waits.
        timeouts: how long ``create``, ``update`` and ``delete`` may take; each is ``"20m"`` when left out. It wins over
            `custom_timeouts` of `opts`, which mean the same.
        opts: Pulumi's resource options.

    Bad inputs, unknown ones included, are refused in the preview, all of one source at once. What Streamkap itself
    refuses fails the run in its own words; a source that does not become ready fails the run and stays in state.
    """

    name: pulumi.Output[str]
    """Name in Streamkap, unique in the tenant."""
    connector: pulumi.Output[str]
    """The connector's code, such as ``postgresql``."""
    config: pulumi.Output[dict[str, Any]]
    """The declared properties, under the API's own dotted keys. Secret properties are secret."""
    status: pulumi.Output[str]
    """The observed status: Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, …"""
    topics: pulumi.Output[list[str]]
    """The Kafka topics that the source writes, such as ``public.orders``."""
    topic_ids: pulumi.Output[list[str]]
    """The topics' ids, such as ``source_<id>.public.orders``."""
    topic_map: pulumi.Output[dict[str, Any]]
    """Topic to a list: its partitions, or what is related to it."""
    tasks: pulumi.Output[list[Any]]
    """The numbers of the connector's tasks."""
    task_statuses: pulumi.Output[dict[str, Any]]
    """Task number, as a text, to a mapping: ``state``, and ``trace`` where it failed; secrets are cleared from it."""
    desired_state: pulumi.Output[str]
    """Active, Paused, Stopped or Pending."""
    connector_display_name: pulumi.Output[str]
    """The connector as Streamkap's web page names it."""
    created_timestamp: pulumi.Output[str]
    """When the source was made, ISO 8601, such as ``2026-01-15T10:30:00Z``."""
    kc_cluster_id: pulumi.Output[str | None]
    """The Kafka Connect cluster; None is the default cluster."""
    tags: pulumi.Output[list[str]]
    """Ids of the source's tags."""
    sub_id: pulumi.Output[str | None]
    """What the API calls ``sub_id``; its documentation does not tell of what it is the id."""
    tenant_id: pulumi.Output[str | None]
    """The customer whose source it is, an id."""
    service_id: pulumi.Output[str | None]
    """The project that it belongs to, an id."""
    ssh_public_key: pulumi.Output[str | None]
    """The key to install on the bastion host, for a source with ``ssh.enabled``."""
    webhook_url: pulumi.Output[str | None]
    """Where to send events, for a webhook source."""
    api_key: pulumi.Output[str | None]
    """The key to send events with, for a webhook source. Secret."""

    def __init_subclass__(cls, module: str = "", name: str = "", **kwargs: Any) -> None:
        """Keep the type in a subclass: Pulumi's own gives it one that any dynamic resource may have.

        Raises:
            TypeError: it names a type of its own, by which nothing would know it for a source.
        """
        if module or name:
            raise TypeError(
                f"{cls.__name__} is derived from Source and cannot have a type of its own: `streamkap recover`, "
                "`adopt` and `gate` know a source by its type. Leave out module and name."
            )
        inherited = cls._resource_type_name
        super().__init_subclass__(name="Resource", **kwargs)
        cls._resource_type_name = inherited

    @_with_any_inputs
    def __init__(
        self,
        resource_name: str,
        *,
        config: ConnectorConfig | pulumi.Input[Mapping[str, Any]],
        connector: pulumi.Input[str] | None = None,
        name: pulumi.Input[str] | None = None,
        desired_state: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        kc_cluster_id: pulumi.Input[str] | None = None,
        created_from: pulumi.Input[str] = "api",
        wait: pulumi.Input[bool] = True,
        timeouts: pulumi.Input[Mapping[str, pulumi.Input[str | float]]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare a source; the class says what each input means."""

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> Source:
        """Look at a source that is managed elsewhere (`GET /sources/{id}`), in a preview too.

        Its `config` holds no secret property.
        """
        source = cls.__new__(cls)
        opts = pulumi.ResourceOptions.merge(resource_options(resource_name, opts), pulumi.ResourceOptions(id=id))
        properties: dict[str, Any] = dict.fromkeys((*_INPUTS, *_OUTPUTS))
        Resource.__init__(source, SourceProvider(), resource_name, {**properties, FOREIGN: True}, opts)
        return source

    def _register(self, resource_name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        opts = resource_options(resource_name, opts)
        if opts.import_ is not None:
            given: Any = opts.import_
            source_id = given if isinstance(given, str) else "ID"
            raise pulumi.RunError(
                f"Source {resource_name!r}: Pulumi cannot import a dynamic resource. Leave out `import_`, and run "
                f"`streamkap adopt {shlex.quote(resource_name)} {shlex.quote(source_id)}`."
            )
        opts = pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                # Names and replication slots are unique: the old source has to go first, also with `--replace`.
                delete_before_replace=True,
                additional_secret_outputs=_SECRET_OUTPUTS,
                hooks=readiness.bind(),
                aliases=self._former_types(),
            ),
        )
        outputs: dict[str, Any] = dict.fromkeys((*_INPUTS, *_OUTPUTS))
        timeouts, faults, warnings = take_timeouts(opts, inputs.get("timeouts"))
        if timeouts is not None:
            inputs = {**inputs, "timeouts": timeouts}
        handed = engine_inputs(inputs, resource_name=resource_name, parent=opts.parent, faults=faults)
        paths = path_warnings(opts, handed.inputs.get("connector"), handed.inputs["config"], outputs)
        for warning in (*handed.warnings, *warnings, *paths):
            warn(f"Source {resource_name!r}: {warning}")
        super().__init__(SourceProvider(), resource_name, outputs | handed.inputs | when_asked(), opts)
        warn_of_clear_state(resource_name, self.connector, self.config)

    def _former_types(self) -> list[pulumi.Input[str | pulumi.Alias]]:
        own = f"pulumi-python:{self._resource_type_name}"
        return [pulumi.Alias(type_=_FORMER_TYPE)] if type(self) is not Source and own != _FORMER_TYPE else []
