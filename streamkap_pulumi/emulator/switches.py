"""The table of switches: every behaviour that can be switched, with its values, its default and what it does.

The command's help, ``GET /_emulator/faults`` and the table in the documentation are generated from this table.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

ON_OFF = ("on", "off")
Value: TypeAlias = "str | float"
"""The value of a switch: a word or a number."""


class BadValueError(ValueError):
    """The switch does not take this value; the message lists those that it takes."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One behaviour that can be switched."""

    name: str
    default: Value
    doc: str
    words: tuple[str, ...] = ()
    """The words it takes."""
    number: tuple[float, float] | None = None
    """The range of the number it takes; None when it takes none."""
    text: str = ""
    """What other string it takes; empty when it takes none."""
    writes_only: bool = False
    """Without a scope of its own it affects only requests that change something."""
    spares_auth: bool = False
    """Without a path of its own it does not affect the ``/auth`` routes."""
    methods: tuple[str, ...] = ()
    """The methods that it is limited to unless its scope names some."""
    means: Mapping[str, Value] = field(default_factory=dict)
    """The values that some words stand for; the others stand for themselves."""

    @property
    def values(self) -> str:
        """Its values, as a reader sees them."""
        parts = list(self.words)
        if self.number:
            low, high = self.number
            parts.append("a number" if math.isinf(low) else f"a number from {low:g}")
            if not math.isinf(high):
                parts[-1] += f" to {high:g}"
        if self.text:
            parts.append(self.text)
        return ", ".join(parts)

    def parse(self, given: Any) -> Value:
        """The value that `given` means, from JSON or from the command line."""
        if isinstance(given, bool):
            given = "on" if given else "off"
        if self.number and not (isinstance(given, str) and plain(given) in map(plain, self.words)):
            number = _number(given)
            if number is not None and self.number[0] <= number <= self.number[1]:
                return number
        text = f"{given:g}" if isinstance(given, float) else str(given).strip()
        for word in self.words:
            if plain(word) == plain(text):
                return self.means.get(word, word)
        if self.text and text:
            return text
        raise BadValueError(f"{self.name} does not take {given!r}. It takes: {self.values}.")


def plain(word: str) -> str:
    """The word in one spelling, whatever its capitals, blanks and dashes."""
    return word.strip().lower().replace("_", " ").replace("-", " ")


def _number(given: Any) -> float | None:
    try:
        number = float(given)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) else number


class UnknownSwitchError(ValueError):
    """No switch has this name; the message suggests the nearest one."""


def _toggle(name: str, default: str, doc: str, *, more_words: tuple[str, ...] = (), **more: Any) -> Switch:
    return Switch(name, default, doc, words=(*ON_OFF, *more_words), **more)


def _seconds(name: str, default: float, doc: str, **more: Any) -> Switch:
    return Switch(name, default, doc, number=(0, 86_400), **more)


_GATEWAY = ("off", "502", "503", "504")

_SWITCHES = (
    # What readers see.
    Switch(
        "missing_get",
        "empty",
        "The answer to a GET of an unknown id: 200 with an empty list, 200 with a null list and zeros, or 404.",
        words=("empty", "null", "404"),
    ),
    Switch(
        "backfill",
        "absent",
        "Properties that were left out show their declared default, and computed twins such as `database.hostname` "
        "appear; with `on`, a property sent as null shows its default as well.",
        words=("on", "absent", "off"),
    ),
    _toggle("stringify_backfill", "on", 'Backfilled values are strings: "true", "5".'),
    Switch(
        "empty_string_to_null",
        "on",
        "An empty string comes back as null; with `on`, except where the declared default is the empty string.",
        words=("on", "all", "off"),
    ),
    Switch(
        "null_hidden_conditionals",
        "known",
        "A property whose conditions do not hold comes back as null although it was sent: only "
        "`iceberg.catalog.scope`, Oracle's `lob.enabled` and Snowflake's passphrase; with `on`, also all that have no "
        "declared default; with `all`, all.",
        words=("known", "on", "all", "off"),
    ),
    _toggle(
        "resolve_placeholders",
        "on",
        "Server-assigned properties hold real values (SSH public key, webhook URL, API key, MongoDB host); off: "
        "the declared placeholders.",
    ),
    _toggle("append_file_extension", "on", "`file.name.template` comes back with the file extension appended."),
    Switch(
        "mask_without_secret_returned",
        "on",
        "Secrets are masked unless `secret_returned=true`; with `encrypted`, only those that the API itself marks.",
        words=("on", "encrypted", "off"),
    ),
    Switch(
        "mask_style",
        "stars",
        "The form of a masked secret: eight stars, eight stars and the last four characters, null, or left out.",
        words=("stars", "last4", "null", "omit"),
    ),
    _toggle("secret_null_echo", "off", "Secrets come back null even with `secret_returned=true`."),
    Switch(
        "reorder_lists",
        "off",
        "Lists come back in reverse order, also `tags` and a tag's `type`; or comma-joined ones with a blank after "
        "each comma.",
        words=("off", "reverse", "blanks"),
    ),
    Switch(
        "ports_as",
        "echo",
        "Ports come back as they were sent, always as strings, or always as numbers.",
        words=("echo", "string", "int"),
    ),
    _toggle("drop_tenant_ids", "off", "`tenant_id` and `service_id` come back null."),
    Switch(
        "empty_tags",
        "auto",
        "The form of `tags` in an object without tags: an empty list, null, or omitted; auto: a list for sources, and "
        "null for destinations. `tags_empty_echo`, with `[]` and null, is another name.",
        words=("auto", "list", "null", "omit"),
    ),
    Switch(
        "absent_fields",
        "off",
        "Leaves out these fields of an object, as in older answers without `kc_cluster_id` and `desired_state`.",
        words=("off",),
        text="a comma-joined list of fields",
    ),
    _toggle("extra_keys", "off", "Objects and their configs have extra, unknown keys."),
    Switch(
        "connectors_shape",
        "objects",
        "`GET /sources/connectors` maps a display name to an object with `config`, or straight to the array.",
        words=("objects", "arrays"),
    ),
    Switch(
        "unknown_connector",
        "empty",
        "The answer of `GET /sources/connectors` for an unknown `connector_code`: an empty object, 400, "
        "404, 422, or the definitions of all connectors.",
        words=("empty", "400", "404", "422", "all"),
    ),
    # Lists.
    _toggle("lists_total_lies", "off", "Lists say `total` 0."),
    _toggle("has_next_lies", "off", "Lists say the opposite of the truth in `has_next`."),
    _toggle("omit_has_next", "off", "Lists leave `has_next` out."),
    Switch(
        "lists_page_limit",
        "off",
        "The most entries on a page of a list, whatever `page_size` asks for.",
        words=("off",),
        number=(1, 100),
    ),
    Switch(
        "lists_shift",
        "off",
        "As if somebody removed or added an object while a client pages through a list: from the second page on, the "
        "entry between two pages is on neither, or on both.",
        words=("off", "removed", "added"),
    ),
    # Statuses and time.
    _seconds("status_delay", 1, "Seconds that each transient status lasts."),
    _seconds("async_delete_delay", 2, "Seconds that a deleted object stays readable and keeps its name."),
    _toggle(
        "pending_after_put",
        "on",
        'After a PUT the status is "Pending Update" for `status_delay`, or for the given number of seconds.',
        number=(0, 86_400),
    ),
    _seconds("stale_after_put", 0, "Seconds that the old status still shows after a PUT."),
    Switch(
        "end_status",
        "auto",
        "The status that a create, update, deploy, resume or restart ends in, instead of Active; Broken comes with "
        "a failed task and its trace.",
        words=("auto",),
        text="any status, even an unknown one",
    ),
    Switch(
        "status_path",
        "auto",
        "The statuses to pass through instead, `status_delay` seconds each, such as `Starting,Broken,Active`; the "
        "last one stays.",
        words=("auto",),
        text="a comma-joined list of statuses",
    ),
    _toggle(
        "stuck",
        "off",
        "A change that starts while this is on never leaves its first transient status (a delete only if the scope "
        "names DELETE).",
        methods=("POST", "PUT"),
    ),
    _toggle(
        "transient_desired_state",
        "off",
        '`desired_state` shows "Pending Update" and "Pending Delete" while the status does.',
    ),
    _seconds("wait_limit", 30, "The most seconds that a call with `wait=true` waits; then the gateway answers 504."),
    _seconds("snapshot_duration", 2, "Seconds that a snapshot runs."),
    _toggle(
        "task_trace_secret",
        "off",
        "The trace of a failed task contains the object's secret values; with `all`, every value that was sent.",
        more_words=("all",),
    ),
    # Writes.
    Switch(
        "create_status",
        "auto",
        "The status of a successful create; auto: 200, and 202 with `wait=false`. `created_status` is another name.",
        words=("auto", "200", "201", "202"),
    ),
    Switch(
        "create_words",
        "newest",
        "The words that a create accepts: six for `desired_state`, and terraform, web and api for `created_from`; with "
        "`older`, only the four desired states of an older page; with `audit`, ui instead of web.",
        words=("newest", "older", "audit"),
    ),
    Switch(
        "update_status",
        "auto",
        "The status of a successful update; auto: 200, and 202 with `wait=false`.",
        words=("auto", "200", "202"),
    ),
    Switch(
        "delete_status",
        "auto",
        "The status of a successful delete; auto: 200, and 202 with `wait=false`.",
        words=("auto", "200", "202"),
    ),
    Switch(
        "delete_body",
        "deleted",
        'The body of the answer to a successful delete: {"deleted": true}, the object, null, or nothing.',
        words=("deleted", "object", "null", "empty"),
    ),
    Switch(
        "put_mode",
        "replace",
        "Whether a PUT replaces the whole config or is merged into it.",
        words=("replace", "merge"),
    ),
    Switch(
        "unknown_keys",
        "drop",
        "Config keys that the connector does not have are silently dropped, refused with 400, or kept.",
        words=("drop", "reject", "keep"),
    ),
    _toggle(
        "reference_spellings",
        "on",
        "The keys of the API reference's own example, such as `database.user.user.defined`, count as the real "
        "ones, and so does every key with one `.user.defined` too many or too few; off: they are unknown keys.",
    ),
    Switch(
        "dup_scope",
        "auto",
        "Names are unique in the tenant (the list shows one service only, so the other may be invisible) or in "
        "the service; auto: as usual for the kind of object, which for sources and destinations is the tenant. "
        "`name_scope` is another name.",
        words=("auto", "tenant", "service"),
    ),
    Switch(
        "dup_status",
        "auto",
        "The status for a name that is taken; auto: as usual for the kind of object, which for sources and "
        "destinations is 422. 409 comes with the message of older notes on the API, which does not name the object.",
        words=("auto", "422", "409"),
    ),
    Switch(
        "missing_write",
        "not found",
        "The answer of PUT, DELETE and actions for an unknown id: 404 in one of three wordings, or 400.",
        words=("not found", "does not exist", "no such", "400"),
    ),
    _toggle(
        "put_while_pending",
        "off",
        'A PUT on an object that is not deployed yet gets 500 with "status code 404".',
    ),
    Switch(
        "set_once",
        "marked",
        "A change of `iceberg.catalog.type` or of Snowflake's `ingestion.mode` gets 400; with `on`, also one of "
        "`slot.name`, `publication.name` or `database.server.id`; with `off`, none.",
        words=("marked", "on", "off"),
    ),
    Switch(
        "map_null",
        "leave",
        "A PUT with null for a property that is a map leaves the map as it is, or clears it; `{}` always clears it.",
        words=("leave", "clear"),
    ),
    Switch(
        "map_keys_left_out",
        "gone",
        "What becomes of a map that a PUT leaves out, and of a key that it leaves out of a map.",
        words=("gone", "kept"),
    ),
    Switch(
        "map_null_values",
        "gone",
        "What becomes of a key of a map that a PUT sends as null.",
        words=("gone", "kept"),
    ),
    _toggle(
        "destination_backfill",
        "on",
        "A destination that a source without fixed columns feeds, such as DynamoDB, has `*` as "
        "`transforms.MarkColumnsAsOptional.fields.include.list` unless that is set; not S3, GCS, Azure Blob Storage, "
        "Redis and Kafka. Until pipelines do it, `fed_by` of the control route says what feeds it.",
    ),
    Switch(
        "backfill_after_pipeline",
        "stays",
        "What becomes of that value when nothing such feeds the destination any more.",
        words=("stays", "goes"),
    ),
    _toggle(
        "slot_conflicts",
        "off",
        'A source with the host, slot and publication of another one gets 400 with "already exist" in the message.',
    ),
    _toggle("ignore_put", "off", "A PUT is answered as if it succeeded, but nothing is stored.", methods=("PUT",)),
    _toggle("delete_fails", "off", "A delete gets 500 with Kafka Connect's message; nothing is deleted."),
    _toggle(
        "kc_rebalance",
        "off",
        'A write gets 500 "Kafka Connect API call failed with status code 409 ..."; nothing is stored.',
        writes_only=True,
    ),
    _toggle(
        "orphan_on_create_failure",
        "off",
        "A create fails with Kafka Connect's 500, and leaves a record that holds the name and that no list shows.",
    ),
    # Tags.
    Switch(
        "tag_in_use_delete",
        "refuse",
        "A delete of a tag that an object has gets 400, or removes the tag, whose id then stays in the object.",
        words=("refuse", "allow"),
    ),
    Switch(
        "tag_reserved_types",
        "update",
        "The types `environment` and `general` get 400 in an update of a tag only, or in a create as well.",
        words=("update", "always"),
    ),
    Switch(
        "unknown_tags",
        "accept",
        "An object's `tags` may hold ids that no tag has, or such an id gets 400.",
        words=("accept", "refuse"),
    ),
    # Sources that poll a service's API.
    _toggle(
        "rewrite_values",
        "on",
        "Values of an API source come back rewritten: a date with a time, an account without `act_` or dashes.",
    ),
    Switch(
        "grants",
        "any",
        "Values of `oauth_grant_id` that can be used once: any, or only those that `POST /_emulator/grants` issued.",
        words=("any", "issued"),
    ),
    _seconds("grant_ttl", 600, "Seconds that a grant from `POST /_emulator/grants` can be used."),
    _toggle(
        "connection_warning",
        "off",
        "The answer to a create of an API source has a `connection_warning`; with `secret`, it quotes the secrets.",
        more_words=("secret",),
    ),
    _toggle(
        "deployment_refused",
        "off",
        "A create, update or deploy of an API source gets 403 with a message for customers, after its grant was used "
        "up.",
    ),
    # Failures of the network, of gateways and of the API.
    _seconds("latency_before_commit", 0, "Seconds to wait before a request is carried out.", spares_auth=True),
    _seconds(
        "latency_after_commit",
        0,
        "Seconds to wait after a request is carried out, before it is answered.",
        spares_auth=True,
    ),
    Switch(
        "gateway_before_commit",
        "off",
        "A write gets the gateway's HTML page, and is not carried out.",
        words=_GATEWAY,
        writes_only=True,
        spares_auth=True,
    ),
    Switch(
        "gateway_after_commit",
        "off",
        "A write is carried out, and gets the gateway's HTML page. `gateway_504_after_commit=on` is another name for "
        "504 here.",
        words=_GATEWAY,
        writes_only=True,
        spares_auth=True,
    ),
    _toggle(
        "gateway_request_id",
        "off",
        "The HTML pages have an `X-Request-Id` as well, as if the gateway knew it.",
    ),
    Switch(
        "html_5xx",
        "off",
        "Any request gets an HTML page with this status, and is not carried out.",
        words=("off", "500", "502", "503", "504"),
        spares_auth=True,
    ),
    _toggle(
        "login_page",
        "off",
        "Any request gets 200 with an HTML page that asks to sign in, and is not carried out.",
        spares_auth=True,
    ),
    Switch(
        "api_error",
        "off",
        "Any request gets this status with a JSON detail, and is not carried out.",
        words=("off",),
        number=(400, 599),
        spares_auth=True,
    ),
    Switch(
        "api_error_text",
        "The request could not be processed",
        "The message that comes with `api_error`, such as one of Kafka Connect's.",
        text="any string",
        spares_auth=True,
    ),
    Switch(
        "rate_limit",
        "off",
        "Requests per second; any more get 429. With 0, all get 429; `rate_limit_429=on` is another name for that.",
        words=("off",),
        number=(0, 1_000_000),
        spares_auth=True,
    ),
    Switch(
        "retry_after",
        "none",
        "How a 429 says when to retry: not at all, in seconds, or as a date.",
        words=("none", "seconds", "http-date"),
    ),
    _seconds("retry_after_seconds", 1, "The seconds until the time that `retry_after` names."),
    Switch(
        "detail_style",
        "string",
        "The shape of `detail` in errors where it would be a string.",
        words=("string", "list", "object", "null", "empty"),
    ),
    _toggle(
        "error_echoes_secrets",
        "off",
        "An error's message ends with the secret values of the request; with `all`, with every value of its config, "
        "or of a body without one, and with its token.",
        more_words=("all",),
    ),
    _toggle("unauthorized", "off", "Any request gets 401, as with an expired token.", spares_auth=True),
    _toggle("forbidden", "off", "Any request gets 403.", spares_auth=True),
    Switch(
        "connection_drop",
        "off",
        "The connection ends without an answer, before or after the request is carried out, or in the middle of the "
        "answer.",
        words=("off", "before_commit", "after_commit", "mid_body"),
        spares_auth=True,
    ),
    Switch(
        "drop_style",
        "reset",
        "How `connection_drop` ends the connection: reset, or closed normally.",
        words=("reset", "close"),
    ),
    _toggle("truncated_json", "off", "A successful answer's JSON ends half-way.", spares_auth=True),
    _toggle("empty_200", "off", "A successful answer is 200 with no body.", spares_auth=True),
    Switch(
        "wrong_shape",
        "off",
        "A successful answer is wrapped in a list, is null, is a string, or lacks the id.",
        words=("off", "list", "null", "text", "no_id"),
        spares_auth=True,
    ),
    Switch(
        "clock_skew",
        0,
        "Seconds that the server's clock is ahead, in `Date`, `created_timestamp` and `expires`.",
        number=(-math.inf, math.inf),
    ),
    _seconds("token_ttl", 3600, "Seconds that a new access token is valid."),
)

SWITCHES: dict[str, Switch] = {switch.name: switch for switch in _SWITCHES}
"""Every switch by its name, in the order of the documentation."""

ALIASES: dict[str, Switch] = {
    "gateway_504_after_commit": replace(
        SWITCHES["gateway_after_commit"], words=("on", "off", "504"), means={"on": "504"}
    ),
    "created_status": SWITCHES["create_status"],
    "name_scope": SWITCHES["dup_scope"],
    "tags_empty_echo": replace(SWITCHES["empty_tags"], words=("[]", "null"), means={"[]": "list"}),
    "rate_limit_429": replace(SWITCHES["rate_limit"], words=("on", "off"), means={"on": 0}),
}
"""Other names of switches, with their own values."""


def find_switch(name: str) -> Switch:
    """The switch with this name or alias, whatever its blanks, dashes and capitals."""
    spelt = plain(name).replace(" ", "_")
    switch = SWITCHES.get(spelt) or ALIASES.get(spelt)
    if switch is None:
        near = difflib.get_close_matches(name, SWITCHES, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(SWITCHES)}."
        raise UnknownSwitchError(f"There is no fault {name!r}.{hint}")
    return switch


def reference_table() -> str:
    """The table of all switches in Markdown, as the documentation shows it."""
    rows = [
        f"| `{switch.name}` | {switch.values.replace('|', ' ')} | `{switch.default}` | {switch.doc} |"
        for switch in SWITCHES.values()
    ]
    return "\n".join(["| fault | values | default | what it does |", "|---|---|---|---|", *rows])


def reference_text() -> str:
    """The list of all switches for a terminal."""
    return "\n".join(
        f"{switch.name}={switch.default}\n    {switch.doc}\n    Values: {switch.values}."
        for switch in SWITCHES.values()
    )
