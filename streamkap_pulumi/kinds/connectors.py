"""What sources and destinations have in common: both are connectors."""

from __future__ import annotations

from collections.abc import Mapping

from streamkap_pulumi.kinds.kind import Change, Default, Field
from streamkap_pulumi.kinds.types import Choice, Durations, Flag, Ids, Name, Text, Type

ACTIONS: Mapping[str, str] = {"Active": "resume", "Paused": "pause", "Stopped": "stop"}
"""By desired state: the action that leads to it."""
_STRINGS = Type("list[str]", empty=list)


def connector_fields(noun: str, *, config_class: str, code: str, topics: str) -> tuple[Field, ...]:
    """Their fields, in the order in which users read of them.

    Args:
        noun: the kind's.
        config_class: a typed config, for example.
        code: that connector's code.
        topics: which topics the output `topics` has.
    """
    return (
        Field(
            "config",
            Type("dict[str, Any]"),
            "The declared properties, under the API's own dotted keys. Secret properties are secret.",
            Change.MERGE,
            Default.REQUIRED,
            argument=f"a typed config such as `{config_class}`, or a mapping of the API's own dotted keys to values. "
            "Each value may be an Output, and a secret property becomes a secret whether or not it is one already.",
        ),
        Field(
            "connector",
            Text(),
            f"The connector's code, such as ``{code}``.",
            Change.REPLACE,
            Default.REQUIRED,
            argument=f"the connector's code, such as ``{code}``, for a mapping; a typed config names its own.",
        ),
        Field(
            "name",
            Name(),
            "Name in Streamkap, unique in the tenant.",
            Change.SEND,
            Default.NAMED,
            argument="the name in Streamkap, unique in the tenant. Default: `resource_name` and seven hex digits of "
            "its own.",
        ),
        Field(
            "desired_state",
            Choice(allowed=("Active", "Paused", "Stopped", "Pending")),
            "Active, Paused, Stopped or Pending.",
            Change.ACT,
            argument="``Active``, ``Paused``, ``Stopped`` or ``Pending``.",
            unmanaged="stays {}",
        ),
        Field(
            "tags",
            Ids(empty=list),
            f"Ids of the {noun}'s tags.",
            Change.SEND_ALONE,
            argument="ids of tags. Default: not managed; an empty list clears them.",
            unmanaged="keeps {}; [] clears them",
        ),
        Field(
            "kc_cluster_id",
            Text(),
            "The Kafka Connect cluster; None is the default cluster.",
            Change.SEND_ALONE,
            argument="the Kafka Connect cluster.",
            may_be_none=True,
            echoed=False,
            unmanaged="stays on {}",
            not_for={"api": f"Streamkap itself chooses where a {noun} of {{code}} runs; omit it"},
        ),
        Field(
            "created_from",
            Choice(allowed=("api", "terraform", "web")),
            "",
            Change.NEVER,
            "api",
            argument="``api``, ``terraform`` or ``web``; sent to Streamkap at creation, and never a difference.",
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
            argument='how long ``create``, ``update`` and ``delete`` may take: ``"1h30m"``, ``"90s"``, or a number of '
            'seconds. Default: ``"20m"`` each. It wins over `custom_timeouts` of `opts`, which mean the same.',
            is_output=False,
        ),
        Field(
            "status",
            Type("str"),
            "The observed status: Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, or a newer "
            "one.",
            wire="connector_status",
        ),
        Field("topics", _STRINGS, topics),
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
            "created_timestamp",
            Type("str"),
            f"When the {noun} was created, ISO 8601, such as ``2026-01-15T10:30:00Z``.",
        ),
        Field(
            "sub_id",
            Type("str"),
            "What the API calls ``sub_id``; its documentation does not say what it is the id of.",
            may_be_none=True,
        ),
        Field("tenant_id", Type("str"), f"The customer that the {noun} belongs to, an id.", may_be_none=True),
    )


def made_for_the_user(noun: str) -> tuple[Field, ...]:
    """What the server makes for the user of some connectors."""
    return (
        Field(
            "ssh_public_key",
            Type("str"),
            f"The key to install on the bastion host, for a {noun} with ``ssh.enabled``.",
            made_of="ssh.public.key.user.displayed",
            may_be_none=True,
        ),
        Field(
            "webhook_url",
            Type("str"),
            f"Where to send events, for a webhook {noun}.",
            made_of="webhook.url",
            may_be_none=True,
        ),
        Field(
            "api_key",
            Type("str"),
            f"The key to send events with, for a webhook {noun}. Secret.",
            made_of="api.key",
            secret=True,
            may_be_none=True,
        ),
    )
