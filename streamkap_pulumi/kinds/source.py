"""Sources: connectors that stream a database's changes into Kafka topics (`/sources`)."""

from __future__ import annotations

from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.kinds.kind import Change, Default, Field, Kind
from streamkap_pulumi.kinds.types import Choice, Durations, Flag, Ids, Name, Text, Type

_STRINGS = Type("list[str]", empty=list)
_CHOSEN = "Streamkap itself chooses where a source of {code} runs; omit it"

SOURCE = Kind(
    noun="source",
    type_name="Source",
    summary="A source connector of Streamkap: it streams a database's changes into Kafka topics.",
    doc="""
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
""",
    catalogue=SOURCES,
    status="connector_status",
    actions={"Active": "resume", "Paused": "pause", "Stopped": "stop"},
    fields=(
        Field(
            "config",
            Type("dict[str, Any]"),
            "The declared properties, under the API's own dotted keys. Secret properties are secret.",
            Change.MERGE,
            Default.REQUIRED,
            argument="a typed config such as `PostgreSQLConfig`, or a mapping of the API's own dotted keys to values. "
            "Each value may be an Output, and a secret property becomes a secret whether or not it is one already.",
        ),
        Field(
            "connector",
            Text(),
            "The connector's code, such as ``postgresql``.",
            Change.REPLACE,
            Default.REQUIRED,
            argument="the connector's code, such as ``postgresql``, for a mapping; a typed config names its own.",
        ),
        Field(
            "name",
            Name(),
            "Name in Streamkap, unique in the tenant.",
            Change.SEND,
            Default.NAMED,
            argument="the name in Streamkap. Default: `resource_name` and seven hex digits of its own.",
        ),
        Field(
            "desired_state",
            Choice(allowed=("Active", "Paused", "Stopped", "Pending")),
            "Active, Paused, Stopped or Pending.",
            Change.ACT,
            argument="``Active``, ``Paused``, ``Stopped`` or ``Pending``. Default: not managed.",
            unmanaged="stays {}",
        ),
        Field(
            "tags",
            Ids(empty=list),
            "Ids of the source's tags.",
            Change.SEND_ALONE,
            argument="ids of tags. Default: not managed; an empty list clears them.",
            unmanaged="keeps {}; [] clears them",
        ),
        Field(
            "kc_cluster_id",
            Text(),
            "The Kafka Connect cluster; None is the default cluster.",
            Change.SEND_ALONE,
            argument="the Kafka Connect cluster. Default: not managed.",
            may_be_none=True,
            echoed=False,
            unmanaged="stays on {}",
            not_for={"api": _CHOSEN},
        ),
        Field(
            "created_from",
            Choice(allowed=("api", "terraform", "web")),
            "",
            Change.NEVER,
            "api",
            argument="``api``, ``terraform`` or ``web``; sent to Streamkap at creation only.",
            is_output=False,
        ),
        Field(
            "wait",
            Flag(),
            "",
            Change.LOCAL,
            True,
            argument="create and update are done when the status has settled (True), or as soon as Streamkap has "
            "accepted (False). Delete always waits.",
            is_output=False,
        ),
        Field(
            "timeouts",
            Durations(),
            "",
            Change.LOCAL,
            argument='how long ``create``, ``update`` and ``delete`` may take. Default: ``"20m"`` each. It wins over '
            "`custom_timeouts` of `opts`, which mean the same.",
            is_output=False,
        ),
        Field(
            "status",
            Type("str"),
            "The observed status: Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, …",
            wire="connector_status",
        ),
        Field("topics", _STRINGS, "The Kafka topics that the source writes, such as ``public.orders``."),
        Field("topic_ids", _STRINGS, "The topics' ids, such as ``source_<id>.public.orders``."),
        Field(
            "topic_map",
            Type("dict[str, Any]", empty=dict),
            "Topic to a list: its partitions, or what is related to it.",
        ),
        Field("tasks", Type("list[Any]", empty=list), "The numbers of the connector's tasks.", quotes=True),
        Field(
            "task_statuses",
            Type("dict[str, Any]", empty=dict),
            "Task number, as a string, to a mapping: ``state``, and ``trace`` where it failed; secrets are removed.",
            quotes=True,
        ),
        Field("connector_display_name", Type("str"), "The connector as Streamkap's web page names it."),
        Field(
            "created_timestamp", Type("str"), "When the source was created, ISO 8601, such as ``2026-01-15T10:30:00Z``."
        ),
        Field(
            "sub_id",
            Type("str"),
            "What the API calls ``sub_id``; its documentation does not say what it is the id of.",
            may_be_none=True,
        ),
        Field("tenant_id", Type("str"), "The customer that the source belongs to, an id.", may_be_none=True),
        Field("service_id", Type("str"), "The project that the source belongs to, an id.", may_be_none=True),
        Field(
            "ssh_public_key",
            Type("str"),
            "The key to install on the bastion host, for a source with ``ssh.enabled``.",
            made_of="ssh.public.key.user.displayed",
            may_be_none=True,
        ),
        Field(
            "webhook_url",
            Type("str"),
            "Where to send events, for a webhook source.",
            made_of="webhook.url",
            may_be_none=True,
        ),
        Field(
            "api_key",
            Type("str"),
            "The key to send events with, for a webhook source. Secret.",
            made_of="api.key",
            secret=True,
            may_be_none=True,
        ),
    ),
)
"""A source."""
