"""Check: refuses what cannot work, all of it at once, and answers with canonical values in the recorded spelling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from streamkap_pulumi.config.catalogue import Connector, connector_codes, find_connector
from streamkap_pulumi.config.hints import nearest_code, suggest
from streamkap_pulumi.config.slips import STRINGIFIED, is_stringified, stray_in_name
from streamkap_pulumi.config.spelling import Spelling, real_key
from streamkap_pulumi.config.validation import faults, with_way_around
from streamkap_pulumi.config.values import blank, canonical, first_unknown, has_unknown, same
from streamkap_pulumi.config.wording import described, quoted
from streamkap_pulumi.durations import seconds
from streamkap_pulumi.lifecycle import grants
from streamkap_pulumi.lifecycle.checked import CheckedSource, CheckedSources
from streamkap_pulumi.lifecycle.declared import ASKED, DESIRED_STATES, INPUTS, OPERATIONS, ORIGINS, PROPOSED_NAME

FAULTS = "__faults"
"""Hidden input: what the program itself found wrong: sentences, what `refusal` makes of them, and lists of these."""

SPELLING = "__spelling"
"""Hidden input: how the program spells the properties of its config, where that is not by their real keys."""
UNCHECKED = "__unchecked"
"""Hidden input: the keys of the config that are newer than the catalogue, and sent as they are."""

SILENT = "__silent"
"""Hidden input: the inputs, and ``config.<key>``, whose values came as Outputs. They may be secret: none is told."""

EXISTS = "STREAMKAP_SOURCE_EXISTS"
"""Variable of the environment that `streamkap adopt` sets for the preview by which it learns what is declared."""

_NO_NAME = (
    "name: it is missing, and the one that the program worked out is gone: a transform has left out the hidden inputs, "
    "whose names begin with two underscores. Have it return args.props with its changes, or set name"
)

_SPENT_BY_RECORDED = (
    "it is the grant that the recorded source was signed in by, and it is used up: a replacement could not be created "
    "by it. Sign in to the service again in Streamkap, and declare the new grant"
)
_SHARED_GRANT = (
    "the source {other!r} of this program has the same grant, which is good for one request. Sign in to the service "
    "again in Streamkap, and declare a grant of its own"
)

_REFUSED = object()
"""What stands for a value that the program refused."""

Unknown = Callable[[Any], bool]


def check(
    inputs: Mapping[str, Any],
    recorded: Mapping[str, Any],
    unknown: Unknown,
    checked: CheckedSources | None = None,
    *,
    exists: bool = False,
    urn: str | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """The inputs to record, and the faults of `inputs`, each a sentence in the user's own spelling.

    Args:
        inputs: as the program declares them. A secret's value never gets into a fault.
        recorded: the checked inputs of the last run; empty for a source that is new or replaced.
        unknown: whether a value is not known yet, as happens in a preview. Such a value is not checked.
        checked: the sources that this run has checked before.
        exists: the source is there though it is not recorded, as where it is adopted.
        urn: the resource's, where it is known.
    """
    refused, told = _faults_of_program(inputs, unknown)
    judged = _with_refused(inputs, refused)

    def unjudged(value: Any) -> bool:
        return value is _REFUSED or unknown(value)

    found = told + _faults(judged, recorded, unjudged, told)
    found += _grant_faults(judged, recorded, unjudged, checked, exists=exists, urn=urn)
    if found:
        return {name: inputs[name] for name in INPUTS if name in inputs}, found
    kept_name = checked.recorded_name(inputs, urn) if checked else None
    answer = _canonical_inputs(inputs, recorded, unknown, kept_name)
    if answer["name"] is None:
        return answer, [_NO_NAME]
    if checked is None or unknown(answer["name"]):
        return answer, []
    other = checked.add(inputs, answer, recorded, urn)
    return answer, [_name_fault(answer["name"], other)] if other else []


def slip_in_connector(connector: str, recorded: Any) -> str | None:
    """What is wrong with a connector that would replace the `recorded` one and is probably a slip; None if nothing.

    Of a new source it is a warning only: Streamkap has the last word, and its refusal loses nothing.
    """
    if not isinstance(recorded, str) or connector == recorded or find_connector(connector):
        return None
    meant = nearest_code(connector, (*connector_codes(), recorded))
    if meant is None:
        return None
    return (
        f"{connector!r} is not a connector that this version of streamkap_pulumi knows; did you mean {meant!r}? The "
        f"recorded source ({recorded}) is not deleted for it: Streamkap would probably refuse to create it again. "
        "If Streamkap does have this connector, declare the new source under another resource name, and remove the old "
        "one afterwards"
    )


def _name_fault(name: str, other: CheckedSource) -> str:
    return (
        f"name: the source {other.resource!r} of this program has the name {name!r} as well; a name is unique in "
        "Streamkap, so give one of the two another"
    )


def refusal(path: str, text: str) -> dict[str, str]:
    """The fault `text` of the input, or ``config.<key>``, `path`, which the program has therefore left out."""
    return {"input": path, "text": text}


def _faults(inputs: Mapping[str, Any], recorded: Mapping[str, Any], is_unknown: Unknown, told: list[str]) -> list[str]:
    """What is wrong with `inputs` besides what the program has `told`."""
    found = list(_stringified_inputs(inputs))

    def unknown(value: Any) -> bool:
        return is_unknown(value) or (isinstance(value, str) and is_stringified(value))

    if inputs.get("config") is None and not told:
        found.append("config: it is missing. It is a typed config or a mapping of the connector's properties to values")
    found += _unknown_inputs(inputs)
    if not (inputs.get("connector") is None and any(fault.startswith("config: ") for fault in [*told, *found])):
        found += _connector_faults(inputs.get("connector"), recorded, unknown)
    found += _config_faults(inputs, unknown)
    found += _cluster_faults(inputs, unknown)
    found += _text_faults(inputs, unknown)
    found += _tags_faults(inputs.get("tags"), unknown)
    found += _timeout_faults(inputs, unknown)
    return found


def spelling_input(spelling: Spelling) -> dict[str, Any]:
    """The hidden input that tells `spelling`; empty where the program writes real keys only."""
    told = {"typed": spelling.typed, "keys": dict(spelling.keys)}
    return {name: value for name, value in told.items() if value}


def spelling_of(inputs: Mapping[str, Any]) -> Spelling:
    """How the program spells the properties of its config."""
    told = inputs.get(SPELLING)
    if not isinstance(told, Mapping):
        return Spelling()
    keys = told.get("keys")
    return Spelling(typed=bool(told.get("typed")), keys=dict(keys) if isinstance(keys, Mapping) else {})


def _faults_of_program(inputs: Mapping[str, Any], unknown: Unknown) -> tuple[list[str], list[str]]:
    """What the program has left out, since it cannot be handed on, and all that it tells."""
    refused: list[str] = []
    told: list[str] = []
    found = inputs.get(FAULTS)
    waiting = list(found) if isinstance(found, list) else []
    while waiting:
        fault = waiting.pop(0)
        if isinstance(fault, list):
            waiting[:0] = fault
        elif isinstance(fault, Mapping):
            refused.append(str(fault.get("input")))
            told.append(str(fault.get("text")))
        elif fault is not None and not unknown(fault):
            told.append(str(fault))
    return refused, told


def _with_refused(inputs: Mapping[str, Any], refused: list[str]) -> dict[str, Any]:
    """`inputs` with what the program has left out: it is neither missing, nor known to be anything."""
    given = dict(inputs)
    connector = _known_connector(given.get("connector"), lambda _: False)
    for path in refused:
        name, _, key = path.partition(".")
        config = given.get("config")
        if not key:
            given[name] = _REFUSED
        elif config is None or isinstance(config, Mapping):
            given["config"] = {**(config or {}), real_key(connector, key): _REFUSED}
    return given


def _unknown_inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    for name in inputs:
        if name not in INPUTS and not name.startswith("__"):
            yield f"{name}: a Source has no such input{suggest(name, INPUTS)} The inputs are {', '.join(INPUTS)}"


def _stringified_inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    """Of a config that is a mapping, `_config_faults` reports them by property."""
    if is_stringified(inputs.get(PROPOSED_NAME)):
        yield f"the resource's name: {STRINGIFIED}"
    for name in INPUTS:
        value = inputs.get(name)
        if name == "config" and isinstance(value, Mapping):
            continue
        parts: Iterable[tuple[str, Any]] = [(name, value)]
        if isinstance(value, (list, tuple)):
            parts = ((f"{name}[{number}]", each) for number, each in enumerate(value))
        elif isinstance(value, Mapping) and not any(map(is_stringified, value)):
            parts = ((f"{name}.{key}", each) for key, each in value.items())
        yield from (f"{path}: {STRINGIFIED}" for path, each in parts if is_stringified(each))


def _connector_faults(connector: Any, recorded: Mapping[str, Any], unknown: Unknown) -> Iterator[str]:
    if connector is None:
        yield 'connector: it is missing. A config that is a mapping needs it, for example connector="postgresql"'
    elif not unknown(connector) and not (isinstance(connector, str) and connector.strip()):
        yield f"connector: {described(connector)} is no connector; it is a text such as 'postgresql'"
    elif isinstance(connector, str) and not unknown(connector):
        slip = slip_in_connector(connector, recorded.get("connector"))
        if slip:
            yield f"connector: {slip}"


def _config_faults(inputs: Mapping[str, Any], unknown: Unknown) -> Iterator[str]:
    config = inputs.get("config")
    if config is None or unknown(config):
        return
    if not isinstance(config, Mapping):
        yield f"config: it is {described(config)}; it must be a typed config or a mapping of properties to their values"
        return
    connector = _known_connector(inputs.get("connector"), unknown)
    renamed: dict[str, Any] = {}
    spelling, unchecked = spelling_of(inputs), _texts(inputs.get(UNCHECKED))
    for key, value in config.items():
        real = key if key in unchecked else real_key(connector, key)
        renamed[real] = value
        if connector is None and (is_stringified(key) or is_stringified(value)):
            yield f"config.{quoted(key) if is_stringified(key) else key}: {STRINGIFIED}"
        elif real != key:
            yield (
                f"config.{key}: it is another spelling of {real!r}. Write {real!r} where connector or config are "
                "outputs, since they are not known when the program runs"
            )
        elif connector is None and isinstance(value, float) and not math.isfinite(value):
            yield f"config.{key}: it is not a number"
    if connector:
        silent = _texts(inputs.get(SILENT))
        hushed = [key for key in renamed if f"config.{key}" in silent or "config" in silent]
        found = faults(connector, renamed, unknown, spelling=spelling, unchecked=unchecked, silent=hushed)
        yield from with_way_around([f"{spelling.path(connector, fault.key)}: {fault.text}" for fault in found])


def _grant_faults(
    inputs: Mapping[str, Any],
    recorded: Mapping[str, Any],
    unknown: Unknown,
    checked: CheckedSources | None,
    *,
    exists: bool,
    urn: str | None,
) -> Iterator[str]:
    config = inputs.get("config")
    connector = _known_connector(inputs.get("connector"), unknown)
    if connector is None or not isinstance(config, Mapping) or unknown(config):
        return
    spelling, unchecked = spelling_of(inputs), _texts(inputs.get(UNCHECKED))
    old = recorded.get("config") if recorded.get("connector") == connector.code else None
    before = old if isinstance(old, Mapping) else {} if exists else None
    real = {key if key in unchecked else real_key(connector, key): value for key, value in config.items()}
    for fault in grants.faults(connector, real, before, unknown, spelling=spelling, unchecked=unchecked):
        yield f"{spelling.path(connector, fault.key)}: {fault.text}"
    if checked is None:
        return
    was = grants.digests_in(recorded.get("connector"), recorded.get("config"))
    spent = checked.recorded_grants(inputs, was, urn)
    for key, grant in grants.grants_in(connector.code, real).items():
        if has_unknown(grant, unknown):
            continue
        path, digest = spelling.path(connector, key), grants.digest(grant)
        if digest in spent and not recorded:
            yield f"{path}: {_SPENT_BY_RECORDED}"
        other = checked.other_with_grant(inputs, digest, urn, is_sent=not exists and digest not in was)
        if other is not None:
            yield f"{path}: {_SHARED_GRANT.format(other=other)}"


def _cluster_faults(inputs: Mapping[str, Any], unknown: Unknown) -> Iterator[str]:
    connector, cluster = _known_connector(inputs.get("connector"), unknown), inputs.get("kc_cluster_id")
    if connector and connector.family == "api" and cluster and not unknown(cluster):
        yield f"kc_cluster_id: Streamkap itself chooses where a source of {connector.code} runs; leave it out"


def _texts(told: Any) -> list[str]:
    return [each for each in told if isinstance(each, str)] if isinstance(told, (list, tuple)) else []


def _text_faults(inputs: Mapping[str, Any], unknown: Unknown) -> Iterator[str]:
    name = inputs.get("name")
    if name is not None and not unknown(name) and not (isinstance(name, str) and name.strip()):
        yield f"name: it is {described(name)}; it must be a text that is not empty. Leave it out to have one worked out"
    elif not unknown(name) and (stray := stray_in_name(name)):
        yield f"name: it has {stray}; a name has none"
    for input_name, allowed in (("desired_state", DESIRED_STATES), ("created_from", ORIGINS)):
        value = inputs.get(input_name)
        if value is not None and not unknown(value) and _one_of(value, allowed) is None:
            hint = suggest(value, allowed) if isinstance(value, str) else "."
            told = isinstance(value, str) and input_name not in _texts(inputs.get(SILENT))
            hint, shown = (hint, repr(value)) if told else (".", described(value))
            yield f"{input_name}: {shown} is not one of {', '.join(allowed)}{hint}"
    cluster = inputs.get("kc_cluster_id")
    if cluster is not None and not unknown(cluster) and not isinstance(cluster, str):
        yield f"kc_cluster_id: it is {described(cluster)}; it must be a text"
    wait = inputs.get("wait")
    if wait is not None and not unknown(wait) and not isinstance(wait, bool):
        yield f"wait: it is {described(wait)}; it must be True or False"


def _tags_faults(tags: Any, unknown: Unknown) -> Iterator[str]:
    if tags is None or unknown(tags):
        return
    if not isinstance(tags, (list, tuple)):
        yield f"tags: it is {described(tags)}; it must be a list of tag ids"
        return
    for number, tag in enumerate(tags):
        if not unknown(tag) and not (isinstance(tag, str) and tag.strip()):
            yield f"tags[{number}]: it is {described(tag)}; it must be the id of a tag"


def _timeout_faults(inputs: Mapping[str, Any], unknown: Unknown) -> Iterator[str]:
    timeouts = inputs.get("timeouts")
    if timeouts is None or unknown(timeouts):
        return
    if not isinstance(timeouts, Mapping):
        yield f'timeouts: it is {described(timeouts)}; it must be a mapping such as {{"create": "20m"}}'
        return
    for operation, duration in timeouts.items():
        if operation not in OPERATIONS:
            yield (
                f"timeouts.{operation}: there is no such operation{suggest(str(operation), OPERATIONS)} "
                f"The operations are {', '.join(OPERATIONS)}"
            )
        elif not unknown(duration):
            try:
                seconds(duration)
            except (ValueError, TypeError, AttributeError) as error:
                told = isinstance(duration, (str, int, float)) and "timeouts" not in _texts(inputs.get(SILENT))
                shown = repr(duration) if told else described(duration)
                reason = error if told and isinstance(error, ValueError) else "a duration is a text such as '20m'"
                yield f"timeouts.{operation}: {shown} cannot be used: {reason}"


def _are_texts(values: Any) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


def _canonical_inputs(
    inputs: Mapping[str, Any], recorded: Mapping[str, Any], unknown: Unknown, kept_name: str | None
) -> dict[str, Any]:
    checked = {name: inputs[name] for name in INPUTS if inputs.get(name) is not None}
    checked["name"] = inputs.get("name") or recorded.get("name") or kept_name or inputs.get(PROPOSED_NAME)
    checked["wait"] = inputs["wait"] if inputs.get("wait") is not None else True
    origin = inputs.get("created_from")
    checked["created_from"] = recorded.get("created_from") or _one_of(origin, ORIGINS) or origin or "api"
    if not unknown(checked.get("desired_state")) and "desired_state" in checked:
        checked["desired_state"] = _one_of(checked["desired_state"], DESIRED_STATES)
    if checked.get("kc_cluster_id") == "":
        del checked["kc_cluster_id"]
    tags, old_tags = checked.get("tags"), recorded.get("tags")
    if _are_texts(tags) and _are_texts(old_tags) and sorted(tags) == sorted(old_tags):
        checked["tags"] = old_tags
    if isinstance(checked["config"], Mapping):
        connector = _known_connector(checked["connector"], unknown)
        old = recorded.get("config") if recorded.get("connector") == checked["connector"] else None
        checked["config"] = canonical_config(connector, checked["config"], old, unknown)
    return checked | _asked(inputs, recorded)


def _asked(inputs: Mapping[str, Any], recorded: Mapping[str, Any]) -> dict[str, Any]:
    """When the source was asked for: now where it is new, else as recorded, so that it never is a difference.

    A state that does not tell it, as one of before this input, goes on not to tell it.
    """
    asked = (recorded or inputs).get(ASKED)
    return {} if asked is None else {ASKED: asked}


def canonical_config(
    connector: Connector | None, config: Mapping[str, Any], recorded: Any, unknown: Unknown
) -> dict[str, Any]:
    """`config` with values as the API takes them; a value that means what is recorded is spelled as recorded.

    What is empty is as if it were left out: the API makes no difference either.
    """
    old: Mapping[str, Any] = recorded if isinstance(recorded, Mapping) else {}
    answer: dict[str, Any] = {}
    for key, value in config.items():
        known = connector.properties.get(key) if connector else None
        if has_unknown(value, unknown):
            # A list with an unknown item becomes a joined string once it is known; until then all of it is unknown.
            answer[key] = first_unknown(value, unknown)
        elif not blank(known, value):
            kept = key in old and not unknown(old[key]) and same(known, value, old[key], key=key)
            answer[key] = old[key] if kept else canonical(known, value)
    properties = connector.properties if connector else {}
    empty = {key: value for key, value in old.items() if key not in answer and blank(properties.get(key), value)}
    return answer | empty


def _known_connector(connector: Any, unknown: Unknown) -> Connector | None:
    return find_connector(connector) if isinstance(connector, str) and not unknown(connector) else None


def _one_of(value: Any, allowed: tuple[str, ...]) -> str | None:
    return next((item for item in allowed if isinstance(value, str) and item.lower() == value.strip().lower()), None)
