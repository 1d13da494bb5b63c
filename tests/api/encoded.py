"""How servers, drivers and loggers write a value: the encodings that the tests of redaction use."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus


def _lower_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), text)


def _upper_hex(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: rf"\u{found[1].upper()}", text)


def _json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _json_for_html(text: str) -> str:
    """As Go and PHP encode it."""
    found = json.dumps(text, ensure_ascii=False)[1:-1].replace("/", r"\/")
    return re.sub("[<>&']", lambda each: rf"\u{ord(each.group()):04x}", found)


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "URL": lambda text: quote(text, safe=""),
    "URL, slashes as they are": quote,
    "URL, lower case": lambda text: _lower_hex(quote(text, safe="")),
    "form": quote_plus,
    "form, lower case": lambda text: _lower_hex(quote_plus(text)),
    "JSON": _json,
    "JSON, upper case": lambda text: _upper_hex(_json(text)),
    "JSON, letters as they are": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON for HTML": _json_for_html,
    "repr": lambda text: repr(text)[1:-1],
    "repr in single quotes": lambda text: repr(text + '"')[1:-2],
    "ascii": lambda text: ascii(text)[1:-1],
    "bytes": lambda text: repr(text.encode())[2:-1],
    "HTML": html.escape,
    "HTML, quotes as they are": lambda text: html.escape(text, quote=False),
    "XML": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
}
