"""Canonical values: what the API accepts for what the user wrote, and whether two values mean the same.

The API is loosely typed: a port is a string, a list of tables is one string with commas, a value that the server sets
is a string whatever its type, and an empty value comes back as null. All of that is known only here.

Nothing here raises, whatever a value is: a value that no property accepts is returned as it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from streamkap_pulumi.config import patterns
from streamkap_pulumi.config.catalogue import Property

_LIST_KEY = re.compile(r"(include|exclude)\.list(\.user\.defined)?$|^database\.names$|\.types\.exclude$")
_ORDERED_LIST_KEY = re.compile(r"^transforms\.ValueToKey\.")
"""The order of the fields in a record's key is part of the key."""

_EXTENDED_KEY = "file.name.template"
_EXTENSION = re.compile(r"(\.[A-Za-z][A-Za-z0-9]{0,9}){1,2}")
"""What the server appends to a template of file names, such as ``.json.gz``."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
"""ASCII only: the API reads no other digits."""

_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}
_ANSWERS: Mapping[str, bool] = {"yes": True, "no": False}

_MAPS = {"object", "json-map"}
"""Wire types of mappings that the API keeps where it is sent null."""

_PLAIN = (str, bytes, int, float, set, frozenset)
"""Types that are compared by value. An object of another class may do anything when it is compared."""


Unknown = Callable[[Any], bool]
"""Whether a value is not known yet, as happens in a preview."""


LARGEST_EXACT = 2**53 - 1
"""Pulumi sends numbers as 64-bit floats: larger whole numbers become their neighbours."""


def is_rounded(value: Any) -> bool:
    """Whether `value` is a number that Pulumi may have rounded, so that it may not be what somebody wrote."""
    return isinstance(value, (int, float)) and abs(value) > LARGEST_EXACT and not math.isinf(value)


def has_unknown(value: Any, unknown: Unknown) -> bool:
    """The value, or something inside it, is not known yet."""
    waiting, seen = [value], set()  # A list may hold itself.
    while waiting:
        each = waiting.pop()
        if unknown(each):
            return True
        if isinstance(each, (list, tuple, Mapping)) and id(each) not in seen:
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, Mapping) else each)
    return False


def first_unknown(value: Any, unknown: Unknown) -> Any:
    """The first unknown part of `value`, which makes all of it unknown; `value` itself if all of it is known."""
    if unknown(value) or not has_unknown(value, unknown):
        return value
    items = value.values() if isinstance(value, Mapping) else value
    return next(first_unknown(item, unknown) for item in items if has_unknown(item, unknown))


def canonical(known: Property | None, value: Any) -> Any:
    """`value` as the API accepts it for the property `known`, which is None if the catalogue does not know it.

    A canonical value stays the same. A value that the property cannot accept is returned as it is: refusing it is the
    task of the validation, and in the end of the API.
    """
    try:
        plain = _integral(value)
        if plain is None or known is None:
            return plain
        return _BY_WIRE.get(known.wire, _as_it_is)(known, plain)
    except (ValueError, RecursionError):
        # A number with more digits than Python converts to a string, or a list that contains itself.
        return value


def same(known: Property | None, one: Any, other: Any, *, key: str = "") -> bool:
    """Whether the two values mean the same to the API, however they are written. Null, empty and absent are the same.

    Args:
        known: the property; None if the catalogue does not know it.
        one: a value as the user, the server or the state has it.
        other: another one.
        key: the property's key, if the catalogue does not know it.
    """
    try:
        one, other = canonical(known, one), canonical(known, other)
        if known and known.placeholder is not None and (_not_yet(known, one) or _not_yet(known, other)):
            return True
        if blank(known, one) or blank(known, other):
            return blank(known, one) and blank(known, other)
        if equal(one, other):
            return True
        if (known.key if known else key) == _EXTENDED_KEY and (_extends(one, other) or _extends(other, one)):
            return True
        return _loosely_same(one, other, key) if known is None else _same_meaning(known, one, other)
    except (ValueError, RecursionError):
        return False


def blank(known: Property | None, value: Any) -> bool:
    """Whether the API treats the value as absent: null, or an empty string, list or mapping."""
    value = canonical(known, value)
    if known and known.wire in {"json-string", "json-map"}:
        value = parsed_json(value)
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and len(value) == 0)


def clears(known: Property | None, value: Any) -> bool:
    """Whether the value is an empty mapping where the API distinguishes that from null: it clears, and null keeps."""
    return known is not None and known.wire in _MAPS and value not in (None, "") and blank(known, value)


def cleared(known: Property | None) -> Any:
    """What to send to clear the property: null, but for a mapping that null would keep."""
    return canonical(known, {}) if known is not None and known.wire in _MAPS else None


def is_list(known: Property) -> bool:
    """Whether the property holds several values, in an array or in one string with commas."""
    return known.wire == "array<string>" or (known.wire == "string" and bool(_LIST_KEY.search(known.key)))


def _is_unordered(key: str) -> bool:
    """Whether the property, by its name, holds a list in which the order does not matter."""
    return bool(_LIST_KEY.search(key)) and not _ORDERED_LIST_KEY.search(key)


def whole_number(value: Any) -> int | None:
    """The value as a whole number, which may be written as a string; None for anything else, including a boolean."""
    number = _number(value, value)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


_WORD = r"\s*(hidden|masked|redacted|secret|encrypted|sensitive|protected|filtered)\s*"
_MASKING_WORD = re.compile(
    rf"<{_WORD}>|\[{_WORD}\]|\({_WORD}\)|\{{{_WORD}\}}|[*•●]{{2,}}{_WORD}[*•●]{{2,}}", re.IGNORECASE
)
"""Both ends must match, since a password may contain such a word, and a mask is not compared."""


def is_mask(value: Any, *, secret: bool) -> bool:
    """Whether the server shows this instead of a secret.

    The form is undocumented: stars or dots, perhaps with the end of the secret, or a word such as ``<hidden>``.
    """
    if not isinstance(value, str):
        return False
    if not secret:
        return bool(re.fullmatch(r"[*•●]{6,}", value))
    return bool(re.fullmatch(r"[*•●]{3,}.{0,8}", value) or _MASKING_WORD.fullmatch(value))


def _not_yet(known: Property, value: Any) -> bool:
    """Whether the server has not set the property yet."""
    return (isinstance(value, str) and value == known.placeholder) or (known.placeholder == "" and value is None)


def _extends(longer: Any, shorter: Any) -> bool:
    """Whether the server appended an extension. It does not if the template has one of its own."""
    if not (isinstance(longer, str) and isinstance(shorter, str) and longer.startswith(shorter) and shorter):
        return False
    has_its_own = re.search(r"\.[A-Za-z][A-Za-z0-9]{0,9}$", shorter)
    return not has_its_own and bool(_EXTENSION.fullmatch(longer[len(shorter) :]))


def _same_meaning(known: Property, one: Any, other: Any) -> bool:
    if known.normalised:
        one, other = _rewritten(known.normalised, one), _rewritten(known.normalised, other)
        if equal(one, other):
            return True
    if known.wire == "json-string":
        return equal(parsed_json(one), parsed_json(other))
    if known.wire in _MAPS:
        return _same_map(_meant(known, one), _meant(known, other))
    if is_list(known):
        return _same_list(_items(one, known), _items(other, known), ordered=bool(_ORDERED_LIST_KEY.search(known.key)))
    return False


def _meant(known: Property, value: Any) -> Any:
    """A mapping as the API means it: of settings by topic, ``delete.sql.execute`` is ``delete_sql_execute``."""
    found = parsed_json(value)
    if known.wire != "json-map" or not isinstance(found, Mapping):
        return found
    topics = {topic: parsed_json(settings) for topic, settings in found.items()}
    return {
        topic: {name.replace(".", "_"): each for name, each in settings.items()}
        if isinstance(settings, Mapping)
        else settings
        for topic, settings in topics.items()
    }


def _same_map(one: Any, other: Any) -> bool:
    """The same keys, and values that mean the same: the API may show a number as a string."""
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return equal(_as_text(one), _as_text(other))
    return one.keys() == other.keys() and all(_same_map(one[key], other[key]) for key in one)


def _as_text(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (bool, int)) else value


def moment(text: str) -> datetime | None:
    """The moment that an ISO 8601 string means, in UTC unless it says otherwise; None where it is not one."""
    # Python 3.10 reads neither a Z nor fractions of other than three or six digits.
    iso = text[:-1] + "+00:00" if text[-1:] in {"Z", "z"} else text
    try:
        found = datetime.fromisoformat(re.sub(r"\.(\d+)", lambda digits: f".{digits[1][:6]:0<6}", iso, count=1))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _in_utc(text: str) -> str:
    found = moment(text)
    try:
        return found.astimezone(timezone.utc).isoformat() if found else text
    except OverflowError:
        return text


REWRITES: Mapping[str, Callable[[str], str]] = {
    "date-time": _in_utc,
    "without act_": lambda text: text.removeprefix("act_"),
    "without dashes": lambda text: text.replace("-", ""),
}
"""How the server rewrites some values, by the name that the catalogue has for the rule.

They are for comparing only: the user's own value is what is sent and recorded.
"""


def _rewritten(rule: str, value: Any) -> Any:
    """`value`, or each item of a list, as the server rewrites it; what the rule does not fit is unchanged."""
    if isinstance(value, list):
        return [_rewritten(rule, item) for item in value]
    return REWRITES[rule](value) if isinstance(value, str) and rule in REWRITES else value


def _same_list(items: list[str] | None, others: list[str] | None, *, ordered: bool) -> bool:
    if items is None or others is None:
        return False
    meant, others_meant = ([patterns.meaning(item) for item in each] for each in (items, others))
    return meant == others_meant if ordered else set(meant) == set(others_meant)


def equal(one: Any, other: Any) -> bool:
    """Equal as in JSON: True is not 1, and NaN equals itself."""
    if one is other:
        return True
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return isinstance(one, _PLAIN) and isinstance(other, _PLAIN) and one == other


def _as_it_is(_: Property, value: Any) -> Any:
    return value


def _to_array(known: Property, value: Any) -> Any:
    items = _items(value, known)
    return value if items is None else items


def _to_boolean(_: Property, value: Any) -> Any:
    return _truth(value, value)


def _to_integer(_: Property, value: Any) -> Any:
    number = whole_number(value)
    return value if number is None else number


def _to_json(_: Property, value: Any) -> Any:
    if not isinstance(value, (Mapping, list)):
        return value
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except TypeError:
        return value


def _to_object(_: Property, value: Any) -> Any:
    found = parsed_json(value)
    if isinstance(found, str) and (pairs := _pairs(found)):
        return pairs
    return found if isinstance(found, Mapping) else value


def _pairs(text: str) -> dict[str, str] | None:
    """The mapping that ``raw:clean,raw2:clean2`` means, as earlier versions of Streamkap's provider wrote it."""
    parts = [part.partition(":") for part in text.split(",") if part.strip()]
    pairs = {key.strip(): value.strip() for key, _, value in parts}
    return pairs if len(pairs) == len(parts) and all(pairs) and all(pairs.values()) else None


def _to_json_map(known: Property, value: Any) -> Any:
    found = parsed_json(value)
    if not isinstance(found, Mapping):
        return value
    settings = {topic: _to_json(known, parsed_json(each)) for topic, each in found.items()}
    return _to_json(known, settings)


def _to_string(known: Property, value: Any) -> Any:
    if is_yes_no(known) and _answer(value) is not None:
        return "Yes" if _answer(value) else "No"
    if isinstance(value, bool):
        return "true" if value else "false"
    if known.type == "integer":
        value = _to_integer(known, value)
    if isinstance(value, str) and known.enum and value.strip() in known.enum:
        return value.strip()
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if is_list(known) and isinstance(value, (list, str)):
        items = _items(value, known)
        if isinstance(value, list) and items is not None:
            # An item may contain a comma or an unmatched bracket: the joined string counts.
            items = _items(",".join(items), known)
        return value if items is None else ",".join(items)
    return value


_BY_WIRE: Mapping[str, Callable[[Property, Any], Any]] = {
    "array<string>": _to_array,
    "boolean": _to_boolean,
    "integer": _to_integer,
    "number-or-string": _to_integer,
    "json-string": _to_json,
    "json-map": _to_json_map,
    "object": _to_object,
    "string": _to_string,
}


def is_yes_no(known: Property) -> bool:
    """Whether the property accepts ``Yes`` or ``No``. Users may write booleans instead."""
    return known.enum is not None and {"Yes", "No"} <= set(known.enum)


def _integral(value: Any) -> Any:
    """Numbers reach the provider as floats: 5432.0 is 5432."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, (list, tuple)):
        return [_integral(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _integral(item) for key, item in value.items()}
    return value


def _items(value: Any, known: Property | None = None) -> list[str] | None:
    """The items of a list or of a string with commas; None for anything but a list of strings and numbers."""
    if isinstance(value, str):
        parts: list[Any] = value.split(",") if known is None or known.wire == "array<string>" else patterns.split(value)
    elif isinstance(value, (list, tuple)):
        if any(isinstance(part, bool) or not isinstance(part, (str, int, float)) for part in value):
            return None
        parts = [str(_integral(part)) for part in value]
        if known and known.wire == "array<string>":
            # The server joins them with commas, so an item with a comma comes back as two.
            parts = ",".join(parts).split(",")
    else:
        return None
    return [text for part in parts if (text := part.strip())]


def _truth(value: Any, otherwise: Any) -> Any:
    return _TRUTHS.get(value.strip().lower(), otherwise) if isinstance(value, str) else value


def _answer(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {**_TRUTHS, **_ANSWERS}.get(value.strip().lower()) if isinstance(value, str) else None


def _number(value: Any, otherwise: Any) -> Any:
    if isinstance(value, float):
        return _integral(value)
    text = value.strip() if isinstance(value, str) else ""
    if not _NUMBER.fullmatch(text):
        return otherwise
    whole, _, fraction = text.partition(".")
    return int(whole) if not fraction.strip("0") else float(text)


def parsed_json(value: Any) -> Any:
    """The value of a JSON string; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return _integral(json.loads(value))
    except (ValueError, RecursionError):
        return value


def is_json(value: Any) -> bool:
    """Whether JSON can express the value."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _loosely_same(one: Any, other: Any, key: str) -> bool:
    """For a property that the catalogue does not know: a string may stand for a boolean, a number or a list."""
    if _is_unordered(key):
        some, others = (_items(patterns.split(each) if isinstance(each, str) else each) for each in (one, other))
        if some is not None and others is not None:
            return _same_list(some, others, ordered=False)
    if isinstance(one, str) and isinstance(other, str):
        return False
    if isinstance(one, bool) or isinstance(other, bool):
        return bool(_truth(one, None) is not None and _truth(one, one) is _truth(other, other))
    if isinstance(one, (int, float)) or isinstance(other, (int, float)):
        return equal(_number(one, one), _number(other, other))
    if isinstance(one, list) or isinstance(other, list):
        items, other_items = _items(one), _items(other)
        if items is not None and items == other_items:
            return True
    return equal(parsed_json(one), parsed_json(other))
