"""The API's own words in an error: what an answer's ``detail`` says, in whichever of its shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LONGEST_DETAIL = 2000
"""Characters of it that an error tells."""


def describe_detail(detail: Any) -> str:
    """The API's `detail` as one line: a text, a list of complaints, or an object with code, message and issues.

    What a complaint says of the `input` is left out: it repeats what was sent, secrets included.
    """
    if isinstance(detail, str):
        text = " ".join(detail.split())
    elif isinstance(detail, list):
        text = "; ".join(f"{path}: {message}" if path else message for path, message in complaints(detail))
    elif isinstance(detail, Mapping):
        heads = [str(detail[key]) for key in ("code", "message") if detail.get(key)]
        text = ": ".join(heads)
        issues = "; ".join(message for _, message in complaints(detail.get("issues")))
        text = f"{text} ({issues})" if issues else text
    else:
        text = ""
    return shortened(text)


def shortened(text: str) -> str:
    """`text`, if it is not too long for an error."""
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + " …"


def each_text(detail: Any, clear: Callable[[str], str]) -> Any:
    """`detail` with each of its texts put through `clear`, before anything shortens or joins them."""
    if isinstance(detail, str):
        return clear(detail)
    if isinstance(detail, Mapping):
        return {key: each_text(value, clear) for key, value in detail.items()}
    if isinstance(detail, list):
        return [each_text(item, clear) for item in detail]
    if isinstance(detail, (int, float)) and not isinstance(detail, bool):
        number = str(detail)
        return detail if clear(number) == number else clear(number)
    return detail


def complaints(detail: Any) -> Iterator[tuple[str, str]]:
    """Each complaint of a list as (path of the field, the API's words)."""
    for entry in detail if isinstance(detail, list) else ():
        if isinstance(entry, Mapping):
            loc = entry.get("loc")
            path = ".".join(str(part) for part in loc if part != "body") if isinstance(loc, list) else ""
            yield path, str(entry.get("msg") or entry.get("message") or entry.get("type") or "refused")
        elif isinstance(entry, str):
            yield "", entry
