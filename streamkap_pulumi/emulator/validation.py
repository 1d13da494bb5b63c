"""Checks requests as the API does: first the shape (422), then the content (400).

The shape is checked as the API's own framework does it, so that each entry under ``detail`` has ``loc``, ``msg``,
``type`` and ``input``. The messages of 400 are undocumented.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar

import pydantic

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.emulator.calls import Call, Problem
from streamkap_pulumi.emulator.properties import (
    default_of,
    has_property,
    holds,
    is_port,
    meant_key,
    shown,
    split_list,
    unset,
)

if TYPE_CHECKING:
    from streamkap_pulumi.emulator.kinds import ConnectorKind, Kind

_Model = TypeVar("_Model", bound=pydantic.BaseModel)
_Query = TypeVar("_Query", bound=pydantic.BaseModel)
_DEEPEST = 100
_Scalar: TypeAlias = str | int | bool | None
_Texts: TypeAlias = str | list[str] | None


class Named(pydantic.BaseModel):
    """The body of an update without the kind's own fields; keys that the API does not know are ignored."""

    name: str


class Write(Named):
    """The body of an update of an object that runs a connector."""

    connector: str
    config: dict[str, Any]


class Create(Named):
    """The body of a create, with any words."""

    created_from: str | None = "api"


class ConnectorCreate(Write, Create):
    """The body of a create of an object that runs a connector, with any words."""

    desired_state: str | None = None


_SIX_STATES = Literal["Pending", "Active", "Paused", "Stopped", "Pending Update", "Pending Delete"]
_WORDS: dict[str, dict[str, Any]] = {
    "newest": {"created_from": Literal["terraform", "web", "api"], "desired_state": _SIX_STATES},
    "older": {
        "created_from": Literal["terraform", "web", "api"],
        "desired_state": Literal["Pending", "Active", "Paused", "Stopped"],
    },
    "audit": {"created_from": Literal["terraform", "ui", "api"], "desired_state": _SIX_STATES},
}
"""The words that a create accepts, by the value of `create_words`."""


def update_body(kind: Kind, base: type[_Model]) -> type[_Model]:
    """The body of an update of this kind: `base`, and the kind's own fields."""
    body: type[_Model] = _update_body(kind, base)
    return body


@cache
def _update_body(kind: Kind, base: Any) -> Any:
    sent: dict[str, Any] = {field.name: (field.type, ... if field.required else None) for field in kind.sent_fields}
    return pydantic.create_model("Update", __base__=base, **sent)


def create_body(call: Call, kind: Kind, base: type[_Model]) -> type[_Model]:
    """The body of a create of this kind, with the words of the switch `create_words`."""
    body: type[_Model] = _create_body(kind, base, str(call.fault("create_words")))
    return body


@cache
def _create_body(kind: Kind, base: Any, words: str) -> Any:
    chosen: dict[str, Any] = {
        name: (words_of_it | None, base.model_fields[name].default)
        for name, words_of_it in _WORDS[words].items()
        if name in base.model_fields
    }
    return pydantic.create_model("Create", __base__=_update_body(kind, base), **chosen)


class _ScalarConfig(pydantic.BaseModel):
    config: dict[str, _Scalar]


class _ListConfig(pydantic.BaseModel):
    config: dict[str, _Scalar | list[_Scalar]]


class _NestedConfig(pydantic.BaseModel):
    config: dict[str, _Scalar | list[Any] | dict[str, Any]]


class SecretQuery(pydantic.BaseModel):
    """The query of every route that shows objects."""

    secret_returned: bool = False


class WriteQuery(SecretQuery):
    """The query of every route that changes an object."""

    wait: bool = True


class ActionQuery(WriteQuery):
    """The query of deploy and of the state actions, which by default do not wait."""

    wait: bool = False


class ListQuery(SecretQuery):
    """The query of the list, and the body of the search."""

    page: Annotated[int, pydantic.Field(ge=1)] = 1
    page_size: Annotated[int, pydantic.Field(ge=1, le=100)] = 10
    sort: str | None = None
    sort_dir: Literal["asc", "desc"] = "asc"
    partial_name: str | None = None
    id: _Texts = None
    connector: _Texts = None
    status: _Texts = None
    tag_ids: _Texts = None
    tag_filter_operation: Literal["or", "and"] = "or"


@cache
def list_query(kind: ConnectorKind) -> type[ListQuery]:
    """The query of the list of this kind, with its own filters; they are accepted, and change nothing."""
    own: dict[str, Any] = {field.name: (field.type, None) for field in kind.filters}
    return pydantic.create_model("ListQuery", __base__=ListQuery, **own)


class TagQuery(pydantic.BaseModel):
    """The query of the list of tags, and the body of their search."""

    tag_ids: list[str] | None = None
    tag_name: list[str] | None = None
    tag_type: list[str] | None = None
    tag_logic: Literal["or", "and"] = "or"


class Snapshot(pydantic.BaseModel):
    """The body of the snapshot routes."""

    source_id: str
    topic_names: list[str] | None = None
    additional_conditions: list[dict[str, Any]] | None = None
    snapshot_type: Literal["incremental", "blocking"] = "incremental"
    surrogate_key: str | None = None


def parse_query(call: Call, model: type[_Model]) -> _Model:
    """The query, as `model` describes it."""
    return _validate(model, dict(call.query), "query")


def parse_body(call: Call, model: type[_Model]) -> _Model:
    """The body, as `model` describes it."""
    return _validate(model, json_body(call), "body")


def parse_search(call: Call, model: type[_Model], query: Mapping[str, Any]) -> _Model:
    """The query of a search with the body laid over it: the body wins."""
    body = json_body(call) if call.body else {}
    return _validate(model, {**query, **body} if isinstance(body, dict) else body, "body")


def parse_lists(call: Call, model: type[_Model]) -> dict[str, Any]:
    """The query, checked, with a list for each parameter that may occur several times."""
    lists = {name for name, known in model.model_fields.items() if known.annotation == list[str] | None}
    given = {name: call.repeated[name] if name in lists else value for name, value in call.query.items()}
    return _validate(model, given, "query").model_dump(exclude_unset=True)


def parse_write(call: Call, model: type[_Model], kind: ConnectorKind) -> _Model:
    """The body of a create or update, with the config's values checked by what the connector can hold."""
    body = json_body(call)
    written = _validate(model, body, "body")
    connector = kind.catalogue.find(body["connector"])
    lists = connector is not None and connector.family == "api"
    config = _ListConfig if lists else _ScalarConfig if kind.scalar_config else _NestedConfig
    _validate(config, body, "body")
    return written


def parse_query_and_write(
    call: Call, query_model: type[_Query], model: type[_Model], kind: ConnectorKind
) -> tuple[_Query, _Model]:
    """The query and the body of a create or update; one list names what is wrong with either."""
    try:
        query = parse_query(call, query_model)
    except Problem as problem:
        raise also(problem, lambda: parse_write(call, model, kind)) from None
    return query, parse_write(call, model, kind)


def also(problem: Problem, check: Callable[[], object]) -> Problem:
    """The problem together with what `check` finds; a body that is not JSON is reported alone."""
    try:
        check()
    except Problem as other:
        if other.detail[0]["type"] == "json_invalid":
            return other
        return Problem(422, [*problem.detail, *other.detail])
    return problem


def json_body(call: Call) -> Any:
    """The body's JSON; 422 when it is not JSON."""
    if not call.body:
        raise _invalid("missing", [], "Field required", None)
    # A header without a value counts as missing.
    media_type = (call.headers.get("content-type") or "application/json").split(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        return call.body.decode("utf-8", "replace")
    try:
        return read_json(call.body)
    except json.JSONDecodeError as error:
        raise _invalid("json_invalid", [error.pos], "JSON decode error", {}, {"error": error.msg}) from error
    except ValueError as error:
        raise _invalid("json_invalid", [0], "JSON decode error", {}, {"error": str(error)}) from error


def read_json(text: bytes) -> Any:
    """The JSON in `text`; `ValueError` when it is not JSON, or cannot be stored and sent back."""
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("Nested too deeply") from None
    else:
        _check_depth(value, _DEEPEST)
        return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise ValueError("Nested too deeply")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_depth(item, left - 1)


def _invalid(kind: str, loc: list[Any], msg: str, given: Any, ctx: Any = None) -> Problem:
    entry = {"type": kind, "loc": ["body", *loc], "msg": msg, "input": given}
    return Problem(422, [{**entry, "ctx": ctx} if ctx else entry])


def _validate(model: type[_Model], values: Any, place: str) -> _Model:
    try:
        # The framework also accepts objects with attributes, which decides the message for other bodies.
        return model.model_validate(values, from_attributes=not isinstance(values, dict))
    except pydantic.ValidationError as error:
        details = json.loads(error.json(include_url=False))
        raise Problem(422, [{**entry, "loc": [place, *entry["loc"]]} for entry in details]) from None


def known_connector(kind: ConnectorKind, code: str) -> Connector:
    """The connector with this code; 400 when there is none."""
    connector = kind.catalogue.find(code)
    if connector is None:
        raise Problem(400, f"Connector '{code}' is not supported")
    return connector


def real_keys(call: Call, connector: Connector, config: dict[str, Any]) -> dict[str, Any]:
    """The config under the connector's own keys, also where it was sent in the reference's spellings."""
    if not call.on("reference_spellings"):
        return config
    others = {key: meant for key in config if (meant := meant_key(connector, key)) != key}
    real = {key: value for key, value in config.items() if key not in others}
    # A value sent under the real key wins over one sent under another spelling.
    return {meant: config[key] for key, meant in others.items()} | real


def accepted(call: Call, connector: Connector, config: dict[str, Any]) -> dict[str, Any]:
    """What the server stores of the config: not what it assigns itself, and usually no unknown keys."""
    keep = call.fault("unknown_keys") == "keep"
    assigned = {key for key, known in connector.properties.items() if known.server_assigned}
    return {
        key: value for key, value in config.items() if key not in assigned and (keep or has_property(connector, key))
    }


def refused(call: Call, connector: Connector, config: dict[str, Any]) -> list[str]:
    """The unknown keys, where `unknown_keys` refuses them."""
    if call.fault("unknown_keys") != "reject":
        return []
    return [key for key in config if not has_property(connector, key)]


def check_config(connector: Connector, config: Mapping[str, Any], unknown: Iterable[str] = ()) -> None:
    """400 with all faults of the config; `unknown` are the keys to refuse."""
    faults = []
    if missing := [key for key, known in connector.properties.items() if _missing(connector, known, config)]:
        faults.append(f"Missing required configuration properties: {', '.join(missing)}")
    if surplus := list(unknown):
        faults.append(f"Unknown configuration properties: {', '.join(surplus)}")
    for key, known in connector.properties.items():
        value = config.get(key)
        if known.server_assigned or unset(value):
            continue
        if fault := _fault(known, value):
            faults.append(f"Invalid value for '{key}': {fault}")
        needed = [other for other in known.requires if unset(config.get(other))]
        if needed:
            faults.append(f"'{key}' also requires: {', '.join(needed)}")
    if faults:
        raise Problem(400, "; ".join(faults))


def _missing(connector: Connector, known: Property, config: Mapping[str, Any]) -> bool:
    if known.server_assigned or default_of(known) is not None or not unset(config.get(known.key)):
        return False
    if known.published_without:
        return False  # Streamkap's own clients create such sources, whatever its catalogue says.
    if known.required_if_shown:
        # Without conditions: the survey knows that there are some, but not which.
        return bool(known.conditions) and shown(connector, known, config)
    return known.required or (bool(known.required_when) and holds(connector, known.required_when, config))


def _fault(known: Property, value: Any) -> str | None:
    if known.type == "map":
        return None if isinstance(value, (dict, str)) else "must be an object"
    if known.wire == "array<string>":
        return _list_fault(known, value)
    if isinstance(value, (dict, list)):
        return "must be a single value"
    if known.enum and str(value) not in map(str, known.enum):
        return f"must be one of {', '.join(map(str, known.enum))}"
    if known.wire == "boolean":
        return None if str(value).lower() in {"true", "false"} else "must be true or false"
    return _number_fault(known, value) if known.wire in {"integer", "number-or-string"} or is_port(known) else None


def _list_fault(known: Property, value: Any) -> str | None:
    if isinstance(value, dict):
        return "must be a list"
    few = known.min_items is not None and len(split_list(value)) < known.min_items
    return f"must have at least {known.min_items} item" if few else None


def _number_fault(known: Property, value: Any) -> str | None:
    try:
        number = int(str(value))
    except ValueError:
        return "must be a whole number"
    if known.min is not None and number < known.min:
        return f"must be at least {known.min}"
    if known.max is not None and number > known.max:
        return f"must be at most {known.max}"
    return None
