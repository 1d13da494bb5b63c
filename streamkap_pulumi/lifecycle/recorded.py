"""What is recorded of an object: what is declared, and beside it what the API shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.config.secrecy import holds_secret
from streamkap_pulumi.lifecycle.declared import Declared, secrets_in
from streamkap_pulumi.lifecycle.keys import DECLARED, NOT_READY, OWNER, SECRET_KEYS
from streamkap_pulumi.lifecycle.live import config_of, connector_of

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import ApiObject
    from streamkap_pulumi.kinds.kind import Kind


def outputs(
    declared: Declared,
    seen: ApiObject,
    *,
    seen_from: Mapping[str, str],
    redaction: Redaction,
    not_ready: str | None = None,
) -> dict[str, Any]:
    """What is recorded of an object that this stack manages; `seen_from` is as `presence.seen_from` returns it."""
    facts = observed(declared.kind, seen, redaction) | declared.inputs() | _hidden_owner(declared.kind, seen)
    return facts | dict(seen_from) | marks(declared, not_ready)


def marks(declared: Declared, not_ready: str | None = None) -> dict[str, Any]:
    """What is recorded besides inputs and outputs: what is declared, what is secret, and why it is not ready."""
    found: dict[str, Any] = {DECLARED: [name for name in declared.kind.optional if name in declared.values]}
    if declared.secret_keys:
        found[SECRET_KEYS] = sorted(declared.secret_keys)
    if not_ready:
        found[NOT_READY] = not_ready
    return found


def with_owner(kind: Kind, seen: ApiObject, owner: Mapping[str, Any]) -> ApiObject:
    """`seen` with tenant and project as in `owner` where the answer omits them: "gone" is compared with them."""
    return seen.model_copy(update={name: getattr(seen, name, None) or owner_in(owner, name) for name in kind.owner})


def owner_in(properties: Mapping[str, Any], name: str) -> Any:
    """The tenant or the project in recorded `properties`, whether or not it is an output of the kind."""
    return properties.get(name) or properties.get(OWNER.format(name))


def _hidden_owner(kind: Kind, seen: ApiObject) -> dict[str, Any]:
    """Tenant and project, as far as they are not outputs of the kind: the API's answers omit them."""
    its = {OWNER.format(name): getattr(seen, name, None) for name in kind.owner if name not in kind.by_name}
    return {name: value for name, value in its.items() if value}


def observed(kind: Kind, seen: ApiObject, redaction: Redaction) -> dict[str, Any]:
    """What the API shows of an object, apart from its config. Missing lists are empty, missing strings absent."""
    config, facts = config_of(seen), {}
    for each in kind.outputs:
        if each.made_of:
            value = config.get(each.made_of)
            facts[each.name] = value if isinstance(value, str) and value and not _is_placeholder(value) else None
        elif each.name != "config":
            value = each.type.or_empty(each.live(seen))
            facts[each.name] = redaction.data(value) if each.quotes else value
    return {name: fact for name, fact in facts.items() if fact is not None}


def foreign(kind: Kind, seen: ApiObject, redaction: Redaction | None = None) -> dict[str, Any]:
    """What is recorded of an object that this stack does not manage: no secret property, and no secret in a string.

    `seen` was read with its secrets, which are needed to find them in the tasks' traces.
    """
    about = kind.connector(connector_of(seen))
    live = {key: value for key, value in config_of(seen).items() if value is not None}
    redaction = (redaction or Redaction()).learn(secrets_in(kind, connector_of(seen), live))
    facts = observed(kind, seen, redaction)
    if "config" in kind.by_name:
        facts["config"] = {key: value for key, value in live.items() if not holds_secret(about, key, value)}
    public = {name: fact for name, fact in facts.items() if name not in kind.secret_outputs}
    return public | _hidden_owner(kind, seen)


def _is_placeholder(value: str) -> bool:
    return value.startswith("<") and value.endswith(">")
