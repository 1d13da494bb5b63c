"""Canonical values: what the API takes for what the user wrote, and whether two values mean the same.

The API is typed loosely: a port is a string, a list of tables is one comma-joined string, a value that the server
filled in is a string whatever its type, and what is empty comes back as null. All of that is known here only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from streamkap_pulumi.config.catalogue import Property

_LIST_KEY = re.compile(r"(include|exclude)\.list(\.user\.defined)?$|^database\.names$|\.types\.exclude$")
_ORDERED_LIST_KEY = re.compile(r"^transforms\.")
"""The order of the fields that a transform names may matter, for example in a compound key."""

_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}
_ANSWERS: Mapping[str, bool] = {"yes": True, "no": False}


def canonical(known: Property | None, value: Any) -> Any:
    """`value` as the API takes it for the property `known`; None stands for a property the catalogue does not know.

    Canonicalising a canonical value changes nothing. A value that cannot be what the property takes is given back as
    it is: refusing it is the validation's task, and in the end the API's.
    """
    value = _integral(value)
    if value is None or known is None:
        return value
    return _BY_WIRE[known.wire](known, value)


def same(known: Property | None, one: Any, other: Any) -> bool:
    """The two values mean the same to the API, however they are spelled. Null, empty and absent are one thing."""
    one, other = canonical(known, one), canonical(known, other)
    if _blank(one) or _blank(other):
        return _blank(one) and _blank(other)
    if one == other and isinstance(one, bool) == isinstance(other, bool):
        return True
    return _loosely_same(one, other) if known is None else _same_meaning(known, one, other)


def _same_meaning(known: Property, one: Any, other: Any) -> bool:
    if known.wire == "json-string":
        return bool(_json(one) == _json(other))
    if _is_list(known) and not _ORDERED_LIST_KEY.search(known.key):
        if not (isinstance(one, (str, list)) and isinstance(other, (str, list))):
            return False
        return set(_items(one)) == set(_items(other))
    if _is_yes_no(known):
        return _answer(one) is not None and _answer(one) == _answer(other)
    if known.wire == "string" and known.type == "integer":
        return bool(_number(one, one) == _number(other, other))
    return False


def _to_array(_: Property, value: Any) -> Any:
    return _items(value) if isinstance(value, (str, list, tuple)) else value


def _to_boolean(_: Property, value: Any) -> Any:
    return _truth(value, value)


def _to_integer(_: Property, value: Any) -> Any:
    return _integral(_number(value, value))


def _to_json(_: Property, value: Any) -> Any:
    is_data = isinstance(value, (Mapping, list))
    return json.dumps(value, sort_keys=True, separators=(",", ":")) if is_data else value


def _to_string(known: Property, value: Any) -> Any:
    if isinstance(value, bool):
        yes, no = ("Yes", "No") if _is_yes_no(known) else ("true", "false")
        return yes if value else no
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)) or (isinstance(value, str) and _is_list(known)):
        return ",".join(_items(value))
    return value


_BY_WIRE: Mapping[str, Callable[[Property, Any], Any]] = {
    "array<string>": _to_array,
    "boolean": _to_boolean,
    "integer": _to_integer,
    "number-or-string": _to_integer,
    "json-string": _to_json,
    "string": _to_string,
}


def _is_yes_no(known: Property) -> bool:
    return known.enum is not None and {"Yes", "No"} <= set(known.enum)


def is_mask(value: Any, *, secret: bool) -> bool:
    """The server shows this instead of a secret. The form is undocumented: stars, with the secret's end or not."""
    if not isinstance(value, str):
        return False
    return bool(re.fullmatch(r"[*•]{3,}.{0,8}" if secret else r"[*•]{6,}", value))


def _is_list(known: Property) -> bool:
    return known.wire == "array<string>" or (known.wire == "string" and bool(_LIST_KEY.search(known.key)))


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and len(value) == 0)


def _integral(value: Any) -> Any:
    """Numbers reach the provider as floats: 5432.0 is 5432."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_integral(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _integral(item) for key, item in value.items()}
    return value


def _items(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value
    return [text for part in parts if (text := str(_integral(part)).strip())]


def _truth(value: Any, otherwise: Any) -> Any:
    return _TRUTHS.get(value.strip().lower(), otherwise) if isinstance(value, str) else value


def _answer(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {**_TRUTHS, **_ANSWERS}.get(value.strip().lower()) if isinstance(value, str) else None


def _number(value: Any, otherwise: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\s*[+-]?\d{1,30}(\.\d{1,30})?\s*", value):
        return otherwise
    return _integral(float(value)) if "." in value else int(value)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _loosely_same(one: Any, other: Any) -> bool:
    """Of a property that the catalogue does not know: a string may stand for a boolean, a number or a list."""
    if isinstance(one, str) and isinstance(other, str):
        return False
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(_truth(one, None) is not None and _truth(one, one) is _truth(other, other))
    if isinstance(one, (int, float)) or isinstance(other, (int, float)):
        return bool(_number(one, one) == _number(other, other))
    if isinstance(one, list) or isinstance(other, list):
        return isinstance(one, (str, list)) and isinstance(other, (str, list)) and _items(one) == _items(other)
    return bool(_json(one) == _json(other))
